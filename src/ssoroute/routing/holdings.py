"""What a router holds, as JSON: installed, refused, replaced, inactive and active payloads."""

from __future__ import annotations

from ssoroute.install.activation import Inactive
from ssoroute.install.installation import InstalledProfile
from ssoroute.model.device import Device
from ssoroute.model.keys import keys
from ssoroute.model.payload import CredentialPayload, Payload, RedirectPayload
from ssoroute.model.profile import Profile
from ssoroute.routing.router import Router

__all__ = ["held_to_json"]


def held_to_json(router: Router) -> dict[str, object]:
    """Everything that is installed or refused, and what is active (docs, "JSON" of `show`)."""
    installation, activation = router.installation, router.activation
    device = router.device
    return {
        "installed": [_installed_to_json(item, device) for item in installation.installed],
        "refused": [refusal.to_json() for refusal in installation.refused],
        "replaced": [
            {"old": _profile_to_json(item.old), "new": _profile_to_json(item.new)}
            for item in installation.replaced
        ],
        "inactive": [_inactive_to_json(item) for item in activation.inactive],
        "active": [_payload_to_json(payload, device) for payload in activation.active],
    }


def _profile_to_json(profile: Profile) -> dict[str, object]:
    return {
        "identifier": profile.identifier,
        "display_name": profile.display_name,
        "uuid": profile.uuid,
        "source": profile.source.to_json(),
        "channel": profile.channel.value,
        "kind": profile.kind.value,
        "signature": profile.signature.to_json(),
        "user": profile.user,
    }


def _installed_to_json(installed: InstalledProfile, device: Device) -> dict[str, object]:
    return _profile_to_json(installed.profile) | {
        "known": installed.known,
        "payloads": [_payload_to_json(payload, device) for payload in installed.payloads],
        "conflicts": [problem.to_json() for problem in installed.conflicts],
    }


def _payload_to_json(payload: Payload, device: Device) -> dict[str, object]:
    # Neither ExtensionData nor RegistrationToken: both may hold secrets.
    redirect = payload if isinstance(payload, RedirectPayload) else None
    credential = payload if isinstance(payload, CredentialPayload) else None
    behavior_known = keys()["ScreenLockedBehavior"].known(device.platform, device.version)
    return {
        "type": payload.type,
        "extension": payload.extension.to_json(),
        "source": payload.source.to_json(),
        "channel": payload.channel.value,
        "prefixes": redirect and [rule.to_json() for rule in redirect.rules],
        "hosts": credential and [rule.to_json() for rule in credential.rules],
        "realm": credential and credential.realm,
        "platform_sso": redirect and redirect.platform_sso and redirect.platform_sso.value,
        "denied_callers": list(payload.denied_callers),
        "screen_locked_behavior": payload.screen_locked_behavior.value if behavior_known else None,
    }


def _inactive_to_json(inactive: Inactive) -> dict[str, object]:
    payload = inactive.payload
    return {
        "extension": payload.extension.to_json(),
        "type": payload.type,
        "source": payload.source.to_json(),
        "prefix": inactive.prefix and inactive.prefix.to_json(),
        "reason": inactive.reason.value,
        "text": str(inactive),
        "authority": inactive.authority.value,
    }
