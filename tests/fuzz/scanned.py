"""Invariant: `_scan.c` answers a line as the plain reader and the router do, or leaves it.

Random lines of JSON, CSV and URLs, most of them almost valid, in buffers without spare room. This
file needs neither pyarrow nor a compiler: `sanitize.py` runs it on a module that it has built.
"""

from __future__ import annotations

import array
import contextlib
import random
import re
import time
from collections import Counter
from dataclasses import replace
from typing import Any, Final

from fuzz import arrow_columns
from plain_urls import PLAIN_URL
from ssoroute.model.decision import NO_MATCH
from ssoroute.model.request import Request, RequestError
from ssoroute.replay.chunks import CsvLines, Lines, UrlLines
from ssoroute.replay.column_names import FIELDS
from ssoroute.replay.compiled import ReadableLines
from ssoroute.replay.csv_rows import requests_of_csv
from ssoroute.replay.json_lines import requests_of_json
from ssoroute.replay.url_lines import requests_of_urls
from ssoroute.routing.router import Router, finder_of

_COLUMNS: Final = (*FIELDS, "")  # the last one is not used
_WHOLE_LINES: Final = b"\xff"
#: What the router of `scans` has as rules.
RULES: Final = ("https://login.example.com", "https://h/")
_URLS: tuple[str, ...] = (
    "https://h/",
    "http://a.b.example/c?d=e#f",
    "https://x--y.example/",
    "h",
    "\u00fc",
    *RULES,
    "https://login.example.com.evil.example/",
)
_JSON: Final = ('{"url": "https://h/"}', '{"caller":"x","url":"\\u0041\\n"}', '{"url": ""}')
_JSON_PIECES: Final = (
    *("{", "}", '"', ":", ",", " ", "\t", "\r", "\\", "\\u00e9", "\\ud83d", "null", "true"),
    *("false", "401", "-0", "1.5", '"url": ', '"caller": ', '"response_code": ', "https://h/"),
    *('"screen_locked": ', '"user_interface_enabled": ', '"background_session": ', "\u2603"),
)
_CSV_PIECES: Final = (
    ",",
    '"',
    '""',
    "\r",
    " ",
    "0",
    "401",
    "true",
    "false",
    "https://h/",
    "\u2603",
)
_BAD_BYTES: Final = (b"\xff", b"\0", b"\x01", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\x7f")

_Answers = list[tuple[int, Any]]


def scans(scan: Any, router: Router, seed: int, seconds: float) -> int:
    """Compare `scan` with the plain readers and `router` for so many seconds; how many logs."""
    choose, done = random.Random(seed), 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        body = choose.choice((_json, _csv, _urls))(choose)
        assert scan.count_lines(body.data) == body.data.count(b"\n")
        if not isinstance(body, CsvLines) or scan.quotes_close(body.data):
            assert _by_scan(scan, body) == _plain(body), (seed, body)
            _check_answers(scan, router, choose, body)
        urls = [line.decode(errors="replace") for line in body.data.split(b"\n")]
        _check_columns(scan, router, choose, urls)
        done += 1
    return done


def _json(choose: random.Random) -> Lines:
    return Lines(choose.choice([1, 7]), _lines(choose, _JSON, _JSON_PIECES))


def _urls(choose: random.Random) -> UrlLines:
    return UrlLines(choose.choice([1, 7]), _lines(choose, _URLS, _URLS + _CSV_PIECES))


def _csv(choose: random.Random) -> CsvLines:
    columns = ["url", *choose.sample(_COLUMNS[1:], choose.randrange(4))]
    choose.shuffle(columns)
    values = {"url": "https://h/", "response_code": "401", "screen_locked": "true"}
    row = ",".join(values.get(name, "") for name in columns)
    whole = (row, row.replace("https://h/", '"https://h/a,b"'))
    return CsvLines(tuple(columns), 2, _lines(choose, whole, _CSV_PIECES))


def _lines(choose: random.Random, whole: tuple[str, ...], pieces: tuple[str, ...]) -> bytes:
    lines = []
    for _ in range(choose.randrange(8)):
        line = choose.choice(whole)
        for _ in range(choose.choice([0, 0, 1, 1, 2, 6])):
            place = choose.randrange(len(line) + 1)
            line = line[:place] + choose.choice(pieces) + line[place + choose.randrange(3) :]
        data = line.encode()
        if choose.random() < 0.1:
            place = choose.randrange(len(data) + 1)
            data = data[:place] + choose.choice(_BAD_BYTES) + data[place:]
        lines.append(data)
    return b"\n".join(lines) + b"\n" * choose.randrange(2)


def _plain(body: ReadableLines) -> _Answers:
    if isinstance(body, Lines):
        found = requests_of_json(body)
    elif isinstance(body, CsvLines):
        found = requests_of_csv(body)
    else:
        found = requests_of_urls(body)
    return [
        (number, str(answer) if isinstance(answer, RequestError) else answer)
        for number, answer, _ in found
    ]


def _by_scan(scan: Any, body: ReadableLines) -> _Answers:
    """The rows that `scan` reads, and each line at which it stops from the plain reader."""
    data, number, start = body.data, body.first, 0
    answers: _Answers = []
    while start < len(data):
        rows, length = _scanned(scan, body, data[start:])
        answers += enumerate(rows, number)
        number, start = number + len(rows), start + length
        if start < len(data):
            end = data.find(b"\n", start) + 1 or len(data)
            answers += _plain(_part(body, number, data[start:end]))
            number, start = number + 1, end
    return answers


def _part(body: ReadableLines, first: int, data: bytes) -> ReadableLines:
    if isinstance(body, CsvLines):
        return CsvLines(body.columns, first, data)
    return type(body)(first, data)


def _scanned(scan: Any, body: ReadableLines, data: bytes) -> tuple[list[Request | str], int]:
    room = data.count(b"\n") + 1
    sizes = (4 * room + 4, len(data), 4 * room + 4, len(data), room, 8 * room, room, room, room)
    buffers = tuple(bytearray(size) for size in sizes)
    rows, length, given, _ = scan.scan_lines(data, _header(body), room, buffers)
    urls, callers = _texts(buffers[0], buffers[1], rows), _texts(buffers[2], buffers[3], rows)
    codes = array.array("q", bytes(buffers[5]))
    found: list[Request | str] = []
    for row in range(rows):
        caller = callers[row] if buffers[4][row] else None
        flags = [bool(flag[row]) for flag in buffers[6:]]
        try:
            texts = [None if text is None else text.decode() for text in (urls[row], caller)]
        except UnicodeDecodeError:
            # Arrow finds such a row, and the plain reader then reads the whole piece.
            line = data.split(b"\n")[row]
            number = body.first if row == 0 and body.first == 1 and data == body.data else 2
            found.append(_plain(_part(body, number, line))[0][1])
            continue
        assert given & 1 or not texts[0]
        found.append(Request(texts[0] or "", texts[1], codes[row], *flags))
    return found, length


def _header(body: ReadableLines) -> bytes:
    if isinstance(body, CsvLines):
        return bytes(_COLUMNS.index(name) for name in body.columns)
    return _WHOLE_LINES if isinstance(body, UrlLines) else b""


def _texts(offsets: bytearray, text: bytearray, rows: int) -> list[bytes]:
    places = array.array("i", bytes(offsets))
    return [bytes(text[places[row] : places[row + 1]]) for row in range(rows)]


def _check_answers(scan: Any, router: Router, choose: random.Random, body: ReadableLines) -> None:
    """The answers to lines are those of the router to what the plain reader reads."""
    caller = choose.choice([None, None, b"com.example.denied", b"x"])
    finder, key = finder_of(router), bytes(range(64))
    (counted, hosts), left = scan.answer_lines(finder, body.data, _header(body), caller, key)
    rows = {row for row, *_ in left}
    expected: Counter[str] = Counter()
    misses: Counter[str] = Counter()
    for number, said in _plain(body):
        if number - body.first in rows:
            continue
        assert isinstance(said, Request), (body, said)
        assert re.fullmatch(PLAIN_URL, said.url), (body, said)
        url = said.url
        by = caller.decode() if said.caller is None and caller else said.caller
        decision = router.route(*replace(said, caller=by).arguments)
        expected[repr(decision)] += 1
        if decision is NO_MATCH:
            misses[url.split("/")[2][:255]] += 1
    found: Counter[str] = Counter()
    for decision, _, count in counted:
        found[repr(decision or NO_MATCH)] += count
    assert +found == expected, (body, found, expected)
    assert Counter(hosts[0]) + Counter(hosts[1]) == misses, body
    for row, start, end, _ in left:
        assert body.data[:start].count(b"\n") == row
        assert body.data[start:end].rstrip(b"\n").count(b"\n") == 0


def _check_columns(scan: Any, router: Router, choose: random.Random, urls: list[str]) -> None:
    """Columns are answered as the router does, or refused if they are damaged."""
    data = [url.encode() for url in urls]
    offsets = array.array("i", [0])
    for text in data:
        offsets.append(offsets[-1] + len(text))
    codes = array.array("q", (choose.choice([0, 200, 401, 407, 1 << 40]) for _ in urls))
    numbers = bytearray(4 * len(urls))
    whole = ((None, offsets.tobytes(), b"".join(data), 0, 0), None, len(urls))
    asked = (None, codes.tobytes(), 0, 8)
    finder, key = finder_of(router), bytes(range(64))
    answers = scan.begin_answers(finder, key)
    left = scan.answer_columns(answers, len(urls), whole, None, asked, None, numbers)
    counted, _ = scan.counted_answers(answers)
    kept = array.array("i", bytes(numbers)).tolist()
    assert left == kept.count(-1)
    for url, code, number in zip(urls, codes, kept, strict=True):
        assert (number >= 0) == bool(re.fullmatch(PLAIN_URL, url)), url
        if number >= 0:
            assert (counted[number][0] or NO_MATCH) is router.route(url, None, code), url
    rows = choose.choice([len(urls)] * 5 + [0, 1, len(urls) + 1, -1, 1 << 62])
    columns = (
        arrow_columns.texts(choose, data),
        choose.choice([None, arrow_columns.texts(choose, data)]),
        choose.choice([None, arrow_columns.codes(choose, len(urls))]),
        choose.choice([None, arrow_columns.flags(choose, len(urls))]),
    )
    with contextlib.suppress(ValueError):
        scan.answer_columns(answers, rows, *columns, bytearray(4 * len(urls)))
    assert len(scan.counted_answers(answers)) == 2
