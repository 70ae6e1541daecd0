"""Which of the installed payloads are active on the device, and in which order.

Two steps: the channels are merged, then what the device cannot use is taken out. What is taken
out is kept with its reason, so that it can be shown. The facts are those of docs/matching.md §2
and §3.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, NamedTuple

from ssoroute.install.associated_domains import any_approved
from ssoroute.install.installation import Installation
from ssoroute.model.authority import Authority
from ssoroute.model.device import Approval, Device
from ssoroute.model.patterns import URLPrefix
from ssoroute.model.payload import Extension, Payload, RedirectPayload
from ssoroute.model.platforms import Feature, Platform
from ssoroute.model.profile import Channel

__all__ = [
    "Activation",
    "Inactive",
    "InactiveReason",
    "activate",
]


class InactiveReason(StrEnum):
    """Why a payload, or one of its prefixes, is installed and does nothing."""

    USER_CHANNEL_UNSUPPORTED = "user_channel_unsupported"
    SHARED_DEVICE_KEYS_IN_USER_CHANNEL = "shared_device_keys_in_user_channel"
    REPLACED_BY_USER_CHANNEL = "replaced_by_user_channel"
    MERGED_INTO_PLATFORM_SSO = "merged_into_platform_sso"
    EXTENSION_NOT_INSTALLED = "extension_not_installed"
    TEAM_DIFFERS = "team_differs"
    PREFIX_SCHEME = "prefix_scheme"
    PREFIX_HOST_WILDCARD = "prefix_host_wildcard"
    PREFIX_DOMAIN_NOT_APPROVED = "prefix_domain_not_approved"
    NO_PREFIX_LEFT = "no_prefix_left"


#: What each reason means, in words.
_INACTIVE_TEXT: Final = {
    InactiveReason.USER_CHANNEL_UNSUPPORTED: "macOS uses user-channel profiles from 11.0 on",
    InactiveReason.SHARED_DEVICE_KEYS_IN_USER_CHANNEL: (
        "a Platform SSO payload with UseSharedDeviceKeys works in the device channel only"
    ),
    InactiveReason.REPLACED_BY_USER_CHANNEL: (
        "the user channel has payloads, which replace those of the device channel"
    ),
    InactiveReason.MERGED_INTO_PLATFORM_SSO: (
        "the device channel's Platform SSO payload of the same extension takes its place"
    ),
    InactiveReason.EXTENSION_NOT_INSTALLED: "its extension is not installed",
    InactiveReason.TEAM_DIFFERS: "the installed extension has another team identifier",
    InactiveReason.PREFIX_SCHEME: "the system removes a prefix whose scheme is not in lower case",
    InactiveReason.PREFIX_HOST_WILDCARD: "the system removes a prefix with a wildcard in its host",
    InactiveReason.PREFIX_DOMAIN_NOT_APPROVED: (
        "its host is not approved for the extension, while another one is"
    ),
    InactiveReason.NO_PREFIX_LEFT: "none of its prefixes is left",
}


@dataclass(frozen=True, slots=True)
class Inactive:
    """A payload (`prefix` None) or one prefix of it that is installed and does nothing."""

    payload: Payload
    reason: InactiveReason
    prefix: URLPrefix | None = None

    @property
    def authority(self) -> Authority:
        """How well the rule that made it inactive is known."""
        documented = (InactiveReason.USER_CHANNEL_UNSUPPORTED, InactiveReason.TEAM_DIFFERS)
        return Authority.DOCUMENTED if self.reason in documented else Authority.OBSERVED

    def __str__(self) -> str:
        return _INACTIVE_TEXT[self.reason]


@dataclass(frozen=True, slots=True)
class Activation:
    """The active payloads in the order in which the system walks them, and the inactive rest.

    An active Redirect payload holds only the prefixes that the system keeps.
    """

    device: Device
    active: tuple[Payload, ...]
    inactive: tuple[Inactive, ...]


def activate(installation: Installation) -> Activation:
    """Merge the channels of `installation` and take out what the device cannot use."""
    device = installation.device
    merged = _merge_channels(
        installation.payloads(Channel.DEVICE), installation.payloads(Channel.USER), device
    )
    used = [_use(payload, device) for payload in merged.active]
    return Activation(
        device,
        tuple(payload for each in used for payload in each.active),
        (*merged.inactive, *(inactive for each in used for inactive in each.inactive)),
    )


class _Parted(NamedTuple):
    """Payloads that reach the next step, and what this step made inactive."""

    active: tuple[Payload, ...]
    inactive: tuple[Inactive, ...] = ()


def _merge_channels(
    device_channel: tuple[Payload, ...], user_channel: tuple[Payload, ...], device: Device
) -> _Parted:
    """The payloads of both channels in one order (docs/matching.md, "Channels")."""
    if not device.knows(Feature.USER_CHANNEL):
        reason = InactiveReason.USER_CHANNEL_UNSUPPORTED
        return _Parted(device_channel, tuple(Inactive(p, reason) for p in user_channel))
    user = _without_shared_device_keys(user_channel)
    # Observed, steps 2 and 3: a channel without payloads counts as absent.
    if not user.active:
        return _Parted(device_channel, user.inactive)
    platform_sso, replaced = _replaced(device_channel)
    inactive = (*user.inactive, *replaced)
    if platform_sso is None:
        return _Parted(user.active, inactive)
    merged = _merged_platform_sso(user.active, platform_sso)
    return _Parted(merged.active, (*inactive, *merged.inactive))


def _without_shared_device_keys(user: tuple[Payload, ...]) -> _Parted:
    """Observed, step 1: shared device keys belong to the device channel."""

    def is_dropped(payload: Payload) -> bool:
        return (
            isinstance(payload, RedirectPayload)
            and payload.platform_sso is not None
            and payload.use_shared_device_keys
        )

    reason = InactiveReason.SHARED_DEVICE_KEYS_IN_USER_CHANNEL
    return _Parted(
        tuple(payload for payload in user if not is_dropped(payload)),
        tuple(Inactive(payload, reason) for payload in user if is_dropped(payload)),
    )


def _replaced(
    device_channel: tuple[Payload, ...],
) -> tuple[RedirectPayload | None, tuple[Inactive, ...]]:
    """Observed, step 4: the user channel replaces the device channel except for Platform SSO.

    Reading: a device can list more than one Platform SSO payload as installed; the first counts.
    """
    platform_sso: RedirectPayload | None = None
    inactive: list[Inactive] = []
    for payload in device_channel:
        if platform_sso is None and isinstance(payload, RedirectPayload) and payload.platform_sso:
            platform_sso = payload
        else:
            inactive.append(Inactive(payload, InactiveReason.REPLACED_BY_USER_CHANNEL))
    return platform_sso, tuple(inactive)


def _merged_platform_sso(user: tuple[Payload, ...], platform_sso: RedirectPayload) -> _Parted:
    """Observed, step 4: the Platform SSO payload comes last.

    It takes the place, the data and the token of the first payload of the same extension.
    """
    bundle_id = platform_sso.extension.bundle_id
    same = next((p for p in user if p.extension.bundle_id == bundle_id), None)
    if same is None:
        return _Parted((*user, platform_sso))
    merged = replace(
        platform_sso,
        extension_data=same.extension_data,
        registration_token=same.registration_token,
    )
    kept = tuple(payload for payload in user if payload is not same)
    return _Parted((*kept, merged), (Inactive(same, InactiveReason.MERGED_INTO_PLATFORM_SSO),))


def _use(payload: Payload, device: Device) -> _Parted:
    """`payload` with the prefixes that the system keeps; not active if nothing of it is left."""
    reason = _missing_extension(payload.extension, device)
    if reason:
        return _Parted((), (Inactive(payload, reason),))
    if not isinstance(payload, RedirectPayload):
        return _Parted((payload,))
    kept: list[URLPrefix] = []
    inactive: list[Inactive] = []
    for prefix in payload.url_prefixes:
        removed = _removal(prefix, payload.extension, device)
        if removed:
            inactive.append(Inactive(payload, removed, prefix))
        else:
            kept.append(prefix)
    if not kept:
        return _Parted((), (*inactive, Inactive(payload, InactiveReason.NO_PREFIX_LEFT)))
    if not inactive:
        return _Parted((payload,))  # most are used as they are; a copy would cost memory
    return _Parted((replace(payload, url_prefixes=tuple(kept)),), tuple(inactive))


def _missing_extension(extension: Extension, device: Device) -> InactiveReason | None:
    if device.installed_extensions is None:
        return None
    installed = [e for e in device.installed_extensions if e.bundle_id == extension.bundle_id]
    if not installed:
        # Observed: "no extension available for profile (ignored)".
        return InactiveReason.EXTENSION_NOT_INSTALLED
    # Documented: the team identifier is required on macOS and ignored elsewhere.
    if device.platform is Platform.MACOS and not any(
        e.team_id is None or e.team_id == extension.team_id for e in installed
    ):
        return InactiveReason.TEAM_DIFFERS
    return None


def _removal(prefix: URLPrefix, extension: Extension, device: Device) -> InactiveReason | None:
    # Observed: these two need no knowledge of approvals.
    if not prefix.is_routable:
        lower_case = prefix.parts.scheme in ("http", "https")
        return InactiveReason.PREFIX_HOST_WILDCARD if lower_case else InactiveReason.PREFIX_SCHEME
    # Documented and observed: a host that is not approved counts only while no other one is.
    approval = device.approval(extension, prefix.parts.associated_host)
    if approval is Approval.NOT_APPROVED and any_approved(extension, device):
        return InactiveReason.PREFIX_DOMAIN_NOT_APPROVED
    return None
