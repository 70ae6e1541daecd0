"""Real profiles: what is in each file of the corpus, pinned.

The corpus lies beside the project and is not part of it; without it these tests are skipped.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from ssoroute.loaders import load
from ssoroute.model.finding import LoadError
from ssoroute.model.profile import Channel, Profiles, Value
from ssoroute.model.signature import UNSIGNED

CORPUS = Path(__file__).parents[2] / "shared" / "corpus"

pytestmark = pytest.mark.skipif(
    not CORPUS.is_dir(), reason=f"the corpus of real profiles is not there: {CORPUS}"
)

MICROSOFT = (
    "https://login.microsoftonline.com",
    "https://login.microsoft.com",
    "https://sts.windows.net",
    "https://login.partner.microsoftonline.cn",
    "https://login.chinacloudapi.cn",
    "https://login.microsoftonline.us",
    "https://login-us.microsoftonline.com",
)
FLEET = ("https://fleet.example.com",)
OKTA = (
    "https://yourdomain.okta.com/device-access/api/v1/nonce",
    "https://yourdomain.okta.com/oauth2/v1/token",
)
ARGIO = ("https://auth.argio.ch/",)

#: File → `URLs` and `Hosts` of each of its SSO payloads, exactly as written (None: not there).
PAYLOADS: dict[str, list[tuple[tuple[str, ...] | None, tuple[str, ...] | None]]] = {
    "001-argon-analytik-argio-PSSO-b85333.mobileconfig": [(ARGIO, None)],
    "002-argon-analytik-psso-ARGON-5e9c03.mobileconfig": [(ARGIO, None)],
    "006-argon-analytik-sso-scissors-477c21.mobileconfig": [
        (("https://idp.twocanoes.com/realms/twocanoes/",), None)
    ],
    "007-deploymenttheory-DT-Microsoft-PlatformSSO-35cd3c.mobileconfig": [
        ((*MICROSOFT, "https://login.usgovcloudapi.net/", "https://login.microsoftonline.de/"), ())
    ],
    "008-fleet-company-portal-single-signon.mobileconfig": [(MICROSOFT, ())],
    "009-fleet-company-portal-sso.mobileconfig": [(MICROSOFT, None)],
    "010-fleet-entra-sso-extension-example.mobileconfig": [(MICROSOFT, None)],
    "011-fleet-okta-sso-extension-example.mobileconfig": [(OKTA, None)],
    "012-fleet-okta-sso-simplified-setup.mobileconfig": [
        ((*OKTA, "https://yourdomain.okta.com/v1/auth/device-sign"), None)
    ],
    "013-fleet-psso-desktop.mobileconfig": [(FLEET, None)],
    "014-fleet-psso-testing.mobileconfig": [(FLEET, None)],
    "015-fleet-sso-extension-regtoken.mobileconfig": [(FLEET, None)],
    "021-Jamf-Concepts-Microsoft-Entra-PSSO-Settings-060a36.mobileconfig": [(MICROSOFT, ())],
    "027-Jamf-Concepts-sso-extension-entra-id-46f633.mobileconfig": [(MICROSOFT, ())],
    "028-Jamf-Concepts-sso-extension-entra-id-7420bf.mobileconfig": [(MICROSOFT, ())],
    "031-neilmartin83-sso-extension-entra-id-0081a2.mobileconfig": [
        ((*MICROSOFT, "https://login.microsoftonline.de", "https://login.usgovcloudapi.net"), ())
    ],
    "032-neilmartin83-sso-extension-entra-id-b56e2f.mobileconfig": [(MICROSOFT, ())],
    "035-Jamf-Concepts-passwordless-sso-signed-09bc68.mobileconfig": [((), ("sso.tryjamf.com",))],
    "037-deploymenttheory-DT-Microsoft-PlatformSSO-164136.mobileconfig": [
        ((*MICROSOFT, "https://login.usgovcloudapi.net/", "https://login.microsoftonline.de/"), ())
    ],
    "038-Jamf-Concepts-Okta-Verify-for-PSSO-at-Setup-1fcc7a.tpl": [
        (
            (
                "https://${okta_short_url}/oauth2/v1/token",
                "https://${okta_short_url}/device-access/api/v1/nonce",
            ),
            (),
        )
    ],
    "043-fleet-go-integration-test-template.mobileconfig": [(FLEET, None)],
    "044-fleet-go-psso-poc-const.mobileconfig": [
        (
            (
                "https://login.microsoftonline.com",
                "https://login.microsoft.com",
                "https://sts.windows.net",
                "https://login-us.microsoftonline.com",
            ),
            None,
        )
    ],
    "047-fleet-article-entra-psso.mobileconfig": [
        (
            (
                "https://login.microsoftonline.com",
                "https://login.microsoft.com",
                "https://sts.windows.net",
            ),
            None,
        )
    ],
    "048-fleet-guide-entra-conditional-access.mobileconfig": [(MICROSOFT, None)],
    "052-azure-files-kerberos-onprem.mobileconfig": [(None, (".contoso.com", "contoso.com"))],
    "053-entra-docs-kerberos-2024-wildcard-hosts.mobileconfig": [
        (
            (),
            (
                "contoso.com",
                "*.contoso.com",
                "windows.net",
                "*.windows.net",
                "KERBEROS.MICROSOFTONLINE.COM",
                "MICROSOFTONLINE.COM",
                "*.MICROSOFTONLINE.COM",
            ),
        )
    ],
    "054-entra-docs-kerberos-cloud-no-payloadidentifier.mobileconfig": [
        (None, ("windows.net", ".windows.net"))
    ],
    "055-entra-docs-kerberos-onprem-no-payloadidentifier.mobileconfig": [
        (None, (".contoso.com", "contoso.com"))
    ],
    "088-osquery-extension-profiles-stdout-xml.plist": [],
}
#: File → code and place of the error that it is.
ERRORS = {
    "051-azure-files-kerberos-cloud-raw-angle-brackets.mobileconfig": (
        "SSO006",
        "line 16, column 84, inside an element opened at line 16, column 63",
    ),
}
NO_PROFILES = {"PROVENANCE.md"}


def loaded(name: str) -> Profiles:
    profiles = load(CORPUS / name)
    assert profiles.errors == ()
    return profiles


def test_every_file_of_the_corpus_is_listed() -> None:
    names = {path.name for path in CORPUS.iterdir()}
    assert names
    assert names == PAYLOADS.keys() | ERRORS.keys() | NO_PROFILES


@pytest.mark.parametrize("name", PAYLOADS)
def test_a_real_profile_has_these_payloads(name: str) -> None:
    def strings(value: Value) -> tuple[Value, ...] | None:
        assert value is None or isinstance(value, tuple)
        return value

    found = [
        (strings(payload.content.get("URLs")), strings(payload.content.get("Hosts")))
        for profile in loaded(name)
        for payload in profile.payloads
    ]
    assert found == PAYLOADS[name]


@pytest.mark.parametrize("name", ERRORS)
def test_a_broken_profile_has_this_error(name: str) -> None:
    code, text = ERRORS[name]
    with pytest.raises(LoadError) as caught:
        load(CORPUS / name)
    (finding,) = caught.value.findings
    assert finding.code == code
    assert text in finding.message
    assert "&lt;" in finding.hint


def test_only_the_signed_one_has_a_finding() -> None:
    for name in PAYLOADS:
        profiles = loaded(name)
        codes = [finding.code for finding in profiles.findings]
        assert codes == (["SSO021"] if name.startswith("035") else []), name
        assert all(
            (profile.signature != UNSIGNED) is name.startswith("035") for profile in profiles
        )
        assert {profile.channel for profile in profiles} == {Channel.DEVICE}


def test_the_signed_profile_has_six_payloads() -> None:
    (profile,) = loaded("035-Jamf-Concepts-passwordless-sso-signed-09bc68.mobileconfig")
    places = [payload.source for payload in profile.payloads]
    places += [payload.source for payload in profile.other_payloads]
    places += [entry.source for entry in profile.associated_domains]
    assert {place.path.split("]")[0] for place in places} == {
        f"PayloadContent[{index}" for index in range(6)
    }


def test_the_dump_is_in_install_order() -> None:
    profiles = loaded("088-osquery-extension-profiles-stdout-xml.plist")
    assert [profile.identifier for profile in profiles] == [
        "com.company.profiles.PasswordPolicy",
        "com.company.mdm.com.apple.security.firewall",
    ]
    assert [profile.source.path for profile in profiles] == [
        "_computerlevel[1]",
        "_computerlevel[0]",
    ]


def test_associated_domains_are_read() -> None:
    (template,) = loaded("038-Jamf-Concepts-Okta-Verify-for-PSSO-at-Setup-1fcc7a.tpl")
    assert [(e.application_identifier, e.entries) for e in template.associated_domains] == [
        ("B7F62B65BN.com.okta.mobile", ("authsrv:${okta_short_url}",)),
        ("B7F62B65BN.com.okta.mobile.auth-service-extension", ("authsrv:${okta_short_url}",)),
    ]
    assert len(template.other_payloads) == 3


def test_the_folder_as_a_whole_loads_but_for_the_broken_one() -> None:
    profiles = load(CORPUS)
    assert len({profile.source.file for profile in profiles}) == len(PAYLOADS)
    assert [Path(error.source.file).name for error in profiles.errors] == list(ERRORS)
