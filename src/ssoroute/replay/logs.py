"""A log, its format and its chunks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from functools import partial
from io import BufferedReader, RawIOBase
from pathlib import PurePath
from typing import BinaryIO, Final, cast

from ssoroute.model.quoting import cannot
from ssoroute.replay.access_lines import ACCESS_FORMATS, read_access
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
from ssoroute.replay.compressed import expanded, name_inside
from ssoroute.replay.csv_rows import read_csv
from ssoroute.replay.entries import refuse_other_format
from ssoroute.replay.har import read_har
from ssoroute.replay.json_lines import read_json_lines
from ssoroute.replay.mitmproxy_flows import read_flows
from ssoroute.replay.parquet import read_parquet
from ssoroute.replay.url_lines import read_urls

__all__ = ["Log", "chunks_of", "log_format"]

_LINE_READERS: Final[Mapping[LogFormat, Callable[[str, BinaryIO, int], Iterator[Chunk]]]] = {
    LogFormat.JSON_LINES: read_json_lines,
    LogFormat.CSV: read_csv,
    LogFormat.URLS: read_urls,
    LogFormat.SQUID: partial(read_access, form=LogFormat.SQUID),
    LogFormat.COMBINED: partial(read_access, form=LogFormat.COMBINED),
}
_READERS: Final[Mapping[LogFormat, Callable[[str, BinaryIO], Iterator[Chunk]]]] = {
    LogFormat.PARQUET: read_parquet,
    LogFormat.HAR: read_har,
    LogFormat.MITMPROXY: read_flows,
}
_ENDINGS: Final[Mapping[str, LogFormat]] = {
    ".jsonl": LogFormat.JSON_LINES,
    ".ndjson": LogFormat.JSON_LINES,
    ".har": LogFormat.HAR,
    ".csv": LogFormat.CSV,
    ".urls": LogFormat.URLS,
}
_PEEK: Final = 4096
_PARQUET: Final = b"PAR1"
_TNETSTRING: Final = re.compile(rb"[0-9]{1,9}:[0-9]{1,9}:")  # a dictionary begins with a key
_HAR: Final = re.compile(rb'\s*\{\s*"log"\s*:\s*\{')
_CSV: Final = re.compile(rb'(?:[^\r\n]*,)? *"?url"? *(?:[,\r\n]|\Z)')
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

    `format` is needed only if the content and the name do not decide it.
    """

    name: str
    open: Callable[[], AbstractContextManager[BinaryIO]]
    format: LogFormat | None = None


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
            with ExitStack() as stack:
                raw = stack.enter_context(log.open())
                buffered = stack.enter_context(expanded(_buffered(raw)))
                found = log.format or log_format(name_inside(log.name), buffered.peek(_PEEK))
                _check_beginning(found, buffered.peek(_PEEK))
                if found in _LINE_READERS:
                    chunks = _LINE_READERS[found](log.name, buffered, size)
                else:
                    chunks = _READERS[found](log.name, buffered)
                for chunk in chunks:
                    yield chunk
                    position = chunk.position
        except LogError as error:
            yield Chunk(log.name, position, Remark(str(error), fatal=True))
        except (OSError, ValueError) as error:  # ValueError: a NUL in a path
            if isinstance(error, FileNotFoundError) and "://" in log.name:
                yield Chunk(log.name, position, Remark(_REMOTE, fatal=True))
                continue
            yield Chunk(log.name, position, Remark(cannot("read", error), fatal=True))


def _check_beginning(found: LogFormat, beginning: bytes) -> None:
    """`LogError` if the whole lines at the beginning of a log are of another format."""
    lines = beginning[: beginning.rfind(b"\n") + 1]
    if found is LogFormat.JSON_LINES:
        refuse_other_format(found, Lines(1, lines))
    elif found is LogFormat.URLS:
        refuse_other_format(found, UrlLines(1, lines))
    elif found in ACCESS_FORMATS:
        refuse_other_format(found, AccessLines(found, 1, lines))


def _buffered(stream: BinaryIO) -> BufferedReader:
    """The stream with the method `peek`."""
    if isinstance(stream, BufferedReader):
        return stream
    return BufferedReader(cast("RawIOBase", stream))  # a stream in memory
