"""What every command has in common: how profiles are named, misuse, and colour."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli_world import REDIRECT, corp, invoke, run, write_profile

__all__ = ["corp"]

pytestmark = pytest.mark.usefixtures("corp")

P = "-pcorp.mobileconfig"
LOGIN = "https://login.example.com"

COMMANDS = [("show",), ("bench", "--seconds", "0.1"), ("check",)]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_profiles_are_arguments_or_options(command: tuple[str, ...]) -> None:
    argument, option = invoke(*command, "corp.mobileconfig"), invoke(*command, P)
    assert argument.exit_code == option.exit_code
    assert "corp.mobileconfig" in option.stdout or command[0] == "bench"
    assert argument.stdout == option.stdout or command[0] == "bench"


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_profiles_are_not_both(command: tuple[str, ...]) -> None:
    result = invoke(*command, P, "corp.mobileconfig")
    assert result.exit_code == 2
    assert "give all profiles with -p or all as arguments" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("route", P, "--os", "macOS", "--os=iOS", LOGIN),
        ("route", P, "--os", "iOS", "--os", "iOS", LOGIN),
        ("route", P, LOGIN, "--device", "a", "--device", "b"),
        ("check", "--format", "json", "--format", "json", "corp.mobileconfig"),
        ("explain", P, "--code", "0", "--code", "401", LOGIN),
        ("diff", "--requests", "a", "--requests", "b", "x", "y"),
    ],
)
def test_an_option_of_which_one_counts_is_given_once(arguments: tuple[str, ...]) -> None:
    result = invoke(*arguments)
    assert result.exit_code == 2
    name = next(word for word in arguments[2:] + arguments if word.startswith("--"))
    assert f"Error: {name.partition('=')[0]} is given 2 times; give it once" in result.stderr


def test_an_option_of_which_several_count_may_be_repeated() -> None:
    write_profile(Path("more.mobileconfig"), REDIRECT)
    assert invoke("route", P, "-p", "more.mobileconfig", LOGIN).exit_code == 0
    assert invoke("check", "--os", "macOS", "--os", "iOS", "corp.mobileconfig").exit_code != 2
    assert invoke("route", P, "--json", "--json", LOGIN).exit_code == 0


def test_an_unknown_command_names_the_nearest() -> None:
    done = run("exlain")
    assert done.returncode == 2
    assert done.stderr.endswith(b"error: unknown command `exlain`; did you mean `explain`?\n")
    assert b"; known are route, explain, " in run("frobnicate").stderr


def test_an_unknown_option_names_the_nearest() -> None:
    done = run("route", "--profile", "x", LOGIN)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith(b"error: no such option")
    assert b"--profiles" in done.stderr


@pytest.mark.parametrize(
    ("changes", "coloured"),
    [
        ({}, False),
        ({"FORCE_COLOR": "1"}, True),
        ({"FORCE_COLOR": "1", "TERM": "dumb"}, True),
        ({"FORCE_COLOR": ""}, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_colour_can_be_forced(changes: dict[str, str], coloured: bool) -> None:
    done = run("explain", P, LOGIN, stdin=b"", **changes)
    assert (b"\x1b[32mhandle" in done.stdout) == coloured


def test_a_byte_order_mark_before_the_first_url_is_ignored() -> None:
    result = invoke("route", P, f"\ufeff{LOGIN}", f"\ufeff{LOGIN}")
    first, second = result.stdout.splitlines()
    assert first == f"handle  com.example.app.sso  url_prefix {LOGIN}  {LOGIN}"
    assert second.startswith("error")


def test_a_byte_order_mark_before_any_file_is_ignored() -> None:
    mark = b"\xef\xbb\xbf"
    Path("d.toml").write_bytes(mark + b'platform = "iOS"')
    Path("d.json").write_bytes(mark + b'{"platform": "iOS"}')
    profile = Path("corp.mobileconfig")
    profile.write_bytes(mark + profile.read_bytes())
    for device in ("d.toml", "d.json"):
        shown = invoke("show", P, "--device", device)
        assert (shown.exit_code, shown.stdout[:3]) == (0, "iOS")
