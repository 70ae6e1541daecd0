"""Which of the installed payloads are active on the device, and in which order.

Two steps: the channels are merged, then what the device cannot use is taken out. Everything that
is taken out is kept with its reason, so that it can be shown. Facts are those of
docs/matching.md §2 and §3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from ssoroute.install.associated_domains import any_approved
from ssoroute.install.installation import Installation
from ssoroute.model.decision import Authority
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
    InactiveReason.USER_CHANNEL_UNSUPPORTED: "macOS takes user-channel profiles from 11.0 on",
    InactiveReason.SHARED_DEVICE_KEYS_IN_USER_CHANNEL: (
        "a Platform SSO payload with UseSharedDeviceKeys works in the device channel only"
    ),
    InactiveReason.REPLACED_BY_USER_CHANNEL: (
        "the user channel has payloads, they replace those of the device channel"
    ),
    InactiveReason.MERGED_INTO_PLATFORM_SSO: (
        "the device channel's Platform SSO payload of the same extension stands for it"
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
    inactive: list[Inactive] = []
    merged = _merge_channels(
        installation.payloads(Channel.DEVICE),
        installation.payloads(Channel.USER),
        device,
        inactive,
    )
    active = tuple(usable for payload in merged if (usable := _usable(payload, device, inactive)))
    return Activation(device, active, tuple(inactive))


def _merge_channels(
    device_channel: Sequence[Payload],
    user_channel: Sequence[Payload],
    device: Device,
    inactive: list[Inactive],
) -> list[Payload]:
    if not device.knows(Feature.USER_CHANNEL):
        inactive += (Inactive(p, InactiveReason.USER_CHANNEL_UNSUPPORTED) for p in user_channel)
        return list(device_channel)
    # Observed, step 1: shared device keys belong to the device channel.
    user: list[Payload] = []
    for payload in user_channel:
        if (
            isinstance(payload, RedirectPayload)
            and payload.platform_sso
            and payload.use_shared_device_keys
        ):
            reason = InactiveReason.SHARED_DEVICE_KEYS_IN_USER_CHANNEL
            inactive.append(Inactive(payload, reason))
        else:
            user.append(payload)
    # Observed, steps 2 and 3: a channel without payloads counts as absent.
    if not user:
        return list(device_channel)
    # Observed, step 4: the user channel replaces the device channel but for Platform SSO.
    platform_sso: RedirectPayload | None = None
    for payload in device_channel:
        if isinstance(payload, RedirectPayload) and payload.platform_sso:
            platform_sso = payload
        else:
            inactive.append(Inactive(payload, InactiveReason.REPLACED_BY_USER_CHANNEL))
    if platform_sso is None:
        return user
    for index, payload in enumerate(user):
        if payload.extension.bundle_id == platform_sso.extension.bundle_id:
            inactive.append(Inactive(payload, InactiveReason.MERGED_INTO_PLATFORM_SSO))
            del user[index]
            platform_sso = replace(
                platform_sso,
                extension_data=payload.extension_data,
                registration_token=payload.registration_token,
            )
            break
    return [*user, platform_sso]


def _usable(payload: Payload, device: Device, inactive: list[Inactive]) -> Payload | None:
    """`payload` with the prefixes that the system keeps, None where nothing of it is left."""
    reason = _missing_extension(payload.extension, device)
    if reason:
        inactive.append(Inactive(payload, reason))
        return None
    if not isinstance(payload, RedirectPayload):
        return payload
    kept = []
    for prefix in payload.url_prefixes:
        removed = _removal(prefix, payload.extension, device)
        if removed:
            inactive.append(Inactive(payload, removed, prefix))
        else:
            kept.append(prefix)
    if not kept:
        inactive.append(Inactive(payload, InactiveReason.NO_PREFIX_LEFT))
        return None
    if len(kept) == len(payload.url_prefixes):
        return payload  # most are used as they are; a copy would cost memory for nothing
    return replace(payload, url_prefixes=tuple(kept))


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
