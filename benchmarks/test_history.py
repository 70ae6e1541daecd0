"""The project's own history, with pytest-benchmark (extra `bench`).

    python -m pytest benchmarks --benchmark-compare=benchmarks/history/ratios.json
    python -m pytest benchmarks --benchmark-json=benchmarks/history/ratios.json

The first fails if a benchmark costs more than twice as many empty calls as in the stored run, which
the second writes. They compare only on the same Python and processor. To make something slower on
purpose, run the second and say why.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

import ssoroute
from benchmarks.workloads import Workload, check, hostile, workload
from ssoroute import Decision, Router

pytest.importorskip("pytest_benchmark", reason="pytest-benchmark (extra `bench`) is not installed")

Timed = Callable[[Callable[[], Any]], Any]
ENGINES = ["default", "pure"] if ssoroute.accelerated else ["pure"]
#: With so few, all that they touch stays in the caches, even if other programs run; with all 5,000,
#: runs of the same code differ by up to 2.9. What caches cost is measured by `benchmarks.gate`.
REQUESTS = 500


@cache
def router(name: str, engine: str) -> Router:
    """The router of a workload, made once."""
    return workload(name).router(engine)


def part(name: str) -> Workload:
    """The start of a workload."""
    load = workload(name)
    return replace(load, asks=load.asks[:REQUESTS], answers=load.answers[:REQUESTS])


def asking(route: Callable[..., Decision], load: Workload) -> Callable[[], list[Decision]]:
    """A function that asks all requests, with as little around the calls as can be."""
    asks = [(ask.url, ask.caller, ask.response_code) for ask in load.asks]
    return lambda: [route(url, caller, response_code) for url, caller, response_code in asks]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", ["W1", "W2", "W3"])
def test_whole_mix(timed: Timed, name: str, engine: str) -> None:
    """Requests of which 95 % are misses."""
    load = part(name)
    route = router(name, engine).route
    check(timed(asking(route, load)), load)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", ["W1", "W2", "W3"])
def test_misses(timed: Timed, name: str, engine: str) -> None:
    """The plain loads that match nothing."""
    route, misses = router(name, engine).route, part(name).misses
    decisions = timed(lambda: [route(url) for url in misses])
    assert {decision.reason for decision in decisions} == {"no_match"}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("load", [pytest.param(load, id=name) for name, load in hostile()])
def test_hostile(timed: Timed, load: Workload, engine: str) -> None:
    """Requests that are made to be slow."""
    route = load.router(engine).route
    check(timed(asking(route, load)), load)


@pytest.mark.parametrize("engine", ENGINES)
def test_many(timed: Timed, engine: str) -> None:
    """A list of URLs, callers and response codes."""
    load = part("W1")
    route_many = router("W1", engine).route_many
    urls, callers, codes = zip(*load.asks, strict=True)
    check(timed(lambda: route_many(urls, callers, codes)), load)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", ["W1", "W2"])
def test_building(timed: Timed, name: str, engine: str) -> None:
    """A router out of loaded profiles."""
    load = workload(name)
    made = timed(lambda: load.router(engine))
    check([made.route(*ask) for ask in load.asks], load)
