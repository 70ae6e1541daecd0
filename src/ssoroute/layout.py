"""Lines of words in styles: how texts for people are laid out, wherever they are printed.

A line holds only printable characters, so no profile and no URL controls a terminal.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import Enum
from typing import Final, NamedTuple

from ssoroute.model.quoting import printable

__all__ = [
    "WIDTH",
    "Line",
    "Span",
    "Style",
    "fitted",
    "heading",
    "paragraph",
    "refitted",
    "text_of",
]

#: No line is longer, except for single words (URLs, identifiers), which are never broken.
WIDTH: Final = 100
_LEAST: Final = 40
_HANG: Final = 4
#: A cell that is wrapped has at least so many columns.
_NARROWEST: Final = 30
#: What separates two cells of a row.
_GAP: Final = "  "
_CELL: Final = re.compile(r"[^ ]+(?: [^ ]+)*")
_width: ContextVar[int] = ContextVar("width", default=WIDTH)


class Style(Enum):
    """How a word looks on a terminal; the value is its name in rich's language."""

    PLAIN = ""
    STRONG = "bold"
    DIM = "dim"
    GOOD = "green"
    BAD = "red"
    WARN = "yellow"


class Span(NamedTuple):
    """A piece of a line, in one style; `link` is where a terminal leads to from it."""

    text: str
    style: Style = Style.PLAIN
    link: str = ""


Line = tuple[Span, ...]


@contextmanager
def fitted(columns: int) -> Iterator[None]:
    """Lay lines out for a terminal of so many columns, until the block ends.

    Paragraphs have at most `WIDTH` columns of them; rows of tables may take them all.

    >>> with fitted(50):
    ...     [text_of(line) for line in paragraph("every word of this text is shown", indent=24)]
    ['                        every word of this text is', '                        shown']
    """
    token = _width.set(max(_LEAST, columns))
    try:
        yield
    finally:
        _width.reset(token)


def heading(text: str) -> Iterator[Line]:
    """An empty line, and the name of what follows."""
    yield ()
    yield (Span(text, Style.STRONG),)


def paragraph(*spans: Span | str, indent: int = 0, hang: int = 0) -> Iterator[Line]:
    """The words of `spans` as lines of at most `WIDTH` columns, or as many as are `fitted`.

    Lines begin with `indent` spaces, and lines after the first one with `hang` more. Words are
    separated by spaces. Two spans without a space between them form one word.

    >>> [text_of(line) for line in paragraph("no prefix", indent=2)]
    ['  no prefix']
    """
    return _wrapped(spans, indent, indent + hang, min(_width.get(), WIDTH))


def _wrapped(spans: Iterable[Span | str], indent: int, others: int, width: int) -> Iterator[Line]:
    """Lines of at most `width` columns; the first is indented by `indent`, the `others` so."""
    line: list[Span] = [Span(" " * indent)]
    column = indent
    for word in _words(spans):
        length = sum(len(span.text) for span in word)
        at_start = len(line) == 1
        if not at_start and column + 1 + length > width:
            yield tuple(line)
            line, column, at_start = [Span(" " * others)], others, True
        if not at_start:
            line.append(Span(" "))
            column += 1
        line += word
        column += length
    yield tuple(line)


def _words(spans: Iterable[Span | str]) -> Iterator[list[Span]]:
    word: list[Span] = []
    for given in spans:
        span = given if isinstance(given, Span) else Span(given)
        for number, piece in enumerate(printable(span.text).split(" ")):
            if number and word:
                yield word
                word = []
            if piece:
                word.append(span._replace(text=piece))
    if word:
        yield word


def refitted(lines: Iterable[Line]) -> Iterator[Line]:
    """`lines`, each that is too long as several; a row of a table is folded between its cells.

    >>> with fitted(40):
    ...     lines = list(refitted([(Span("  each word of this longer text is shown here"),)]))
    >>> [text_of(line) for line in lines]
    ['  each word of this longer text is shown', '      here']
    """
    for line in lines:
        text = text_of(line)
        body = text.lstrip(" ")
        if _GAP in body:
            yield from _folded(line) if len(text) > _width.get() else (line,)
        elif len(text) > min(_width.get(), WIDTH):
            yield from paragraph(*line, indent=len(text) - len(body), hang=_HANG)
        else:
            yield line


def _folded(row: Line) -> Iterator[Line]:
    """The cells of `row` on as many lines as they need.

    The last cell is wrapped in its own column if all of its words fit there. Any other cell that
    does not fit begins a new line.

    >>> with fitted(40):
    ...     lines = list(refitted([(Span("SSO002  larger than it may be, so it is left out"),)]))
    >>> [text_of(line) for line in lines]
    ['SSO002  larger than it may be, so it is', '        left out']
    """
    row = tuple(span._replace(text=printable(span.text)) for span in row)
    places = [match.span() for match in _CELL.finditer(text_of(row))]
    hang, width = places[0][0] + _HANG, _width.get()
    line: list[Span] = []
    column, is_moved = 0, False
    for start, end in places:
        at = column + len(_GAP) if is_moved else start
        cell = list(_cut(row, start, end))
        longest = max(map(len, text_of(tuple(cell)).split(" ")))
        needed = longest if end == places[-1][1] else end - start
        if line and at + max(needed, min(end - start, _NARROWEST)) > width:
            yield tuple(line)
            line, column, at, is_moved = [], 0, hang, True
        first, *others = _wrapped(cell, at, at, width)
        line += [Span(" " * (at - column)), *first[1:]]
        for other in others:
            yield tuple(line)
            line = list(other)
        column = sum(len(span.text) for span in line)
    yield tuple(line)


def _cut(line: Line, start: int, end: int) -> Iterator[Span]:
    """The part of `line` between two columns."""
    column = 0
    for span in line:
        piece = span.text[max(start - column, 0) : max(end - column, 0)]
        if piece:
            yield span._replace(text=piece)
        column += len(span.text)


def text_of(line: Line) -> str:
    """The words of a line without their styles.

    >>> text_of((Span("  "), Span("handle", Style.GOOD)))
    '  handle'
    """
    return "".join(span.text for span in line)
