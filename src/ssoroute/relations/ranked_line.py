"""Entries in a line: those of some stretches of it, the smallest rank first, one at a time."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from heapq import heapify, heappop, heappush

__all__ = ["RankedLine"]


class RankedLine:
    """The ranks of entries in a line, and to whom each entry belongs.

    Each entry that is asked for takes a time that grows with the logarithm of the line, however
    many entries are left out: a tree over the line holds for each part its smallest rank, and the
    smallest one of another owner than that.

    >>> line = RankedLine([5, 3, 4, 1], ["a", "b", "a", "b"])
    >>> list(line.ascending([(0, 3)])), list(line.ascending([(0, 4)], but="b"))
    ([1, 2, 0], [2, 0])
    """

    def __init__(self, ranks: Sequence[int], owners: Sequence[Hashable]) -> None:
        self._ranks, self._owners = ranks, owners
        self._size = 1
        while self._size < len(ranks):
            self._size *= 2
        # Node n has the children 2n and 2n + 1; the leaves come last.
        self._best: list[tuple[int, ...]] = [()] * (2 * self._size)
        for place in range(len(ranks)):
            self._best[self._size + place] = (place,)
        for node in range(self._size - 1, 0, -1):
            self._best[node] = self._first_two((*self._best[2 * node], *self._best[2 * node + 1]))

    def _first_two(self, places: Iterable[int]) -> tuple[int, ...]:
        ordered = sorted(places, key=self._ranks.__getitem__)
        for place in ordered[1:]:
            if self._owners[place] != self._owners[ordered[0]]:
                return ordered[0], place
        return tuple(ordered[:1])

    def ascending(
        self, stretches: Iterable[tuple[int, int]], but: Hashable = None
    ) -> Iterator[int]:
        """The places in `stretches` (start, end), which have none in common, by their ranks.

        Those that belong to `but` are left out; None leaves out none.
        """
        waiting = [
            found
            for start, end in stretches
            for node in self._nodes(start, end)
            if (found := self._least(node, but))
        ]
        heapify(waiting)
        while waiting:
            _, node, place = heappop(waiting)
            if node >= self._size:
                yield place
                continue
            for child in (2 * node, 2 * node + 1):
                if found := self._least(child, but):
                    heappush(waiting, found)

    def next_below(self, rank: int, start: int, end: int) -> int:
        """The first place from `start` up to `end` whose rank is smaller, or `end` if none is.

        >>> line = RankedLine([5, 3, 4, 1], ["a", "b", "a", "b"])
        >>> line.next_below(4, 2, 4), line.next_below(2, 0, 4), line.next_below(1, 0, 4)
        (3, 3, 4)
        """
        node = start + self._size
        while start < end:
            if self._is_below(node, rank):
                while node < self._size:
                    node *= 2
                    node += not self._is_below(node, rank)
                return min(node - self._size, end)
            # the next node to the right, as far up as it goes
            node += 1
            while node % 2 == 0:
                node //= 2
            if node == 1:
                break
            start = (node << (self._size.bit_length() - node.bit_length())) - self._size
        return end

    def _is_below(self, node: int, rank: int) -> bool:
        best = self._best[node]
        return bool(best) and self._ranks[best[0]] < rank

    def _least(self, node: int, but: Hashable) -> tuple[int, int, int] | None:
        for place in self._best[node]:
            if but is None or self._owners[place] != but:
                return self._ranks[place], node, place
        return None

    def _nodes(self, start: int, end: int) -> Iterator[int]:
        """The nodes that cover the places from `start` up to `end`."""
        start, end = start + self._size, end + self._size
        while start < end:
            if start % 2:
                yield start
                start += 1
            if end % 2:
                end -= 1
                yield end
            start, end = start // 2, end // 2
