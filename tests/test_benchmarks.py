"""The project's own history: ratios are stored, and a worse one fails."""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest
from benchmarks import ratios

from cli_world import ROOT

pytest_plugins = ["pytester"]

STORED = ROOT / "benchmarks" / "history" / "ratios.json"
WORK = """
    def test_work(timed):
        assert timed(lambda: sum(range(10_000))) == 49_995_000
"""


@pytest.mark.parametrize(
    ("ratio", "stored", "worse"),
    [
        (10.0, 10.0, False),
        (9.0, 10.0, False),
        (20.0, 10.0, False),
        (20.1, 10.0, True),
        (20.1, None, False),
    ],
)
def test_a_ratio_may_be_twice_as_large(ratio: float, stored: float | None, worse: bool) -> None:
    assert ratios.is_worse(ratio, stored) == worse


def test_the_stored_run_tells_ratios_and_no_more() -> None:
    stored = json.loads(STORED.read_text("utf-8"))
    assert set(stored["machine_info"]) == {"processor", "python_implementation", "python_version"}
    assert not stored["commit_info"]
    for measured in stored["benchmarks"]:
        assert set(measured) == {"fullname", "extra_info", "stats"}
        assert measured["stats"] == {"ops": None}
        assert measured["extra_info"]["ratio"] > 0


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker of pytest-xdist says so to its tests, and pytest-benchmark then measures nothing."""
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)


@pytest.fixture
def history(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A folder with one benchmark."""
    pytest.importorskip(
        "pytest_benchmark", reason="pytest-benchmark (extra `bench`) is not installed"
    )
    monkeypatch.setattr(ratios, "COMPARED", 0.05)
    monkeypatch.setattr(ratios, "STORED", 0.05)
    monkeypatch.setattr(ratios, "PATIENCE", 0.0)
    pytester.makepyfile(WORK)
    return pytester


def run(history: pytest.Pytester, *options: str) -> pytest.RunResult:
    return history.runpytest_inprocess(
        *("-p", "benchmarks.conftest", "-p", "no:cacheprovider"),
        *("--benchmark-max-time=0.01", "--benchmark-min-rounds=1", *options),
    )


def stored_run(history: pytest.Pytester) -> tuple[Path, dict[str, Any]]:
    run(history, "--benchmark-json=stored.json").assert_outcomes(passed=1)
    path = history.path / "stored.json"
    return path, json.loads(path.read_text("utf-8"))


def test_the_same_ratio_passes(history: pytest.Pytester) -> None:
    stored_run(history)
    result = run(history, "--benchmark-compare=stored.json")
    result.assert_outcomes(passed=1)
    result.stdout.re_match_lines([r"test_work  \S+ empty calls, \S+ times those of the stored run"])


def test_a_worse_ratio_fails_with_one_line(history: pytest.Pytester) -> None:
    path, stored = stored_run(history)
    stored["benchmarks"][0]["extra_info"]["ratio"] /= 4
    path.write_text(json.dumps(stored), "utf-8")
    result = run(history, "--benchmark-compare=stored.json")
    result.assert_outcomes(failed=1)
    result.stdout.re_match_lines(
        [r"\S+ empty calls, \S+ times those of the stored run; 2\.0 are allowed$"]
    )


def test_times_are_neither_stored_nor_compared(history: pytest.Pytester) -> None:
    path, stored = stored_run(history)
    assert [set(measured) for measured in stored["benchmarks"]] == [
        {"fullname", "extra_info", "stats"}
    ]
    stored["machine_info"]["processor"] = "another"
    stored["benchmarks"][0]["extra_info"]["ratio"] /= 4
    path.write_text(json.dumps(stored), "utf-8")
    result = run(history, "--benchmark-compare=stored.json", "-W", "error")
    result.assert_outcomes(passed=1)
    result.stdout.re_match_lines([r"SKIPPED: no ratio fails, the stored run was "])
    result.stdout.no_fnmatch_line("*(NOW)*")


def test_a_comparison_with_nothing_is_refused(history: pytest.Pytester) -> None:
    with warnings.catch_warnings():  # pytest-benchmark warns first, and here warnings are errors
        warnings.simplefilter("ignore")
        result = run(history, "--benchmark-compare=absent")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*no stored run with ratios was found*"])


def test_every_benchmark_is_in_the_stored_run() -> None:
    pytest.importorskip(
        "pytest_benchmark", reason="pytest-benchmark (extra `bench`) is not installed"
    )
    listed = subprocess.run(
        [sys.executable, "-m", "pytest", "benchmarks", "--collect-only", "--quiet"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    names = {line for line in listed if "::" in line}
    stored = json.loads(STORED.read_text("utf-8"))["benchmarks"]
    assert names
    assert names <= {measured["fullname"] for measured in stored}
