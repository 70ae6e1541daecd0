"""Positions in a text: lines and columns, both from 1, and spans between offsets."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Final, NamedTuple

__all__ = ["Found", "Lines", "Position", "Span"]

_LINE_END: Final = re.compile(r"\r\n|\r|\n")


class Position(NamedTuple):
    """A line and a column as editors count them.

    >>> print(Position(3, 14))
    line 3, column 14
    """

    line: int
    column: int

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}"


class Span(NamedTuple):
    """A part of a text or of bytes: the offsets of its start and of its end."""

    start: int
    end: int


class Found(NamedTuple):
    """The span of a value, and that of its key (None for an item of an array, and for the root)."""

    value: Span
    key: Span | None


class Lines:
    r"""The lines of a text, which may end in any of the three ways.

    >>> Lines("a\r\nbc").position(4)
    Position(line=2, column=2)
    """

    def __init__(self, text: str) -> None:
        self._starts = [0, *(found.end() for found in _LINE_END.finditer(text))]
        self._end = len(text)

    def position(self, offset: int) -> Position:
        """The position of the character at `offset`."""
        line = bisect_right(self._starts, offset)
        return Position(line, offset - self._starts[line - 1] + 1)

    def line(self, number: int) -> Span:
        """The line with this number, with its end; after the last one, the end of the text."""
        ends = [*self._starts[number - 1 : number + 1], self._end, self._end]
        return Span(ends[0], ends[1])
