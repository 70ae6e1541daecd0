"""Which repairs can be made together: each is tried before it is offered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from ssoroute.checks.kept_routes import Objection, World
from ssoroute.checks.repair import Candidate, Repair, repaired

__all__ = ["Choice"]

#: How often a whole set is checked to find the repairs that do harm. A set with more of them than
#: that, in places that no objection names, gets fewer repairs.
_TRIES: Final = 60


class Choice:
    """Repairs of `files`, which `before` holds as they are; `made` are those that do no harm."""

    def __init__(self, before: World, files: Mapping[str, bytes]) -> None:
        self.made: list[Candidate] = []
        self._before = before
        self._files = files
        self._tries = _TRIES

    @property
    def is_complete(self) -> bool:
        """Whether every repair was tried."""
        return self._tries > 0

    def add(self, more: Sequence[Candidate]) -> None:
        """Add as many of `more` as can be made together with those that are made.

        All are tried at once. If that does harm, those that are to blame are left out; if nobody
        is, each half is tried by itself.
        """
        while more and self._tries:
            self._tries -= 1
            objections = self._objections([*self.made, *more])
            if not objections:
                self.made.extend(more)
                return
            blamed = _blamed(more, objections)
            if not blamed:
                break
            more = [one for one in more if id(one) not in blamed]
        if len(more) > 1 and self._tries:
            half = len(more) // 2
            self.add(more[:half])
            self.add(more[half:])

    def _objections(self, made: Sequence[Candidate]) -> list[Objection]:
        by_file: dict[str, list[Repair]] = {}
        for one in made:
            by_file.setdefault(one.repair.source.file, []).append(one.repair)
        contents = {name: repaired(self._files[name], ours) for name, ours in by_file.items()}
        after = self._before.changed(contents)
        if after is None:
            return [Objection(None)]
        left = {(finding.code, finding.source) for finding in after.findings}
        ineffective = [
            Objection(one.place_after) for one in made if (one.repair.code, one.place_after) in left
        ]
        return ineffective + after.objections(self._before)


def _blamed(candidates: Sequence[Candidate], objections: Sequence[Objection]) -> set[int]:
    """The identities of the candidates that change a place which an objection names."""
    by_place = {(one.place_after.file, one.place_after.path): id(one) for one in candidates}
    blamed: set[int] = set()
    for source, others in objections:
        for place in (source, *others):
            found = None if place is None else _around(place.file, place.path, by_place)
            if found is not None:
                blamed.add(found)
                break
    return blamed


def _around(file: str, path: str, by_place: Mapping[tuple[str, str], int]) -> int | None:
    """The candidate at the key path `path`, or at the array that it is an item of."""
    found = by_place.get((file, path))
    if found is None and path.endswith("]"):
        found = by_place.get((file, path.rpartition("[")[0]))
    return found
