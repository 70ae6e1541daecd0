"""Pairs of globs of which one comes first on the old side and the other on the new side."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from ssoroute.model.globs import Glob
from ssoroute.relations.prefix_tree import AFTER_ALL
from ssoroute.relations.sides import Sides

__all__ = ["inverted_pairs"]


def inverted_pairs(
    globs: Sequence[Glob], ranks: Sides[Callable[[Glob], int]]
) -> Iterator[tuple[str, Iterator[Sides[Glob]]]]:
    """The inverted pairs below each head of a glob that is not plain, one of which has that head.

    `old` comes before `new` on the old side, and `new` before `old` on the new side; a glob that a
    side does not have comes last there. The time grows with the globs below the heads and with the
    pairs, and pairs are made one at a time.
    """
    line = sorted(globs, key=lambda glob: glob.head)
    heads = [glob.head for glob in line]
    for head in sorted({glob.head for glob in globs if not glob.is_plain}):
        below = line[bisect_left(heads, head) : bisect_left(heads, head + AFTER_ALL)]
        yield head, _pairs(head, below, ranks)


def _pairs(
    head: str, globs: Sequence[Glob], ranks: Sides[Callable[[Glob], int]]
) -> Iterator[Sides[Glob]]:
    walk = sorted((ranks.old(glob), ranks.new(glob), number) for number, glob in enumerate(globs))
    # The globs that came before on the old side, by their rank on the new one: all, and those with
    # this head that are not plain.
    before: list[tuple[int, int]] = []
    before_with_head: list[tuple[int, int]] = []
    for _, group in groupby(walk, key=lambda item: item[0]):
        together = [(new, number) for _, new, number in group]
        for new, number in together:
            others = before if _is_wild_at(globs[number], head) else before_with_head
            for _, other in others[bisect_right(others, (new, len(globs))) :]:
                yield Sides(globs[other], globs[number])
        for item in together:
            insort(before, item)
            if _is_wild_at(globs[item[1]], head):
                insort(before_with_head, item)


def _is_wild_at(glob: Glob, head: str) -> bool:
    return glob.head == head and not glob.is_plain
