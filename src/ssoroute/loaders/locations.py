"""Where values stand in a file: the line and column of each key path that is asked for.

Lines and columns are counted from 1, columns in characters. Only XML property lists and JSON have
lines; for everything else (binary, signed, streams, a file that is gone) the answer is empty. The
file is read once more for it, since nobody wants to know before something is found.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from json import decoder
from typing import Final
from xml.parsers import expat

from ssoroute.loaders.findings import Unreadable
from ssoroute.loaders.text import decode, decode_xml
from ssoroute.model.quoting import one_line

__all__ = ["Location", "Spot", "locate", "locate_in"]

_LIMIT: Final = 16 * 1024 * 1024
_DEPTH_LIMIT: Final = 200
_IGNORED_AT_START: Final = b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in a text, and what stands there on its line.

    `excerpt` is the key or the value as written, cut at the end of the line; of a dictionary or an
    array only how it begins.
    """

    line: int
    column: int
    excerpt: str


@dataclass(frozen=True, slots=True)
class Location:
    """Where a value stands, and its key (None for an item of an array, and for the root)."""

    value: Spot
    key: Spot | None = None


def locate(file: str, paths: Collection[str]) -> Mapping[str, Location]:
    """The locations in `file` of those key paths of `paths` that it has.

    Nothing but a regular file is read, so nothing is waited for and nothing is taken from a pipe.
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
        pass  # whatever is wrong with the file has been reported
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


class _Lines:
    """The lines of a text, by the places of its characters."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts = [0, *(found.end() for found in re.finditer(r"\r\n|\r|\n", text))]

    def spot(self, start: int, end: int) -> Spot:
        from bisect import bisect_right

        line = bisect_right(self._starts, start)
        excerpt = re.split(r"[\r\n]", self.text[start:end], maxsplit=1)[0]
        return Spot(line, start - self._starts[line - 1] + 1, excerpt)


def _step(path: str, name: str) -> str:
    """The path of the value under `name`, spelled as the loaders spell it."""
    if not name.isprintable() or len(name) > 120:  # noqa: PLR2004 - as long as `quote` lets it be
        name = one_line(name)
    return f"{path}.{name}" if path else name


# --- XML -------------------------------------------------------------------------------------


class _Frame:
    """An open dictionary or array."""

    __slots__ = ("index", "is_array", "key", "key_spot", "path")

    def __init__(self, path: str, *, is_array: bool) -> None:
        self.path = path
        self.is_array = is_array
        self.index = 0
        self.key: str | None = None
        self.key_spot: tuple[int, int] | None = None


_CONTAINERS: Final = frozenset({"array", "dict"})


class _XML:
    """One pass of expat that notes where the wanted values begin and end."""

    def __init__(self, data: bytes, paths: Collection[str]) -> None:
        self._data = data
        self._wanted = paths
        self._frames: list[_Frame] = []
        self._open: list[tuple[str, str, int, tuple[int, int] | None]] = []
        self._text: list[str] = []
        #: Path → where the value begins and ends, and where its key does, in bytes.
        self.found: dict[str, tuple[int, int, tuple[int, int] | None]] = {}
        self._parser = parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text.append

    def run(self) -> None:
        self._parser.Parse(self._data, True)

    def _start(self, name: str, _attributes: object) -> None:
        self._text.clear()
        start = self._parser.CurrentByteIndex
        path, key = "", None
        if name not in ("plist", "key") and self._frames:
            frame = self._frames[-1]
            if frame.is_array:
                path = f"{frame.path}[{frame.index}]"
                frame.index += 1
            else:
                path, key = _step(frame.path, frame.key or ""), frame.key_spot
        self._open.append((name, path, start, key))
        if name in _CONTAINERS:
            self._frames.append(_Frame(path, is_array=name == "array"))
            if path in self._wanted:
                self.found[path] = (start, self._tag_end(start), key)

    def _tag_end(self, start: int) -> int:
        return self._data.find(b">", start) + 1

    def _end(self, name: str) -> None:
        _, path, start, key = self._open.pop()
        # The place of an empty element `<true/>` is that of its start.
        end = self._tag_end(self._parser.CurrentByteIndex)
        if name == "key":
            if self._frames:
                self._frames[-1].key = "".join(self._text)
                self._frames[-1].key_spot = (start, end)
        elif name in _CONTAINERS:
            self._frames.pop()
        elif name != "plist" and path in self._wanted:
            self.found[path] = (start, end, key)
        self._text.clear()


def _in_xml(text: str, paths: Collection[str]) -> Mapping[str, Location]:
    data = text.encode()
    reader = _XML(data, paths)
    reader.run()
    if not reader.found:
        return {}
    lines = _Lines(text)
    is_ascii = len(data) == len(text)

    def place(offset: int) -> int:
        return offset if is_ascii else len(data[:offset].decode())

    def spot(start: int, end: int) -> Spot:
        return lines.spot(place(start), place(end))

    return {
        path: Location(spot(start, end), spot(*key) if key else None)
        for path, (start, end, key) in reader.found.items()
    }


# --- JSON ------------------------------------------------------------------------------------

_WHITE: Final = re.compile(r"[ \t\n\r]*")
_ATOM: Final = re.compile(r"[^\s,\[\]{}\"]+")


class _JSON:
    """One pass over a text that is known to be JSON."""

    def __init__(self, text: str, paths: Collection[str]) -> None:
        self._text = text
        self._wanted = paths
        self.found: dict[str, tuple[tuple[int, int], tuple[int, int] | None]] = {}

    def run(self) -> None:
        self._value(self._skip(0), "", None, _DEPTH_LIMIT)

    def _skip(self, place: int) -> int:
        found = _WHITE.match(self._text, place)
        return found.end() if found else place

    def _value(self, start: int, path: str, key: tuple[int, int] | None, depth: int) -> int:
        """Note the value that begins at `start`; where it ends."""
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

    def _note(self, path: str, start: int, end: int, key: tuple[int, int] | None) -> None:
        if path in self._wanted:
            self.found[path] = (start, end), key

    def _string(self, start: int) -> tuple[str, int]:
        # What the json module itself reads strings with; it has no types.
        text, end = decoder.scanstring(self._text, start + 1, True)  # type: ignore[attr-defined]
        return str(text), int(end)

    def _object(self, start: int, path: str, depth: int) -> int:
        place = self._skip(start + 1)
        while self._text[place : place + 1] == '"':
            name, end = self._string(place)
            key = (place, end)
            place = self._skip(end)
            self._expect(place, ":")
            place = self._value(self._skip(place + 1), _step(path, name), key, depth - 1)
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
    reader = _JSON(text, paths)
    reader.run()
    lines = _Lines(text)
    return {
        path: Location(lines.spot(*value), lines.spot(*key) if key else None)
        for path, (value, key) in reader.found.items()
    }
