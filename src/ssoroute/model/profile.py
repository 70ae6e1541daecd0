"""What loaders hand on: profiles with their payload dictionaries, before any device has read them.

Which keys count depends on the platform and its version (docs/matching.md §8), so a
payload dictionary stays as it was written until `install.read_payload` reads it for a device.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, overload

from ssoroute.model.errors import DeviceError
from ssoroute.model.finding import Finding
from ssoroute.model.kinds import python_kind
from ssoroute.model.quoting import quote
from ssoroute.model.signature import UNSIGNED, Signature
from ssoroute.model.source import Source

__all__ = [
    "AssociatedDomains",
    "Channel",
    "InlineComment",
    "OtherPayload",
    "PayloadDictionary",
    "Profile",
    "ProfileKind",
    "Profiles",
    "Value",
    "given_profiles",
    "of_user",
    "users_of",
]

_Scalar = str | int | float | bool | bytes | datetime | None
#: A property-list or JSON value; arrays are tuples, so that nothing can change behind a profile.
Value = _Scalar | tuple["Value", ...] | Mapping[str, "Value"]


class Channel(StrEnum):
    """Through which door a profile came: for the whole device, or for one user (macOS only)."""

    DEVICE = "device"
    USER = "user"


class ProfileKind(StrEnum):
    """How a profile is written: as a configuration profile, or as a declaration."""

    PROFILE = "profile"
    DECLARATION = "declaration"


@dataclass(frozen=True, slots=True)
class PayloadDictionary:
    """One `com.apple.extensiblesso` dictionary as written.

    `content` holds every key as it is written (arrays as tuples, dictionaries as mappings). It
    may hold secrets, so it is left out of `repr`.
    """

    content: Mapping[str, Value] = field(repr=False)
    source: Source


@dataclass(frozen=True, slots=True)
class AssociatedDomains:
    """One entry of a `com.apple.associated-domains` payload: an app and the services it asks for.

    `application_identifier` is `TEAM.bundle.id`, `entries` are strings `service:host`. An entry
    shows intent, not that the site confirms it. `direct_downloads` is `EnableDirectDownloads`, and
    `other_keys` are the names of unknown keys; routing reads neither, and a saved state keeps
    neither.
    """

    application_identifier: str
    entries: tuple[str, ...]
    source: Source
    direct_downloads: bool = field(default=False, compare=False)
    other_keys: tuple[str, ...] = field(default=(), compare=False)


#: The types of payloads that bring a certificate with its private key.
_IDENTITIES: Final = (
    "com.apple.security.pkcs12",
    "com.apple.security.acme",
    "com.apple.security.scep",
)


@dataclass(frozen=True, slots=True)
class OtherPayload:
    """A payload of another type: only its type and UUID are kept."""

    payload_type: str
    uuid: str | None
    source: Source

    @property
    def is_identity(self) -> bool:
        """Whether it brings a certificate with its private key."""
        return self.payload_type in _IDENTITIES


@dataclass(frozen=True, slots=True)
class Profile:
    """One profile or one declaration, with its payload dictionaries in their order.

    `identifier` is `PayloadIdentifier` (a declaration's `Identifier`), None if absent;
    `signature` says whether it came in a signed container, and whether that signature is valid.
    `user` is the user whose channel it is in, if the source names users. `installed` says that a
    device listed it as installed, so nothing refuses it. `other_keys` are the names of the keys
    beside the payloads that are not kept here; a saved state does not keep them.
    """

    payloads: tuple[PayloadDictionary, ...]
    source: Source
    identifier: str | None = None
    channel: Channel = Channel.DEVICE
    kind: ProfileKind = ProfileKind.PROFILE
    display_name: str | None = None
    uuid: str | None = None
    signature: Signature = UNSIGNED
    associated_domains: tuple[AssociatedDomains, ...] = ()
    other_payloads: tuple[OtherPayload, ...] = ()
    user: str | None = None
    installed: bool = False
    other_keys: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class InlineComment:
    """A comment for this tool in an XML property list: `text` is what follows `ssoroute:`.

    `source` is the place of the value that the comment is about, or of the file if no value follows
    it (`before_value` is false). `position` is the line and the column of the comment, both from 1,
    or None if the file has no lines.
    """

    text: str
    source: Source
    before_value: bool = True
    position: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Profiles(Sequence[Profile]):
    """Loaded profiles in install order, and what was noticed on the way.

    `errors` says what could not be read (the rest was), `findings` what is noteworthy about what
    was read. `comments` are those for the checks (docs/check.md).
    """

    items: tuple[Profile, ...] = ()
    findings: tuple[Finding, ...] = ()
    errors: tuple[Finding, ...] = ()
    comments: tuple[InlineComment, ...] = ()

    @overload
    def __getitem__(self, index: int) -> Profile: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Profile, ...]: ...
    def __getitem__(self, index: int | slice) -> Profile | tuple[Profile, ...]:
        return self.items[index]

    def __len__(self) -> int:
        return len(self.items)


def given_profiles(profiles: Iterable[Profile]) -> tuple[Profile, ...]:
    """The profiles that a caller passes; `TypeError` for anything else says what to pass.

    >>> given_profiles("corp.mobileconfig")
    Traceback (most recent call last):
    ...
    TypeError: `profiles` must be loaded profiles, not str; pass ssoroute.load(path)
    """
    if isinstance(profiles, Profile):
        raise TypeError("`profiles` must be several profiles; pass a list with the one")
    if isinstance(profiles, str | bytes | os.PathLike) or not isinstance(profiles, Iterable):
        raise TypeError(
            f"`profiles` must be loaded profiles, not {python_kind(profiles)};"
            " pass ssoroute.load(path)"
        )
    given = tuple(profiles)
    for number, profile in enumerate(given):
        if not isinstance(profile, Profile):
            raise TypeError(
                f"item {number} of `profiles` must be a Profile, not {python_kind(profile)};"
                " pass what ssoroute.load(path) returns"
            )
    return given


def users_of(profiles: Iterable[Profile]) -> tuple[str, ...]:
    """The users that `profiles` name, sorted."""
    return tuple(sorted({profile.user for profile in profiles if profile.user is not None}))


def of_user(profiles: Iterable[Profile], user: str | None = None) -> tuple[Profile, ...]:
    """The profiles of the device and of one user: of `user`, or of the only one that is named.

    Documented: a Mac has one user channel for each user. `DeviceError` if several users are named
    and none is chosen, or if `user` is not one of them.

    >>> mine = Profile((), Source("dump.plist"), channel=Channel.USER, user="jdoe")
    >>> of_user([mine], "asmith")
    Traceback (most recent call last):
    ...
    ssoroute.model.errors.DeviceError: no profile is of the user `asmith`; users are `jdoe`
    """
    given = given_profiles(profiles)
    users = users_of(given)
    names = ", ".join(map(quote, users))
    if user is None and len(users) > 1:
        raise DeviceError(f"the profiles are of {len(users)} users, choose one of them: {names}")
    if user is not None and user not in users:
        known = f"users are {names}" if names else "no profile names a user"
        raise DeviceError(f"no profile is of the user {quote(user)}; {known}")
    return tuple(item for item in given if item.user in (None, user or item.user))
