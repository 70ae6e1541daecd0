"""What must be unique among the installed payloads of a channel: who claims it, and who clashes.

Observed (docs/matching.md §2) unless marked otherwise. Redirect payloads are compared by URLs,
Credential payloads by hosts, never across; a Platform SSO payload claims its channel.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum, auto
from typing import NamedTuple

from ssoroute.install.read_payload import ReadResult
from ssoroute.install.refusal import Problem, RefusalCode
from ssoroute.model.device import Device
from ssoroute.model.patterns import HostPattern, Rule, URLPrefix
from ssoroute.model.profile import Channel, Profile, ProfileKind
from ssoroute.model.quoting import quote
from ssoroute.model.request import Request
from ssoroute.model.source import Source
from ssoroute.model.urls import host_text

__all__ = ["Claim", "ClaimKey", "Claimed", "Claims"]


class _Kind(Enum):
    URL = auto()
    HOST = auto()
    PLATFORM_SSO = auto()


class ClaimKey(NamedTuple):
    """What one payload of a channel can claim: the uniqueness key of an entry, or Platform SSO."""

    channel: Channel
    kind: _Kind
    text: str = ""


class Claim(NamedTuple):
    """Who claims a key: the entry, and the profile by its number and kind."""

    serial: int
    kind: ProfileKind
    source: Source
    entry: Rule | None


class Claimed(NamedTuple):
    """What a profile claims: the keys that it would hold, and those that others hold already.

    `problems` are all that is wrong with its payloads, conflicts included, in order.
    """

    held: dict[ClaimKey, Claim]
    waiting: tuple[tuple[ClaimKey, Claim], ...]
    problems: tuple[Problem, ...]


class Claims:
    """Who holds which keys on a device, and who waits for them."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._holders: dict[ClaimKey, Claim] = {}
        # Who waits for a key, by number and in order; and for which keys each of them waits.
        self._waiting: dict[ClaimKey, dict[int, Claim]] = {}
        self._wanted: dict[int, list[ClaimKey]] = {}

    def claimed(
        self, profile: Profile, results: Sequence[ReadResult], serial: int, old: int | None
    ) -> Claimed:
        """What `profile`, whose number is `serial`, would claim in place of the profile `old`."""
        held: dict[ClaimKey, Claim] = {}
        waiting: list[tuple[ClaimKey, Claim]] = []
        problems: list[Problem] = []
        for result, dictionary in zip(results, profile.payloads, strict=True):
            problems += result.problems
            own: dict[ClaimKey, Claim] = {}
            for key, entry in _keys(profile.channel, result):
                source = (entry and entry.source) or dictionary.source
                claim = Claim(serial, profile.kind, source, entry)
                holder = held.get(key) or self._holder(key, old)
                if holder is None:
                    own.setdefault(key, claim)
                    continue
                if holder.serial != serial:
                    waiting.append((key, claim))
                problems.append(self._conflict(claim, holder))
            held.update(own)
        return Claimed(held, tuple(waiting), tuple(problems))

    def _holder(self, key: ClaimKey, old: int | None) -> Claim | None:
        """Who holds `key` once the claims of the profile `old` are freed."""
        holder = self._holders.get(key)
        if holder is None or holder.serial != old:
            return holder
        return next(iter(self._waiting.get(key, {}).values()), None)

    def take(self, claimed: Claimed) -> None:
        """Hold what a profile claims, now that it is installed."""
        self._holders.update(claimed.held)
        for key, claim in claimed.waiting:
            waiting = self._waiting.setdefault(key, {})
            if claim.serial not in waiting:
                waiting[claim.serial] = claim
                self._wanted.setdefault(claim.serial, []).append(key)

    def free(self, serial: int, keys: Sequence[ClaimKey]) -> dict[int, list[ClaimKey]]:
        """Free the `keys` of a removed profile; those that go to other ones, by their numbers.

        Profiles that waited for a key get it in their order.
        """
        for key in self._wanted.pop(serial, ()):
            self._leave(key, serial)
        inherited: dict[int, list[ClaimKey]] = {}
        for key in keys:
            del self._holders[key]
            if key in self._waiting:
                heir, claim = next(iter(self._waiting[key].items()))
                self._leave(key, heir)
                self._holders[key] = claim
                inherited.setdefault(heir, []).append(key)
        return inherited

    def _leave(self, key: ClaimKey, serial: int) -> None:
        """No longer wait for `key`, if `serial` still does."""
        waiting = self._waiting.get(key, {})
        if waiting.pop(serial, None) and not waiting:
            del self._waiting[key]

    def _conflict(self, claim: Claim, holder: Claim) -> Problem:
        match claim.entry, holder.entry:
            case URLPrefix() as new, URLPrefix() as old:
                code = RefusalCode.URL_CLAIMED
                message = f"the URL {quote(new.text)} is already claimed"
                witness = self._url_witness(new, old)
            case HostPattern() as host, HostPattern() as other:
                code = RefusalCode.HOST_CLAIMED
                message = f"the host {quote(host.text)} is already claimed"
                witness = _host_witness(host, other)
            case _:
                code = RefusalCode.SECOND_PLATFORM_SSO
                message = "a channel can have one Platform SSO payload only"
                witness = None
        if claim.kind is not holder.kind:
            message += "; order-dependent: whether a profile or a declaration is first is unknown"
        return Problem(code, claim.source, message, holder.source, witness)

    def _url_witness(self, new: URLPrefix, old: URLPrefix) -> Request | None:
        wildcards = self._device.matches_wildcards
        if new.is_routable and old.is_routable:
            for url in (new.text, old.text):
                if all(p.matches(url, wildcards=wildcards) for p in (new, old)):
                    return Request(url)
        return None


def _host_witness(new: HostPattern, old: HostPattern) -> Request | None:
    url = f"https://{'a' if new.is_suffix else ''}{new.text}/"
    # The two are the same in lower case, so `new` takes every ASCII host that `old` takes.
    return Request(url, response_code=401) if old.matches(host_text(url)) else None


def _keys(channel: Channel, result: ReadResult) -> Iterator[tuple[ClaimKey, Rule | None]]:
    kind = _Kind.URL if result.is_redirect else _Kind.HOST
    for text, entry in result.claims:
        yield ClaimKey(channel, kind, text), entry
    if result.is_platform_sso:
        yield ClaimKey(channel, _Kind.PLATFORM_SSO), None
