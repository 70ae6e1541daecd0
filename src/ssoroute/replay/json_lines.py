"""JSON Lines: one request a line, as `ssoroute route --jsonl` reads them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import BinaryIO, Final, NoReturn

from ssoroute.errors import RequestError, quote
from ssoroute.replay.chunks import CHUNK_BYTES, LINE_LIMIT, Chunk, Lines
from ssoroute.request import Request

__all__ = ["TOO_LONG", "parse_request", "read_json_lines", "requests_of_lines"]

#: What is said of a line longer than `LINE_LIMIT`.
TOO_LONG: Final = f"the line is longer than {LINE_LIMIT} bytes"


def read_json_lines(name: str, stream: BinaryIO) -> Iterator[Chunk]:
    """The lines of `stream`, some at a time; one that is too long is cut, and still too long."""
    number, position = 1, 0
    while data := stream.read(CHUNK_BYTES):
        position += len(data)
        if not data.endswith(b"\n"):
            rest = stream.readline(LINE_LIMIT + 1)
            position += len(rest)
            data += rest
            if len(rest) > LINE_LIMIT and not rest.endswith(b"\n"):
                data += b"\n"
                while rest and not rest.endswith(b"\n"):  # nobody will read it
                    rest = stream.readline(LINE_LIMIT)
                    position += len(rest)
        yield Chunk(name, position, Lines(number, data))
        number += data.count(b"\n")


def requests_of_lines(lines: Lines) -> Iterator[tuple[int, Request | RequestError]]:
    """The number and the request, or error, of each line."""
    texts = lines.data.split(b"\n")
    if not texts[-1]:
        texts.pop()
    for number, data in enumerate(texts, lines.first):
        try:
            yield number, parse_request(data, first=number == 1)
        except RequestError as error:
            yield number, error


def parse_request(data: bytes, *, first: bool = False) -> Request:
    """The request that one line says; `RequestError` says what is wrong with it.

    A byte order mark may stand before the `first` line of a log.
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
    return Request.from_json(value)


def _twice(pairs: list[tuple[str, object]]) -> list[str]:
    return [name for name, count in Counter(name for name, _ in pairs).items() if count > 1]


def _constant(name: str) -> NoReturn:
    raise RequestError(f"not JSON: `{name}` is no number")
