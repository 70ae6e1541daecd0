"""`replay --caller` names the app that asks, in the logs that have no callers and only there."""

from __future__ import annotations

import io
import json
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from cli_world import REDIRECT, SSO, corp, invoke, write_profile
from ssoroute import Router, load
from ssoroute.replay import Log, OutputForm, chunks_of, run

__all__ = ["corp"]

URL = "https://login.example.com/"
#: The log, and the reasons if the caller of the option is the extension itself.
LOGS: list[tuple[str, str, list[str]]] = [
    ("urls", f"{URL}\n", ["caller_is_extension"]),
    (
        "har",
        json.dumps({"log": {"entries": [{"request": {"url": URL}}]}}),
        ["caller_is_extension"],
    ),
    ("csv", f"url\n{URL}\n", ["caller_is_extension"]),
    ("csv", f'url,note\n{URL},"two\nlines"\n', ["caller_is_extension"]),
    ("csv", f"url,caller\n{URL},\n{URL},com.example.app\n", ["url_prefix", "url_prefix"]),
    ("csv", f'url,caller,note\n{URL},,"two\nlines"\n', ["url_prefix"]),
    (
        "jsonl",
        "".join(
            json.dumps({"url": URL, **members}) + "\n"
            for members in ({}, {"caller": None}, {"caller": "com.example.app"}, {"caller": ""})
        ),
        ["caller_is_extension", "caller_is_extension", "url_prefix", "url_prefix"],
    ),
    ("jsonl", json.dumps({"url": URL}) + "\n", ["caller_is_extension"]),
]


@pytest.mark.usefixtures("corp")
@pytest.mark.parametrize(("ending", "text", "reasons"), LOGS)
def test_logs_row_by_row(ending: str, text: str, reasons: list[str]) -> None:
    Path(f"log.{ending}").write_text(text)
    result = invoke(
        *("replay", "-pcorp.mobileconfig", "--caller", SSO, "--output", "-", f"log.{ending}")
    )
    assert [json.loads(line)["reason"] for line in result.stdout.splitlines()] == reasons
    assert result.exit_code == 0


@pytest.fixture
def router(tmp_path: Path) -> Router:
    return Router.from_profiles(load(write_profile(tmp_path / "a.mobileconfig", REDIRECT)))


def reasons_by_columns(router: Router, name: str, data: bytes | Path) -> list[Any]:
    log = Log(
        name, lambda: nullcontext(io.BytesIO(data)) if isinstance(data, bytes) else data.open("rb")
    )
    answers = run(router, chunks_of([log]), form=OutputForm.PARQUET, caller=SSO)
    outputs = [part.output for part in answers if part.output is not None]
    return [row["reason"] for output in outputs for row in output.to_pylist()]


@pytest.mark.parametrize(("ending", "text", "reasons"), LOGS)
def test_logs_by_columns(ending: str, text: str, reasons: list[str], router: Router) -> None:
    pytest.importorskip("pyarrow", reason="the extra `arrow` is not installed")
    assert reasons_by_columns(router, f"log.{ending}", text.encode()) == reasons


def test_parquet(router: Router, tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow", reason="the extra `arrow` is not installed")
    pq = pytest.importorskip("pyarrow.parquet", reason="the extra `arrow` is not installed")
    path = tmp_path / "log.parquet"
    pq.write_table(pa.table({"url": [URL]}), path)
    assert reasons_by_columns(router, str(path), path) == ["caller_is_extension"]
    callers = pa.array([None, "com.example.app"], pa.string())
    pq.write_table(pa.table({"url": [URL, URL], "caller": callers}), path)
    assert reasons_by_columns(router, str(path), path) == ["url_prefix", "url_prefix"]
    assert invoke("replay", "--help").output.count("--caller ID") == 1
