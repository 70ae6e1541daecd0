"""Installing profiles one after another: order, conflicts, refusals, updates.

Observed (docs/matching.md §2) unless marked otherwise. `read_payload.py` finds what is wrong with
one payload alone, `claims.py` which payloads conflict; `activation.py` decides which of the
installed payloads are active on the device.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from ssoroute.install.claims import ClaimKey, Claims
from ssoroute.install.read_payload import read_payload
from ssoroute.install.refusal import Problem, Refusal
from ssoroute.model.device import Device
from ssoroute.model.payload import Payload
from ssoroute.model.platforms import Feature, Platform
from ssoroute.model.profile import Channel, Profile, ProfileKind
from ssoroute.model.source import Source

__all__ = [
    "Accepted",
    "Installation",
    "InstalledProfile",
    "Registry",
    "Replacement",
    "install_all",
]


@dataclass(frozen=True, slots=True)
class InstalledProfile:
    """A profile that the device took, with its payloads as the device reads them.

    `known` is False if the platform or version does not know the payload (or the declaration)
    at all: then it has no payloads. `conflicts` are problems for which a new profile would have
    been refused; only a profile that a device listed as installed has any.
    """

    profile: Profile
    payloads: tuple[Payload, ...]
    known: bool
    conflicts: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of a profile that the device took; `replaced` is the one that it replaced.

    `known` is False if the platform or version does not know the payload (or the declaration)
    at all: then it is installed and does nothing.
    """

    profile: Profile
    replaced: Profile | None = None
    known: bool = True

    def to_json(self) -> dict[str, object]:
        """The answer as a JSON object."""
        return {
            "profile": self.profile.identifier,
            "source": self.profile.source.to_json(),
            "known": self.known,
            "replaced": self.replaced
            and {
                "profile": self.replaced.identifier,
                "source": self.replaced.source.to_json(),
            },
        }


@dataclass(frozen=True, slots=True)
class Replacement:
    """An installed profile that a later one with the same identifier replaced."""

    old: Profile
    new: Profile


@dataclass(frozen=True, slots=True)
class Installation:
    """What is installed, in order, and what became of the profiles that are not."""

    device: Device
    installed: tuple[InstalledProfile, ...] = ()
    refused: tuple[Refusal, ...] = ()
    replaced: tuple[Replacement, ...] = ()

    def payloads(self, channel: Channel) -> tuple[Payload, ...]:
        """The payloads of one channel, in order."""
        return tuple(
            payload
            for installed in self.installed
            if installed.profile.channel is channel
            for payload in installed.payloads
        )


def install_all(profiles: Iterable[Profile], device: Device) -> Installation:
    """Install `profiles` on an empty `device`, in their order."""
    registry = Registry(device)
    refused: list[Refusal] = []
    replaced: list[Replacement] = []
    for profile in profiles:
        answer = registry.install(profile)
        if isinstance(answer, Refusal):
            refused.append(answer)
        elif answer.replaced is not None:
            replaced.append(Replacement(answer.replaced, answer.profile))
    return replace(registry.snapshot(), refused=tuple(refused), replaced=tuple(replaced))


# By what an update is known: channel and identifier; True for a declaration on a system that does
# not know declarations. Reading: such a one replaces nothing but its like.
_Identity = tuple[Channel, str, bool]
# By what a profile without an identifier is looked for: channel, place and UUID.
_Nameless = tuple[Channel, Source, str | None]


class _Held(NamedTuple):
    """An installed profile, and the uniqueness keys that it holds."""

    installed: InstalledProfile
    claims: tuple[ClaimKey, ...]


class Registry:
    """The installed profiles of one device while they come and go.

    The only thing here that changes; all others hold a `snapshot`. It remembers only what is
    installed, so it does not grow with time; a profile that comes or goes
    costs what the profile holds, not what is installed. Into `changes`, if there is one, it writes
    each profile that comes, by its number, and None for one that goes; numbers only grow.
    """

    def __init__(
        self, device: Device, changes: dict[int, InstalledProfile | None] | None = None
    ) -> None:
        self.device = device
        self.changes = changes
        self._next_serial = 0
        self._installed: dict[int, _Held] = {}
        # A device can list an identifier twice; the profile listed last is found by it.
        self._serials: dict[_Identity | _Nameless, dict[int, None]] = {}
        self._claims = Claims(device)

    def snapshot(self) -> Installation:
        """What is installed now."""
        return Installation(self.device, tuple(held.installed for held in self._installed.values()))

    def install(self, profile: Profile) -> Accepted | Refusal:
        """Install `profile` at the end, or leave everything as it is and say why not.

        A profile with the identifier of an installed one of the same channel replaces it, whose
        claims are freed first. Reading: if the new one is refused, the old one stays.
        """
        profile = self._received(profile)
        serial, old = self._next_serial, self._replaced_by(profile)
        if not self._is_known(profile):
            return self._put(InstalledProfile(profile, (), known=False), (), old)
        results = [read_payload(item, profile, self.device) for item in profile.payloads]
        claimed = self._claims.claimed(profile, results, serial, old)
        # Observed: what is installed stays, whatever conflicts with it.
        if claimed.problems and not profile.installed:
            return Refusal(profile, claimed.problems)
        payloads = tuple(result.payload for result in results if result.payload)
        installed = InstalledProfile(profile, payloads, True, claimed.problems)
        answer = self._put(installed, tuple(claimed.held), old)
        self._claims.take(claimed)
        return answer

    def _put(
        self, installed: InstalledProfile, claims: tuple[ClaimKey, ...], old: int | None
    ) -> Accepted:
        """Put a profile at the end, in place of `old`."""
        profile = installed.profile
        replaced = None if old is None else self._drop(old)
        serial = self._next_serial
        self._next_serial += 1
        self._installed[serial] = _Held(installed, claims)
        self._serials.setdefault(self._name(profile), {})[serial] = None
        if self.changes is not None:
            self.changes[serial] = installed
        return Accepted(profile, replaced, installed.known)

    def remove(self, profile: Profile | str, channel: Channel = Channel.DEVICE) -> Profile | None:
        """Remove a profile and free its claims; what it was, or None if it is not installed.

        It is found by its identifier in `channel`, or by that of a `Profile` in its own channel. A
        `Profile` without an identifier is found by its equal, the one installed first.
        """
        if isinstance(profile, str):
            channel = self._received_channel(channel)
            found = (self._newest((channel, profile, unknown)) for unknown in (False, True))
            serial = next((number for number in found if number is not None), None)
        elif profile.identifier is not None:
            serial = self._newest(self._name(self._received(profile)))
        else:
            wanted = self._received(profile)
            alike = self._serials.get(self._name(wanted), ())
            equal = (n for n in alike if self._installed[n].installed.profile == wanted)
            serial = next(equal, None)
        return None if serial is None else self._drop(serial)

    def _received(self, profile: Profile) -> Profile:
        """`profile` in the channel in which this platform takes it."""
        channel = self._received_channel(profile.channel)
        return profile if channel is profile.channel else replace(profile, channel=channel)

    def _received_channel(self, channel: Channel) -> Channel:
        # Reading: iOS and visionOS have the device channel only.
        return channel if self.device.platform is Platform.MACOS else Channel.DEVICE

    def _is_known(self, profile: Profile) -> bool:
        return self.device.knows(Feature.PAYLOAD) and not self._is_unknown_declaration(profile)

    def _is_unknown_declaration(self, profile: Profile) -> bool:
        is_declaration = profile.kind is ProfileKind.DECLARATION
        return is_declaration and not self.device.knows(Feature.DECLARATION)

    def _name(self, profile: Profile) -> _Identity | _Nameless:
        if profile.identifier is None:
            return profile.channel, profile.source, profile.uuid
        return profile.channel, profile.identifier, self._is_unknown_declaration(profile)

    def _newest(self, name: _Identity | _Nameless) -> int | None:
        serials = self._serials.get(name)
        return next(reversed(serials)) if serials else None

    def _replaced_by(self, profile: Profile) -> int | None:
        """The profile that `profile` replaces, if any.

        One that is listed as installed replaces nothing; one without an identifier is always new.
        """
        if profile.installed or profile.identifier is None:
            return None
        return self._newest(self._name(profile))

    def _drop(self, serial: int) -> Profile:
        held = self._installed.pop(serial)
        if self.changes is not None:
            self.changes[serial] = None
        for heir, keys in self._claims.free(serial, held.claims).items():
            heir_held = self._installed[heir]
            self._installed[heir] = heir_held._replace(claims=(*heir_held.claims, *keys))
        profile = held.installed.profile
        name = self._name(profile)
        del self._serials[name][serial]
        if not self._serials[name]:
            del self._serials[name]
        return profile
