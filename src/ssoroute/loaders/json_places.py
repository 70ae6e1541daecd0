"""The places of values in a JSON text."""

from __future__ import annotations

import re
from collections.abc import Collection
from json import decoder
from typing import Final

from ssoroute.loaders.position import Found, Span
from ssoroute.loaders.values import key_path

__all__ = ["find_in_json"]

_DEPTH_LIMIT: Final = 200
_WHITE: Final = re.compile(r"[ \t\n\r]*")
_ATOM: Final = re.compile(r"[^\s,\[\]{}\"]+")


def find_in_json(text: str, paths: Collection[str] | None) -> list[tuple[str, Found]]:
    """The spans (in characters) of the values of `text` at the key paths `paths` (None: all).

    Paths that `text` does not have are left out; of an object or an array the span is that of its
    opening bracket. Raises `ValueError` or `RecursionError` if `text` is not JSON.

    >>> find_in_json('{"a": [1]}', {"a[0]"})
    [('a[0]', Found(value=Span(start=7, end=8), key=None))]
    """
    reader = _PlaceReader(text, paths)
    reader.run()
    return reader.found


class _PlaceReader:
    """One pass over a text that is known to be JSON."""

    def __init__(self, text: str, paths: Collection[str] | None) -> None:
        self._text = text
        self._wanted = paths
        self.found: list[tuple[str, Found]] = []

    def run(self) -> None:
        self._value(self._skip(0), "", None, _DEPTH_LIMIT)

    def _skip(self, place: int) -> int:
        found = _WHITE.match(self._text, place)
        return found.end() if found else place

    def _value(self, start: int, path: str, key: Span | None, depth: int) -> int:
        """Note the value that begins at `start`; returns where it ends."""
        character = self._text[start : start + 1]
        if not character or depth == 0:
            raise ValueError("no JSON")
        if character == "{":
            self._note(path, start, start + 1, key)
            return self._object(start, path, depth)
        if character == "[":
            self._note(path, start, start + 1, key)
            return self._array(start, path, depth)
        if character == '"':
            _, end = self._string(start)
        else:
            atom = _ATOM.match(self._text, start)
            if atom is None:
                raise ValueError("no JSON")
            end = atom.end()
        self._note(path, start, end, key)
        return end

    def _note(self, path: str, start: int, end: int, key: Span | None) -> None:
        if self._wanted is None or path in self._wanted:
            self.found.append((path, Found(Span(start, end), key)))

    def _string(self, start: int) -> tuple[str, int]:
        # What the json module itself reads strings with; it has no types.
        text, end = decoder.scanstring(self._text, start + 1, True)  # type: ignore[attr-defined]
        return str(text), int(end)

    def _object(self, start: int, path: str, depth: int) -> int:
        place = self._skip(start + 1)
        while self._text[place : place + 1] == '"':
            name, end = self._string(place)
            key = Span(place, end)
            place = self._skip(end)
            self._expect(place, ":")
            place = self._value(self._skip(place + 1), key_path(path, name), key, depth - 1)
            place = self._comma(place, "}")
        self._expect(place, "}")
        return place + 1

    def _array(self, start: int, path: str, depth: int) -> int:
        place, index = self._skip(start + 1), 0
        while self._text[place : place + 1] != "]":
            place = self._value(place, f"{path}[{index}]", None, depth - 1)
            place = self._comma(place, "]")
            index += 1
        return place + 1

    def _comma(self, place: int, closing: str) -> int:
        place = self._skip(place)
        if self._text[place : place + 1] == ",":
            return self._skip(place + 1)
        self._expect(place, closing)
        return place

    def _expect(self, place: int, character: str) -> None:
        if self._text[place : place + 1] != character:
            raise ValueError("no JSON")
