"""Positions as the Language Server Protocol counts them: lines and characters from 0."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from ssoroute.loaders.position import Lines, Span

__all__ = ["Place", "Places"]

#: The last character that UTF-16 writes in one unit.
_LAST: Final = 0xFFFF
#: How many units of each encoding a character takes.
_WIDTHS: Final[Mapping[str, Callable[[str], int]]] = {
    "utf-8": lambda character: len(character.encode("utf-8", "surrogatepass")),
    "utf-16": lambda character: 2 if ord(character) > _LAST else 1,
    "utf-32": lambda _character: 1,
}


class Place(NamedTuple):
    """A line, and a character in it, both from 0; characters are in units of the encoding."""

    line: int
    character: int


class Places:
    r"""The places of the characters in a text, in the encoding that the editor counts in.

    >>> places = Places("a\n\U0001f600b", "utf-16")
    >>> places.place(3), places.offset(Place(1, 2))
    (Place(line=1, character=2), 3)
    """

    def __init__(self, text: str, encoding: str) -> None:
        self._text = text
        self._width = _WIDTHS[encoding]
        self._lines = Lines(text)

    def place(self, offset: int) -> Place:
        """The place of the character at `offset`."""
        line, column = self._lines.position(offset)
        before = self._text[offset - column + 1 : offset]
        units = len(before) if before.isascii() else sum(map(self._width, before))
        return Place(line - 1, units)

    def range(self, span: Span) -> tuple[Place, Place]:
        """The places of the start and of the end of `span`."""
        return self.place(span.start), self.place(span.end)

    def offset(self, place: Place) -> int:
        """The offset of the character at `place`; the end of its line if the line is shorter."""
        line = self._lines.line(place.line + 1)
        left = place.character
        for offset in range(line.start, line.end):
            if left <= 0 or self._text[offset] in "\r\n":
                return offset
            left -= self._width(self._text[offset])
        return line.end
