"""Say which SSO extension gets a request, and why.

>>> import ssoroute
>>> profiles = ssoroute.load("examples/profiles/entra.mobileconfig")
>>> router = ssoroute.Router.from_profiles(profiles, os="macOS@15.4")
>>> decision = router.route("https://login.microsoftonline.com/common/oauth2/v2.0/authorize")
>>> print(decision.outcome, decision.reason, decision.extension)
handle url_prefix com.microsoft.CompanyPortalMac.ssoextension (UBF8T346G9)
>>> print(decision.rule, "in", decision.rule.source)
https://login.microsoftonline.com in examples/profiles/entra.mobileconfig: PayloadContent[0].URLs[0]

Every name below is loaded from its module when it is first used, so that the import itself costs
next to nothing.
"""

from ssoroute.lazy_names import lazy_names as _lazy_names

# As `typing.TYPE_CHECKING` for type checkers. That module takes as long to import as all else here.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from ssoroute.asking.client import Client, ClientError, Handover
    from ssoroute.asking.table import clients
    from ssoroute.checks import check
    from ssoroute.emulation.emulated_device import EmulatedDevice, NotInstalledError
    from ssoroute.emulation.saved_state import StateError
    from ssoroute.install.effective_keys import (
        EffectiveKey,
        EffectiveKeys,
        KeyState,
        effective_keys,
    )
    from ssoroute.install.installation import Accepted
    from ssoroute.install.refusal import Problem, Refusal, RefusalCode
    from ssoroute.integrations.watched_router import WatchedRouter
    from ssoroute.loaders import load
    from ssoroute.loaders.device_file import load_device
    from ssoroute.model.authority import Authority
    from ssoroute.model.decision import Decision, Note, Outcome, Reason
    from ssoroute.model.device import APPLE_ACCOUNT_URLS, Approval, Device
    from ssoroute.model.errors import DeviceError, SsorouteError
    from ssoroute.model.finding import Finding, LoadError, Severity
    from ssoroute.model.keys import Key, KeyType, keys
    from ssoroute.model.patterns import HostPattern, URLPrefix
    from ssoroute.model.payload import (
        CredentialPayload,
        Extension,
        RedirectPayload,
        ScreenLockedBehavior,
    )
    from ssoroute.model.platforms import Platform, Version
    from ssoroute.model.profile import Channel, PayloadDictionary, Profile, Profiles
    from ssoroute.model.request import Request, RequestError
    from ssoroute.model.source import Source
    from ssoroute.model.spelling import SpellingError, browser_url
    from ssoroute.real_device.join import load_sysdiagnose
    from ssoroute.real_device.values import RealDevice
    from ssoroute.relations.difference import Difference, diff
    from ssoroute.routing.afterwards import Afterwards, Statement
    from ssoroute.routing.engine import accelerated
    from ssoroute.routing.explanation import Explanation
    from ssoroute.routing.router import Matching, Router

__all__ = [
    "APPLE_ACCOUNT_URLS",
    "Accepted",
    "Afterwards",
    "Approval",
    "Authority",
    "Channel",
    "Client",
    "ClientError",
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
    "Handover",
    "HostPattern",
    "Key",
    "KeyState",
    "KeyType",
    "LoadError",
    "Matching",
    "NotInstalledError",
    "Note",
    "Outcome",
    "PayloadDictionary",
    "Platform",
    "Problem",
    "Profile",
    "Profiles",
    "RealDevice",
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
    "Statement",
    "URLPrefix",
    "Version",
    "WatchedRouter",
    "accelerated",
    "browser_url",
    "check",
    "clients",
    "diff",
    "effective_keys",
    "keys",
    "load",
    "load_device",
    "load_sysdiagnose",
]

_HOMES = {
    "routing.afterwards": "Afterwards Statement",
    "asking.client": "Client ClientError Handover",
    "asking.table": "clients",
    "routing.engine": "accelerated",
    "checks": "check",
    "model.authority": "Authority",
    "model.decision": "Decision Note Outcome Reason",
    "model.device": "APPLE_ACCOUNT_URLS Approval Device",
    "relations.difference": "Difference diff",
    "emulation.emulated_device": "EmulatedDevice NotInstalledError",
    "emulation.saved_state": "StateError",
    "real_device.join": "load_sysdiagnose",
    "real_device.values": "RealDevice",
    "model.errors": "DeviceError SsorouteError",
    "model.finding": "Finding LoadError Severity",
    "routing.explanation": "Explanation",
    "install.installation": "Accepted",
    "model.keys": "Key KeyType keys",
    "loaders": "load",
    "loaders.device_file": "load_device",
    "model.patterns": "HostPattern URLPrefix",
    "model.payload": "CredentialPayload Extension RedirectPayload ScreenLockedBehavior",
    "model.platforms": "Platform Version",
    "model.profile": "Channel PayloadDictionary Profile Profiles",
    "install.refusal": "Problem Refusal RefusalCode",
    "model.request": "Request RequestError",
    "routing.router": "Matching Router",
    "integrations.watched_router": "WatchedRouter",
    "install.effective_keys": "EffectiveKey EffectiveKeys KeyState effective_keys",
    "model.source": "Source",
    "model.spelling": "SpellingError browser_url",
}
__getattr__, __dir__ = _lazy_names(globals(), _HOMES)
