"""JSON Lines: one request on each line, as `ssoroute route --jsonl` reads them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from ssoroute.loaders.request_line import LINE_LIMIT, parse_client_request, parse_object
from ssoroute.model.request import RequestError
from ssoroute.replay.chunks import CHUNK_BYTES, Chunk, Lines
from ssoroute.replay.column_names import ColumnNames
from ssoroute.replay.compiled import count_lines
from ssoroute.replay.line_blocks import line_blocks
from ssoroute.replay.rows import INTEGER, ByClient, Entry, entry_of

__all__ = ["read_json_lines", "requests_of_json"]


def read_json_lines(
    name: str, stream: BinaryIO, size: int = CHUNK_BYTES, names: ColumnNames | None = None
) -> Iterator[Chunk]:
    """The lines of `stream`, in chunks of about `size` bytes."""
    number = 1
    for data, position in line_blocks(stream, size, LINE_LIMIT):
        yield Chunk(name, position, Lines(number, data, names))
        number += count_lines(data)


def requests_of_json(lines: Lines) -> Iterator[Entry]:
    """The number and the request, or error, of each line."""
    texts = lines.data.split(b"\n")
    if not texts[-1]:
        texts.pop()
    for number, data in enumerate(texts, lines.first):
        try:
            yield _entry(number, data, lines.names)
        except RequestError as error:
            yield Entry(number, error)


def _entry(number: int, data: bytes, names: ColumnNames | None) -> Entry:
    if names is None:
        request, by = parse_client_request(data, first=number == 1)
        return Entry(number, request if by is None else ByClient(request, by))
    value = parse_object(data, first=number == 1)
    members = names.picked(value)
    code = members.get("response_code")
    if isinstance(code, str) and INTEGER.fullmatch(code):
        members["response_code"] = int(code)
    return entry_of(number, members)
