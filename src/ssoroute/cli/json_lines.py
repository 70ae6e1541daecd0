"""JSON, one object a line: requests in, decisions and errors out."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import BinaryIO, Final, NoReturn

from ssoroute.errors import RequestError, quote
from ssoroute.request import Request

__all__ = ["LINE_LIMIT", "dumps", "error_line", "read_requests"]

#: A longer line is no request: nobody writes one, and it would have to be held in memory.
LINE_LIMIT: Final = 16 * 1024 * 1024


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
        return RequestError(f"the line is longer than {LINE_LIMIT} bytes")
    try:
        return Request.from_json(_parse(data, first=first))
    except RequestError as error:
        return error


def _parse(data: bytes, *, first: bool) -> object:
    try:
        text = data.decode("utf-8-sig" if first else "utf-8")
    except UnicodeDecodeError as error:
        raise RequestError(f"the line is not UTF-8 (byte {error.start + 1})") from None
    if not text.strip():
        raise RequestError("the line is blank")
    repeated: list[str] = []

    def dictionary(pairs: list[tuple[str, object]]) -> dict[str, object]:
        # The outermost object is made last, so that at the end `repeated` speaks of it.
        repeated[:] = [name for name, count in Counter(n for n, _ in pairs).items() if count > 1]
        return dict(pairs)

    try:
        value: object = json.loads(
            text.rstrip(), object_pairs_hook=dictionary, parse_constant=_constant
        )
    except json.JSONDecodeError as error:
        said = error.msg[:1].lower() + error.msg[1:]
        where = f"column {error.pos + 1}"
        raise RequestError(f"not JSON: {said.removesuffix(' at')} at {where}") from None
    except RecursionError:
        raise RequestError("values are nested too deep") from None
    except RequestError:  # a ValueError, too
        raise
    except ValueError:
        # Python refuses to turn thousands of digits into an integer.
        raise RequestError("an integer has too many digits") from None
    if isinstance(value, dict) and repeated:
        raise RequestError(f"the member {quote(repeated[0])} is written twice", repeated[0])
    return value


def _constant(name: str) -> NoReturn:
    raise RequestError(f"not JSON: `{name}` is no number")
