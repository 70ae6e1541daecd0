"""Platform SSO: the findings SSO6xx."""

from __future__ import annotations

from typing import Final

from check_cases.given import AUTHENTICATOR, MICROSOFT, PING, Given
from check_world import declaration, profile, psso, redirect
from ssoroute.model.device import Device
from ssoroute.model.payload import Extension

#: Code and title -> what is given. Where the code must not be found, the title begins "not ".
CASES: Final[dict[str, Given]] = {
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
}
