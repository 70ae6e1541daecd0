"""One URL on each line, as a shell pipeline makes them; white space around it is ignored."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from ssoroute.loaders.request_line import LINE_LIMIT, TOO_LONG
from ssoroute.model.request import Request, RequestError
from ssoroute.replay.chunks import CHUNK_BYTES, Chunk, UrlLines
from ssoroute.replay.compiled import count_lines
from ssoroute.replay.line_blocks import line_blocks
from ssoroute.replay.rows import Entry

__all__ = ["read_urls", "requests_of_urls"]


def read_urls(name: str, stream: BinaryIO, size: int = CHUNK_BYTES) -> Iterator[Chunk]:
    """The lines of `stream`, in chunks of about `size` bytes."""
    number = 1
    for data, position in line_blocks(stream, size, LINE_LIMIT):
        yield Chunk(name, position, UrlLines(number, data))
        number += count_lines(data)


def requests_of_urls(lines: UrlLines) -> Iterator[Entry]:
    """The number and the request, or error, of each line."""
    texts = lines.data.split(b"\n")
    if not texts[-1]:
        texts.pop()
    for number, data in enumerate(texts, lines.first):
        try:
            yield Entry(number, _request(data, first=number == 1))
        except RequestError as error:
            yield Entry(number, error)


def _request(data: bytes, *, first: bool) -> Request:
    if len(data) > LINE_LIMIT:
        raise RequestError(TOO_LONG)
    try:
        url = data.decode("utf-8-sig" if first else "utf-8").strip()
    except UnicodeDecodeError as error:
        raise RequestError(f"the line is not UTF-8 (byte {error.start + 1})") from None
    if not url:
        raise RequestError("the line is blank")
    return Request(url)
