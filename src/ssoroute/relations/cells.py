"""All requests, cut into cells in which two devices select the same rules.

There are three spaces, one for each way to ask: URLs (`url_space.py`), hosts and names
(`name_spaces.py`). Each is cut by the rules of both devices together, and each cell is found once,
by a request in it. Cells in which nothing is selected on both sides are left out. A cell is known
by what is selected: the same pair of rules (and look-alikes) is the same cell.

Strict matching cuts a cell into parts: within a part, a rule holds strictly or does not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from ssoroute.install.associated_domains import all_domains_refused
from ssoroute.model.patterns import Rule
from ssoroute.model.payload import Payload
from ssoroute.model.request import Request
from ssoroute.relations.regions import Region
from ssoroute.relations.sides import Sides
from ssoroute.routing.router import Router

__all__ = ["Cell", "Part", "Space", "Winner", "WinnerMaker", "Won"]


@dataclass(frozen=True, slots=True)
class Winner:
    """What one device selects: a payload (None is the system's own extension) and its rule.

    `behaviour` is equal if two devices give the same answers for the same rule.
    """

    payload: Payload | None
    rule: Rule | None
    behaviour: object


class WinnerMaker:
    """Makes the winners of one device; the facts of a payload are looked up once."""

    def __init__(self, router: Router) -> None:
        self._router = router
        self._facts: dict[int, object] = {}

    def winner(self, payload: Payload | None, rule: Rule | None) -> Winner:
        """The winner of `payload`, an active one, by `rule`."""
        if id(payload) not in self._facts:
            self._facts[id(payload)] = self._facts_of(payload)
        return Winner(payload, rule, (rule and rule.text, self._facts[id(payload)]))

    def _facts_of(self, payload: Payload | None) -> object:
        matching = self._router.matching
        return (
            payload
            and (
                matching,
                type(payload),
                payload.extension,
                frozenset(payload.denied_callers),
                payload.screen_locked_behavior,
                bool(all_domains_refused(payload, self._router.device)),
            )
        ) or matching


class Won(NamedTuple):
    """Who wins a text: on each side the smallest rank among the globs that take it.

    `goes_on` says for each side whether the URL continues where the winning prefix could end.
    """

    ranks: Sides[int]
    goes_on: Sides[bool]


class Cell(NamedTuple):
    """A set of requests: one of them, and who is selected for them on either side."""

    request: Request
    winners: Sides[Winner | None]
    key: Won


class Part(NamedTuple):
    """The requests of a cell, or of a part of it in which both sides match alike.

    `witness` is one of them that a person would write, if there is one. The region has any caller.
    """

    region: Region
    witness: Request


class Space(Protocol):
    """All requests that are asked in one way."""

    @property
    def undecided(self) -> tuple[Region, ...]:
        """The regions that may hold more cells than those that were found."""
        ...

    def cells(self) -> Iterator[Cell]:
        """The cells in which something is selected on one side."""
        ...

    def parts(self, cell: Cell) -> Iterator[Part]:
        """The parts of `cell`."""
        ...
