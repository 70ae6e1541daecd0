"""The cursor in a JSON text, even one that is not complete yet."""

from __future__ import annotations

import json
import re
from typing import Final

from ssoroute.editor.cursor import Cursor, Frame, Outline, Scanner, Spot
from ssoroute.loaders.position import Span

__all__ = ["cursor_in_json"]

_TOKEN: Final = re.compile(
    r'(?P<string>"(?:\\.|[^"\\\r\n])*(?P<closed>"?))|(?P<mark>[{}\[\]:,])|(?P<word>[^\s{}\[\]:,"]+)'
)


def cursor_in_json(text: str, offset: int) -> tuple[Cursor | None, Outline]:
    """Where the cursor at `offset` is, None outside of everything; and what the text holds.

    >>> text = '{"Type": ""}'
    >>> cursor, _ = cursor_in_json(text, 10)
    >>> cursor.spot, cursor.parent, cursor.key
    (<Spot.VALUE: 'the text of a value'>, (), 'Type')
    """
    return _JSONScanner(offset).run(_TOKEN.finditer(text))


class _JSONScanner(Scanner):
    _last_string = ""

    def _take(self, token: re.Match[str]) -> None:
        start, end = token.span()
        if token["string"] is not None:
            inner = Span(start + 1, end - len(token["closed"]))
            if not self._is_past and self._offset <= inner.end:
                key = self._frames[-1].here if self._frames else None
                self._meet(Spot.KEY if key is None else Spot.VALUE, inner)
            self._string(token, inner)
        elif token["word"] is not None:
            if not self._is_past and self._offset <= end:
                self._meet(Spot.BETWEEN, Span(start, end))
        else:
            self._mark(token["mark"])

    def _stand_between(self) -> None:
        self._meet(Spot.BETWEEN, Span(self._offset, self._offset))

    def _meet(self, spot: Spot, word: Span) -> None:
        self._is_past = True
        if self._frames:
            frame = self._frames[-1]
            self.cursor = Cursor(spot, frame.path, frame.here, word)

    def _string(self, token: re.Match[str], inner: Span) -> None:
        if not self._frames or not token["closed"]:
            return
        try:
            written = json.loads(token["string"])
        except ValueError:
            return
        frame = self._frames[-1]
        here = frame.here
        if here is not None:
            self.outline.texts[*frame.path, here] = written
        else:
            self._last_string = written
            if not inner.start <= self._offset <= inner.end:
                self.outline.members.setdefault(frame.path, []).append(written)

    def _mark(self, mark: str) -> None:
        if mark in "{[":
            here = self._frames[-1].here if self._frames else None
            path = (*self._frames[-1].path, "" if here is None else here) if self._frames else ()
            self._frames.append(Frame(path, mark == "["))
        elif not self._frames:
            return
        elif mark in "}]":
            self._frames.pop()
        elif mark == ":":
            self._frames[-1].key = self._last_string
        else:
            self._frames[-1].take()
