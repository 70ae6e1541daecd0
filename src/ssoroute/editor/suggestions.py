"""Hover and completion: what is known at a place of a text, and what can be written there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple
from xml.sax.saxutils import escape

from ssoroute.editor.cursor import Cursor, Outline, Spot
from ssoroute.editor.json_cursor import cursor_in_json
from ssoroute.editor.known_keys import Described, Known, known_at
from ssoroute.editor.xml_cursor import cursor_in_xml
from ssoroute.loaders.position import Span

__all__ = ["Hover", "Suggestion", "hover", "suggestions"]

#: The element for a value of each type in a property list, `$0` where the cursor goes.
_ELEMENTS: Final = {
    "string": "<string>$0</string>",
    "boolean": "$0",
    "integer (seconds)": "<integer>$0</integer>",
    "integer": "<integer>$0</integer>",
    "dictionary": "<dict>\n\t$0\n</dict>",
    "array of string": "<array>\n\t<string>$0</string>\n</array>",
    "dictionary of string": "<dict>\n\t$0\n</dict>",
    "dictionary of array of string": "<dict>\n\t$0\n</dict>",
    "data": "<data>$0</data>",
}


class Hover(NamedTuple):
    """What is known about the key at `span`, as Markdown."""

    span: Span
    markdown: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Something to write in place of `span`; `is_snippet` if `text` has a `$0` for the cursor."""

    label: str
    text: str
    span: Span
    is_key: bool
    is_snippet: bool
    detail: str
    markdown: str


def hover(text: str, offset: int) -> Hover | None:
    """What is known about the key, or about the key of the value, at `offset` of `text`."""
    cursor, outline = _cursor(text, offset)
    known = known_at(cursor, outline) if cursor else None
    if cursor is None or known is None or cursor.spot is Spot.BETWEEN:
        return None
    if cursor.spot is Spot.KEY:
        described = known.key(cursor.parent, text[cursor.word.start : cursor.word.end])
    else:
        described = known.value_of(cursor)
    return Hover(cursor.word, described.markdown) if described else None


def suggestions(text: str, offset: int) -> list[Suggestion]:
    """What can be written at `offset` of `text`: keys of a payload, or values of a key."""
    cursor, outline = _cursor(text, offset)
    known = known_at(cursor, outline) if cursor else None
    if cursor is None or known is None:
        return []
    is_xml = _is_xml(text)
    if cursor.key is None:
        names = known.names(cursor.parent)
        return [_key(described, cursor, is_xml=is_xml) for described in names]
    described = known.value_of(cursor)
    return list(_values(known, described, cursor, is_xml=is_xml)) if described else []


def _is_xml(text: str) -> bool:
    return text.lstrip("\ufeff \t\r\n").startswith("<")


def _cursor(text: str, offset: int) -> tuple[Cursor | None, Outline]:
    return cursor_in_xml(text, offset) if _is_xml(text) else cursor_in_json(text, offset)


def _key(described: Described, cursor: Cursor, *, is_xml: bool) -> Suggestion:
    text, is_snippet = described.name, False
    if cursor.spot is Spot.BETWEEN and is_xml:
        element = _ELEMENTS.get(described.type, "$0")
        text, is_snippet = f"<key>{described.name}</key>\n{element}", True
    elif cursor.spot is Spot.BETWEEN:
        text, is_snippet = f'"{described.name}": $0', True
    markdown = described.markdown
    return Suggestion(described.name, text, cursor.word, True, is_snippet, described.type, markdown)


def _values(
    known: Known, described: Described, cursor: Cursor, *, is_xml: bool
) -> Iterator[Suggestion]:
    is_boolean = described.type == "boolean"
    if cursor.spot is Spot.VALUE and is_boolean:
        return  # a boolean is not a text
    for value in known.suggestions(described):
        text = value
        if is_xml and is_boolean:
            text = f"<{value}/>"
        elif cursor.spot is Spot.VALUE:
            text = escape(value) if is_xml else value
        elif is_xml:
            text = f"<string>{escape(value)}</string>"
        elif not is_boolean:
            text = f'"{value}"'
        yield Suggestion(value, text, cursor.word, False, False, described.name, described.markdown)
