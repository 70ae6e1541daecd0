"""Lines of JSON and CSV as Arrow columns, read by the compiled module `_scan` (extra `arrow`).

`_scan` stops at each line that the plain readers might read differently. Such a line becomes a
piece of its own, which the plain reader reads.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any, Final

from ssoroute.loaders.request_line import LINE_LIMIT
from ssoroute.replay.chunks import Batch, Body, CsvLines, Lines, RowGroup, UrlLines
from ssoroute.replay.column_names import FIELDS, ROW_BY_ROW
from ssoroute.routing.engine import accelerated

__all__ = ["becomes_columns", "count_lines", "pieces", "quotes_close", "scan"]


def _scan_module() -> ModuleType | None:
    if accelerated:
        try:
            return import_module("ssoroute.replay._scan")
        except ImportError:
            pass
    return None


#: The compiled reader; None if it is not installed or `SSOROUTE_PURE` is 1.
scan: Final[Any] = _scan_module()
#: After this many odd lines the plain reader reads the rest of the chunk: columns would not pay.
_MOST_ODD: Final = 64
#: Shorter logs are answered row by row, which is faster than importing pyarrow.
_LEAST_BYTES: Final = 256 * 1024
#: In place of the fields of a row of CSV: a line is a URL.
_WHOLE_LINES: Final = b"\xff"
_FLAGS: Final = FIELDS[3:]


@cache
def reads_columns() -> bool:
    """Whether lines can be read as columns here."""
    return scan is not None and find_spec("pyarrow") is not None


def becomes_columns(body: Body) -> bool:
    """Whether `body` is read as columns here, as far as its lines leave no doubt."""
    if isinstance(body, Lines):
        return body.names is None and reads_columns()
    if isinstance(body, CsvLines):
        by_row = body.delimiter != "," or ROW_BY_ROW.intersection(body.columns)
        return not by_row and reads_columns()
    return isinstance(body, Batch | RowGroup) or (isinstance(body, UrlLines) and reads_columns())


def count_lines(data: bytes | memoryview) -> int:
    """How many ends of lines `data` has."""
    return int(scan.count_lines(data)) if scan is not None else bytes(data).count(b"\n")


def quotes_close(data: bytes) -> bool:
    """Whether each quoted field of these lines of CSV certainly ends on its line."""
    return scan is not None and bool(scan.quotes_close(data))


def pieces(
    body: Lines | UrlLines | CsvLines,
) -> Iterator[Batch | Lines | UrlLines | CsvLines]:
    """`body` in pieces: batches of columns, and the lines for the plain reader."""
    data = body.data
    if not _LEAST_BYTES <= len(data) <= LINE_LIMIT or not becomes_columns(body):
        yield body
        return
    header = _WHOLE_LINES if isinstance(body, UrlLines) else b""
    if isinstance(body, CsvLines):
        header = bytes(
            FIELDS.index(name) if name in FIELDS else len(FIELDS) for name in body.columns
        )
    number, start, odd = body.first, 0, 0
    view = memoryview(data)
    while start < len(data):
        rows, length, batch = _columns(view[start:], header)
        if batch is None:
            break
        if rows:
            yield Batch(number, batch)
        number, start = number + rows, start + length
        if start == len(data):
            return
        odd += 1
        if odd > _MOST_ODD:
            break
        end = data.find(b"\n", start) + 1 or len(data)
        yield replace(body, first=number, data=data[start:end])
        number, start = number + 1, end
    if start < len(data):
        yield replace(body, first=number, data=data[start:])


def _columns(data: memoryview, header: bytes) -> tuple[int, int, Any]:
    """How many rows and bytes could be read, and the rows; no batch if they are not UTF-8."""
    import pyarrow as pa

    room = count_lines(data) + 1
    size = len(data)
    url_offsets, caller_offsets = pa.allocate_buffer(4 * room + 4), pa.allocate_buffer(4 * room + 4)
    urls, callers = pa.allocate_buffer(size), pa.allocate_buffer(size)
    has_caller, codes = pa.allocate_buffer(room), pa.allocate_buffer(8 * room)
    flags = [pa.allocate_buffer(room) for _ in _FLAGS]
    buffers = (url_offsets, urls, caller_offsets, callers, has_caller, codes, *flags)
    rows, length, given, is_ascii = scan.scan_lines(data, header, room, buffers)

    def booleans(buffer: Any) -> Any:
        return pa.Array.from_buffers(pa.uint8(), rows, [None, buffer]).cast(pa.bool_())

    columns = {"url": pa.Array.from_buffers(pa.string(), rows, [None, url_offsets, urls])}
    if given & 1 << FIELDS.index("caller"):
        validity = booleans(has_caller).buffers()[1]
        columns["caller"] = pa.Array.from_buffers(
            pa.string(), rows, [validity, caller_offsets, callers]
        )
    if not is_ascii:
        try:
            for column in columns.values():
                column.validate(full=True)
        except pa.ArrowInvalid:
            return 0, 0, None
    if given & 1 << FIELDS.index("response_code"):
        columns["response_code"] = pa.Array.from_buffers(pa.int64(), rows, [None, codes])
    for name, buffer in zip(_FLAGS, flags, strict=True):
        if given & 1 << FIELDS.index(name):
            columns[name] = booleans(buffer)
    return rows, length, pa.RecordBatch.from_pydict(columns)
