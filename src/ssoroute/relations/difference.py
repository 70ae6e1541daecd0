"""Which requests change hands between two routers: exact, each region once, with a witness.

Everything that a decision depends on is finite: the rules of both sides cut all requests into cells
(`spaces.py`), and within a cell a decision depends on nothing but the caller (is it listed on
either side?) and the screen (is it locked?). So one request for each of these stands for all, both
routers are asked about it, and **no change is a proof, not a sample**. The decisions that a change
names are the routers' own answers to its witness.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final, NamedTuple

from ssoroute.model.decision import Decision
from ssoroute.model.errors import DeviceError
from ssoroute.model.payload import Payload, RedirectPayload
from ssoroute.model.quoting import quote
from ssoroute.model.request import Request
from ssoroute.relations.cells import Cell, HostSpace, NameSpace, Space, URLSpace, Winner
from ssoroute.relations.regions import Region, Screen
from ssoroute.routing.router import Matching, Router

__all__ = ["Change", "Difference", "Tally", "diff", "same_answer"]


@dataclass(frozen=True, slots=True)
class Change:
    """Requests that get another answer: which, what they got and get, and one of them."""

    region: Region
    old: Decision
    new: Decision
    witness: Request

    def to_json(self) -> dict[str, object]:
        """The change as a JSON object (docs/diff.md, "JSON")."""
        url = self.witness.url
        return {
            "region": self.region.to_json(),
            "old": self.old.to_json(url),
            "new": self.new.to_json(url),
            "witness": self.witness.to_json(),
        }


@dataclass(frozen=True, slots=True)
class Difference:
    """All that changes between two routers; false where nothing does.

    The regions of the `changes` have no request in common, and no request outside them changes.
    """

    changes: tuple[Change, ...]

    def __bool__(self) -> bool:
        return bool(self.changes)

    def to_json(self) -> dict[str, object]:
        """The difference as a JSON object (docs/diff.md, "JSON")."""
        return {"schema": 1, "changes": [change.to_json() for change in self.changes]}


def diff(old: Router, new: Router) -> Difference:
    """The requests that `new` answers otherwise than `old`.

    Answers are the same where `same_answer` says so. The two may differ in their profiles, in their
    devices or in both. `DeviceError` where one of them matches strictly;
    `globs.UndecidedError` where more patterns with `*` meet than can be told apart in time.

    >>> from ssoroute import Router, load
    >>> new = Router.from_profiles(load("examples/profiles/kerberos.mobileconfig"))
    >>> difference = diff(Router.from_profiles([]), new)
    >>> print(difference.changes[0].region)  # doctest: +NORMALIZE_WHITESPACE
    challenges and host:// requests for a host that ends with .example.com;
    any caller, screen unlocked
    >>> bool(diff(new, new))
    False
    """
    for router in (old, new):
        if router.matching is not Matching.SYSTEM:
            raise DeviceError("only routers that match as devices do (`system`) can be compared")
    spaces: tuple[Space, ...] = (URLSpace(old, new), HostSpace(old, new), NameSpace(old, new))
    return Difference(
        tuple(
            change
            for space in spaces
            for cell in space.cells()
            for change in _changes(old, new, space, cell)
        )
    )


def same_answer(one: Decision, other: Decision) -> bool:
    """Whether two decisions say the same: outcome, reason, extension, rule and look-alike.

    A rule is the same where it is written the same, wherever it stands. Notes tell what an answer
    rests on; they are no part of it.
    """
    return _answer(one) == _answer(other)


def _answer(decision: Decision) -> tuple[object, ...]:
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


_OTHERS: Final = _Class((), others=True)
#: Where the screen is locked, by the contexts in which an answer changes.
_SCREENS: Final = {
    (False, True): Screen.ANY,
    (False,): Screen.UNLOCKED,
    (True,): Screen.LOCKED,
}


def _changes(old: Router, new: Router, space: Space, cell: Cell) -> Iterator[Change]:
    behaviours = [winner and winner.behaviour for winner in cell.winners]
    if behaviours[0] == behaviours[1]:
        return
    known: list[str] = []
    contexts: dict[tuple[object, object], dict[_Class, list[bool]]] = {}
    for group in _callers(cell.winners):
        known += group.callers
        for locked in (False, True):
            request = _asked(cell.request, group, locked=locked)
            answers = (
                _answer(_ask(old, request, cell.winners[0])),
                _answer(_ask(new, request, cell.winners[1])),
            )
            if answers[0] != answers[1]:
                contexts.setdefault(answers, {}).setdefault(group, []).append(locked)
    if not contexts:
        return
    region, witness = space.region(cell), space.witness(cell)
    for groups in contexts.values():
        for screens in _SCREENS:
            classes = [group for group, found in groups.items() if tuple(found) == screens]
            if classes:
                yield _change(old, new, cell, _narrowed(region, classes, known, screens), witness)


def _callers(winners: Iterable[Winner | None]) -> list[_Class]:
    """All callers, in classes: first those that are listed nowhere."""
    payloads = [winner.payload for winner in winners if winner and winner.payload]
    listed = {caller for payload in payloads for caller in payload.denied_callers}
    listed |= {p.extension.bundle_id for p in payloads if isinstance(p, RedirectPayload)}

    def treatment(caller: str) -> list[tuple[bool, bool]]:
        return [_treatment(payload, caller) for payload in payloads]

    ordered = sorted(sorted(listed), key=treatment)
    return [_OTHERS] + [
        _Class(tuple(callers), others=False) for _, callers in groupby(ordered, key=treatment)
    ]


def _treatment(payload: Payload, caller: str) -> tuple[bool, bool]:
    is_extension = isinstance(payload, RedirectPayload) and caller == payload.extension.bundle_id
    return is_extension, caller in payload.denied_callers


def _asked(request: Request, group: _Class, *, locked: bool) -> Request:
    return replace(request, caller=None if group.others else group.callers[0], screen_locked=locked)


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


def _change(old: Router, new: Router, cell: Cell, region: Region, witness: Request) -> Change:
    caller = None if region.other_callers else region.callers[0]
    locked = region.screen is Screen.LOCKED
    request = replace(witness, caller=caller, screen_locked=locked)
    if not region.contains(request):
        raise AssertionError(f"{quote(request.url)} lies outside of its region; please report it")
    return Change(
        region,
        _ask(old, request, cell.winners[0]),
        _ask(new, request, cell.winners[1]),
        request,
    )


def _ask(router: Router, request: Request, winner: Winner | None) -> Decision:
    """The router's answer, held against what was found without it."""
    decision = route(router, request)
    payload, rule = (winner.payload, winner.rule) if winner else (None, None)
    if decision.rule != rule or decision.extension != (payload and payload.extension):
        raise AssertionError(f"the router has another rule for {request}; please report it")
    return decision


def route(router: Router, request: Request) -> Decision:
    """The answer of `router` to `request`."""
    return router.route(
        request.url,
        request.caller,
        request.response_code,
        request.screen_locked,
        request.user_interface_enabled,
        request.background_session,
    )


class Tally:
    """Counts what changes among the requests of a log, one after another.

    `requests` is how many were counted, `changed` how many of them changed.
    """

    def __init__(self, old: Router, new: Router) -> None:
        self._routers = old, new
        self._by_answers: dict[tuple[object, object], list[int]] = {}
        self._changes = diff(old, new).changes
        for number, change in enumerate(self._changes):
            answers = _answer(change.old), _answer(change.new)
            self._by_answers.setdefault(answers, []).append(number)
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
        old, new = (route(router, request) for router in self._routers)
        if same_answer(old, new):
            return
        numbers = self._by_answers.get((_answer(old), _answer(new)), [])
        found = (n for n in numbers if self._changes[n].region.contains(request))
        number = next(found, None)
        if number is None:
            raise AssertionError(f"{request} lies outside of all regions; please report it")
        self._counts[number] += 1
        self._first.setdefault(number, Change(self._changes[number].region, old, new, request))

    def changes(self) -> list[tuple[Change, int]]:
        """The changes that requests of the log met, with how many; the witness is the first."""
        return [(self._first[number], self._counts[number]) for number in sorted(self._first)]
