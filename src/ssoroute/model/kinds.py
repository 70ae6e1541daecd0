"""The kinds of value in property lists, JSON and TOML, and how a message says that one is wrong.

A message names the kind of a value and never shows the value, which may be a secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time
from enum import Enum
from typing import Final

__all__ = [
    "JSON",
    "MISSING",
    "PROPERTY_LIST",
    "TOML",
    "Missing",
    "kind_of",
    "must_be",
    "python_kind",
]

#: What each format calls a dictionary. All other kinds have one word in every format.
PROPERTY_LIST: Final = "a dictionary"
JSON: Final = "an object"
TOML: Final = "a table"

_KINDS: Final[tuple[tuple[type | tuple[type, ...], str], ...]] = (
    (bool, "a boolean"),  # before the integers: True is an int in Python
    (int, "an integer"),
    (float, "a real number"),
    (str, "a string"),
    (bytes, "data"),
    (date, "a date"),
    (time, "a time"),
    ((list, tuple), "an array"),
    (type(None), "null"),
)


class Missing(Enum):
    """The type of `MISSING`."""

    MISSING = "missing"


#: The value of a member that is not written.
MISSING: Final = Missing.MISSING


def kind_of(value: object, dictionary: str = PROPERTY_LIST) -> str:
    """The kind of `value`, with `dictionary` as the word for a mapping.

    >>> kind_of(True), kind_of((1, 2)), kind_of({}), kind_of({}, JSON)
    ('a boolean', 'an array', 'a dictionary', 'an object')
    """
    if isinstance(value, Mapping):
        return dictionary
    return next((name for kind, name in _KINDS if isinstance(value, kind)), "an unknown value")


def must_be(wanted: str, value: object, dictionary: str = PROPERTY_LIST) -> str:
    """What is wrong with `value`, which is not `wanted`; `MISSING` if it is not written.

    >>> must_be("a string", True)
    'must be a string, not a boolean'
    >>> must_be("a string", MISSING)
    'is missing; it must be a string'
    """
    if value is MISSING:
        return f"is missing; it must be {wanted}"
    what = "an empty string" if value == "" else kind_of(value, dictionary)
    return f"must be {wanted}, not {what}"


def python_kind(value: object) -> str:
    """The type of an argument in a message to a programmer.

    >>> python_kind(None), python_kind(15.4), python_kind(ValueError)
    ('None', 'float', 'the class ValueError')
    """
    if isinstance(value, type):
        return f"the class {value.__name__}"
    return "None" if value is None else type(value).__name__
