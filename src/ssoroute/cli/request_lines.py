"""JSON, one object a line: requests in, decisions and errors out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import BinaryIO, NamedTuple, Protocol, TypeAlias, TypeVar

from ssoroute.cli.files import opened, unreadable
from ssoroute.loaders.request_line import LINE_LIMIT, TOO_LONG, parse_request, parse_value
from ssoroute.model.asked_by import AskedBy, split_client
from ssoroute.model.kinds import JSON, must_be
from ssoroute.model.quoting import quote
from ssoroute.model.request import Request, RequestError
from ssoroute.model.spelling import Spelling, SpellingError
from ssoroute.model.urls import without_password

__all__ = [
    "ClientLine",
    "LineId",
    "dumps",
    "error_line",
    "read_client_requests",
    "read_requests",
    "read_values",
    "spelled",
    "split_id",
    "with_id",
]

#: By what a program knows the answer to its line.
LineId: TypeAlias = str | int

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


class ClientLine(NamedTuple):
    """One line: its number, its `id` if it has one, and its request with its client, or its error.

    The client is None if the line does not name the client that makes the request.
    """

    number: int
    id: LineId | None
    said: tuple[Request, AskedBy | None] | RequestError


def read_client_requests(path: str) -> Iterator[ClientLine]:
    """As `read_requests`, with what else a line may say: its `id`, and who makes the request."""
    for number, value in read_values(path):
        id_ = None
        try:
            if isinstance(value, RequestError):
                raise value
            rest, id_ = split_id(value)
            rest, by = split_client(rest)
            yield ClientLine(number, id_, (Request.from_json(rest), by))
        except RequestError as error:
            yield ClientLine(number, id_, error)


def read_values(path: str) -> Iterator[tuple[int, object]]:
    """Each line of the file at `path` as JSON, or its `RequestError`, as `read_requests` reads."""
    return _read(path, parse_value)


def split_id(value: object) -> tuple[object, LineId | None]:
    """The JSON object `value` without `id`, and the `id`; null means absent.

    `RequestError` if it is neither a string nor an integer.

    >>> split_id({"url": "https://h/", "id": 7})
    ({'url': 'https://h/'}, 7)
    """
    if not isinstance(value, Mapping):
        return value, None
    id_ = value.get("id")
    if id_ is not None and (not isinstance(id_, str | int) or isinstance(id_, bool)):
        raise RequestError(f"`id` {must_be('a string or an integer', id_, JSON)}", "id")
    return {name: member for name, member in value.items() if name != "id"}, id_


def with_id(answer: Mapping[str, object], id_: LineId | None) -> dict[str, object]:
    """`answer` with the `id` of its line after its first member, if the line has one."""
    return dict(answer) if id_ is None else {"schema": 1, "id": id_, **answer}


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
