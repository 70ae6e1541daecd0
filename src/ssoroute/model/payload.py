"""The values of a payload that a device has read: what it claims, whom it denies, who handles it.

Two classes, one for each `Type`; a payload that the device cannot read becomes a
refusal (`install/read_payload.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

from ssoroute.model.profile import Channel, ProfileKind, Value

if TYPE_CHECKING:
    from ssoroute.model.patterns import HostPattern, URLPrefix
    from ssoroute.model.source import Source

__all__ = [
    "CredentialPayload",
    "Extension",
    "Payload",
    "PlatformSSOMethod",
    "RedirectPayload",
    "ScreenLockedBehavior",
]


@dataclass(frozen=True, slots=True)
class Extension:
    """An SSO extension: its bundle identifier, and its team identifier as the payload has it.

    >>> print(Extension("com.example.sso", "EXAMPLE123"))
    com.example.sso (EXAMPLE123)
    """

    bundle_id: str
    team_id: str | None = None

    def to_json(self) -> dict[str, object]:
        """The two identifiers as a JSON object."""
        return {"bundle_id": self.bundle_id, "team_id": self.team_id}

    def __str__(self) -> str:
        return f"{self.bundle_id} ({self.team_id})" if self.team_id else self.bundle_id


class ScreenLockedBehavior(StrEnum):
    """What becomes of a request while the screen is locked (values as Apple spells them)."""

    CANCEL = "Cancel"
    DO_NOT_HANDLE = "DoNotHandle"


class PlatformSSOMethod(StrEnum):
    """An authentication method that makes a Redirect payload a Platform SSO payload."""

    PASSWORD = "Password"  # noqa: S105 - the method's name
    USER_SECURE_ENCLAVE_KEY = "UserSecureEnclaveKey"
    SMART_CARD = "SmartCard"
    ACCESS_KEY = "AccessKey"
    OPENID = "OpenID"


@dataclass(frozen=True, slots=True)
class _Payload:
    """What both Types have."""

    extension: Extension
    source: Source
    denied_callers: tuple[str, ...] = ()
    screen_locked_behavior: ScreenLockedBehavior = ScreenLockedBehavior.CANCEL
    channel: Channel = Channel.DEVICE
    kind: ProfileKind = ProfileKind.PROFILE
    # Both may hold secrets: they are handed on, never shown.
    extension_data: Mapping[str, Value] | None = field(default=None, repr=False)
    registration_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class RedirectPayload(_Payload):
    """A payload of Type Redirect: it claims URL prefixes.

    `type` is its `Type`, as Apple spells it. `platform_sso` is its authentication method if it is a
    Platform SSO payload, else None.
    """

    type: ClassVar[str] = "Redirect"

    url_prefixes: tuple[URLPrefix, ...] = ()
    platform_sso: PlatformSSOMethod | None = None
    use_shared_device_keys: bool = False

    @property
    def rules(self) -> tuple[URLPrefix, ...]:
        """Its URL prefixes, as listed."""
        return self.url_prefixes


@dataclass(frozen=True, slots=True)
class CredentialPayload(_Payload):
    """A payload of Type Credential: it claims hosts. `type` is its `Type`, as Apple spells it."""

    type: ClassVar[str] = "Credential"

    host_patterns: tuple[HostPattern, ...] = ()
    realm: str | None = None

    @property
    def rules(self) -> tuple[HostPattern, ...]:
        """Its host patterns, as listed."""
        return self.host_patterns


Payload = RedirectPayload | CredentialPayload
