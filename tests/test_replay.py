"""Logs of every kind are read, answered row by row, and counted."""

from __future__ import annotations

import gzip
import json
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bad_lines import BAD_LINES
from cli_world import SSO, corp, invoke
from plain_urls import PLAIN_URL
from replay_world import ELSEWHERE, LOGIN, P, chunks, entry, har, outcomes, replay
from ssoroute.loaders import request_line
from ssoroute.model.request import Request
from ssoroute.model.spelling import browser_url
from ssoroute.replay import LogFormat, line_blocks, log_format
from ssoroute.replay.chunks import (
    CHUNK_ROWS,
    Asked,
    Lines,
    LogError,
    Remark,
)
from ssoroute.replay.json_lines import requests_of_json
from ssoroute.replay.summary import Top

__all__ = ["corp"]


FORMATS = [
    ("log.txt", b"PAR1", LogFormat.PARQUET),
    ("log.csv", b"2421:9:websocket;0:~", LogFormat.MITMPROXY),
    ("log.HAR", b"{}", LogFormat.HAR),
    ("-", b'\xef\xbb\xbf {\n "log" : {', LogFormat.HAR),
    ("log.jsonl", b'{"log": {}}', LogFormat.JSON_LINES),
    ("log.ndjson", b"url\n", LogFormat.JSON_LINES),
    ("-", b'{"url": "https://h/"}\n', LogFormat.JSON_LINES),
    ("-", b"time,url\n1,https://h/\n", LogFormat.CSV),
    ("-", b'"url","caller"\r\n', LogFormat.CSV),
    ("-", b"url", LogFormat.CSV),
    ("log.jsonl", b"curl\n", LogFormat.JSON_LINES),
    ("-", b"https://h/\nnothing\n", LogFormat.URLS),
    ("log.txt", b"\xef\xbb\xbfabout:blank", LogFormat.URLS),
    ("log.urls", b"nothing\n", LogFormat.URLS),
    ("log.csv", b"address\n", LogFormat.CSV),
    ("-", b"", LogFormat.JSON_LINES),
]


@pytest.mark.parametrize(("name", "beginning", "expected"), FORMATS)
def test_content_and_ending_decide_the_format(
    name: str, beginning: bytes, expected: LogFormat
) -> None:
    assert log_format(name, beginning) is expected


UNRECOGNISED = "the format of the log is not recognised; name it with --format"


@pytest.mark.parametrize("beginning", [b"curl\n", b"GET https://h/ 200\n", b"\0\1\2", b"[1]"])
def test_a_format_that_is_not_recognised_is_one_error(beginning: bytes) -> None:
    assert [chunk.body for chunk in chunks(beginning * 3)] == [Remark(UNRECOGNISED, fatal=True)]


@pytest.mark.usefixtures("corp")
def test_a_format_can_be_named() -> None:
    lines, stderr, status = replay("--format", "urls", "-", stdin=b"curl\nhttps://h/\n")
    assert [line.get("reason") for line in lines] == [None, "no_match"]
    assert stderr.startswith("-: line 1: error: `curl` is ")
    assert status == 3


@pytest.mark.usefixtures("corp")
def test_one_url_a_line() -> None:
    log = f"\ufeff{LOGIN}\r\n  {ELSEWHERE}\t\n\nhttps://h/,x\n".encode() + b"https://h/\xff"
    lines, _, status = replay("-", stdin=log)
    assert [line.get("url") or line["error"]["message"] for line in lines] == [
        *(LOGIN, ELSEWHERE, "the line is blank", "https://h/,x"),
        "the line is not UTF-8 (byte 11)",
    ]
    assert lines[0]["reason"] == "url_prefix"
    assert status == 3


def zstandard(data: bytes) -> bytes:
    pa = pytest.importorskip("pyarrow", reason="the extra `arrow` is not installed")
    packed: bytes = pa.compress(data, codec="zstd", asbytes=True)
    return packed


@pytest.mark.usefixtures("corp")
@pytest.mark.parametrize("pack", [gzip.compress, zstandard])
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("log.jsonl", json.dumps({"url": LOGIN})),
        ("log.csv", f"note,url\nx,{LOGIN}"),
        ("log.txt", LOGIN),
        ("log.har", json.dumps({"log": {"entries": [{"request": {"url": LOGIN}}]}})),
    ],
)
def test_texts_may_be_compressed(name: str, text: str, pack: Callable[[bytes], bytes]) -> None:
    ending = "gz" if pack is gzip.compress else "zst"
    Path(f"{name}.{ending}").write_bytes(pack(text.encode()))
    lines, _, status = replay(f"{name}.{ending}")
    assert outcomes(lines) == [(LOGIN, "url_prefix")]
    lines, _, status = replay("-", stdin=pack(text.encode()))
    assert outcomes(lines) == [(LOGIN, "url_prefix")]
    assert status == 0


@pytest.mark.usefixtures("corp")
@pytest.mark.parametrize("level", [1, 6, 9])
@pytest.mark.parametrize("name", ["log.zhar", "-"])
def test_a_har_may_be_compressed_as_mitmproxy_does(name: str, level: int) -> None:
    packed = zlib.compress(json.dumps(har(*[entry(LOGIN, 200)] * 9_000), indent=4).encode(), level)
    Path("log.zhar").write_bytes(packed)
    lines, _, status = replay(name, stdin=packed if name == "-" else b"")
    assert outcomes(lines) == [(LOGIN, "url_prefix")] * 9_000
    assert status == 0


def test_a_har_that_mitmproxy_compressed(tmp_path: Path) -> None:
    reason = "mitmproxy is not installed"
    savehar = pytest.importorskip("mitmproxy.addons.savehar", reason=reason)
    tflow = pytest.importorskip("mitmproxy.test.tflow", reason=reason)
    flow = tflow.tflow(resp=True)
    flow.request.url = LOGIN
    path = tmp_path / "log.zhar"
    savehar.SaveHar().export_har([flow, tflow.twebsocketflow()], str(path))
    (chunk,) = chunks(path.read_bytes(), "log.zhar")
    assert isinstance(chunk.body, Asked)
    assert chunk.body.rows == [(1, LOGIN, 0, 23), (2, "ws://example.com/ws", 0, 23)]


def test_a_har_that_expands_a_thousandfold_needs_little_memory() -> None:
    packer = zlib.compressobj(9)
    blanks = b" " * 1024 * 1024
    parts = [
        packer.compress(b'{"log": {"entries": ['),
        *(packer.compress(blanks) for _ in range(32)),
    ]
    packed = b"".join([*parts, packer.compress(b"]}}"), packer.flush()])
    assert len(packed) < 50_000
    tracemalloc.start()
    try:
        assert chunks(packed, "log.zhar") == []
        assert tracemalloc.get_traced_memory()[1] < 16 * 1024 * 1024
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("damage", ["cut", "changed", "followed"])
def test_a_damaged_zhar_is_one_error(damage: str) -> None:
    packed = zlib.compress(json.dumps(har(entry(LOGIN, 200))).encode(), 9)
    packed = {
        "cut": packed[:-6],
        "changed": packed[:-1] + bytes([packed[-1] ^ 1]),
        "followed": packed + b"x",
    }[damage]
    found = chunks(packed, "log.zhar")
    assert found[-1].body == Remark("the compressed log is damaged", fatal=True)


@pytest.mark.usefixtures("corp")
@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress])
def test_a_damaged_compressed_log_is_read_as_far_as_it_goes(
    pack: Callable[[bytes], bytes],
) -> None:
    log = b"".join(b'{"url": "https://h/%d"}\n' % n for n in range(200_000))
    packed = pack(log)
    for damaged in (packed[:-20_000], packed[: len(packed) // 2] + b"\0" * 1000):
        lines, stderr, status = replay("-", stdin=damaged)
        assert "-: error: the compressed log is damaged\n" in stderr
        assert {line["reason"] for line in lines} <= {"no_match"}
        assert status == 3


@pytest.mark.usefixtures("corp")
def test_json_lines_are_answered_as_by_route() -> None:
    requests = [
        {"url": LOGIN},
        {"url": "https://a.example.com/", "response_code": 401},
        {"url": "https://login.example.com.evil.example/"},
        {"url": LOGIN, "caller": SSO},
        {"url": LOGIN, "screen_locked": True},
        {"url": "HTTPS://LOGIN.example.com:443/\N{SNOWMAN}"},
        {"url": "not for a browser"},
    ]
    log = b"\n".join(json.dumps(request).encode() for request in requests)
    log += b"\n" + b"\n".join(data for data, _, _ in BAD_LINES) + b"\n"
    lines, stderr, status = replay("-", stdin=log)
    asked = invoke("route", P, "--jsonl", "-", stdin=log)
    expected = [json.loads(line) for line in asked.stdout.splitlines()]
    for answer in expected:
        if "error" in answer:
            answer["error"] = {"file": "-", **answer["error"]}
    assert lines == expected
    assert status == asked.exit_code == 3
    assert stderr.startswith("-: line 7: error: `not for a browser` is not a URL to a browser\n")
    assert f"\n6 requests, {len(BAD_LINES) + 1} errors\n" in stderr


@pytest.mark.usefixtures("corp")
def test_the_app_spelling_is_not_changed() -> None:
    log = b'{"url": "https://login.example.com/../x y"}\n{"url": "https://x/../login"}'
    lines, _, status = replay("--spelling", "app", "-", stdin=log)
    assert outcomes(lines) == [
        ("https://login.example.com/../x y", "url_prefix"),
        ("https://x/../login", "no_match"),
    ]
    assert status == 0


@pytest.mark.usefixtures("corp")
def test_a_byte_order_mark_is_ignored() -> None:
    lines, _, status = replay("-", stdin=b'\xef\xbb\xbf{"url": "https://h/"}')
    assert outcomes(lines) == [("https://h/", "no_match")]
    assert status == 0


def test_a_line_beyond_the_limit_is_one_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_blocks, "LINE_LIMIT", 40)
    monkeypatch.setattr(request_line, "LINE_LIMIT", 40)
    good = b'{"url": "https://h/"}\n'
    found: list[tuple[int, str]] = []
    for chunk in chunks(good + b"x" * 200 + b"\n" + good):
        assert isinstance(chunk.body, Lines)
        found += (
            (number, request.url if isinstance(request, Request) else str(request))
            for number, request, _ in requests_of_json(chunk.body)
        )
    assert found == [
        (1, "https://h/"),
        (2, request_line.TOO_LONG),
        (3, "https://h/"),
    ]


@pytest.mark.usefixtures("corp")
@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_a_row_can_name_its_client(form: str) -> None:
    """Reading: what the client hands over is routed (docs/clients.md)."""
    rows = [
        {"url": "https://login.example.com/x/../", "client": "safari", "app": ""},
        {"url": "https://login.example.com/", "client": "own-stack", "app": ""},
        {"url": "https://login.example.com/", "client": "webview", "app": "com.example.app.sso"},
        {"url": "https://login.example.com/", "client": "crome", "app": ""},
        {"url": "https://login.example.com/", "client": "", "app": ""},
    ]
    if form == "csv":
        text = "url,client,app\n" + "".join(",".join(row.values()) + "\n" for row in rows)
    else:
        given = [{name: value for name, value in row.items() if value} for row in rows]
        text = "".join(json.dumps(row) + "\n" for row in given)
    Path(f"log.{form}").write_text(text)
    lines, error, status = replay(f"log.{form}")
    assert [line.get("outcome", "error") for line in lines] == [
        "handle",
        "do_not_handle",
        "do_not_handle",
        "error",
        "handle",
    ]
    assert lines[0]["url"] == "https://login.example.com/x/../"
    assert lines[2]["reason"] == "caller_is_extension"
    assert "unknown client `crome`, did you mean `chrome`?" in lines[3]["error"]["message"]
    assert status == 3
    assert "not used" not in error


@pytest.mark.usefixtures("corp")
def test_a_profile_among_the_logs_is_a_profile() -> None:
    Path("log.csv").write_text(f"url\n{LOGIN}\n")
    result = invoke("replay", "--output", "-", "corp.mobileconfig", "log.csv")
    assert json.loads(result.stdout)["outcome"] == "handle"
    result = invoke("replay", "corp.mobileconfig")
    assert "no log: name a file of requests" in result.stderr
    assert result.exit_code == 2


@pytest.mark.usefixtures("corp")
def test_a_log_that_cannot_be_read_leaves_the_others() -> None:
    Path("good.csv").write_text(f"url\n{LOGIN}\n")
    lines, stderr, status = replay("missing.csv", "good.csv", "a\0b")
    assert outcomes(lines) == [(LOGIN, "url_prefix")]
    assert stderr.startswith("missing.csv: error: cannot be read: no such file or directory\n")
    assert "a\\x00b: error: cannot be read: " in stderr
    assert status == 3


SUMMARY = """\
6 requests, 1 error

outcome
  3   50.0 %  do_not_handle
  3   50.0 %  handle

reason
  3   50.0 %  no_match
  2   33.3 %  url_prefix
  1   16.7 %  system_extension

extension
  2   33.3 %  com.example.app.sso

rule
  2   33.3 %  https://login.example.com  (com.example.app.sso)
  1   16.7 %  https://appleid.apple.com/auth/authorize  (the system)

hosts of loads that no rule matches
  2  www.example.org
  1  (none)

look-alikes
  1  login.example.com.evil.example  matched by https://login.example.com  (com.example.app.sso)

router: """
LOG = f"""\
url
{LOGIN}
https://login.example.com.evil.example/
https://WWW.example.org/
https://www.example.org:8443/
https://appleid.apple.com/auth/authorize
about:blank
nothing\x1b[31m
"""


@pytest.mark.usefixtures("corp")
def test_the_summary_as_text() -> None:
    result = invoke("replay", P, "-", stdin=LOG)
    text, router = result.stdout.rsplit("router: ", 1)
    assert text + "router: " == SUMMARY
    assert router in ("compiled\n", "pure Python; the compiled one is not installed\n")
    assert result.stderr == "-: line 8: error: `nothing\\x1b[31m` is not a URL to a browser\n"
    assert result.exit_code == 3


@pytest.mark.usefixtures("corp")
def test_the_summary_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ssoroute.cli.replay.accelerated", False)
    result = invoke("replay", P, "--json", "-", "missing", stdin=LOG)
    zeros = dict.fromkeys(
        (
            *("url_prefix", "host", "system_extension", "no_match", "caller_is_extension"),
            *("caller_denied", "domain_not_approved", "screen_locked", "not_strict"),
            "ambiguous_url",
        ),
        0,
    )
    assert json.loads(result.stdout) == {
        "schema": 1,
        "complete": True,
        "accelerated": False,
        "requests": 6,
        "errors": 1,
        "outcomes": {"handle": 3, "do_not_handle": 3, "cancel": 0},
        "reasons": zeros | {"url_prefix": 2, "system_extension": 1, "no_match": 3},
        "extensions": [{"extension": SSO, "count": 2}],
        "rules": [
            {"rule": "https://login.example.com", "extension": SSO, "count": 2},
            {"rule": "https://appleid.apple.com/auth/authorize", "extension": None, "count": 1},
        ],
        "unmatched_hosts": {
            "loads": {
                "exact": True,
                "hosts": [{"host": "www.example.org", "count": 2}, {"host": "", "count": 1}],
            },
            "challenges": {"exact": True, "hosts": []},
        },
        "denied_callers": {"exact": True, "callers": []},
        "lookalikes": {
            "count": 1,
            "exact": True,
            "hosts": [
                {
                    "rule": "https://login.example.com",
                    "extension": SSO,
                    "host": "login.example.com.evil.example",
                    "count": 1,
                }
            ],
        },
        "hours": [],
        "left_out": [],
        "first_errors": [
            {
                "file": "-",
                "line": 8,
                "field": "url",
                "message": "`nothing\\x1b[31m` is not a URL to a browser",
            }
        ],
        "unread": [
            {"file": "missing", "message": "cannot be read: no such file or directory"},
        ],
    }


def test_what_is_counted_stays_small() -> None:
    top: Top[str] = Top(limit=4)
    for host in ("a", "b", "a", "c", "a", "d", "b"):
        top.add({host: 1})
    assert (top.most(9), top.exact) == ([("a", 3), ("b", 2), ("c", 1), ("d", 1)], True)
    top.add({"e": 1})
    assert top.exact is False
    assert top.most(2) == [("a", 3), ("b", 2)]
    assert len(top.most(9)) == 2


@given(st.from_regex(PLAIN_URL, fullmatch=True))
def test_a_plain_url_is_spelled_as_a_browser_does(url: str) -> None:
    assert browser_url(url) == url


MISUSE: list[tuple[list[str], str]] = [
    ([], "no log: name a file of requests, or `-` for standard input"),
    (["-", "-"], "standard input (`-`) can be read once only"),
    (["-p-", "-"], "standard input cannot be both the profile and the requests"),
    (["--output", "a.csv", "-"], "--output `a.csv` ends in neither .jsonl, .ndjson nor .parquet"),
    (["--output", "log.jsonl", "log.jsonl"], "--output `log.jsonl` is one of the logs"),
]


@pytest.mark.usefixtures("corp")
@pytest.mark.parametrize(("arguments", "message"), MISUSE)
def test_misuse(arguments: list[str], message: str) -> None:
    Path("log.jsonl").write_text("")
    result = invoke("replay", P, *arguments)
    assert message in str(result.exception) or message in result.output
    assert Path("log.jsonl").read_text() == ""


@pytest.mark.usefixtures("corp")
def test_decisions_go_into_a_file_that_is_whole() -> None:
    Path("out.jsonl").write_text("old")
    Path("log.csv").write_text("url\n" + f"{LOGIN}\n" * (CHUNK_ROWS + 1))
    result = invoke("replay", P, "--jobs", "1", "--output", "out.jsonl", "log.csv")
    assert result.exit_code == 0
    assert result.stdout.startswith("5,001 requests\n")
    lines = Path("out.jsonl").read_text().splitlines()
    assert len(lines) == 5001
    assert json.loads(lines[-1])["rule"]["text"] == "https://login.example.com"
    assert sorted(path.name for path in Path().iterdir()) == [
        "corp.mobileconfig",
        "log.csv",
        "out.jsonl",
    ]
    result = invoke("replay", P, "--output", "none/out.jsonl", "log.csv")
    assert result.exit_code == 3
    assert LogError.__name__ not in result.output
