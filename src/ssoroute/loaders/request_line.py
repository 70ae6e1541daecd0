"""One line of JSON Lines as a request: what `ssoroute route --jsonl` and every log reader take."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Final, NoReturn

from ssoroute.loaders.values import BEYOND_64_BITS, parse_integer
from ssoroute.model.asked_by import AskedBy, split_client
from ssoroute.model.kinds import JSON, must_be
from ssoroute.model.quoting import quote
from ssoroute.model.request import Request, RequestError

__all__ = [
    "LINE_LIMIT",
    "TOO_LONG",
    "parse_client_request",
    "parse_object",
    "parse_request",
    "parse_value",
]

#: A longer line is not a request; it would have to be held in memory.
LINE_LIMIT: Final = 16 * 1024 * 1024
#: What is said of a longer one.
TOO_LONG: Final = f"the line is longer than {LINE_LIMIT} bytes"


def parse_request(data: bytes, *, first: bool = False) -> Request:
    """The request that one line says; `RequestError` says what is wrong with it.

    A byte order mark may precede the `first` line of a log.

    >>> parse_request(b'{"url": "https://h/"}').url
    'https://h/'
    """
    return Request.from_json(parse_value(data, first=first))


def parse_client_request(data: bytes, *, first: bool = False) -> tuple[Request, AskedBy | None]:
    """The request that one line says, and the client that makes it if the line names one.

    Errors are those of `parse_request`.

    >>> parse_client_request(b'{"url": "https://h/", "client": "safari"}')[1].client
    'safari'
    """
    value, by = split_client(parse_value(data, first=first))
    return Request.from_json(value), by


def parse_object(data: bytes, *, first: bool = False) -> Mapping[str, object]:
    """The JSON object that one line is, whatever its members; errors are those of `parse_request`.

    >>> parse_object(b'{"uri": "https://h/"}')
    {'uri': 'https://h/'}
    """
    value = parse_value(data, first=first)
    if not isinstance(value, dict):
        raise RequestError(f"the line {must_be('a JSON object', value, JSON)}")
    return value


def parse_value(data: bytes, *, first: bool = False) -> object:
    """What one line holds as JSON; errors are those of `parse_request`.

    >>> parse_value(b'{"op": "lock"}')
    {'op': 'lock'}
    """
    if len(data) > LINE_LIMIT:
        raise RequestError(TOO_LONG)
    try:
        text = data.decode("utf-8-sig" if first else "utf-8")
    except UnicodeDecodeError as error:
        raise RequestError(f"the line is not UTF-8 (byte {error.start + 1})") from None
    if not text.strip():
        raise RequestError("the line is blank")
    repeated: list[str] = []

    def dictionary(pairs: list[tuple[str, object]]) -> dict[str, object]:
        # The outermost object is made last, so that at the end `repeated` speaks of it.
        found = dict(pairs)
        repeated[:] = () if len(found) == len(pairs) else _twice(pairs)
        return found

    try:
        value: object = json.loads(
            text.rstrip(),
            object_pairs_hook=dictionary,
            parse_constant=_constant,
            parse_int=_integer,
        )
    except json.JSONDecodeError as error:
        said = error.msg[:1].lower() + error.msg[1:]
        where = f"column {error.pos + 1}"
        raise RequestError(f"not JSON: {said.removesuffix(' at')} at {where}") from None
    except RecursionError:
        raise RequestError("values are nested too deep") from None
    if isinstance(value, dict) and repeated:
        raise RequestError(f"the member {quote(repeated[0])} is written twice", repeated[0])
    return value


def _twice(pairs: list[tuple[str, object]]) -> list[str]:
    return [name for name, count in Counter(name for name, _ in pairs).items() if count > 1]


def _integer(text: str) -> int:
    number = parse_integer(text)
    if number is None:
        raise RequestError(BEYOND_64_BITS)
    return number


def _constant(name: str) -> NoReturn:
    raise RequestError(f"not JSON: `{name}` is not a number")
