"""The requests that name a host, an extension or a realm, cut into cells (`cells.py`).

* **Hosts.** A listed host is a cell of its own; any other host belongs to the longest suffix that
  is shorter than itself, for which one made-up host below it stands (`witnesses.host_below`).
* **Names.** Each name that is listed or counted; all others select nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from ssoroute.model.patterns import lower_ascii
from ssoroute.model.payload import CredentialPayload
from ssoroute.model.request import Request
from ssoroute.model.urls import host_text, scheme_of
from ssoroute.relations.cells import Cell, Part, Winner, WinnerMaker, Won
from ssoroute.relations.prefix_tree import PrefixTree
from ssoroute.relations.regions import Comparison, Condition, LookupKind, Region
from ssoroute.relations.reversed_hosts import exact_host, host_glob, suffix_of
from ssoroute.relations.sides import Sides
from ssoroute.relations.witnesses import host_below, with_host
from ssoroute.routing.prefix_table import NO_RANK
from ssoroute.routing.router import Matching, Router
from ssoroute.routing.strict import is_unambiguous

__all__ = ["HostSpace", "NameSpace"]

_NO: Final = Sides(old=False, new=False)


class HostSpace:
    """The requests that the hosts of the two devices are held against."""

    def __init__(self, routers: Sides[Router]) -> None:
        self.undecided: tuple[Region, ...] = ()
        self._is_strict = Matching.STRICT in routers.map(lambda router: router.matching)
        self._rules = routers.map(_host_rules)
        own = self._rules.map(_ranks)
        self._tree = PrefixTree([*own.old, *own.new])
        texts = self._tree.texts
        self._own = own.map(lambda ranks: [ranks.get(text, NO_RANK) for text in texts])
        self._least = self._own.map(self._tree.least_above)
        self._exact = frozenset(host for text in texts if (host := exact_host(text)) is not None)

    def cells(self) -> Iterator[Cell]:
        """As `Space`: by listed hosts and suffixes."""
        seen: set[Sides[int]] = set()
        for node, text in enumerate(self._tree.texts):
            ranks = Sides(self._least.old[node], self._least.new[node])
            # A cell is met first at its own node: whatever is deeper comes later in the order.
            if ranks in seen:
                continue
            seen.add(ranks)
            url = self._url(text)
            if url is not None:
                old, new = (
                    None if rank == NO_RANK else rules[rank][1]
                    for rank, rules in zip(ranks, self._rules, strict=True)
                )
                yield Cell(Request(url, response_code=401), Sides(old, new), Won(ranks, _NO))

    def _url(self, text: str) -> str | None:
        host = exact_host(text)
        if host is None:
            host = host_below(suffix_of(text), self._exact)
        return None if host is None else with_host(host)

    def parts(self, cell: Cell) -> Iterator[Part]:
        """As `Space`: if a side is strict, URLs whose host is beyond doubt, and all others."""
        region, witness = self._region(cell), cell.request
        if not self._is_strict or not is_unambiguous(witness.url):
            yield Part(region, witness)
            return
        # A cell that holds a host beyond doubt has this one: its own label is plain.
        yield Part(replace(region, unambiguous=True), witness)
        url = witness.url.replace("://", "://user@", 1)
        yield Part(replace(region, unambiguous=False), replace(witness, url=url))

    def _region(self, cell: Cell) -> Region:
        """What the winners take, without what comes before them."""
        ranks = cell.key.ranks
        texts = (
            rules[rank][0]
            for rank, rules in zip(ranks, self._rules, strict=True)
            if rank != NO_RANK
        )
        text = max(texts, key=len)
        none_of = []
        below = self._tree.node(text)
        end = self._tree.ends[below]
        while below < end:
            if self._own.old[below] < ranks.old or self._own.new[below] < ranks.new:
                if self._url(self._tree.texts[below]) is not None:
                    none_of.append(_condition(self._tree.texts[below]))
                below = self._tree.ends[below]
            else:
                below += 1
        return Region(LookupKind.HOST, (_condition(text),), tuple(none_of))


def _host_rules(router: Router) -> list[tuple[str, Winner]]:
    """The host patterns of a device in the order in which it asks them, with their texts."""
    maker = WinnerMaker(router)
    return [
        (host_glob(pattern).head, maker.winner(payload, pattern))
        for payload in router.activation.active
        if isinstance(payload, CredentialPayload)
        for pattern in payload.host_patterns
    ]


def _ranks(rules: list[tuple[str, Winner]]) -> dict[str, int]:
    ranks: dict[str, int] = {}
    for rank, (text, _) in enumerate(rules):
        ranks.setdefault(text, rank)
    return ranks


def _condition(text: str) -> Condition:
    host = exact_host(text)
    if host is None:
        return Condition(Comparison.ENDS_WITH, suffix_of(text))
    return Condition(Comparison.IS, host)


class NameSpace:
    """The requests that name an extension or a realm."""

    def __init__(self, routers: Sides[Router]) -> None:
        self.undecided: tuple[Region, ...] = ()
        self._names = {
            LookupKind.EXTENSION: routers.map(_extensions),
            LookupKind.REALM: routers.map(_realms),
        }

    def cells(self) -> Iterator[Cell]:
        """As `Space`: by name."""
        for asked, names in self._names.items():
            for name in {**names.old, **names.new}:
                url = with_host(name, asked.value)
                if url is not None:
                    winners = Sides(names.old.get(name), names.new.get(name))
                    yield Cell(Request(url), winners, Won(Sides(NO_RANK, NO_RANK), _NO))

    def parts(self, cell: Cell) -> Iterator[Part]:
        """As `Space`: the requests with this name; strict matching leaves them alone."""
        url = cell.request.url
        condition = Condition(Comparison.IS, host_text(url))
        yield Part(Region(LookupKind(scheme_of(url)), (condition,)), cell.request)


def _extensions(router: Router) -> dict[str, Winner]:
    maker = WinnerMaker(router)
    found: dict[str, Winner] = {}
    for payload in router.activation.active:
        if payload.extension.bundle_id not in found:
            found[payload.extension.bundle_id] = maker.winner(payload, None)
    return found


def _realms(router: Router) -> dict[str, Winner]:
    maker = WinnerMaker(router)
    found: dict[str, Winner] = {}
    credentials = (p for p in router.activation.active if isinstance(p, CredentialPayload))
    for number, payload in enumerate(credentials):
        winner = maker.winner(payload, None)
        if payload.realm is not None:
            found.setdefault(lower_ascii(payload.realm), winner)
        found.setdefault(str(number), winner)
    return found
