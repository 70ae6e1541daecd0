"""Installing profiles one after another: order, conflicts, refusals, updates.

Observed (docs/matching.md §2) unless marked otherwise. What is wrong with one
payload alone is found by `validation.py`; which of the installed payloads are active on the device
is decided by `activation.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from ssoroute.install.read_payload import ReadResult, read_payload
from ssoroute.install.refusal import Problem, Refusal, RefusalCode
from ssoroute.model.device import Device
from ssoroute.model.patterns import HostPattern, Rule, URLPrefix
from ssoroute.model.payload import Payload
from ssoroute.model.platforms import Feature, Platform
from ssoroute.model.profile import Channel, Profile, ProfileKind
from ssoroute.model.quoting import quote
from ssoroute.model.request import Request
from ssoroute.model.source import Source
from ssoroute.model.urls import host_text

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

    `known` is False where the platform or version does not know the payload (or the declaration)
    at all: then it has no payloads. `conflicts` are problems for which a new profile would have
    been refused; only a profile that a device listed as installed has any.
    """

    profile: Profile
    payloads: tuple[Payload, ...]
    known: bool = True
    conflicts: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of a profile that the device took; `replaced` is the one that it stands for now.

    `known` is False where the platform or version does not know the payload (or the declaration)
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


class _Claim(NamedTuple):
    """Who holds a uniqueness key: the entry, and the profile by its number and kind."""

    serial: int
    kind: ProfileKind
    source: Source
    entry: Rule | None


# Redirect payloads are compared by URLs, Credential payloads by hosts, never across; the Platform
# SSO payload claims its channel.
_ClaimKey = tuple[Channel, str, str]


# By what an update is known: channel and identifier; True for a declaration on a system that does
# not know declarations. Reading: such a one replaces nothing but its like.
_Identity = tuple[Channel, str, bool]


class _Held(NamedTuple):
    """An installed profile, and the uniqueness keys that it holds."""

    installed: InstalledProfile
    claims: tuple[_ClaimKey, ...]


class Registry:
    """The installed profiles of one device while they come and go.

    The only thing here that changes; everybody else holds a `snapshot`. It remembers what is
    installed and nothing of what was, so it does not grow with time; a profile that comes or goes
    costs what the profile holds, not what is installed.
    """

    def __init__(self, device: Device) -> None:
        self.device = device
        self._next_serial = 0
        self._installed: dict[int, _Held] = {}
        self._serials: dict[_Identity, int] = {}
        self._claims: dict[_ClaimKey, _Claim] = {}
        self._waiting: dict[_ClaimKey, list[_Claim]] = {}

    def snapshot(self) -> Installation:
        """What is installed now."""
        return Installation(self.device, tuple(held.installed for held in self._installed.values()))

    def install(self, profile: Profile) -> Accepted | Refusal:
        """Install `profile` at the end, or leave everything as it is and say why not.

        A profile with the identifier of an installed one of the same channel replaces it, whose
        claims are freed first. Reading: where the new one is refused, the old one stays.
        """
        profile = self._received(profile)
        known = self.device.knows(Feature.PAYLOAD) and not self._is_unknown_declaration(profile)
        readings = (
            [read_payload(item, profile, self.device) for item in profile.payloads] if known else []
        )
        serial = self._next_serial
        old = self._replaced_by(profile)
        claims, problems, waiting = self._claim(readings, profile, serial, old)
        # Observed: what is installed stays, whatever conflicts with it.
        if problems and not profile.installed:
            return Refusal(profile, problems)
        replaced = None if old is None else self._drop(old)
        self._next_serial += 1
        payloads = tuple(reading.payload for reading in readings if reading.payload)
        installed = InstalledProfile(profile, payloads, known, problems)
        for key, claim in waiting:
            self._waiting.setdefault(key, []).append(claim)
        self._installed[serial] = _Held(installed, tuple(claims))
        identity = self._identity(profile)
        if identity:
            self._serials[identity] = serial
        self._claims.update(claims)
        return Accepted(profile, replaced, known)

    def remove(self, profile: Profile | str, channel: Channel = Channel.DEVICE) -> Profile | None:
        """Remove a profile and free its claims; what it was, None where it is not installed.

        It is found by its identifier in `channel`, or by that of a `Profile` in its own channel. A
        `Profile` without an identifier is found by its equal, the one installed first.
        """
        if isinstance(profile, str):
            channel = self._received_channel(channel)
            found = (self._serials.get((channel, profile, unknown)) for unknown in (False, True))
            serial = next((number for number in found if number is not None), None)
        elif profile.identifier is not None:
            serial = self._serial_of(self._received(profile))
        else:
            wanted = self._received(profile)
            equal = (n for n, held in self._installed.items() if held.installed.profile == wanted)
            serial = next(equal, None)
        return None if serial is None else self._drop(serial)

    def _received(self, profile: Profile) -> Profile:
        """`profile` in the channel in which this platform takes it."""
        channel = self._received_channel(profile.channel)
        return profile if channel is profile.channel else replace(profile, channel=channel)

    def _received_channel(self, channel: Channel) -> Channel:
        # Reading: iOS and visionOS have the device channel only.
        return channel if self.device.platform is Platform.MACOS else Channel.DEVICE

    def _is_unknown_declaration(self, profile: Profile) -> bool:
        is_declaration = profile.kind is ProfileKind.DECLARATION
        return is_declaration and not self.device.knows(Feature.DECLARATION)

    def _identity(self, profile: Profile) -> _Identity | None:
        if profile.identifier is None:  # a profile without an identifier is always new
            return None
        return profile.channel, profile.identifier, self._is_unknown_declaration(profile)

    def _serial_of(self, profile: Profile) -> int | None:
        identity = self._identity(profile)
        return self._serials.get(identity) if identity else None

    def _replaced_by(self, profile: Profile) -> int | None:
        """The profile that `profile` replaces; one that is listed as installed replaces nothing."""
        return None if profile.installed else self._serial_of(profile)

    def _drop(self, serial: int) -> Profile:
        held = self._installed.pop(serial)
        for key in held.claims:
            del self._claims[key]
        self._hand_on(serial, held.claims)
        profile = held.installed.profile
        identity = self._identity(profile)
        if identity and self._serials[identity] == serial:
            del self._serials[identity]
        return profile

    def _hand_on(self, serial: int, freed: tuple[_ClaimKey, ...]) -> None:
        """Give freed keys to installed profiles that claim them as well, in their order."""
        if not self._waiting:
            return
        for key in list(self._waiting):
            left = [claim for claim in self._waiting[key] if claim.serial != serial]
            if left and key in freed:
                heir, *left = left
                self._claims[key] = heir
                held = self._installed[heir.serial]
                self._installed[heir.serial] = held._replace(claims=(*held.claims, key))
            self._waiting[key] = left
            if not left:
                del self._waiting[key]

    def _claim(
        self, readings: list[ReadResult], profile: Profile, serial: int, old: int | None
    ) -> tuple[dict[_ClaimKey, _Claim], tuple[Problem, ...], list[tuple[_ClaimKey, _Claim]]]:
        """What the payloads of `profile` would claim, and all that is wrong with them.

        At last the claims that another installed profile holds already.
        """
        claims: dict[_ClaimKey, _Claim] = {}
        waiting: list[tuple[_ClaimKey, _Claim]] = []
        problems: list[Problem] = []
        for reading, dictionary in zip(readings, profile.payloads, strict=False):
            problems += reading.problems
            kind = "URLs" if reading.is_redirect else "Hosts"
            wanted: list[tuple[_ClaimKey, Rule | None, Source]] = [
                ((profile.channel, kind, key), entry, entry.source or dictionary.source)
                for key, entry in reading.claims
            ]
            if reading.is_platform_sso:
                wanted.append(((profile.channel, "PlatformSSO", ""), None, dictionary.source))
            own: dict[_ClaimKey, _Claim] = {}
            for key, entry, source in wanted:
                holder = claims.get(key) or self._claims.get(key)
                claim = _Claim(serial, profile.kind, source, entry)
                if holder is None or holder.serial == old:
                    own.setdefault(key, claim)
                else:
                    if holder.serial != serial:
                        waiting.append((key, claim))
                    problems.append(self._conflict(entry, source, profile.kind, holder))
            claims.update(own)
        return claims, tuple(problems), waiting

    def _conflict(
        self, entry: Rule | None, source: Source, kind: ProfileKind, holder: _Claim
    ) -> Problem:
        if isinstance(entry, URLPrefix) and isinstance(holder.entry, URLPrefix):
            code = RefusalCode.URL_CLAIMED
            message = f"the URL {quote(entry.text)} is claimed already"
            witness = self._url_witness(entry, holder.entry)
        elif isinstance(entry, HostPattern) and isinstance(holder.entry, HostPattern):
            code = RefusalCode.HOST_CLAIMED
            message = f"the host {quote(entry.text)} is claimed already"
            witness = _host_witness(entry, holder.entry)
        else:
            code = RefusalCode.SECOND_PLATFORM_SSO
            message = "a channel can have one Platform SSO payload only"
            witness = None
        if kind is not holder.kind:
            message += "; order-dependent: whether a profile or a declaration is first is unknown"
        return Problem(code, source, message, holder.source, witness)

    def _url_witness(self, new: URLPrefix, old: URLPrefix) -> Request | None:
        wildcards = self.device.matches_wildcards
        if new.is_routable and old.is_routable:
            for url in (new.text, old.text):
                if all(p.matches(url, wildcards=wildcards) for p in (new, old)):
                    return Request(url)
        return None


def _host_witness(new: HostPattern, old: HostPattern) -> Request | None:
    url = f"https://{'a' if new.is_suffix else ''}{new.text}/"
    if all(pattern.matches(host_text(url)) for pattern in (new, old)):
        return Request(url, response_code=401)
    return None
