"""`--aasa` on `explain`, `route` and `show`: evidence beside the answer, which never changes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli_world import corp, invoke

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
    assert done.exit_code == 0
