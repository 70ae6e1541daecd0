"""Every finding, word for word: each code with what raises it, and with what is near and does not.

`data/check/messages.txt` has the findings, to be read as prose; this file has the inputs.
"""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from check_world import (
    commented,
    credential,
    declaration,
    domains,
    findings,
    named,
    profile,
    psso,
    redirect,
)
from ssoroute.checks.rules import rules
from ssoroute.loaders.findings import CODES, Code
from ssoroute.model.device import Device
from ssoroute.model.finding import Finding
from ssoroute.model.payload import Extension

MESSAGES: Final = Path(__file__).parent / "data" / "check" / "messages.txt"


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


#: Code and title -> what is given. Where the code must not be found, the title begins "not ".
CASES: Final[dict[str, Given]] = {
    "SSO101 missing": Given((profile(redirect(Type=None)),)),
    "SSO101 in another case": Given((profile(redirect(Type="redirect")),)),
    "SSO101 unknown": Given((profile(redirect(Type="Proxy")),)),
    "SSO101 empty": Given((profile(redirect(Type="")),)),
    "SSO101 not both types": Given((profile(redirect(), credential()),)),
    "SSO102 missing": Given((profile(redirect(ExtensionIdentifier=None)),)),
    "SSO102 empty": Given((profile(redirect(ExtensionIdentifier="")),)),
    "SSO102 missing in a declaration": Given((declaration(ExtensionComposedIdentifier=None),)),
    "SSO102 not a composed identifier": Given((declaration(),)),
    "SSO103 a string for an array": Given((profile(redirect(URLs="https://login.example.com/")),)),
    "SSO103 an integer in an array": Given((profile(redirect("https://login.example.com/", 7)),)),
    "SSO103 an array for a string": Given((profile(credential(Realm=["EXAMPLE.COM"])),)),
    "SSO103 an integer for a boolean": Given((profile(psso(UseSharedDeviceKeys=1)),)),
    "SSO103 a composed identifier": Given((declaration(ExtensionComposedIdentifier=1),)),
    "SSO103 not under a key that is ignored": Given((profile(redirect(Hosts="ignored")),)),
    "SSO104 unknown behaviour": Given((profile(redirect(ScreenLockedBehavior="cancel")),)),
    "SSO104 unknown method": Given((profile(psso(AuthenticationMethod="Passkey")),)),
    "SSO104 empty realm": Given((profile(credential(Realm="")),)),
    "SSO104 empty host": Given((profile(credential("example.com", "")),)),
    "SSO104 empty denied caller": Given((profile(redirect(DeniedBundleIdentifiers=[""])),)),
    "SSO104 no composed identifier": Given(
        (declaration(ExtensionComposedIdentifier="com.example.sso(EXAMPLE123)"),)
    ),
    "SSO104 not a method that the system recognises": Given(
        (profile(psso(AuthenticationMethod="AccessKey")),)
    ),
    "SSO105 in another case": Given(
        (profile(credential(Hosts=None, Urls=["https://login.example.com/"])),)
    ),
    "SSO105 like none": Given((profile(redirect(Colour="red")),)),
    "SSO105 in the wrong dictionary": Given((profile(redirect(UseSharedDeviceKeys=True)),)),
    "SSO105 one level down": Given((profile(psso(URLs=["https://login.example.com/"])),)),
    "SSO105 a profile's key in a declaration": Given(
        (declaration(PlatformSSO={"AccountDisplayName": "Corp"}),)
    ),
    "SSO105 one of the newest keys, outside PlatformSSO": Given(
        (profile(redirect(AlwaysUseLoginUI=True)),)
    ),
    "SSO105 not vendor data and the newest keys": Given(
        (profile({**psso(AlwaysUseLoginUI=True), "ExtensionData": {"anything": {"goes": 1}}}),)
    ),
    "SSO106 written twice": Given(
        (
            named(
                b"<plist><dict><key>PayloadContent</key><array/><key>PayloadContent</key><array/></dict></plist>",
                "a.plist",
            ),
        )
    ),
    "SSO106 not a plain profile": Given((profile(redirect()),)),
    "SSO107 in a URL": Given((profile(redirect("https://${org}/login/")),)),
    "SSO107 in a host": Given((profile(credential("{{host}}")),)),
    "SSO107 in a team": Given((profile(redirect(TeamIdentifier="$TEAM_ID")),)),
    "SSO107 in a realm": Given((profile(credential(Realm="%REALM%")),)),
    "SSO107 for people": Given((profile(redirect("https://login.example.com/<tenantId>/")),)),
    "SSO107 not percent-encoding, a lower-case `$`, and a token": Given(
        (
            profile(
                psso(),
                redirect("https://h/%C3%A4%20b/$value/"),
                credential(RegistrationToken="{{DEVICEREGISTRATION}}"),
            ),
        )
    ),
    "SSO108 missing": Given((profile(redirect(PayloadUUID=None), PayloadIdentifier=None),)),
    "SSO108 no UUID": Given((profile(redirect(), PayloadUUID="corp"),)),
    "SSO108 used twice": Given(
        (
            profile(redirect(), name=A),
            profile(credential(), name=B, PayloadUUID=TWICE),
            profile(credential("b.example"), name=C, PayloadUUID=TWICE.lower()),
        )
    ),
    "SSO108 not an update of a profile": Given(
        (
            profile(redirect(), PayloadIdentifier="corp", PayloadUUID=TWICE),
            profile(credential(), PayloadIdentifier="corp", name=B, PayloadUUID=TWICE),
        )
    ),
    "SSO109 hosts": Given((profile(redirect(Hosts=["example.com"])),)),
    "SSO109 URLs": Given((profile(credential(URLs=["https://login.example.com/"])),)),
    "SSO109 not an empty array": Given((profile(credential(URLs=[])),)),
    "SSO109 a realm": Given((profile(redirect(Realm="EXAMPLE.COM")),)),
    "SSO109 not where it is read": Given((profile(credential(Realm="EXAMPLE.COM")),)),
    "SSO110 missing": Given((profile(credential(Hosts=None)),)),
    "SSO110 empty": Given((profile(redirect(URLs=[])),)),
    "SSO110 missing under a misspelt type": Given((profile(redirect(Type="redirect", URLs=None)),)),
    "SSO110 Kerberos": Given((profile(credential(**KERBEROS, Hosts=None, Realm="EXAMPLE.COM")),)),
    "SSO110 not a plain profile": Given((profile(redirect()),)),
    "SSO111 URLs": Given(
        (
            profile(redirect("https://a.example/,https://b.example/x;https://c.example/")),
            profile(redirect("https://a.example https://b.example"), name=B),
        )
    ),
    "SSO111 hosts": Given((profile(credential("a.example, .b.example\nc.example")),)),
    "SSO111 denied callers": Given(
        (profile(redirect(DeniedBundleIdentifiers=["com.a.b;com.a.c", "com.a.d com.a.e"])),)
    ),
    "SSO111 associated domains": Given(
        (profile(redirect(), domains("authsrv:login.example.com,authsrv:id.example.com")),)
    ),
    "SSO111 not a comma in a path, and the name of an app": Given(
        (
            profile(
                redirect(
                    "https://login.example.com/a,b/",
                    DeniedBundleIdentifiers=["Google Chrome"],
                )
            ),
        )
    ),
    "SSO112 around": Given(
        (
            profile(
                redirect(" https://login.example.com/", DeniedBundleIdentifiers=["Safari\n"]),
                credential("www.example.com "),
                domains("authsrv:login.example.com "),
            ),
        )
    ),
    "SSO112 not inside": Given((profile(redirect("https://login.example.com/a b")),)),
    "SSO121 another word": Given((commented(" ssoroute: disable SSO202 ours "),)),
    "SSO121 no word": Given((commented(" ssoroute: "),)),
    "SSO121 no code": Given((commented(" ssoroute: ignore "),)),
    "SSO121 an unknown code": Given((commented(" ssoroute: ignore SSO2O2 ours "),)),
    "SSO121 a code like none": Given((commented(" ssoroute: ignore everything here "),)),
    "SSO121 a code of loading": Given((commented(" ssoroute: ignore SSO014 ours "),)),
    "SSO121 a code of comments": Given((commented(" ssoroute: ignore SSO123 ours "),)),
    "SSO121 not a comment for others": Given((commented(" see ssoroute: ignore "),)),
    "SSO122 one code": Given((commented("ssoroute: ignore SSO202", "https://h.example"),)),
    "SSO122 two codes": Given((commented(" ssoroute: ignore SSO202, SSO203 "),)),
    "SSO122 not with a reason": Given(
        (commented(" ssoroute: ignore SSO202 as the vendor says ", "https://h.example"),)
    ),
    "SSO123 nothing to end": Given((commented(" ssoroute: ignore SSO202 ours "),)),
    "SSO123 one of two codes": Given(
        (commented(" ssoroute: ignore SSO202, SSO203 ours ", "https://h.example"),)
    ),
    "SSO123 a code that depends on the target": Given(
        (commented(" ssoroute: ignore SSO601 for old devices "),)
    ),
    "SSO123 behind the last value": Given(
        (
            named(
                profile(redirect("https://h.example"))
                .getvalue()
                .replace(b"</array>", b"<!-- ssoroute: ignore SSO202 ours --></array>", 1),
                A,
            ),
        )
    ),
    "SSO123 not with something to end": Given(
        (commented(" ssoroute: ignore SSO202 as the vendor says ", "https://h.example"),)
    ),
    "SSO201 scheme": Given((profile(redirect("ftp://login.example.com/")),)),
    "SSO201 no scheme": Given((profile(redirect("login.example.com")),)),
    "SSO201 query": Given((profile(redirect("https://login.example.com/?x=1")),)),
    "SSO201 fragment": Given((profile(redirect("https://login.example.com/#x")),)),
    "SSO201 no host": Given((profile(redirect("https:///login")),)),
    "SSO201 a space": Given((profile(redirect("https://login.example.com/a b")),)),
    "SSO201 an umlaut": Given((profile(redirect("https://bücher.example/")),)),
    "SSO201 empty": Given((profile(redirect("https://login.example.com/", "")),)),
    "SSO201 not a bare question mark": Given((profile(redirect("https://login.example.com/?")),)),
    "SSO202 host only": Given((profile(redirect("https://login.example.com")),)),
    "SSO202 with a port": Given((profile(redirect("https://login.example.com:8443")),)),
    "SSO202 as its vendor documents it": Given(
        (profile(redirect("https://fleet.example.com", **FLEET)),)
    ),
    "SSO202 not a slash or a question mark behind the host": Given(
        (profile(redirect("https://login.example.com/", "https://id.example.com?")),)
    ),
    "SSO203 no slash": Given((profile(redirect("https://login.example.com/auth")),)),
    "SSO203 not an endpoint as its vendor documents it": Given(
        (profile(redirect("https://acme.okta.com/oauth2/v1/token", **OKTA)),)
    ),
    "SSO203 not a slash or a question mark behind the path": Given(
        (profile(redirect("https://login.example.com/auth/", "https://login.example.com/a?")),)
    ),
    "SSO204 default port": Given((profile(redirect("https://login.example.com:443/x/")),)),
    "SSO204 default port of a documented host": Given(
        (profile(redirect("https://fleet.example.com:443", **FLEET)),)
    ),
    "SSO204 another port": Given((profile(redirect("https://login.example.com:8443/")),)),
    "SSO204 no port": Given(
        (profile(redirect("http://login.example.com:/", "https://login.example.com:/")),)
    ),
    "SSO204 not an IPv6 address": Given((profile(redirect("https://[2001:db8::1]/")),)),
    "SSO205 with a password": Given((profile(redirect("https://user:secret@login.example.com/")),)),
    "SSO205 not an `@` in the path": Given(
        (profile(redirect("https://login.example.com/@user/")),)
    ),
    "SSO206 wildcard": Given((profile(redirect("https://*.example.com/")),)),
    "SSO206 not a wildcard in the path": Given((profile(redirect("https://login.example.com/*")),)),
    "SSO207 wildcard": Given((profile(redirect("https://login.example.com/t/*/login/")),)),
    "SSO207 not a plain path": Given((profile(redirect("https://login.example.com/t/")),)),
    "SSO208 no twin": Given((profile(redirect("http://login.example.com/")),)),
    "SSO208 not a twin that covers it": Given(
        (profile(redirect("http://login.example.com/a/"), redirect("https://login.example.com/")),)
    ),
    "SSO209 case": Given(
        (profile(redirect("https://login.example.com/a/", "https://login.example.com/A/")),)
    ),
    "SSO209 not other paths": Given(
        (profile(redirect("https://login.example.com/a/", "https://login.example.com/b/")),)
    ),
    "SSO210 dots": Given((profile(redirect("https://login.example.com/a/../b/")),)),
    "SSO210 encoded": Given((profile(redirect("https://login.example.com/a/%2E/b")),)),
    "SSO210 not names that begin with dots": Given(
        (profile(redirect("https://login.example.com/.well-known/..a/")),)
    ),
    "SSO211 capitals": Given((profile(redirect("HTTPS://login.example.com/")),)),
    "SSO211 not a host in capitals": Given((profile(redirect("https://LOGIN.example.com/")),)),
    "SSO301 scheme": Given((profile(credential("https://www.example.com:8443/a")),)),
    "SSO301 port": Given((profile(credential("www.example.com:8443")),)),
    "SSO301 path": Given((profile(credential("www.example.com/a")),)),
    "SSO301 brackets": Given((profile(credential("[2001:db8::1]")),)),
    "SSO301 userinfo": Given((profile(credential("user:secret@www.example.com")),)),
    "SSO301 not hosts, suffixes and IPv6 addresses": Given(
        (profile(credential("www.example.com", ".example.com", "2001:db8::1")),)
    ),
    "SSO302 star": Given((profile(credential("*.example.com")),)),
    "SSO302 star elsewhere": Given((profile(credential("www*.example.com")),)),
    "SSO302 not a suffix": Given((profile(credential(".example.com")),)),
    "SSO303 no apex": Given((profile(credential(".example.com")),)),
    "SSO303 not a host of Kerberos": Given((profile(credential(".example.com", **KERBEROS)),)),
    "SSO303 not the domain in another case": Given(
        (profile(credential(".example.com", "Example.com")),)
    ),
    "SSO304 com": Given((profile(credential(".com")),)),
    "SSO304 co.uk": Given((profile(credential(".co.uk")),)),
    "SSO304 github": Given((profile(credential(".github.io")),)),
    "SSO304 not domains below one, and unknown ones": Given(
        (profile(credential(".example.co.uk", ".corp", ".windows.net")),)
    ),
    "SSO305 dot": Given((profile(credential("example.com.")),)),
    "SSO305 not a leading dot": Given((profile(credential(".example.com")),)),
    "SSO306 umlaut": Given((profile(credential(".bücher.example")),)),
    "SSO306 not an A-label": Given((profile(credential(".xn--bcher-kva.example")),)),
    "SSO307 covered": Given((profile(credential("www.example.com", ".example.com")),)),
    "SSO307 not the domain of a suffix": Given(
        (profile(credential("example.com", ".example.com")),)
    ),
    "SSO308 v4 and v6": Given((profile(credential("192.0.2.1", "2001:db8::1")),)),
    "SSO308 not a name that begins like one": Given((profile(credential("192.0.2.example")),)),
    "SSO401 in one payload": Given(
        (profile(redirect("https://login.example.com", "https://LOGIN.example.com/")),)
    ),
    "SSO401 in one profile": Given((profile(redirect(), redirect()),)),
    "SSO401 in two profiles": Given(
        (
            profile(redirect()),
            profile(redirect(), name=B),
        )
    ),
    "SSO401 not paths that differ in case": Given(
        (
            profile(redirect("https://login.example.com/a/")),
            profile(redirect("https://login.example.com/A/"), name=B),
        )
    ),
    "SSO402 in one payload": Given((profile(credential("example.com", "Example.com")),)),
    "SSO402 in two profiles": Given(
        (
            profile(credential()),
            profile(credential(), name=B),
        )
    ),
    "SSO402 not a host and a URL": Given(
        (profile(credential(), redirect("https://example.com/")),)
    ),
    "SSO403 case": Given(
        (
            profile(redirect("https://login.example.com/a/")),
            profile(redirect("https://login.example.com/A/"), name=B),
        )
    ),
    "SSO403 not other paths": Given(
        (
            profile(redirect("https://login.example.com/a/")),
            profile(redirect("https://login.example.com/b/"), name=B),
        )
    ),
    "SSO404 shadowed": Given(
        (
            profile(redirect("https://login.example.com/")),
            profile(redirect("https://login.example.com/a/"), name=B),
        )
    ),
    "SSO404 shadowed host": Given(
        (
            profile(
                credential(".example.com"),
                credential("www.example.com", ExtensionIdentifier="com.example.other"),
            ),
        )
    ),
    "SSO404 Apple's own": Given(
        (profile(redirect("https://appleid.apple.com/auth/authorize/x/")),)
    ),
    "SSO404 not the longer prefix first": Given(
        (
            profile(redirect("https://login.example.com/a/")),
            profile(redirect("https://login.example.com/"), name=B),
        )
    ),
    "SSO404 the later of two that are the same": Given(
        (
            profile(redirect("https://login.example.com/a/")),
            profile(redirect("https://login.example.com/A/"), name=B),
        )
    ),
    "SSO405 overlap": Given(
        (
            profile(redirect("https://login.example.com/a/")),
            profile(
                redirect("https://login.example.com/", ExtensionIdentifier="com.example.other"),
                name=B,
            ),
        )
    ),
    "SSO405 Apple's own": Given((profile(redirect("https://appleid.apple.com/")),)),
    "SSO405 not the same extension": Given(
        (
            profile(redirect("https://login.example.com/a/")),
            profile(redirect("https://login.example.com/"), name=B),
        )
    ),
    "SSO406 second": Given(
        (
            profile(psso()),
            profile({**psso(), "URLs": ["https://id.example.com/"]}, name=B),
        )
    ),
    "SSO406 not one in each channel": Given(
        (
            profile(psso()),
            profile(
                {**psso(UseSharedDeviceKeys=None), "URLs": ["https://id.example.com/"]},
                name=B,
                PayloadScope="User",
            ),
        )
    ),
    "SSO407 replaced": Given(
        (
            profile(redirect(), credential()),
            profile(
                redirect("https://id.example.com/", ExtensionIdentifier="com.example.other"),
                name=B,
                PayloadScope="User",
            ),
        )
    ),
    "SSO407 merged": Given(
        (
            profile(psso()),
            profile(redirect("https://id.example.com/"), name=B, PayloadScope="User"),
        )
    ),
    "SSO407 not the user channel alone": Given(
        (
            profile(redirect(), PayloadScope="User"),
            profile(credential(), name=B, PayloadScope="User"),
        )
    ),
    "SSO408 replaced": Given(
        (
            profile(redirect(), PayloadIdentifier="corp"),
            profile(redirect("https://id.example.com/"), PayloadIdentifier="corp", name=B),
        )
    ),
    "SSO408 not another channel": Given(
        (
            profile(redirect(), PayloadIdentifier="corp"),
            profile(
                redirect("https://id.example.com/"),
                PayloadIdentifier="corp",
                PayloadScope="User",
                name=B,
            ),
        )
    ),
    "SSO409 covered": Given(
        (profile(redirect("https://login.example.com/", "https://login.example.com/a/")),)
    ),
    "SSO409 not hosts": Given((profile(credential(".example.com", "www.example.com")),)),
    "SSO409 not other paths": Given(
        (profile(redirect("https://login.example.com/a/", "https://login.example.com/b/")),)
    ),
    "SSO501 star and dot": Given(
        (profile(redirect(DeniedBundleIdentifiers=["com.example.*", "com.example."])),)
    ),
    "SSO501 not an identifier": Given(
        (profile(redirect(DeniedBundleIdentifiers=["com.example.kiosk"])),)
    ),
    "SSO502 team, name, path": Given(
        (
            profile(
                redirect(
                    DeniedBundleIdentifiers=[
                        "UBF8T346G9",
                        "Google Chrome",
                        "Safari",
                        "/Applications/Safari.app",
                        "Safari.app",
                        "UBF8T346G9.com.microsoft.teams",
                        "com.example/kiosk",
                        "com.exämple.kiosk",
                    ]
                )
            ),
        )
    ),
    "SSO502 not identifiers with odd beginnings": Given(
        (
            profile(
                redirect(
                    DeniedBundleIdentifiers=["com.example.kiosk", "net.example-app", "us.zoom.xos"]
                )
            ),
        )
    ),
    "SSO503 itself": Given(
        (profile(redirect(DeniedBundleIdentifiers=["com.example.app.sso", "com.example.app"])),)
    ),
    "SSO503 not identifiers that are near": Given(
        (profile(redirect(DeniedBundleIdentifiers=["com.example.app.other", "com.example.ap"])),)
    ),
    "SSO504 helper": Given(
        (
            profile(
                redirect(
                    DeniedBundleIdentifiers=[
                        "com.apple.WebKit.WebContent",
                        "com.apple.WebKit.Networking",
                    ]
                )
            ),
        )
    ),
    "SSO504 not a view service": Given(
        (profile(redirect(DeniedBundleIdentifiers=["com.apple.SafariViewService"])),)
    ),
    "SSO505 case": Given(
        (profile(redirect(DeniedBundleIdentifiers=["com.apple.safari", "com.google.chrome"])),)
    ),
    "SSO505 not as they are spelled": Given(
        (profile(redirect(DeniedBundleIdentifiers=["com.apple.Safari", "com.example.safari"])),)
    ),
    "SSO601 platform": Given((profile(psso()),), ("iOS@18",)),
    "SSO601 version": Given(
        (profile(psso(FileVaultPolicy=["AttemptAuthentication"])),), ("macOS@14.5",)
    ),
    "SSO601 value": Given(
        (
            profile(
                psso(AuthenticationMethod="OpenID", WebLoginURLAllowList=["https://id.example.com"])
            ),
        ),
        ("macOS@26",),
    ),
    "SSO601 payload": Given((profile(redirect()),), ("macOS@10.14",)),
    "SSO601 declaration": Given((declaration(),), ("macOS@26",)),
    "SSO601 user channel": Given((profile(redirect(), PayloadScope="User"),), ("macOS@10.15",)),
    "SSO601 the newest keys": Given(
        (profile(psso(AlwaysUseLoginUI=True, AdditionalHTTPHeaders={"a": "secret"})),),
        ("macOS@27.1",),
    ),
    "SSO601 a mode of new users": Given(
        (profile(psso(NewUserAuthorizationMode="Temporary")),), ("macOS@15",)
    ),
    "SSO601 one of two targets": Given(
        (profile(redirect(ScreenLockedBehavior="Cancel")),), ("macOS@11", "macOS@15")
    ),
    "SSO601 not a version that knows it": Given(
        (profile(psso(FileVaultPolicy=["AttemptAuthentication"])),), ("macOS@15",)
    ),
    "SSO602 missing": Given((profile(redirect(TeamIdentifier=None)),)),
    "SSO602 known": Given((profile(redirect(TeamIdentifier=None, **PING)),)),
    "SSO602 not a known extension for iOS": Given(
        (profile(redirect(TeamIdentifier=None, **AUTHENTICATOR)),), ("macOS",)
    ),
    "SSO602 not another platform": Given((profile(redirect(TeamIdentifier=None)),), ("iOS",)),
    "SSO603 alone": Given((profile(redirect(AuthenticationMethod="Password")),)),
    "SSO603 with its successor": Given((profile({**psso(), "AuthenticationMethod": "Password"}),)),
    "SSO603 with another": Given((profile({**psso(), "AuthenticationMethod": "SmartCard"}),)),
    "SSO603 not before it was deprecated": Given(
        (profile(redirect(AuthenticationMethod="Password")),), ("macOS@13.6",)
    ),
    "SSO604 for iOS": Given((declaration(),), ("iOS",)),
    "SSO604 for macOS": Given((declaration(ExtensionComposedIdentifier="com.example.app.sso"),)),
    "SSO604 not the form of the platform": Given((declaration(),)),
    "SSO605 missing": Given(
        (profile(redirect()),), (Device(installed_extensions=["com.example.other.sso"]),)
    ),
    "SSO605 not an extension that is installed": Given(
        (profile(redirect()),), (Device(installed_extensions=["com.example.app.sso"]),)
    ),
    "SSO606 another team": Given(
        (profile(redirect()),),
        (Device(installed_extensions=[Extension("com.example.app.sso", "OTHERTEAM1")]),),
    ),
    "SSO606 not the same team": Given(
        (profile(redirect()),),
        (Device(installed_extensions=[Extension("com.example.app.sso", "EXAMPLE123")]),),
    ),
    "SSO607 iOS": Given((profile(redirect(**MICROSOFT)),), ("iOS",)),
    "SSO607 macOS": Given(
        (
            profile(
                redirect("https://sts.windows.net", TeamIdentifier=None, **AUTHENTICATOR),
                redirect("https://login.microsoft.com", **AUTHENTICATOR),
            ),
        ),
        ("macOS",),
    ),
    "SSO607 not the platform of the extension": Given((profile(redirect(**MICROSOFT)),)),
    "SSO607 not visionOS": Given(
        (profile(redirect("https://sts.windows.net", **AUTHENTICATOR)),), ("visionOS",)
    ),
    "SSO701 credential": Given(
        (profile(credential(PlatformSSO={"AuthenticationMethod": "Password"})),)
    ),
    "SSO701 not in a Redirect payload": Given((profile(psso()),)),
    "SSO702 no method": Given((profile(redirect(RegistrationToken="secret")),)),
    "SSO702 empty": Given(
        (profile({**psso(AuthenticationMethod=""), "RegistrationToken": "secret"}),)
    ),
    "SSO702 not with a method": Given((profile({**psso(), "RegistrationToken": "secret"}),)),
    "SSO703 user": Given((profile(psso(), PayloadScope="User"),)),
    "SSO703 not the device channel": Given((profile(psso(), PayloadScope="System"),)),
    "SSO704 no keys": Given(
        (profile(psso(EnableCreateUserAtLogin=True, UseSharedDeviceKeys=None)),)
    ),
    "SSO704 not with shared keys": Given((profile(psso(EnableCreateUserAtLogin=True)),)),
    "SSO705 another method": Given(
        (profile(psso(EnableCreateUserAtLogin=True, AuthenticationMethod="UserSecureEnclaveKey")),)
    ),
    "SSO705 no method": Given(
        (profile(psso(EnableCreateUserAtLogin=True, AuthenticationMethod=None)),)
    ),
    "SSO705 before 27": Given(
        (profile(psso(EnableCreateUserAtLogin=True, AuthenticationMethod="AccessKey")),),
        ("macOS@26",),
    ),
    "SSO705 not the method `OpenID`": Given(
        (profile(psso(EnableCreateUserAtLogin=True, AuthenticationMethod="OpenID")),)
    ),
    "SSO705 not the method `SmartCard`": Given(
        (profile(psso(EnableCreateUserAtLogin=True, AuthenticationMethod="SmartCard")),)
    ),
    "SSO706 no keys": Given((profile(psso(EnableAuthorization=True, UseSharedDeviceKeys=False)),)),
    "SSO706 not with shared keys": Given((profile(psso(EnableAuthorization=True)),)),
    "SSO707 small": Given((profile(psso(LoginFrequency=600)),)),
    "SSO707 not the least": Given((profile(psso(LoginFrequency=3600)),)),
    "SSO708 unknown": Given((profile(psso(NewUserAuthorizationMode="admin")),)),
    "SSO708 not a mode of new users": Given((profile(psso(NewUserAuthorizationMode="Temporary")),)),
    "SSO709 unknown": Given((profile(psso(UserAuthorizationMode="Temporary")),)),
    "SSO709 not a mode of users": Given((profile(psso(UserAuthorizationMode="Groups")),)),
    "SSO710 unknown": Given((profile(psso(NewUserAuthenticationMethods=["Password", "Passkey"])),)),
    "SSO710 not known methods": Given(
        (profile(psso(NewUserAuthenticationMethods=["Password", "SmartCard"])),)
    ),
    "SSO711 no keys": Given((profile(psso(NewUserAuthenticationMethods=["AccessKey"])),)),
    "SSO711 older": Given(
        (
            profile(
                psso(
                    NewUserAuthenticationMethods=["AccessKey"],
                    AccessKeyTerminalIdentityUUID=IDENTITY,
                )
            ),
        ),
        ("macOS@26.1",),
    ),
    "SSO711 not with all keys": Given(
        (
            profile(
                psso(
                    NewUserAuthenticationMethods=["AccessKey"],
                    AccessKeyReaderGroupIdentifier=b"1",
                    AccessKeyTerminalIdentityUUID="x",
                    AccessKeyReaderIssuerCertificateUUID="y",
                )
            ),
        )
    ),
    "SSO712 no list": Given((profile(psso(NewUserAuthenticationMethods=["OpenID"])),)),
    "SSO712 not with a list": Given(
        (
            profile(
                psso(
                    NewUserAuthenticationMethods=["OpenID"],
                    WebLoginURLAllowList=["https://id.example.com"],
                )
            ),
        )
    ),
    "SSO713 nothing": Given(
        (
            profile(
                psso(
                    AccessKeyTerminalIdentityUUID=IDENTITY,
                    AccessKeyReaderIssuerCertificateUUID=ISSUER,
                ),
                {"PayloadType": "com.apple.wifi.managed", "PayloadUUID": IDENTITY},
            ),
        )
    ),
    "SSO713 not payloads of these types": Given(
        (
            profile(
                psso(
                    AccessKeyTerminalIdentityUUID=IDENTITY,
                    AccessKeyReaderIssuerCertificateUUID=ISSUER,
                ),
                {"PayloadType": "com.apple.security.acme", "PayloadUUID": IDENTITY.lower()},
                {"PayloadType": "com.apple.security.pem", "PayloadUUID": ISSUER},
            ),
        )
    ),
    "SSO714 unknown": Given(
        (profile(psso(LoginPolicy=["RequireAuth", "AllowTouchIDOrWatchForUnlock"])),)
    ),
    "SSO714 not the policy for unlocking": Given(
        (profile(psso(UnlockPolicy=["RequireAuthentication", "AllowTouchIDOrWatchForUnlock"])),)
    ),
    "SSO715 no period": Given((profile(psso(LoginPolicy=["AllowOfflineGracePeriod"])),)),
    "SSO715 not with a period": Given(
        (profile(psso(LoginPolicy=["AllowOfflineGracePeriod"], OfflineGracePeriod=3600)),)
    ),
    "SSO716 no period": Given((profile(psso(FileVaultPolicy=["AllowAuthenticationGracePeriod"])),)),
    "SSO716 not with a period": Given(
        (
            profile(
                psso(
                    FileVaultPolicy=["AllowAuthenticationGracePeriod"],
                    AuthenticationGracePeriod=3600,
                )
            ),
        )
    ),
    "SSO717 another method": Given(
        (profile(psso(AuthenticationMethod="SmartCard", LoginPolicy=["RequireAuthentication"])),)
    ),
    "SSO717 not the method `Password`": Given(
        (profile(psso(LoginPolicy=["RequireAuthentication"])),)
    ),
    "SSO718 alone": Given((profile(psso(UnlockPolicy=["AllowTouchIDOrWatchForUnlock"])),)),
    "SSO718 not with `RequireAuthentication`": Given(
        (profile(psso(UnlockPolicy=["RequireAuthentication", "AllowTouchIDOrWatchForUnlock"])),)
    ),
    "SSO719 another method": Given(
        (profile(psso(AuthenticationMethod="SmartCard", UnlockPolicy=["RequireTouchID"])),)
    ),
    "SSO719 not the method `UserSecureEnclaveKey`": Given(
        (
            profile(
                psso(
                    AuthenticationMethod="UserSecureEnclaveKey",
                    UnlockPolicy=["RequireTouchIDOrWatch"],
                )
            ),
        )
    ),
    "SSO720 no list": Given((profile(psso(AuthenticationMethod="OpenID")),)),
    "SSO720 not with a list": Given(
        (
            profile(
                psso(AuthenticationMethod="OpenID", WebLoginURLAllowList=["https://id.example.com"])
            ),
        )
    ),
    "SSO721 no nonce": Given(
        (profile({**psso(), **OKTA, "URLs": ["https://example.okta.com/oauth2/v1/token"]}),)
    ),
    "SSO721 not a prefix that covers it": Given(
        (profile({**psso(), **OKTA, "URLs": ["https://example.okta.com/"]}),)
    ),
    "SSO722 too many and too long": Given(
        (
            profile(psso(AdditionalHTTPHeaders={f"secret-{n}": "secret" for n in range(21)})),
            profile(
                {**psso(AdditionalHTTPHeaders={"n" * 129: "v" * 2049}), "URLs": ["https://b/"]},
                name=B,
            ),
        )
    ),
    "SSO722 not as many and as long as allowed": Given(
        (
            profile(
                psso(AdditionalHTTPHeaders={f"{n:02}{'n' * 126}": "v" * 2048 for n in range(20)})
            ),
        )
    ),
    "SSO723 another method": Given(
        (
            profile(
                psso(
                    AuthenticationMethod="SmartCard",
                    UnlockPolicy=["AllowOpenIDForTouchIDFallback"],
                )
            ),
        )
    ),
    "SSO723 not the method `Password`": Given(
        (profile(psso(UnlockPolicy=["AllowOpenIDForTouchIDFallback"])),)
    ),
    "SSO724 method": Given(
        (
            profile(
                psso(
                    AuthenticationMethod="OpenID",
                    WebLoginURLAllowList=["https://id.example.com"],
                    UseSharedDeviceKeys=None,
                )
            ),
        )
    ),
    "SSO724 new users, Touch ID and setup": Given(
        (
            profile(
                psso(
                    NewUserAuthenticationMethods=["OpenID"],
                    UnlockPolicy=["RequireTouchID", "RequireTouchIDOrWatch"],
                    EnableRegistrationDuringSetup=True,
                    UseSharedDeviceKeys=False,
                )
            ),
        )
    ),
    "SSO724 not with shared keys": Given(
        (
            profile(
                psso(UnlockPolicy=["RequireTouchID"], EnableRegistrationDuringSetup=True),
            ),
        )
    ),
    "SSO724 not values that the version does not know": Given(
        (profile(psso(UnlockPolicy=["RequireTouchID"], UseSharedDeviceKeys=None)),),
        ("macOS@26",),
    ),
    "SSO725 no requirement": Given(
        (profile(psso(LoginPolicy=["AllowOfflineGracePeriod"], OfflineGracePeriod=86400)),)
    ),
    "SSO725 another method": Given(
        (
            profile(
                psso(
                    AuthenticationMethod="SmartCard",
                    LoginPolicy=["AllowOfflineGracePeriod"],
                    OfflineGracePeriod=86400,
                )
            ),
        )
    ),
    "SSO725 not with the requirement": Given(
        (
            profile(
                psso(
                    LoginPolicy=["RequireAuthentication", "AllowOfflineGracePeriod"],
                    OfflineGracePeriod=86400,
                )
            ),
        )
    ),
    "SSO725 not before 26": Given(
        (profile(psso(LoginPolicy=["AllowOfflineGracePeriod"], OfflineGracePeriod=86400)),),
        ("macOS@15.4",),
    ),
    "SSO726 another method": Given((profile(psso(AllowWebLoginPasswordSync=True)),)),
    "SSO726 not the method `OpenID`": Given(
        (profile(psso(AllowWebLoginPasswordSync=True, AuthenticationMethod="OpenID")),)
    ),
    "SSO727 both": Given(
        (profile(psso(LoginPolicy=["AttemptAuthentication", "RequireAuthentication"])),)
    ),
    "SSO727 not in two lists": Given(
        (
            profile(
                psso(
                    LoginPolicy=["AttemptAuthentication"],
                    UnlockPolicy=["RequireAuthentication"],
                )
            ),
        )
    ),
    "SSO728 secure enclave": Given(
        (
            profile(
                psso(
                    AuthenticationMethod="UserSecureEnclaveKey",
                    LoginPolicy=["AttemptAuthentication", "AllowOfflineGracePeriod"],
                    OfflineGracePeriod=3600,
                )
            ),
        )
    ),
    "SSO728 not Touch ID and the grace period itself": Given(
        (
            profile(
                psso(
                    AuthenticationMethod="UserSecureEnclaveKey",
                    UnlockPolicy=["RequireTouchID", "AllowOpenIDForTouchIDFallback"],
                    OfflineGracePeriod=3600,
                )
            ),
        )
    ),
    "SSO729 mode and method": Given(
        (
            profile(
                psso(
                    NewUserAuthorizationMode="Temporary",
                    NewUserAuthenticationMethods=["AccessKey"],
                )
            ),
        )
    ),
    "SSO729 not with the key": Given(
        (profile(psso(NewUserAuthorizationMode="Temporary", EnableCreateUserAtLogin=True)),)
    ),
    "SSO730 no method": Given(
        (profile(psso(EnableRegistrationDuringSetup=True, AuthenticationMethod=None)),)
    ),
    "SSO730 not with a method": Given((profile(psso(EnableRegistrationDuringSetup=True)),)),
    "SSO731 wildcard": Given((profile(psso(WebLoginURLAllowList=["https://*.example.com"])),)),
    "SSO731 not a host": Given((profile(psso(WebLoginURLAllowList=["https://id.example.com"])),)),
    "SSO732 host": Given((profile(psso(WebLoginURLAllowList=["id.example.com"])),)),
    "SSO732 not a URL": Given((profile(psso(WebLoginURLAllowList=["https://id.example.com"])),)),
    "SSO733 groups": Given(
        (
            profile(
                psso(
                    AdministratorGroups=[f"g{n}" for n in range(101)],
                    AuthorizationGroups={f"r{n}": "g" for n in range(102)},
                )
            ),
        )
    ),
    "SSO733 not as many as allowed": Given(
        (profile(psso(AdministratorGroups=[f"g{n}" for n in range(100)])),)
    ),
    "SSO734 before 27": Given(
        (profile(redirect(AuthenticationMethod="SmartCard")),), ("macOS@15.4",)
    ),
    "SSO734 not since 27 and not another method": Given(
        (profile(redirect(AuthenticationMethod="SmartCard")),), ("macOS@27",)
    ),
    "SSO801 two hosts": Given(
        (
            profile(
                redirect(
                    "https://login.example.com/a/",
                    "https://login.example.com/b/",
                    "https://id.example.com:8443/",
                )
            ),
        )
    ),
    "SSO801 not hosts, and a prefix that the system removes": Given(
        (profile(credential(), redirect("https://*.example.com/")),)
    ),
    "SSO801 not hosts that a profile lists": Given(
        (profile(redirect(), domains("authsrv:login.example.com")),)
    ),
    "SSO801 not hosts that the device knows": Given(
        (profile(redirect()),),
        (Device(associated_domains={"com.example.app.sso": {"login.example.com": "approved"}}),),
    ),
    "SSO802 missing": Given(
        (
            profile(
                redirect("https://login.example.com/", "https://id.example.com/"),
                domains("authsrv:login.example.com"),
            ),
        )
    ),
    "SSO802 wildcard": Given(
        (
            profile(
                redirect("https://login.example.com/"),
                domains("authsrv:*.example.com", application="EXAMPLE123.com.example.app"),
            ),
        )
    ),
    "SSO802 not listed for the app and the extension": Given(
        (
            profile(
                redirect("https://login.example.com/", "https://id.example.com:8443/"),
                domains("authsrv:login.example.com", application="EXAMPLE123.com.example.app"),
                domains("authsrv:id.example.com:8443", "webcredentials:*.example.com"),
            ),
        )
    ),
    "SSO802 not another extension": Given(
        (
            profile(
                redirect("https://login.example.com/"),
                domains("authsrv:id.example.com", application="EXAMPLE123.com.example.other"),
            ),
        )
    ),
    "SSO802 not an entry with a mode": Given(
        (
            profile(
                redirect("https://psso.example.com/"),
                domains("authsrv:psso.example.com?mode=managed"),
            ),
        )
    ),
    "SSO804 removed": Given(
        (profile(redirect("https://fs.example.com/adfs/", "https://login.example.com/")),),
        (
            Device(
                associated_domains={
                    "com.example.app.sso": {
                        "fs.example.com": "approved",
                        "login.example.com": "not_approved",
                    }
                }
            ),
        ),
    ),
    "SSO804 not without another approval": Given(
        (profile(redirect("https://fs.example.com/adfs/", "https://login.example.com/")),),
        (
            Device(
                associated_domains={"com.example.app.sso": {"login.example.com": "not_approved"}}
            ),
        ),
    ),
    "SSO805 none approved": Given(
        (profile(redirect()),),
        (
            Device(
                associated_domains={"com.example.app.sso": {"login.example.com": "not_approved"}}
            ),
        ),
    ),
    "SSO805 not with an unknown host": Given(
        (profile(redirect("https://login.example.com/", "https://id.example.com/")),),
        (
            Device(
                associated_domains={"com.example.app.sso": {"login.example.com": "not_approved"}}
            ),
        ),
    ),
    "SSO806 no team": Given(
        (profile(redirect(), domains("authsrv:login.example.com", application="com.example.app")),)
    ),
    "SSO806 not a team": Given((profile(redirect(), domains("authsrv:login.example.com")),)),
    "SSO807 malformed": Given(
        (
            profile(
                redirect(),
                domains(
                    "https://login.example.com/x",
                    "authsrv:https://login.example.com",
                    "login.example.com",
                    "authsrv:login.example.com/auth",
                    "authsrv:login.example.com?mode=other",
                    "authsrv:",
                ),
            ),
        )
    ),
    "SSO807 not modes, ports and other services": Given(
        (
            profile(
                redirect(),
                domains(
                    "authsrv:login.example.com?mode=managed+developer",
                    "authsrv:login.example.com:8443?mode=developer",
                    "webcredentials:*.example.com",
                ),
            ),
        )
    ),
    "SSO808 misspelt": Given(
        (
            profile(
                redirect(),
                {
                    "PayloadType": "com.apple.associated-domains",
                    "Configuration": [
                        {
                            "ApplicationIdentifier": "EXAMPLE123.com.example.app.sso",
                            "AssociatedDomains": ["authsrv:login.example.com?mode=managed"],
                            "EnableDirectDownload": True,
                            "Colour": "secret",
                        }
                    ],
                },
            ),
        )
    ),
    "SSO808 not the three keys": Given((profile(redirect(), direct(managed=True)),)),
    "SSO809 without the mode": Given((profile(redirect(), direct(managed=False)),)),
    "SSO809 not with the mode": Given((profile(redirect(), direct(managed=True)),)),
    "SSO901 wrong identifier": Given(
        (
            profile(
                credential(
                    "example.com",
                    ".example.com",
                    ExtensionIdentifier=MICROSOFT["ExtensionIdentifier"],
                    TeamIdentifier="apple",
                    Realm="EXAMPLE.COM",
                )
            ),
        )
    ),
    "SSO901 team": Given((profile(redirect(**PING)),)),
    "SSO901 type": Given((profile(credential(**MICROSOFT)),)),
    "SSO901 not an unknown extension": Given(
        (
            profile(
                credential(
                    ExtensionIdentifier="com.example.unknown", TeamIdentifier="apple", Realm="lower"
                )
            ),
        )
    ),
    "SSO902 missing": Given(
        (
            profile(
                redirect(
                    "https://login.microsoftonline.com",
                    "https://login.microsoft.com/",
                    "https://sts.windows.net",
                    "https://login.microsoftonline.us",
                    "https://login-us.microsoftonline.com",
                    **MICROSOFT,
                )
            ),
        )
    ),
    "SSO902 not the spelling of the vendor": Given(
        (profile(redirect("https://fleet.example.com", **FLEET)),)
    ),
    "SSO903 small": Given((profile(credential(**KERBEROS, Realm="Example.com")),)),
    "SSO903 not in capitals": Given((profile(credential(**KERBEROS, Realm="EXAMPLE.COM")),)),
    "SSO904 foreign": Given(
        (profile(redirect("https://login.microsoftonline.com/", "https://fs.example.com/")),)
    ),
    "SSO904 not the vendor's own": Given(
        (profile(redirect("https://login.microsoftonline.com", **MICROSOFT)),)
    ),
    "SSO905 second": Given(
        (
            profile(redirect("https://login.microsoft.com", **MICROSOFT)),
            profile({**psso(), "URLs": ["https://sts.windows.net"], **MICROSOFT}, name=B),
        )
    ),
    "SSO905 not one, and not another vendor": Given(
        (
            profile(redirect("https://login.microsoft.com", **MICROSOFT)),
            profile(redirect("https://a.example/", **IRU), name=B),
            profile(redirect("https://b.example/", **IRU), name=C),
        )
    ),
    "SSO906 another realm": Given((profile(credential(**OKTA, Realm="okta device")),)),
    "SSO906 not the documented realm": Given((profile(credential(**OKTA, Realm="Okta Device")),)),
    "SSO907 no realm": Given((profile(credential("example.com", ".example.com", **KERBEROS)),)),
    "SSO907 not another extension": Given((profile(credential()),)),
    "SSO908 domain and suffix": Given(
        (
            profile(
                credential("example.com", **KERBEROS, Realm="EXAMPLE.COM"),
                credential(".corp.example", **KERBEROS, Realm="CORP.EXAMPLE"),
            ),
        )
    ),
    "SSO908 not both, and not a host": Given(
        (
            profile(
                credential("example.com", ".example.com", **KERBEROS, Realm="EXAMPLE.COM"),
                credential("dc1.corp.example", **KERBEROS, Realm="CORP.EXAMPLE"),
                credential("c.example", "dc1.c.example", **KERBEROS, Realm="C.EXAMPLE"),
            ),
        )
    ),
    "SSO951 types": Given(
        (
            entra(Enable_SSO_On_All_ManagedApps="1", AppAllowList=7),
            kerberos(
                isDefaultRealm=1, credentialBundleIdACL="com.a.b", domainRealmMapping={"A": "a"}
            ),
        )
    ),
    "SSO951 not documented types, and an extension without documented keys": Given(
        (
            entra(use_most_secure_storage=True, admin_debug_mode_enabled=1),
            kerberos(credentialBundleIdACL=["com.a.b"], domainRealmMapping={"A": ["a"]}),
            profile(redirect(ExtensionData={"AppAllowList": 7}), name=C),
        )
    ),
    "SSO952 misspelt": Given((entra(AppPrefixAllowlist="com.secret."),)),
    "SSO952 not like a documented key": Given((entra(broker_lifetime=60),)),
    "SSO953 array and separators": Given(
        (
            entra(
                AppAllowList=["com.secret.a"],
                AppBlockList="com.secret.a;com.secret.b",
                AppPrefixAllowList="com.apple. com.microsoft.",
            ),
        )
    ),
    "SSO953 not commas": Given((entra(AppAllowList="com.a.b, com.a.c"),)),
    "SSO954 unknown": Given(
        (entra(browser_sso_interaction_enabled=2), kerberos(credentialUseMode="secret"))
    ),
    "SSO954 not allowed values": Given(
        (entra(browser_sso_interaction_enabled=0), kerberos(credentialUseMode="always"))
    ),
    "SSO955 version and platform": Given(
        (kerberos(usePlatformSSOTGT=True, pwReqText="secret", preferredKDCs=["secret"]),),
        ("macOS@12", "iOS@14"),
    ),
    "SSO955 not on the platform that has it": Given((kerberos(usePlatformSSOTGT=True),)),
    "SSO956 deprecated": Given(
        (entra(browser_sso_disable_mfa=1), kerberos(cacheName="secret", replicationTime=900))
    ),
    "SSO956 not before it was deprecated": Given((kerberos(replicationTime=900),), ("macOS@11",)),
    "SSO957 left out": Given((entra(AppPrefixAllowList="com.apple.,com.contoso."),)),
    "SSO957 not with the default, and not a shorter prefix": Given(
        (entra(AppPrefixAllowList="com.microsoft., com.apple"),)
    ),
    "SSO958 both": Given(
        (
            entra(AppAllowList="com.a.b,com.a.c", AppBlockList="com.a.b"),
            entra(B, AppAllowList="com.a.b,com.a.c", AppBlockList="com.a.b,com.a.c"),
        )
    ),
    "SSO958 not other apps": Given((entra(AppAllowList="com.a.b", AppBlockList="com.a.B"),)),
    "SSO959 no identity": Given((kerberos(certificateUUID=IDENTITY),)),
    "SSO959 not an identity of the profile": Given(
        (
            profile(
                credential(
                    "example.com",
                    ".example.com",
                    **KERBEROS,
                    Realm="EXAMPLE.COM",
                    ExtensionData={"certificateUUID": IDENTITY.lower()},
                ),
                {"PayloadType": "com.apple.security.scep", "PayloadUUID": IDENTITY},
            ),
        )
    ),
    "SSO960 depends": Given(
        (
            kerberos(
                allowPlatformSSOAuthFallback=True,
                pwReqText="secret",
                pwReqRTFData=b"secret",
                pwReqComplexity=True,
                pwReqLength=8,
            ),
        )
    ),
    "SSO960 not with the key that it needs": Given(
        (
            kerberos(
                allowPlatformSSOAuthFallback=True,
                usePlatformSSOTGT=True,
                pwReqText="secret",
                pwReqComplexity=False,
            ),
        )
    ),
}


def as_text(found: list[Finding]) -> str:
    """The findings as `messages.txt` has them."""
    lines: list[str] = []
    for finding in found:
        lines += [f"{finding.severity} {finding.source}", f"  {finding.message}"]
        if finding.hint:
            lines.append(f"  hint: {finding.hint}")
        lines += [f"  see also: {source}" for source in finding.related]
        if finding.witness:
            code = finding.witness.response_code
            lines.append(f"  witness: {finding.witness.url}" + (f" ({code})" if code else ""))
    return "\n".join(lines)


def messages() -> dict[str, str]:
    """The sections of `messages.txt`."""
    text = MESSAGES.read_text(encoding="utf-8")
    sections = re.split(r"^## (.+)\n", text, flags=re.MULTILINE)[1:]
    return {title: said.strip() for title, said in zip(sections[::2], sections[1::2], strict=True)}


@pytest.mark.parametrize("title", CASES)
def test_every_finding_word_for_word(title: str) -> None:
    code, _, rest = title.partition(" ")
    given = CASES[title]
    found = [f for f in findings(*given.files, targets=given.targets) if f.code == code]
    assert as_text(found) == messages().get(title, "")
    assert bool(found) is not rest.startswith("not ")
    for finding in found:
        assert finding.authority == rules()[code].authority


def test_no_message_is_left_over() -> None:
    assert set(messages()) == {title for title in CASES if " not " not in title[6:11]}


#: Their input is a file of a site; `test_check_sites.py` has them.
ELSEWHERE: Final = {"SSO803"}


@pytest.mark.parametrize(
    "code", [code for code in rules() if code not in CODES or code == Code.DUPLICATE_KEY]
)
def test_each_code_has_what_raises_it_and_what_does_not(code: str) -> None:
    titles = [title.partition(" ")[2] for title in CASES if title.startswith(code)]
    if code not in ELSEWHERE:
        assert any(title.startswith("not ") for title in titles)
        assert any(not title.startswith("not ") for title in titles)


@pytest.mark.parametrize("title", messages())
def test_messages_are_in_our_style(title: str) -> None:
    for line in messages()[title].split("\n"):
        if not line.startswith("  ") or line.startswith(("  see also", "  witness")):
            continue
        said = line.strip().removeprefix("hint: ")
        assert not said.endswith("."), said
        first = said.split()[0]
        known = first.startswith(("`", "PingID", "Okta", "Microsoft", "Fleet", "Kerberos", "SSO"))
        assert known or first == first.lower(), said
