"""Invariant: each line of a proxy's log is one or two requests, left out, or a printable error."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ssoroute.model.request import CHALLENGE_CODES
from ssoroute.replay.access_lines import ACCESS_FORMATS, requests_of_access
from ssoroute.replay.chunks import AccessLines, Failure, LeftOut, LogFormat

LONGEST = 2000
_SQUID = b"1767323045.586    921 192.0.2.68 TCP_DENIED/407 507 GET https://h/ - HIER_DIRECT/h -\n"
_COMBINED = b'h - u [02/Jan/2026:03:04:05 +0130] "GET https://h/\\xc3\\xa9 HTTP/1.1" 401 5 - -\n'


def seeds() -> Iterator[bytes]:
    yield _SQUID + _SQUID.replace(b"GET https://h/", b"CONNECT h:443")
    yield _COMBINED + _COMBINED.replace(b"GET https://h/", b"GET /")
    yield _SQUID.replace(b"https://h/", b"error:invalid-request") + _COMBINED


def check(data: bytes) -> None:
    lines = data.removesuffix(b"\n").split(b"\n") if data else []
    for form in ACCESS_FORMATS:
        rows = list(requests_of_access(AccessLines(LogFormat(form), 1, data)))
        counts = Counter(row.number for row in rows)
        assert sorted(counts) == list(range(1, len(lines) + 1)), data
        for row in rows:
            assert row.hour is None or 0 <= row.hour < 24, data
            if isinstance(row.url, Failure):
                assert row.url.message.isprintable(), data
            elif not isinstance(row.url, LeftOut):
                assert row.url, data
            assert row.code == 0 or row.code in CHALLENGE_CODES, data
            assert counts[row.number] == 1 or isinstance(row.url, str), data
