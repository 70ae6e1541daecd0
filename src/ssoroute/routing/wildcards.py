"""The URL prefixes with a wildcard as one tree, so that a request does not try each of them.

A prefix `HEAD*PIECE*PIECE` matches if the URL begins with the head and the pieces follow in order.
Each piece is taken at the first place where it fits, which leaves the most for those after it. So
prefixes that begin with the same head and pieces end there at the same place, and share a node:

* The roots are the different heads, in sorted order. Bisection finds those that begin a URL.
* A child adds a piece. The children of a node follow each other, so `_bounds` describes them all.

A search leaves a node out if every prefix below it comes after the best one so far. The pieces of a
few nodes are searched in the URL one by one. If there are many, all pieces that begin at a place of
the URL are found together, by bisection; so the work is the length of the URL plus the number of
nodes, not their product. The plain twin is `globs.glob_prefix_matches`, the compiled one
`_compiled_globs.h`.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from ssoroute.routing.prefix_table import NO_RANK, PrefixTable, in_order

__all__ = ["Wildcards"]

_FEW: Final = 64  # pieces that are searched one by one
_BEGIN: Final = 4  # characters that are looked at to see whether a piece may begin
# More of a piece than this is compared only where so much of it was found: at each place of a URL
# so many characters are cut out.
_STEM: Final = 255


class _Written(NamedTuple):
    """A prefix: its head and its pieces, and whether one more character must follow."""

    pieces: tuple[str, ...]
    wants_more: bool
    rank: int

    @classmethod
    def of(cls, text: str, rank: int) -> _Written:
        wants_more = text.endswith("?")  # a prefix holds a `?` only as its last character
        head, *pieces = (text[:-1] if wants_more else text).split("*")
        return cls((head, *filter(None, pieces)), wants_more, rank)


class Wildcards:
    """Finds the smallest rank among the URL prefixes with a wildcard that match a URL.

    `ranks` are those of the prefixes in lower case, in ascending order.

    >>> wildcards = Wildcards({"https://h/*/a": 3, "https://h/*/b": 5})
    >>> wildcards.find("https://h/x/b/y", NO_RANK), wildcards.find("https://h/b", 9)
    (5, 9)
    """

    __slots__ = (
        "_below",
        "_bounds",
        "_least",
        "_more",
        "_pieces",
        "_places",
        "_ranks",
        "_stems",
        "_table",
        "heads",
    )

    def __init__(self, ranks: Mapping[str, int]) -> None:
        written = [_Written.of(text, rank) for text, rank in ranks.items()]
        #: What comes before the first `*` of each prefix; head N is that of node N.
        self.heads = tuple(in_order({entry.pieces[0] for entry in written}))
        self._pieces = tuple(in_order({piece for entry in written for piece in entry.pieces[1:]}))
        # By node: its first child; its children end where those of the next node begin.
        self._bounds = array("i", [len(self.heads)])
        # By node: the place of its piece in `_pieces`, -1 for a root.
        self._places = array("i", [-1] * len(self.heads))
        # By node: the rank of the prefix that ends here, of the one that also wants a character
        # more, and the least one of all that end here or below.
        self._ranks, self._more, self._least = array("i"), array("i"), array("i")
        self._table = PrefixTable({head: node for node, head in enumerate(self.heads)})
        # By node with many children: these, by the stems of their pieces.
        self._below: dict[int, dict[str, list[int]]] = {}
        self._stems: _Stems | None = None  # made when it is first needed
        self._grow(written)

    def _grow(self, written: list[_Written]) -> None:
        roots = {head: node for node, head in enumerate(self.heads)}
        numbers = {piece: number for number, piece in enumerate(self._pieces)}
        below: list[list[_Written]] = [[] for _ in roots]
        depths = [1] * len(roots)
        for entry in written:
            below[roots[entry.pieces[0]]].append(entry)
        for node, entries in enumerate(below):  # which grows while it is walked
            depth = depths[node]
            children: dict[str, list[_Written]] = {}
            here = {False: NO_RANK, True: NO_RANK}
            for entry in entries:  # in the order of their ranks, and so are the children
                if len(entry.pieces) == depth:
                    here[entry.wants_more] = min(here[entry.wants_more], entry.rank)
                else:
                    children.setdefault(entry.pieces[depth], []).append(entry)
            self._ranks.append(here[False])
            self._more.append(here[True])
            self._least.append(entries[0].rank)
            self._places.extend(numbers[piece] for piece in children)
            if len(children) > _FEW:
                by_stem = self._below[node] = {}
                for child, piece in enumerate(children, len(below)):
                    by_stem.setdefault(piece[:_STEM], []).append(child)
            below += children.values()
            depths += [depth + 1] * len(children)
            self._bounds.append(len(below))
            below[node] = []

    def find(self, url: str, best: int, but: int = NO_RANK) -> int:
        """`best`, or the smaller rank of a prefix that matches the ASCII string `url`.

        The prefix with the rank `but` is left out.
        """
        if not self.heads:
            return best
        text = url.lower()
        # The table has the empty string before the heads, so its numbers are one larger.
        found = [(node - 1, len(head)) for node, head in self._table.beginnings(text)]
        for node, end in found:
            best = self._rank_at(node, best, but, more=end < len(text))
        occurring: dict[str, _Span] | None = None
        searches = 0
        while found:
            node, end = found.pop()
            first, last = self._bounds[node], self._bounds[node + 1]
            searches += last - first
            if searches <= _FEW:
                children: Iterable[tuple[int, int]] = ((child, end) for child in range(first, last))
            else:
                if occurring is None:
                    self._stems = self._stems or _Stems(self._pieces)
                    occurring = self._stems.spans(text)
                children = self._met(node, end, occurring)
            for child, start in children:
                if self._least[child] >= best:
                    continue
                piece = self._pieces[self._places[child]]
                place = text.find(piece, start)
                if place >= 0:
                    found.append((child, place + len(piece)))
                    best = self._rank_at(child, best, but, more=place + len(piece) < len(text))
        return best

    def _met(
        self, node: int, end: int, occurring: Mapping[str, _Span]
    ) -> Iterator[tuple[int, int]]:
        """The children of a node whose stems begin at `end` or later, and from where to search."""
        below = self._below.get(node)
        if below is None or len(below) < len(occurring):
            for child in range(self._bounds[node], self._bounds[node + 1]):
                span = occurring.get(self._pieces[self._places[child]][:_STEM])
                if span is not None and span.last >= end:
                    yield child, max(span.first, end)
            return
        for stem, span in occurring.items():
            if span.last >= end:
                for child in below.get(stem, ()):
                    yield child, max(span.first, end)

    @property
    def compiled_parts(self) -> tuple[object, ...]:
        """What `_compiled_globs.h` reads: the pieces, and four numbers of each node."""
        return self._pieces, self._bounds, self._places, self._ranks, self._more

    def _rank_at(self, node: int, best: int, but: int, *, more: bool) -> int:
        rank = self._ranks[node]
        if rank < best and rank != but:
            best = rank
        if more:
            rank = self._more[node]
            if rank < best and rank != but:
                best = rank
        return best


class _Span(NamedTuple):
    """The first and the last place of a text where a stem begins."""

    first: int
    last: int


class _Stems:
    """Finds where the first characters of pieces are in a text, all in one pass."""

    __slots__ = ("_begins", "_table")

    def __init__(self, pieces: Iterable[str]) -> None:
        stems = dict.fromkeys((piece[:_STEM] for piece in pieces), 0)
        self._table = PrefixTable(stems)
        # By the length of their beginnings: the characters in each place of them.
        columns: dict[int, list[set[str]]] = {}
        for stem in stems:
            beginning = stem[:_BEGIN]
            sets = columns.setdefault(len(beginning), [set() for _ in beginning])
            for column, character in zip(sets, beginning, strict=True):
                column.add(character)
        ways = ("".join(map(_one_of, sets)) for sets in columns.values())
        self._begins = re.compile(f"(?={'|'.join(ways)})")

    def spans(self, text: str) -> dict[str, _Span]:
        """The stems that `text` holds, and where each of them begins."""
        table = self._table
        starts = [match.start() for match in self._begins.finditer(text)]
        longest = [
            (place, stem)
            for place in starts
            if (stem := table.deepest(text[place : place + _STEM]))
        ]
        first, last = self._by_stem(longest), self._by_stem(reversed(longest))
        return {table.strings[stem]: _Span(place, last[stem]) for stem, place in first.items()}

    def _by_stem(self, longest: Iterable[tuple[int, int]]) -> dict[int, int]:
        """The place of each stem: the first of `longest`, the longest stems at some places.

        A shorter stem that begins there is an ancestor of the longest one.
        """
        found: dict[int, int] = {}
        for place, at_place in longest:
            stem = at_place
            while stem and stem not in found:
                found[stem] = place
                stem = self._table.parents[stem]
        return found


def _one_of(characters: Iterable[str]) -> str:
    return f"[{re.escape(''.join(sorted(characters)))}]"
