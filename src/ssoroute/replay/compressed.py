"""Compressed logs: gzip and zlib by the standard library, Zstandard by pyarrow (extra `arrow`)."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader, RawIOBase
from typing import Any, BinaryIO, Final, cast

from ssoroute.replay.chunks import LogError

__all__ = ["expanded", "name_inside"]

_GZIP: Final = b"\x1f\x8b\x08"
_ZSTANDARD: Final = b"\x28\xb5\x2f\xfd"
#: How a zlib stream begins, by level. `x^` (levels 2 to 5) is left out: a text may begin like this.
_ZLIB: Final = (b"\x78\x01", b"\x78\x9c", b"\x78\xda")
_ENDINGS: Final = {".gz": "", ".zst": "", ".zhar": ".har"}
_BUFFER: Final = 1024 * 1024


def name_inside(name: str) -> str:
    """The name of a log without the ending that says how it is compressed.

    >>> name_inside("proxy.jsonl.gz")
    'proxy.jsonl'
    >>> name_inside("proxy.zhar")
    'proxy.har'
    """
    for ending, inside in _ENDINGS.items():
        if name.lower().endswith(ending):
            return name[: -len(ending)] + inside
    return name


@contextmanager
def expanded(stream: BufferedReader) -> Iterator[BufferedReader]:
    """The text of `stream`, expanded if its first bytes say that it is compressed.

    The text is expanded piece by piece. `LogError` if it cannot be expanded to its end.
    """
    beginning = stream.peek(4)
    try:
        if beginning.startswith(_GZIP):
            with gzip.GzipFile(fileobj=stream) as file:
                yield BufferedReader(cast("Any", file), _BUFFER)
        elif beginning.startswith(_ZLIB):
            yield BufferedReader(_Zlib(stream), _BUFFER)
        elif beginning.startswith(_ZSTANDARD):
            with _zstandard(stream) as file:
                yield BufferedReader(cast("Any", file), _BUFFER)
        else:
            yield stream
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise LogError("the compressed log is damaged") from None


class _Zlib(RawIOBase):
    """The text of a zlib stream; `EOFError` if it ends early, `zlib.error` if it is damaged."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._expand = zlib.decompressobj()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        while not self._expand.eof:
            data = self._expand.unconsumed_tail or self._stream.read(64 * 1024)
            # No more text than the buffer holds, however far the data would expand.
            text = self._expand.decompress(data, len(buffer))
            if text:
                buffer[: len(text)] = text
                return len(text)
            if not data:
                raise EOFError
        if self._expand.unused_data or self._stream.read(1):
            raise EOFError  # something follows the stream
        return 0


def _zstandard(stream: BinaryIO) -> Any:
    try:
        import pyarrow as pa
    except ImportError:
        raise LogError(
            "a log in Zstandard needs pyarrow, which is not installed here"
            " (`pip install 'ssoroute[arrow]'`)"
        ) from None
    return pa.CompressedInputStream(pa.PythonFile(stream, mode="r"), "zstd")
