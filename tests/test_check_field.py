"""Profiles that people sent in with a question: what is found in each, apart from usual infos."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from ssoroute.checks import check
from ssoroute.loaders import load
from ssoroute.loaders.device_file import load_device

FIELD: Final = Path(__file__).parent / "data" / "check" / "field"
#: Infos about every Redirect payload, or about every URL of a vendor.
USUAL: Final = ("SSO202", "SSO801", "SSO902")

#: The files and the device file -> what is found.
FOUND: Final[dict[tuple[str, ...], list[str]]] = {
    ("02-third-party-extension.mobileconfig", "02-device.toml"): [
        "warning SSO804 PayloadContent[0].URLs[1]",
        "warning SSO904 PayloadContent[0].URLs[1]",
    ],
    ("04-app-prefix-allow-list.mobileconfig",): [],
    ("05a-ssoe.mobileconfig", "05b-psso-same-extension.mobileconfig"): [
        "warning SSO905 PayloadContent[0]"
    ],
    ("08-kerberos-without-realm.mobileconfig",): ["error SSO907 PayloadContent[0]"],
    ("09-kerberos-with-microsoft-identifier.mobileconfig",): [
        "warning SSO901 PayloadContent[0].ExtensionIdentifier"
    ],
    ("11-offline-grace-without-require.mobileconfig",): [
        "warning SSO725 PayloadContent[0].PlatformSSO.LoginPolicy[0]"
    ],
    ("13-authsrv-mode-managed.mobileconfig",): [],
    ("25-urls-comma-joined.mobileconfig",): ["error SSO111 PayloadContent[0].URLs[0]"],
    ("30-host-covered-twice-reported.mobileconfig",): ["info SSO307 PayloadContent[0].Hosts[2]"],
    ("34-app-in-associated-domains.mobileconfig",): [],
    ("36-okta-as-documented.mobileconfig",): [],
    ("37-ios-extension-default-target.mobileconfig",): [],
    ("38-apple-account-page.mobileconfig",): ["info SSO405 PayloadContent[0].URLs[0]"],
}


@pytest.mark.parametrize("names", FOUND, ids=lambda names: names[0])
def test_what_is_found_in_a_profile_of_a_user(names: tuple[str, ...]) -> None:
    devices = [load_device(FIELD / name) for name in names if name.endswith(".toml")]
    profiles = load(*(FIELD / name for name in names if not name.endswith(".toml")))
    assert [
        f"{finding.severity} {finding.code} {finding.source.path}"
        for finding in check(profiles, devices)
        if not (finding.severity == "info" and finding.code in USUAL)
    ] == FOUND[names]


def test_every_file_is_checked() -> None:
    named = {name for names in FOUND for name in names}
    assert {path.name for path in FIELD.iterdir()} == named
