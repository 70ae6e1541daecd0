"""CSV: a header that names the fields of a request, and one request a row (RFC 4180)."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from typing import BinaryIO, Final

from ssoroute.loaders.request_line import LINE_LIMIT
from ssoroute.model.quoting import quote
from ssoroute.model.request import Request, RequestError
from ssoroute.replay.chunks import (
    CHUNK_ROWS,
    Chunk,
    CsvRows,
    Failure,
    LogError,
)
from ssoroute.replay.rows import FIELDS, unused

__all__ = ["read_csv", "requests_of_rows"]

_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,18}")
_FLAGS: Final = {"true": True, "1": True, "false": False, "0": False}
# How a byte that is not UTF-8 is held until its row is read.
_NOT_UTF8: Final = re.compile("[\udc80-\udcff]")


def read_csv(name: str, stream: BinaryIO) -> Iterator[Chunk]:
    """The rows of `stream`; `LogError` where its header has no `url`."""
    lines = _Lines(stream)
    reader = csv.reader(lines)
    columns = _header(next(reader, []))
    known = tuple(column if column in FIELDS else None for column in columns)
    ignored = unused(columns)
    if ignored is not None:
        yield Chunk(name, lines.position, ignored)
    rows: list[tuple[int, list[str] | Failure]] = []
    size = 0
    while True:
        number = reader.line_num + 1
        try:
            row: list[str] | Failure = next(reader)
        except StopIteration:
            break
        except csv.Error as error:  # a field that is too long; the next line is a new row
            row = Failure(f"not CSV: {error}")
        rows.append((number, row))
        size += lines.length
        if len(rows) == CHUNK_ROWS or size > LINE_LIMIT:
            yield Chunk(name, lines.position, CsvRows(known, rows))
            rows, size = [], 0
    if rows:
        yield Chunk(name, lines.position, CsvRows(known, rows))


def _header(columns: list[str]) -> list[str]:
    columns = [column.strip() for column in columns]
    for name in FIELDS:
        if columns.count(name) > 1:
            raise LogError(f"there are {columns.count(name)} columns `{name}`")
    if "url" not in columns:
        raise LogError("the column `url` is missing")
    return columns


def requests_of_rows(body: CsvRows) -> Iterator[tuple[int, Request | RequestError]]:
    """The number and the request, or error, of each row."""
    for number, row in body.rows:
        try:
            yield number, _request(body.columns, row)
        except RequestError as error:
            yield number, error


def _request(columns: tuple[str | None, ...], row: list[str] | Failure) -> Request:
    if isinstance(row, Failure):
        raise RequestError(row.message, row.field)
    if not row:
        raise RequestError("the line is blank")
    if len(row) != len(columns):
        raise RequestError(f"the row has {len(row)} fields, the header {len(columns)}")
    members: dict[str, object] = {}
    for name, text in zip(columns, row, strict=True):
        if name is None or not text:
            continue
        if not text.isascii() and _NOT_UTF8.search(text):
            raise RequestError(f"`{name}` is not UTF-8", name)
        members[name] = text if name in ("url", "caller") else _value(name, text.strip())
    return Request.from_json(members)


def _value(name: str, text: str) -> object:
    if name == "response_code":
        if not _INTEGER.fullmatch(text):
            raise RequestError(f"`{name}` is {quote(text)}, wanted is an integer", name)
        return int(text)
    flag = _FLAGS.get(text.lower())
    if flag is None:
        raise RequestError(f"`{name}` is {quote(text)}, wanted is true or false", name)
    return flag


class _Lines:
    """The lines of a stream as text; what is beyond the limit of a line is left out."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.position = 0
        self.length = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        data = self._stream.readline(LINE_LIMIT)
        if not data:
            raise StopIteration
        encoding = "utf-8-sig" if self.position == 0 else "utf-8"
        self.length = len(data)
        self.position += len(data)
        rest = data
        while len(rest) == LINE_LIMIT and not rest.endswith(b"\n"):
            rest = self._stream.readline(LINE_LIMIT)
            self.position += len(rest)
        return data.decode(encoding, "surrogateescape")
