"""XML property lists.

One pass of expat builds the values and checks the grammar, so that every fault is reported with its
line and column. `plistlib` is not used here: it skips unknown elements and undefined entities
without a word, gives no column, and needs a time that grows with the square of a long comment.

What is read is what Apple's DTD describes. Places are expat's: lines from 1, columns from 0.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final
from xml.parsers import expat

from ssoroute.loaders.findings import Code, Unreadable
from ssoroute.loaders.text import decode_xml
from ssoroute.loaders.values import DEPTH_LIMIT, Dictionary, too_deep
from ssoroute.model.quoting import quote

__all__ = ["read_xml_plist"]

_ESCAPE_HINT: Final = "in text, a raw `<` must be written `&lt;` and a raw `&` `&amp;`"
_CUT_OFF: Final = {
    expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS],
    expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_TOKEN],
}
_HTML: Final = re.compile(r"\s*<(!doctype\s+)?html\b", re.IGNORECASE)
_DATE: Final = re.compile(r"\s*(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)Z\s*", re.ASCII)


def read_xml_plist(data: bytes) -> object:
    """The value that the XML property list `data` holds: lists, `Dictionary`s and scalars.

    Raises `Unreadable` where it is not well-formed or not a property list.

    >>> read_xml_plist(b"<plist><array><true/><integer>3</integer></array></plist>")
    [True, 3]
    """
    text = decode_xml(data)
    if _HTML.match(text):
        message = "an HTML page, not a property list"
        raise Unreadable(Code.NOT_A_PROPERTY_LIST, message, "download the profile itself")
    builder = _Builder()
    try:
        builder.parser.Parse(text.encode(), True)
    except expat.ExpatError as error:
        raise builder.not_well_formed(error) from None
    return builder.result()


def _integer(text: str) -> int:
    # Documented: decimal, or hexadecimal with 0x.
    return int(text, 16) if text[:2] in {"0x", "0X"} else int(text)


def _date(text: str) -> datetime:
    match = _DATE.fullmatch(text)
    if match is None:
        raise ValueError(text)
    year, month, day, hour, minute, second = map(int, match.groups())
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


def _data(text: str) -> bytes:
    return binascii.a2b_base64(text.encode())


_LEAVES: Final[dict[str, Callable[[str], object]]] = {
    "data": _data,
    "date": _date,
    "false": lambda _: False,
    "integer": _integer,
    "key": str,
    "real": float,
    "string": str,
    "true": lambda _: True,
}
_CONTAINERS: Final = frozenset({"array", "dict"})


class _Builder:
    """The handlers that expat calls, and the values built so far.

    The first fault of the grammar is kept until the end: where the document turns out not to be
    well-formed, that is what the user has to hear.
    """

    def __init__(self) -> None:
        self.parser = parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.EntityDeclHandler = self._entity_declaration
        parser.SkippedEntityHandler = self._skipped_entity
        self._open: list[tuple[str, int, int]] = []
        self._containers: list[Dictionary | list[object]] = []
        self._keys: list[str | None] = []
        self._values: list[object] = []
        self._text: list[str] = []
        self._fault: Unreadable | None = None

    def result(self) -> object:
        """The one value of a document that was read to its end."""
        if self._fault is not None:
            raise self._fault
        if not self._values:
            raise Unreadable(Code.NOT_A_PROPERTY_LIST, "the property list holds no value")
        return self._values[0]

    def not_well_formed(self, error: expat.ExpatError) -> Unreadable:
        """What to say about a document that expat refused."""
        place = f"line {error.lineno}, column {error.offset}"
        message = f"not well-formed XML: {expat.ErrorString(error.code)} at {place}"
        if self._open:
            name, line, column = self._open[-1]
            message += f", inside {quote(f'<{name}>')} opened at line {line}, column {column}"
        cut_off = error.code in _CUT_OFF
        hint = "the file seems to be cut off" if cut_off else _ESCAPE_HINT
        return Unreadable(Code.BAD_XML, message, hint)

    def _here(self) -> str:
        return f"line {self.parser.CurrentLineNumber}, column {self.parser.CurrentColumnNumber}"

    def _wrong(self, message: str, hint: str = "") -> None:
        if self._fault is None:
            message = f"{message} at {self._here()}"
            self._fault = Unreadable(Code.NOT_A_PROPERTY_LIST, message, hint)

    def _start(self, name: str, _attributes: object) -> None:
        parent = self._open[-1][0] if self._open else None
        place = (self.parser.CurrentLineNumber, self.parser.CurrentColumnNumber)
        self._open.append((name, *place))
        if parent is None:
            if name != "plist":
                message = f"not a property list: the root element is {quote(f'<{name}>')}"
                raise Unreadable(Code.NOT_A_PROPERTY_LIST, message, "`<plist>` was expected")
            return
        if len(self._open) > DEPTH_LIMIT + 2:  # `<plist>` and a leaf around and in the containers
            raise too_deep()
        if self._fault is not None:
            return
        self._text.clear()
        misplaced = self._misplaced(name, parent)
        if misplaced:
            hint = "" if name in _LEAVES or name in _CONTAINERS else _ESCAPE_HINT
            self._wrong(f"{quote(f'<{name}>')} {misplaced}", hint)
        elif name in _CONTAINERS:
            container: Dictionary | list[object] = Dictionary() if name == "dict" else []
            self._add(container)
            self._containers.append(container)
            self._keys.append(None)

    def _misplaced(self, name: str, parent: str) -> str:
        """What is wrong with the element `name` inside `parent`; empty if nothing is."""
        if parent in _LEAVES:
            return f"inside `<{parent}>`, which holds text only,"
        if name not in _LEAVES and name not in _CONTAINERS:
            return "is no element of a property list,"
        if parent == "plist" and self._values:
            return "is a second value beside the first,"
        if parent == "dict":
            key_wanted = self._keys[-1] is None
            if (name == "key") is not key_wanted:
                return "where `<key>` was expected" if key_wanted else "where a value was expected"
        elif name == "key":
            return "outside a dictionary"
        return ""

    def _end(self, name: str) -> None:
        self._open.pop()
        if self._fault is not None or name == "plist":
            return
        if name in _LEAVES:
            self._leaf(name)
            return
        if self._keys.pop() is not None:
            self._wrong("a key without a value")
        self._containers.pop()

    def _leaf(self, name: str) -> None:
        text = "".join(self._text)
        self._text.clear()
        if name == "key":
            self._keys[-1] = text
            return
        try:
            value = _LEAVES[name](text)
        except ValueError:
            # The text itself may be a secret, so it is not quoted.
            self._wrong(f"the text of `<{name}>` cannot be read")
            return
        self._add(value)

    def _add(self, value: object) -> None:
        if not self._containers:
            self._values.append(value)
            return
        container = self._containers[-1]
        if isinstance(container, list):
            container.append(value)
            return
        key = self._keys[-1]
        assert key is not None  # noqa: S101 - `_start` has checked it
        container[key] = value
        self._keys[-1] = None

    def _characters(self, text: str) -> None:
        if self._fault is not None:
            return
        if self._open[-1][0] in _LEAVES:
            self._text.append(text)
        elif not text.isspace():
            self._wrong("text between the elements")

    def _entity_declaration(self, *_declaration: object) -> None:
        # Entities can grow without bound and read files; no profile needs one.
        message = f"an entity is declared at {self._here()}; a property list cannot have any"
        raise Unreadable(Code.NOT_A_PROPERTY_LIST, message, "write the text out in full")

    def _skipped_entity(self, name: str, _parameter: object) -> None:
        self._wrong(f"the entity {quote(f'&{name};')} is not defined,", _ESCAPE_HINT)
