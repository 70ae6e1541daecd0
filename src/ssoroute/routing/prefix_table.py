"""Strings in order, and which of them begin a text."""

from __future__ import annotations

import random
from array import array
from bisect import bisect, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

__all__ = ["NO_RANK", "PrefixTable", "in_order"]

#: The rank of what no rule matches; larger than every rank.
NO_RANK: Final = 0x7FFFFFFF

# Sorting holds the interpreter lock, and so stalls every other thread: 20,000 texts take 10 ms.
_PIECE: Final = 20_000
_SAMPLES: Final = 8  # texts that are looked at for each piece


def in_order(texts: Iterable[str]) -> list[str]:
    """`texts`, sorted in pieces, between which other threads get a turn.

    >>> in_order(["b", "a"])
    ['a', 'b']
    """
    unsorted = list(texts)
    if len(unsorted) <= _PIECE:
        return sorted(unsorted)
    # A random sample, so that no order of the texts puts most of them into one piece.
    sample = random.sample(unsorted, _SAMPLES * (len(unsorted) // _PIECE * 2))
    limits = sorted(sample)[_SAMPLES::_SAMPLES]
    pieces: list[list[str]] = [[] for _ in range(len(limits) + 1)]
    for text in unsorted:
        pieces[bisect(limits, text)].append(text)
    return [text for piece in pieces for text in sorted(piece)]


class PrefixTable:
    """Finds the smallest rank among the strings that begin a text.

    The strings are sorted; each knows its parent, the longest other one that begins it, and the
    smallest rank of itself and its ancestors. So the deepest one that begins a text answers at
    once. It is the last one that is not greater than the text, or an ancestor of that; a second
    link per node, which jumps over ever more ancestors, keeps the way up logarithmic.

    >>> table = PrefixTable({"https://a": 7, "https://a/b": 9})
    >>> table.find("https://a/b/c"), table.find("https://b") == NO_RANK
    (7, True)
    """

    __slots__ = ("_jumps", "_ranks", "longest", "parents", "strings")

    def __init__(self, ranks: Mapping[str, int]) -> None:
        # The empty string is the root: it begins every text and has no rank.
        strings = ["", *in_order(text for text in ranks if text)]
        parents, jumps, best = array("i", [0]), array("i", [0]), array("i", [NO_RANK])
        depths = [0]
        path = [0]
        for node in range(1, len(strings)):
            text = strings[node]
            while not text.startswith(strings[path[-1]]):
                path.pop()
            parent = path[-1]
            far = jumps[parent]
            same_length = depths[parent] - depths[far] == depths[far] - depths[jumps[far]]
            parents.append(parent)
            jumps.append(jumps[far] if same_length else parent)
            best.append(min(ranks[text], best[parent]))
            depths.append(depths[parent] + 1)
            path.append(node)
        #: Sorted, the empty one first.
        self.strings = strings
        #: By place in `strings`: that of the parent.
        self.parents = parents
        self._jumps = jumps
        self._ranks = best
        #: The length of the longest string; no more of a text decides.
        self.longest = max(map(len, strings))

    def find(self, text: str, low: int = 0, high: int | None = None) -> int:
        """The smallest rank among the strings that begin `text`, `NO_RANK` if there is none.

        They are known to be among `strings[low:high]`.
        """
        return self._ranks[self.deepest(text, low, high)]

    def beginnings(self, text: str) -> Iterator[tuple[int, str]]:
        """The strings that begin `text`, the longest first, each after its place in `strings`."""
        node = self.deepest(text)
        while node:
            yield node, self.strings[node]
            node = self.parents[node]

    def deepest(self, text: str, low: int = 0, high: int | None = None) -> int:
        """The place of the longest string that begins `text`; 0 is the empty one."""
        strings = self.strings
        node = bisect_right(strings, text, low, high) - 1
        while not text.startswith(strings[node]):
            far = self._jumps[node]
            node = self.parents[node] if text.startswith(strings[far]) else far
        return node
