"""Say which SSO extension gets a request, and why.

>>> import ssoroute
>>> profiles = ssoroute.load("examples/profiles/entra.mobileconfig")
>>> router = ssoroute.Router.from_profiles(profiles, platform="macOS", version="15.4")
>>> decision = router.route("https://login.microsoftonline.com/common/oauth2/v2.0/authorize")
>>> print(decision.outcome, decision.reason, decision.extension)
handle url_prefix com.microsoft.CompanyPortalMac.ssoextension (UBF8T346G9)
>>> print(decision.rule, "in", decision.rule.source)
https://login.microsoftonline.com in examples/profiles/entra.mobileconfig: PayloadContent[0].URLs[0]
"""

from ssoroute.decision import Authority, Decision, Note, Outcome, Reason
from ssoroute.device import APPLE_ACCOUNT_URLS, Approval, Device
from ssoroute.errors import (
    DeviceError,
    Finding,
    LoadError,
    RequestError,
    Severity,
    SsorouteError,
)
from ssoroute.loaders import load
from ssoroute.patterns import HostPattern, URLPrefix
from ssoroute.payload import CredentialPayload, Extension, RedirectPayload, ScreenLockedBehavior
from ssoroute.platforms import Platform, Version
from ssoroute.profile import Channel, Profile, Profiles
from ssoroute.refusal import Problem, Refusal, RefusalCode
from ssoroute.request import Request
from ssoroute.router import Matching, Router
from ssoroute.source import Source
from ssoroute.spelling import SpellingError, browser_url

__all__ = [
    "APPLE_ACCOUNT_URLS",
    "Approval",
    "Authority",
    "Channel",
    "CredentialPayload",
    "Decision",
    "Device",
    "DeviceError",
    "Extension",
    "Finding",
    "HostPattern",
    "LoadError",
    "Matching",
    "Note",
    "Outcome",
    "Platform",
    "Problem",
    "Profile",
    "Profiles",
    "Reason",
    "RedirectPayload",
    "Refusal",
    "RefusalCode",
    "Request",
    "RequestError",
    "Router",
    "ScreenLockedBehavior",
    "Severity",
    "Source",
    "SpellingError",
    "SsorouteError",
    "URLPrefix",
    "Version",
    "browser_url",
    "load",
]
