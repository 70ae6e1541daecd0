"""Answering chunks on several cores, in their order, a few at a time."""

from __future__ import annotations

import signal
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from itertools import chain, islice
from typing import TYPE_CHECKING

from ssoroute.model.spelling import Spelling
from ssoroute.replay.answers import Answered, Answerer, OutputForm
from ssoroute.replay.chunks import Chunk
from ssoroute.routing.router import Router

if TYPE_CHECKING:
    from concurrent.futures import Future

__all__ = ["run"]

# The one global of a worker process, which answers for one replay and then ends.
_answerers: list[Answerer] = []


def run(
    router: Router,
    chunks: Iterable[Chunk],
    *,
    spelling: Spelling = Spelling.BROWSER,
    form: OutputForm | None = None,
    jobs: int = 1,
) -> Generator[Answered, None, None]:
    """The answers to `chunks`, in their order; with `form` also written in that form.

    URLs are routed in the `spelling` `app` (as written) or `browser`. `jobs` processes answer;
    the router is sent to each of them once, and at most three chunks for each are held. A single
    chunk is answered here.
    """
    chunks = iter(chunks)
    first = list(islice(chunks, 2))
    chunks = chain(first, chunks)
    if jobs == 1 or len(first) < 2:  # noqa: PLR2004 - nothing to share
        answerer = Answerer(router, spelling, form)
        yield from map(answerer.answer, chunks)
        return
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    context = multiprocessing.get_context("spawn")  # safe with threads, and the same everywhere
    pool = ProcessPoolExecutor(jobs, context, _start, (router, spelling, form))
    try:
        waiting: deque[Future[Answered]] = deque()
        for chunk in chunks:
            # A process may be started here, and inherits what is held: an interrupt is for the
            # process that the user started.
            with _interrupts_held():
                waiting.append(pool.submit(_answer, chunk))
            if len(waiting) >= 3 * jobs:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def _start(router: Router, spelling: Spelling, form: OutputForm | None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _answerers.append(Answerer(router, spelling, form))


def _answer(chunk: Chunk) -> Answered:
    return _answerers[0].answer(chunk)


@contextmanager
def _interrupts_held() -> Iterator[None]:
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    from multiprocessing import resource_tracker

    # Its start would let interrupts through again.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
