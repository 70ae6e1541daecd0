"""All requests, cut into cells in which two devices select the same rules.

There are three spaces, one for each way to ask: URLs, hosts, and names (of an extension or realm).
Each is cut by the rules of both devices together, and each cell is found once, by a request in it:

* **URLs.** Of the plain prefixes that begin a URL the longest decides which others do: those above
  it in the tree of all of them. So each prefix is a URL that stands for those of which it is the
  longest, and where it ends inside the authority there are two, the other with one `FRESH` more,
  since a look-alike is another answer. A URL that begins as a pattern with `*` does is read
  together with these (`globs.winners`), and each way to be won is found with a text.
* **Hosts.** A listed host is a cell of its own; any other host belongs to the longest suffix that
  is shorter than itself, for which one made-up host below it stands (`reach.host_below`).
* **Names.** Each name that is listed or counted; all others select nothing.

What selects nothing on both sides is left out. A cell is known by what is selected: the same pair
of rules (and look-alikes) is the same cell, wherever it was met.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from ssoroute.install.associated_domains import all_domains_refused
from ssoroute.model.patterns import HostPattern, Rule, URLPrefix, lower_ascii
from ssoroute.model.payload import CredentialPayload, Payload, RedirectPayload
from ssoroute.model.request import Request
from ssoroute.model.urls import authority_end, host_text, scheme_of
from ssoroute.relations.globs import FRESH, NOBODY, Contender, Glob, Won, winners
from ssoroute.relations.prefix_tree import NOWHERE, PrefixTree
from ssoroute.relations.regions import Asked, Comparison, Condition, Region
from ssoroute.relations.witnesses import host_below, with_host
from ssoroute.routing.router import Router

__all__ = ["Cell", "HostSpace", "NameSpace", "Space", "URLSpace", "Winner"]

# Where patterns with `*` meet, no more steps are taken than this, which is some seconds.
_STEPS: Final = 2_000_000


@dataclass(frozen=True, slots=True)
class Winner:
    """What one device selects: a payload (None is the system's own extension) and its rule.

    `behaviour` is equal where two devices give the same answers for the same rule.
    """

    payload: Payload | None
    rule: Rule | None
    behaviour: object

    @classmethod
    def of(cls, payload: Payload | None, rule: Rule | None, router: Router) -> Winner:
        """The winner on the device of `router`."""
        behaviour = (
            rule and rule.text,
            payload
            and (
                type(payload),
                payload.extension,
                frozenset(payload.denied_callers),
                payload.screen_locked_behavior,
                bool(all_domains_refused(payload, router.device)),
            ),
        )
        return cls(payload, rule, behaviour)


class Cell(NamedTuple):
    """A set of requests: one of them, and who is selected for them on either side."""

    request: Request
    winners: tuple[Winner | None, Winner | None]
    key: Won


class Space(Protocol):
    """All requests that are asked in one way."""

    def cells(self) -> Iterator[Cell]:
        """The cells in which something is selected on one side."""
        ...

    def region(self, cell: Cell) -> Region:
        """The requests of `cell`, of whichever caller."""
        ...

    def witness(self, cell: Cell) -> Request:
        """A request of `cell` that a person would write, if there is one."""
        ...


_NOT_ASKED: Final = (False, False)


class URLSpace:
    """The requests that the prefixes of the two devices are held against."""

    def __init__(self, old: Router, new: Router) -> None:
        self._sides = tuple(_url_rules(router) for router in (old, new))
        ranks: dict[Glob, list[int]] = {}
        for side, rules in enumerate(self._sides):
            for rank, (_, glob) in enumerate(rules):
                both = ranks.setdefault(glob, [NOBODY, NOBODY])
                both[side] = min(both[side], rank)
        self._ranks = {glob: (both[0], both[1]) for glob, both in ranks.items()}
        self._tree = PrefixTree(glob.head for glob in ranks if glob.is_plain)
        texts = self._tree.texts
        self._own = [self._ranks[Glob((text,))] for text in texts]
        self._least = [self._tree.least_above([own[side] for own in self._own]) for side in (0, 1)]
        self._wild: dict[str, list[Glob]] = {}
        for glob in ranks:
            if not glob.is_plain:
                self._wild.setdefault(glob.head, []).append(glob)
        self._heads = PrefixTree(self._wild)

    def cells(self) -> Iterator[Cell]:
        """As `Space`: by prefixes, and by the patterns that meet."""
        found: dict[Won, str] = {}
        for text in self._tree.texts:
            if self._heads.deepest(text) == NOWHERE:
                for url in (text, text + FRESH) if _has_lookalikes(Glob((text,))) else (text,):
                    found.setdefault(self._won(url), url)
        for node, parent in enumerate(self._heads.parents):
            if parent == NOWHERE:
                for url, won in self._wild_cells(self._heads.texts[node]):
                    found.setdefault(won, url)
        for won, url in found.items():
            if won.ranks != (NOBODY, NOBODY):
                yield Cell(Request(url), self._winners(won), won)

    def _wild_cells(self, head: str) -> Iterator[tuple[str, Won]]:
        """The cells of the URLs that begin with `head`, the shortest head of some patterns."""
        plain = [*self._tree.above(head), *self._tree.below(head)]
        texts = dict.fromkeys(self._tree.texts[node] for node in plain)
        globs = [Glob((text,)) for text in texts]
        globs += (
            g for node in self._heads.below(head) for g in self._wild[self._heads.texts[node]]
        )
        if self._walks_alike(globs):
            return
        contenders = [Contender(g, self._ranks[g], _has_lookalikes(g)) for g in globs]
        yield from winners(head, contenders, limit=_STEPS)

    def _walks_alike(self, globs: Sequence[Glob]) -> bool:
        """Whether both devices hold the same rules in the same order against these URLs."""
        walks = []
        for side in (0, 1):
            ranks = sorted(self._ranks[glob][side] for glob in globs)
            there = [self._sides[side][rank] for rank in ranks if rank != NOBODY]
            walks.append([(winner.behaviour, glob) for winner, glob in there])
        return walks[0] == walks[1]

    def _won(self, url: str) -> Won:
        """Who wins `url`, in lower case."""
        ranks = []
        node = self._tree.deepest(url)
        for side in (0, 1):
            rank = NOBODY if node == NOWHERE else self._least[side][node]
            for head in self._heads.above(url):
                for glob in self._wild[self._heads.texts[head]]:
                    if self._ranks[glob][side] < rank and glob.takes(url):
                        rank = self._ranks[glob][side]
            ranks.append(rank)
        goes_on = [self._goes_on(side, ranks[side], url) for side in (0, 1)]
        return Won((ranks[0], ranks[1]), (goes_on[0], goes_on[1]))

    def _goes_on(self, side: int, rank: int, url: str) -> bool:
        if rank == NOBODY:
            return False
        head = self._sides[side][rank][1].head
        following = url[len(head) : len(head) + 1]
        return self._splits(side, rank) and following not in ("", "/", "?", "#")

    def _splits(self, side: int, rank: int) -> bool:
        """Whether some URLs of a rule are look-alikes and others are not."""
        return _has_lookalikes(self._sides[side][rank][1])

    def _winners(self, won: Won) -> tuple[Winner | None, Winner | None]:
        old, new = (
            None if rank == NOBODY else rules[rank][0]
            for rank, rules in zip(won.ranks, self._sides, strict=True)
        )
        return old, new

    def region(self, cell: Cell) -> Region:
        """As `Space`: what the winners take, without what comes before them."""
        all_of = self._all_of(cell.key)
        head = max((glob.head for glob, _ in all_of), key=len)
        return Region(
            Asked.URL,
            tuple(condition for _, condition in all_of),
            tuple(self._none_of(cell.key, head)),
        )

    def _all_of(self, won: Won) -> list[tuple[Glob, Condition]]:
        """What the winners of both sides want, without what follows from the rest."""
        wanted: list[tuple[Glob, Condition]] = []
        for side in (1, 0):  # where both say the same, it is written as the new one writes it
            rank = won.ranks[side]
            if rank != NOBODY:
                winner, glob = self._sides[side][rank]
                lookalike = won.goes_on[side] if self._splits(side, rank) else None
                wanted.append((glob, _condition(winner.rule, glob, lookalike)))
        if len(wanted) == 1:
            return wanted
        one, other = wanted
        if one[0] == other[0] or _follows(other, one):
            return [one]
        return [other] if _follows(one, other) else wanted

    def _none_of(self, won: Won, head: str) -> Iterator[Condition]:
        """The rules that are asked before the winners and take URLs that begin with `head`."""
        wild = [
            glob
            for node in {*self._heads.above(head), *self._heads.below(head)}
            for glob in self._wild[self._heads.texts[node]]
            if self._is_before(glob, won) and self._can_follow(glob.head, head, won)
        ]
        nodes = self._tree.below(head)
        node = nodes.start
        while node < nodes.stop:
            glob = Glob((self._tree.texts[node],))
            if self._is_before(glob, won) and self._can_follow(glob.head, head, won):
                if not any(other.holds(glob) for other in wild):
                    yield self._written(glob)
                node = self._tree.ends[node]
            else:
                node += 1
        for glob in sorted(wild, key=lambda glob: glob.generic):
            holders = [other for other in wild if other != glob and other.holds(glob)]
            plain = (Glob((self._tree.texts[n],)) for n in self._tree.above(glob.generic))
            if not holders and not any(self._is_before(other, won) for other in plain):
                yield self._written(glob)

    def _is_before(self, glob: Glob, won: Won) -> bool:
        ranks = self._ranks[glob]
        return ranks[0] < won.ranks[0] or ranks[1] < won.ranks[1]

    def _can_follow(self, text: str, head: str, won: Won) -> bool:
        """Whether URLs that begin with `text` are among those of the cell, look-alikes or not."""
        if len(text) <= len(head):
            return True
        for side in (0, 1):
            rank = won.ranks[side]
            if rank != NOBODY and self._sides[side][rank][1].head == head:
                following_is_in_host = text[len(head)] not in "/?#"
                if self._splits(side, rank) and following_is_in_host != won.goes_on[side]:
                    return False
        return True

    def _written(self, glob: Glob) -> Condition:
        side = 1 if self._ranks[glob][1] != NOBODY else 0
        return _condition(self._sides[side][self._ranks[glob][side]][0].rule, glob, None)

    def witness(self, cell: Cell) -> Request:
        """As `Space`: spelled as the rule is, and filled in."""
        condition = self._all_of(cell.key)[0][1]
        text = condition.text
        if condition.comparison is Comparison.MATCHES:
            stem, more = (text[:-1], "x") if text.endswith("?") else (text, "")
            urls = [stem.replace("*", filler) + more for filler in ("x", "1", "")]
        elif condition.lookalike is None:
            urls = [text]
        else:
            tails = (".evil.example/", "x/", "-/", ":8443/") if condition.lookalike else ("/", "")
            urls = [text + tail for tail in tails]
        found = (url for url in urls if self._won(url.lower()) == cell.key)
        return Request(next(found, cell.request.url))


def _url_rules(router: Router) -> list[tuple[Winner, Glob]]:
    """The prefixes of a device in the order in which it asks them."""
    device = router.device
    rules = [
        (Winner.of(None, URLPrefix.parse(text), router), Glob.of(text, wildcards=False))
        for text in device.system_urls
    ]
    for payload in router.activation.active:
        if isinstance(payload, RedirectPayload):
            for prefix in payload.url_prefixes:
                glob = Glob.of(prefix.text, wildcards=device.matches_wildcards)
                rules.append((Winner.of(payload, prefix, router), glob))
    return rules


def _has_lookalikes(glob: Glob) -> bool:
    """Whether some URLs are look-alikes and others are not; with a `*` all are or none is."""
    text = glob.head
    return (
        glob.is_plain and "*" not in text and authority_end(text, text.find("://") + 3) == len(text)
    )


def _condition(rule: Rule | None, glob: Glob, lookalike: bool | None) -> Condition:
    text = rule.text if rule else glob.head
    if not glob.is_plain:
        return Condition(Comparison.MATCHES, text)
    # a final `*` that stands for any run says nothing
    return Condition(Comparison.BEGINS_WITH, text[: len(glob.head)], lookalike)


def _follows(wanted: tuple[Glob, Condition], given: tuple[Glob, Condition]) -> bool:
    """Whether every URL that meets `given` meets `wanted`, where some URL meets both."""
    if not wanted[0].holds(given[0]):
        return False
    return wanted[1].lookalike is None or len(given[0].head) > len(wanted[0].head)


# Hosts are read from their end, where exact ones have a mark, so that a pattern is a prefix.
_END: Final = "\x80"


class HostSpace:
    """The requests that the hosts of the two devices are held against."""

    def __init__(self, old: Router, new: Router) -> None:
        self._sides: tuple[list[Winner], list[Winner]] = (_host_rules(old), _host_rules(new))
        ranks: dict[str, list[int]] = {}
        for side, rules in enumerate(self._sides):
            for rank, winner in enumerate(rules):
                both = ranks.setdefault(_reversed(winner.rule), [NOBODY, NOBODY])
                both[side] = min(both[side], rank)
        self._tree = PrefixTree(ranks)
        self._own = [ranks[text] for text in self._tree.texts]
        self._least = [self._tree.least_above([own[side] for own in self._own]) for side in (0, 1)]
        self._exact = frozenset(text[-2::-1] for text in ranks if text.endswith(_END))

    def cells(self) -> Iterator[Cell]:
        """As `Space`: by listed hosts and suffixes."""
        seen: set[tuple[int, int]] = set()
        for node, text in enumerate(self._tree.texts):
            ranks = (self._least[0][node], self._least[1][node])
            # A cell is met first at its own node: whatever is deeper comes later in the order.
            if ranks in seen:
                continue
            seen.add(ranks)
            url = self._url(text)
            if url is not None:
                old, new = (
                    None if rank == NOBODY else rules[rank]
                    for rank, rules in zip(ranks, self._sides, strict=True)
                )
                yield Cell(Request(url, response_code=401), (old, new), Won(ranks, _NOT_ASKED))

    def _url(self, text: str) -> str | None:
        if text.endswith(_END):
            return with_host(text[-2::-1])
        host = host_below(text[::-1], self._exact)
        return None if host is None else with_host(host)

    def region(self, cell: Cell) -> Region:
        """As `Space`: what the winners take, without what comes before them."""
        texts = [
            _reversed(self._sides[side][rank].rule)
            for side, rank in enumerate(cell.key.ranks)
            if rank != NOBODY
        ]
        text = max(texts, key=len)
        none_of = []
        nodes = self._tree.below(text)
        node = nodes.start
        while node < nodes.stop:
            ranks = self._own[node]
            if ranks[0] < cell.key.ranks[0] or ranks[1] < cell.key.ranks[1]:
                if self._url(self._tree.texts[node]) is not None:
                    none_of.append(_host_condition(self._tree.texts[node]))
                node = self._tree.ends[node]
            else:
                node += 1
        return Region(Asked.HOST, (_host_condition(text),), tuple(none_of))

    def witness(self, cell: Cell) -> Request:
        """As `Space`: the request that it was found by."""
        return cell.request


def _host_rules(router: Router) -> list[Winner]:
    return [
        Winner.of(payload, pattern, router)
        for payload in router.activation.active
        if isinstance(payload, CredentialPayload)
        for pattern in payload.host_patterns
    ]


def _reversed(rule: Rule | None) -> str:
    assert isinstance(rule, HostPattern), "a rule of a Credential payload"  # noqa: S101
    text = lower_ascii(rule.text)[::-1]
    return text if rule.is_suffix else text + _END


def _host_condition(text: str) -> Condition:
    if text.endswith(_END):
        return Condition(Comparison.IS, text[-2::-1])
    return Condition(Comparison.ENDS_WITH, text[::-1])


class NameSpace:
    """The requests that name an extension or a realm."""

    def __init__(self, old: Router, new: Router) -> None:
        self._names = {
            Asked.EXTENSION: (_extensions(old), _extensions(new)),
            Asked.REALM: (_realms(old), _realms(new)),
        }

    def cells(self) -> Iterator[Cell]:
        """As `Space`: by name."""
        for asked, (old, new) in self._names.items():
            for name in {**old, **new}:
                url = with_host(name, asked.value)
                if url is not None:
                    winners_ = (old.get(name), new.get(name))
                    yield Cell(Request(url), winners_, Won((NOBODY, NOBODY), _NOT_ASKED))

    def region(self, cell: Cell) -> Region:
        """As `Space`: the requests with this name."""
        url = cell.request.url
        return Region(Asked(scheme_of(url)), (Condition(Comparison.IS, host_text(url)),))

    def witness(self, cell: Cell) -> Request:
        """As `Space`: the request that it was found by."""
        return cell.request


def _extensions(router: Router) -> dict[str, Winner]:
    found: dict[str, Winner] = {}
    for payload in router.activation.active:
        found.setdefault(payload.extension.bundle_id, Winner.of(payload, None, router))
    return found


def _realms(router: Router) -> dict[str, Winner]:
    found: dict[str, Winner] = {}
    credentials = (p for p in router.activation.active if isinstance(p, CredentialPayload))
    for number, payload in enumerate(credentials):
        winner = Winner.of(payload, None, router)
        if payload.realm is not None:
            found.setdefault(lower_ascii(payload.realm), winner)
        found.setdefault(str(number), winner)
    return found
