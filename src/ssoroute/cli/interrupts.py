"""The signals that stop a command: Ctrl-C (INT), TERM and HUP."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Final, TypeAlias

from ssoroute.cli.status import Status

__all__ = ["Interrupts", "Stopped"]

_Handler: TypeAlias = Callable[[int, FrameType | None], object] | int | signal.Handlers | None

#: The signals that the system has, and the status of a command that each of them stopped.
_STATUS: Final[Mapping[int, Status]] = {
    getattr(signal, name): status
    for name, status in (
        ("SIGINT", Status.INTERRUPTED),
        ("SIGTERM", Status.TERMINATED),
        ("SIGHUP", Status.HUNG_UP),
    )
    if hasattr(signal, name)
}


class Stopped(KeyboardInterrupt):
    """A signal stops the command, which then ends with `status`."""

    def __init__(self, status: Status) -> None:
        self.status = status
        super().__init__()


class Interrupts:
    """Raises `Stopped` for the first signal, and once more for a second Ctrl-C.

    The first one may be held while something is written, the second one is not. After it no signal
    disturbs the cleaning up. Only Ctrl-C counts as the second: a terminal that closes, and a
    service that stops, may send their signals twice without more haste.
    """

    def __init__(self) -> None:
        self._holding = False
        self._waiting: Stopped | None = None
        self._first: Stopped | None = None
        #: Whether the user pressed Ctrl-C again: then there is no time to finish anything.
        self.urgent = False
        self._terminals: list[int] = []

    @contextmanager
    def handled(self) -> Iterator[None]:
        """Handle the signals of this process inside the context.

        Ctrl-C is handled even if the parent process ignores it, as a shell does for what it runs
        in the background. A TERM or HUP that is ignored stays ignored (`nohup`).
        """
        if threading.current_thread() is not threading.main_thread():  # it gets no signal
            yield
            return
        self._terminals = [stream for stream in (1, 2) if _is_terminal(stream)]
        before: dict[int, _Handler] = {}
        for number in _STATUS:
            if number == signal.SIGINT or signal.getsignal(number) is not signal.SIG_IGN:
                before[number] = signal.signal(number, self._take)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, signal.SIG_IGN if self.urgent else handler)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let the first signal wait until the end of the context."""
        self._holding = True
        try:
            yield
        finally:
            self._holding = False
        if self._waiting is not None:
            waiting, self._waiting = self._waiting, None
            raise waiting

    def _take(self, number: int, _frame: FrameType | None) -> None:
        stopped = Stopped(_STATUS[number])
        if number == getattr(signal, "SIGHUP", None):
            self._leave_terminal()
        if self._first is None:
            self._first = stopped
            if self._holding:
                self._waiting = stopped
                return
            raise stopped
        if number == signal.SIGINT and not self.urgent:
            self.urgent = True
            self._waiting = None
            for other in _STATUS:
                signal.signal(other, signal.SIG_IGN)
            # What is dropped in the middle of its work complains while it is freed (Python 3.13:
            # a buffer of multiprocessing that was being sent).
            sys.unraisablehook = _say_nothing
            raise stopped

    def _leave_terminal(self) -> None:
        """Send what is still printed nowhere: the terminal is gone, and writing to it fails."""
        if self._terminals:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            for stream in self._terminals:
                os.dup2(nowhere, stream)
            os.close(nowhere)
            self._terminals = []


def _say_nothing(_unraisable: object) -> None:
    """A hook for errors that nobody can catch."""


def _is_terminal(stream: int) -> bool:
    with suppress(OSError):  # it is closed
        return os.isatty(stream)
    return False
