"""Profiles for the tests of the command line, and two ways to run it."""

from __future__ import annotations

import os
import plistlib
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

import pytest
from click.testing import CliRunner, Result

from ssoroute.cli import cli

ROOT: Final = Path(__file__).parent.parent

SSO: Final = "com.example.app.sso"
REDIRECT: Final = {
    "Type": "Redirect",
    "ExtensionIdentifier": SSO,
    "TeamIdentifier": "EXAMPLE123",
    "URLs": ["https://login.example.com", "https://id.example.com/t/"],
}
CREDENTIAL: Final = {
    "Type": "Credential",
    "ExtensionIdentifier": "com.example.kerberos",
    "TeamIdentifier": "apple",
    "Realm": "EXAMPLE.COM",
    "Hosts": [".example.com"],
}


def write_profile(
    path: Path,
    *payloads: Mapping[str, Any],
    binary: bool = False,
    **top_level: Any,
) -> Path:
    """A profile with `payloads`, of Extensible SSO where they do not say otherwise."""
    content = [{"PayloadType": "com.apple.extensiblesso", **payload} for payload in payloads]
    top = {"PayloadType": "Configuration", "PayloadIdentifier": path.stem, **top_level}
    form = plistlib.FMT_BINARY if binary else plistlib.FMT_XML
    path.write_bytes(plistlib.dumps({**top, "PayloadContent": content}, fmt=form))
    return path


@pytest.fixture
def corp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with `corp.mobileconfig`."""
    monkeypatch.chdir(tmp_path)
    return write_profile(Path("corp.mobileconfig"), REDIRECT, CREDENTIAL)


def invoke(*arguments: str, stdin: str | bytes | None = None) -> Result:
    """Run the command line inside this process."""
    return CliRunner().invoke(cli, list(arguments), input=stdin)


def environment(**changes: str) -> dict[str, str]:
    """The environment of a process that runs the command line.

    It does not say how wide a terminal is: pytest says that to its workers (COLUMNS).
    """
    left_out = {"NO_COLOR", "COLUMNS", "LINES"}
    kept = {key: value for key, value in os.environ.items() if key not in left_out}
    return kept | {"PYTHONPATH": str(ROOT / "src"), "PYTHONWARNINGS": "error"} | changes


def run(
    *arguments: str | bytes, stdin: bytes = b"", **changes: str
) -> subprocess.CompletedProcess[bytes]:
    """Run the command line as its users do; `changes` are of the environment."""
    return subprocess.run(
        [sys.executable, "-m", "ssoroute", *arguments],
        input=stdin,
        capture_output=True,
        env=environment(**changes),
        timeout=60,
        check=False,
    )


class Running(NamedTuple):
    """A command that runs, and the pipes to it."""

    process: subprocess.Popen[bytes]
    stdin: IO[bytes]
    stdout: IO[bytes]
    stderr: IO[bytes]

    def send(self, line: bytes) -> None:
        self.stdin.write(line + b"\n")
        self.stdin.flush()


@contextmanager
def running(*arguments: str) -> Iterator[Running]:
    """The command line as a process that is still running."""
    with subprocess.Popen(
        [sys.executable, "-m", "ssoroute", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    ) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        yield Running(process, process.stdin, process.stdout, process.stderr)
