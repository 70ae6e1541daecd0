"""Interleaved timing: every candidate once a round, many rounds, the minimum counts.

Machines are noisy and their clock changes, so figures are compared only inside one such run; the
cost of the loop around the calls is measured like a candidate and taken off.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.workloads import Ask

__all__ = ["Figures", "Lap", "affordable", "ask_each", "call_once", "measure", "url_each"]

#: A lap that takes less nanoseconds than this is run twice, and the second time counts.
WARM_UP: Final = 100_000_000
#: Seconds that a lap may take; a slow candidate gets fewer of the requests.
LAP: Final = 0.2

#: Runs its calls once and says how many nanoseconds that took.
Lap = Callable[[], int]


@dataclass(frozen=True, slots=True)
class Figures:
    """Nanoseconds per call of one candidate: the least and the median of all rounds."""

    least: float
    median: float


def url_each(function: Callable[[str], object] | None, urls: Sequence[str]) -> Lap:
    """`function(url)` for each URL; None is the loop alone."""

    def lap() -> int:
        start = time.perf_counter_ns()
        for url in urls:
            function(url)  # type: ignore[misc]  # None has its own lap below
        return time.perf_counter_ns() - start

    def empty_lap() -> int:
        start = time.perf_counter_ns()
        for _url in urls:
            pass
        return time.perf_counter_ns() - start

    return lap if function else empty_lap


def ask_each(function: Callable[[str, str | None, int], object] | None, asks: Sequence[Ask]) -> Lap:
    """`function(url, caller, response_code)` for each request; None is the loop alone."""
    plain = [(ask.url, ask.caller, ask.response_code) for ask in asks]

    def lap() -> int:
        start = time.perf_counter_ns()
        for url, caller, response_code in plain:
            function(url, caller, response_code)  # type: ignore[misc]  # None has its own lap below
        return time.perf_counter_ns() - start

    def empty_lap() -> int:
        start = time.perf_counter_ns()
        for _url, _caller, _response_code in plain:
            pass
        return time.perf_counter_ns() - start

    return lap if function else empty_lap


def call_once(function: Callable[[], Any]) -> Lap:
    """`function()`, which does all the work itself."""

    def lap() -> int:
        start = time.perf_counter_ns()
        function()
        return time.perf_counter_ns() - start

    return lap


def affordable(function: Callable[..., object], asks: Sequence[Ask]) -> Sequence[Ask]:
    """As many of the requests as fit into a lap, but one at least."""
    start, done = time.perf_counter(), 0
    for ask in asks:
        function(*ask)
        done += 1
        if time.perf_counter() - start > LAP:
            break
    return asks[:done]


def measure(
    laps: Mapping[str, tuple[Lap, Lap | None, int]], *, seconds: float, least_rounds: int = 5
) -> dict[str, Figures]:
    """Nanoseconds per call of each candidate: its lap, the lap to take off, the calls per lap."""
    rounds: dict[str, list[float]] = {name: [] for name in laps}
    empty: dict[int, int] = {}
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        end = time.monotonic() + seconds
        done = 0
        while done < least_rounds or time.monotonic() < end:
            for name, (lap, loop, calls) in laps.items():
                if loop is not None:
                    loop()
                    empty[id(loop)] = min(loop(), empty.get(id(loop), 1 << 62))
                if rounds[name] and rounds[name][0] * calls < WARM_UP:
                    lap()  # so that the caches hold this candidate's data, not the last one's
                rounds[name].append(lap() / calls)
            done += 1
    finally:
        if was_enabled:
            gc.enable()
    figures = {}
    for name, (_lap, loop, calls) in laps.items():
        off = empty[id(loop)] / calls if loop is not None else 0.0
        figures[name] = Figures(min(rounds[name]) - off, statistics.median(rounds[name]) - off)
    return figures
