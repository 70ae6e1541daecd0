"""How far a replay is: a bar on standard error, where that is a terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from ssoroute.replay import Answered

__all__ = ["progress"]

Advance = Callable[[Answered, int], None]


@contextmanager
def progress(logs: Sequence[str]) -> Iterator[Advance]:
    """A function that is told each answer, and how many requests there were so far.

    The bar measures bytes of the logs; a pipe has no known end, so it only counts.
    """
    if not sys.stderr.isatty() or os.environ.get("TERM", "dumb") == "dumb":
        yield lambda _answered, _requests: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
    )

    bar = Progress(
        BarColumn(),
        TextColumn("{task.fields[requests]:,} requests"),
        TextColumn("{task.fields[rate]:,.0f}/s"),
        TimeElapsedColumn(),
        console=Console(file=sys.stderr),
        transient=True,
    )
    sizes = [_size(log) for log in logs]
    total = None if None in sizes else sum(size or 0 for size in sizes)
    with bar:
        task = bar.add_task("", total=total, requests=0, rate=0.0)
        reached: dict[str, int] = {}

        def advance(answered: Answered, requests: int) -> None:
            reached[answered.file] = answered.position
            elapsed = bar.tasks[0].elapsed or 1.0
            bar.update(
                task,
                completed=sum(reached.values()),
                requests=requests,
                rate=requests / elapsed,
            )

        yield advance


def _size(log: str) -> int | None:
    if log == "-":
        return None
    try:
        return os.stat(log).st_size
    except (OSError, ValueError):
        return 0  # it will be said when it is read
