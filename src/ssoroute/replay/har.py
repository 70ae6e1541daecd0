"""HAR 1.2, as a browser's developer tools save it, read entry by entry."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

from ssoroute.integrations.flow_record import asked_url
from ssoroute.replay.chunks import (
    CHUNK_BYTES,
    CHUNK_ROWS,
    Asked,
    AskedRow,
    Chunk,
    Failure,
    LeftOut,
    LogError,
)
from ssoroute.replay.hours import hour_of
from ssoroute.replay.rows import TUNNEL, asked

__all__ = ["read_har"]

#: The most characters of one entry: it is in memory as a whole, with the body of its response.
_VALUE_LIMIT: Final = 256 * 1024 * 1024
#: URLs that browsers list among the others, although nothing is loaded from the network.
_LOCAL: Final = re.compile(r"(?i)(?:data|blob|about|file|[a-z-]+-extension):")
_NO_SPACE: Final = re.compile(r"[^ \t\r\n]")


def read_har(name: str, stream: BinaryIO) -> Iterator[Chunk]:
    """The requests of `stream`, numbered by the entries of `log.entries`.

    `LogError` if it is not a HAR, or after the entries before the first error.
    """
    text = _Text(stream)
    rows: list[AskedRow] = []
    entries = _entries(text)
    number = 0
    broken = None
    while True:
        try:
            entry = next(entries, None)
        except LogError as error:
            broken = error
            break
        if entry is None:
            break
        number += 1
        rows += _rows(number, entry[0])
        if len(rows) >= CHUNK_ROWS:
            yield Chunk(name, text.position, Asked(rows))
            rows = []
    if rows:
        yield Chunk(name, text.position, Asked(rows))
    if broken:
        raise broken


def _rows(number: int, entry: Any) -> list[AskedRow]:
    request = _member(entry, "request")
    url = _member(request, "url")
    if not isinstance(url, str):
        return [AskedRow(number, Failure("the entry has no `request.url`", "url"))]
    if _member(request, "method") == TUNNEL:
        return [AskedRow(number, LeftOut.TUNNEL)]
    if _LOCAL.match(url):
        return [AskedRow(number, LeftOut.LOCAL)]
    upgrade = str(_member(entry, "_resourceType"))
    if upgrade.lower() != "websocket":
        upgrade = _upgrade(_member(request, "headers"))
    status = _member(_member(entry, "response"), "status")
    return asked(
        number, asked_url(url, upgrade), status, hour_of(_member(entry, "startedDateTime"))
    )


def _upgrade(headers: Any) -> str:
    """The values of the header `Upgrade`."""
    return ", ".join(
        str(_member(header, "value"))
        for header in (headers if isinstance(headers, list) else [])
        if str(_member(header, "name")).lower() == "upgrade"
    )


def _member(value: Any, name: str) -> Any:
    """The member `name` of an object, None if it is absent or `value` is not an object."""
    return value.get(name) if isinstance(value, dict) else None


def _entries(text: _Text) -> Iterator[tuple[Any]]:
    """Each item of `log.entries`, wrapped, since one may be null."""
    found = False
    for name in text.members():
        if name != "log" or text.next_is_not("{"):
            text.value()
            continue
        for inner in text.members():
            if inner != "entries" or text.next_is_not("["):
                text.value()
                continue
            found = True
            yield from text.items()
    if not found:
        raise LogError("not a HAR: the array `log.entries` is missing")


class _Text:
    """A JSON text that is read from left to right; only the current value is in memory."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._decode = codecs.getincrementaldecoder("utf-8-sig")().decode
        self._parse = json.JSONDecoder().raw_decode
        self._text = ""
        self._at = 0
        self.position = 0

    def members(self) -> Iterator[str]:
        """The names of the members of an object; the caller reads the value of each."""
        for name in self._parts("{", "}"):
            if not isinstance(name, str) or self._next() != ":":
                raise self._broken()
            self._at += 1
            yield name

    def items(self) -> Iterator[tuple[Any]]:
        """The items of an array, each wrapped in a tuple."""
        for item in self._parts("[", "]"):
            yield (item,)

    def _parts(self, opening: str, closing: str) -> Iterator[Any]:
        if self._next() != opening:
            raise self._broken()
        self._at += 1
        if self._next() == closing:
            self._at += 1
            return
        while True:
            yield self.value()
            mark = self._next()
            if mark not in {closing, ","}:
                raise self._broken()
            self._at += 1
            if mark == closing:
                return

    def next_is_not(self, mark: str) -> bool:
        """Whether the next value does not begin with `mark`."""
        return self._next() != mark

    def value(self) -> Any:
        """Read the next value."""
        self._next()
        while True:
            try:
                found, end = self._parse(self._text, self._at)
            except RecursionError:
                raise LogError("not a HAR: values are nested too deep") from None
            except ValueError:
                if not self._more():
                    raise self._broken() from None
            else:
                if not self._may_continue(end) or not self._more():
                    self._at = end
                    return found

    def _may_continue(self, end: int) -> bool:
        """Whether a number that ends here may be the beginning of a longer one."""
        return end == len(self._text) or (
            self._text[end] in ".eE" and len(self._text) - end < len("e+0")
        )

    def _next(self) -> str:
        """The next character that is not white space, empty at the end."""
        while True:
            found = _NO_SPACE.search(self._text, self._at)
            self._at = found.start() if found else len(self._text)
            if found:
                return found[0]
            if not self._more():
                return ""

    def _more(self) -> bool:
        """Read more, at least as much as is waiting: then parsing again stays linear."""
        waiting = len(self._text) - self._at
        if waiting > _VALUE_LIMIT:
            raise LogError(f"one value is longer than {_VALUE_LIMIT} characters")
        data = self._stream.read(max(CHUNK_BYTES, waiting))
        self.position += len(data)
        try:
            more = self._decode(data, final=not data)
        except UnicodeDecodeError:
            raise LogError("not a HAR: not UTF-8") from None
        self._text = self._text[self._at :] + more
        self._at = 0
        return bool(data)

    def _broken(self) -> LogError:
        near = self.position - len(self._text) + self._at  # exact if the text is ASCII
        return LogError(f"not a HAR: not JSON near byte {max(near, 0) + 1}")
