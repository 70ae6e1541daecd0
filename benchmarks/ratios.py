"""What a function costs in empty Python calls: a figure by which two runs can be compared.

Nanoseconds of two runs differ by the machines and their mood. How many empty calls a function is
worth, both measured in turns in one process, stays the same as long as the code does.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from types import FunctionType
from typing import Any, Final

from benchmarks.baselines import empty
from benchmarks.timing import Lap, measure

__all__ = ["TOLERANCE", "cost", "is_worse"]

#: A ratio may be this many times the stored one: runs of the same code beside busy processes came
#: to 1.4.
TOLERANCE: Final = 2.0
#: Seconds of a measurement that is compared, and of one that is not but may be stored.
COMPARED: Final = 0.3
STORED: Final = 2.0
#: Seconds for which more rounds are made while a ratio looks worse than the stored one allows: on a
#: busy machine it takes longer until the least of all rounds is seen.
PATIENCE: Final = 15.0
#: A lap takes at least these nanoseconds, so that reading the clock does not count.
LAP: Final = 200_000
#: The empty calls of a lap, and how many copies of that lap there are. In one process of forty one
#: of them takes half as long again from start to end, perhaps by where its code lies in memory.
CALLS: Final = 5_000
COPIES: Final = 4
URL: Final = "https://www.example.com/"


def is_worse(ratio: float, stored: float | None) -> bool:
    """Whether a ratio is worse than the stored run allows; without a stored run it is not."""
    return stored is not None and ratio > TOLERANCE * stored


def cost(function: Callable[[], object], stored: float | None = None) -> float:
    """How many empty calls `function()` costs, the least of many rounds of both.

    While that is worse than `stored` allows, more rounds are made.
    """
    times = 1
    while (lap := _lap(function, times))() < LAP:
        times *= 2
    references = {f"empty, copy {copy}": (_empty_lap(), None, CALLS) for copy in range(COPIES)}
    laps = {"function": (lap, None, times), **references}
    least = dict.fromkeys(laps, float("inf"))
    end = time.monotonic() + PATIENCE
    while True:
        figures = measure(laps, seconds=STORED if stored is None else COMPARED)
        least = {name: min(least[name], figures[name].least) for name in laps}
        ratio = least["function"] / min(least[name] for name in references)
        if not is_worse(ratio, stored) or time.monotonic() > end:
            return ratio


# The thread's own time, not that of the clock on the wall: what others do meanwhile does not count.


def _lap(function: Callable[[], object], times: int) -> Lap:
    def lap() -> int:
        start = time.thread_time_ns()
        for _ in range(times):
            function()
        return time.thread_time_ns() - start

    return lap


def _empty_lap() -> Lap:
    call = _copy(empty)

    def lap() -> int:
        start = time.thread_time_ns()
        for _ in range(CALLS):
            call(URL, None, 0)
        return time.thread_time_ns() - start

    copied: Lap = _copy(lap)
    return copied


def _copy(function: Any) -> Any:
    """The same function with code of its own."""
    return FunctionType(
        function.__code__.replace(),
        function.__globals__,
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )
