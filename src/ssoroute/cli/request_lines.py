"""JSON, one object a line: requests in, decisions and errors out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import BinaryIO, Protocol, TypeVar

from ssoroute.cli.files import opened, unreadable
from ssoroute.loaders.request_line import LINE_LIMIT, TOO_LONG, parse_client_request, parse_request
from ssoroute.model.asked_by import AskedBy
from ssoroute.model.quoting import quote
from ssoroute.model.request import Request, RequestError
from ssoroute.model.spelling import Spelling, SpellingError
from ssoroute.model.urls import without_password

__all__ = ["dumps", "error_line", "read_client_requests", "read_requests", "spelled"]

_Parsed_co = TypeVar("_Parsed_co", covariant=True)


def dumps(value: Mapping[str, object], *, indent: int | None = None) -> str:
    r"""`value` as JSON in ASCII, which every encoding can write.

    >>> dumps({"url": "\ud800"})
    '{"url": "\\ud800"}'
    """
    return json.dumps(value, indent=indent)


def error_line(number: int, error: RequestError) -> dict[str, object]:
    """The answer to an invalid line (or URL) `number` (docs/command-line.md, "JSON")."""
    members = {"line": number, "field": error.field, "message": error.message}
    return {"schema": 1, "error": members}


def spelled(request: Request, spelling: Spelling) -> Request | RequestError:
    """`request` with its URL in `spelling`, or the error if its URL has no such spelling.

    >>> spelled(Request("https://EXAMPLE.com"), Spelling.BROWSER).url
    'https://example.com/'
    """
    try:
        return replace(request, url=spelling.of(request.url))
    except SpellingError as error:
        return RequestError(f"{quote(without_password(request.url))} {error.message}", "url")


def read_requests(path: str) -> Iterator[tuple[int, Request | RequestError]]:
    """Each line of the file at `path` as soon as it is read: its number, its request or its error.

    Lines are numbered from 1. Only one line is held at a time. `InputError` if the file cannot be
    read.
    """
    return _read(path, parse_request)


def read_client_requests(
    path: str,
) -> Iterator[tuple[int, tuple[Request, AskedBy | None] | RequestError]]:
    """As `read_requests`, and with each request the client that makes it if the line names one."""
    return _read(path, parse_client_request)


class _Parse(Protocol[_Parsed_co]):
    def __call__(self, data: bytes, *, first: bool) -> _Parsed_co: ...


def _read(path: str, parse: _Parse[_Parsed_co]) -> Iterator[tuple[int, _Parsed_co | RequestError]]:
    with opened(path) as stream:
        try:
            yield from _lines(stream, parse)
        except OSError as error:
            raise unreadable(path, error) from None


def _lines(
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
