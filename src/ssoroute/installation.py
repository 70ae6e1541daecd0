"""Installing profiles one after another: order, conflicts, refusals, updates.

Observed (docs/matching.md, "Installing profiles") unless marked otherwise. What is wrong with one
payload alone is found by `validation.py`; which of the installed payloads are active on the device
is decided by `activation.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from ssoroute.device import Device
from ssoroute.errors import quote
from ssoroute.patterns import HostPattern, Rule, URLPrefix
from ssoroute.payload import Payload
from ssoroute.platforms import Feature, Platform
from ssoroute.profile import Channel, Profile, ProfileKind
from ssoroute.refusal import Problem, Refusal, RefusalCode
from ssoroute.request import Request
from ssoroute.source import Source
from ssoroute.urls import host_text
from ssoroute.validation import Reading, read_payload

__all__ = ["Installation", "InstalledProfile", "Registry", "Replacement", "install_all"]


@dataclass(frozen=True, slots=True)
class InstalledProfile:
    """A profile that the device took, with its payloads as the device reads them.

    `known` is False where the platform or version does not know the payload (or the declaration)
    at all: then it has no payloads.
    """

    profile: Profile
    payloads: tuple[Payload, ...]
    known: bool = True


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
    for profile in profiles:
        registry.install(profile)
    return registry.snapshot()


class _Claim(NamedTuple):
    """Who holds a uniqueness key: the entry, and the profile by its number and kind."""

    serial: int
    kind: ProfileKind
    source: Source
    entry: Rule | None


# Redirect payloads are compared by URLs, Credential payloads by hosts, never across; the Platform
# SSO payload claims its channel.
_ClaimKey = tuple[Channel, str, str]


class Registry:
    """The installed profiles of one device while they come and go.

    The only thing here that changes; everybody else holds a `snapshot`.
    """

    def __init__(self, device: Device) -> None:
        self.device = device
        self._next_serial = 0
        self._installed: dict[int, InstalledProfile] = {}
        self._serials: dict[tuple[Channel, str], int] = {}
        self._claims: dict[_ClaimKey, _Claim] = {}
        self._refused: list[Refusal] = []
        self._replaced: list[Replacement] = []

    def snapshot(self) -> Installation:
        """What is installed now."""
        return Installation(
            self.device,
            tuple(self._installed.values()),
            tuple(self._refused),
            tuple(self._replaced),
        )

    def install(self, profile: Profile) -> Refusal | None:
        """Install `profile` at the end, or leave everything as it is and say why not.

        A profile with the identifier of an installed one of the same channel replaces it, whose
        claims are freed first. Reading: where the new one is refused, the old one stays.
        """
        if self.device.platform is not Platform.MACOS and profile.channel is Channel.USER:
            # Reading: iOS and visionOS have the device channel only.
            profile = replace(profile, channel=Channel.DEVICE)
        known = self.device.knows(Feature.PAYLOAD) and (
            profile.kind is ProfileKind.PROFILE or self.device.knows(Feature.DECLARATION)
        )
        readings = (
            [read_payload(item, profile, self.device) for item in profile.payloads] if known else []
        )
        serial = self._next_serial
        old = self._serial_of(profile)
        claims, problems = self._claim(readings, profile, serial, old)
        if problems:
            refusal = Refusal(profile, problems)
            self._refused.append(refusal)
            return refusal
        if old is not None:
            self._replaced.append(Replacement(self._drop(old).profile, profile))
        self._next_serial += 1
        payloads = tuple(reading.payload for reading in readings if reading.payload)
        self._installed[serial] = InstalledProfile(profile, payloads, known)
        if profile.identifier is not None:
            self._serials[profile.channel, profile.identifier] = serial
        self._claims.update(claims)
        return None

    def remove(self, identifier: str, channel: Channel) -> Profile | None:
        """Remove the profile with this identifier; what it was, None where there is none."""
        serial = self._serials.pop((channel, identifier), None)
        return None if serial is None else self._drop(serial).profile

    def _serial_of(self, profile: Profile) -> int | None:
        if profile.identifier is None:  # a profile without an identifier is always new
            return None
        return self._serials.get((profile.channel, profile.identifier))

    def _drop(self, serial: int) -> InstalledProfile:
        installed = self._installed.pop(serial)
        self._claims = {key: claim for key, claim in self._claims.items() if claim.serial != serial}
        return installed

    def _claim(
        self, readings: list[Reading], profile: Profile, serial: int, old: int | None
    ) -> tuple[dict[_ClaimKey, _Claim], tuple[Problem, ...]]:
        """What the payloads of `profile` would claim, and all that is wrong with them."""
        claims: dict[_ClaimKey, _Claim] = {}
        problems: list[Problem] = []
        for reading, dictionary in zip(readings, profile.payloads, strict=False):
            problems += reading.problems
            kind = "URLs" if reading.is_redirect else "Hosts"
            wanted: list[tuple[_ClaimKey, Rule | None, Source]] = [
                ((profile.channel, kind, key), entry, entry.source or dictionary.source)
                for key, entry in reading.claims.items()
            ]
            if reading.is_platform_sso:
                wanted.append(((profile.channel, "PlatformSSO", ""), None, dictionary.source))
            for key, entry, source in wanted:
                holder = claims.get(key) or self._claims.get(key)
                if holder is None or holder.serial == old:
                    claims[key] = _Claim(serial, profile.kind, source, entry)
                else:
                    problems.append(self._conflict(entry, source, profile.kind, holder))
        return claims, tuple(problems)

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
