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
from functools import cache
from typing import TYPE_CHECKING, Final, Literal, NoReturn, TextIO

from ssoroute.layout import WIDTH, Line, Span, Style, heading, paragraph, refitted, text_of
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
    "guarded",
    "heading",
    "paragraph",
    "show",
    "show_page",
    "show_source",
    "show_text",
]


#: A link or a picture in Markdown.
_LINK: Final = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")

#: Terminals that show links, by the variables TERM_PROGRAM and TERM, and the first version of VTE.
_LINKING_PROGRAMS: Final = frozenset(
    {"iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper", "Tabby"}
)
_LINKING_TERMS: Final = ("xterm-kitty", "xterm-ghostty", "alacritty", "foot", "wezterm")
_LINKING_VTE: Final = 5000


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
    if sys.stdout.isatty():
        lines = refitted(lines)
    if _shows_colour(sys.stdout):
        console = _console("auto" if sys.stdout.isatty() else "standard")
        guarded(lambda: _show_coloured(console, lines))
    else:
        for line in lines:
            show_text(text_of(line))


def show_text(text: str, *, flushed: bool = False) -> None:
    """Print `text` on one line of standard output."""
    _write(sys.stdout, text, flushed=flushed)


def show_source(line: str) -> None:
    """Print `line` of a text on standard output as it is, with its tabs and its spaces at the end.

    It may end in a carriage return. All else that a terminal could take for a command is
    escaped.
    """
    body = line.removesuffix("\r")
    shown = "\t".join(map(printable, body.split("\t"))) + line[len(body) :]
    guarded(lambda: sys.stdout.write(shown + "\n"))


def show_page(markdown: str) -> None:
    """Print a page of the documentation: laid out on a terminal, otherwise as it is written."""
    if not sys.stdout.isatty():
        for line in markdown.splitlines():
            show_source(line)
        return
    from rich.markdown import Markdown

    console = _console("auto" if _shows_colour(sys.stdout) else None)
    # The pages link to files, which a terminal cannot open.
    guarded(lambda: console.print(Markdown(_LINK.sub(r"\1", markdown))))


def complain(text: str) -> None:
    """Print `text` on one line of standard error, after flushing standard output."""
    flush()
    _write(sys.stderr, text, flushed=True)


def flush() -> None:
    """Flush standard output."""
    guarded(sys.stdout.flush)


def clear_screen() -> None:
    """Clear the screen if standard output is a terminal that can do so."""
    if sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb":
        guarded(lambda: sys.stdout.write("\x1b[2J\x1b[H"))


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
            text.append(printable(span.text), _rich_style(span))
        console.print(text, soft_wrap=True)


def _rich_style(span: Span) -> str:
    if not span.link or not _shows_links():
        return span.style.value
    return f"{span.style.value} link {span.link}".lstrip()


@cache
def _shows_links() -> bool:
    """Whether the terminal shows links (OSC 8); it is known by what it sets in the environment."""
    if os.environ.get("FORCE_HYPERLINK"):
        return os.environ["FORCE_HYPERLINK"] != "0"
    if not sys.stdout.isatty() or "TMUX" in os.environ or "STY" in os.environ:
        return False
    program, term = os.environ.get("TERM_PROGRAM", ""), os.environ.get("TERM", "")
    vte = os.environ.get("VTE_VERSION", "")
    return (
        program in _LINKING_PROGRAMS
        or term.startswith(_LINKING_TERMS)
        or "WT_SESSION" in os.environ
        or "KONSOLE_VERSION" in os.environ
        or (vte.isdigit() and int(vte) >= _LINKING_VTE)
    )


def _write(stream: TextIO, text: str, *, flushed: bool) -> None:
    def write() -> None:
        stream.write(printable(text).rstrip(" ") + "\n")
        if flushed:
            stream.flush()

    guarded(write)


def guarded(action: Callable[[], object]) -> None:
    """Do something that writes; `OutputClosed` or `OutputFailed` if that fails."""
    try:
        action()
    except BrokenPipeError:
        raise OutputClosed from None
    except OSError as error:
        _fail(error)


def _fail(error: OSError) -> NoReturn:
    raise OutputFailed(f"the output {cannot('written', error)}") from None
