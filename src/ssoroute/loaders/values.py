"""From what a parser returns to `Value`: arrays become tuples, dictionaries plain copies.

Also here: the limits on nesting and on integers that all formats share.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from ssoroute.loaders.findings import Code, Report, Unreadable
from ssoroute.model.members import Dictionary
from ssoroute.model.quoting import one_line, quote

if TYPE_CHECKING:
    from ssoroute.model.profile import Value
    from ssoroute.model.source import Source

__all__ = [
    "BEYOND_64_BITS",
    "DEPTH_LIMIT",
    "fits_64_bits",
    "freeze",
    "key_path",
    "parse_integer",
    "too_deep",
]

#: How deep values may be nested. Real profiles stay below ten, and recursion to this depth is safe.
DEPTH_LIMIT: Final = 100
#: What is said of an integer that is not one of a property list.
BEYOND_64_BITS: Final = "an integer does not fit into 64 bits"
_DIGITS: Final = 20  # the most that an integer of 64 bits has, with its sign


def fits_64_bits(number: int) -> bool:
    """Whether `number` is an integer of a property list: signed or unsigned, in 64 bits.

    >>> fits_64_bits(2**64 - 1), fits_64_bits(2**64), fits_64_bits(-(2**63))
    (True, False, True)
    """
    return -(1 << 63) <= number < 1 << 64


def parse_integer(text: str) -> int | None:
    """The integer of a JSON or TOML text; None if it does not fit into 64 bits.

    >>> parse_integer("401"), parse_integer("1" + "0" * 5000)
    (401, None)
    """
    # The length comes first: Python refuses to turn thousands of digits into an integer.
    if len(text) > _DIGITS or not fits_64_bits(int(text)):
        return None
    return int(text)


def too_deep() -> Unreadable:
    """The error about a document nested deeper than `DEPTH_LIMIT`."""
    return Unreadable(Code.TOO_DEEP, f"values are nested more than {DEPTH_LIMIT} levels deep")


def freeze(value: object, source: Source, report: Report) -> Value:
    """The value of a parser as an immutable one.

    Reports keys written twice, and what cannot be kept: object references of keyed archives, and
    text that is not Unicode. Raises `Unreadable` if `value` is nested too deep.
    """
    return _freeze(value, source, report, DEPTH_LIMIT)


def _freeze(value: object, source: Source, report: Report, depth: int) -> Value:
    if isinstance(value, str):
        return _text(value, source, report)
    if isinstance(value, datetime):
        # Documented: dates of property lists are in UTC; plistlib gives them without a zone.
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value
    if value is None or isinstance(value, (bool, int, float, bytes)):
        return value
    if depth == 0:
        raise too_deep()
    if isinstance(value, list):
        return tuple(
            item
            if isinstance(item, (bool, int, float))  # long arrays of numbers need no places
            else _freeze(item, source.item(index), report, depth - 1)
            for index, item in enumerate(value)
        )
    if isinstance(value, Dictionary):
        for key in sorted(value.repeated):
            # Reading: it is not documented which one a device takes; parsers take the last one.
            message = f"the key {quote(key)} is written more than once; the last one counts"
            report.add(Code.DUPLICATE_KEY, source, message, "keep one of them")
        return {
            _text(key, source, report): _freeze(item, source.key(one_line(key)), report, depth - 1)
            for key, item in value.items()
        }
    message = "an object reference (UID) of a keyed archive cannot be a value of a profile"
    report.add(Code.UNSUPPORTED_VALUE, source, message)
    return None


def _text(text: str, source: Source, report: Report) -> str:
    """`text` with U+FFFD for each half of a surrogate pair, which only JSON can write."""
    try:
        text.encode()
    except UnicodeEncodeError:
        message = "text holds half of a surrogate pair, which is not a character; read as U+FFFD"
        report.add(Code.UNSUPPORTED_VALUE, source, message)
        return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    return text


def key_path(path: str, key: str) -> str:
    """The key path of the value under `key` in the dictionary at `path`.

    >>> key_path("Payload", "URLs"), key_path("", "Type")
    ('Payload.URLs', 'Type')
    """
    return f"{path}.{one_line(key)}" if path else one_line(key)
