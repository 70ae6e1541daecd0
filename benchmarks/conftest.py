"""What `pytest benchmarks` stores and compares: ratios, never times.

A benchmark fails where its ratio (`ratios.py`) is worse than twice that of the run given with
`--benchmark-compare`, if that was a run of the same Python on the same processor.
"""

from __future__ import annotations

import platform
from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeVar

import pytest

from benchmarks.peers import processor
from benchmarks.ratios import TOLERANCE, cost, is_worse

Made = TypeVar("Made")


class Ratio(NamedTuple):
    """What one benchmark costs in empty calls, and what it cost in the stored run."""

    name: str
    now: float
    stored: float | None

    def __str__(self) -> str:
        now = f"{self.now:,.3g} empty calls" if self.now < 100 else f"{self.now:,.0f} empty calls"
        if self.stored is None:
            return f"{now}, nothing stored"
        return f"{now}, {self.now / self.stored:.2f} times those of the stored run"


STORED: Final = pytest.StashKey[dict[str, float]]()
TAKEN: Final = pytest.StashKey[list[Ratio]]()
#: What ratios may depend on.
KEYS: Final = ("processor", "python_implementation", "python_version")
#: How the stored run's Python or processor differ; it is not there where they are the same.
ELSEWHERE: Final = pytest.StashKey[str]()


@pytest.fixture
def timed(benchmark: Any, request: pytest.FixtureRequest) -> Callable[[Callable[[], Made]], Made]:
    """Call a function for its answer, its times and its ratio; fail where the ratio is worse."""

    def run(function: Callable[[], Made]) -> Made:
        answer: Made = benchmark(function)
        if benchmark.enabled:
            name, config = request.node.nodeid, request.config
            stored = config.stash.get(STORED, {}).get(name)
            patient = None if ELSEWHERE in config.stash else stored
            ratio = Ratio(request.node.name, cost(function, patient), stored)
            benchmark.extra_info["ratio"] = float(f"{ratio.now:.3g}")
            config.stash.setdefault(TAKEN, []).append(ratio)
            if is_worse(ratio.now, stored) and ELSEWHERE not in config.stash:
                pytest.fail(f"{ratio}; {TOLERANCE} are allowed", pytrace=False)
        return answer

    return run


def pytest_sessionstart(session: pytest.Session) -> None:
    """Refuse a comparison with nothing."""
    compare = session.config.getoption("benchmark_compare", None)
    if compare and not session.config.stash.get(STORED, {}):
        raise pytest.UsageError("--benchmark-compare: no stored run with ratios was found")


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print every ratio."""
    ratios = config.stash.get(TAKEN, [])
    if ratios:
        terminalreporter.section("ratios")
        if ELSEWHERE in config.stash:
            terminalreporter.write_line(f"SKIPPED: no ratio fails, {config.stash[ELSEWHERE]}")
        width = max(len(ratio.name) for ratio in ratios)
        for ratio in ratios:
            terminalreporter.write_line(f"{ratio.name:{width}}  {ratio}")


# The hooks of pytest-benchmark are optional: without it the benchmarks are skipped.


@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_benchmark_compare_machine_info(
    config: pytest.Config, machine_info: dict[str, str], compared_benchmark: dict[str, Any]
) -> None:
    """Take the ratios of a stored run, and leave pytest-benchmark no times to compare."""
    was, now = (
        [info.get(key, "unknown") for key in KEYS]
        for info in (compared_benchmark["machine_info"], machine_info)
    )
    config.stash.setdefault(STORED, {}).update(
        (stored["fullname"], stored["extra_info"]["ratio"])
        for stored in compared_benchmark["benchmarks"]
        if "ratio" in stored["extra_info"]
    )
    if was != now:
        config.stash[ELSEWHERE] = f"the stored run was {' '.join(was)}, this is {' '.join(now)}"
    compared_benchmark["benchmarks"] = []
    compared_benchmark["machine_info"] = machine_info  # or it warns that the machines differ


@pytest.hookimpl(optionalhook=True)
def pytest_benchmark_generate_machine_info() -> dict[str, str]:
    """What ratios may depend on; no names of hosts or people."""
    found = (processor(), platform.python_implementation(), platform.python_version())
    return dict(zip(KEYS, found, strict=True))


@pytest.hookimpl(optionalhook=True)
def pytest_benchmark_generate_commit_info() -> dict[str, str]:
    """Nothing: the commit that holds the file says it."""
    return {}


@pytest.hookimpl(optionalhook=True)
def pytest_benchmark_update_json(output_json: dict[str, Any]) -> None:
    """Store the ratios alone; `stats` is there because pytest-benchmark looks for it."""
    output_json["benchmarks"] = [
        {
            "fullname": measured["fullname"],
            "extra_info": measured["extra_info"],
            "stats": {"ops": None},
        }
        for measured in output_json["benchmarks"]
    ]
