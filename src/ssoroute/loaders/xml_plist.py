"""XML property lists.

One pass of expat builds the values and checks the grammar, so that every fault is reported with its
line and column. `plistlib` is not used here: it skips unknown elements and undefined entities
silently, gives no column, and needs quadratic time for a long comment.

The reader accepts what Apple's DTD describes.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import Final
from xml.parsers import expat

from ssoroute.loaders.doctype import check_doctype
from ssoroute.loaders.findings import Code, Unreadable
from ssoroute.loaders.position import Position
from ssoroute.loaders.text import decode_xml
from ssoroute.loaders.values import DEPTH_LIMIT, fits_64_bits, too_deep
from ssoroute.loaders.xml_places import Places
from ssoroute.model.members import Dictionary
from ssoroute.model.quoting import quote

__all__ = ["find_in_xml_plist", "read_xml_plist"]

_ESCAPE_HINT: Final = "in text, a raw `<` must be written `&lt;` and a raw `&` `&amp;`"
_CUT_OFF: Final = {
    expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS],
    expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_TOKEN],
}
_HTML: Final = re.compile(r"\s*<(!doctype\s+)?html\b", re.IGNORECASE)
_INTEGER: Final = re.compile(r"\s*([+-]?[0-9]+|0[xX][0-9a-fA-F]+)\s*", re.ASCII)
#: More digits than an integer of 64 bits can have, some zeros in front of it included.
_DIGITS: Final = 40
_DATE: Final = re.compile(r"\s*(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)Z\s*", re.ASCII)


def read_xml_plist(data: bytes) -> object:
    """The value that the XML property list `data` holds: lists, `Dictionary`s and scalars.

    Raises `Unreadable` if it is not well-formed or not a property list.

    >>> read_xml_plist(b"<plist><array><true/><integer>3</integer></array></plist>")
    [True, 3]
    """
    text = decode_xml(data)
    if _HTML.match(text):
        message = "an HTML page, not a property list"
        raise Unreadable(Code.NOT_A_PROPERTY_LIST, message, "download the profile itself")
    check_doctype(text)
    builder = _Builder()
    try:
        builder.parser.Parse(text.encode(), True)
    except expat.ExpatError as error:
        raise builder.not_well_formed(error) from None
    return builder.result()


def find_in_xml_plist(
    text: str, paths: Collection[str] | None, comments: str | None = None
) -> Places:
    """The spans (in bytes of UTF-8) of the values of `text` at the key paths `paths`, or of all.

    Comments that begin with `comments` are found as well. Paths that `text` does not have are left
    out; of a dictionary or an array the span is that of its opening tag. Raises `Unreadable` or
    `ExpatError` if `text` is not an XML property list.
    """
    check_doctype(text)
    data = text.encode()
    places = Places(data, paths, comments)
    _Builder(places).parser.Parse(data, True)
    places.end()
    return places


def _integer(text: str) -> int:
    # Documented: decimal, or hexadecimal with 0x.
    digits = _INTEGER.fullmatch(text)
    if digits is None:
        raise ValueError(text)
    # The length comes first: Python refuses to turn thousands of digits into an integer.
    if len(digits[1]) <= _DIGITS:
        number = int(digits[1], 16 if digits[1][:2] in {"0x", "0X"} else 10)
        if fits_64_bits(number):
            return number
    raise OverflowError


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
#: How to complete a part of a property list, by its first element.
_WITHOUT_PLIST: Final = {
    "key": "this is a list of keys: write `<plist><dict>` before it and `</dict></plist>` after it",
    "dict": "write `<plist>` before it and `</plist>` after it",
    "array": "write `<plist>` before it and `</plist>` after it",
}
_KNOWN: Final = _CONTAINERS | _LEAVES.keys() | {"plist"}


class _Builder:
    """The handlers that expat calls, and the values built so far.

    The first fault of the grammar is kept until the end: if the document is not well-formed either,
    that is the better message. With `places`, the places of values and comments are
    recorded.
    """

    def __init__(self, places: Places | None = None) -> None:
        self.parser = parser = expat.ParserCreate("utf-8")
        # Text is not buffered: for buffered text expat reports the position where it ends.
        parser.buffer_text = False
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.SkippedEntityHandler = self._skipped_entity
        self._open: list[tuple[str, Position]] = []
        self._containers: list[Dictionary | list[object]] = []
        self._keys: list[str | None] = []
        self._values: list[object] = []
        self._text: list[str] = []
        self._fault: Unreadable | None = None
        self._places = places
        if places is not None:
            parser.CommentHandler = self._comment

    def result(self) -> object:
        """The one value of a document that was read to its end."""
        if self._fault is not None:
            raise self._fault
        if not self._values:
            raise Unreadable(Code.NOT_A_PROPERTY_LIST, "the property list holds no value")
        return self._values[0]

    def not_well_formed(self, error: expat.ExpatError) -> Unreadable:
        """The error about a document that expat refused."""
        at = Position(error.lineno, error.offset + 1)
        message = f"not well-formed XML: {expat.ErrorString(error.code)} at {at}"
        if self._open:
            name, opened = self._open[-1]
            what = self._element(name, self._open[:-1])
            message += f", inside {what} opened at {opened}"
        cut_off = error.code in _CUT_OFF
        hint = "the file seems to be cut off" if cut_off else _ESCAPE_HINT
        return Unreadable(Code.BAD_XML, message, hint, at)

    @staticmethod
    def _element(name: str, around: list[tuple[str, Position]]) -> str:
        """How a message calls the element `name` inside the elements `around`.

        Inside a value it is a raw `<` and text after it, which may be a part of a secret.
        """
        is_text = any(parent in _LEAVES for parent, _ in around) and name not in _KNOWN
        return "an element" if is_text else quote(f"<{name}>")

    def _here(self) -> Position:
        # expat counts columns from 0.
        return Position(self.parser.CurrentLineNumber, self.parser.CurrentColumnNumber + 1)

    def _wrong(self, message: str, hint: str = "", at: Position | None = None) -> None:
        if self._fault is None:
            at = at or self._here()
            self._fault = Unreadable(Code.NOT_A_PROPERTY_LIST, f"{message} at {at}", hint, at)

    def _start(self, name: str, _attributes: object) -> None:
        parent = self._open[-1][0] if self._open else None
        here = self._here()
        self._open.append((name, here))
        if parent is None:
            if name != "plist":
                root = quote(f"<{name}>")
                message = f"not a property list: the root element is {root} at {here}"
                hint = _WITHOUT_PLIST.get(name, "expected `<plist>`")
                raise Unreadable(Code.NOT_A_PROPERTY_LIST, message, hint, here)
            return
        if len(self._open) > DEPTH_LIMIT + 2:  # `<plist>` and a leaf around and in the containers
            raise too_deep()
        if self._fault is not None:
            return
        self._text.clear()
        misplaced = self._misplaced(name, parent)
        if misplaced:
            hint = "" if name in _LEAVES or name in _CONTAINERS else _ESCAPE_HINT
            self._wrong(f"{self._element(name, self._open[:-1])} {misplaced}", hint)
            return
        if self._places is not None:
            self._places.start(self.parser.CurrentByteIndex)
        if name in _CONTAINERS:
            container: Dictionary | list[object] = Dictionary() if name == "dict" else []
            if self._places is not None:
                self._places.open(*self._parent())
            self._add(container)
            self._containers.append(container)
            self._keys.append(None)

    def _misplaced(self, name: str, parent: str) -> str:
        """What is wrong with the element `name` inside `parent`; empty if nothing is."""
        if parent in _LEAVES:
            return f"inside `<{parent}>`, which holds text only,"
        if name not in _LEAVES and name not in _CONTAINERS:
            return "is not an element of a property list,"
        if parent == "plist" and self._values:
            return "is a second value beside the first,"
        if parent == "dict":
            needs_key = self._keys[-1] is None
            if (name == "key") is not needs_key:
                return "in place of `<key>`" if needs_key else "in place of a value"
        elif name == "key":
            return "outside a dictionary"
        return ""

    def _end(self, name: str) -> None:
        _, opened = self._open.pop()
        if self._fault is not None or name == "plist":
            return
        if name in _LEAVES:
            self._leaf(name, opened)
            return
        if self._keys.pop() is not None:
            self._wrong("a key without a value")
        self._containers.pop()
        if self._places is not None:
            self._places.close(self.parser.CurrentByteIndex)

    def _leaf(self, name: str, opened: Position) -> None:
        text = "".join(self._text)
        self._text.clear()
        if name == "key":
            self._keys[-1] = text
            if self._places is not None:
                self._places.key(self.parser.CurrentByteIndex)
            return
        try:
            value = _LEAVES[name](text)
        except OverflowError:
            self._wrong(f"the number in `<{name}>` does not fit into 64 bits", at=opened)
            return
        except ValueError:
            # The text itself may be a secret, so it is not quoted.
            self._wrong(f"the text of `<{name}>` cannot be read", at=opened)
            return
        if self._places is not None:
            self._places.leaf(*self._parent(), self.parser.CurrentByteIndex)
        self._add(value)

    def _parent(self) -> tuple[object, str | None]:
        """The container that is open, and its key whose value comes next."""
        return (self._containers[-1], self._keys[-1]) if self._containers else (None, None)

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
            line, column = self._here()
            column += len(text) - len(text.lstrip())
            self._wrong("text between the elements", at=Position(line, column))

    def _comment(self, text: str) -> None:
        is_text = bool(self._open) and self._open[-1][0] in _LEAVES
        if self._places is not None and not is_text and self._fault is None:
            self._places.comment(self.parser.CurrentByteIndex, text)

    def _skipped_entity(self, name: str, _parameter: object) -> None:
        # Inside a value it is a raw `&` and text after it, which may be a part of a secret.
        what = "an entity" if self._open[-1][0] in _LEAVES else f"the entity {quote(f'&{name};')}"
        self._wrong(f"{what} is not defined,", _ESCAPE_HINT)
