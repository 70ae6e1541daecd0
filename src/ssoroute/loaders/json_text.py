"""JSON texts: UTF-8 or UTF-16, with or without a byte order mark."""

from __future__ import annotations

import json
from typing import NoReturn

from ssoroute.loaders.findings import Code, Unreadable
from ssoroute.loaders.position import Lines
from ssoroute.loaders.text import decode
from ssoroute.loaders.values import BEYOND_64_BITS, parse_integer, too_deep
from ssoroute.model.members import Dictionary
from ssoroute.model.quoting import quote

__all__ = ["read_json"]


def read_json(data: bytes) -> object:
    """The value that the JSON text `data` holds: lists, `Dictionary`s and scalars.

    Raises `Unreadable` if it is not JSON; `NaN` and `Infinity` are not.

    >>> read_json(b'{"a": [1, null]}')
    {'a': [1, None]}
    """
    text = decode(data)
    try:
        value: object = json.loads(
            text,
            object_pairs_hook=_dictionary,
            parse_constant=_constant,
            parse_int=_integer,
        )
    except json.JSONDecodeError as error:
        at = Lines(text).position(error.pos)
        message = f"not JSON: {_sentence(error.msg)} at {at}"
        raise Unreadable(Code.BAD_JSON, message, position=at) from None
    except RecursionError:
        raise too_deep() from None
    return value


def _dictionary(pairs: list[tuple[str, object]]) -> Dictionary:
    dictionary = Dictionary()
    for key, value in pairs:
        dictionary[key] = value
    return dictionary


def _integer(text: str) -> int:
    number = parse_integer(text)
    if number is None:
        raise Unreadable(Code.BAD_JSON, BEYOND_64_BITS)
    return number


def _constant(name: str) -> NoReturn:
    raise Unreadable(Code.BAD_JSON, f"not JSON: {quote(name)} is not a number")


def _sentence(message: str) -> str:
    """The json module's message in our style: lower case, and its own place left out."""
    return message[:1].lower() + message[1:].rstrip(":").removesuffix(" at")
