"""JSON Lines: one request on each line, as `ssoroute route --jsonl` reads them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from ssoroute.loaders.request_line import LINE_LIMIT, parse_client_request
from ssoroute.model.request import RequestError
from ssoroute.replay.chunks import CHUNK_BYTES, Chunk, Lines
from ssoroute.replay.fast_lines import count_lines
from ssoroute.replay.line_blocks import line_blocks
from ssoroute.replay.rows import ByClient, Entry

__all__ = ["read_json_lines", "requests_of_json"]


def read_json_lines(name: str, stream: BinaryIO, size: int = CHUNK_BYTES) -> Iterator[Chunk]:
    """The lines of `stream`, in chunks of about `size` bytes."""
    number = 1
    for data, position in line_blocks(stream, size, LINE_LIMIT):
        yield Chunk(name, position, Lines(number, data))
        number += count_lines(data)


def requests_of_json(lines: Lines) -> Iterator[Entry]:
    """The number and the request, or error, of each line."""
    texts = lines.data.split(b"\n")
    if not texts[-1]:
        texts.pop()
    for number, data in enumerate(texts, lines.first):
        try:
            request, by = parse_client_request(data, first=number == 1)
            yield Entry(number, request if by is None else ByClient(request, by))
        except RequestError as error:
            yield Entry(number, error)
