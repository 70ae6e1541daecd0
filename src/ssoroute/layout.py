"""Lines of words in styles: how texts for people are laid out, wherever they are printed.

A line holds only printable characters, so no profile and no URL controls a terminal.
"""

from __future__ import annotations

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

    >>> with fitted(50):
    ...     [text_of(line) for line in paragraph("every word of this text is shown", indent=24)]
    ['                        every word of this text is', '                        shown']
    """
    token = _width.set(max(_LEAST, min(columns, WIDTH)))
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
    line: list[Span] = [Span(" " * indent)]
    column, width = indent, _width.get()
    for word in _words(spans):
        length = sum(len(span.text) for span in word)
        at_start = len(line) == 1
        if not at_start and column + 1 + length > width:
            yield tuple(line)
            line, column, at_start = [Span(" " * (indent + hang))], indent + hang, True
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
    """`lines`, each that is too long as several; the rows of a table stay whole.

    >>> with fitted(40):
    ...     lines = list(refitted([(Span("  each word of this longer text is shown here"),)]))
    >>> [text_of(line) for line in lines]
    ['  each word of this longer text is shown', '      here']
    """
    for line in lines:
        text = text_of(line)
        body = text.lstrip(" ")
        if len(text) <= _width.get() or "  " in body:
            yield line
        else:
            yield from paragraph(*line, indent=len(text) - len(body), hang=_HANG)


def text_of(line: Line) -> str:
    """The words of a line without their styles.

    >>> text_of((Span("  "), Span("handle", Style.GOOD)))
    '  handle'
    """
    return "".join(span.text for span in line)
