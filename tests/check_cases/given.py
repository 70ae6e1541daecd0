"""What the cases of checks are made of: a form, identifiers of extensions, profiles for them."""

from __future__ import annotations

import io
from typing import Any, Final, NamedTuple

from check_world import credential, domains, profile, redirect
from ssoroute.model.device import Device


class Given(NamedTuple):
    """What is checked, in the order of installation, and against what."""

    files: tuple[io.BytesIO, ...]
    targets: tuple[str | Device, ...] = ()


A, B, C = "a.mobileconfig", "b.mobileconfig", "c.mobileconfig"
TWICE: Final = "D62C3D3E-1A1E-5F0E-8D3B-0B6B6C1E5B5F"
IDENTITY: Final = "9E9B1A5C-3A0E-4E5B-8E0B-1F6F4A4F6E11"
ISSUER: Final = "9E9B1A5C-3A0E-4E5B-8E0B-1F6F4A4F6E12"
MICROSOFT: Final = {
    "ExtensionIdentifier": "com.microsoft.CompanyPortalMac.ssoextension",
    "TeamIdentifier": "UBF8T346G9",
}
OKTA: Final = {
    "ExtensionIdentifier": "com.okta.mobile.auth-service-extension",
    "TeamIdentifier": "B7F62B65BN",
}
FLEET: Final = {
    "ExtensionIdentifier": "com.fleetdm.fleet-desktop.pssoextension",
    "TeamIdentifier": "8VBZ3948LU",
}
KERBEROS: Final = {
    "ExtensionIdentifier": "com.apple.AppSSOKerberos.KerberosExtension",
    "TeamIdentifier": "apple",
}
AUTHENTICATOR: Final = {"ExtensionIdentifier": "com.microsoft.azureauthenticator.ssoextension"}
IRU: Final = {
    "ExtensionIdentifier": "com.iru.Access.SSOExtension",
    "TeamIdentifier": "N5M3B34269",
}
PING: Final = {"ExtensionIdentifier": "com.pingidentity.pingid.desktop.ssoe"}


def direct(*, managed: bool) -> dict[str, Any]:
    """An associated-domains payload with `EnableDirectDownloads`."""
    payload = domains("authsrv:login.example.com" + ("?mode=managed" if managed else ""))
    payload["Configuration"][0]["EnableDirectDownloads"] = True
    return payload


def entra(name: str = A, **data: Any) -> io.BytesIO:
    """A profile with `data` for Microsoft's extension."""
    payload = redirect(f"https://{name}.example/", **MICROSOFT, ExtensionData=data)
    return profile(payload, name=name)


def kerberos(**data: Any) -> io.BytesIO:
    """A profile with `data` for Apple's Kerberos extension."""
    hosts = ("example.com", ".example.com")
    payload = credential(*hosts, **KERBEROS, Realm="EXAMPLE.COM", ExtensionData=data)
    return profile(payload, name="kerberos.mobileconfig")
