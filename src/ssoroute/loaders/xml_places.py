"""The places of values and of comments in an XML property list, recorded while expat reads it."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from ssoroute.loaders.position import Found, Span
from ssoroute.loaders.values import key_path

__all__ = ["Comment", "Places"]

_LINE_END: Final = re.compile(rb"[\r\n]")


@dataclass(frozen=True, slots=True)
class Comment:
    """An XML comment outside of all texts: its words, its span, and the value that follows it.

    `path` is the key path of that value. It is None if no value follows in the same array or
    dictionary, and if the comment ends a line that a value is on.
    """

    text: str
    span: Span
    path: str | None


class Places:
    """Records where the values at the key paths `paths` (None: all) are in `data`, and comments.

    Of the comments those that begin with `comments` are recorded, white space before it left out;
    none if it is None. All spans are in bytes of `data`.
    """

    def __init__(
        self, data: bytes, paths: Collection[str] | None, comments: str | None = None
    ) -> None:
        self.found: list[tuple[str, Found]] = []
        self.comments: list[Comment] = []
        self._data = data
        self._wanted = paths
        self._beginning = comments
        self._levels: list[str] = []  # the key paths of the open containers
        self._start = 0
        self._key: Span | None = None
        self._value_end: int | None = None  # where the last value ended
        self._waiting: list[tuple[str, Span]] = []  # comments before the next value

    def start(self, offset: int) -> None:
        """An element other than `<plist>` begins at `offset`."""
        self._start = offset
        if self._waiting and self._value_end is not None:
            self._leave_behind(self._value_end, offset)
        self._value_end = None

    def key(self, offset: int) -> None:
        """The element that began last is a key, and its closing tag is at `offset`."""
        self._key = Span(self._start, self._tag_end(offset))

    def open(self, parent: object, key: str | None) -> None:
        """The element that began last is a container inside `parent`, under `key`."""
        self._levels.append(self._note(parent, key, self._start))

    def close(self, offset: int) -> None:
        """The container that was opened last is closed by the tag at `offset`."""
        self._levels.pop()
        self._leave()
        self._value_end = self._tag_end(offset)

    def leaf(self, parent: object, key: str | None, offset: int) -> None:
        """The element that began last holds a scalar, and its closing tag is at `offset`."""
        self._note(parent, key, offset)
        self._value_end = self._tag_end(offset)

    def comment(self, offset: int, text: str) -> None:
        """A comment with the words `text` begins at `offset`."""
        if self._beginning is None or not text.lstrip().startswith(self._beginning):
            return
        end = self._data.find(b"-->", offset) + len(b"-->")
        self._waiting.append((text, Span(offset, end)))

    def end(self) -> None:
        """The document ends."""
        self._leave()

    def _leave(self) -> None:
        """No value follows the comments that wait."""
        self.comments += (Comment(text, span, None) for text, span in self._waiting)
        self._waiting.clear()

    def _leave_behind(self, value_end: int, next_element: int) -> None:
        """No value follows those comments that end a line on which a value ended."""
        first = _LINE_END.search(self._data, value_end, next_element)
        if first is None:
            return  # the next element is on the same line
        last = max(self._data.rfind(end, value_end, next_element) for end in (b"\r", b"\n"))
        waiting = []
        for text, span in self._waiting:
            if span.start < first.start() and span.end <= last:
                self.comments.append(Comment(text, span, None))
            else:
                waiting.append((text, span))
        self._waiting = waiting

    def _note(self, parent: object, key: str | None, last_tag: int) -> str:
        if isinstance(parent, list):
            path, key_span = f"{self._levels[-1]}[{len(parent)}]", None
        elif key is not None:
            path, key_span = key_path(self._levels[-1], key), self._key
        else:
            path, key_span = "", None
        self.comments += (Comment(text, span, path) for text, span in self._waiting)
        self._waiting.clear()
        if self._wanted is None or path in self._wanted:
            span = Span(self._start, self._tag_end(last_tag))
            self.found.append((path, Found(span, key_span)))
        return path

    def _tag_end(self, offset: int) -> int:
        # expat reports the start of the tag; for an empty element `<true/>` it is the same tag.
        return self._data.find(b">", offset) + 1
