"""Terminal output: everything that the command line prints passes through here.

`show` and `complain` escape every character that a terminal could take for a command, so no profile
and no URL controls the terminal. `show` colours words on a terminal. A pipe gets the same words
without colour.
"""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final, Literal, NoReturn, TextIO

import click

from ssoroute.layout import WIDTH, Line, Span, Style, heading, paragraph, text_of
from ssoroute.model.quoting import cannot, printable

if TYPE_CHECKING:
    from rich.console import Console

__all__ = [
    "WIDTH",
    "ClosedOutput",
    "Line",
    "OutputClosed",
    "OutputFailed",
    "Span",
    "Style",
    "clear_screen",
    "complain",
    "flush",
    "heading",
    "paragraph",
    "show",
    "show_page",
    "show_source",
    "show_text",
]


#: A link or a picture in Markdown.
_LINK: Final = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")


class OutputClosed(Exception):  # noqa: N818 - it names an event
    """The reader of the output has closed it (`ssoroute show | head -1`)."""


class OutputFailed(Exception):  # noqa: N818 - the same
    """The output cannot be written; the message says why."""


class ClosedOutput(io.TextIOBase):
    """Takes the place of a standard output that is closed: writing to it fails."""

    def write(self, text: str, /) -> int:
        """`OutputFailed`, unless there is nothing to write."""
        if text:
            raise OutputFailed("the output cannot be written: standard output is closed")
        return 0


def show(lines: Iterable[Line]) -> None:
    """Print `lines` on standard output, in colour if it is a terminal that shows colour."""
    if _shows_colour(sys.stdout):
        console = _console("auto" if sys.stdout.isatty() else "standard")
        _guard(lambda: _show_coloured(console, lines))
    else:
        for line in lines:
            show_text(text_of(line))


def show_text(text: str, *, flushed: bool = False) -> None:
    """Print `text` on one line of standard output."""
    _write(sys.stdout, text, flushed=flushed)


def show_source(line: str) -> None:
    """Print `line` of a text on standard output as it is, with its tabs and its spaces at the end.

    A carriage return may stand at its end. All else that a terminal could take for a command is
    escaped.
    """
    body = line.removesuffix("\r")
    shown = "\t".join(map(printable, body.split("\t"))) + line[len(body) :]
    _guard(lambda: sys.stdout.write(shown + "\n"))


def show_page(markdown: str) -> None:
    """Print a page of the documentation: laid out and paged on a terminal, otherwise as written."""
    if not sys.stdout.isatty():
        for line in markdown.splitlines():
            show_source(line)
        return
    from rich.markdown import Markdown

    console = _console("auto" if _shows_colour(sys.stdout) else None)
    with console.capture() as captured:
        # The pages link to files, which a terminal cannot open.
        console.print(Markdown(_LINK.sub(r"\1", markdown)))
    _guard(lambda: click.echo_via_pager(captured.get(), color=True))


def complain(text: str) -> None:
    """Print `text` on one line of standard error, after flushing standard output."""
    flush()
    _write(sys.stderr, text, flushed=True)


def flush() -> None:
    """Flush standard output."""
    _guard(sys.stdout.flush)


def clear_screen() -> None:
    """Clear the screen if standard output is a terminal that can do so."""
    if sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb":
        _guard(lambda: sys.stdout.write("\x1b[2J\x1b[H"))


def _shows_colour(stream: TextIO) -> bool:
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM", "dumb") != "dumb"


def _console(color_system: Literal["auto", "standard"] | None) -> Console:
    from rich.console import Console

    return Console(
        file=sys.stdout,
        force_terminal=True,
        color_system=color_system,
        highlight=False,
        emoji=False,
        markup=False,
    )


def _show_coloured(console: Console, lines: Iterable[Line]) -> None:
    from rich.text import Text

    for line in lines:
        # `Text` takes words as they are: no markup, no emoji codes.
        text = Text()
        for span in line:
            text.append(printable(span.text), span.style.value)
        console.print(text, soft_wrap=True)


def _write(stream: TextIO, text: str, *, flushed: bool) -> None:
    def write() -> None:
        stream.write(printable(text).rstrip(" ") + "\n")
        if flushed:
            stream.flush()

    _guard(write)


def _guard(action: Callable[[], object]) -> None:
    try:
        action()
    except BrokenPipeError:
        raise OutputClosed from None
    except OSError as error:
        _fail(error)


def _fail(error: OSError) -> NoReturn:
    raise OutputFailed(f"the output {cannot('written', error)}") from None
