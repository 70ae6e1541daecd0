"""Rows of a route table that name a client."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cli_world import REDIRECT, SSO, invoke, write_profile
from ssoroute.testing.failure import failure_text
from ssoroute.testing.run import run_table
from ssoroute.testing.table_reader import load_table
from ssoroute.testing.tables import TableError

URL = "https://login.example.com"


def table(*rows: dict[str, Any], **members: Any) -> str:
    document = {"profiles": ["denied.mobileconfig"], "routes": rows, **members}
    Path("t.json").write_text(json.dumps(document), encoding="utf-8")
    return "t.json"


@pytest.fixture(autouse=True)
def _profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    denied = {"DeniedBundleIdentifiers": ["com.google.Chrome"]}
    write_profile(Path("denied.mobileconfig"), REDIRECT | {"URLs": [URL + "/"]} | denied)


def test_rows_with_clients() -> None:
    result = run_table(
        load_table(
            table(
                {"url": URL, "client": "safari", "outcome": "handle", "extension": SSO},
                {"url": URL, "client": "urlsession", "outcome": "do_not_handle"},
                {"url": URL, "client": "webview", "app": "com.example.x", "outcome": "handle"},
                {"url": URL, "client": "own-stack", "reason": "no_match", "extension": False},
                {"url": URL, "client": "chrome", "reason": "caller_denied"},
                spelling="app",
            )
        )
    )
    assert [row.mismatches for row in result.rows] == [()] * 5
    assert [row.request and row.request.url for row in result.rows] == [
        URL + "/",
        URL,
        URL + "/",
        None,
        URL + "/",
    ]


def test_a_denied_client_uses_the_denial() -> None:
    rows = [
        {"url": URL, "client": "chrome", "reason": "caller_denied"},
        {"url": URL, "client": "safari", "outcome": "handle"},
    ]
    result = invoke("test", table(*rows), "--json")
    assert json.loads(result.stdout)["coverage"]["unused"] == []


def test_why_a_row_failed() -> None:
    result = run_table(
        load_table(
            table(
                {"url": URL, "client": "own-stack", "outcome": "handle"},
                {"url": URL, "client": "safari", "outcome": "cancel"},
            )
        )
    )
    never, other = map(failure_text, result.rows)
    assert never == (
        "outcome: expected handle, found do_not_handle\n"
        "the client own-stack asks nothing for https://login.example.com:"
        " the program loads the URL without asking the system"
    )
    assert other.startswith(
        "outcome: expected cancel, found handle\n"
        "the client safari asks for https://login.example.com/\n"
        "https://login.example.com/, caller com.apple.Safari\n"
        f"  handle (url_prefix): {SSO} (EXAMPLE123)\n"
    )


def test_json() -> None:
    result = invoke("test", table({"url": URL, "client": "safari", "outcome": "handle"}), "--json")
    (row,) = json.loads(result.stdout)["tables"][0]["rows"]
    assert row["client"] == {"name": "safari", "app": None}
    assert row["handover"]["request"]["caller"] == "com.apple.Safari"
    assert row["request"]["url"] == URL


def test_all_that_is_wrong_is_reported_at_once() -> None:
    name = table(
        {"url": URL, "client": "crome", "outcome": "handle"},
        {"url": URL, "client": "", "outcome": "handle"},
        {"url": URL, "client": "chrome", "caller": "com.example.x", "outcome": "handle"},
        {"url": URL, "client": "safari-view", "outcome": "handle"},
        {"url": URL, "app": "com.example.x", "outcome": "handle"},
        {"url": URL, "client": "safari", "app": "com.example.x", "outcome": "handle"},
        {"url": URL, "client": "safari", "background_session": True, "outcome": "handle"},
    )
    with pytest.raises(TableError) as caught:
        load_table(name)
    assert list(caught.value.problems) == [
        "t.json: row 1: client: unknown client `crome`, did you mean `chrome`?",
        "t.json: row 2: client: must be the name of a client such as `safari`, not an empty string",
        "t.json: row 3: caller: the client decides `caller`, leave it out",
        (
            "t.json: row 4: client: nothing is known about the client `safari-view` on macOS;"
            " it is known on iOS"
        ),
        "t.json: row 5: app: `app` goes with `client`, which is missing",
        "t.json: row 6: app: the client `safari` has its own caller, leave out `app`",
        "t.json: row 7: background_session: the client `safari` has no background session",
    ]
