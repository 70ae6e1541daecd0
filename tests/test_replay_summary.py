"""The summary names denied callers, and keeps the hosts of challenges apart from those of loads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cli_world import CREDENTIAL, REDIRECT, SSO, invoke, write_profile
from ssoroute.replay import compiled

P = "-pcorp.mobileconfig"
GAME, CHAT = "com.example.game", "com.example.chat"
#: URL, caller, response code.
ROWS: list[tuple[str, str | None, int]] = [
    ("https://login.example.com/", GAME, 0),
    ("https://login.example.com/a", GAME, 0),
    ("https://login.example.com.evil.net/", GAME, 0),
    ("https://login.example.com/", CHAT, 0),
    ("https://login.example.com/", "COM.example.game", 0),
    ("https://wiki.example.com/", CHAT, 401),
    ("https://wiki.example.com/", CHAT, 0),
    ("https://www.elsewhere.net/", GAME, 401),
    ("https://WWW.elsewhere.net:8443/\N{SNOWMAN}", None, 407),
    ("https://www.elsewhere.net/", None, 0),
    ("https://www.elsewhere.net/", None, 403),
    ("https://proxy.elsewhere.net/", None, 407),
]
DENIED = {
    "exact": True,
    "callers": [
        {"caller": GAME, "extension": SSO, "count": 3},
        {"caller": CHAT, "extension": SSO, "count": 1},
        {"caller": CHAT, "extension": "com.example.kerberos", "count": 1},
    ],
}
UNMATCHED = {
    "loads": {
        "exact": True,
        "hosts": [
            {"host": "www.elsewhere.net", "count": 2},
            {"host": "wiki.example.com", "count": 1},
        ],
    },
    "challenges": {
        "exact": True,
        "hosts": [
            {"host": "www.elsewhere.net", "count": 2},
            {"host": "proxy.elsewhere.net", "count": 1},
        ],
    },
}
TEXT = """\
denied callers
  3  com.example.game  (com.example.app.sso)
  1  com.example.chat  (com.example.app.sso)
  1  com.example.chat  (com.example.kerberos)

hosts of loads that no rule matches
  2  www.elsewhere.net
  1  wiki.example.com

hosts of challenges that no rule matches
  2  www.elsewhere.net
  1  proxy.elsewhere.net
"""


@pytest.fixture(autouse=True)
def denying(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_profile(
        Path("corp.mobileconfig"),
        {**REDIRECT, "DeniedBundleIdentifiers": [GAME, CHAT]},
        {**CREDENTIAL, "DeniedBundleIdentifiers": [CHAT]},
    )


def write_lines() -> str:
    lines = (
        {"url": url, "caller": caller, "response_code": code or None} for url, caller, code in ROWS
    )
    Path("log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return "log.jsonl"


def write_csv() -> str:
    lines = (f"{url},{caller or ''},{code or ''}\n" for url, caller, code in ROWS)
    Path("log.csv").write_text("url,caller,response_code\n" + "".join(lines), "utf-8")
    return "log.csv"


def write_parquet(kind: str) -> str:
    pa = pytest.importorskip("pyarrow", reason="the extra `arrow` is not installed")
    pq = pytest.importorskip("pyarrow.parquet", reason="the extra `arrow` is not installed")
    urls, callers, codes = zip(*ROWS, strict=True)
    callers = pa.array(callers, pa.large_string() if kind == "large" else pa.string())
    if kind == "dictionary":
        callers = callers.dictionary_encode()
    table = pa.table({"url": urls, "caller": callers, "response_code": pa.array(codes, pa.int16())})
    pq.write_table(table, "log.parquet", row_group_size=5)
    return "log.parquet"


def summary(log: str, *arguments: str) -> dict[str, Any]:
    result = invoke("replay", P, "--json", *arguments, log)
    assert result.exit_code == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    return found


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("write", [write_lines, write_csv])
def test_lines(write: Any, plain: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if plain:
        monkeypatch.setattr(compiled, "scan", None)
    found = summary(write())
    assert found["denied_callers"] == DENIED
    assert found["unmatched_hosts"] == UNMATCHED
    assert found["reasons"]["caller_denied"] == 5
    assert found["requests"] == 12


@pytest.mark.parametrize("output", ["out.parquet", "out.jsonl"])
@pytest.mark.parametrize("kind", ["plain", "large", "dictionary"])
def test_parquet(kind: str, output: str) -> None:
    found = summary(write_parquet(kind), "--output", output)
    assert found["denied_callers"] == DENIED
    assert found["unmatched_hosts"] == UNMATCHED
    assert found["requests"] == 12


def test_the_caller_of_the_option_may_be_denied() -> None:
    Path("log.urls").write_text("https://login.example.com/\nhttps://h/\n")
    assert summary("log.urls", "--caller", GAME)["denied_callers"]["callers"] == [
        {"caller": GAME, "extension": SSO, "count": 1}
    ]


def test_each_response_with_401_is_a_load_and_a_challenge() -> None:
    entry = {"request": {"url": "https://www.elsewhere.net/"}, "response": {"status": 401}}
    Path("log.har").write_text(json.dumps({"log": {"entries": [entry]}}))
    hosts = {"exact": True, "hosts": [{"host": "www.elsewhere.net", "count": 1}]}
    assert summary("log.har")["unmatched_hosts"] == {"loads": hosts, "challenges": hosts}


def test_what_a_client_does_not_hand_over_is_a_load() -> None:
    row = {"url": "https://h/", "client": "own-stack", "response_code": 401}
    Path("log.jsonl").write_text(json.dumps(row))
    assert summary("log.jsonl")["unmatched_hosts"] == {
        "loads": {"exact": True, "hosts": [{"host": "", "count": 1}]},
        "challenges": {"exact": True, "hosts": []},
    }


def test_the_text_and_the_page_say_the_same() -> None:
    result = invoke("replay", P, "--report", "report.html", write_lines())
    assert TEXT in result.stdout
    page = Path("report.html").read_text("utf-8")
    for title in (
        "Denied callers",
        "Hosts of loads that no rule matches",
        "Hosts of challenges that no rule matches",
    ):
        assert f"<h2>{title}</h2>" in page
    for first, second, count in (
        (GAME, SSO, 3),
        (CHAT, SSO, 1),
        (CHAT, "com.example.kerberos", 1),
        ("www.elsewhere.net", "-", 2),
        ("wiki.example.com", ".example.com (after a challenge)", 1),
        ("proxy.elsewhere.net", "-", 1),
    ):
        assert f'<td>{first}</td><td>{second}</td><td class="number">{count}</td>' in page


def test_a_caller_of_a_log_cannot_change_the_terminal_or_the_page() -> None:
    name = "<b>\x1b[31m"
    profile = {**REDIRECT, "DeniedBundleIdentifiers": [name]}
    write_profile(Path("corp.mobileconfig"), profile, binary=True)
    Path("log.jsonl").write_text(json.dumps({"url": "https://login.example.com/", "caller": name}))
    result = invoke("replay", P, "--report", "report.html", "log.jsonl")
    page = Path("report.html").read_text("utf-8")
    assert "denied callers\n  1  <b>\\x1b[31m  (com.example.app.sso)\n" in result.stdout
    assert "<td>&lt;b&gt;\\x1b[31m</td>" in page
