"""Answering chunks on several cores, in their order, a few at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable
from itertools import chain, islice

from ssoroute.model.spelling import Spelling
from ssoroute.replay.answers import Answered, Answerer, OutputForm
from ssoroute.replay.chunks import Chunk
from ssoroute.replay.workers import HELD, Workers
from ssoroute.routing.router import Router

__all__ = ["run"]


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
    each gets the router once and holds at most two chunks. A single chunk is answered in this
    process. Closing the generator ends the processes. `WorkerEndedError` if one ends by itself.
    """
    answerer = Answerer(router, spelling, form)
    chunks = iter(chunks)
    first = list(islice(chunks, 2))
    chunks = chain(first, chunks)
    if jobs == 1 or len(first) < 2:  # noqa: PLR2004 - nothing to share
        yield from map(answerer.answer, chunks)
        return
    workers = Workers(jobs, answerer)
    try:
        waiting: deque[int] = deque()
        for number, chunk in enumerate(chunks):
            if len(waiting) == HELD * jobs:
                yield workers.receive(waiting.popleft())
            worker = number % jobs
            workers.send(worker, chunk)
            waiting.append(worker)
        while waiting:
            yield workers.receive(waiting.popleft())
    finally:
        try:
            workers.close()
        finally:  # a second interrupt may have come in the middle of it
            workers.close()
