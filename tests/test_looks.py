"""How the command line looks on terminals of 80 and 120 columns, without colour, and in a pipe."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

from cli_world import ROOT, environment, run
from ssoroute.cli import cli

URL: Final = "https://login.microsoftonline.com.evil.net/"
PROFILES: Final = "examples/profiles"
(DEVICE,) = (ROOT / "examples" / "device").iterdir()
#: The commands whose texts are laid out in paragraphs, and one that prints a table.
COMMANDS: Final = [
    ("explain", "-p", PROFILES, URL),
    ("show", "-p", PROFILES),
    ("show", "--domains", "-p", PROFILES),
    ("diff", f"{PROFILES}/entra.mobileconfig", PROFILES),
    ("clients", "chrome"),
    ("check", "--severity", "info", "tests/data/check/field", PROFILES),
    ("experiment",),
    ("test", "examples/routes/wishful.routes.toml"),
    ("device", "show", str(DEVICE)),
    ("docs", "tutorial"),
]
#: The commands that print tables.
TABLES: Final = [
    ("explain", "-p", PROFILES, "--client", "all", "https://login.microsoftonline.com/common"),
    ("show", "--keys", "-p", PROFILES),
    ("route", "-p", PROFILES, *(URL + word for word in ("a" * 9, "b", "c")), "https://h/"),
    ("replay", "-p", PROFILES, "examples/logs/browser.har"),
    ("check", "--list-rules"),
    ("docs",),
]
NOTHING: Final[Mapping[str, str]] = {}
_SGR: Final = re.compile(r"\x1b\[[0-9;]*m")
_LINK: Final = re.compile(r"\x1b\]8;[^;]*;([^\x1b]*)\x1b\\")


def on_terminal(
    *arguments: str, columns: int, rows: int = 500, variables: Mapping[str, str] = NOTHING
) -> str:
    """What a terminal of that size gets on standard output."""
    controller, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    names = ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "VTE_VERSION", "TERM_PROGRAM", "TMUX")
    env = {k: v for k, v in environment(TERM="xterm-256color").items() if k not in names}
    shown = b""
    with subprocess.Popen(
        [sys.executable, "-m", "ssoroute", *arguments],
        stdin=terminal,
        stdout=terminal,
        stderr=subprocess.DEVNULL,
        env={**env, **variables},
        cwd=ROOT,
    ):
        os.close(terminal)
        try:
            while piece := os.read(controller, 65536):
                shown += piece
        except OSError:  # the end, on Linux
            pass
    os.close(controller)
    return shown.decode().replace("\r\n", "\n")


def in_a_pipe(*arguments: str) -> str:
    return run(*arguments).stdout.decode()


@pytest.fixture(autouse=True)
def _in_the_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def words(text: str) -> list[str]:
    return _SGR.sub("", text).split()


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("command", [*COMMANDS, *TABLES], ids=" ".join)
def test_lines_fit_on_the_terminal(command: tuple[str, ...], columns: int) -> None:
    lines = _SGR.sub("", on_terminal(*command, columns=columns)).splitlines()
    assert len(lines) > 3
    # a line may be longer if one word alone is, such as a URL
    long = [line for line in lines if len(line) > columns and len(line.split()) > 2]
    assert long == []


@pytest.mark.parametrize("command", COMMANDS[:-1], ids=" ".join)
def test_a_pipe_gets_the_same_words_without_colour(command: tuple[str, ...]) -> None:
    shown = on_terminal(*command, columns=120)
    piped = in_a_pipe(*command)
    assert "\x1b[" in shown
    assert "\x1b" not in piped
    assert words(shown) == piped.split()


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("command", TABLES, ids=" ".join)
def test_tables_are_folded_on_a_terminal_and_whole_in_a_pipe(
    command: tuple[str, ...], columns: int
) -> None:
    shown, piped = on_terminal(*command, columns=columns), in_a_pipe(*command)
    assert words(shown) == piped.split()
    assert len(shown.splitlines()) > len(piped.splitlines()) or columns == 120


FOLDED: Final = f"""\
handle  com.microsoft.CompanyPortalMac.ssoextension
    url_prefix https://login.microsoftonline.com (look-alike)
    {URL}{"x" * 70}
do_not_handle  -  no_match  https://h/
"""


def test_a_row_that_is_too_wide_is_folded_between_its_cells() -> None:
    command = ("route", "-p", PROFILES, f"{URL}{'x' * 70}", "https://h/")
    shown = on_terminal(*command, columns=80, variables={"NO_COLOR": "1"})
    assert shown == FOLDED
    assert len(in_a_pipe(*command).splitlines()) == 2


def test_the_last_cell_is_wrapped_in_its_own_column() -> None:
    lines = on_terminal("check", "--list-rules", columns=80).splitlines()
    place = next(number for number, line in enumerate(lines) if line.startswith("SSO010"))
    assert _SGR.sub("", "\n".join(lines[place : place + 2])) == (
        "SSO010  error    documented  a signed container that cannot be opened, or holds\n"
        "                             no profile"
    )


@pytest.mark.parametrize("variable", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_colour_can_be_turned_off(variable: dict[str, str]) -> None:
    shown = on_terminal("explain", "-p", PROFILES, URL, columns=100, variables=variable)
    assert shown.startswith(URL)
    assert "\x1b" not in shown


def test_colours_are_those_of_the_palette() -> None:
    """So a theme decides how they look on a dark ground and on a light one; black is never set."""
    codes = set(re.findall(r"\x1b\[([0-9;]*)m", on_terminal("explain", "-p", PROFILES, URL,
                                                           columns=100)))  # fmt: skip
    assert codes <= {"0", "1", "2", "31", "32", "33"}


def test_the_columns_of_a_table_begin_alike() -> None:
    command = ("explain", "-p", PROFILES, "--client", "all", "https://login.microsoftonline.com/")
    lines = [line for line in in_a_pipe(*command).splitlines() if line.strip()]
    head = next(number for number, line in enumerate(lines) if line.startswith("client "))
    starts = [lines[head].index(name) for name in ("code", "outcome", "extension", "why")]
    rows = [line for line in lines[head + 1 :] if not line.startswith("nothing is known")]
    assert len(rows) > 8
    for row in rows:
        assert all(row[start - 1] == " " and row[start] != " " for start in starts), row


@pytest.mark.parametrize(
    ("variables", "linked"),
    [
        ({"VTE_VERSION": "7200"}, True),
        ({"TERM_PROGRAM": "iTerm.app"}, True),
        ({"TERM": "xterm-kitty"}, True),
        ({"FORCE_HYPERLINK": "1"}, True),
        ({}, False),
        ({"VTE_VERSION": "4900"}, False),
        ({"VTE_VERSION": "7200", "TMUX": "/tmp/tmux"}, False),  # noqa: S108 - only named
        ({"VTE_VERSION": "7200", "NO_COLOR": "1"}, False),
        ({"VTE_VERSION": "7200", "FORCE_HYPERLINK": "0"}, False),
    ],
)
def test_codes_link_to_their_page_where_the_terminal_shows_links(
    variables: dict[str, str], linked: bool
) -> None:
    shown = on_terminal("check", "tests/data/check/field", columns=100, variables=variables)
    addresses = set(_LINK.findall(shown)) - {""}
    assert addresses == ({(ROOT / "docs" / "check.md").as_uri()} if linked else set())


@pytest.fixture
def pager(tmp_path: Path) -> str:
    """A pager that marks each line."""
    script = tmp_path / "pager"
    script.write_text("#!/bin/sh\nexec sed 's/^/paged: /'\n")
    script.chmod(0o755)
    return str(script)


def test_what_does_not_fit_goes_through_the_pager(pager: str) -> None:
    command = ("explain", "-p", PROFILES, URL)
    lines = on_terminal(*command, columns=100, rows=20, variables={"PAGER": pager}).splitlines()
    assert len(lines) > 20
    assert all(line.startswith("paged: ") for line in lines)
    assert "\x1b[32m" in "".join(lines)
    piped = in_a_pipe(*command)
    assert words("\n".join(line.removeprefix("paged: ") for line in lines)) == piped.split()


def test_a_command_inside_a_group_uses_the_pager_too(pager: str) -> None:
    command = ("device", "show", str(DEVICE))
    lines = on_terminal(*command, columns=100, rows=9, variables={"PAGER": pager}).splitlines()
    assert len(lines) > 9
    assert all(line.startswith("paged: ") for line in lines)


def test_what_fits_does_not(pager: str) -> None:
    for arguments in (("explain", "-p", PROFILES, URL), ("show", "-p", PROFILES)):
        assert "paged: " not in on_terminal(
            *arguments, columns=100, rows=90, variables={"PAGER": pager}
        )
    assert b"paged: " not in run("explain", "-p", PROFILES, URL, PAGER=pager).stdout
    lines = on_terminal(
        "route", "-p", PROFILES, *[URL] * 30, columns=100, rows=5, variables={"PAGER": pager}
    )
    assert "paged: " not in lines


def test_the_status_is_that_of_the_command(pager: str) -> None:
    """A pager takes nothing from it: the profile of the field has errors."""
    script = (
        "import os, pty, sys; os.environ.update(PAGER=sys.argv[1], TERM='xterm');"
        "status = pty.spawn([sys.executable, '-m', 'ssoroute', 'check', 'tests/data/check/field']);"
        "sys.exit(os.waitstatus_to_exitcode(status))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, pager], cwd=ROOT, capture_output=True, check=False
    )
    assert done.returncode == 1, done.stderr


@pytest.mark.parametrize("name", sorted(cli.every_command()))
def test_help_has_fewer_than_sixty_lines(name: str) -> None:
    lines = in_a_pipe(*name.split(), "--help").splitlines()
    assert lines[0].startswith(f"Usage: ssoroute {name} ")
    assert len(lines) < 60
    assert max(map(len, lines)) <= 100


@pytest.mark.parametrize("name", ["", *sorted(cli.every_command())])
def test_help_fits_on_a_terminal_of_80_columns(name: str) -> None:
    lines = on_terminal(*name.split(), "--help", columns=80).splitlines()
    assert [line for line in lines if len(line) > 80] == []
