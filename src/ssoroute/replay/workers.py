"""Processes that answer chunks and end together with the main process, however it ends.

Each worker reads its chunks from a pipe whose other end only the main process holds. When the main
process ends, even if it was killed, the pipe ends, and the worker ends at once. Only the main
process reacts to signals: workers ignore those that a terminal or a service sends to all of them.
"""

from __future__ import annotations

import os
import queue
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from ssoroute.replay.answers import Answered, Answerer
from ssoroute.replay.chunks import Chunk

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess

__all__ = ["WorkerEndedError", "Workers"]

#: How many chunks a worker holds: one that it answers, and one that waits.
HELD: Final = 2
_SIGNALS: Final = frozenset(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)


class WorkerEndedError(RuntimeError):
    """A worker ended before it answered, for example because memory ran out."""


class _Worker(NamedTuple):
    process: SpawnProcess
    chunks: Connection
    answers: Connection


class Workers:
    """`count` processes that answer chunks; each gets a copy of `answerer`."""

    def __init__(self, count: int, answerer: Answerer) -> None:
        self._workers: list[_Worker] = []
        try:
            with _signals_blocked():  # a new process inherits what is blocked
                for _ in range(count):
                    self._workers.append(_started(answerer))
        except BaseException:
            self.close()
            raise

    def __len__(self) -> int:
        return len(self._workers)

    def send(self, number: int, chunk: Chunk) -> None:
        """Give worker `number` a chunk; it may hold `HELD` of them."""
        try:
            self._workers[number].chunks.send(chunk)
        except OSError as error:
            raise self._ended(number) from error

    def receive(self, number: int) -> list[Answered]:
        """The answers of worker `number` to its next chunk."""
        try:
            answered: list[Answered] = self._workers[number].answers.recv()
        except (EOFError, OSError) as error:
            raise self._ended(number) from error
        return answered

    def close(self) -> None:
        """End all workers at once; a second call does nothing."""
        for worker in self._workers:
            worker.process.kill()
        for worker in self._workers:
            worker.process.join()
            worker.chunks.close()
            worker.answers.close()

    def _ended(self, number: int) -> WorkerEndedError:
        process = self._workers[number].process
        process.join(1)
        code = process.exitcode
        if code is not None and code < 0:
            with suppress(ValueError):
                return WorkerEndedError(f"signal {signal.Signals(-code).name}")
        return WorkerEndedError(f"exit status {code}")


def _started(answerer: Answerer) -> _Worker:
    import multiprocessing

    context = multiprocessing.get_context("spawn")  # safe with threads, and the same everywhere
    theirs, ours = context.Pipe(duplex=False)
    answers, their_answers = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(answerer, theirs, their_answers), daemon=True)
    process.start()
    theirs.close()
    their_answers.close()
    return _Worker(process, ours, answers)


def _work(answerer: Answerer, chunks: Connection, answers: Connection) -> None:
    """Answer chunks until their pipe ends."""
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    waiting: queue.SimpleQueue[Chunk] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(chunks, waiting), daemon=True).start()
    try:
        while True:
            answers.send(answerer.answer(waiting.get()))
    except OSError:  # the main process has closed its end
        os._exit(0)


def _receive(chunks: Connection, waiting: queue.SimpleQueue[Chunk]) -> None:
    """Take in chunks while others are answered; the end of the pipe ends this process."""
    try:
        while True:
            waiting.put(chunks.recv())
    except (EOFError, OSError):
        os._exit(0)


@contextmanager
def _signals_blocked() -> Iterator[None]:
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    from multiprocessing import resource_tracker

    # Starting it would unblock the signals.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
