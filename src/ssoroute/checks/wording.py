"""How findings name things: enumerations."""

from __future__ import annotations

from collections.abc import Sequence

from ssoroute.model.quoting import quote

__all__ = ["enumeration", "listing"]


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
