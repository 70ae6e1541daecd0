"""Blocks of whole lines: a text is cut without being parsed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import FileIO
from typing import BinaryIO

from ssoroute.loaders.request_line import LINE_LIMIT
from ssoroute.replay.chunks import Body, Chunk
from ssoroute.replay.compiled import count_lines

__all__ = ["line_blocks", "line_chunks", "numbered_lines"]


def line_blocks(stream: BinaryIO, size: int, limit: int) -> Iterator[tuple[bytes, int]]:
    """Blocks of about `size` bytes that end with a line, and how many bytes were read so far.

    A line that continues for more than `limit` bytes after its block is cut; what remains is still
    longer than `limit`.
    """
    position = 0
    while data := _read(stream, size, limit):
        position += len(data)
        if not data.endswith(b"\n"):
            rest = stream.readline(limit + 1)
            position += len(rest)
            data += rest
            if len(rest) > limit and not rest.endswith(b"\n"):
                data += b"\n"
                while rest and not rest.endswith(b"\n"):
                    rest = stream.readline(limit)
                    position += len(rest)
        yield data, position


def _read(stream: BinaryIO, size: int, limit: int) -> bytes:
    """About `size` bytes, to the end of a line if the stream is a file.

    Then nothing has to be put after them, which would copy them all. What expands a log can seek
    too, and begins anew to go back; so only a file is asked.
    """
    if not (isinstance(getattr(stream, "raw", None), FileIO) and stream.seekable()):
        return stream.read(size)
    start = stream.tell()
    stream.seek(start + size - 1)
    rest = stream.readline(limit)
    stream.seek(start)
    return stream.read(size - 1 + len(rest) if rest.endswith(b"\n") else size)


def line_chunks(
    name: str, stream: BinaryIO, size: int, body: Callable[[int, bytes], Body]
) -> Iterator[Chunk]:
    """The lines of the log `name`, in chunks of about `size` bytes.

    `body` makes a chunk's body of the number of its first line and of its lines.
    """
    number = 1
    for data, position in line_blocks(stream, size, LINE_LIMIT):
        yield Chunk(name, position, body(number, data))
        number += count_lines(data)


def numbered_lines(first: int, data: bytes) -> Iterator[tuple[int, bytes]]:
    """The lines of `data` without their ends, with their numbers from `first` on."""
    lines = data.split(b"\n")
    if not lines[-1]:
        lines.pop()
    return enumerate(lines, first)
