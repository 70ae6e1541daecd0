"""`--aasa` on `explain`, `route` and `show`: evidence beside the answer, which never changes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli_world import REDIRECT, corp, invoke, write_profile

__all__ = ["corp"]

P = "-pcorp.mobileconfig"
URL = "https://login.example.com/"
pytestmark = pytest.mark.usefixtures("corp")

LISTS = {"authsrv": {"apps": ["EXAMPLE123.com.example.app"]}}
OTHER = {"authsrv": {"apps": ["OTHERTEAM1.com.example.app"]}}


@pytest.mark.parametrize(
    ("content", "listed", "text"),
    [
        (LISTS, True, "the file lists com.example.app.sso (EXAMPLE123)"),
        (OTHER, False, "the file does not list com.example.app.sso (EXAMPLE123)"),
        ({}, None, "the file has no list under `authsrv.apps`"),
        ("x", None, "the file has no list under `authsrv.apps`"),
    ],
)
def test_the_file_of_a_site_is_shown_beside_the_answer(
    content: object, listed: bool | None, text: str
) -> None:
    Path("site").write_text(json.dumps(content))
    plain = invoke("route", P, URL)
    with_site = invoke("route", P, "--aasa", "Login.example.com=site", URL)
    assert with_site.stdout == plain.stdout
    assert f"site: site of login.example.com: {text}\n" in with_site.stderr
    explained = invoke("explain", P, "--aasa", "login.example.com=site", URL).stdout
    assert f"  login.example.com: {text} (site)" in explained
    shown = invoke("show", P, "--domains", "--aasa", "login.example.com=site").stdout
    assert f"  login.example.com: {text} (site)" in shown
    for command in (("explain", URL), ("show", "--domains")):
        done = invoke(command[0], P, "--json", "--aasa", "login.example.com=site", *command[1:])
        (fact,) = json.loads(done.stdout)["site_files"]
        assert (fact["host"], fact["listed"], fact["text"]) == ("login.example.com", listed, text)


@pytest.mark.parametrize(
    ("content", "host", "text"),
    [
        ("{", "login.example.com", "the file is not JSON"),
        (None, "login.example.com", "cannot be read: no such file or directory"),
        (json.dumps(LISTS), "other.example", "no URL prefix needs this host"),
        (" " * 131_073, "login.example.com", "the file is larger than 128 KiB"),
    ],
)
def test_a_file_that_says_nothing_is_reported(content: str | None, host: str, text: str) -> None:
    if content is not None:
        Path("site").write_text(content)
    done = invoke("explain", P, "--json", "--aasa", f"{host}=site", URL)
    (fact,) = json.loads(done.stdout)["site_files"]
    assert fact["text"].startswith(text)
    assert fact["listed"] is None
    assert done.exit_code == (1 if host == "other.example" else 0)


@pytest.mark.parametrize(
    "command", [("route", URL), ("explain", URL), ("show",), ("route", "--jsonl", "requests")]
)
def test_a_host_that_no_prefix_needs_is_a_warning(command: tuple[str, ...]) -> None:
    Path("site").write_text(json.dumps(LISTS))
    Path("requests").write_text('{"url": "https://login.example.com/"}\n')
    needed = ("--aasa", "login.example.com=site")
    done = invoke(command[0], P, *needed, "--aasa", "login.exmaple.com=site", *command[1:])
    warning = (
        "site: warning: no URL prefix needs `authsrv:login.exmaple.com`;"
        " check the host before the `=`"
    )
    assert [line for line in done.stderr.splitlines() if "exmaple" in line] == [warning]
    assert done.exit_code == 1
    assert invoke(command[0], P, *needed, *command[1:]).exit_code == 0


def test_the_outcome_is_the_status_if_it_is_asked_for() -> None:
    Path("site").write_text(json.dumps(LISTS))
    unneeded = ("--aasa", "www.example.com=site")
    assert invoke("route", P, "--exit-code", *unneeded, URL).exit_code == 0
    assert invoke("route", P, "--exit-code", "--locked", *unneeded, URL).exit_code == 4


def test_a_checked_file_is_compared_with_all_files_even_each_alone() -> None:
    write_profile(Path("a.mobileconfig"), {**REDIRECT, "URLs": ["https://a.example/"]})
    write_profile(Path("b.mobileconfig"), {**REDIRECT, "URLs": ["https://b.example/"]})
    Path("site").write_text(json.dumps(LISTS))
    arguments = ("check", "--select", "SSO803", "--each", "a.mobileconfig", "b.mobileconfig")
    good = ("--aasa", "a.example=site", "--aasa", "b.example=site")
    assert invoke(*arguments, *good).exit_code == 0
    done = invoke(*arguments, *good, "--aasa", "c.example=site", "--format", "short")
    assert done.exit_code == 1
    assert "site:1:1: SSO803 no URL prefix needs `authsrv:c.example`" in done.stdout
