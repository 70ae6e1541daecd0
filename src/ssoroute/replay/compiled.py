"""The compiled module `_scan`: it answers lines and columns at once, or makes columns of lines.

It leaves each line and row that the plain readers might read differently. The plain reader and the
router answer those, so that the answers are the same with and without the module.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any, Final, NamedTuple, TypeAlias

from ssoroute.loaders.request_line import LINE_LIMIT
from ssoroute.model.decision import NO_MATCH, Decision, Reason
from ssoroute.replay.chunks import Batch, Body, CsvLines, Lines, RowGroup, UrlLines
from ssoroute.replay.column_names import FIELDS, ROW_BY_ROW
from ssoroute.replay.tally import Kind, Tally
from ssoroute.routing.engine import accelerated
from ssoroute.routing.router import Router, finder_of

__all__ = [
    "BatchAnswers",
    "LeftRow",
    "ReadableLines",
    "answer_lines",
    "answers",
    "becomes_columns",
    "column_pieces",
    "count_lines",
    "keep_memory",
    "quotes_close",
    "scan",
]


def _scan_module() -> ModuleType | None:
    if accelerated:
        try:
            return import_module("ssoroute.replay._scan")
        except ImportError:
            pass
    return None


#: The compiled module; None if it is not installed or `SSOROUTE_PURE` is 1.
scan: Final[Any] = _scan_module()
#: After this many odd lines the plain reader reads the rest of the chunk: columns would not pay.
_MOST_ODD: Final = 64
#: In place of the fields of a row of CSV: a line is a URL.
_WHOLE_LINES: Final = b"\xff"
_FLAGS: Final = FIELDS[3:]
#: The hosts are hashed with it, so that no log is made to collide.
_KEY: Final = os.urandom(64)

#: Lines that `_scan` may read.
ReadableLines: TypeAlias = Lines | UrlLines | CsvLines


class LeftRow(NamedTuple):
    """A line that is left: its place among the lines, its bytes in the text, and if it was read,
    the arguments of `Router.route`.
    """

    row: int
    start: int
    end: int
    arguments: tuple[Any, ...] | None


def _reads(body: ReadableLines) -> bool:
    """Whether `_scan` reads such lines, as far as each of them leaves no doubt."""
    if scan is None or len(body.data) > LINE_LIMIT:
        return False
    if isinstance(body, Lines):
        return body.names is None
    if isinstance(body, CsvLines):
        return body.delimiter == "," and not ROW_BY_ROW.intersection(body.columns)
    return True


def becomes_columns(body: ReadableLines) -> bool:
    """Whether `column_pieces` reads such lines here."""
    return _reads(body) and find_spec("pyarrow") is not None


def answers(body: Body) -> bool:
    """Whether `_scan` answers `body` as a whole, without the interpreter lock."""
    if isinstance(body, ReadableLines):
        return _reads(body)
    return scan is not None and isinstance(body, Batch | RowGroup)


def count_lines(data: bytes | memoryview) -> int:
    """How many ends of lines `data` has."""
    return int(scan.count_lines(data)) if scan is not None else bytes(data).count(b"\n")


def quotes_close(data: bytes) -> bool:
    """Whether each quoted field of these lines of CSV certainly ends on its line."""
    return scan is not None and bool(scan.quotes_close(data))


def keep_memory() -> None:
    """Have this process keep large buffers for the next ones; for one that reads large logs."""
    if scan is not None:
        scan.keep_memory()


def answer_lines(
    router: Router, body: ReadableLines, caller: str | None
) -> tuple[Tally, list[LeftRow]] | None:
    """The answers to lines, counted, and the lines that are left; None if `_scan` reads none.

    `caller` is the caller for lines that have none.
    """
    finder = finder_of(router) if _reads(body) else None
    if finder is None or not (caller is None or caller.isascii()):
        return None
    by_default = None if caller is None else caller.encode()
    found = scan.answer_lines(finder, body.data, _header(body), by_default, _KEY)
    if found is None:
        return None
    counted, left = found
    tally = Tally()
    _count(tally, *counted)
    return tally, [LeftRow._make(row) for row in left]


class BatchAnswers:
    """Answers to batches of columns by one router, counted together; for one thread."""

    def __init__(self, finder: Any) -> None:
        self._answers: Any = scan.begin_answers(finder, _KEY)

    @classmethod
    def begin(cls, router: Router) -> BatchAnswers | None:
        """Answers to no batch; None if `_scan` answers none for this router."""
        finder = finder_of(router) if scan is not None else None
        return cls(finder) if finder else None

    def answer(self, rows: int, columns: tuple[Any, ...], numbers: Any) -> int | None:
        """Answer and count the rows of a batch; returns how many are left.

        `columns` are those of the URL, the caller, the response code and the locked screen, each
        of them a tuple as `routing.batch` makes it, or None. `numbers` is a buffer of 32-bit
        integers that gets the number of each row, -1 for those that are left. None if `_scan`
        cannot count them: then this object is of no more use.
        """
        left: int | None = scan.answer_columns(self._answers, rows, *columns, numbers)
        return left

    def count(self, tally: Tally) -> list[Decision]:
        """Count all answers in `tally`; returns the decisions by number."""
        counted, hosts = scan.counted_answers(self._answers)
        _count(tally, counted, hosts)
        return [row[0] or NO_MATCH for row in counted]


def _count(
    tally: Tally, counted: list[tuple[Decision | None, str | None, int]], hosts: list[Any]
) -> None:
    """Count answers by number (0: no match), with the hosts: loads, challenges, then by number."""
    loads, challenges, *of_lookalikes = hosts
    tally.unmatched_loads.update(loads)
    tally.unmatched_challenges.update(challenges)
    for (decision, caller, count), its_hosts in zip(counted, of_lookalikes, strict=True):
        if not count:
            continue
        kind = Kind.of(decision or NO_MATCH)
        tally.kinds[kind] += count
        if caller is not None and kind.reason == Reason.CALLER_DENIED.value:
            tally.denied[caller, kind.extension or ""] += count
        for host, times in its_hosts.items():
            tally.lookalikes[kind.rule or "", kind.extension or "", host] += times


def _header(body: ReadableLines) -> bytes:
    """Which field of a request each field of a line is, as `_scan` wants it."""
    if isinstance(body, CsvLines):
        return bytes(FIELDS.index(name) if name in FIELDS else len(FIELDS) for name in body.columns)
    return _WHOLE_LINES if isinstance(body, UrlLines) else b""


def column_pieces(body: ReadableLines) -> Iterator[Batch | ReadableLines]:
    """`body` in pieces: batches of columns, and the lines for the plain reader (extra `arrow`)."""
    data, header = body.data, _header(body)
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
