"""Blocks of whole lines: a text is cut without being parsed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

__all__ = ["line_blocks"]


def line_blocks(stream: BinaryIO, size: int, limit: int) -> Iterator[tuple[bytes, int]]:
    """Blocks of about `size` bytes that end with a line, and how many bytes were read so far.

    A line that continues for more than `limit` bytes behind its block is cut, and is still longer
    than `limit`.
    """
    position = 0
    while data := stream.read(size):
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
