"""A replay in several processes: the same answers in the same order, and a clean end."""

from __future__ import annotations

import json
import os
import pty
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


PROGRESS = """
import sys
from ssoroute.cli import main, progress
progress.DELAY = {}
main(sys.argv[1:])
"""


def log(rows: int) -> bytes:
    return b"url\n" + b"".join(f"{URLS[n % 4]}\n".encode() for n in range(rows))


@pytest.mark.usefixtures("corp")
def test_several_processes_answer_as_one_does() -> None:
    rows = 23_000  # five chunks
    Path("log.csv").write_bytes(log(rows))
    one = run("replay", P, "--jobs", "1", "--output", "one.jsonl", "log.csv")
    two = run("replay", P, "--jobs", "2", "--output", "two.jsonl", "log.csv")
    assert (two.stdout, two.stderr, two.returncode) == (one.stdout, one.stderr, 3)
    assert b"error: 5730 more rows are not requests\n" in one.stderr
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
    assert done.stdout.startswith(
        b"interrupted; only the requests before the interrupt are counted\n"
    )
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
def test_a_closed_pipe_ends_the_replay() -> None:
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


def peak_memory(*arguments: str) -> int:
    """The most memory that the command ever had, in KB (on macOS in bytes)."""
    process = subprocess.Popen(
        [sys.executable, "-m", "ssoroute", *arguments], stdout=subprocess.PIPE, env=environment()
    )
    assert process.stdout is not None
    with process.stdout as stream:
        assert stream.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return usage.ru_maxrss


@pytest.mark.usefixtures("corp")
def test_memory_does_not_grow_with_the_log() -> None:
    """Eight times the requests, all different, in about the same memory."""
    peaks = []
    for rows in (50_000, 400_000):  # 20 MB of text at last
        path = Path(f"{rows}.csv")
        with path.open("w", encoding="ascii") as file:
            file.write("url\n")
            file.writelines(f"https://login.example.com/{n:030}\n" for n in range(rows))
        arguments = ("replay", P, "--jobs", "1", "--output", "out.jsonl", str(path))
        peaks.append(peak_memory(*arguments))
    assert peaks[1] < 1.1 * peaks[0]


@pytest.mark.usefixtures("corp")
@pytest.mark.parametrize(("delay", "is_shown"), [(0, True), (600, False)])
def test_a_terminal_shows_the_progress_after_a_while(delay: float, is_shown: bool) -> None:
    Path("log.csv").write_bytes(log(100_000).replace(b"nothing\n", b""))
    command = [sys.executable, "-c", PROGRESS.format(delay), "replay", P, "--jobs", "1", "log.csv"]
    main, side = pty.openpty()
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=side, env=environment(TERM="xterm")
    )
    os.close(side)
    shown = b""
    while True:
        try:
            part = os.read(main, 4096)
        except OSError:  # on Linux: the other end is closed
            break
        if not part:
            break
        shown += part
    os.close(main)
    summary, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    text = shown.decode()
    assert ("75,000 requests, " in text) is is_shown
    assert ("/s" in text) is is_shown
    assert text.endswith("\x1b[2K" if is_shown else "")  # removed at the end
    assert b"requests" in summary
    assert b"\x1b" not in summary
