"""The rules of one device as globs with ranks: which comes first for a text, and which come near.

Many rules are held against many texts here, so nothing is compared with all rules: plain ones are
found in a tree of prefixes, those with a `*` in the tree of the router (`routing/wildcards.py`).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Iterable, Iterator, Mapping
from functools import cached_property

from ssoroute.model.globs import Glob
from ssoroute.relations.prefix_tree import AFTER_ALL, NOWHERE, PrefixTree
from ssoroute.relations.ranked_line import RankedLine
from ssoroute.routing.prefix_table import NO_RANK
from ssoroute.routing.wildcards import Wildcards

__all__ = ["RuleSet"]


class RuleSet:
    """Globs with their ranks; the smallest rank comes first.

    `owners` says to whom each glob belongs, if that matters (`near`).

    >>> rules = RuleSet({Glob(("/a/", "x")): 0, Glob(("/a",)): 1, Glob(("/a/b",)): 2})
    >>> rules.first("/a/bx"), rules.first("/a/b"), rules.first("/b") == NO_RANK
    (0, 1, True)
    >>> rules.is_live(Glob(("/a/b",)))
    False
    """

    def __init__(
        self, ranks: Mapping[Glob, int], owners: Mapping[Glob, Hashable] | None = None
    ) -> None:
        self.ranks = ranks
        self._plain = PrefixTree(glob.head for glob in ranks if glob.is_plain)
        self._least = self._plain.least_above([ranks[Glob((text,))] for text in self._plain.texts])
        wild = sorted((glob for glob in ranks if not glob.is_plain), key=ranks.__getitem__)
        self._heads = PrefixTree(glob.head for glob in wild)
        self._wild = Wildcards({_written(glob): ranks[glob] for glob in wild})
        self._owners = owners or {}

    def first(self, text: str, but: Glob | None = None) -> int:
        """The smallest rank of the globs that take `text` (without `but`); `NO_RANK` if none."""
        node = self._plain.deepest(text)
        if node != NOWHERE and but and but.is_plain and but.head == self._plain.texts[node]:
            node = self._plain.parents[node]
        rank = NO_RANK if node == NOWHERE else self._least[node]
        return self._wild.find(text, rank, self.ranks.get(but, NO_RANK) if but else NO_RANK)

    def is_live(self, glob: Glob) -> bool:
        """Whether `glob`, one of the set, is the first for some text."""
        return self.first(glob.generic) == self.ranks[glob]

    def near(self, head: str, but: Hashable = None) -> Iterator[Glob]:
        """The live globs that take some of the texts that begin with `head`, by their ranks.

        Left out are those that take all these texts, and those that belong to `but`.
        """
        return self._near.ascending(head, self._heads, but)

    def before(self, rank: int, head: str) -> Iterator[Glob]:
        """Globs before `rank` that take some of the texts that begin with `head`.

        They are live. Left out are those that take all these texts, and most of those of which
        another one takes all.
        """
        return self._near.before(rank, head, self._heads)

    @cached_property
    def _near(self) -> _Near:
        return _Near([glob for glob in self.ranks if self.is_live(glob)], self.ranks, self._owners)


class _Near:
    """Globs in a line by their heads, so that those below a head are neighbours."""

    def __init__(
        self, globs: Iterable[Glob], ranks: Mapping[Glob, int], owners: Mapping[Glob, Hashable]
    ) -> None:
        self._line = sorted(globs, key=lambda glob: (glob.head, not glob.is_plain))
        self._heads = [glob.head for glob in self._line]
        self._ranked = RankedLine(
            [ranks[glob] for glob in self._line], [owners.get(glob) for glob in self._line]
        )
        # Where the globs are that have the same head and are not plain.
        self._wild: dict[str, tuple[int, int]] = {}
        for place, glob in enumerate(self._line):
            if not glob.is_plain:
                start, _ = self._wild.get(glob.head, (place, place))
                self._wild[glob.head] = (start, place + 1)

    def ascending(self, head: str, heads: PrefixTree, but: Hashable) -> Iterator[Glob]:
        for place in self._ranked.ascending(self._stretches(head, heads), but):
            yield self._line[place]

    def before(self, rank: int, head: str, heads: PrefixTree) -> Iterator[Glob]:
        for start, end in self._stretches(head, heads):
            place = self._ranked.next_below(rank, start, end)
            while place < end:
                glob = self._line[place]
                yield glob
                # what begins with a plain one is taken by it
                after = self._end_of(glob.head) if glob.is_plain else place + 1
                place = self._ranked.next_below(rank, after, end)

    def _stretches(self, head: str, heads: PrefixTree) -> list[tuple[int, int]]:
        stretches = [(bisect_left(self._heads, head), self._end_of(head))]
        for node in heads.above(head):
            above = heads.texts[node]
            if above != head and above in self._wild:
                stretches.append(self._wild[above])
        return stretches

    def _end_of(self, head: str) -> int:
        return bisect_left(self._heads, head + AFTER_ALL)


def _written(glob: Glob) -> str:
    return "*".join(glob.pieces) + "?" * glob.one_more
