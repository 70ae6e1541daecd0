"""What the cases of checks are made of: a form, identifiers of extensions, profiles for them."""

from __future__ import annotations

import io
from typing import Any, Final, NamedTuple

from check_world import credential, domains, profile, psso, redirect
from ssoroute.model.device import Device


class Given(NamedTuple):
    """What is checked, in the order of installation, and against what."""

    files: tuple[io.BytesIO, ...]
    targets: tuple[str | Device, ...] = ()


def given(*files: io.BytesIO, targets: tuple[str | Device, ...] = ()) -> Given:
    """What is checked: `files`, in the order of installation."""
    return Given(files, targets)


def given_urls(*urls: Any, **changes: Any) -> Given:
    """A profile with one Redirect payload."""
    return given(profile(redirect(*urls, **changes)))


def given_hosts(*hosts: Any, **changes: Any) -> Given:
    """A profile with one Credential payload."""
    return given(profile(credential(*hosts, **changes)))


def given_psso(**keys: Any) -> Given:
    """A profile with one Platform SSO payload."""
    return given(profile(psso(**keys)))


def given_in_turn(first: str, second: str) -> Given:
    """Two profiles with a URL prefix each."""
    return given(profile(redirect(first)), profile(redirect(second), name=B))


def extension(identifier: str, team: str) -> dict[str, str]:
    """The keys that name an extension."""
    return {"ExtensionIdentifier": identifier, "TeamIdentifier": team}


A, B, C = "a.mobileconfig", "b.mobileconfig", "c.mobileconfig"
TWICE: Final = "D62C3D3E-1A1E-5F0E-8D3B-0B6B6C1E5B5F"
IDENTITY: Final = "9E9B1A5C-3A0E-4E5B-8E0B-1F6F4A4F6E11"
ISSUER: Final = "9E9B1A5C-3A0E-4E5B-8E0B-1F6F4A4F6E12"
MICROSOFT: Final = extension("com.microsoft.CompanyPortalMac.ssoextension", "UBF8T346G9")
OKTA: Final = extension("com.okta.mobile.auth-service-extension", "B7F62B65BN")
FLEET: Final = extension("com.fleetdm.fleet-desktop.pssoextension", "8VBZ3948LU")
KERBEROS: Final = extension("com.apple.AppSSOKerberos.KerberosExtension", "apple")
AUTHENTICATOR: Final = {"ExtensionIdentifier": "com.microsoft.azureauthenticator.ssoextension"}
IRU: Final = extension("com.iru.Access.SSOExtension", "N5M3B34269")
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
