"""`ssoroute replay`: access logs of proxies, HAR files of each browser, and wrong guesses."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from cli_world import corp, invoke
from ssoroute.replay import Chunk, Log, LogFormat, chunks_of, log_format
from ssoroute.replay.access_lines import requests_of_access
from ssoroute.replay.chunks import AccessLines, Asked, AskedRow, Failure, LeftOut, Remark

__all__ = ["corp"]

P = "-pcorp.mobileconfig"
LOGIN = "https://login.example.com/"
TENANT = "https://a.example.com/"

_NOT_SQUID = Failure("not a line of Squid's native format")
#: A line of each kind; the documented form is that of Squid's `logformat squid`.
SQUID: list[tuple[str, list[AskedRow]]] = [
    (
        f"1767323045.586    921 192.0.2.68 TCP_MISS/200 507 GET {LOGIN} - HIER_DIRECT/192.0.2.1 -",
        [AskedRow(1, LOGIN, 0, 3)],
    ),
    (
        (
            f"1767323045.586 0 client.example TCP_DENIED/407 3926 GET {TENANT}?q=1 user%20x"
            " HIER_NONE/- text/html [Host: a.example.com] [HTTP/1.1 407]"
        ),
        [AskedRow(1, TENANT + "?q=1", 0, 3), AskedRow(1, TENANT + "?q=1", 407, 3)],
    ),
    (
        "1767323045.586 60123 2001:db8::7 TCP_TUNNEL/200 39 CONNECT h:443 - HIER_DIRECT/h -",
        [AskedRow(1, LeftOut.TUNNEL)],
    ),
    (
        "1767323045.586 0 192.0.2.68 NONE_NONE/400 3888 NONE error:invalid-request - HIER_NONE/- -",
        [AskedRow(1, LeftOut.PROXY)],
    ),
    (
        "1767323045.586 0 192.0.2.68 UDP_MISS/000 60 ICP_QUERY http://h/ - HIER_NONE/- -",
        [AskedRow(1, LeftOut.PROXY)],
    ),
    (
        "1767323045.586 921 192.0.2.68",
        [AskedRow(1, Failure("not a line of Squid's native format"))],
    ),
    ("", [AskedRow(1, Failure("not a line of Squid's native format"))]),
]
_PATH = "the request line has no URL, only a path: this is not the log of a forward proxy"
#: Apache's `common` and `combined`, and NGINX's `combined`.
COMBINED: list[tuple[str, list[AskedRow]]] = [
    (
        f'192.0.2.7 - - [02/Jan/2026:03:04:05 +0000] "GET {LOGIN} HTTP/1.1" 200 2326',
        [AskedRow(1, LOGIN, 0, 3)],
    ),
    (
        (
            f'h - "the user" [02/Jan/2026:01:30:00 -0330] "GET {TENANT}a b HTTP/1.1" 401 -'
            ' "https://www.example.org/" "Mozilla/5.0 (\\"x\\")"'
        ),
        [AskedRow(1, TENANT + "a b", 0, 5), AskedRow(1, TENANT + "a b", 401, 5)],
    ),
    (
        '192.0.2.7 - - [02/Jan/2026:03:04:05 +0000] "CONNECT h:443 HTTP/1.1" 200 0 "-" "-"',
        [AskedRow(1, LeftOut.TUNNEL)],
    ),
    (
        f'192.0.2.7 - - [02/Jan/2026:03:04:05 +0000] "GET {LOGIN}\\xc3\\xa9\\"x HTTP/1.1" 200 0',
        [AskedRow(1, LOGIN + 'é"x', 0, 3)],
    ),
    (
        f'192.0.2.7 - - [02/Jan/2026:03:04:05 +0000] "GET {LOGIN}" 200 0',
        [AskedRow(1, LOGIN, 0, 3)],
    ),
    (
        '192.0.2.7 - - [02/Jan/2026:03:04:05 +0000] "-" 408 0 "-" "-"',
        [AskedRow(1, LeftOut.PROXY)],
    ),
    (
        '192.0.2.7 - - [02/Jan/2026:03:04:05 +0000] "GET /index.html HTTP/1.1" 200 5',
        [AskedRow(1, Failure(_PATH, "url"))],
    ),
    (f"192.0.2.7 GET {LOGIN}", [AskedRow(1, Failure("not a line of the combined format"))]),
]


def chunks(data: bytes, name: str = "-", form: LogFormat | None = None) -> list[Chunk]:
    return list(chunks_of([Log(name, lambda: nullcontext(io.BytesIO(data)), form)]))


@pytest.mark.parametrize(("line", "rows"), SQUID)
@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
def test_a_line_of_squid(line: str, rows: list[AskedRow], end: str) -> None:
    data = (line + end).encode() or b"\n"
    assert list(requests_of_access(AccessLines(LogFormat.SQUID, 1, data))) == rows


@pytest.mark.parametrize(("line", "rows"), COMBINED)
@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
def test_a_line_of_apache_or_nginx(line: str, rows: list[AskedRow], end: str) -> None:
    data = (line + end).encode()
    assert list(requests_of_access(AccessLines(LogFormat.COMBINED, 1, data))) == rows


@pytest.mark.parametrize(
    ("lines", "form"), [(SQUID[:5], LogFormat.SQUID), (COMBINED[:6], LogFormat.COMBINED)]
)
def test_a_proxy_log_is_recognised_by_its_first_line(
    lines: list[tuple[str, list[AskedRow]]], form: LogFormat
) -> None:
    for line, _ in lines:
        assert log_format("access.log", line.encode() + b"\n") is form


def test_a_long_line_of_quotes_takes_linear_time() -> None:
    line = b'h - - [x] "' + b'\\"[x] "' * 100_000
    (row,) = requests_of_access(AccessLines(LogFormat.COMBINED, 1, line))
    assert isinstance(row.url, Failure)


@pytest.mark.usefixtures("corp")
@pytest.mark.parametrize(("lines", "form"), [(SQUID, "squid"), (COMBINED, "combined")])
@pytest.mark.parametrize("packing", ["plain", "gzip", "zlib", "zstd"])
def test_a_proxy_log_is_replayed(
    lines: list[tuple[str, list[AskedRow]]], form: str, packing: str
) -> None:
    data = "".join(f"{line}\n" for line, _ in lines).encode()
    if packing == "zstd":
        pa = pytest.importorskip("pyarrow", reason="Zstandard needs pyarrow")
        data = pa.Codec("zstd").compress(data, asbytes=True)
    elif packing == "gzip":
        data = gzip.compress(data)
    elif packing == "zlib":
        data = zlib.compress(data)
    Path("access.log.gz").write_bytes(data)
    for chosen in ([], ["--format", form]):
        result = invoke("replay", P, "--json", "--jobs", "1", *chosen, "access.log.gz")
        summary = json.loads(result.stdout)
        assert summary["reasons"]["url_prefix"] == {"squid": 1, "combined": 3}[form]
        assert summary["reasons"]["host"] == 1
        assert summary["errors"] == 2
        left = {row["kind"]: row["count"] for row in summary["left_out"]}
        assert left == {"tunnel": 1, "proxy": {"squid": 2, "combined": 1}[form]}
        assert {row["hour"] for row in summary["hours"]} == {"squid": {3}, "combined": {3, 5}}[form]
        assert result.exit_code == 3


WRONG: list[tuple[str, bytes, str]] = [
    ("jsonl", b"hello\n" * 50, "(line 1: not JSON: expecting value at column 1)"),
    ("urls", b"a.example\n" * 50, "(line 1: it has no scheme)"),
    ("squid", b"https://h/\n" * 50, "(line 1: not a line of Squid's native format)"),
    ("combined", COMBINED[6][0].encode() + b"\n" + b"x\n" * 49, f"(line 1: {_PATH})"),
]


@pytest.mark.parametrize(("form", "data", "why"), WRONG)
def test_a_wrong_format_is_one_error(form: str, data: bytes, why: str) -> None:
    (chunk,) = chunks(data, form=LogFormat(form))
    message = f"none of the first 50 lines is a request in the format `{form}` {why}"
    assert chunk.body == Remark(f"{message}; name the right format with --format", fatal=True)


@pytest.mark.parametrize(("form", "data", "why"), WRONG)
def test_a_few_wrong_lines_are_errors_of_their_own(form: str, data: bytes, why: str) -> None:
    few = b"".join(data.splitlines(keepends=True)[:9])
    assert not isinstance(chunks(few, form=LogFormat(form))[0].body, Remark), why


@pytest.mark.usefixtures("corp")
def test_a_web_server_log_is_one_error() -> None:
    line = '192.0.2.7 - - [02/Jan/2026:03:04:05 +0000] "GET /index.html HTTP/1.1" 200 5\n'
    result = invoke("replay", P, "-", stdin=line * 40)
    assert result.stderr.splitlines() == [
        (
            f"-: error: none of the first 40 lines is a request in the format `combined`"
            f" (line 1: {_PATH}); name the right format with --format"
        )
    ]
    assert result.exit_code == 3


@pytest.mark.usefixtures("corp")
@pytest.mark.parametrize("name", ["https://h/log.har", "s3://bucket/log.parquet"])
def test_a_url_is_not_read(name: str) -> None:
    result = invoke("replay", P, name)
    assert result.stderr == (
        f"{name}: error: a URL cannot be read, because nothing here uses the network;"
        " download the log and name its file\n"
    )
    assert result.exit_code == 3


# The members that differ between the browsers; each is made up in the form that the browser writes.
CHROME: dict[str, Any] = {
    "log": {
        "version": "1.2",
        "creator": {"name": "WebInspector", "version": "537.36"},
        "pages": [],
        "entries": [
            {
                "_initiator": {"type": "other"},
                "_resourceType": "document",
                "startedDateTime": "2026-01-02T03:04:05.678Z",
                "request": {"method": "GET", "url": TENANT, "headers": []},
                "response": {"status": 401, "_error": None, "_transferSize": 100},
            },
            {
                "_resourceType": "websocket",
                "_webSocketMessages": [],
                "startedDateTime": "2026-01-02T04:04:05.678Z",
                "request": {"method": "GET", "url": "wss://login.example.com/ws", "headers": []},
                "response": {"status": 101},
            },
            {
                "_resourceType": "image",
                "startedDateTime": "2026-01-02T04:04:05.678Z",
                "request": {"method": "GET", "url": "data:image/png;base64,AAAA", "headers": []},
                "response": {"status": 200},
            },
            {
                "_resourceType": "script",
                "startedDateTime": "2026-01-02T04:04:05.678Z",
                "request": {"method": "GET", "url": "chrome-extension://abc/x.js", "headers": []},
                "response": {"status": 0, "_error": "net::ERR_BLOCKED_BY_CLIENT"},
            },
        ],
    }
}
FIREFOX: dict[str, Any] = {
    "log": {
        "version": "1.2",
        "creator": {"name": "Firefox", "version": "140.0"},
        "browser": {"name": "Firefox", "version": "140.0"},
        "pages": [
            {"id": "page_1", "title": "x", "startedDateTime": "2026-01-02T05:04:05.678+02:00"}
        ],
        "entries": [
            {
                "startedDateTime": "2026-01-02T05:04:05.678+02:00",
                "request": {"method": "GET", "url": TENANT, "headers": [], "bodySize": 0},
                "response": {"status": 401, "redirectURL": "", "content": {"size": 0}},
                "_securityState": "secure",
                "connection": "443",
            },
            {
                "startedDateTime": "2026-01-02T06:04:05.678+02:00",
                "request": {
                    "method": "GET",
                    "url": "https://login.example.com/ws",
                    "headers": [{"name": "Upgrade", "value": "websocket"}],
                },
                "response": {"status": 101},
            },
            {
                "startedDateTime": "2026-01-02T06:04:05.678+02:00",
                "request": {"method": "GET", "url": "blob:https://h/1", "headers": []},
                "response": {},
            },
            {
                "startedDateTime": "2026-01-02T06:04:05.678+02:00",
                "request": {"method": "GET", "url": "moz-extension://abc/x.js", "headers": []},
                "response": {"status": ""},
            },
        ],
    }
}
SAFARI: dict[str, Any] = {
    "log": {
        "version": "1.2",
        "creator": {"name": "WebKit Web Inspector", "version": "1.0"},
        "pages": [{"id": "page_0", "startedDateTime": "2026-01-02T03:04:05.678Z"}],
        "entries": [
            {
                "pageref": "page_0",
                "startedDateTime": "2026-01-02T03:04:05.678Z",
                "_fetchType": "Network Load",
                "_priority": "high",
                "request": {"method": "GET", "url": TENANT, "httpVersion": "HTTP/2"},
                "response": {"status": 401, "httpVersion": "HTTP/2"},
            },
            {
                "startedDateTime": "2026-01-02T04:04:05.678Z",
                "_fetchType": "Network Load",
                "request": {
                    "method": "GET",
                    "url": "wss://login.example.com/ws",
                    "headers": [{"name": "upgrade", "value": "websocket"}],
                },
                "response": {"status": 101},
            },
            {
                "startedDateTime": "2026-01-02T04:04:05.678Z",
                "_fetchType": "(unknown)",
                "request": {"method": "GET", "url": "about:blank"},
                "response": {"status": 0, "_error": "cancelled"},
            },
            {
                "startedDateTime": "",
                "request": {"method": "GET", "url": "safari-web-extension://abc/x.js"},
                "response": {"status": -1},
            },
        ],
    }
}


@pytest.mark.parametrize("log", [CHROME, FIREFOX, SAFARI], ids=["Chrome", "Firefox", "Safari"])
def test_the_har_of_each_browser_says_the_same(log: dict[str, Any]) -> None:
    (chunk,) = chunks(b"\xef\xbb\xbf" + json.dumps(log).encode(), "log.har")
    assert chunk.body == Asked(
        [
            AskedRow(1, TENANT, 0, 3),
            AskedRow(1, TENANT, 401, 3),
            AskedRow(2, "wss://login.example.com/ws", 0, 4),
            AskedRow(3, LeftOut.LOCAL),
            AskedRow(4, LeftOut.LOCAL),
        ]
    )
