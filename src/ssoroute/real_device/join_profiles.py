"""The profiles that a device lists, if several sources list them."""

from __future__ import annotations

from dataclasses import dataclass, field

from ssoroute.model.payload import Extension
from ssoroute.model.profile import Profile
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
        for listing in self._best():
            for profile in listing.profiles:
                for payload in profile.payloads:
                    bundle_id = payload.content.get("ExtensionIdentifier")
                    team_id = payload.content.get("TeamIdentifier")
                    if isinstance(bundle_id, str) and bundle_id:
                        team = team_id if isinstance(team_id, str) and team_id else None
                        found[Extension(bundle_id, team)] = None
        return list(found)

    def chosen(self, contradictions: list[Contradiction]) -> tuple[Profile, ...]:
        """The profiles of the best source, in order; what another one lists and it does not, too.

        Sources that say the same in several files (one for each profile) count together.
        """
        best = self._best()
        profiles = [profile for listing in best for profile in listing.profiles]
        known = {profile.identifier for profile in profiles}
        for listing in self._listings:
            if listing in best or not best:
                continue
            theirs = {profile.identifier for profile in listing.profiles}
            first = best[0].place
            for identifier in sorted(name for name in theirs - known if name):
                text = f"only {listing.place.file} lists the profile {identifier}; it is left out"
                contradictions.append(Contradiction(text, first, listing.place))
            if listing.rank == _SYSTEM_PROFILER:
                for identifier in sorted(name for name in known - theirs if name):
                    text = f"only {first.file} lists the profile {identifier}; it counts"
                    contradictions.append(Contradiction(text, first, listing.place))
        return tuple(profiles)

    def _best(self) -> list[_Listing]:
        lowest = min((listing.rank for listing in self._listings), default=0)
        best = [listing for listing in self._listings if listing.rank == lowest]
        # A dump and a report are whole; stubs and preferences are one file for each.
        return best[:1] if lowest in (_DUMP, _SYSTEM_PROFILER) else best


#: In this order: a dump has the types of all values, and the names of users.
_DUMP, _SYSTEM_PROFILER, _STUB, _PREFERENCES = range(4)


def _rank(place: Source, data: bytes, profiles: list[Profile]) -> int:
    if b"SPConfigurationProfileDataType" in data or b"spconfigprofile_" in data:
        return _SYSTEM_PROFILER
    if profiles and all(not profile.identifier for profile in profiles):
        return _PREFERENCES
    return _STUB if place.file.endswith(".stub") else _DUMP
