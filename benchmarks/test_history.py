"""The project's own history, with pytest-benchmark (extra `bench`).

    python -m pytest benchmarks --benchmark-autosave
    python -m pytest benchmarks --benchmark-compare

Figures of different runs differ by the machine's mood; what gates a change is `benchmarks.gate`,
which compares inside one process.
"""

from __future__ import annotations

from typing import Any

import pytest

import ssoroute
from benchmarks.workloads import check, hostile, workload
from ssoroute import Router

pytest.importorskip("pytest_benchmark", reason="pytest-benchmark (extra `bench`) is not installed")

ENGINES = ["default", "pure"] if ssoroute.accelerated else ["pure"]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", ["W1", "W2", "W3"])
def test_whole_mix(benchmark: Any, name: str, engine: str) -> None:
    """5,000 requests, 95 % of them misses."""
    load = workload(name)
    route = load.router(engine).route
    check(benchmark(lambda: [route(*ask) for ask in load.asks]), load)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", ["W1", "W2", "W3"])
def test_misses(benchmark: Any, name: str, engine: str) -> None:
    """The plain loads that match nothing."""
    load = workload(name)
    route, misses = load.router(engine).route, load.misses
    decisions = benchmark(lambda: [route(url) for url in misses])
    assert {decision.reason for decision in decisions} == {"no_match"}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("name", "load"), list(hostile()), ids=lambda value: str(value)[:40])
def test_hostile(benchmark: Any, name: str, load: Any, engine: str) -> None:
    """Requests that are made to be slow."""
    assert name == load.name
    route = load.router(engine).route
    check(benchmark(lambda: [route(*ask) for ask in load.asks]), load)


@pytest.mark.parametrize("engine", ENGINES)
def test_many(benchmark: Any, engine: str) -> None:
    """A list of URLs, callers and response codes."""
    load = workload("W1")
    router = load.router(engine)
    urls, callers, codes = zip(*load.asks, strict=True)
    check(benchmark(lambda: router.route_many(urls, callers, codes)), load)


@pytest.mark.parametrize("name", ["W1", "W2"])
def test_building(benchmark: Any, name: str) -> None:
    """The index out of installed profiles."""
    load = workload(name)
    installation = load.router().installation
    router = benchmark(lambda: Router(installation))
    check([router.route(*ask) for ask in load.asks], load)
