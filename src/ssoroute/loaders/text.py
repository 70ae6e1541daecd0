"""From bytes to text: which encoding a text file is in, by its first bytes and nothing else."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from encodings.aliases import aliases
from typing import Final

from ssoroute.loaders.findings import Code, Unreadable
from ssoroute.loaders.position import Lines
from ssoroute.model.quoting import quote

__all__ = ["decode", "decode_parts", "decode_xml", "printed_lines", "without_xml_declaration"]

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
#: Names that an XML declaration may give, and how Python reads them. A closed list: Python knows
#: encodings that run code paths no profile needs.
_DECLARED: Final = {
    "ascii": "ascii",
    "iso-8859-1": "latin-1",
    "macintosh": "mac-roman",
    "us-ascii": "ascii",
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "windows-1252": "cp1252",
}
_XML_DECLARATION: Final = re.compile(r"\s*(<\?xml\s[^>]{0,300}\?>)")
_LINE_END: Final = re.compile(r"\r\n|\r|\n")
_ENCODING: Final = re.compile(r"""encoding\s*=\s*["']([^"']*)["']""")


def decode(data: bytes) -> str:
    """The text of `data`: UTF-8 or UTF-16 by its byte order mark, UTF-16 also without one.

    Raises `Unreadable` if the bytes are invalid in that encoding.

    >>> decode("{}".encode("utf-16"))
    '{}'
    """
    return _decode(*_by_first_bytes(data))


def decode_xml(data: bytes) -> str:
    r"""The text of an XML document, with spaces for its XML declaration, so positions stay right.

    The byte order mark wins over the declared encoding, and without either it is UTF-8.

    >>> decode_xml(b'<?xml version="1.0" encoding="ISO-8859-1"?><p>\xe9</p>').strip()
    '<p>é</p>'
    """
    _, _, text = decode_parts(data, is_xml=True)
    return without_xml_declaration(text)


def without_xml_declaration(text: str) -> str:
    """`text` with spaces for its XML declaration."""
    declaration = _XML_DECLARATION.match(text)
    if declaration:
        text = re.sub(r"[^\r\n]", " ", declaration[0]) + text[declaration.end() :]
    return text


def decode_parts(data: bytes, *, is_xml: bool) -> tuple[bytes, str, str]:
    r"""The byte order mark of `data`, its encoding in Python's words, and its text.

    The mark and the encoded text are `data` again. Raises `Unreadable` for invalid bytes.

    >>> decode_parts(b"\xef\xbb\xbf{}", is_xml=False)
    (b'\xef\xbb\xbf', 'utf-8', '{}')
    """
    body, encoding = _by_first_bytes(data)
    mark = data[: len(data) - len(body)]
    if is_xml and encoding == "utf-8" and not mark:
        head = body[:1000].decode("latin-1")
        declaration = _XML_DECLARATION.match(head)
        declared = _ENCODING.search(declaration[1]) if declaration else None
        if declared:
            name = declared[1].lower()
            if name not in _DECLARED:
                # what is not the name of an encoding may be anything, also a secret
                written = quote(declared[1])
                which = f"the encoding {written}" if _is_known(name) else "an unknown encoding"
                message = f"the XML declaration names {which}"
                raise Unreadable(Code.BAD_TEXT, message, "write the file in UTF-8")
            encoding = _DECLARED[name]
    return mark, encoding, _decode(body, encoding)


def _is_known(name: str) -> bool:
    known = name.replace("-", "_")
    return known in aliases or known in aliases.values()


def printed_lines(data: bytes) -> Iterator[tuple[int, str]]:
    r"""The lines of what a tool printed, each with its number from 1.

    A file that was cut can end inside a character, so what cannot be decoded becomes U+FFFD.

    >>> list(printed_lines(b"one\r\ntwo"))
    [(1, 'one'), (2, 'two')]
    """
    body, encoding = _by_first_bytes(data)
    return enumerate(_LINE_END.split(body.decode(encoding, "replace")), 1)


def _by_first_bytes(data: bytes) -> tuple[bytes, str]:
    """`data` without its byte order mark, and the encoding that its first bytes show."""
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise Unreadable(Code.BAD_TEXT, "UTF-32 text is not read", "write the file in UTF-8")
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return data[len(bom) :], encoding
    # Markup and JSON begin with an ASCII character; UTF-16 puts a zero byte beside it.
    if data[:1] == b"\0" and data[1:2] != b"\0":
        return data, "utf-16-be"
    if data[1:2] == b"\0" and data[:1] != b"\0":
        return data, "utf-16-le"
    return data, "utf-8"


def _decode(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        before = data[: error.start].decode(encoding)
        at = Lines(before).position(len(before))
        message = f"not {encoding.upper()} text: invalid byte at {at}"
        raise Unreadable(Code.BAD_TEXT, message, "write the file in UTF-8", at) from None
