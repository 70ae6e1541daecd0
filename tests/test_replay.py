"""Logs of every kind are read, answered row by row, and counted."""

from __future__ import annotations

import gzip
import io
import json
import tracemalloc
import zlib
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bad_lines import BAD_LINES
from cli_world import SSO, corp, invoke
from plain_urls import PLAIN_URL
from ssoroute.loaders import request_line
from ssoroute.model.request import Request
from ssoroute.model.spelling import browser_url
from ssoroute.replay import Chunk, Log, LogFormat, chunks_of, log_format
from ssoroute.replay import json_lines as json_lines_of_replay
from ssoroute.replay.chunks import (
    CHUNK_ROWS,
    Asked,
    AskedRow,
    LeftOut,
    Lines,
    LogError,
    Remark,
)
from ssoroute.replay.har import read_har
from ssoroute.replay.summary import Top

__all__ = ["corp"]

P = "-pcorp.mobileconfig"
LOGIN, ELSEWHERE = "https://login.example.com/", "https://www.example.org/"


def replay(*arguments: str, stdin: bytes = b"") -> tuple[list[Any], str, int]:
    """The decisions of a replay to standard output, standard error, and the status."""
    result = invoke("replay", P, "--jobs", "1", "--output", "-", *arguments, stdin=stdin)
    return (
        [json.loads(line) for line in result.stdout.splitlines()],
        result.stderr,
        result.exit_code,
    )


def outcomes(lines: list[Any]) -> list[tuple[str, str]]:
    return [(line["url"], line["reason"]) for line in lines]


def chunks(data: bytes, name: str = "-") -> list[Chunk]:
    return list(chunks_of([Log(name, lambda: nullcontext(io.BytesIO(data)))]))


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
    monkeypatch.setattr(json_lines_of_replay, "LINE_LIMIT", 40)
    monkeypatch.setattr(request_line, "LINE_LIMIT", 40)
    monkeypatch.setattr(json_lines_of_replay, "CHUNK_BYTES", 8)
    good = b'{"url": "https://h/"}\n'
    found: list[tuple[int, str]] = []
    for chunk in chunks(good + b"x" * 200 + b"\n" + good):
        assert isinstance(chunk.body, Lines)
        found += (
            (number, request.url if isinstance(request, Request) else str(request))
            for number, request, _ in json_lines_of_replay.requests_of_json(chunk.body)
        )
    assert found == [
        (1, "https://h/"),
        (2, request_line.TOO_LONG),
        (3, "https://h/"),
    ]


CSV_ROWS: list[tuple[str, str | tuple[str | None, str]]] = [
    ("https://login.example.com/,,,,,", "url_prefix"),
    ('"https://login.example.com/",,,true,,', "screen_locked"),
    ("https://login.example.com/,,,TRUE,0,", "url_prefix"),
    ("https://a.example.com/,, 401 ,,,", "host"),
    ("https://login.example.com/,com.example.app.sso,,,,", "caller_is_extension"),
    ('"https://login.example.com/\na",,,,,', "url_prefix"),
    (",,,,,", ("url", "`url` is missing")),
    ("", (None, "the line is blank")),
    ("https://h/", (None, "the row has 1 fields, the header 6")),
    ("https://h/,,4o1,,,", ("response_code", "`response_code` must be an integer, not `4o1`")),
    ("https://h/,,,yes,,", ("screen_locked", "`screen_locked` must be true or false, not `yes`")),
    ("https://h/\udcff,,,,,", ("url", "`url` is not UTF-8")),
    (f"{'x' * 131_073},,,,,", (None, "not CSV: field larger than field limit (131072)")),
    ("https://www.example.org/,,,,,", "no_match"),
]


@pytest.mark.usefixtures("corp")
def test_csv_rows() -> None:
    header = "url,caller,response_code,screen_locked,user_interface_enabled,background_session"
    log = "\n".join([header, *(row for row, _ in CSV_ROWS)])
    lines, _, status = replay("-", stdin=log.encode("utf-8", "surrogateescape"))
    number = 2
    for answer, (row, expected) in zip(lines, CSV_ROWS, strict=True):
        if isinstance(expected, str):
            assert answer["reason"] == expected, row
        else:
            field, message = expected
            assert answer["error"] == {
                "file": "-",
                "line": number,
                "field": field,
                "message": message,
            }
        number += 1 + row.count("\n")
    assert status == 3


LONG = "x" * 131_073
ODD_HEADERS: list[tuple[str, str]] = [
    ("url,no\rte", "not CSV: new-line character seen in unquoted field"),
    (f'url,"{LONG}"', "not CSV: field larger than field limit (131072)"),
    (f"url,{LONG}", "not CSV: field larger than field limit (131072)"),
    (f'"url","a ""quoted"" name, {LONG}"', "not CSV: field larger than field limit (131072)"),
]


@pytest.mark.usefixtures("corp")
@pytest.mark.parametrize(("header", "message"), ODD_HEADERS)
def test_a_header_with_a_fault_is_an_error_and_the_rest_is_read(header: str, message: str) -> None:
    lines, stderr, status = replay("-", stdin=f"{header}\n{LOGIN},x\nh\n{LOGIN},\n".encode())
    assert [line.get("reason") or line["error"]["line"] for line in lines] == [
        *(1, "url_prefix", 3, "url_prefix"),
    ]
    assert lines[0]["error"]["message"] == message
    assert "Traceback" not in stderr
    assert status == 3


def test_a_header_that_is_too_long_ends_its_log() -> None:
    header = b"url," + b"a," * 600_000 + b"\n"
    assert chunks(header + b"https://h/\n", "log.csv")[-1].body == Remark(
        "the header is longer than 1048576 bytes", fatal=True
    )


@pytest.mark.usefixtures("corp")
def test_a_record_is_bounded_over_all_its_lines() -> None:
    many = '"a\n"' + ',"b\n"' * 300_000  # 1.5 MB, in fields that are short each
    log = f"url,note\n{LOGIN},\n{many}\n{LOGIN},\n" + "y," * 600_000 + f"\n{LOGIN},\n"
    lines, _, status = replay("-", stdin=log.encode())
    answers = [line.get("reason") or line["error"]["message"] for line in lines]
    assert answers[0] == answers[-1] == "url_prefix"
    assert answers.count("the row is longer than 1048576 bytes") == 2
    assert answers[-2] == "the row is longer than 1048576 bytes"
    assert status == 3


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
def test_unused_columns_are_reported() -> None:
    lines, stderr, status = replay("-", stdin=b"time,url\n1,https://login.example.com/\n")
    assert outcomes(lines) == [("https://login.example.com/", "url_prefix")]
    assert stderr.splitlines()[0] == (
        "-: warning: not used: column `time`; known are url, caller, response_code,"
        " screen_locked, user_interface_enabled, background_session, client, app"
    )
    assert status == 0


ROWS = "url,caller\nhttps://login.example.com/,com.example.a\nhttps://h/,\n"


@pytest.mark.usefixtures("corp")
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
@pytest.mark.parametrize("name", ["log.csv", "log.txt"])
def test_what_stands_between_fields_and_the_encoding_are_recognised(
    name: str, encoding: str, delimiter: str
) -> None:
    mark = b"\xfe\xff" if encoding == "utf-16-be" else b""
    Path(name).write_bytes(mark + ROWS.replace(",", delimiter).encode(encoding))
    lines, error, status = replay(name)
    assert outcomes(lines) == [
        ("https://login.example.com/", "url_prefix"),
        ("https://h/", "no_match"),
    ]
    assert "error" not in error
    assert status == 0


@pytest.mark.usefixtures("corp")
def test_other_logs_may_be_utf_16_as_well() -> None:
    Path("log.jsonl").write_bytes('{"url": "https://login.example.com/"}\n'.encode("utf-16"))
    lines, _, status = replay("log.jsonl")
    assert (outcomes(lines), status) == ([("https://login.example.com/", "url_prefix")], 0)


@pytest.mark.usefixtures("corp")
def test_utf_16_that_is_cut_is_an_error() -> None:
    Path("log.csv").write_bytes(ROWS.encode("utf-16")[:-1])
    lines, error, status = replay("log.csv")
    assert len(lines) <= 2
    assert "log.csv: error: the log is not UTF-16 to its end" in error
    assert status == 3


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (
            b"caller\n",
            "the column `url` is missing; found are caller; name it with --columns url=FIELD",
        ),
        (b"url,url\n", "there are 2 columns `url`"),
        (b"", "the column `url` is missing"),
    ],
)
def test_a_header_that_cannot_be_used(header: bytes, message: str) -> None:
    assert [chunk.body for chunk in chunks(header, "log.csv")] == [Remark(message, fatal=True)]


def har(*entries: object) -> dict[str, object]:
    return {"log": {"version": "1.2", "pages": [{"id": "a]}"}], "entries": entries, "after": 1.5}}


def entry(url: object, status: object) -> dict[str, object]:
    return {"request": {"url": url}, "response": {"status": status, "text": '"]}{[,'}}


@pytest.mark.usefixtures("corp")
def test_a_profile_among_the_logs_is_a_profile() -> None:
    Path("log.csv").write_text(f"url\n{LOGIN}\n")
    result = invoke("replay", "--output", "-", "corp.mobileconfig", "log.csv")
    assert json.loads(result.stdout)["outcome"] == "handle"
    result = invoke("replay", "corp.mobileconfig")
    assert "no log: name a file of requests" in result.stderr
    assert result.exit_code == 2


@pytest.mark.usefixtures("corp")
@pytest.mark.parametrize("indent", [None, 2])
def test_har_entries(indent: int | None) -> None:
    log = har(
        entry(LOGIN, 200),
        entry("https://a.example.com/", 401),
        entry("https://a.example.com/", 407),
        entry(7, 200),
        None,
        {"request": {"url": ELSEWHERE}},
    )
    lines, _, status = replay("-", stdin=json.dumps(log, indent=indent).encode())
    assert [line.get("reason") or line["error"] for line in lines] == [
        "url_prefix",
        "no_match",
        "host",
        "no_match",
        "host",
        {"file": "-", "line": 4, "field": "url", "message": "the entry has no `request.url`"},
        {"file": "-", "line": 5, "field": "url", "message": "the entry has no `request.url`"},
        "no_match",
    ]
    assert status == 3


BROKEN_HAR: list[tuple[bytes, int, str]] = [
    (b"", 0, "not a HAR: not JSON near byte 1"),
    (b"{}", 0, "not a HAR: the array `log.entries` is missing"),
    (b'{"log": []}', 0, "not a HAR: the array `log.entries` is missing"),
    (b'{"log": {"entries": {}}}', 0, "not a HAR: the array `log.entries` is missing"),
    (b'{"log": {"entries": [{"request": {"url": "x"}}', 1, "not a HAR: not JSON near byte 47"),
    (b'{"log": {"entries": [{"request": {"url": "x"}} {}', 1, "not a HAR: not JSON near byte 48"),
    (b'{"log": {"entries": [{"request": {"url": "x"}}, nul', 1, "not a HAR: not JSON near byte 49"),
    (b'{"log": {"entries": [{"request": {"url": "\xff"}}]}}', 0, "not a HAR: not UTF-8"),
    (b'{"log": ' + b"[" * 100_000, 0, "not a HAR: values are nested too deep"),
    (b"{1: 2}", 0, "not a HAR: not JSON near byte 3"),
]


@pytest.mark.parametrize(("data", "entries", "message"), BROKEN_HAR)
def test_a_broken_har_is_read_as_far_as_it_goes(data: bytes, entries: int, message: str) -> None:
    found = chunks(data, "log.har")
    assert found[-1].body == Remark(message, fatal=True)
    rows = [row for chunk in found[:-1] for row in getattr(chunk.body, "rows", [])]
    assert rows == [AskedRow(1, "x")] * entries


@given(
    entries=st.lists(st.tuples(st.text(), st.sampled_from([0, 200, 401])), max_size=20),
    size=st.integers(1, 40),
    ascii_only=st.booleans(),
)
def test_har_is_the_same_wherever_it_is_cut(
    entries: list[tuple[str, int]], size: int, ascii_only: bool
) -> None:
    class Slow(io.BytesIO):
        def read(self, most: int | None = -1) -> bytes:
            return super().read(min(size, most or size))

    text = json.dumps(
        har(*(entry(url, status) for url, status in entries)), ensure_ascii=ascii_only
    )
    expected: list[AskedRow] = []
    for number, (url, status) in enumerate(entries, 1):
        expected.append(AskedRow(number, url))
        if status == 401:
            expected.append(AskedRow(number, url, 401))
    rows: list[AskedRow] = []
    for chunk in read_har("-", Slow(text.encode())):
        assert isinstance(chunk.body, Asked)
        rows += chunk.body.rows
    assert rows == expected


def test_a_har_value_beyond_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ssoroute.replay.har._VALUE_LIMIT", 100)
    monkeypatch.setattr("ssoroute.replay.har.CHUNK_BYTES", 50)
    found = chunks(b'{"log": {"entries": ["' + b"x" * 1000, "log.har")
    assert found[-1].body == Remark("one value is longer than 100 characters", fatal=True)


def test_flow_files_need_mitmproxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "mitmproxy.exceptions", None)
    assert [chunk.body for chunk in chunks(b"20:9:websocket;0:~7:version;")] == [
        Remark(
            "a flow file of mitmproxy is read by mitmproxy, which is not installed here"
            " (`pip install mitmproxy`)",
            fatal=True,
        )
    ]


def test_tunnels_and_local_urls_in_a_har_are_left_out() -> None:
    tunnel = {"request": {"method": "CONNECT", "url": "https://h:443/"}}
    lower = {"request": {"method": "connect", "url": "https://h/"}}
    local = {"request": {"method": "GET", "url": "data:text/plain,x"}}
    found = chunks(json.dumps(har(tunnel, entry(LOGIN, 407), lower, local)).encode(), "log.har")
    assert [chunk.body for chunk in found] == [
        Asked(
            [
                AskedRow(1, LeftOut.TUNNEL),
                AskedRow(2, LOGIN, 0),
                AskedRow(2, LOGIN, 407),
                AskedRow(3, "https://h/", 0),
                AskedRow(4, LeftOut.LOCAL),
            ]
        ),
    ]


@pytest.mark.usefixtures("corp")
def test_what_is_left_out_is_counted() -> None:
    tunnel = {"request": {"method": "CONNECT", "url": "https://h:443/"}}
    log = json.dumps(har(tunnel, entry(LOGIN, 200), tunnel)).encode()
    lines, stderr, status = replay("-", stdin=log)
    assert outcomes(lines) == [(LOGIN, "url_prefix")]
    said = "left out (2): CONNECT requests, which only open tunnels through the proxy"
    assert f"-: warning: {said}\n" in stderr
    assert status == 0
    result = invoke("replay", P, "--json", "-", stdin=log)
    assert json.loads(result.stdout)["left_out"] == [{"file": "-", "kind": "tunnel", "count": 2}]


@pytest.mark.usefixtures("corp")
def test_flows_of_mitmproxy() -> None:
    reason = "flow files are read by mitmproxy"
    tflow = pytest.importorskip("mitmproxy.test.tflow", reason=reason)
    tutils = pytest.importorskip("mitmproxy.test.tutils", reason=reason)

    file = io.BytesIO()
    writer = pytest.importorskip("mitmproxy.io", reason=reason).FlowWriter(file)

    def add(url: str, status: int | None, method: str = "GET", **headers: str) -> None:
        flow = tflow.tflow(resp=status is not None)
        flow.request = tutils.treq(method=method.encode(), host="h", port=443, scheme=b"https")
        flow.request.url = url
        flow.request.headers.update(headers)
        if status is not None:
            flow.response.status_code = status
        writer.add(flow)

    add(LOGIN, 200)
    add("https://a.example.com/", 401)
    add(ELSEWHERE, None)
    add("https://h/", 200, "CONNECT")
    writer.add(tflow.ttcpflow())
    add("https://h/chat", 101, upgrade="websocket")
    lines, stderr, status = replay("-", stdin=file.getvalue())
    assert outcomes(lines) == [
        (LOGIN, "url_prefix"),
        ("https://a.example.com/", "no_match"),
        ("https://a.example.com/", "host"),
        (ELSEWHERE, "no_match"),
        ("wss://h/chat", "no_match"),
    ]
    assert "-: warning: left out (1): flows that are not HTTP requests\n" in stderr
    assert "-: warning: left out (1): CONNECT requests, which only open tunnels" in stderr
    assert status == 0
    lines, stderr, status = replay("-", stdin=file.getvalue()[:-10])
    assert len(lines) == 4
    assert "-: error: the flow file is damaged from here on: Invalid data format.\n" in stderr
    assert status == 3


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
