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
from typing import Final

from ssoroute.loaders.intune_places import may_be_export, written_at
from ssoroute.loaders.position import Found, Lines, Span
from ssoroute.loaders.source_text import SourceText

__all__ = ["Location", "Spot", "locate", "locate_in"]

_LIMIT: Final = 16 * 1024 * 1024
_LINE_END: Final = re.compile(r"[\r\n]")


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
    text = SourceText.read(data)
    if text is None:
        return {}  # the loaders have reported what is wrong with the file
    found = dict(text.find(paths))
    missing = set(paths) - found.keys()
    if missing and not text.is_xml and may_be_export(text.text):
        found |= _find_in_export(text, missing)
    spots = _Spots(text.text)
    return {path: spots.location(one) for path, one in found.items()}


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


def _find_in_export(text: SourceText, paths: Collection[str]) -> Mapping[str, Found]:
    """As `SourceText.find`, for paths of payloads in an export of Intune."""
    try:
        root = json.loads(text.text)
    except (ValueError, RecursionError):
        return {}
    written = {path: place for path in paths if (place := written_at(root, path))}
    there = text.find(set(written.values()))
    return {path: there[place] for path, place in written.items() if place in there}
