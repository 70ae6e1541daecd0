"""JSON, one object a line: requests in, decisions and errors out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from ssoroute.loaders.request_line import LINE_LIMIT, TOO_LONG, parse_request
from ssoroute.model.request import Request, RequestError

__all__ = ["dumps", "error_line", "read_requests"]


def dumps(value: Mapping[str, object], *, indent: int | None = None) -> str:
    r"""`value` as JSON in ASCII, which every encoding can write.

    >>> dumps({"url": "\ud800"})
    '{"url": "\\ud800"}'
    """
    return json.dumps(value, indent=indent)


def error_line(number: int, field: str | None, message: str) -> dict[str, object]:
    """The answer to line (or URL) `number`, which has none (docs/command-line.md, "JSON")."""
    return {"schema": 1, "error": {"line": number, "field": field, "message": message}}


def read_requests(stream: BinaryIO) -> Iterator[tuple[int, Request | RequestError]]:
    """Each line of `stream` as soon as it has come: its number from 1, and its request or error.

    Holds one line at a time. `OSError` where the stream cannot be read.
    """
    number = 0
    while data := stream.readline(LINE_LIMIT + 1):
        number += 1
        yield number, _request(stream, data, first=number == 1)


def _request(stream: BinaryIO, data: bytes, *, first: bool) -> Request | RequestError:
    if len(data) > LINE_LIMIT and not data.endswith(b"\n"):
        while data and not data.endswith(b"\n"):  # the rest of the line
            data = stream.readline(LINE_LIMIT)
        return RequestError(TOO_LONG)
    try:
        return parse_request(data.rstrip(b"\n"), first=first)
    except RequestError as error:
        return error
