"""`python -m benchmarks.gate`: fail where a ratio is worse than 1.5 times its target.

Everything is measured in this one process and compared inside it, because machines are noisy; the
real figures are in docs/performance.md. Takes less than a minute. `--table` prints Markdown.
"""

from __future__ import annotations

import argparse
import gc
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import ssoroute
from benchmarks.baselines import EMPTY_C_CALL, Empty, startswith
from benchmarks.contenders import CONTENDERS, Rules
from benchmarks.timing import Figures, Lap, ask_each, call_once, measure, url_each
from benchmarks.workloads import Workload, check, hostile, workload
from ssoroute import Router

TOLERANCE: Final = 1.5
NAMES: Final = ("W1", "W2", "W3")


@dataclass(frozen=True, slots=True)
class Result:
    """One figure beside its target; both are ratios unless `unit` says otherwise."""

    what: str
    figure: float
    target: float
    unit: str = "×"

    @property
    def passes(self) -> bool:
        """Whether it is within the tolerance."""
        return self.figure <= TOLERANCE * self.target

    @property
    def verdict(self) -> str:
        """How it stands to its target."""
        if self.figure <= self.target:
            return "met"
        return "missed" if self.passes else "**failed**"


def main() -> int:
    """Measure everything; 1 where something fails."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=6, help="for the main measurement")
    parser.add_argument("--table", action="store_true", help="print Markdown")
    options = parser.parse_args()
    engines = ["pure"]
    if ssoroute.accelerated:
        engines.insert(0, "compiled")
    else:
        print("SKIPPED: the compiled engine, it is not built")
    results = []
    for results_of in (building, speed, batches):
        results += list(results_of(engines, options.seconds))
    results.append(Result("`import ssoroute`", import_time(), 30, "ms"))
    form = (
        "| {} | {:.3g} {} | ≤ {:.3g} {} | {} |"
        if options.table
        else "{:62} {:8.3g} {:8} ≤ {:5.3g} {:8} {}"
    )
    for result in results:
        print(
            form.format(
                result.what, result.figure, result.unit, result.target, result.unit, result.verdict
            )
        )
    return not all(result.passes for result in results)


class Board:
    """Laps by name, each with the loop that is taken off."""

    def __init__(self) -> None:
        self.laps: dict[str, tuple[Lap, Lap | None, int]] = {}
        self._loops: dict[int, Lap] = {}

    def urls(self, name: str, function: Callable[[str], object], urls: Sequence[str]) -> None:
        """A lap of `function(url)`."""
        loop = self._loops.setdefault(id(urls), url_each(None, urls))
        self.laps[name] = (url_each(function, urls), loop, len(urls))

    def asks(self, name: str, function: Callable[..., object], load: Workload) -> None:
        """A lap of `function(url, caller, response_code)`."""
        loop = self._loops.setdefault(id(load), ask_each(None, load.asks))
        self.laps[name] = (ask_each(function, load.asks), loop, len(load.asks))


def speed(engines: Sequence[str], seconds: float) -> Iterator[Result]:
    """Calls of `Router.route`."""
    board = Board()
    loads = {name: workload(name) for name in NAMES}
    misses = loads["W1"].misses
    long_misses = [url + "x" * (8_000 - len(url)) for url in misses[:200]]
    short_misses = [url.ljust(100, "x")[:100] for url in misses[:200]]
    rules = {name: Rules(load) for name, load in loads.items()}
    begins = startswith([text for text, _ in rules["W1"].prefixes])
    urlsplit = next(c for c in CONTENDERS if c.name == "urlsplit + dict")
    marisa = next(c for c in CONTENDERS if c.name == "marisa-trie")
    peers = [c for c in (urlsplit, marisa) if not c.missing()]
    board.urls("empty", Empty().route, misses)
    board.urls("empty C", EMPTY_C_CALL, misses)
    board.urls("startswith miss", begins, misses)
    board.asks("startswith mix", begins, loads["W1"])
    for name in ("W2", "W3"):
        for peer in peers:
            board.asks(f"{peer.name} {name}", peer.make(rules[name]), loads[name])
    for engine in engines:
        for name, load in loads.items():
            router = load.router("pure" if engine == "pure" else "default")
            check([router.route(*ask) for ask in load.asks], load)
            board.urls(f"{engine} {name} miss", router.route, misses)
            board.asks(f"{engine} {name} mix", router.route, load)
            if name == "W1":
                board.urls(f"{engine} long", router.route, long_misses)
                board.urls(f"{engine} short", router.route, short_misses)
    figures = measure(board.laps, seconds=seconds)
    yield from _speed_results(engines, figures, [peer.name for peer in peers])
    yield from more_rules(engines, seconds / 3)
    yield from growth(engines)


def _speed_results(
    engines: Sequence[str], figures: dict[str, Figures], peers: Sequence[str]
) -> Iterator[Result]:
    def ratio(one: str, other: str) -> float:
        return figures[one].least / figures[other].least

    def against_peers(engine: str, name: str) -> float:
        best = min(figures[f"{peer} {name}"].least for peer in peers)
        return figures[f"{engine} {name} mix"].least / best

    for engine in engines:
        pure = engine == "pure"
        miss, mix = f"{engine} W1 miss", f"{engine} W1 mix"
        yield Result(
            f"{engine}: W1 miss / empty Python method", ratio(miss, "empty"), 3.5 if pure else 2
        )
        if not pure:
            yield Result("compiled: W1 miss / empty C call", ratio(miss, "empty C"), 5)
        if pure:
            yield Result(
                "pure: W1 misses / `lower().startswith(tuple)`", ratio(miss, "startswith miss"), 1.1
            )
        yield Result(
            f"{engine}: W1 whole mix / `lower().startswith(tuple)`",
            ratio(mix, "startswith mix"),
            1.8 if pure else 0.25,
        )
        for name, target in (("W2", 1 if pure else 1 / 10), ("W3", 1 if pure else 1 / 7)):
            yield Result(
                f"{engine}: {name} whole mix / best of {', '.join(peers)}",
                against_peers(engine, name),
                target,
            )
        yield Result(f"{engine}: miss, W3 / W1", ratio(f"{engine} W3 miss", miss), 1.3)
        yield Result(
            f"{engine}: 8 KB miss / 100-byte miss", ratio(f"{engine} long", f"{engine} short"), 1.5
        )


def more_rules(engines: Sequence[str], seconds: float) -> Iterator[Result]:
    """The mix at W3 beside that at W1, alone: many rounds find the caches that others leave us."""
    for engine in engines:
        board = Board()
        for name in ("W1", "W3"):
            load = workload(name)
            router = load.router("pure" if engine == "pure" else "default")
            check([router.route(*ask) for ask in load.asks], load)
            board.asks(name, router.route, load)
        found = measure(board.laps, seconds=seconds)
        figure = found["W3"].least / found["W1"].least
        yield Result(f"{engine}: whole mix, W3 / W1", figure, 2 if engine == "pure" else 3)


def growth(engines: Sequence[str]) -> Iterator[Result]:
    """Hostile requests; the worst of them, when the input is doubled."""
    for engine in engines:
        worst = 0.0
        for _name, load in hostile():
            router = load.router("pure" if engine == "pure" else "default")
            check([router.route(*ask) for ask in load.asks], load)
            for ask in load.asks:
                stem, slash, rest = ask.url.rpartition("/")
                # twice the labels, or twice the rest of the URL
                twice = ask.url.replace("://", "://" + ask.url[8:].partition("/")[0] + ".", 1)
                if not ask.response_code:
                    twice = stem + slash + rest + "/" + ask.url[8:]
                pairs = [
                    [_time(router.route, url, ask.response_code) for url in (ask.url, twice)]
                    for _ in range(15)
                ]
                once_, twice_ = (min(times) for times in zip(*pairs, strict=True))
                if once_ > 20_000:  # below, the call itself is most of it
                    worst = max(worst, twice_ / once_)
        yield Result(f"{engine}: hostile requests, twice the input", max(worst, 1.0), 2.2)


def _time(route: Callable[..., object], url: str, code: int) -> int:
    start = time.perf_counter_ns()
    route(url, None, code)
    return time.perf_counter_ns() - start


def building(engines: Sequence[str], _seconds: float) -> Iterator[Result]:
    """Making the index of 100,000 rules out of installed profiles."""
    load = workload("W3")
    installation = load.router().installation
    rules = len(Rules(load).handled)
    for engine in engines:
        make = _maker(engine, installation)
        took = []
        for _ in range(2):
            gc.collect()
            start = time.perf_counter()
            make()
            took.append(time.perf_counter() - start)
        yield Result(f"{engine}: building the index of W3", min(took), 1.5, "s")
        yield Result(
            f"{engine}: memory of the index of W3, before any decision",
            _memory(make) / rules,
            600 if engine == "pure" else 150,
            "bytes/rule",
        )


def _maker(engine: str, installation: Any) -> Callable[[], Router]:
    def make() -> Router:
        return Router(installation)

    def make_pure() -> Router:
        from unittest.mock import patch  # noqa: PLC0415 - where it is used

        from ssoroute import _index  # noqa: PLC0415 - where it is used

        with patch.object(_index, "compiled", None):
            return Router(installation)

    return make_pure if engine == "pure" else make


def _memory(make: Callable[[], Router]) -> float:
    gc.collect()
    tracemalloc.start()
    try:
        router = make()
        gc.collect()
        return float(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
        del router


def batches(engines: Sequence[str], _seconds: float) -> Iterator[Result]:
    """Lists of strings, and Arrow record batches."""
    load = workload("W1")
    urls = [ask.url for ask in load.asks]
    if "compiled" not in engines:
        return
    router = load.router()
    plain = [router.route(url) for url in urls]
    if router.route_many(urls) != plain:
        raise AssertionError("route_many gives other answers than route")
    laps = {
        "many": (call_once(lambda: router.route_many(urls)), None, len(urls)),
        "list": (call_once(lambda: [*urls]), None, len(urls)),
    }
    found = measure(laps, seconds=1)
    above = found["many"].least - found["list"].least
    yield Result("compiled: `route_many`, above the list's own cost", above, 40, "ns/URL")
    try:
        import pyarrow as pa  # noqa: PLC0415 - an extra
    except ImportError:
        print("SKIPPED: record batches, pyarrow (extra `arrow`) is not installed")
        return
    for name, columns in (
        ("URLs", {"url": urls * 40}),
        (
            "URLs, callers, codes",
            {
                "url": urls * 40,
                "caller": [ask.caller for ask in load.asks] * 40,
                "response_code": [ask.response_code for ask in load.asks] * 40,
            },
        ),
    ):
        batch = pa.RecordBatch.from_pydict(columns)
        text = batch.column(0).buffers()[2]
        words = memoryview(text)[: len(text) // 8 * 8].cast("Q")
        laps = {
            "batch": (call_once(lambda batch=batch: router.route_batch(batch)), None, len(batch)),
            "read": (
                call_once(
                    lambda words=words, text=text: pa.compute.sum(
                        pa.Array.from_buffers(pa.uint64(), len(words), [None, text])
                    )
                ),
                None,
                len(batch),
            ),
        }
        found = measure(laps, seconds=2)
        each, times = found["batch"].least, found["batch"].least / found["read"].least
        # one of the two is wanted: 30 million URLs a second, or 10 times reading the text once
        yield Result(
            f"compiled: batch of {name} ({each:.0f} ns/URL, {times:.1f} × reading)",
            min(each / (1000 / 30), times / 10),
            1,
            "targets",
        )


def import_time() -> float:
    """Milliseconds of the import alone, the least of some."""
    script = "import time; s = time.perf_counter(); import ssoroute; print(time.perf_counter() - s)"
    return 1000 * min(
        float(
            subprocess.run([sys.executable, "-c", script], capture_output=True, check=True).stdout
        )
        for _ in range(7)
    )


if __name__ == "__main__":
    sys.exit(main())
