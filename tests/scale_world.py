"""A million requests, and the answers of a replay on one machine to compare with."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from cli_world import CREDENTIAL, REDIRECT, ROOT, environment, write_profile

ROWS: Final = 1_000_000
DECIDED: Final = ("outcome", "reason", "extension", "rule", "lookalike")
_HOSTS: Final = (
    *("login.example.com", "login.example.com.evil.example", "id.example.com", "a.example.com"),
    *(f"www{number}.example.org" for number in range(40)),
)


def write_requests(path: Path) -> None:
    """A million rows of every kind, numbered in the column `row`."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    chance = random.Random(8)
    pick = chance.choices
    columns: dict[str, Any] = {
        "row": range(ROWS),
        "url": [
            None if number % 9973 == 0 else f"https://{host}/{end}{number}"
            for number, (host, end) in enumerate(
                zip(pick(_HOSTS, k=ROWS), pick(("", "t/", "T/x"), k=ROWS), strict=True)
            )
        ],
        "caller": pick((None, "com.apple.Safari", "com.example.app.sso"), (9, 9, 1), k=ROWS),
        "response_code": pick((None, 0, 401, 407), (1, 8, 1, 1), k=ROWS),
        "screen_locked": pick((None, True, False), k=ROWS),
    }
    table = pa.table(columns, schema=pa.schema(_schema()))
    pq.write_table(table, path, row_group_size=ROWS // 8)


def _schema() -> list[tuple[str, Any]]:
    import pyarrow as pa

    return [
        ("row", pa.int64()),
        ("url", pa.string()),
        ("caller", pa.string()),
        ("response_code", pa.int32()),
        ("screen_locked", pa.bool_()),
    ]


def replayed(folder: Path, requests: Path) -> Any:
    """The decisions of `ssoroute replay` about the requests, in their order, as a table."""
    import pyarrow.parquet as pq

    profile = write_profile(folder / "corp.mobileconfig", REDIRECT, CREDENTIAL)
    decisions = folder / "decisions.parquet"
    command = [sys.executable, "-m", "ssoroute", "replay", "-p", str(profile), "--jobs", "1"]
    command += ["--spelling", "app", "--output", str(decisions), str(requests)]
    done = subprocess.run(command, env=environment(), capture_output=True, check=False)
    assert done.returncode == 3, done.stderr  # for the rows without a URL
    return pq.read_table(decisions, columns=["url", *DECIDED])


def assert_equal(answers: Any, expected: Any) -> None:
    """The answers of an engine, in whatever order, are those of the replay."""
    import pyarrow as pa
    import pyarrow.compute as pc

    answers = answers.sort_by("row")
    assert answers.num_rows == expected.num_rows == ROWS
    asked = pc.is_valid(expected.column("url"))
    # a batch answers a row without a URL, and a replay says that it is none
    assert set(answers.filter(pc.invert(asked)).column("reason").to_pylist()) == {"no_match"}
    for name in ("url", *DECIDED):
        kind = pa.bool_() if name == "lookalike" else pa.string()
        ours = answers.column(name).cast(kind).filter(asked).combine_chunks()
        theirs = expected.column(name).cast(kind).filter(asked).combine_chunks()
        assert ours.equals(theirs), name
    reasons = {*answers.column("reason").to_pylist()}
    assert reasons == {"url_prefix", "host", "no_match", "caller_is_extension", "screen_locked"}


def let_workers_import(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the processes that an engine starts find the library of this source tree."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(ROOT / "src"), str(ROOT / "tests"))))
