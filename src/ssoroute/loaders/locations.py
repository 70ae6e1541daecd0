"""The lines and columns of values in a file, found by their key paths.

Lines and columns are counted from 1, columns in characters. Only XML property lists and JSON have
lines; for everything else (binary, signed, streams, a file that is gone) the answer is empty. In an
export of Intune, the key path of a payload leads to where the export has its value. The file is
read a second time, because positions are needed only if there is something to report.
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from json import decoder
from typing import Final
from xml.parsers import expat

from ssoroute.loaders.findings import Unreadable
from ssoroute.loaders.intune_places import may_be_export, written_at
from ssoroute.loaders.position import Found, Lines, Span
from ssoroute.loaders.text import decode, decode_xml
from ssoroute.loaders.values import key_path
from ssoroute.loaders.xml_plist import find_in_xml_plist

__all__ = ["Location", "Spot", "locate", "locate_in"]

_LIMIT: Final = 16 * 1024 * 1024
_DEPTH_LIMIT: Final = 200
_LINE_END: Final = re.compile(r"[\r\n]")
_IGNORED_AT_START: Final = b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"


@dataclass(frozen=True, slots=True)
class Spot:
    """A position in a text, and the text there.

    `excerpt` is the key or the value as written, cut at the end of the line; for a dictionary or an
    array it is only the opening tag or bracket.
    """

    line: int
    column: int
    excerpt: str


@dataclass(frozen=True, slots=True)
class Location:
    """The spot of a value and of its key (None for an item of an array, and for the root)."""

    value: Spot
    key: Spot | None = None


def locate(file: str, paths: Collection[str]) -> Mapping[str, Location]:
    """The locations in `file` of those key paths of `paths` that it has.

    Only a regular file is read, so this never waits and never takes anything from a pipe.
    """
    data = _read(file)
    return locate_in(data, paths) if data is not None else {}


def locate_in(data: bytes, paths: Collection[str]) -> Mapping[str, Location]:
    r"""The locations in the bytes of a file of those key paths of `paths` that it has.

    >>> locate_in(b'{"Payload":\n {"URLs": ["https://h"]}}', {"Payload.URLs[0]"})
    {'Payload.URLs[0]': Location(value=Spot(line=2, column=12, excerpt='"https://h"'), key=None)}
    """
    try:
        match data.lstrip(_IGNORED_AT_START)[:1]:
            case b"<":
                return _in_xml(decode_xml(data), paths)
            case b"{" | b"[":
                return _in_json(decode(data), paths)
    except (Unreadable, expat.ExpatError, ValueError, RecursionError):
        pass  # the loaders have reported what is wrong with the file
    return {}


def _read(file: str) -> bytes | None:
    if file.startswith("<") or file == "-":
        return None
    try:
        descriptor = os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with open(descriptor, "rb") as stream:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode) or status.st_size > _LIMIT:
                return None
            return stream.read(_LIMIT)
    except (OSError, ValueError):
        return None


class _Spots:
    """Makes spots of a text from the offsets of its characters."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines = Lines(text)

    def spot(self, span: Span) -> Spot:
        excerpt = _LINE_END.split(self._text[span.start : span.end], maxsplit=1)[0]
        return Spot(*self._lines.position(span.start), excerpt)

    def location(self, found: Found) -> Location:
        return Location(self.spot(found.value), self.spot(found.key) if found.key else None)


def _in_xml(text: str, paths: Collection[str]) -> Mapping[str, Location]:
    found = find_in_xml_plist(text, paths)
    if not found:
        return {}
    data = text.encode()
    spots = _Spots(text)
    is_ascii = len(data) == len(text)

    def in_characters(span: Span) -> Span:
        if is_ascii:
            return span
        return Span(len(data[: span.start].decode()), len(data[: span.end].decode()))

    return {
        path: spots.location(
            Found(in_characters(one.value), in_characters(one.key) if one.key else None)
        )
        for path, one in found.items()
    }


# --- JSON ------------------------------------------------------------------------------------

_WHITE: Final = re.compile(r"[ \t\n\r]*")
_ATOM: Final = re.compile(r"[^\s,\[\]{}\"]+")


class _JSON:
    """One pass over a text that is known to be JSON."""

    def __init__(self, text: str, paths: Collection[str]) -> None:
        self._text = text
        self._wanted = paths
        self.found: dict[str, Found] = {}

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
        if path in self._wanted:
            self.found[path] = Found(Span(start, end), key)

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


def _in_json(text: str, paths: Collection[str]) -> Mapping[str, Location]:
    found = _found_in_json(text, paths)
    missing = set(paths) - found.keys()
    if missing and may_be_export(text):
        root = json.loads(text)
        written = {path: place for path in missing if (place := written_at(root, path))}
        there = _found_in_json(text, set(written.values()))
        found |= {path: there[place] for path, place in written.items() if place in there}
    spots = _Spots(text)
    return {path: spots.location(one) for path, one in found.items()}


def _found_in_json(text: str, paths: Collection[str]) -> dict[str, Found]:
    reader = _JSON(text, paths)
    reader.run()
    return reader.found
