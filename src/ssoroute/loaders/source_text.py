"""The text of a file with XML or JSON in it, and where its values and comments are.

This is for reading positions and for changing single values: `encoded` gives bytes that differ from
those of the file only if the text was changed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final, Self
from xml.parsers import expat

from ssoroute.loaders.findings import Unreadable
from ssoroute.loaders.json_places import find_in_json
from ssoroute.loaders.position import Found, Span
from ssoroute.loaders.text import decode_parts, without_xml_declaration
from ssoroute.loaders.xml_places import Comment, Places
from ssoroute.loaders.xml_plist import find_in_xml_plist

__all__ = ["SourceText"]

_IGNORED_AT_START: Final = b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"


@dataclass(frozen=True, slots=True)
class SourceText:
    """The `text` of a file without its byte order mark, and how it is encoded.

    >>> source = SourceText.read(b'{"Type": "redirect"}')
    >>> source.find({"Type"})["Type"].value
    Span(start=9, end=19)
    """

    text: str
    encoding: str
    mark: bytes
    is_xml: bool

    @classmethod
    def read(cls, data: bytes) -> Self | None:
        """The text that `data`, the content of a file, holds; None if it is not XML or JSON."""
        start = data.lstrip(_IGNORED_AT_START)[:1]
        if start not in (b"<", b"{", b"["):
            return None
        is_xml = start == b"<"
        try:
            mark, encoding, text = decode_parts(data, is_xml=is_xml)
        except Unreadable:
            return None
        return cls(text, encoding, mark, is_xml)

    def encoded(self, text: str) -> bytes:
        """The bytes of the file with `text` in place of its text; `ValueError` if it cannot be."""
        return self.mark + text.encode(self.encoding)

    def find(self, paths: Collection[str]) -> Mapping[str, Found]:
        """The spans of the values at the key paths `paths`, the last one of a key written twice.

        Spans are in characters of `text`; empty if the text cannot be read to its end.
        """
        return dict(self._find(paths)[0])

    def values(self) -> list[tuple[str, Found]]:
        """The key paths and spans of all values, in the order of their ends."""
        return self._find(None)[0]

    def comments(self, beginning: str = "") -> list[Comment]:
        """The XML comments outside of texts that begin with `beginning`, in their order."""
        return self._find((), beginning)[1]

    def _find(
        self, paths: Collection[str] | None, beginning: str | None = None
    ) -> tuple[list[tuple[str, Found]], list[Comment]]:
        try:
            if not self.is_xml:
                return find_in_json(self.text, paths), []
            places = find_in_xml_plist(without_xml_declaration(self.text), paths, beginning)
        except (Unreadable, expat.ExpatError, ValueError, RecursionError):
            return [], []
        in_characters = _Characters(self.text, places).span
        found = [
            (path, Found(in_characters(one.value), in_characters(one.key) if one.key else None))
            for path, one in places.found
        ]
        comments = [
            Comment(one.text, in_characters(one.span), one.path)
            for one in sorted(places.comments, key=lambda one: one.span)
        ]
        return found, comments


class _Characters:
    """Spans in characters of a text, from spans in bytes of its UTF-8."""

    def __init__(self, text: str, places: Places) -> None:
        data = text.encode()
        self._of_byte: dict[int, int] | None = None
        if len(data) == len(text):
            return  # all of it is ASCII
        spans = [span for _, one in places.found for span in one if span is not None]
        spans += (one.span for one in places.comments)
        self._of_byte = {}
        last, count = 0, 0
        for offset in sorted({offset for span in spans for offset in span}):
            count += len(data[last:offset].decode())
            last = offset
            self._of_byte[offset] = count

    def span(self, span: Span) -> Span:
        """`span` in characters."""
        if self._of_byte is None:
            return span
        return Span(self._of_byte[span.start], self._of_byte[span.end])
