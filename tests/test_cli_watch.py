"""`--watch`: a command runs again when a file changes from which it answers."""

from __future__ import annotations

import importlib.util
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cli_world import REDIRECT, Running, corp, environment, invoke, running, write_profile

__all__ = ["corp"]

WAITING = b"watching for changes; Ctrl-C ends\n"
LOGIN = "https://login.example.com/"
EXPLAIN = ("explain", "-pcorp.mobileconfig", "--watch", LOGIN)
pytestmark = [
    pytest.mark.usefixtures("corp"),
    pytest.mark.skipif(
        importlib.util.find_spec("watchfiles") is None, reason="watchfiles is not installed"
    ),
]


class Watched:
    """A command with `--watch`; its output goes to files, so that it can be read at any time."""

    def __init__(self, process: subprocess.Popen[bytes], out: Path, err: Path) -> None:
        self.process = process
        self._out = out
        self._err = err
        self._runs = 0
        self._read = 0

    def next_run(self) -> str:
        """What the next run prints on standard output."""
        self._runs += 1
        deadline = time.monotonic() + 60
        while self._err.read_bytes().count(WAITING) < self._runs:
            assert time.monotonic() < deadline, self._err.read_text()
            assert self.process.poll() is None, self._err.read_text()
            time.sleep(0.02)
        whole = self._out.read_text()
        text, self._read = whole[self._read :], len(whole)
        return text

    def stop(self, number: int = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout=30)

    def errors(self) -> str:
        return self._err.read_text()


@contextmanager
def watched(tmp_path_factory: pytest.TempPathFactory, *arguments: str) -> Iterator[Watched]:
    folder = tmp_path_factory.mktemp("output")
    out, err = folder / "out", folder / "err"
    with (
        out.open("wb") as stdout,
        err.open("wb") as stderr,
        subprocess.Popen(
            [sys.executable, "-m", "ssoroute", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            env=environment(),
        ) as process,
    ):
        try:
            yield Watched(process, out, err)
        finally:
            process.kill()


def test_explain_runs_again(tmp_path_factory: pytest.TempPathFactory) -> None:
    with watched(tmp_path_factory, *EXPLAIN) as command:
        assert "handle (url_prefix)" in command.next_run()
        write_profile(Path("corp.mobileconfig"), {**REDIRECT, "URLs": ["https://new.example/"]})
        assert "do_not_handle (no_match)" in command.next_run()
        Path("corp.mobileconfig").unlink()
        assert command.next_run() == ""
        assert "corp.mobileconfig: error: cannot be read" in command.errors()
        write_profile(Path("new"), REDIRECT)
        Path("new").rename("corp.mobileconfig")  # as an editor does
        assert "handle (url_prefix)" in command.next_run()
        assert command.stop() == 130, command.errors()
        assert "\x1b" not in command.errors()
        assert "Traceback" not in command.errors()


def test_check_follows_a_folder(tmp_path_factory: pytest.TempPathFactory) -> None:
    Path("profiles").mkdir()
    Path("corp.mobileconfig").rename("profiles/corp.mobileconfig")
    arguments = ("check", "--watch", "--format", "short", "--select", "SSO1", "profiles")
    with watched(tmp_path_factory, *arguments) as command:
        assert "wrong.mobileconfig" not in command.next_run()
        write_profile(Path("profiles/wrong.mobileconfig"), {**REDIRECT, "Type": "Redirekt"})
        assert "profiles/wrong.mobileconfig" in command.next_run()
        Path("profiles/wrong.mobileconfig").unlink()
        assert "wrong.mobileconfig" not in command.next_run()
        assert command.stop(signal.SIGTERM) == 143


def test_test_follows_the_table_and_what_it_names(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    Path("tables").mkdir()
    table = Path("tables/a.routes.toml")
    rows = 'profiles = "../corp.mobileconfig"\n[[routes]]\nurl = "https://login.example.com/"\n'
    table.write_text(f'{rows}outcome = "handle"\n')
    arguments = ("test", "--watch", "--junit", "tables/report.xml", "tables")
    with watched(tmp_path_factory, *arguments) as command:
        assert "1 of 1 row passed" in command.next_run()
        write_profile(Path("corp.mobileconfig"), {**REDIRECT, "URLs": ["https://new.example/"]})
        assert "0 of 1 row passed" in command.next_run()
        table.write_text(f'{rows}outcome = "do_not_handle"\n')
        assert "1 of 1 row passed" in command.next_run()
        time.sleep(1)
        assert command.errors().count("watching") == 3, "the report is not a change"
        assert command.stop(signal.SIGHUP) == 129


def test_what_does_not_count_starts_nothing(tmp_path_factory: pytest.TempPathFactory) -> None:
    with watched(tmp_path_factory, *EXPLAIN) as command:
        command.next_run()
        time.sleep(0.5)  # the watcher is there
        Path("other.txt").write_text("x")
        Path("other.mobileconfig").write_text("x")
        time.sleep(1)
        assert command.errors().count("watching") == 1
        Path("corp.mobileconfig").touch()
        command.next_run()


def test_a_change_while_the_command_runs_is_not_lost() -> None:
    with running(*EXPLAIN) as command:
        _change_until_it_runs_again(command)
        command.process.kill()


def _change_until_it_runs_again(command: Running) -> None:
    """The file changes at the moment in which the first run ends, and only then."""
    assert command.stderr.readline() == WAITING
    write_profile(Path("corp.mobileconfig"), {**REDIRECT, "URLs": ["https://new.example/"]})
    assert command.stderr.readline() == WAITING


def test_the_screen_is_cleared_on_a_terminal() -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "ssoroute", *EXPLAIN],
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=subprocess.PIPE,
        env=environment(TERM="xterm"),
    ) as process:
        assert process.stderr
        assert process.stderr.readline() == WAITING
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 130
    assert os.read(ours, 100).startswith(b"\x1b[2J\x1b[H")
    os.close(ours)
    os.close(theirs)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("explain", "-p", "-", "--watch", LOGIN), "--watch cannot follow standard input"),
        (("check", "--watch", "-"), "--watch cannot follow standard input; name files"),
        (("check", "--watch"), "no profiles: name files or folders"),
        (
            ("check", "--watch", "--write-baseline", "b", "corp.mobileconfig"),
            "--write-baseline writes once; leave out --watch",
        ),
        (("test", "--watch", "--record", "a.toml"), "--record writes once; leave out --watch"),
    ],
)
def test_misuse(arguments: tuple[str, ...], message: str) -> None:
    done = invoke(*arguments, stdin="")
    assert done.exit_code == 2
    assert message in done.stderr


def test_without_the_package_the_message_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    done = invoke(*EXPLAIN)
    assert done.exit_code == 2
    assert done.stderr.endswith(
        "--watch needs the package watchfiles: pip install 'ssoroute[watch]'\n"
    )


def test_the_configuration_file_is_read_again(tmp_path_factory: pytest.TempPathFactory) -> None:
    write_profile(Path("empty.mobileconfig"))
    Path("pyproject.toml").write_text('[tool.ssoroute]\nprofiles = ["empty.mobileconfig"]\n')
    with watched(tmp_path_factory, "explain", "--watch", LOGIN) as command:
        assert "do_not_handle (no_match)" in command.next_run()
        Path("ssoroute.toml").write_text('profiles = ["corp.mobileconfig"]\n')
        assert "handle (url_prefix)" in command.next_run()
        Path("ssoroute.toml").write_text('profile = ["corp.mobileconfig"]\n')
        assert command.next_run() == ""
        assert "unknown member `profile`; did you mean `profiles`?" in command.errors()
        Path("ssoroute.toml").write_text('profiles = ["corp.mobileconfig"]\n')
        command.next_run()
        write_profile(Path("corp.mobileconfig"), {**REDIRECT, "URLs": ["https://new.example/"]})
        assert "do_not_handle (no_match)" in command.next_run()
        assert command.stop() == 130, command.errors()


def test_a_configuration_file_that_is_named_is_read_again(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    Path("other").mkdir()
    Path("other/a.toml").write_text('[check]\nselect = ["SSO9"]\n')
    arguments = ("check", "--config", "other/a.toml", "--watch", "--format", "short")
    with watched(tmp_path_factory, *arguments, "corp.mobileconfig") as command:
        assert "SSO801" not in command.next_run()
        Path("other/a.toml").write_text('[check]\nselect = ["SSO8"]\n')
        assert "SSO801" in command.next_run()
        Path("ssoroute.toml").write_text("wrong")
        time.sleep(1)
        assert command.errors().count("watching") == 2, "another file counts"
        assert command.stop() == 130, command.errors()
