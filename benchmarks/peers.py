"""`python -m benchmarks.peers`: the library and what a user might take instead, in one run.

Writes docs/performance/peers.md and docs/performance/peers.svg. Contenders whose module (extra
`bench`) is not installed are skipped, visibly.
"""

from __future__ import annotations

import argparse
import platform
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from pathlib import Path
from typing import Final

import ssoroute
from benchmarks.chart import chart
from benchmarks.contenders import CONTENDERS, Contender, Rules
from benchmarks.timing import Figures, ask_each, measure
from benchmarks.workloads import Answer, Ask, Workload, check, probes, workload
from ssoroute import Decision

ROOT: Final = Path(__file__).parents[1]
WORKLOADS: Final = ("W1", "W2", "W3")
OURS: Final = ("ssoroute, compiled", "ssoroute, pure Python")
LAP: Final = 0.2  # seconds; a slow contender gets fewer of the requests


def main() -> None:
    """Measure, and write the table and the chart."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=30, help="for each workload")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "performance")
    options = parser.parse_args()
    figures: dict[str, dict[str, Figures]] = {}
    notes: dict[str, str] = {}
    for name in WORKLOADS:
        print(f"{name} …", flush=True)
        figures[name] = compare(workload(name), options.seconds, notes)
    text = report(figures, notes)
    print(text)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "peers.md").write_text(text, encoding="utf-8")
    (options.out / "peers.svg").write_text(chart(figures), encoding="utf-8")


def compare(load: Workload, seconds: float, notes: dict[str, str]) -> dict[str, Figures]:
    """The figures of everybody who can answer `load`; `notes` tells about the others."""
    routes: dict[str, Callable[..., object]] = {}
    for name, engine in zip(OURS, ("default", "pure"), strict=True):
        if engine == "default" and not ssoroute.accelerated:
            notes[name] = "not built"
            continue
        router = load.router(engine)
        check([router.route(*ask) for ask in load.asks], load)
        check_probes(load.router(engine).route if load.name == "W1" else None)
        routes[name] = router.route
    rules = Rules(load)
    for contender in CONTENDERS:
        if contender.missing():
            notes[contender.name] = "**skipped: not installed**"
        elif len(rules.handled) <= contender.most:
            routes[contender.name] = made(contender, rules, load, notes)
    laps = {}
    for name, route in routes.items():
        asks = affordable(route, load.asks)
        laps[name] = (ask_each(route, asks), ask_each(None, asks), len(asks))
    return measure(laps, seconds=seconds)


def check_probes(route: Callable[..., Decision] | None) -> None:
    """The library answers the probes right."""
    if route is not None:
        asked = probes()
        check([route(*ask) for ask in asked.asks], asked)


def made(
    contender: Contender, rules: Rules, load: Workload, notes: dict[str, str]
) -> Callable[..., Answer]:
    """The contender's function; where it is wrong, `notes` says so."""
    route = contender.make(rules)
    asks = affordable(route, load.asks)
    asked = (len(asks), wrong(route, asks, load.answers))
    probed = (len(probes().asks), wrong(route, probes().asks, probes().answers))
    if load.name == "W1":
        parts = [
            f"{bad} of {all_} {what}"
            for (all_, bad), what in ((asked, "requests"), (probed, "probes"))
            if bad
        ]
        notes[contender.name] = f"wrong in {' and '.join(parts)}" if parts else ""
    elif asked[1]:
        notes[contender.name] += f"; at {load.name} in {asked[1]} of {asked[0]} requests"
    return route


def wrong(route: Callable[..., Answer], asks: Sequence[Ask], answers: Sequence[Answer]) -> int:
    """How many of the answers are wrong."""
    return sum(answer_of(route, ask) != answer for ask, answer in zip(asks, answers, strict=False))


def answer_of(route: Callable[..., Answer], ask: Ask) -> Answer | None:
    """The answer, None where there is an exception instead."""
    try:
        return route(*ask)
    except Exception:  # noqa: BLE001 - whatever a library raises for an odd URL
        return None


def affordable(route: Callable[..., object], asks: Sequence[Ask]) -> Sequence[Ask]:
    """As many of the requests as fit into a lap."""
    start, done = time.perf_counter(), 0
    for ask in asks:
        route(*ask)
        done += 1
        if time.perf_counter() - start > LAP:
            break
    return asks[:done]


def report(figures: Mapping[str, Mapping[str, Figures]], notes: Mapping[str, str]) -> str:
    """The Markdown page."""
    lines = [
        "# Side by side",
        "",
        (
            "Written by `python -m benchmarks.peers`;"
            " [what is measured, and what is biased](../performance.md#the-comparison)."
        ),
        "",
        (
            "Nanoseconds a request, whole mix (95 % misses, 10 % challenges), the least of many"
            " interleaved rounds and in brackets the median; the cost of the loop is taken off."
            " `–` was not tried, because it takes too long."
        ),
        "",
        "| | W1: 12 rules | W2: 1,000 rules | W3: 100,000 rules | answers |",
        "|---|---:|---:|---:|---|",
    ]
    for name in (*OURS, *(contender.name for contender in CONTENDERS)):
        cells = [
            f"{found.least:,.0f} ({found.median:,.0f})"
            if (found := figures[load].get(name))
            else "–"
            for load in WORKLOADS
        ]
        lines.append(f"| {name} | {' | '.join(cells)} | {notes.get(name) or 'right'} |")
    lines += ["", "![The same as a chart](peers.svg)", "", *environment(), ""]
    return "\n".join(lines)


def environment() -> list[str]:
    """Machine, Python, versions and commit."""
    commit = subprocess.run(
        ["git", "-C", str(ROOT), "describe", "--always", "--dirty"],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    modules = [contender.module for contender in CONTENDERS if contender.module]
    homes = packages_distributions()
    versions = []
    for module in modules:
        for distribution in homes.get(module, [module])[:1]:
            try:
                versions.append(f"{distribution} {version(distribution)}")
            except PackageNotFoundError:
                continue
    return [
        f"* Machine: {processor()}, {platform.system()} {platform.machine()}",
        f"* Python: {platform.python_implementation()} {platform.python_version()}",
        f"* ssoroute: commit {commit or 'unknown'}",
        f"* Peers: {', '.join(versions) or 'none'}",
        f"* Day: {datetime.now(UTC):%Y-%m-%d}",
    ]


def processor() -> str:
    """The processor's name as far as the system tells it."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or "unknown processor"
    names = [line.partition(":")[2].strip() for line in text.splitlines() if "model name" in line]
    return f"{names[0] if names else 'unknown processor'}, {len(names)} cores"


if __name__ == "__main__":
    main()
