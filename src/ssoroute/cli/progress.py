"""A progress bar on standard error, for commands that may take long."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeAlias

__all__ = ["Advance", "progress"]

#: A command that ends earlier, in seconds, shows no bar.
DELAY: Final = 1.0

#: Takes a text, how much is done, and the total; None if the total is unknown.
Advance: TypeAlias = Callable[[str, int, int | None], None]


@contextmanager
def progress(text: str) -> Iterator[Advance]:
    """Show a bar with `text` after one second, if standard error is a terminal.

    The function that it gives changes the text and moves the bar.
    """
    if not sys.stderr.isatty() or os.environ.get("TERM", "dumb") == "dumb":
        yield lambda _text, _done, _total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TimeElapsedColumn(),
        console=Console(file=sys.stderr),
        transient=True,
        redirect_stdout=False,
    )
    task = bar.add_task(text, total=None)

    def advance(text: str, done: int, total: int | None) -> None:
        bar.update(task, description=text, completed=done, total=total)

    timer = threading.Timer(DELAY, bar.start)
    timer.daemon = True
    timer.start()
    try:
        yield advance
    finally:
        timer.cancel()
        timer.join()
        bar.stop()
