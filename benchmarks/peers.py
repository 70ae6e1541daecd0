"""`python -m benchmarks.peers`: the library and what a user might take instead, in one run.

Writes docs/performance/peers.md and docs/performance/peers.svg. Contenders whose module (extra
`bench`) is not installed are skipped, visibly.
"""

from __future__ import annotations

import argparse
import platform
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from pathlib import Path
from typing import Final, TypeVar

import ssoroute
from benchmarks.chart import chart
from benchmarks.contenders import CONTENDERS, Route, Rules
from benchmarks.timing import Figures, affordable, ask_each, measure
from benchmarks.workloads import Answer, Ask, Workload, check, probes, workload

ROOT: Final = Path(__file__).parents[1]
WORKLOADS: Final = ("W1", "W2", "W3")
OURS: Final = ("ssoroute, compiled", "ssoroute, pure Python")
LONG: Final = 1.0  # seconds; what takes longer to make is printed meanwhile

Made = TypeVar("Made")


@dataclass(slots=True)
class Comparison:
    """What the page says, filled workload by workload; all by the name of the contender."""

    figures: dict[str, dict[str, Figures]] = field(default_factory=dict)  # by workload first
    making: dict[str, float] = field(default_factory=dict)  # seconds, at the last workload
    notes: dict[str, str] = field(default_factory=dict)  # what is wrong; nothing is right


def main() -> None:
    """Measure, and write the table and the chart."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=30, help="for each workload")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "performance")
    options = parser.parse_args()
    found = Comparison()
    for name in WORKLOADS:
        print(f"{name} …", flush=True)
        compare(workload(name), options.seconds, found)
    text = report(found)
    print(text)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "peers.md").write_text(text, encoding="utf-8")
    (options.out / "peers.svg").write_text(chart(found.figures), encoding="utf-8")


def compare(load: Workload, seconds: float, found: Comparison) -> None:
    """Make everybody for `load`, check the answers, measure."""
    routes: dict[str, Callable[..., object]] = {}
    for name, engine in zip(OURS, ("default", "pure"), strict=True):
        if engine == "default" and not ssoroute.accelerated:
            found.notes[name] = "not built"
            continue
        route = made(name, partial(load.router, engine), found).route
        check([route(*ask) for ask in load.asks], load)
        if load.name == "W1":
            check([route(*ask) for ask in probes().asks], probes())
        routes[name] = route
    rules = Rules(load)
    for contender in CONTENDERS:
        if contender.missing():
            found.notes[contender.name] = "**skipped: not installed**"
            continue
        peer = made(contender.name, partial(contender.make, rules), found)
        judge(contender.name, peer, load, found)
        routes[contender.name] = peer
    laps = {}
    for name, each in routes.items():
        asks = affordable(each, load.asks)
        laps[name] = (ask_each(each, asks), ask_each(None, asks), len(asks))
    found.figures[load.name] = measure(laps, seconds=seconds)


def made(name: str, make: Callable[[], Made], found: Comparison) -> Made:
    """What `make` makes, and in `found` how long that took."""
    start = time.perf_counter()
    thing = make()
    found.making[name] = took = time.perf_counter() - start
    if took > LONG:
        print(f"  {name}: made in {took:.1f} s", flush=True)
    return thing


def judge(name: str, route: Route, load: Workload, found: Comparison) -> None:
    """Say in `found` where the contender is wrong."""
    asks = affordable(route, load.asks)
    bad = wrong(route, asks, load.answers)
    if load.name == "W1":
        probed = probes()
        bad_probes = wrong(route, probed.asks, probed.answers)
        parts = [f"{bad} of {len(asks)} requests"] if bad else []
        parts += [f"{bad_probes} of {len(probed.asks)} probes"] if bad_probes else []
        found.notes[name] = f"wrong in {' and '.join(parts)}" if parts else ""
    elif bad:
        found.notes[name] += f"; at {load.name} in {bad} of {len(asks)} requests"


def wrong(route: Callable[..., Answer], asks: Sequence[Ask], answers: Sequence[Answer]) -> int:
    """How many of the answers are wrong."""
    return sum(answer_of(route, ask) != answer for ask, answer in zip(asks, answers, strict=False))


def answer_of(route: Callable[..., Answer], ask: Ask) -> Answer | None:
    """The answer, or None if the peer raised an exception."""
    try:
        return route(*ask)
    except Exception:  # noqa: BLE001 - whatever a library raises for an odd URL
        return None


def report(found: Comparison) -> str:
    """The Markdown page."""
    lines = [
        "# Side by side",
        "",
        (
            "Written by `python -m benchmarks.peers`;"
            " [what is measured, and what is biased](../performance.md#biases)."
        ),
        "",
        (
            "Nanoseconds a request, whole mix (95 % misses, 10 % challenges), the least of many"
            " interleaved rounds and in brackets the median; the cost of the loop is taken off."
        ),
        "",
        (
            '"Made" is how many seconds it takes, once, to be ready for W3: ssoroute from loaded'
            " profiles, the others from the texts of the rules in lower case."
        ),
        "",
        "| | W1: 12 rules | W2: 1,000 rules | W3: 100,000 rules | made for W3 | answers |",
        "|---|---:|---:|---:|---:|---|",
    ]
    for name in (*OURS, *(contender.name for contender in CONTENDERS)):
        cells = [
            f"{each.least:,.0f} ({each.median:,.0f})"
            if (each := found.figures[load].get(name))
            else "–"
            for load in WORKLOADS
        ]
        cells.append(f"{found.making[name]:.1f} s" if name in found.making else "–")
        lines.append(f"| {name} | {' | '.join(cells)} | {found.notes.get(name) or 'right'} |")
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
    """The processor's name, if the system gives it."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or "unknown processor"
    names = [line.partition(":")[2].strip() for line in text.splitlines() if "model name" in line]
    return f"{names[0] if names else 'unknown processor'}, {len(names)} cores"


if __name__ == "__main__":
    main()
