"""The requests that are asked by their URL, cut into cells (`cells.py`).

A cell is what one rule wins on the old side and one on the new side. It is found by the generic
text of a glob (`model/globs.py`):

* The same rule wins on both sides, or only one side has a winner: the generic text of the rule.
* Two rules win, i on the old side and j on the new one. Then both take the URL, so on each side the
  one that loses is missing or comes later: the order of the two is *inverted*. What both take is a
  union of globs (`meetings.py`), and one of their generic texts is in the cell if any URL is. If
  one of the rules is a prefix without `*` that begins the other, there is one such glob, the other
  rule. So only a rule with `*` and the inverted rules below its head are looked at (`pairs.py`).

A prefix may *split*: a URL that continues where the prefix could end is answered otherwise, since
it is a look-alike or since strict matching does not let it hold. Such a URL is the prefix with one
`FRESH` more. The others end there, or continue with `/`, `?` or `#`: these are prefixes again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import chain
from typing import Final, NamedTuple

from ssoroute.model.globs import FRESH, Glob
from ssoroute.model.patterns import Rule, URLPrefix
from ssoroute.model.payload import RedirectPayload
from ssoroute.model.request import Request
from ssoroute.model.urls import authority_end, authority_start, ends_authority
from ssoroute.relations.cells import Cell, Part, Winner, WinnerMaker, Won
from ssoroute.relations.meetings import meetings
from ssoroute.relations.pairs import inverted_pairs
from ssoroute.relations.regions import (
    Comparison,
    Condition,
    EarlierRules,
    LookupKind,
    Region,
    RuleOrder,
)
from ssoroute.relations.rule_set import RuleSet
from ssoroute.relations.sides import Sides
from ssoroute.relations.spellings import spelled_parts
from ssoroute.routing.prefix_table import NO_RANK
from ssoroute.routing.router import Matching, Router

__all__ = ["URLSpace"]

# No more texts are tried than these: for two rules, for the rules below one head, and in all. They
# take some seconds. What needs more is undecided.
_TEXTS_OF_TWO: Final = 256
_TEXTS_OF_A_HEAD: Final = 10_000
_TEXTS: Final = 40_000

# If more earlier rules than these must be left out of a cell, they are not named one by one: many
# cells that each name many rules would be as many words as both multiplied.
_MOST_NAMED: Final = 100
# How many earlier rules are looked at for that: most of them may be taken by larger ones.
_MOST_LOOKED_AT: Final = 4 * _MOST_NAMED


class _Side:
    """The URL prefixes of one device in the order in which it asks them."""

    def __init__(self, name: str, router: Router) -> None:
        device = router.device
        self._name = name
        maker = WinnerMaker(router)
        rules = [
            (maker.winner(None, URLPrefix.parse(text)), Glob.of(text, wildcards=False))
            for text in device.system_urls
        ]
        for payload in router.activation.active:
            if isinstance(payload, RedirectPayload):
                for prefix in payload.url_prefixes:
                    glob = Glob.of(prefix.text, wildcards=device.matches_wildcards)
                    rules.append((maker.winner(payload, prefix), glob))
        self.rules = rules
        self.is_strict = router.matching is Matching.STRICT
        ranks: dict[Glob, int] = {}
        for rank, (_, glob) in enumerate(rules):
            ranks.setdefault(glob, rank)
        self.rule_set = RuleSet(ranks)
        self._outer: dict[Glob, int] = {}

    def winner(self, rank: int) -> Winner | None:
        return None if rank == NO_RANK else self.rules[rank][0]

    def glob(self, rank: int) -> Glob:
        return self.rules[rank][1]

    def rank(self, glob: Glob) -> int:
        return self.rule_set.ranks.get(glob, NO_RANK)

    @cached_property
    def order(self) -> RuleOrder:
        """The rules in words."""
        return RuleOrder(
            self._name,
            tuple(_condition(winner.rule, glob, None) for winner, glob in self.rules),
        )

    def outer(self, glob: Glob) -> int:
        """The smallest rank of another rule that takes all that `glob` takes."""
        if glob not in self._outer:
            self._outer[glob] = self.rule_set.first(glob.generic, but=glob)
        return self._outer[glob]

    def splits(self, glob: Glob) -> bool:
        """Whether some URLs of `glob` continue where it could end, and are answered otherwise."""
        text = glob.head
        if not glob.is_plain or "*" in text or text.endswith(("/", "?", "#")):
            return False
        return self.is_strict or _ends_in_authority(text)

    def goes_on(self, rank: int, url: str) -> bool:
        """Whether `url` is one that continues where its winner could end."""
        if rank == NO_RANK:
            return False
        glob = self.glob(rank)
        return self.splits(glob) and not ends_authority(url, len(glob.head))


class URLSpace:
    """The requests that the prefixes of the two devices are held against."""

    def __init__(self, routers: Sides[Router]) -> None:
        self._sides = Sides(_Side("old", routers.old), _Side("new", routers.new))
        globs = dict.fromkeys(glob for side in self._sides for glob in side.rule_set.ranks)
        self._globs = sorted(globs, key=lambda glob: (not glob.is_plain, glob.generic))
        self._places = {glob: place for place, glob in enumerate(self._globs)}
        self._conditions: dict[Glob, Condition] = {}
        self._undecided: list[Region] = []
        self._found: dict[Won, str] = {}
        for glob in self._globs:
            self._find(glob.generic)
            if self._splits(glob):
                self._find(glob.generic + FRESH)
        self._find_pairs()

    @property
    def undecided(self) -> tuple[Region, ...]:
        """As `Space`: too many patterns with `*` meet there."""
        return tuple(self._undecided)

    def cells(self) -> Iterator[Cell]:
        """As `Space`: by prefixes, and by the patterns that meet."""
        for won, url in self._found.items():
            yield Cell(Request(url), self._winners(won), won)

    # Finding cells

    def _find(self, url: str) -> Won:
        won = self._won(url)
        self._found.setdefault(won, url)
        return won

    def _won(self, url: str) -> Won:
        """Who wins `url`, in lower case."""
        ranks = self._sides.map(lambda side: side.rule_set.first(url))
        return Won(
            ranks,
            Sides(self._sides.old.goes_on(ranks.old, url), self._sides.new.goes_on(ranks.new, url)),
        )

    def _splits(self, glob: Glob) -> bool:
        return self._sides.old.splits(glob) or self._sides.new.splits(glob)

    def _find_pairs(self) -> None:
        live = self._sides.map(
            lambda side: {glob for glob in side.rule_set.ranks if side.rule_set.is_live(glob)}
        )
        left = _TEXTS
        for head, pairs in inverted_pairs(self._globs, self._sides.map(lambda side: side.rank)):
            known, undecided = len(self._found), len(self._undecided)
            limit = min(left, _TEXTS_OF_A_HEAD)
            tried = 0
            for pair in pairs:
                if pair.old in live.old and pair.new in live.new:
                    tried += self._find_pair(pair)
                if tried > limit:  # a part of so many cells is of no use
                    condition = Condition(Comparison.BEGINS_WITH, head)
                    self._undecided[undecided:] = [Region(LookupKind.URL, (condition,))]
                    for won in [*self._found][known:]:
                        del self._found[won]
                    break
            left -= min(left, tried)

    def _find_pair(self, pair: Sides[Glob]) -> int:
        """Find the cells in which `pair` wins; how many texts that took."""
        ranks = Sides(self._sides.old.rank(pair.old), self._sides.new.rank(pair.new))
        splits = [glob for glob in pair if self._splits(glob)]
        tried = 0
        for tried, glob in enumerate(self._meetings(pair, splits), start=1):
            if self._find(glob.generic).ranks == ranks and not splits:
                return tried
            if tried == _TEXTS_OF_TWO:
                conditions = tuple(self._written(glob) for glob in pair)
                self._undecided.append(Region(LookupKind.URL, conditions))
                break
        return tried

    def _meetings(self, pair: Sides[Glob], splits: Sequence[Glob]) -> Iterator[Glob]:
        yield from meetings(pair.old, pair.new)
        for glob in splits:
            other = pair.new if glob is pair.old else pair.old
            for end in "/?#":
                yield from meetings(Glob((glob.head + end,)), other)

    def _winners(self, won: Won) -> Sides[Winner | None]:
        return Sides(self._sides.old.winner(won.ranks.old), self._sides.new.winner(won.ranks.new))

    # Naming cells

    def parts(self, cell: Cell) -> Iterator[Part]:
        """As `Space`: what the winners take, without what comes before them."""
        all_of = self._all_of(cell.key)
        head = max((glob.head for glob, _ in all_of), key=len)
        region = Region(
            LookupKind.URL,
            tuple(condition for _, condition in all_of),
            self._none_of(cell.key, head),
        )
        witness = self._witness(cell, all_of)
        return spelled_parts(Part(region, witness), self._strict_prefixes(cell.key))

    def _strict_prefixes(self, won: Won) -> list[URLPrefix]:
        """The winners that may hold strictly, depending on the case of the URL."""
        found = []
        for side, rank, goes_on in zip(self._sides, won.ranks, won.goes_on, strict=True):
            winner = side.winner(rank)
            if side.is_strict and winner and isinstance(winner.rule, URLPrefix) and not goes_on:
                found.append(winner.rule)
        return [rule for rule in found if not rule.has_wildcard]

    def _all_of(self, won: Won) -> list[_Wanted]:
        """What the winners of both sides need, without what follows from the rest."""
        wanted = []
        for side, rank, goes_on in zip(self._sides, won.ranks, won.goes_on, strict=True):
            if rank != NO_RANK:
                winner, glob = side.rules[rank]
                continues = goes_on if side.splits(glob) else None
                wanted.append(_Wanted(glob, _condition(winner.rule, glob, continues)))
        if len(wanted) == 1:
            return wanted
        old, new = wanted
        # If both say the same, it is written as the new side writes it.
        if _follows(old, new):
            return [new]
        return [old] if _follows(new, old) else [new, old]

    def _none_of(self, won: Won, head: str) -> tuple[Condition | EarlierRules, ...]:
        """The rules that come before the winners, below `head`: the largest, if they are few."""
        sides = list(zip(self._sides, won.ranks, strict=True))
        looked_at: set[Glob] = set()
        named: list[Glob] = []
        for glob in chain.from_iterable(side.rule_set.before(rank, head) for side, rank in sides):
            if glob in looked_at:
                continue
            looked_at.add(glob)
            if self._is_largest(glob, won) and self._can_follow(glob.head, head, won):
                named.append(glob)
            if len(named) > _MOST_NAMED or len(looked_at) > _MOST_LOOKED_AT:
                return tuple(
                    EarlierRules(side.order, min(rank, len(side.rules)))
                    for side, rank in sides
                    if any(side.rule_set.before(rank, head))
                )
        return tuple(map(self._written, sorted(named, key=self._places.__getitem__)))

    def _is_largest(self, glob: Glob, won: Won) -> bool:
        """Whether no other rule that comes before the winners takes all that `glob` takes."""
        return all(
            side.outer(glob) >= rank for side, rank in zip(self._sides, won.ranks, strict=True)
        )

    def _can_follow(self, text: str, head: str, won: Won) -> bool:
        """Whether the cell has URLs that begin with `text`, by what follows the winners."""
        if len(text) <= len(head):
            return True
        continues = not ends_authority(text, len(head))
        return not any(
            rank != NO_RANK
            and side.glob(rank).head == head
            and side.splits(side.glob(rank))
            and continues != goes_on
            for side, rank, goes_on in zip(self._sides, won.ranks, won.goes_on, strict=True)
        )

    def _written(self, glob: Glob) -> Condition:
        if glob not in self._conditions:
            side = self._sides.new if self._sides.new.rank(glob) != NO_RANK else self._sides.old
            self._conditions[glob] = _condition(side.rules[side.rank(glob)][0].rule, glob, None)
        return self._conditions[glob]

    def _witness(self, cell: Cell, wanted: Sequence[_Wanted]) -> Request:
        """A request of the cell, spelled as a rule is, and filled in."""
        urls = [url for _, condition in wanted for url in _filled(condition)]
        urls += [cell.request.url.replace(FRESH, filler) for filler in _FILLERS]
        found = (url for url in urls if self._won(url.lower()) == cell.key)
        return Request(next(found, cell.request.url))


# What a `*` is filled with.
_FILLERS: Final = ("x", "1", "")


def _filled(condition: Condition) -> list[str]:
    """URLs that meet `condition`, if nothing else counts."""
    text = condition.text
    if condition.comparison is Comparison.MATCHES:
        stem, more = (text[:-1], "x") if text.endswith("?") else (text, "")
        return [stem.replace("*", filler) + more for filler in _FILLERS]
    if condition.lookalike is None:
        return [text]
    if not condition.lookalike:
        return [text + "/", text]
    tails = (".evil.example/", "x/", "-/", ":8443/") if _ends_in_authority(text) else ("x", "-")
    return [text + tail for tail in tails]


class _Wanted(NamedTuple):
    """What a winner takes, and how that is said."""

    glob: Glob
    condition: Condition


def _ends_in_authority(text: str) -> bool:
    return authority_end(text, authority_start(text)) == len(text)


def _condition(rule: Rule | None, glob: Glob, continues: bool | None) -> Condition:
    text = rule.text if rule else glob.head
    if not glob.is_plain:
        return Condition(Comparison.MATCHES, text)
    # a final `*` that takes any run adds nothing
    return Condition(Comparison.BEGINS_WITH, text[: len(glob.head)], continues)


def _follows(wanted: _Wanted, given: _Wanted) -> bool:
    """Whether every URL that meets `given` meets `wanted`, if some URL meets both."""
    if not wanted.glob.holds(given.glob):
        return False
    lookalike = wanted.condition.lookalike
    return (
        lookalike is None
        or lookalike == given.condition.lookalike
        or len(given.glob.head) > len(wanted.glob.head)
    )
