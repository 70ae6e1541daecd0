"""`python -m benchmarks.gate`: fail where a ratio is worse than 1.5 times its target.

Everything is measured in this one process and compared inside it, because machines are noisy; the
real figures are in docs/performance.md. Takes about a minute. `--table` prints Markdown.
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
from functools import partial
from typing import Any, Final

import ssoroute
from benchmarks import crafted
from benchmarks.baselines import EMPTY_C_CALL, empty, startswith
from benchmarks.contenders import CONTENDERS, Contender, Route, Rules
from benchmarks.timing import Figures, Lap, ask_each, call_once, measure, url_each
from benchmarks.workloads import Ask, Workload, check, hostile, of_hosts, of_urls, workload
from ssoroute import Router

TOLERANCE: Final = 1.5
NAMES: Final = ("W1", "W2", "W3")
#: A peer that is this many times as slow as the best one in a first look is not measured further.
CLOSE: Final = 1.5


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
        """How it compares to its target."""
        if self.figure <= self.target:
            return "met"
        return "missed" if self.passes else "**failed**"

    def __str__(self) -> str:
        """A line of a list."""
        beside = f"{self.figure:8.3g} {self.unit:8} ≤ {self.target:5.3g} {self.unit:8}"
        return f"{self.what:62} {beside} {self.verdict}"

    @property
    def row(self) -> str:
        """A row of a table in Markdown."""
        return (
            f"| {self.what} | {self.figure:.3g} {self.unit} | ≤ {self.target:.3g} {self.unit}"
            f" | {self.verdict} |"
        )


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
    for results_of in (building, speed, crafted_rules, wildcards, batches):
        results += list(results_of(engines, options.seconds))
    results.append(Result("`import ssoroute`", import_time(), 30, "ms"))
    for result in results:
        print(result.row if options.table else result)
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


def checked_router(engine: str, load: Workload) -> Router:
    """The router of `load`, which answers right."""
    router = load.router(engine)
    check([router.route(*ask) for ask in load.asks], load)
    return router


def speed(engines: Sequence[str], seconds: float) -> Iterator[Result]:
    """Calls of `Router.route`."""
    board = Board()
    loads = {name: workload(name) for name in NAMES}
    misses = loads["W1"].misses
    long_misses = [url + "x" * (8_000 - len(url)) for url in misses[:200]]
    short_misses = [url.ljust(100, "x")[:100] for url in misses[:200]]
    begins = startswith([text for text, _ in Rules(loads["W1"]).prefixes])
    board.urls("empty", empty, misses)
    board.urls("empty C", EMPTY_C_CALL, misses)
    board.urls("startswith miss", begins, misses)
    board.asks("startswith mix", begins, loads["W1"])
    for engine in engines:
        for name, load in loads.items():
            router = checked_router(engine, load)
            board.urls(f"{engine} {name} miss", router.route, misses)
            board.asks(f"{engine} {name} mix", router.route, load)
            if name == "W1":
                board.urls(f"{engine} long", router.route, long_misses)
                board.urls(f"{engine} short", router.route, short_misses)
    figures = measure(board.laps, seconds=seconds)
    yield from _speed_results(engines, figures)
    yield from against_peers(engines, seconds / 2)
    yield from more_rules(engines, seconds / 3)
    yield from growth(engines)


def _speed_results(engines: Sequence[str], figures: dict[str, Figures]) -> Iterator[Result]:
    def ratio(one: str, other: str) -> float:
        return figures[one].least / figures[other].least

    for engine in engines:
        pure = engine == "pure"
        miss, mix = f"{engine} W1 miss", f"{engine} W1 mix"
        yield Result(
            f"{engine}: W1 miss / empty Python function", ratio(miss, "empty"), 3.5 if pure else 2
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
        yield Result(f"{engine}: miss, W3 / W1", ratio(f"{engine} W3 miss", miss), 1.3)
        yield Result(
            f"{engine}: 8 KB miss / 100-byte miss", ratio(f"{engine} long", f"{engine} short"), 1.5
        )


def against_peers(engines: Sequence[str], seconds: float) -> Iterator[Result]:
    """The mix at W2 and at W3, each beside what the best peer makes of it."""
    able = tuple(able_peers())
    for name, target in (("W2", 1 / 10), ("W3", 1 / 7)):
        load, board = workload(name), Board()
        peers = best_peers(able, load)
        for peer, route in peers.items():
            board.asks(peer, route, load)
        for engine in engines:
            board.asks(engine, checked_router(engine, load).route, load)
        found = measure(board.laps, seconds=seconds)
        best = min(peers, key=lambda peer: found[peer].least)
        for engine in engines:
            yield Result(
                f"{engine}: {name} whole mix / best peer ({best})",
                found[engine].least / found[best].least,
                1 if engine == "pure" else target,
            )


def able_peers() -> Iterator[Contender]:
    """The contenders that are installed and not known to be slow."""
    for contender in CONTENDERS:
        if contender.slow:
            print(f"left out: {contender.name}, slow at W3 (docs/performance/peers.md)")
        elif contender.missing():
            print(f"SKIPPED: {contender.name}, not installed (extra `bench`)")
        else:
            yield contender


def best_peers(able: Sequence[Contender], load: Workload) -> dict[str, Route]:
    """Those that come near the best of them in a first look."""
    rules, board = Rules(load), Board()
    routes = {contender.name: contender.make(rules) for contender in able}
    for name, route in routes.items():
        board.asks(name, route, load)
    looks = measure(board.laps, seconds=0, least_rounds=3)
    enough = CLOSE * min(look.least for look in looks.values())
    return {name: route for name, route in routes.items() if looks[name].least <= enough}


def more_rules(engines: Sequence[str], seconds: float) -> Iterator[Result]:
    """The mix at W3 beside that at W1, alone: many rounds find the caches that others leave us."""
    for engine in engines:
        board = Board()
        for name in ("W1", "W3"):
            load = workload(name)
            board.asks(name, checked_router(engine, load).route, load)
        found = measure(board.laps, seconds=seconds)
        figure = found["W3"].least / found["W1"].least
        yield Result(f"{engine}: whole mix, W3 / W1", figure, 2 if engine == "pure" else 3)


def growth(engines: Sequence[str]) -> Iterator[Result]:
    """Hostile requests; the worst of them, when the input is doubled."""
    for engine in engines:
        worst = 0.0
        for _name, load in hostile():
            router = checked_router(engine, load)
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


def crafted_rules(engines: Sequence[str], seconds: float) -> Iterator[Result]:
    """Rules whose heads are made to collide, beside ordinary rules."""
    count, asked = 20_000, 1_000
    for engine in engines:
        board, builds = Board(), {}
        for kind in (crafted.ordinary, crafted.linear, crafted.structured):
            hosts = kind(count + asked)
            for what, part in (("hits", hosts[:asked]), ("misses", hosts[count:])):
                load = of_hosts(hosts[:count], part)
                router = checked_router(engine, load)
                board.asks(f"{kind.__name__} {what}", router.route, load)
            make = _maker(engine, router.installation)
            builds[f"{kind.__name__} building"] = (call_once(make), None, count)
        found = measure(board.laps, seconds=seconds / 6) | measure(builds, seconds=0)
        for what in ("hits", "misses", "building"):
            for kind in (crafted.linear, crafted.structured):
                yield Result(
                    f"{engine}: {what}, rules crafted against a {kind.__name__} hash / ordinary",
                    found[f"{kind.__name__} {what}"].least / found[f"ordinary {what}"].least,
                    1.5,
                )


def wildcards(engines: Sequence[str], seconds: float) -> Iterator[Result]:
    """Thousands of prefixes with a wildcard and a URL of 1 KB, beside a hit without one."""
    stem, plain = "https://id.example.com/", "https://login.example.com/"
    tail = "/" + "abcdefghijklmnopqrstuvwxyz/-_=" * 33
    for engine in engines:
        for what, rules in (
            ("a head each", [f"{stem}{name}/*/login" for name in range(4_000)]),
            ("one head", [f"{stem}t/*/{name}/login" for name in range(4_000)]),
        ):
            hit = rules[7].replace("*", tail)
            misses = [f"{stem}7{tail}", f"{stem}t{tail}"]
            asked = [(hit, rules[7]), *((url, None) for url in misses), (plain + tail, plain)]
            load = of_urls([*rules, plain], asked)
            router = checked_router(engine, load)
            board = Board()
            for name, url in zip(("hit", "miss", "other", "plain"), load.asks, strict=True):
                board.urls(name, router.route, [url.url] * 200)
            found = measure(board.laps, seconds=seconds / 12)
            worst = max(found[name].least for name in ("hit", "miss", "other"))
            yield Result(
                f"{engine}: 4,000 wildcard prefixes with {what}, 1 KB / a plain hit",
                worst / found["plain"].least,
                20,
            )


def _time(route: Callable[..., object], url: str, code: int) -> int:
    start = time.perf_counter_ns()
    route(url, None, code)
    return time.perf_counter_ns() - start


def building(engines: Sequence[str], _seconds: float) -> Iterator[Result]:
    """Making the index of 100,000 rules out of installed profiles."""
    load = workload("W3")
    installation = load.router().installation
    asks = each_rule(Rules(load))
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
            f"{engine}: memory of the index of W3, every rule asked",
            _memory(make, asks) / len(asks),
            600 if engine == "pure" else 150,
            "bytes/rule",
        )


def _maker(engine: str, installation: Any) -> Callable[[], Router]:
    def make() -> Router:
        return Router(installation)

    def make_pure() -> Router:
        from unittest.mock import patch

        from ssoroute.routing import index as _index

        with patch.object(_index, "compiled", None):
            return Router(installation)

    return make_pure if engine == "pure" else make


def each_rule(rules: Rules) -> list[Ask]:
    """A request for every rule, which it decides."""
    urls = [Ask(text) for text, _ in rules.prefixes]
    hosts = [Ask(f"https://{'a' * host.startswith('.')}{host}/", None, 401) for host in rules.hosts]
    return urls + hosts


def _memory(make: Callable[[], Router], asks: Sequence[Ask]) -> float:
    gc.collect()
    tracemalloc.start()
    try:
        router = make()
        for ask in asks:
            decision = router.route(*ask)
            assert decision.outcome == "handle", ask
        del decision
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
        import pyarrow as pa
        import pyarrow.compute as pc
    except ImportError:
        print("SKIPPED: record batches, pyarrow (extra `arrow`) is not installed")
        return
    for name, millions, readings, columns in (
        ("URLs", 60, 4, {"url": urls * 40}),
        (
            "URLs, callers, codes",
            40,
            6.5,
            {
                "url": urls * 40,
                "caller": [ask.caller for ask in load.asks] * 40,
                "response_code": [ask.response_code for ask in load.asks] * 40,
            },
        ),
    ):
        batch = pa.RecordBatch.from_pydict(columns)
        text = batch.column(0).buffers()[2]
        words = pa.Array.from_buffers(pa.uint64(), len(text) // 8, [None, text])
        laps = {
            "batch": (call_once(partial(router.route_batch, batch)), None, len(batch)),
            "read": (call_once(partial(pc.sum, words)), None, len(batch)),
        }
        found = measure(laps, seconds=2)
        each, times = found["batch"].least, found["batch"].least / found["read"].least
        # one of the two is wanted: so many million rows a second, or so many times reading the text
        yield Result(
            f"compiled: batch of {name} ({each:.0f} ns/URL, {times:.1f} × reading)",
            min(each / (1000 / millions), times / readings),
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
