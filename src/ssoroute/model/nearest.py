"""What to say of a name that is unknown: the nearest known one, or all of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

__all__ = ["did_you_mean", "nearest"]

# How alike a typing mistake is, and how much of a very long word is compared.
_LIKENESS: Final = 0.75
_COMPARED: Final = 60


def nearest(text: str, known: Iterable[str], *, likeness: float = _LIKENESS) -> str | None:
    """The word of `known` that `text` probably means, or None.

    >>> nearest("Urls", ["Type", "URLs"])
    'URLs'
    """
    import difflib  # needed only to word an error

    by_case = {word.lower(): word for word in known}
    wanted = text.strip().lower()[:_COMPARED]
    found = difflib.get_close_matches(wanted, by_case, n=1, cutoff=likeness)
    return by_case[found[0]] if found else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The end of a message about the unknown `name`; case does not count.

    >>> did_you_mean("Crome", ["chrome", "safari"])
    'did you mean `chrome`?'
    >>> did_you_mean("x", ["chrome", "safari"])
    'known are chrome, safari'
    """
    import difflib  # needed only to word an error

    names = list(known)
    found = difflib.get_close_matches(name[:40].lower(), names, n=1)
    return f"did you mean `{found[0]}`?" if found else f"known are {', '.join(names)}"
