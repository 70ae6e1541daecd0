"""The command line as a process: statuses, streams, signals, terminals, encodings."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

from cli_world import CREDENTIAL, REDIRECT, corp, environment, run, running, write_profile
from ssoroute.cli.mac import MacError, profiles_of_this_mac, version_of_this_mac
from ssoroute.layout import WIDTH

__all__ = ["corp"]

P = "-pcorp.mobileconfig"
LOGIN = "https://login.example.com"
SSOROUTE = [sys.executable, "-m", "ssoroute"]


@pytest.mark.usefixtures("corp")
@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["route", P, LOGIN], 0),
        (["route", P, "--exit-code", "https://x.org"], 1),
        (["route", P, "--exit-code", "--locked", LOGIN], 4),
        (["route", P, "--exit-code", "-p", "missing", LOGIN], 3),
        (["route", P, "--nonsense", LOGIN], 2),
        (["nonsense"], 2),
        (["explain", P, LOGIN], 0),
        (["explain", P, "http://["], 3),
        (["explain", P], 2),
        (["show", P], 0),
        (["show", P, "-p", "corp.txt"], 3),
        (["show", "-p", "missing"], 3),
        (["show", P, "--device", "missing.toml"], 3),
        (["show", P, "extra"], 2),
        (["--help"], 0),
        (["route", "-h"], 0),
        (["--version"], 0),
        ([], 0),
    ],
)
def test_exit_status(arguments: list[str], status: int) -> None:
    done = run(*arguments)
    assert done.returncode == status
    assert b"Traceback" not in done.stderr


def test_alone_it_prints_help() -> None:
    done = run()
    assert done.stdout == run("--help").stdout
    assert done.stdout.startswith(b"Usage: ssoroute [OPTIONS] COMMAND [ARGS]...\n")
    for word in (b"Examples:", b"Exit status:", b"route", b"explain", b"show"):
        assert word in done.stdout


def test_misuse_names_the_command_and_the_fault() -> None:
    done = run("route", "--cod", "x\x1b[31m")
    assert done.stdout == b""
    assert done.stderr.startswith(b"Usage: ssoroute route [OPTIONS] [PATH|URL]...\n")
    assert b"Try `ssoroute route --help`.\nerror: " in done.stderr
    assert b"\x1b" not in done.stderr


@pytest.mark.usefixtures("corp")
def test_a_profile_from_standard_input_is_called_by_its_dash(corp: Path) -> None:
    done = run("show", "-p", "-", stdin=corp.read_bytes())
    assert b"  1. - (device channel)\n" in done.stdout


@pytest.mark.usefixtures("corp")
@pytest.mark.parametrize(
    "arguments",
    [
        ["show", P],
        ["show", P, "--json"],
        ["explain", P, *[LOGIN] * 300],
        ["route", P, *[LOGIN] * 3000],
        ["--help"],
    ],
)
def test_a_closed_pipe_ends_it_quietly(arguments: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            [*SSOROUTE, *arguments],
            stdout=writer,
            stderr=subprocess.PIPE,
            env=environment(),
            timeout=60,
            check=False,
        )
    finally:
        os.close(writer)
    assert (done.stderr, done.returncode) == (b"", 141)


@pytest.mark.usefixtures("corp")
def test_a_pipe_that_closes_later_ends_it_quietly() -> None:
    with running("route", P, "--jsonl", "-") as command:
        command.send(b"{}")
        assert command.stdout.readline().startswith(b'{"schema": 1, "error"')
        command.stdout.close()
        command.stdin.write(b"{}\n")
        command.stdin.close()
        assert command.process.wait(30) == 141
        assert command.stderr.read() == b""


@pytest.mark.usefixtures("corp")
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_a_full_disk_is_an_error() -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*SSOROUTE, "show", P],
            stdout=full,
            stderr=subprocess.PIPE,
            env=environment(),
            timeout=60,
            check=False,
        )
    assert done.stderr == b"the output cannot be written: no space left on device\n"
    assert done.returncode == 3


@pytest.mark.usefixtures("corp")
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", ">&- 2>&-"])
def test_closed_streams_do_no_harm(closed: str) -> None:
    command = f'"{sys.executable}" -m ssoroute route {P} --exit-code {LOGIN} http://x {closed}'
    done = subprocess.run(
        ["sh", "-c", command], capture_output=True, env=environment(), timeout=60, check=False
    )
    assert done.returncode == 2
    command = f'"{sys.executable}" -m ssoroute route {P} {LOGIN} {closed}'
    done = subprocess.run(
        ["sh", "-c", command], capture_output=True, env=environment(), timeout=60, check=False
    )
    assert done.returncode == (3 if ">&- 2" in closed or closed == ">&-" else 0)
    command = f'"{sys.executable}" -m ssoroute route {P} -p missing --exit-code {LOGIN} {closed}'
    done = subprocess.run(
        ["sh", "-c", command], capture_output=True, env=environment(), timeout=60, check=False
    )
    assert done.returncode == 3
    assert b"Traceback" not in done.stderr
    command = f'"{sys.executable}" -m ssoroute route -p - {LOGIN} <&-'
    done = subprocess.run(
        ["sh", "-c", command], capture_output=True, env=environment(), timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (3, b"")
    assert b"Traceback" not in done.stderr


@pytest.mark.usefixtures("corp")
def test_interrupted() -> None:
    with running("route", P, "--jsonl", "-") as command:
        command.send(b"{}")
        command.stdout.readline()  # it runs
        command.process.send_signal(signal.SIGINT)
        assert command.process.wait(30) == 130
        assert command.stderr.read().strip() == b""


@pytest.mark.usefixtures("corp")
@pytest.mark.parametrize(
    "changes", [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONUTF8": "0"}]
)
def test_other_encodings_do_no_harm(changes: dict[str, str]) -> None:
    name = "büro\N{RIGHT-TO-LEFT OVERRIDE}"
    write_profile(Path("corp.mobileconfig"), REDIRECT, CREDENTIAL, PayloadDisplayName=name)
    for arguments in (
        ["show", P],
        ["show", P, "--json"],
        ["explain", P, "https://bücher.example/"],
        ["explain", P, "--json", "https://bücher.example/"],
        ["route", P, "--spelling=app", "--json", b"https://\xff/"],
        ["route", P, "-p", b"missing-\xff", LOGIN],
        ["route", P, "--jsonl", b"missing-\xff"],
        ["show", P, "--device", b"missing-\xff"],
    ):
        done = run(*arguments, stdin=b"", **changes)
        assert b"Traceback" not in done.stderr
        assert done.returncode in (0, 3)
        assert done.stdout or done.stderr


@pytest.mark.usefixtures("corp")
def test_nothing_reaches_a_terminal_raw() -> None:
    evil = "\x1b]0;owned\x07\x9b31m\r\n\u202e[bold red]x[/]"
    write_profile(
        Path("corp.mobileconfig"),
        {
            **REDIRECT,
            "ExtensionIdentifier": f"com.example{evil}",
            "TeamIdentifier": evil,
            "DeniedBundleIdentifiers": [evil],
        },
        {**CREDENTIAL, "Realm": evil, "Hosts": [f"{evil}.example.com", ".example.com"]},
        PayloadIdentifier=evil,
        PayloadDisplayName=evil,
        binary=True,
    )
    bad = {**REDIRECT, "URLs": [evil], "Type": evil}
    write_profile(Path("bad.mobileconfig"), bad, binary=True)
    profiles = [P, "-p", "bad.mobileconfig"]
    for arguments in (
        ["show", *profiles],
        ["show", *profiles, "--json"],
        ["show", *profiles, "--domains"],
        ["route", *profiles, "--spelling=app", LOGIN, evil],
        ["route", *profiles, "--json", "--spelling=app", LOGIN, evil],
        ["route", *profiles, f"http://{evil}"],
        ["route", *profiles, "--jsonl", evil],
        ["explain", *profiles, "--spelling=app", "--caller", evil, LOGIN, evil],
        ["explain", *profiles, "--spelling=app", "--code=401", f"https://{evil}.example.com"],
        ["show", "-p", evil],
        ["show", *profiles, "--device", evil],
        ["show", *profiles, "--os", evil],
        ["show", *profiles, f"--{evil}"],
        [evil],
    ):
        done = run(*arguments)
        both = (done.stdout + done.stderr).decode()
        assert not set(both) & set("\x1b\x07\x9b\r\u202e")
        assert "Traceback" not in both
        assert both
        coloured = on_a_terminal(*arguments)
        assert "\x1b]0" not in coloured
        assert not set(coloured) & set("\x07\x9b\u202e")
    # and it is not taken for a language of styles
    assert "[bold red]x[/]" in on_a_terminal("show", *profiles)


def on_a_terminal(*arguments: str, **changes: str) -> str:
    """What the command prints where both its streams are a terminal."""
    main, side = pty.openpty()
    termios.tcsetwinsize(side, (40, WIDTH))
    process = subprocess.Popen(
        [*SSOROUTE, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=side,
        stderr=side,
        env=environment(**{"TERM": "xterm-256color", **changes}),
    )
    os.close(side)
    pieces = []
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            piece = os.read(main, 65536)
        except OSError:  # how Linux says that the other end is closed
            break
        if not piece:
            break
        pieces.append(piece)
    os.close(main)
    process.wait(30)
    return b"".join(pieces).decode().replace("\r\n", "\n")


GREEN, BOLD, OFF = "\x1b[32m", "\x1b[1m", "\x1b[0m"


@pytest.mark.usefixtures("corp")
@pytest.mark.parametrize(
    "arguments", [["show", P], ["show", P, "--domains"], ["explain", P, LOGIN]]
)
def test_a_terminal_gets_the_same_words_in_colour(arguments: list[str]) -> None:
    plain = run(*arguments).stdout.decode()
    assert "\x1b" not in plain
    coloured = on_a_terminal(*arguments)
    assert BOLD in coloured
    assert coloured != plain
    import re

    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain
    assert on_a_terminal(*arguments, NO_COLOR="1") == plain
    assert on_a_terminal(*arguments, TERM="dumb") == plain


@pytest.mark.usefixtures("corp")
def test_the_outcome_is_coloured() -> None:
    assert f"{GREEN}handle{OFF} (url_prefix)" in on_a_terminal("explain", P, LOGIN)


@pytest.mark.usefixtures("corp")
def test_rich_is_loaded_for_a_terminal_only() -> None:
    code = (
        "import sys; from ssoroute.cli import cli\n"
        f"cli.main(['explain', '{P}', '{LOGIN}'], standalone_mode=False)\n"
        "assert 'rich' not in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, env=environment(), check=False
    )
    assert (done.stderr, done.returncode) == (b"", 0)
    code = "import sys, ssoroute; assert not {'click', 'rich'} & set(sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, env=environment(), check=False
    )
    assert (done.stderr, done.returncode) == (b"", 0)


MAC = "name the profiles with --profiles instead"


def test_the_profiles_of_a_mac() -> None:
    stream = profiles_of_this_mac([sys.executable, "-c", "print('<plist/>')"])
    assert (stream.read(), getattr(stream, "name", None)) == (b"<plist/>\n", "profiles show")
    fails = [sys.executable, "-c", "import sys; sys.exit('no' + chr(27) + 'way')"]
    with pytest.raises(MacError, match=rf"failed \(1\): `no\\x1bway`; {MAC}$"):
        profiles_of_this_mac(fails)
    with pytest.raises(MacError, match=rf"^`sleep 60` gave no answer within 0.1 seconds; {MAC}$"):
        profiles_of_this_mac(["sleep", "60"], timeout=0.1)
    with pytest.raises(MacError, match=rf"^`/no/such` cannot be run: no such file .*; {MAC}$"):
        profiles_of_this_mac(["/no/such"])


def test_the_version_of_a_mac() -> None:
    assert str(version_of_this_mac(["echo", "15.4.1"])) == "15.4.1"
    instead = "name the version with --os instead"
    with pytest.raises(MacError, match=rf"^`echo x` printed `x`, not a version; {instead}$"):
        version_of_this_mac(["echo", "x"])


@pytest.mark.usefixtures("corp")
@pytest.mark.parametrize("options", [[], ["--device", "d.toml"]])
def test_a_mac_is_asked_for_its_version(options: list[str]) -> None:
    Path("d.toml").write_text("installed_extensions = []")
    code = "import sys; sys.platform = 'darwin'; import ssoroute.cli as c; c.main(sys.argv[1:])"
    script = [sys.executable, "-c", code, "show", P]

    def shown(*options: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [*script, *options], capture_output=True, env=environment(), check=False
        )

    done = shown(*options)
    assert done.returncode == 3
    assert done.stderr.startswith(b"`/usr/bin/sw_vers -productVersion` cannot be run: ")
    assert shown(*options, "--os", "macOS@15").stdout.startswith(b"macOS 15.0\n")
    Path("d.toml").write_text('version = "15.4"')
    assert shown("--device", "d.toml").stdout.startswith(b"macOS 15.4\n")


def test_a_mac_is_asked_where_no_profile_is_named(tmp_path: Path) -> None:
    code = "import sys; sys.platform = 'darwin'; import ssoroute.cli as c; c.main(sys.argv[1:])"
    done = subprocess.run(
        [sys.executable, "-c", code, "show", "--os", "macOS"],
        capture_output=True,
        cwd=tmp_path,
        env=environment(),
        check=False,
    )
    assert done.returncode == 3
    assert done.stderr.startswith(b"`/usr/bin/profiles show -output stdout-xml` cannot be run: ")
