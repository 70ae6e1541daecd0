"""Platform SSO: the findings SSO6xx."""

from __future__ import annotations

from typing import Final

from check_cases.given import AUTHENTICATOR, MICROSOFT, PING, Given, given, given_urls
from check_world import declaration, profile, psso, redirect
from ssoroute.model.device import Device
from ssoroute.model.payload import Extension

#: Code and title -> what is given. Where the code must not be found, the title begins "not ".
CASES: Final[dict[str, Given]] = {
    "SSO601 platform": given(profile(psso()), targets=("iOS@18",)),
    "SSO601 version": given(
        profile(psso(FileVaultPolicy=["AttemptAuthentication"])), targets=("macOS@14.5",)
    ),
    "SSO601 value": given(
        profile(
            psso(AuthenticationMethod="OpenID", WebLoginURLAllowList=["https://id.example.com"])
        ),
        targets=("macOS@26",),
    ),
    "SSO601 payload": given(profile(redirect()), targets=("macOS@10.14",)),
    "SSO601 declaration": given(declaration(), targets=("macOS@26",)),
    "SSO601 user channel": given(
        profile(redirect(), PayloadScope="User"), targets=("macOS@10.15",)
    ),
    "SSO601 the newest keys": given(
        profile(psso(AlwaysUseLoginUI=True, AdditionalHTTPHeaders={"a": "secret"})),
        targets=("macOS@27.1",),
    ),
    "SSO601 a mode of new users": given(
        profile(psso(NewUserAuthorizationMode="Temporary")), targets=("macOS@15",)
    ),
    "SSO601 one of two targets": given(
        profile(redirect(ScreenLockedBehavior="Cancel")), targets=("macOS@11", "macOS@15")
    ),
    "SSO601 not a version that knows it": given(
        profile(psso(FileVaultPolicy=["AttemptAuthentication"])), targets=("macOS@15",)
    ),
    "SSO602 missing": given_urls(TeamIdentifier=None),
    "SSO602 known": given_urls(TeamIdentifier=None, **PING),
    "SSO602 not a known extension for iOS": given(
        profile(redirect(TeamIdentifier=None, **AUTHENTICATOR)), targets=("macOS",)
    ),
    "SSO602 not another platform": given(profile(redirect(TeamIdentifier=None)), targets=("iOS",)),
    "SSO603 alone": given_urls(AuthenticationMethod="Password"),
    "SSO603 with its successor": given(profile({**psso(), "AuthenticationMethod": "Password"})),
    "SSO603 with another": given(profile({**psso(), "AuthenticationMethod": "SmartCard"})),
    "SSO603 not before it was deprecated": given(
        profile(redirect(AuthenticationMethod="Password")), targets=("macOS@13.6",)
    ),
    "SSO604 for iOS": given(declaration(), targets=("iOS",)),
    "SSO604 for macOS": given(declaration(ExtensionComposedIdentifier="com.example.app.sso")),
    "SSO604 not the form of the platform": given(declaration()),
    "SSO605 missing": given(
        profile(redirect()), targets=(Device(installed_extensions=["com.example.other.sso"]),)
    ),
    "SSO605 not an extension that is installed": given(
        profile(redirect()), targets=(Device(installed_extensions=["com.example.app.sso"]),)
    ),
    "SSO606 another team": given(
        profile(redirect()),
        targets=(Device(installed_extensions=[Extension("com.example.app.sso", "OTHERTEAM1")]),),
    ),
    "SSO606 not the same team": given(
        profile(redirect()),
        targets=(Device(installed_extensions=[Extension("com.example.app.sso", "EXAMPLE123")]),),
    ),
    "SSO607 iOS": given(profile(redirect(**MICROSOFT)), targets=("iOS",)),
    "SSO607 macOS": given(
        profile(
            redirect("https://sts.windows.net", TeamIdentifier=None, **AUTHENTICATOR),
            redirect("https://login.microsoft.com", **AUTHENTICATOR),
        ),
        targets=("macOS",),
    ),
    "SSO607 not the platform of the extension": given_urls(**MICROSOFT),
    "SSO607 not visionOS": given(
        profile(redirect("https://sts.windows.net", **AUTHENTICATOR)), targets=("visionOS",)
    ),
}
