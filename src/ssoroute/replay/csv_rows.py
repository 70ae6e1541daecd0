"""CSV: a header that names the fields of a request, and one request a row (RFC 4180).

`;`, `|` or tabs may also separate the fields, if the header shows that.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from io import BufferedReader, BytesIO
from typing import BinaryIO, Final, Protocol

from ssoroute.model.quoting import quote
from ssoroute.model.request import RequestError
from ssoroute.replay.chunks import (
    CHUNK_BYTES,
    CHUNK_ROWS,
    Chunk,
    CsvLines,
    CsvRows,
    Failure,
    LogError,
)
from ssoroute.replay.column_names import CLIENT_FIELDS, FIELDS, ColumnNames
from ssoroute.replay.compiled import count_lines, quotes_close
from ssoroute.replay.line_blocks import line_blocks
from ssoroute.replay.rows import INTEGER, Entry, entry_of, missing_column, unused

__all__ = ["RECORD_LIMIT", "read_csv", "requests_of_csv"]

#: The most bytes of a record, over all its lines. As text its fields take twelve times as much.
RECORD_LIMIT: Final = 1024 * 1024

_DELIMITERS: Final = (",", ";", "\t", "|")
_FLAGS: Final = {"true": True, "1": True, "false": False, "0": False}
# Bytes that are not UTF-8, as `surrogateescape` decodes them.
_NOT_UTF8: Final = re.compile("[\udc80-\udcff]")
# A field of a header that `csv` refuses, with its comma.
_FIELD: Final = re.compile(r'\s*(?:"((?:[^"]|"")*)"[^,]*|([^,]*)),')
_LONGEST_NAME: Final = 100


#: The columns that are read if they have their own names; the rest is reported and ignored.
_USED: Final = FIELDS + CLIENT_FIELDS
_TEXTS: Final = ("url", "caller", "scheme", "time", *CLIENT_FIELDS)


def read_csv(
    name: str, stream: BufferedReader, size: int = CHUNK_BYTES, names: ColumnNames | None = None
) -> Iterator[Chunk]:
    """The rows of `stream`; `LogError` if its header has no column for the URL.

    `names` says which columns are used, if they do not have the names of a request.

    Chunks are lines while each line is a row. From the first row on that has several lines, chunks
    are rows, because only a parser finds where the next row begins.
    """
    delimiter = _delimiter(stream.peek(RECORD_LIMIT), names or ColumnNames())
    lines = _Lines(stream, starts_log=True)
    header = _read(csv.reader(lines, delimiter=delimiter), lines) or []
    fault = header if isinstance(header, Failure) else None
    if isinstance(header, Failure):
        if not lines.record:
            raise LogError(f"the header is longer than {RECORD_LIMIT} bytes")
        header = _names(lines.record)
    columns = _columns(header, names or ColumnNames())
    ignored = unused([column.strip() for column in header], _USED)
    if ignored is not None and not names:
        yield Chunk(name, lines.position, ignored)
    if fault is not None:
        yield Chunk(name, lines.position, CsvRows(columns, [(1, fault)]))
    number = lines.number + 1
    for data, position in line_blocks(stream, size, RECORD_LIMIT):
        if b'"' in data and not quotes_close(data):
            before = lines.position + position - len(data)
            joined = _Joined(data, stream)
            yield from _chunks(name, columns, _Lines(joined, before, number - 1), delimiter)
            return
        body = CsvLines(columns, number, data, delimiter)
        yield Chunk(name, lines.position + position, body)
        number += count_lines(data)


def _delimiter(beginning: bytes, names: ColumnNames) -> str:
    r"""What separates the fields: a comma, unless the URL's name is found only with another one.

    >>> _delimiter(b'"url";caller\n', ColumnNames())
    ';'
    """
    header = beginning.partition(b"\n")[0].decode("utf-8-sig", "replace")
    for delimiter in _DELIMITERS:
        if names.field("url") in (field.strip(' "\r') for field in header.split(delimiter)):
            return delimiter
    return _DELIMITERS[0]


def _chunks(name: str, columns: tuple[str, ...], lines: _Lines, delimiter: str) -> Iterator[Chunk]:
    rows: list[tuple[int, list[str] | Failure]] = []
    before = lines.position
    for row in _records(lines, columns, delimiter):
        rows.append(row)
        if len(rows) >= CHUNK_ROWS or lines.position - before >= CHUNK_BYTES:
            yield Chunk(name, lines.position, CsvRows(columns, rows))
            rows, before = [], lines.position
    if rows:
        yield Chunk(name, lines.position, CsvRows(columns, rows))


def _records(
    lines: _Lines, columns: tuple[str, ...], delimiter: str
) -> Iterator[tuple[int, list[str] | Failure]]:
    """The rows with their numbers, each with the values of the columns that are used."""
    reader = csv.reader(lines, delimiter=delimiter)
    places = [place for place, column in enumerate(columns) if column]
    while True:
        number = lines.number + 1
        row = _read(reader, lines)
        if row is None:
            return
        yield number, _picked(row, places, len(columns)) if isinstance(row, list) else row


def _read(reader: Iterator[list[str]], lines: _Lines) -> list[str] | Failure | None:
    """The next record, None at the end. After a failure, the next line begins a new record."""
    lines.begin()
    try:
        return next(reader, None)
    except csv.Error as error:
        return Failure(f"not CSV: {str(error).partition(' - ')[0]}")
    except _TooLongError:
        return Failure(f"the row is longer than {RECORD_LIMIT} bytes")


def _picked(row: list[str], places: list[int], width: int) -> list[str] | Failure:
    """The values at `places`, or the error of the row."""
    if not row:
        return Failure("the line is blank")
    if len(row) != width:
        return Failure(f"the row has {len(row)} fields, the header {width}")
    return [row[place] for place in places]


def _names(record: Sequence[str]) -> list[str]:
    """The names in a header that `csv` refuses, which are shortened if they are long."""
    text = "".join(record).rstrip("\r\n") + ","
    return [
        (quoted or plain)[:_LONGEST_NAME].replace('""', '"')
        for quoted, plain in _FIELD.findall(text)
    ]


def _columns(header: Sequence[str], names: ColumnNames) -> tuple[str, ...]:
    """The member that each column is, empty if it is not used."""
    given = [column.strip() for column in header]
    columns = tuple(names.member(column) or "" for column in given)
    for name in filter(None, dict.fromkeys(columns)):
        if columns.count(name) > 1:
            raise LogError(f"there are {columns.count(name)} columns {quote(names.field(name))}")
    for name in ("url", *(member for member, _ in names.named)):
        if name not in columns:
            raise LogError(missing_column(names.field(name), given))
    return columns


def requests_of_csv(body: CsvLines | CsvRows) -> Iterator[Entry]:
    """The number and the request, or error, of each row."""
    used = [column for column in body.columns if column]
    rows: Iterable[tuple[int, list[str] | Failure]]
    if isinstance(body, CsvRows):
        rows = body.rows
    else:
        lines = _Lines(BytesIO(body.data), number=body.first - 1)
        rows = _records(lines, body.columns, body.delimiter)
    for number, row in rows:
        try:
            yield entry_of(number, _members(used, row))
        except RequestError as error:
            yield Entry(number, error)


def _members(columns: Sequence[str], row: list[str] | Failure) -> dict[str, object]:
    if isinstance(row, Failure):
        raise RequestError(row.message, row.field)
    members: dict[str, object] = {}
    for name, text in zip(columns, row, strict=True):
        if not text:
            continue
        if not text.isascii() and _NOT_UTF8.search(text):
            raise RequestError(f"`{name}` is not UTF-8", name)
        members[name] = text if name in _TEXTS else _value(name, text.strip())
    return members


def _value(name: str, text: str) -> object:
    if name == "response_code":
        if not INTEGER.fullmatch(text):
            raise RequestError(f"`{name}` must be an integer, not {quote(text)}", name)
        return int(text)
    flag = _FLAGS.get(text.lower())
    if flag is None:
        raise RequestError(f"`{name}` must be true or false, not {quote(text)}", name)
    return flag


class _Readable(Protocol):
    def readline(self, size: int, /) -> bytes:
        """The next line, or `size` bytes of it."""


class _Joined:
    """Lines that were already read, followed by the rest of the stream."""

    def __init__(self, data: bytes, stream: BinaryIO) -> None:
        self._data = BytesIO(data)
        self._stream = stream

    def readline(self, size: int, /) -> bytes:
        return self._data.readline(size) or self._stream.readline(size)


class _TooLongError(Exception):
    """A record is longer than `RECORD_LIMIT`."""


class _Lines:
    """The lines of a stream as text; `_TooLongError` for a record with too many bytes."""

    def __init__(
        self, stream: _Readable, position: int = 0, number: int = 0, *, starts_log: bool = False
    ) -> None:
        self._stream = stream
        #: How many bytes and lines were read so far.
        self.position = position
        self.number = number
        self._begun = position
        self._starts_log = starts_log
        #: The lines of the current record.
        self.record: list[str] = []

    def begin(self) -> None:
        """The next line begins a record."""
        self.record = []
        self._begun = self.position

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        first = self._starts_log and self.position == 0  # there may be a byte order mark
        data = rest = self._stream.readline(RECORD_LIMIT + 1)
        if not data:
            raise StopIteration
        self.number += 1
        self.position += len(data)
        if self.position - self._begun > RECORD_LIMIT:
            while rest and not rest.endswith(b"\n"):  # the rest of the line, piece by piece
                rest = self._stream.readline(RECORD_LIMIT)
                self.position += len(rest)
            raise _TooLongError
        line = data.decode("utf-8-sig" if first else "utf-8", "surrogateescape")
        self.record.append(line)
        return line
