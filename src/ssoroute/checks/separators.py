"""Several values in one string, as consoles and people join them."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["joined_values"]

_SEPARATORS: Final = re.compile(r"[,;\s]+")
#: What every value of a key contains: an entry is one value unless all its parts contain it.
_MARKS: Final = {
    "URLs": "://",
    "Hosts": "",
    "DeniedBundleIdentifiers": ".",
    "AssociatedDomains": ":",
}


def joined_values(text: str, key: str) -> tuple[str, ...]:
    """The values that `text`, an entry of the array `key`, holds; empty if it holds one.

    >>> joined_values("https://a.example,https://b.example", "URLs")
    ('https://a.example', 'https://b.example')
    >>> joined_values("https://a.example/x,y", "URLs"), joined_values("Chrome, X", "URLs")
    ((), ())
    """
    parts = [part for part in _SEPARATORS.split(text) if part]
    mark = _MARKS[key]
    several = len(parts) > 1 and all(mark in part for part in parts)
    return tuple(parts) if several else ()
