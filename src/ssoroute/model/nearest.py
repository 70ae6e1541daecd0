"""What to say of a name that is unknown: the nearest known one, or all of them."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["did_you_mean"]


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The end of a message about the unknown `name`; case does not count.

    >>> did_you_mean("Crome", ["chrome", "safari"])
    'did you mean `chrome`?'
    >>> did_you_mean("x", ["chrome", "safari"])
    'known are chrome, safari'
    """
    import difflib  # needed only to word an error

    names = list(known)
    nearest = difflib.get_close_matches(name[:40].lower(), names, n=1)
    return f"did you mean `{nearest[0]}`?" if nearest else f"known are {', '.join(names)}"
