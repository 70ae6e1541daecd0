"""Which requests change hands between two routers: exact, each region once, with a witness.

Everything that a decision depends on is finite: the rules of both sides cut all requests into cells
(`cells.py`), and within a part of a cell a decision depends only on the caller (does either side
list it?) and the screen (is it locked?). So one request for each of these stands for all, both
routers are asked about it, and **no change is a proof, not a sample**. The decisions that a change
names are the routers' own answers to its witness.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final, NamedTuple

from ssoroute.model.decision import Decision
from ssoroute.model.patterns import lower_ascii
from ssoroute.model.payload import Payload, RedirectPayload
from ssoroute.model.quoting import quote
from ssoroute.model.request import Request
from ssoroute.model.urls import without_password
from ssoroute.relations.cells import Cell, Part, Space, Winner
from ssoroute.relations.name_spaces import HostSpace, NameSpace
from ssoroute.relations.regions import Region, Screen, rules_to_json
from ssoroute.relations.sides import Sides
from ssoroute.relations.url_space import URLSpace
from ssoroute.routing.router import Router

__all__ = ["Change", "ChangeCounter", "Difference", "diff", "same_answer"]


@dataclass(frozen=True, slots=True)
class Change:
    """Requests that get another answer: which, what they got and get, and one of them."""

    region: Region
    old: Decision
    new: Decision
    witness: Request

    @property
    def is_spelling(self) -> bool:
        """Whether the two answers differ only in the case in which their rule is written.

        Observed: case does not matter when a rule is compared, so it is the same rule.
        """
        old, new = self.old, self.new
        if old.rule is None or new.rule is None:
            return False
        same_text = lower_ascii(old.rule.text) == lower_ascii(new.rule.text)
        return same_text and _without_rule(old) == _without_rule(new)

    def to_json(self) -> dict[str, object]:
        """The change as a JSON object (docs/diff.md, "JSON")."""
        url = without_password(self.witness.url)
        return {
            "region": self.region.to_json(),
            "old": self.old.to_json(url),
            "new": self.new.to_json(url),
            "witness": replace(self.witness, url=url).to_json(),
        }


@dataclass(frozen=True, slots=True)
class Difference:
    """All that changes between two routers; false if nothing does and nothing is undecided.

    The regions of the `changes` have no request in common, and no request outside them changes,
    except in the regions that are `undecided`: they may hold more changes. They are empty unless
    too many patterns with `*` meet to say in time who wins where.
    """

    changes: tuple[Change, ...]
    undecided: tuple[Region, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.changes or self.undecided)

    def to_json(self) -> dict[str, object]:
        """The difference as a JSON object (docs/diff.md, "JSON")."""
        return {
            "schema": 1,
            "changes": [change.to_json() for change in self.changes],
            "undecided": [region.to_json() for region in self.undecided],
            **rules_to_json(change.region for change in self.changes),
        }


def diff(old: Router, new: Router) -> Difference:
    """The requests that `new` answers otherwise than `old`.

    Answers are the same if `same_answer` says so. The two may differ in their profiles, in their
    devices and in how they match.

    >>> from ssoroute import Router, load
    >>> new = Router.from_profiles(load("examples/profiles/kerberos.mobileconfig"))
    >>> difference = diff(Router.from_profiles([]), new)
    >>> print(difference.changes[0].region)  # doctest: +NORMALIZE_WHITESPACE
    challenges and host:// requests for a host that ends with .example.com;
    any caller, screen unlocked
    >>> bool(diff(new, new))
    False
    """
    routers = Sides(old, new)
    callers = _Callers()
    spaces: tuple[Space, ...] = URLSpace(routers), HostSpace(routers), NameSpace(routers)
    return Difference(
        tuple(
            change
            for space in spaces
            for cell in space.cells()
            if _may_differ(cell)
            for part in space.parts(cell)
            for change in _changes(routers, cell, part, callers.of(cell.winners))
        ),
        tuple(region for space in spaces for region in space.undecided),
    )


def same_answer(one: Decision, other: Decision) -> bool:
    """Whether two decisions say the same: outcome, reason, extension, rule and look-alike.

    A rule is the same if its text is the same, in whichever file. Notes say what an answer rests on
    and are not part of it.
    """
    return _answer(one) == _answer(other)


_Answer = tuple[object, ...]


def _without_rule(decision: Decision) -> _Answer:
    return decision.outcome, decision.reason, decision.extension, decision.lookalike


def _answer(decision: Decision) -> _Answer:
    return (
        decision.outcome,
        decision.reason,
        decision.extension,
        decision.rule and decision.rule.text,
        decision.lookalike,
    )


class _Class(NamedTuple):
    """Callers that both sides treat alike; `others` are all that neither side lists."""

    callers: tuple[str, ...]
    others: bool

    @property
    def first(self) -> str | None:
        """One of them, None for one that is not listed."""
        return None if self.others else self.callers[0]


class _Asked(NamedTuple):
    """A request, and what both sides answered."""

    request: Request
    decisions: Sides[Decision]


_OTHERS: Final = _Class((), others=True)
#: Where the screen is locked, by the contexts in which an answer changes.
_SCREENS: Final = {
    (False, True): Screen.ANY,
    (False,): Screen.UNLOCKED,
    (True,): Screen.LOCKED,
}


def _may_differ(cell: Cell) -> bool:
    old, new = cell.winners.map(lambda winner: winner and winner.behaviour)
    return old != new


def _changes(
    routers: Sides[Router], cell: Cell, part: Part, callers: Iterable[_Class]
) -> Iterator[Change]:
    known: list[str] = []
    contexts: dict[Sides[_Answer], dict[_Class, list[_Asked]]] = {}
    for group in callers:
        known += group.callers
        for locked in (False, True):
            request = replace(part.witness, caller=group.first, screen_locked=locked)
            decisions = _ask(routers, request, cell)
            answers = decisions.map(_answer)
            if answers.old != answers.new:
                asked = contexts.setdefault(answers, {}).setdefault(group, [])
                asked.append(_Asked(request, decisions))
    if contexts and not part.region.contains(part.witness):
        raise AssertionError(
            f"{quote(part.witness.url)} is outside of its region; please report it"
        )
    for groups in contexts.values():
        for screens in _SCREENS:
            found = {
                group: asked[0]
                for group, asked in groups.items()
                if tuple(request.screen_locked for request, _ in asked) == screens
            }
            if found:
                region = _narrowed(part.region, list(found), known, screens)
                request, decisions = found[min(found, key=lambda group: group.first or "")]
                yield Change(region, *decisions, request)


class _Callers:
    """All callers in classes, for each pair of payloads; many cells have the same pair."""

    def __init__(self) -> None:
        self._found: dict[tuple[int, ...], list[_Class]] = {}

    def of(self, winners: Iterable[Winner | None]) -> list[_Class]:
        """All callers, in classes: first those that are listed nowhere."""
        payloads = [winner.payload for winner in winners if winner and winner.payload]
        key = tuple(map(id, payloads))
        if key not in self._found:
            self._found[key] = _classes(payloads)
        return self._found[key]


def _classes(payloads: Sequence[Payload]) -> list[_Class]:
    denied = [frozenset(payload.denied_callers) for payload in payloads]
    own = [p.extension.bundle_id if isinstance(p, RedirectPayload) else None for p in payloads]

    def treatment(caller: str) -> list[tuple[bool, bool]]:
        return [
            (caller == extension, caller in callers)
            for extension, callers in zip(own, denied, strict=True)
        ]

    listed = frozenset().union(*denied, filter(None, own))
    ordered = sorted(sorted(listed), key=treatment)
    return [_OTHERS] + [
        _Class(tuple(callers), others=False) for _, callers in groupby(ordered, key=treatment)
    ]


def _narrowed(
    region: Region, classes: list[_Class], known: list[str], screens: tuple[bool, ...]
) -> Region:
    callers = {caller for group in classes for caller in group.callers}
    others = any(group.others for group in classes)
    return replace(
        region,
        callers=tuple(sorted(set(known) - callers if others else callers)),
        other_callers=others,
        screen=_SCREENS[screens],
    )


def _ask(routers: Sides[Router], request: Request, cell: Cell) -> Sides[Decision]:
    """The routers' answers, compared with what was found without them."""
    decisions = routers.map(lambda router: router.route(*request.arguments))
    for decision, winner in zip(decisions, cell.winners, strict=True):
        payload, rule = (winner.payload, winner.rule) if winner else (None, None)
        if decision.rule != rule or decision.extension != (payload and payload.extension):
            raise AssertionError(f"the router has another rule for {request}; please report it")
    return decisions


class ChangeCounter:
    """Counts what changes among the requests of a log, one after another.

    `requests` is how many were counted, `changed` how many of them changed.
    """

    def __init__(self, old: Router, new: Router) -> None:
        self._routers = Sides(old, new)
        self._by_answers: dict[Sides[_Answer], list[int]] = {}
        found = diff(old, new)
        self._regions = [change.region for change in found.changes]
        for number, change in enumerate(found.changes):
            answers = Sides(change.old, change.new).map(_answer)
            self._by_answers.setdefault(answers, []).append(number)
        self._undecided = range(len(found.changes), len(found.changes) + len(found.undecided))
        self._regions += found.undecided
        self._counts: Counter[int] = Counter()
        self._first: dict[int, Change] = {}
        self.requests = 0

    @property
    def changed(self) -> int:
        """How many of the requests get another answer."""
        return self._counts.total()

    def add(self, request: Request) -> None:
        """Count `request`."""
        self.requests += 1
        decisions = self._routers.map(lambda router: router.route(*request.arguments))
        answers = decisions.map(_answer)
        if answers.old == answers.new:
            return
        numbers = *self._by_answers.get(answers, ()), *self._undecided
        number = next((n for n in numbers if self._regions[n].contains(request)), None)
        if number is None:
            raise AssertionError(f"{request} lies outside of all regions; please report it")
        self._counts[number] += 1
        self._first.setdefault(number, Change(self._regions[number], *decisions, request))

    def changes(self) -> list[tuple[Change, int]]:
        """The changes that requests of the log met, with how many; the witness is the first one."""
        return [(self._first[number], self._counts[number]) for number in sorted(self._first)]
