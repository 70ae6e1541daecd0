"""The cursor in an XML property list, even one that is not well-formed yet."""

from __future__ import annotations

import re
from html import unescape
from typing import Final

from ssoroute.editor.cursor import Cursor, Frame, Outline, Scanner, Spot
from ssoroute.loaders.position import Span

__all__ = ["cursor_in_xml"]

_TOKEN: Final = re.compile(
    r"(?P<other><!--.*?(?:-->|\Z)|<!\[CDATA\[.*?(?:\]\]>|\Z)|<[?!][^<>]*>?)"
    r"|<(?P<close>/?)(?P<name>[A-Za-z]+)(?:\s[^<>]*?)?(?P<empty>/?)>"
    r"|(?P<typed></?[A-Za-z]*/?)"
    r"|(?P<text>[^<]+)",
    re.DOTALL,
)
_CONTAINERS: Final = ("dict", "array")
_LINE_END: Final = re.compile(r"[\r\n]")


def cursor_in_xml(text: str, offset: int) -> tuple[Cursor | None, Outline]:
    """Where the cursor at `offset` is, None in a comment or a tag; and what the text holds.

    >>> text = "<plist><dict><key>Type</key><string></string>"
    >>> cursor, _ = cursor_in_xml(text, text.index("</string>"))
    >>> cursor.spot, cursor.parent, cursor.key
    (<Spot.VALUE: 'the text of a value'>, (), 'Type')
    """
    return _XMLScanner(text, offset).run(_TOKEN.finditer(text))


class _XMLScanner(Scanner):
    def __init__(self, text: str, offset: int) -> None:
        super().__init__(offset)
        self._text = text
        #: The element of a key or a value that is open, and where its text begins.
        self._leaf: tuple[str, int] | None = None

    def _take(self, token: re.Match[str]) -> None:
        start, end = token.span()
        if not self._is_past and self._offset <= end and token["text"] is not None:
            self._meet(self._word(token))
        elif not self._is_past and self._offset <= end and token["typed"] is not None:
            self._meet(Span(start, end))
        elif not self._is_past and self._offset < end:
            self._is_past = True  # inside of a tag or of a comment
        if token["name"] is not None:
            self._tag(token)

    def _stand_between(self) -> None:
        self._meet(Span(self._offset, self._offset))

    def _word(self, token: re.Match[str]) -> Span:
        """What the cursor in a text would replace: letters before it, if no element is open."""
        start = self._offset
        while start > token.start() and self._text[start - 1].isalpha():
            start -= 1
        return Span(start, self._offset)

    def _meet(self, word: Span) -> None:
        self._is_past = True
        if not self._frames:
            return
        frame = self._frames[-1]
        if self._leaf is None:
            self.cursor = Cursor(Spot.BETWEEN, frame.path, frame.here, word)
            return
        name, start = self._leaf
        end = self._text.find("<", start)
        line_end = _LINE_END.search(self._text, self._offset)
        ends = [end if end >= 0 else len(self._text), line_end.start() if line_end else end]
        whole = Span(start, max(self._offset, min(place for place in ends if place >= 0)))
        spot = Spot.KEY if name == "key" else Spot.VALUE
        key = None if name == "key" else frame.here
        self.cursor = Cursor(spot, frame.path, key, whole)

    def _tag(self, token: re.Match[str]) -> None:
        name = token["name"]
        if name in _CONTAINERS:
            self._leaf = None
            if token["close"]:
                self._close(name)
            else:
                path = self._frames[-1].take() if self._frames else ()
                if not token["empty"]:
                    self._frames.append(Frame(path, name == "array"))
        elif token["close"]:
            self._end_leaf(name, token.start())
        elif token["empty"]:
            if self._frames:
                self._frames[-1].take()
        elif name != "plist":
            self._leaf = name, token.end()

    def _close(self, name: str) -> None:
        """Close the innermost container of that name, and those in it that were left open."""
        for number in range(len(self._frames) - 1, -1, -1):
            if self._frames[number].is_array == (name == "array"):
                del self._frames[number:]
                return

    def _end_leaf(self, name: str, end: int) -> None:
        if self._leaf is None or not self._frames:
            return
        opened, start = self._leaf
        self._leaf = None
        if opened != name:
            return
        frame = self._frames[-1]
        written = unescape(self._text[start:end])
        if name != "key":
            self.outline.texts[frame.take()] = written
        elif not frame.is_array:
            frame.key = written
            if not start <= self._offset <= end:
                self.outline.members.setdefault(frame.path, []).append(written)
