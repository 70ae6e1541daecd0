"""Compressed logs: gzip by the standard library, Zstandard by pyarrow (extra `arrow`)."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from typing import Any, BinaryIO, Final, cast

from ssoroute.replay.chunks import LogError

__all__ = ["expanded", "name_inside"]

_GZIP: Final = b"\x1f\x8b\x08"
_ZSTANDARD: Final = b"\x28\xb5\x2f\xfd"
_ENDINGS: Final = (".gz", ".zst")


def name_inside(name: str) -> str:
    """The name of a log without the ending that says how it is compressed.

    >>> name_inside("proxy.jsonl.gz")
    'proxy.jsonl'
    """
    return name[: name.rindex(".")] if name.lower().endswith(_ENDINGS) else name


@contextmanager
def expanded(stream: BufferedReader) -> Iterator[BufferedReader]:
    """The text of `stream` if it is compressed, else `stream`; its beginning decides.

    `LogError` if the text cannot be expanded to its end.
    """
    beginning = stream.peek(4)
    try:
        if beginning.startswith(_GZIP):
            with gzip.GzipFile(fileobj=stream) as file:
                yield BufferedReader(cast("Any", file), 1024 * 1024)
        elif beginning.startswith(_ZSTANDARD):
            with _zstandard(stream) as file:
                yield BufferedReader(cast("Any", file), 1024 * 1024)
        else:
            yield stream
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise LogError("the compressed log is damaged") from None


def _zstandard(stream: BinaryIO) -> Any:
    try:
        import pyarrow as pa
    except ImportError:
        raise LogError(
            "a log in Zstandard needs pyarrow, which is not installed here"
            " (`pip install 'ssoroute[arrow]'`)"
        ) from None
    return pa.CompressedInputStream(pa.PythonFile(stream, mode="r"), "zstd")
