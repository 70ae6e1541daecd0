"""A log, its format and its chunks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from io import BufferedReader, RawIOBase
from pathlib import PurePath
from typing import BinaryIO, Final, cast

from ssoroute.model.quoting import cannot
from ssoroute.replay.access_lines import ACCESS_FORMATS
from ssoroute.replay.chunks import (
    CHUNK_BYTES,
    AccessLines,
    Chunk,
    Lines,
    LogError,
    LogFormat,
    Remark,
    UrlLines,
)
from ssoroute.replay.column_names import ColumnNames
from ssoroute.replay.compressed import expanded, name_inside
from ssoroute.replay.csv_rows import read_csv
from ssoroute.replay.data_set import read_data_set
from ssoroute.replay.encodings import as_utf8
from ssoroute.replay.entries import refuse_other_format
from ssoroute.replay.har import read_har
from ssoroute.replay.line_blocks import line_chunks
from ssoroute.replay.mitmproxy_flows import read_flows
from ssoroute.replay.parquet import read_parquet

__all__ = ["Log", "chunks_of", "log_format"]

#: Formats whose members may have other names.
_WITH_COLUMNS: Final = (LogFormat.JSON_LINES, LogFormat.CSV, LogFormat.PARQUET)
_ENDINGS: Final[Mapping[str, LogFormat]] = {
    ".jsonl": LogFormat.JSON_LINES,
    ".ndjson": LogFormat.JSON_LINES,
    ".har": LogFormat.HAR,
    ".csv": LogFormat.CSV,
    ".tsv": LogFormat.CSV,
    ".urls": LogFormat.URLS,
}
_PEEK: Final = 4096
#: Bytes that are looked at of a beginning, which may be as long as the buffer.
_LOOKED_AT: Final = 16 * 1024
_PARQUET: Final = b"PAR1"
_TNETSTRING: Final = re.compile(rb"[0-9]{1,9}:[0-9]{1,9}:")  # a dictionary begins with a key
_HAR: Final = re.compile(rb'\s*\{\s*"log"\s*:\s*\{')
_CSV: Final = re.compile(rb'(?:[^\r\n]*[,;|\t])? *"?url"? *(?:[,;|\t\r\n]|\Z)')
_SQUID: Final = re.compile(rb"\s*[0-9]{9,11}\.[0-9]{3} +-?[0-9]+ \S+ \S+/[0-9]{3} [0-9]+ \S")
_COMBINED: Final = re.compile(rb'\S+ [^\[\n]*\[[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:[^\]\n]{8,20}\] "')
_JSON: Final = re.compile(rb"\s*(?:\{|\Z)")
_URL: Final = re.compile(rb"\s*[A-Za-z][A-Za-z0-9+.-]*:[^\s,]+\s*(?:\n|\Z)")
_REMOTE: Final = (
    "a URL cannot be read, because nothing here uses the network;"
    " download the log and name its file"
)
_BOM: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Log:
    """The name of a log, and a function that opens it as a stream of bytes.

    `format` is needed only if the content and the name do not decide it. `names` says which columns
    are used, if they do not have the names of a request. A `folder` is not opened: it is a data set
    of Parquet files.
    """

    name: str
    open: Callable[[], AbstractContextManager[BinaryIO]]
    format: LogFormat | None = None
    names: ColumnNames | None = None
    folder: bool = False


def log_format(name: str, beginning: bytes) -> LogFormat:
    r"""The format of the log `name` that begins with `beginning`.

    The first bytes of binary formats decide first, then the ending of the name, then the beginning
    of the text. `LogError` if none of them decides.

    >>> log_format("requests.txt", b"url,caller\nhttps://h/,")
    <LogFormat.CSV: 'csv'>
    """
    if beginning.startswith(_PARQUET):
        return LogFormat.PARQUET
    if _TNETSTRING.match(beginning):
        return LogFormat.MITMPROXY
    ending = _ENDINGS.get(PurePath(name).suffix.lower())
    if ending is not None:
        return ending
    text = beginning.removeprefix(_BOM)
    if _HAR.match(text):
        return LogFormat.HAR
    for pattern, found in (
        (_SQUID, LogFormat.SQUID),
        (_COMBINED, LogFormat.COMBINED),
        (_CSV, LogFormat.CSV),
        (_URL, LogFormat.URLS),
        (_JSON, LogFormat.JSON_LINES),
    ):
        if pattern.match(text):
            return found
    raise LogError("the format of the log is not recognised; name it with --format")


def chunks_of(logs: Iterable[Log], size: int = CHUNK_BYTES) -> Iterator[Chunk]:
    """The chunks of `logs`, one after the other; a log that cannot be read yields a remark.

    Lines are cut into chunks of about `size` bytes.
    """
    for log in logs:
        position = 0
        try:
            for chunk in _chunks(log, size):
                yield chunk
                position = chunk.position
        except LogError as error:
            yield Chunk(log.name, position, Remark(str(error), fatal=True))
        except (OSError, ValueError) as error:  # ValueError: a NUL in a path
            remote = isinstance(error, FileNotFoundError) and "://" in log.name
            message = _REMOTE if remote else cannot("read", error)
            yield Chunk(log.name, position, Remark(message, fatal=True))


def _chunks(log: Log, size: int) -> Iterator[Chunk]:
    """The chunks of one log; `LogError` or `OSError` if it cannot be read."""
    if log.folder:
        if log.format not in (None, LogFormat.PARQUET):
            raise LogError("a folder is read as a data set of Parquet files; name the files")
        yield from read_data_set(log.name, log.names)
        return
    with log.open() as raw, expanded(_buffered(raw)) as inside:
        stream = as_utf8(inside)
        beginning = stream.peek(_PEEK)[:_LOOKED_AT]
        found = log.format or _format_of(log, beginning)
        if log.names and found not in _WITH_COLUMNS:
            raise LogError(f"the format `{found}` has no columns; leave out --columns")
        lines = _lines(found, log.names)
        if lines is None:
            yield from _read(log, found, stream, size)
            return
        refuse_other_format(found, lines(1, beginning[: beginning.rfind(b"\n") + 1]))
        yield from line_chunks(log.name, stream, size, lines)


def _format_of(log: Log, beginning: bytes) -> LogFormat:
    try:
        return log_format(name_inside(log.name), beginning)
    except LogError:
        # The column of a CSV has another name than `url`.
        header = beginning.partition(b"\n")[0]
        if log.names and log.names.field("url").encode() in header:
            return LogFormat.CSV
        raise


def _lines(
    found: LogFormat, names: ColumnNames | None
) -> Callable[[int, bytes], Lines | UrlLines | AccessLines] | None:
    """What holds lines of a format each of whose lines is read by itself; None for the others."""
    if found is LogFormat.JSON_LINES:
        return partial(Lines, names=names)
    if found is LogFormat.URLS:
        return UrlLines
    return partial(AccessLines, found) if found in ACCESS_FORMATS else None


def _read(log: Log, found: LogFormat, stream: BufferedReader, size: int) -> Iterator[Chunk]:
    """The chunks of a log that is not read line by line."""
    if found is LogFormat.CSV:
        return read_csv(log.name, stream, size, log.names)
    if found is LogFormat.PARQUET:
        return read_parquet(log.name, stream, log.names)
    if found is LogFormat.HAR:
        return read_har(log.name, stream)
    return read_flows(log.name, stream)


def _buffered(stream: BinaryIO) -> BufferedReader:
    """The stream with the method `peek`."""
    if isinstance(stream, BufferedReader):
        return stream
    return BufferedReader(cast("RawIOBase", stream))  # a stream in memory
