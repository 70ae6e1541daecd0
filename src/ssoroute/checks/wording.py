"""How findings name things: the nearest known word, and enumerations."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import Final

from ssoroute.model.quoting import quote

__all__ = ["enumeration", "listing", "nearest"]

# How alike a typing mistake is, and how much of a very long word is compared.
_LIKENESS: Final = 0.75
_COMPARED: Final = 60


def nearest(text: str, known: Iterable[str], *, likeness: float = _LIKENESS) -> str | None:
    """The word of `known` that `text` probably means, or None.

    >>> nearest("Urls", ["Type", "URLs"])
    'URLs'
    """
    by_case = {word.lower(): word for word in known}
    wanted = text.strip().lower()[:_COMPARED]
    found = difflib.get_close_matches(wanted, by_case, n=1, cutoff=likeness)
    return by_case[found[0]] if found else None


def enumeration(items: Sequence[str]) -> str:
    """`items` as part of a sentence.

    >>> enumeration(["`a`", "`b`", "`c`"])
    '`a`, `b` and `c`'
    """
    *first, last = items
    return f"{', '.join(first)} and {last}" if first else last


def listing(items: Sequence[str], limit: int = 100) -> str:
    """`items` quoted, with commas between them; the rest of a very long list is only counted.

    >>> listing(["a", "b", "c"], limit=2)
    '`a`, `b` and 1 more'
    """
    said = ", ".join(quote(item) for item in items[:limit])
    return said if len(items) <= limit else f"{said} and {len(items) - limit} more"
