r"""Old-style (OpenStep) property lists: the text in which some of Apple's tools print values.

A value is a dictionary `{ key = value; }`, an array `( value, value )`, data `<0fbd77>`, or a
string, quoted or not. There are no numbers and no booleans: they arrive as strings. Observed: tools
also print data as `{length = 3, bytes = 0x0fbd77}`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NoReturn

from ssoroute.loaders.findings import Code, Unreadable
from ssoroute.loaders.values import DEPTH_LIMIT, too_deep
from ssoroute.model.members import Dictionary
from ssoroute.model.quoting import quote

__all__ = ["read_openstep", "write_openstep"]

_SPACE: Final = re.compile(r"(?:\s+|//[^\n\r]*|/\*.*?\*/)+", re.DOTALL)
_BARE: Final = re.compile(r"[A-Za-z0-9_$/:.+@~\-]+")
_PLAIN: Final = {quote: re.compile(rf"[^{quote}\\]*") for quote in "\"'"}
_DATA: Final = re.compile(r"<([0-9a-fA-F\s]*)>")
_PRINTED_DATA: Final = re.compile(
    r"\{\s*length\s*=\s*\d+\s*,\s*bytes\s*=\s*(?:0x)?([0-9a-fA-F. ]*)\}"
)
_ESCAPE: Final = re.compile(r"\\(?:[Uu]([0-9a-fA-F]{4})|([0-7]{1,3})|(.))", re.DOTALL)
_LETTERS: Final = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def read_openstep(text: str) -> object:
    r"""The value that `text` holds: lists, `Dictionary`s, strings and bytes.

    Raises `Unreadable` with the line and the column of the fault.

    >>> read_openstep('{ Type = Redirect; URLs = ("https://a.example/", b); }')
    {'Type': 'Redirect', 'URLs': ['https://a.example/', 'b']}
    >>> read_openstep('{ Type = Redirect')
    Traceback (most recent call last):
    ...
    ssoroute.loaders.findings.Unreadable: not an old-style property list: expected `;` or `}`, ...
    """
    parser = _Parser(text)
    value = parser.value(DEPTH_LIMIT)
    parser.end()
    return value


def write_openstep(value: object) -> str:
    r"""`value`, of lists, dictionaries, strings and bytes, as a text that `read_openstep` reads.

    Other values become strings, as the system's tools print them.

    >>> print(write_openstep({"Type": "Redirect", "On": True}))
    {"Type" = "Redirect"; "On" = "1"; }
    """
    if isinstance(value, Mapping):
        items = (f"{write_openstep(key)} = {write_openstep(item)}; " for key, item in value.items())
        return "{" + "".join(items) + "}"
    if isinstance(value, list | tuple):
        return "(" + ", ".join(map(write_openstep, value)) + ")"
    if isinstance(value, bytes):
        return f"<{value.hex()}>"
    text = str(int(value)) if isinstance(value, bool) else str(value)
    return '"' + "".join(map(_written, text)) + '"'


def _written(character: str) -> str:
    if character in ('"', "\\"):
        return "\\" + character
    if character.isascii() and character.isprintable():
        return character
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\U{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


class _Parser:
    """Reads one text from its beginning to its end; `at` is the position that it has reached."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def value(self, depth: int) -> object:
        """The value that begins here, not nested deeper than `depth`."""
        if not depth:
            raise too_deep()
        self._skip()
        match self._text[self._at : self._at + 1]:
            case "{":
                printed = _PRINTED_DATA.match(self._text, self._at)
                if printed:
                    self._at = printed.end()
                    return _bytes(printed[1])
                return self._dictionary(depth)
            case "(":
                return self._array(depth)
            case "<":
                return self._data()
            case _:
                return self._string("a value")

    def end(self) -> None:
        """See to it that nothing follows."""
        self._skip()
        if self._at < len(self._text):
            self._fail(f"{self._here()} follows the value")

    def _dictionary(self, depth: int) -> Dictionary:
        found = Dictionary()
        self._at += 1
        while not self._takes("}"):
            key = self._string("a key or `}`")
            self._expect("=")
            found[key] = self.value(depth - 1)
            # Reading: the last `;` may be left out, as other readers of the format allow.
            if not self._takes(";"):
                self._expect("}", "`;` or `}`")
                break
        return found

    def _array(self, depth: int) -> list[object]:
        found: list[object] = []
        self._at += 1
        while not self._takes(")"):
            found.append(self.value(depth - 1))
            if not self._takes(","):
                self._expect(")", "`,` or `)`")
                break
        return found

    def _data(self) -> bytes:
        match = _DATA.match(self._text, self._at)
        if match is None:
            self._fail("data must be hexadecimal digits between `<` and `>`")
        self._at = match.end()
        return _bytes(match[1])

    def _string(self, wanted: str) -> str:
        self._skip()
        if self._text[self._at : self._at + 1] in _PLAIN:
            return self._quoted()
        match = _BARE.match(self._text, self._at)
        if match is None:
            self._fail(f"expected {wanted}, found {self._here()}")
        self._at = match.end()
        return match[0]

    def _quoted(self) -> str:
        start = self._at
        mark = self._text[start]
        pieces = []
        self._at += 1
        while True:
            plain = _PLAIN[mark].match(self._text, self._at)
            assert plain is not None  # noqa: S101 - it matches the empty string
            pieces.append(plain[0])
            self._at = plain.end()
            if self._text[self._at : self._at + 1] == mark:
                self._at += 1
                return _whole("".join(pieces))
            escape = _ESCAPE.match(self._text, self._at)
            if escape is None:
                self._at = start
                self._fail("a quoted string does not end")
            self._at = escape.end()
            pieces.append(_escaped(escape))

    def _takes(self, character: str) -> bool:
        self._skip()
        found = self._text.startswith(character, self._at)
        self._at += found
        return found

    def _expect(self, character: str, wanted: str = "") -> None:
        if not self._takes(character):
            self._fail(f"expected {wanted or quote(character)}, found {self._here()}")

    def _skip(self) -> None:
        match = _SPACE.match(self._text, self._at)
        if match:
            self._at = match.end()

    def _here(self) -> str:
        character = self._text[self._at : self._at + 1]
        return quote(character) if character else "the end of the text"

    def _fail(self, what: str) -> NoReturn:
        before = self._text[: self._at]
        line = before.count("\n") + 1
        column = self._at - (before.rfind("\n") + 1) + 1
        message = f"not an old-style property list: {what}, line {line}, column {column}"
        raise Unreadable(Code.BAD_OPENSTEP, message)


def _escaped(escape: re.Match[str]) -> str:
    code, octal, letter = escape.groups()
    if code:
        return chr(int(code, 16))
    if octal:
        # Observed in the format's descriptions: octal codes are of the NeXTSTEP character set,
        # which is ASCII below 128. Reading: above, Latin-1 is close enough for a URL.
        return chr(int(octal, 8) & 0xFF)
    return _LETTERS.get(letter, letter)


def _whole(text: str) -> str:
    r"""`text` with the two halves of a character, written as two `\U` escapes, made one."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _bytes(digits: str) -> bytes:
    kept = re.sub(r"[^0-9a-fA-F]", "", digits)
    return bytes.fromhex(kept[: len(kept) // 2 * 2])
