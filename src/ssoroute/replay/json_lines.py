"""JSON Lines: one request a line, as `ssoroute route --jsonl` reads them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from ssoroute.loaders.request_line import LINE_LIMIT, parse_request
from ssoroute.model.request import Request, RequestError
from ssoroute.replay.chunks import CHUNK_BYTES, Chunk, Lines

__all__ = ["read_json_lines", "requests_of_lines"]


def read_json_lines(name: str, stream: BinaryIO) -> Iterator[Chunk]:
    """The lines of `stream`, some at a time; one that is too long is cut, and still too long."""
    number, position = 1, 0
    while data := stream.read(CHUNK_BYTES):
        position += len(data)
        if not data.endswith(b"\n"):
            rest = stream.readline(LINE_LIMIT + 1)
            position += len(rest)
            data += rest
            if len(rest) > LINE_LIMIT and not rest.endswith(b"\n"):
                data += b"\n"
                while rest and not rest.endswith(b"\n"):  # nobody will read it
                    rest = stream.readline(LINE_LIMIT)
                    position += len(rest)
        yield Chunk(name, position, Lines(number, data))
        number += data.count(b"\n")


def requests_of_lines(lines: Lines) -> Iterator[tuple[int, Request | RequestError]]:
    """The number and the request, or error, of each line."""
    texts = lines.data.split(b"\n")
    if not texts[-1]:
        texts.pop()
    for number, data in enumerate(texts, lines.first):
        try:
            yield number, parse_request(data, first=number == 1)
        except RequestError as error:
            yield number, error
