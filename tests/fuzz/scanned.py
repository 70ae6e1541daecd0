"""Invariant: `_scan.c` reads a line as the plain reader does, or leaves it to the plain reader.

Random lines of JSON, CSV and URLs, most of them almost valid, in buffers without spare room. This
file needs neither pyarrow nor a compiler: `sanitize.py` runs it on a module that it has built.
"""

from __future__ import annotations

import array
import random
import re
import time
from collections import Counter
from typing import Any, Final

from ssoroute.model.request import Request, RequestError
from ssoroute.replay.browser_urls import PLAIN_URL
from ssoroute.replay.chunks import CsvLines, Lines, UrlLines
from ssoroute.replay.column_names import FIELDS
from ssoroute.replay.csv_rows import requests_of_csv
from ssoroute.replay.json_lines import requests_of_json
from ssoroute.replay.url_lines import requests_of_urls

_COLUMNS: Final = (*FIELDS, "")  # the last one is not used
_WHOLE_LINES: Final = b"\xff"
_URLS: Final = ("https://h/", "http://a.b.example/c?d=e#f", "https://x--y.example/", "h", "\u00fc")
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


def scans(scan: Any, seed: int, seconds: float) -> int:
    """Compare `scan` with the plain readers for so many seconds; how many logs were read."""
    choose, done = random.Random(seed), 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        body = choose.choice((_json, _csv, _urls))(choose)
        assert scan.count_lines(body.data) == body.data.count(b"\n")
        if not isinstance(body, CsvLines) or scan.quotes_close(body.data):
            assert _by_scan(scan, body) == _plain(body), (seed, body)
        _check_urls(scan, [line.decode(errors="replace") for line in body.data.split(b"\n")])
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


def _plain(body: Lines | CsvLines | UrlLines) -> _Answers:
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


def _by_scan(scan: Any, body: Lines | CsvLines | UrlLines) -> _Answers:
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


def _part(
    body: Lines | CsvLines | UrlLines, first: int, data: bytes
) -> Lines | CsvLines | UrlLines:
    if isinstance(body, CsvLines):
        return CsvLines(body.columns, first, data)
    return type(body)(first, data)


def _scanned(
    scan: Any, body: Lines | CsvLines | UrlLines, data: bytes
) -> tuple[list[Request | str], int]:
    room = data.count(b"\n") + 1
    header = _WHOLE_LINES if isinstance(body, UrlLines) else b""
    if isinstance(body, CsvLines):
        header = bytes(_COLUMNS.index(name) for name in body.columns)
    sizes = (4 * room + 4, len(data), 4 * room + 4, len(data), room, 8 * room, room, room, room)
    buffers = tuple(bytearray(size) for size in sizes)
    rows, length, given, _ = scan.scan_lines(data, header, room, buffers)
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


def _texts(offsets: bytearray, text: bytearray, rows: int) -> list[bytes]:
    places = array.array("i", bytes(offsets))
    return [bytes(text[places[row] : places[row + 1]]) for row in range(rows)]


def _check_urls(scan: Any, urls: list[str]) -> None:
    data = [url.encode() for url in urls]
    offsets = array.array("i", [0])
    for url in data:
        offsets.append(offsets[-1] + len(url))
    text = b"".join(data)
    starts, lengths = bytearray(4 * len(urls)), bytearray(4 * len(urls))
    expected = [re.fullmatch(PLAIN_URL, url) is not None for url in urls]
    others = scan.plain_urls(len(urls), 0, offsets.tobytes(), text, 255, starts, lengths)
    kept = array.array("i", bytes(lengths))
    assert [length > 0 for length in kept] == expected, urls
    assert others == expected.count(False)
    numbers = array.array("i", (number % 3 - 1 for number in range(len(urls))))
    counts = bytearray(16)
    hosts = scan.count_rows(
        len(urls), numbers.tobytes(), text, starts, lengths, counts, bytes(range(16))
    )
    assert hosts == Counter(
        url.split("/")[2][:255]
        for url, number, is_plain in zip(urls, numbers, expected, strict=True)
        if number == 0 and is_plain
    ), urls
    assert array.array("q", bytes(counts)).tolist() == [numbers.count(0), numbers.count(1)]
