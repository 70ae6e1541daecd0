"""`python -m benchmarks.cold`: one call after the caches were emptied, beside its peers.

Between two calls a buffer is read that is larger than the last-level cache. So the code and the
tables of a candidate come from memory, as they do in a program that does much else between two
requests. The URL itself is touched before the clock starts, because its reader has just made it.
Candidates take turns; the median of their calls counts, because the least one is a call that was
not cold. "An empty call" is a Python function that returns a constant, called in the same way.
"""

from __future__ import annotations

import argparse
import gc
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final

import ssoroute
from benchmarks.contenders import CONTENDERS, Rules
from benchmarks.gate import Result
from benchmarks.peers import OURS, WORKLOADS
from benchmarks.workloads import Ask, Workload, check, workload

EMPTY: Final = "an empty call"
PEER: Final = "pyahocorasick"
#: Microseconds of a compiled hit above an empty call, at W3.
HIT: Final = 2.0
#: Without a size from the system: more than any processor has.
USUAL: Final = 256 * 1024 * 1024
#: A call may take this many seconds; the slowest peers take longer at W3 and are left out.
LONGEST: Final = 0.05

Route = Callable[[str, "str | None", int], object]


def main() -> int:
    """Measure everything; 1 if a target is missed by more than half."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--calls", type=int, default=101, help="of each candidate and kind")
    parser.add_argument("--workload", choices=WORKLOADS, action="append")
    parser.add_argument("--alone", action="store_true", help="no peers: less is emptied")
    parser.add_argument("--slow", action="store_true", help="also those that are slow to make")
    options = parser.parse_args()
    # written to, since a page that nobody has written to is the same page of zeros each time
    empty_caches = partial((b"\2" * (4 * last_level_cache() or USUAL)).find, b"\1")
    results: list[Result] = []
    for name in options.workload or WORKLOADS:
        load = workload(name)
        candidates = _routes(load, slow=options.slow or name != "W3")
        routes = dict(islice(candidates, 2 if options.alone else None))
        medians = {
            kind: _medians(routes, asks, options.calls, empty_caches)
            for kind, asks in _kinds(load).items()
        }
        results += _results(name, medians)
        print(f"{name}: microseconds of a cold call, the median; as a multiple of an empty call")
        for route in routes:
            cells = (
                f"{kind} {by_route[route] / 1000:8.2f} {by_route[route] / by_route[EMPTY]:7.1f}"
                for kind, by_route in medians.items()
            )
            print(f"  {route:28}", "   ".join(cells), flush=True)
    for result in results:
        print(result)
    return int(not all(result.passes for result in results))


def last_level_cache() -> int:
    """The bytes of the largest cache that the system names, 0 if it names none."""
    sizes = Path("/sys/devices/system/cpu/cpu0/cache").glob("index*/size")
    units = {"K": 1024, "M": 1024 * 1024}
    texts = [path.read_text(encoding="ascii").strip() for path in sizes]
    return max(
        (int(text[:-1]) * units[text[-1]] for text in texts if text[-1:] in units), default=0
    )


def _empty(url: str, caller: str | None = None, response_code: int = 0) -> object:
    return None


def _routes(load: Workload, *, slow: bool) -> Iterator[tuple[str, Route]]:
    """Every candidate that is installed and fast enough, the empty call first."""
    yield EMPTY, _empty
    for name, engine in zip(OURS, ("default", "pure"), strict=True):
        if engine == "default" and not ssoroute.accelerated:
            print(f"SKIPPED: {name}, it is not built")
            continue
        route = load.router(engine).route
        check([route(*ask) for ask in load.asks], load)
        yield name, route
    rules = Rules(load)
    for contender in CONTENDERS:
        if contender.missing():
            print(f"SKIPPED: {contender.name}, it is not installed")
        elif contender.slow and not slow:
            print(f"SKIPPED: {contender.name}, it is slow to make or to call at {load.name}")
        else:
            peer = contender.make(rules)
            start = time.perf_counter()
            peer(*load.asks[0])
            if time.perf_counter() - start > LONGEST:
                print(f"SKIPPED: {contender.name}, a call takes too long")
                continue
            yield contender.name, peer


def _kinds(load: Workload) -> dict[str, list[Ask]]:
    """Loads that hit a rule, and loads that match nothing, in a random order."""
    hits = [
        ask
        for ask, answer in zip(load.asks, load.answers, strict=True)
        if answer.reason == "url_prefix"
    ]
    kinds = {"hit": hits, "miss": [Ask(url) for url in load.misses]}
    for asks in kinds.values():
        random.Random(1).shuffle(asks)
    return kinds


def _medians(
    routes: Mapping[str, Route],
    asks: Sequence[Ask],
    calls: int,
    empty_caches: Callable[[], object],
) -> dict[str, float]:
    """Nanoseconds of one cold call of each candidate."""
    taken: dict[str, list[int]] = {name: [] for name in routes}
    clock = time.perf_counter_ns
    gc.disable()
    try:
        for number in range(calls):
            for name, route in routes.items():
                url, caller, code = asks[number % len(asks)]
                empty_caches()
                url.find("\0")
                clock()
                start = clock()
                route(url, caller, code)
                taken[name].append(clock() - start)
    finally:
        gc.enable()
    return {name: statistics.median(times) for name, times in taken.items()}


def _results(name: str, medians: Mapping[str, Mapping[str, float]]) -> Iterator[Result]:
    ours, pure = OURS
    hits, misses = medians["hit"], medians["miss"]
    if ours not in hits:
        return
    if name == "W3":
        above = (hits[ours] - hits[EMPTY]) / 1000
        yield Result(f"{name}, a cold hit above an empty call", above, HIT, "µs")
    if PEER in misses:
        for each in (ours, pure):
            what = f"{name}, a cold miss of {each} to {PEER}"
            yield Result(what, misses[each] / misses[PEER], 1.0)


if __name__ == "__main__":
    sys.exit(main())
