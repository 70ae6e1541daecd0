"""Say which SSO extension gets a request, and why.

>>> import ssoroute
>>> profiles = ssoroute.load("examples/profiles/entra.mobileconfig")
>>> router = ssoroute.Router.from_profiles(profiles, platform="macOS", version="15.4")
>>> decision = router.route("https://login.microsoftonline.com/common/oauth2/v2.0/authorize")
>>> print(decision.outcome, decision.reason, decision.extension)
handle url_prefix com.microsoft.CompanyPortalMac.ssoextension (UBF8T346G9)
>>> print(decision.rule, "in", decision.rule.source)
https://login.microsoftonline.com in examples/profiles/entra.mobileconfig: PayloadContent[0].URLs[0]

Every name below is loaded from its module when it is first used, so that the import itself costs
next to nothing.
"""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ssoroute._index import accelerated
    from ssoroute.checks import check
    from ssoroute.decision import Authority, Decision, Note, Outcome, Reason
    from ssoroute.device import APPLE_ACCOUNT_URLS, Approval, Device
    from ssoroute.difference import Difference, diff
    from ssoroute.emulation import EmulatedDevice
    from ssoroute.errors import (
        DeviceError,
        Finding,
        LoadError,
        NotInstalledError,
        RequestError,
        Severity,
        SsorouteError,
        StateError,
    )
    from ssoroute.explain import Explanation
    from ssoroute.globs import UndecidedError
    from ssoroute.installation import Accepted
    from ssoroute.keys import Key, KeyType
    from ssoroute.loaders import load
    from ssoroute.loaders.device import load_device
    from ssoroute.patterns import HostPattern, URLPrefix
    from ssoroute.payload import CredentialPayload, Extension, RedirectPayload, ScreenLockedBehavior
    from ssoroute.platforms import Platform, Version
    from ssoroute.profile import Channel, Profile, Profiles
    from ssoroute.refusal import Problem, Refusal, RefusalCode
    from ssoroute.request import Request
    from ssoroute.router import Matching, Router
    from ssoroute.settings import EffectiveKey, EffectiveKeys, KeyState, effective_keys
    from ssoroute.source import Source
    from ssoroute.spelling import SpellingError, browser_url

__all__ = [
    "APPLE_ACCOUNT_URLS",
    "Accepted",
    "Approval",
    "Authority",
    "Channel",
    "CredentialPayload",
    "Decision",
    "Device",
    "DeviceError",
    "Difference",
    "EffectiveKey",
    "EffectiveKeys",
    "EmulatedDevice",
    "Explanation",
    "Extension",
    "Finding",
    "HostPattern",
    "Key",
    "KeyState",
    "KeyType",
    "LoadError",
    "Matching",
    "NotInstalledError",
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
    "StateError",
    "URLPrefix",
    "UndecidedError",
    "Version",
    "accelerated",
    "browser_url",
    "check",
    "diff",
    "effective_keys",
    "load",
    "load_device",
]

_HOMES = {
    "_index": "accelerated",
    "checks": "check",
    "decision": "Authority Decision Note Outcome Reason",
    "device": "APPLE_ACCOUNT_URLS Approval Device",
    "difference": "Difference diff",
    "emulation": "EmulatedDevice",
    "errors": "DeviceError Finding LoadError NotInstalledError RequestError Severity SsorouteError"
    " StateError",
    "explain": "Explanation",
    "globs": "UndecidedError",
    "installation": "Accepted",
    "keys": "Key KeyType",
    "loaders": "load",
    "loaders.device": "load_device",
    "patterns": "HostPattern URLPrefix",
    "payload": "CredentialPayload Extension RedirectPayload ScreenLockedBehavior",
    "platforms": "Platform Version",
    "profile": "Channel Profile Profiles",
    "refusal": "Problem Refusal RefusalCode",
    "request": "Request",
    "router": "Matching Router",
    "settings": "EffectiveKey EffectiveKeys KeyState effective_keys",
    "source": "Source",
    "spelling": "SpellingError browser_url",
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}


def __getattr__(name: str) -> object:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module `ssoroute` has no attribute `{name}`")
    value: object = getattr(_import_module(f"ssoroute.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
