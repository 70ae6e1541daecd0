"""A replay in several processes: the same answers in the same order, and a clean end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cli_world import corp, environment, run

__all__ = ["corp"]

P = "-pcorp.mobileconfig"
URLS = (
    "https://login.example.com/",
    "https://www.example.org/",
    "https://login.example.com.evil.example/",
    "nothing",
)


def log(rows: int) -> bytes:
    return b"url\n" + b"".join(f"{URLS[n % 4]}\n".encode() for n in range(rows))


@pytest.mark.usefixtures("corp")
def test_several_processes_answer_as_one_does() -> None:
    rows = 23_000  # five chunks
    Path("log.csv").write_bytes(log(rows))
    one = run("replay", P, "--jobs", "1", "--output", "one.jsonl", "log.csv")
    two = run("replay", P, "--jobs", "2", "--output", "two.jsonl", "log.csv")
    assert (two.stdout, two.stderr, two.returncode) == (one.stdout, one.stderr, 3)
    assert b"error: 5730 more rows are no requests\n" in one.stderr
    lines = Path("two.jsonl").read_bytes()
    assert lines == Path("one.jsonl").read_bytes()
    answers = [json.loads(line) for line in lines.splitlines()]
    assert [answer.get("url", "nothing") for answer in answers] == [
        URLS[n % 4] for n in range(rows)
    ]


def interrupted(output: str) -> subprocess.CompletedProcess[bytes]:
    """A replay that has got 60 chunks and waits for more when the user has enough."""
    process = subprocess.Popen(
        [sys.executable, "-m", "ssoroute", "replay", P, "--jobs", "2", "--output", output, "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
        start_new_session=True,  # so that all processes of the replay are interrupted at once
    )
    assert process.stdin is not None
    process.stdin.write(log(300_000))
    process.stdin.flush()
    for _ in range(300):
        if any(path.stat().st_size > 0 for path in Path().glob(".ssoroute-*.new")):
            break
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGINT)
    stdout, stderr = process.communicate(timeout=60)
    return subprocess.CompletedProcess([], process.returncode, stdout, stderr)


@pytest.mark.usefixtures("corp")
def test_an_interrupt_leaves_whole_lines() -> None:
    done = interrupted("out.jsonl")
    assert done.returncode == 130, done.stderr
    assert done.stdout.startswith(b"interrupted; this is what was answered until then\n")
    assert b"Traceback" not in done.stderr
    data = Path("out.jsonl").read_bytes()
    assert data.endswith(b"\n")
    lines = [json.loads(line) for line in data.splitlines()]
    assert len(lines) >= 5_000
    assert len(lines) % 5_000 == 0
    assert sorted(path.name for path in Path().iterdir()) == ["corp.mobileconfig", "out.jsonl"]


@pytest.mark.usefixtures("corp")
def test_an_interrupt_leaves_whole_row_groups() -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="the extra `arrow` is not installed")
    done = interrupted("out.parquet")
    assert done.returncode == 130, done.stderr
    assert b"Traceback" not in done.stderr
    table = parquet.read_table("out.parquet")
    assert table.num_rows % 5_000 == 0
    assert table.column("error").null_count == table.num_rows * 3 // 4


@pytest.mark.usefixtures("corp")
def test_a_reader_that_goes_ends_the_replay() -> None:
    Path("log.csv").write_bytes(log(60_000))
    command = [sys.executable, "-m", "ssoroute", "replay", P, "--jobs", "2", "--output", "-"]
    done = subprocess.run(
        ["sh", "-c", '"$@" | head -n 1; ', "sh", *command, "log.csv"],
        capture_output=True,
        env=environment(),
        timeout=60,
        check=True,
    )
    assert len(done.stdout.splitlines()) == 1
    assert b"Traceback" not in done.stderr
