"""Where two globs meet: the URLs that both take, as globs again.

A URL that both take holds the pieces of the one in order, and those of the other in order. Mark
where each piece is found: marks that share characters melt into one longer piece, and what is left
between them may be anything. So the URL is one of the glob of the melted pieces, and every URL of
that glob is taken by both. There are finitely many ways to melt, hence

    what two globs have in common is a finite union of globs (`meetings`).

With the fact of `model/globs.py` that a union of globs holds a glob only if one of them does:

    Some URL is taken by both of two globs, and by none of some others, exactly if the generic text
    of one of their meetings is taken by none of the others.

A piece that fits into what is melted so far need not be sought anywhere else: a URL that holds it
later holds it there too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ssoroute.model.globs import Glob

__all__ = ["meetings"]


class _GlobReader(NamedTuple):
    """How far the pieces of one of the two globs are placed.

    The next one is `pieces[number]`; the one before it ends at `end` in the piece that is melted
    now, or in a finished one (then `end` is 0).
    """

    glob: Glob
    number: int
    end: int

    @property
    def is_done(self) -> bool:
        return self.number == len(self.glob.pieces)

    @property
    def next(self) -> str:
        return self.glob.pieces[self.number]

    def placed(self, end: int) -> _GlobReader:
        return self._replace(number=self.number + 1, end=end)

    def needs_more_than(self, length: int) -> bool:
        """Whether one more character must follow a melted piece of this length."""
        return self.glob.one_more and self.end == length


class _Melted(NamedTuple):
    """What is built so far: the finished `pieces`, and the one that is melted now.

    The piece that was placed last begins at `start` in the melted one.
    """

    pieces: tuple[str, ...]
    now: str
    start: int
    readers: tuple[_GlobReader, _GlobReader]


def meetings(one: Glob, other: Glob) -> Iterator[Glob]:
    """The globs that together take what both take; none if neither head begins the other.

    The first is the one with the pieces of `other` after those of `one`. Their number grows fast
    with the number of pieces, so take only as many as you need.

    >>> for found in meetings(Glob(("/", "ab")), Glob(("/t", "bc"))):
    ...     print(*found.pieces)
    /t ab bc
    /t abc
    /t bc ab
    >>> list(meetings(Glob(("/a",)), Glob(("/b",))))
    []
    """
    head = max(one.head, other.head, key=len)
    if not (head.startswith(one.head) and head.startswith(other.head)):
        return
    readers = _GlobReader(one, 1, len(one.head)), _GlobReader(other, 1, len(other.head))
    stack = [_Melted((), head, 0, readers)]
    while stack:
        melted = stack.pop()
        if all(reader.is_done for reader in melted.readers):
            one_more = any(reader.needs_more_than(len(melted.now)) for reader in melted.readers)
            yield Glob((*melted.pieces, melted.now), one_more)
            continue
        ways: list[_Melted] = []
        for number, reader in enumerate(melted.readers):
            if not reader.is_done:
                ways += _ways(melted, number)
        stack += reversed(ways)


def _ways(melted: _Melted, number: int) -> Iterator[_Melted]:
    """The ways to place the next piece of reader `number`, at or after the one placed last."""
    reader, other = melted.readers[number], melted.readers[1 - number]
    piece, now = reader.next, melted.now

    def readers(mine: _GlobReader, its: _GlobReader) -> tuple[_GlobReader, _GlobReader]:
        return (mine, its) if number == 0 else (its, mine)

    earliest = max(reader.end, melted.start)
    inside = now.find(piece, earliest)
    if inside >= 0:
        placed = reader.placed(inside + len(piece))
        yield melted._replace(start=inside, readers=readers(placed, other))
        return
    pieces = (*melted.pieces, now)
    yield _Melted(pieces, piece, 0, readers(reader.placed(len(piece)), other._replace(end=0)))
    for start in range(max(earliest, len(now) - len(piece) + 1), len(now)):
        if piece.startswith(now[start:]):
            longer = now[:start] + piece
            placed = reader.placed(len(longer))
            yield melted._replace(now=longer, start=start, readers=readers(placed, other))
