"""Long output on a terminal goes through the pager ($PAGER); all else is printed as it comes."""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, Final, TextIO

import click

from ssoroute.cli.terminal import guarded

__all__ = ["paged"]

#: What colours and links a word, and takes no column.
_INVISIBLE: Final = re.compile(r"\x1b\[[0-9;]*m|\x1b\]8;[^\x1b]*\x1b\\")
#: With these options `less` shows colours, and leaves the text on the screen when it ends.
_LESS: Final = "RX"


def paged(command: Callable[..., Any]) -> Callable[..., Any]:
    """Let the output of `command` go through the pager if it does not fit on the terminal."""

    @wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        # a command that runs again and again shows each answer at once
        if kwargs.get("watch") or not _has_pager():
            return command(*args, **kwargs)
        with _held():
            return command(*args, **kwargs)

    return wrapped


def _has_pager() -> bool:
    terminals = sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()
    return terminals and os.environ.get("TERM", "dumb") != "dumb"


class _Terminal(io.StringIO):
    """Holds what is printed for a terminal."""

    def isatty(self) -> bool:
        """Whether it is for a terminal: it is."""
        return True


@contextmanager
def _held() -> Iterator[None]:
    terminal, held = sys.stdout, _Terminal()
    sys.stdout = held
    ended = False
    try:
        yield
        ended = True
    except click.exceptions.Exit:
        ended = True
        raise
    finally:
        sys.stdout = terminal
        text = held.getvalue()
        if ended and _rows(text, terminal) > os.get_terminal_size(terminal.fileno()).lines:
            os.environ.setdefault("LESS", _LESS)
            guarded(lambda: click.echo_via_pager(text, color=True))
        else:
            guarded(lambda: terminal.write(text))


def _rows(text: str, terminal: TextIO) -> int:
    """How many rows of the terminal `text` takes."""
    columns = max(os.get_terminal_size(terminal.fileno()).columns, 1)
    lines = _INVISIBLE.sub("", text).splitlines()
    return sum(max(1, -(-len(line) // columns)) for line in lines)
