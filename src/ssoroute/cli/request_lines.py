"""JSON, one object a line: requests in, decisions and errors out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import BinaryIO, Protocol, TypeVar

from ssoroute.loaders.request_line import LINE_LIMIT, TOO_LONG, parse_client_request, parse_request
from ssoroute.model.asked_by import AskedBy
from ssoroute.model.request import Request, RequestError

__all__ = ["dumps", "error_line", "read_client_requests", "read_requests"]

_Parsed_co = TypeVar("_Parsed_co", covariant=True)


def dumps(value: Mapping[str, object], *, indent: int | None = None) -> str:
    r"""`value` as JSON in ASCII, which every encoding can write.

    >>> dumps({"url": "\ud800"})
    '{"url": "\\ud800"}'
    """
    return json.dumps(value, indent=indent)


def error_line(number: int, field: str | None, message: str) -> dict[str, object]:
    """The answer to line (or URL) `number`, which has none (docs/command-line.md, "JSON")."""
    return {"schema": 1, "error": {"line": number, "field": field, "message": message}}


def read_requests(
    stream: BinaryIO,
) -> Iterator[tuple[int, Request | RequestError]]:
    """Each line of `stream` as soon as it has come: its number from 1, and its request or error.

    Holds one line at a time. `OSError` where the stream cannot be read.
    """
    return _read(stream, parse_request)


def read_client_requests(
    stream: BinaryIO,
) -> Iterator[tuple[int, tuple[Request, AskedBy | None] | RequestError]]:
    """As `read_requests`, and with each request the client that makes it if the line names one."""
    return _read(stream, parse_client_request)


class _Parse(Protocol[_Parsed_co]):
    def __call__(self, data: bytes, *, first: bool) -> _Parsed_co: ...


def _read(
    stream: BinaryIO, parse: _Parse[_Parsed_co]
) -> Iterator[tuple[int, _Parsed_co | RequestError]]:
    number = 0
    while data := stream.readline(LINE_LIMIT + 1):
        number += 1
        yield number, _request(stream, data, parse, first=number == 1)


def _request(
    stream: BinaryIO, data: bytes, parse: _Parse[_Parsed_co], *, first: bool
) -> _Parsed_co | RequestError:
    if len(data) > LINE_LIMIT and not data.endswith(b"\n"):
        while data and not data.endswith(b"\n"):  # the rest of the line
            data = stream.readline(LINE_LIMIT)
        return RequestError(TOO_LONG)
    try:
        return parse(data.rstrip(b"\n"), first=first)
    except RequestError as error:
        return error
