"""Strings ordered by which of them begins which: what can be said of many prefixes in one pass.

A plain URL prefix takes the texts that begin with it, so of two of them either one holds the other
or they have nothing in common: the strings are the nodes of a tree, and each relation between them
is one between a node and the nodes above or below it.

`routing/prefix_table.PrefixTable` is the tree of the hot path: it only finds the smallest rank for
a text, in compact arrays. This one can be walked up and down.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence

__all__ = ["AFTER_ALL", "NOWHERE", "PrefixTree"]

#: The parent of a string that no other one begins.
NOWHERE = -1

#: What follows every string that begins with a text, if it is put after the text.
AFTER_ALL = "\U0010ffff"


class PrefixTree:
    """Distinct strings in sorted order; a node is the number of one of them.

    `parents` holds for each node the longest other string that begins it (`NOWHERE` if there
    is none), and `ends` the end of its own part of the order: the strings that begin with
    string `n` are those from `n` up to `ends[n]`.

    >>> tree = PrefixTree(["/a/b", "/a", "/c"])
    >>> tree.texts, tree.parents, tree.ends
    (['/a', '/a/b', '/c'], [-1, 0, -1], [2, 2, 3])
    """

    __slots__ = ("_nodes", "ends", "parents", "texts")

    def __init__(self, texts: Iterable[str]) -> None:
        self.texts = sorted(set(texts))
        self.parents: list[int] = []
        self.ends = [len(self.texts)] * len(self.texts)
        self._nodes = {text: node for node, text in enumerate(self.texts)}
        path: list[int] = []
        for node, text in enumerate(self.texts):
            while path and not text.startswith(self.texts[path[-1]]):
                self.ends[path.pop()] = node
            self.parents.append(path[-1] if path else NOWHERE)
            path.append(node)

    def node(self, text: str) -> int:
        """The node of `text`, or `NOWHERE` if it is not one of the strings."""
        return self._nodes.get(text, NOWHERE)

    def deepest(self, text: str) -> int:
        """The node of the longest string that begins `text`, or `NOWHERE` if none does.

        >>> PrefixTree(["/a/b", "/a"]).deepest("/a/x")
        0
        """
        node = bisect_right(self.texts, text) - 1
        while node != NOWHERE and not text.startswith(self.texts[node]):
            node = self.parents[node]
        return node

    def above(self, text: str) -> Iterator[int]:
        """The nodes of all strings that begin `text`, the longest first."""
        node = self.deepest(text)
        while node != NOWHERE:
            yield node
            node = self.parents[node]

    def below(self, text: str) -> range:
        """The nodes of all strings that begin with `text`.

        >>> PrefixTree(["/a/b", "/a", "/c"]).below("/a/")
        range(1, 2)
        """
        start = bisect_left(self.texts, text)
        node = self.node(text)
        end = bisect_left(self.texts, text + AFTER_ALL) if node == NOWHERE else self.ends[node]
        return range(start, end)

    def least_above(self, values: Sequence[int]) -> list[int]:
        """For each node the smallest of `values`, one a node, of itself and the nodes above it."""
        least: list[int] = []
        for value, parent in zip(values, self.parents, strict=True):
            least.append(value if parent == NOWHERE else min(value, least[parent]))
        return least
