"""The profiles that a device lists, if several sources list them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from ssoroute.model.payload import Extension
from ssoroute.model.profile import Channel, Profile, Value
from ssoroute.model.source import Source
from ssoroute.real_device.values import Contradiction

__all__ = ["Listings"]


@dataclass(frozen=True, slots=True)
class _Listing:
    """What one source lists; the one with the lowest `rank` is taken."""

    rank: int
    place: Source
    profiles: list[Profile]


@dataclass(slots=True)
class Listings:
    """The sources that list profiles."""

    _listings: list[_Listing] = field(default_factory=list)

    def add(self, place: Source, data: bytes, profiles: list[Profile]) -> None:
        """Take what one source lists."""
        self._listings.append(_Listing(_rank(place, data, profiles), place, profiles))

    @property
    def place(self) -> Source | None:
        """The first source that lists profiles, None if there is none."""
        best = self._best()
        return best[0].place if best else None

    @property
    def extensions(self) -> list[Extension]:
        """The extensions that the profiles which count name, each once."""
        found: dict[Extension, None] = {}
        for profile in self.chosen([]):
            for payload in profile.payloads:
                extension = _named(payload.content)
                if extension:
                    found[extension] = None
        return list(found)

    def chosen(self, contradictions: list[Contradiction]) -> tuple[Profile, ...]:
        """The profiles of the best source, in order, and where another one differs.

        Sources that say the same in several files (one for each profile) count together. Observed:
        without root, `profiles show` lists the profiles of the user only. So if the best source
        lists none of the device, those of the next one come first.
        """
        best = self._best()
        taken = {id(listing) for listing in best}
        profiles = [profile for listing in best for profile in listing.profiles]
        users_only = all(profile.channel is Channel.USER for profile in profiles)
        ours = _identifiers(best[0].profiles) if best else set()
        known = _identifiers(profiles)
        for listing in self._listings:
            if id(listing) in taken:
                continue
            theirs = [item for item in listing.profiles if item.channel is Channel.DEVICE]
            if users_only and theirs:
                profiles = [*theirs, *profiles]
                known |= _identifiers(theirs)
                users_only = False
            contradictions += _differences(best[0], ours, known, listing)
        return tuple(profiles)

    def _best(self) -> list[_Listing]:
        lowest = min((listing.rank for listing in self._listings), default=0)
        best = [listing for listing in self._listings if listing.rank == lowest]
        # A dump and a report are whole; stubs and preferences are one file for each.
        return best[:1] if lowest in (_DUMP, _SYSTEM_PROFILER) else best


def _named(content: Mapping[str, Value]) -> Extension | None:
    """The extension that a payload dictionary names by its two keys, None if it names none."""
    bundle_id, team_id = content.get("ExtensionIdentifier"), content.get("TeamIdentifier")
    if not isinstance(bundle_id, str) or not bundle_id:
        return None
    return Extension(bundle_id, team_id if isinstance(team_id, str) and team_id else None)


def _identifiers(profiles: Iterable[Profile]) -> set[str]:
    return {profile.identifier for profile in profiles if profile.identifier}


def _differences(
    best: _Listing, ours: set[str], known: set[str], other: _Listing
) -> Iterator[Contradiction]:
    """Where `other` differs from `ours`, which `best` lists; `known` are those that count."""
    theirs = _identifiers(other.profiles)
    for identifier in sorted(theirs - ours):
        counts = "it counts" if identifier in known else "it is left out"
        text = f"only {other.place.file} lists the profile {identifier}; {counts}"
        yield Contradiction(text, best.place, other.place)
    if other.rank == _SYSTEM_PROFILER:  # the only one besides a dump that lists everything
        for identifier in sorted(ours - theirs):
            text = f"only {best.place.file} lists the profile {identifier}; it counts"
            yield Contradiction(text, best.place, other.place)


#: In this order: a dump has the types of all values, and the names of users.
_DUMP, _SYSTEM_PROFILER, _STUB, _PREFERENCES = range(4)


def _rank(place: Source, data: bytes, profiles: list[Profile]) -> int:
    if b"SPConfigurationProfileDataType" in data or b"spconfigprofile_" in data:
        return _SYSTEM_PROFILER
    if profiles and all(not profile.identifier for profile in profiles):
        return _PREFERENCES
    return _STUB if place.file.endswith(".stub") else _DUMP
