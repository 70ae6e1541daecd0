"""The table of the keys of `ExtensionData`, and its reader."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ssoroute.model.authority import Authority
from ssoroute.model.extension_data import ExtensionKeyType, extension_keys
from ssoroute.model.platforms import Platform

ROOT = Path(__file__).parent.parent
KERBEROS = "com.apple.AppSSOKerberos.KerberosExtension"
MICROSOFT_MAC = "com.microsoft.CompanyPortalMac.ssoextension"
MICROSOFT_IOS = "com.microsoft.azureauthenticator.ssoextension"
FLEET = "com.fleetdm.fleet-desktop.pssoextension"


def test_the_packages_table_is_the_shared_one() -> None:
    shared = ROOT.parent / "shared" / "extension-data.csv"
    if not shared.is_file():
        pytest.skip(f"{shared} is not here; only the package's own table can be read")
    own = ROOT / "src/ssoroute/model/extension_data.csv"
    assert own.read_text(encoding="utf-8") == shared.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("extension", "count"),
    [(KERBEROS, 38), (MICROSOFT_MAC, 13), (MICROSOFT_IOS, 15), (FLEET, 1), ("com.example.sso", 0)],
)
def test_every_row_is_read(extension: str, count: int) -> None:
    keys = extension_keys(extension)
    assert len(keys) == count
    assert all(key.extension == extension and keys[key.key] is key for key in keys.values())


def test_identifiers_are_compared_as_written() -> None:
    assert not extension_keys(KERBEROS.lower())


@pytest.mark.parametrize(
    ("extension", "key", "type_", "default", "allowed", "authority"),
    [
        (KERBEROS, "useSiteAutoDiscovery", "boolean", True, (), "documented"),
        (KERBEROS, "pwNotificationDays", "integer", 15, (), "documented"),
        (KERBEROS, "pwReqRTFData", "data", None, (), "documented"),
        (KERBEROS, "credentialBundleIdACL", "array of string", None, (), "documented"),
        (KERBEROS, "preferredKDCs", "array of string", None, (), "documented"),
        (KERBEROS, "domainRealmMapping", "dictionary of array of string", None, (), "documented"),
        (
            KERBEROS,
            "credentialUseMode",
            "string",
            "always",
            ("always", "whenNotSpecified", "kerberosDefault"),
            "documented",
        ),
        (MICROSOFT_MAC, "AppPrefixAllowList", "string", "com.apple.,com.microsoft.", (), "vendor"),
        (MICROSOFT_IOS, "AppPrefixAllowList", "string", "com.apple.", (), "vendor"),
        (MICROSOFT_IOS, "Enable_SSO_On_All_ManagedApps", "integer", 0, ("0", "1"), "vendor"),
        (MICROSOFT_MAC, "use_most_secure_storage", "boolean or integer", None, (), "vendor"),
        (MICROSOFT_MAC, "device_registration", "string", None, (), "vendor"),
        (FLEET, "BaseURL", "string", None, (), "observed"),
    ],
)
def test_a_key(
    extension: str,
    key: str,
    type_: str,
    default: Any,
    allowed: tuple[str, ...],
    authority: str,
) -> None:
    found = extension_keys(extension)[key]
    assert found.type == ExtensionKeyType(type_)
    assert found.default_value == default
    assert type(found.default_value) is type(default)
    assert found.allowed_values == allowed
    assert found.authority is Authority(authority)


@pytest.mark.parametrize(
    ("extension", "key", "versions"),
    [
        (KERBEROS, "cacheName", ("10.15", "13.0", "1.1")),
        (KERBEROS, "includeKerberosAppsInBundleIdACL", ("12.0", "None", "None")),
        (MICROSOFT_IOS, "AppCookieSSOAllowList", ("None", "13.0", "None")),
        (FLEET, "BaseURL", ("None", "None", "None")),
    ],
)
def test_the_versions_of_a_key(extension: str, key: str, versions: tuple[str, str, str]) -> None:
    found = extension_keys(extension)[key]
    assert (str(found.macos), str(found.ios), str(found.visionos)) == versions
    assert tuple(str(found.since(platform)) for platform in Platform) == versions
