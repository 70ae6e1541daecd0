"""The changes of a difference by what each had before and has now: `ssoroute diff --by`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from ssoroute.cli.terminal import Line, Span, Style, paragraph
from ssoroute.cli.views.difference_groups import Counted
from ssoroute.model.decision import Decision
from ssoroute.model.quoting import counted
from ssoroute.model.urls import without_password

__all__ = ["By", "ChangedFrom", "changes_by", "lines_of_groups"]

#: How many places of one group are listed.
_MOST: Final = 5


class By(StrEnum):
    """By what changes are grouped."""

    EXTENSION = "extension"
    OUTCOME = "outcome"
    RULE = "rule"

    def of(self, decision: Decision) -> str | None:
        """What `decision` has of it, or None."""
        match self:
            case By.EXTENSION:
                return str(decision.extension) if decision.extension else None
            case By.OUTCOME:
                return decision.outcome.value
            case By.RULE:
                return str(decision.rule) if decision.rule else None


class ChangedFrom(NamedTuple):
    """The changes from one extension, outcome or rule to one: where they are in the list."""

    old: str | None
    new: str | None
    numbers: list[int]
    requests: int | None

    def to_json(self) -> dict[str, object]:
        """The group as a JSON object (docs/diff.md, "JSON")."""
        requests = {} if self.requests is None else {"requests": self.requests}
        return {"old": self.old, "new": self.new, "changes": self.numbers, **requests}


def changes_by(changes: Sequence[Counted], by: By) -> list[ChangedFrom]:
    """`changes` in groups, in the order in which the groups are met; the same on both is last."""
    numbers: dict[tuple[str | None, str | None], list[int]] = {}
    for number, (change, _) in enumerate(changes):
        numbers.setdefault((by.of(change.old), by.of(change.new)), []).append(number)
    groups = []
    for (old, new), found in numbers.items():
        requests = [changes[number].requests or 0 for number in found]
        is_log = changes[found[0]].requests is not None
        groups.append(ChangedFrom(old, new, found, sum(requests) if is_log else None))
    return sorted(groups, key=lambda group: group.old == group.new)


def lines_of_groups(changes: Sequence[Counted], by: By) -> Iterator[Line]:
    """For each group how many changes it has, where, and a request."""
    for group in changes_by(changes, by):
        yield ()
        old, new = (f"no {by.value}" if side is None else side for side in (group.old, group.new))
        title = f"{old} → {new}" if old != new else f"{old} on both sides, otherwise different"
        yield from paragraph(Span(title, Style.STRONG), hang=2)
        number = counted(len(group.numbers), "change")
        log = "" if group.requests is None else f", {counted(group.requests, 'request')}"
        yield from paragraph(f"{number}{log}", indent=2)
        found = [changes[number].change for number in group.numbers]
        places = list(dict.fromkeys(change.region.words().place for change in found))
        for place in places[:_MOST]:
            yield from paragraph(place, indent=4, hang=2)
        if len(places) > _MOST:
            yield from paragraph(f"and {len(places) - _MOST} more places", indent=4)
        yield from paragraph(f"such as {without_password(found[0].witness.url)}", indent=2, hang=2)
