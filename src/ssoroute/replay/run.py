"""Answering chunks on several cores, in their order, a few at a time.

Threads answer what the compiled modules answer as a whole, because they release the interpreter
lock. Processes answer the rest.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Iterator
from itertools import chain, islice
from typing import TYPE_CHECKING, Final

from ssoroute.model.spelling import Spelling
from ssoroute.replay.answers import Answered, Answerer
from ssoroute.replay.chunks import Chunk, Remark
from ssoroute.replay.compiled import answers
from ssoroute.replay.output_form import OutputForm
from ssoroute.replay.workers import HELD, Workers
from ssoroute.routing.router import Router

if TYPE_CHECKING:
    from concurrent.futures import Future

__all__ = ["run"]

#: This many chunks show whether several cores are worth it, and how the chunks are answered.
_FIRST: Final = 3


def run(
    router: Router,
    chunks: Iterable[Chunk],
    *,
    spelling: Spelling = Spelling.BROWSER,
    form: OutputForm | None = None,
    jobs: int = 1,
    caller: str | None = None,
) -> Generator[Answered, None, None]:
    """The answers to `chunks`, in their order; with `form` also written in that form.

    URLs are routed in the `spelling` `app` (as written) or `browser`. `caller` is the caller for
    logs that have none: CSV and Parquet without that column, HAR, flows, lists of URLs, and each
    line of JSON without that member.

    `jobs` threads or processes answer; each holds at most two chunks. If URLs are written as
    Parquet, one of the threads is that which calls, since it writes. One job, or a single chunk, is
    answered in the calling thread. Closing the generator ends the others. `WorkerEndedError` if a
    process ends by itself.
    """
    answerer = Answerer(router, spelling, form, caller)
    chunks = iter(chunks)
    first = list(islice(chunks, _FIRST))
    chunks = chain(first, chunks)
    many = len(first) == _FIRST or sum(not isinstance(chunk.body, Remark) for chunk in first) > 1
    if jobs == 1 or not many:
        for chunk in chunks:
            yield from answerer.answer(chunk)
    elif form is not OutputForm.JSON_LINES and any(answers(chunk.body) for chunk in first):
        # to write URLs keeps the calling thread busy: more threads would only take turns
        yield from _in_threads(answerer, chunks, jobs - (form is OutputForm.PARQUET))
    else:
        yield from _in_processes(answerer, chunks, jobs)


def _in_threads(
    answerer: Answerer, chunks: Iterator[Chunk], jobs: int
) -> Generator[Answered, None, None]:
    from concurrent.futures import ThreadPoolExecutor

    pool = ThreadPoolExecutor(jobs)
    try:
        waiting: deque[Future[list[Answered]]] = deque()
        for chunk in chunks:
            if len(waiting) == HELD * jobs:
                yield from waiting.popleft().result()
            waiting.append(pool.submit(answerer.answer, chunk))
        while waiting:
            yield from waiting.popleft().result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _in_processes(
    answerer: Answerer, chunks: Iterator[Chunk], jobs: int
) -> Generator[Answered, None, None]:
    workers = Workers(jobs, answerer)
    try:
        waiting: deque[int] = deque()
        for number, chunk in enumerate(chunks):
            if len(waiting) == HELD * jobs:
                yield from workers.receive(waiting.popleft())
            worker = number % jobs
            workers.send(worker, chunk)
            waiting.append(worker)
        while waiting:
            yield from workers.receive(waiting.popleft())
    finally:
        try:
            workers.close()
        finally:  # a second interrupt may have stopped the first call
            workers.close()
