"""A replay that is stopped: by Ctrl-C, once or twice, by TERM and HUP, and when it is killed."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cli_world import corp, environment

__all__ = ["corp"]

P = "-pcorp.mobileconfig"
SSOROUTE = [sys.executable, "-m", "ssoroute"]
#: Gets a terminal of its own, and the signals as a shell leaves them to what it starts.
ON_A_TERMINAL = """
import fcntl, os, signal, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # `nohup` ignores it for the whole suite
signal.signal(signal.SIGINT, signal.SIG_IGN if sys.argv[1] == "ignored" else signal.SIG_DFL)
os.execv(sys.executable, [sys.executable, *sys.argv[2:]])
"""
#: The command line on a disk that is slow to make a file durable.
SLOW_DISK = """
import os, time
def fsync(descriptor):
    open("syncing", "x").close()
    time.sleep(60)
os.fsync = fsync
if __name__ == "__main__":
    from ssoroute.cli import main
    main()
"""


def log(rows: int) -> bytes:
    return b'{"url": "https://login.example.com/"}\n' * rows


def wait_for(condition: Callable[[], object], seconds: float = 60) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def running(group: int) -> list[str]:
    """The processes of a group that have not ended."""
    listed = subprocess.run(
        ["ps", "-A", "-o", "pgid=,stat=,args="], capture_output=True, text=True, check=True
    )
    rows = [line.split(None, 2) for line in listed.stdout.splitlines()]
    return [row[-1] for row in rows if row[0] == str(group) and not row[1].startswith("Z")]


def waiting_in(pipe: int) -> int:
    """How many bytes a pipe holds."""
    return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), sys.byteorder)


def something_written() -> bool:
    return any(path.stat().st_size > 0 for path in Path().glob(".ssoroute-*.new"))


def started(output: str, ignored: frozenset[int] = frozenset()) -> subprocess.Popen[bytes]:
    """A replay with two workers that has answered some chunks and waits for more."""

    def prepare() -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN if number in ignored else signal.SIG_DFL)

    process = subprocess.Popen(
        [*SSOROUTE, "replay", P, "--jobs", "2", "--output", output, "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
        start_new_session=True,
        preexec_fn=prepare,  # noqa: PLW1509 - this process has no thread that holds a lock
    )
    assert process.stdin is not None
    process.stdin.write(log(400_000))
    process.stdin.flush()
    assert wait_for(something_written)
    assert len(running(process.pid)) >= 3
    return process


STOPPING = [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]


@pytest.mark.usefixtures("corp")
@pytest.mark.parametrize(("number", "status"), STOPPING)
@pytest.mark.parametrize("to_all", [False, True], ids=["alone", "group"])
def test_a_signal_ends_it_early_and_whole(number: int, status: int, to_all: bool) -> None:
    Path("out.jsonl").write_text("old")
    process = started("out.jsonl")
    (os.killpg if to_all else os.kill)(process.pid, number)
    stdout, stderr = process.communicate(timeout=60)
    assert (process.returncode, stderr) == (status, b"")
    assert stdout.startswith(b"interrupted; only the requests before the interrupt are counted\n")
    lines = Path("out.jsonl").read_bytes().splitlines()
    assert len(lines) > 1000
    assert {json.loads(line)["outcome"] for line in lines} == {"handle"}
    assert sorted(path.name for path in Path().iterdir()) == ["corp.mobileconfig", "out.jsonl"]
    assert wait_for(lambda: not running(process.pid), 10), running(process.pid)


@pytest.mark.usefixtures("corp")
def test_an_interrupt_that_the_parent_ignores_counts() -> None:
    """As a shell ignores it for what it runs in the background."""
    process = started("out.jsonl", frozenset({signal.SIGINT}))
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert wait_for(lambda: not running(process.pid), 10)


@pytest.mark.usefixtures("corp")
def test_a_hangup_that_the_parent_ignores_does_not_count() -> None:
    """As under `nohup`."""
    process = started("out.jsonl", frozenset({signal.SIGHUP}))
    process.send_signal(signal.SIGHUP)
    stdout, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert stdout.startswith(b"400,000 requests\n")


@pytest.mark.usefixtures("corp")
def test_a_killed_replay_leaves_no_worker_and_the_next_one_cleans_up() -> None:
    Path("out.jsonl").write_text("old")
    process = started("out.jsonl")
    process.kill()
    process.communicate(timeout=60)
    assert wait_for(lambda: not running(process.pid), 10), running(process.pid)
    assert Path("out.jsonl").read_text() == "old"
    assert len(list(Path().glob(".ssoroute-*"))) == 1
    Path("log.jsonl").write_bytes(log(2))
    command = [*SSOROUTE, "replay", P, "--output", "out.jsonl", "log.jsonl"]
    subprocess.run(command, stdout=subprocess.DEVNULL, env=environment(), check=True)
    assert len(Path("out.jsonl").read_text().splitlines()) == 2
    assert list(Path().glob(".ssoroute-*")) == []


@pytest.mark.usefixtures("corp")
@pytest.mark.parametrize("before", ["default", "ignored"])
@pytest.mark.parametrize("output", ["out.jsonl", "pipe.jsonl"])
def test_a_second_interrupt_ends_it_at_once(output: str, before: str) -> None:
    """While the file is made durable, or the writer waits for a full pipe."""
    Path("out.jsonl").write_text("old")
    Path("log.jsonl").write_bytes(log(2_000_000))
    Path("slow.py").write_text(SLOW_DISK)
    os.mkfifo("pipe.jsonl")
    reader = os.open("pipe.jsonl", os.O_RDONLY | os.O_NONBLOCK)
    arguments = ["slow.py", "replay", P, "--jobs", "2", "--output", output, "log.jsonl"]
    main, side = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", ON_A_TERMINAL, before, *arguments],
        stdin=side,
        stdout=side,
        stderr=subprocess.PIPE,
        env=environment(TERM="dumb"),
        start_new_session=True,
    ) as process:
        os.close(side)
        assert process.stderr is not None
        if output == "out.jsonl":
            assert wait_for(something_written)
            os.write(main, b"\x03")
            assert wait_for(Path("syncing").exists)
        else:
            assert wait_for(lambda: waiting_in(reader) >= 60_000)  # it is full, and the rest waits
            os.write(main, b"\x03")
            time.sleep(1)
        assert process.poll() is None
        os.write(main, b"\x03")
        began = time.monotonic()
        assert process.wait(30) == 130
        assert time.monotonic() - began < 5
        assert wait_for(lambda: not running(process.pid), 10), running(process.pid)
        assert process.stderr.read().strip() == b""
    os.close(main)
    os.close(reader)
    assert Path("out.jsonl").read_text() == "old"
    assert list(Path().glob(".ssoroute-*")) == []


@pytest.mark.usefixtures("corp")
def test_a_terminal_that_closes_ends_it_early_and_whole() -> None:
    Path("log.jsonl").write_bytes(log(2_000_000))
    arguments = ["-m", "ssoroute", "replay", P, "--jobs", "2", "--output=out.jsonl", "log.jsonl"]
    main, side = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", ON_A_TERMINAL, "default", *arguments],
        stdin=side,
        stdout=side,
        stderr=side,
        env=environment(TERM="xterm"),
        start_new_session=True,
    )
    os.close(side)
    assert wait_for(something_written)
    os.close(main)
    assert process.wait(60) == 129
    lines = Path("out.jsonl").read_bytes().splitlines()
    assert 0 < len(lines) < 2_000_000
    assert json.loads(lines[-1])["outcome"] == "handle"
    assert list(Path().glob(".ssoroute-*")) == []
    assert wait_for(lambda: not running(process.pid), 10), running(process.pid)
