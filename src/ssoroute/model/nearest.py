"""What to say of a name that is unknown: the nearest known one, or all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Final

from ssoroute.model.quoting import one_line, quote

__all__ = ["LOOSE", "did_you_mean", "first_of", "nearest"]

# How alike a typing mistake is to the right name.
_LIKENESS: Final = 0.75
#: The same for a name that must be a known one: a distant guess is better than none.
LOOSE: Final = 0.6
# How much of a very long name is compared, and with how many: the time grows with both.
_COMPARED: Final = 100
_TRIED: Final = 1000
# How many known names a message lists.
_LISTED: Final = 40


def nearest(text: str, known: Iterable[str], *, likeness: float = _LIKENESS) -> str | None:
    """The name of `known` that `text` probably means, or None; case does not count.

    Only the first thousand names are tried, and only their beginnings are compared.

    >>> nearest("Urls", ["Type", "URLs"])
    'URLs'
    """
    import difflib  # needed only to word an error

    names = {name[:_COMPARED].lower(): name for name in islice(known, _TRIED)}
    wanted = text.strip()[:_COMPARED].lower()
    found = difflib.get_close_matches(wanted, names, n=1, cutoff=likeness)
    return names[found[0]] if found else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The end of a message about the unknown `name`, which must be one of `known`.

    >>> did_you_mean("Crome", ["chrome", "safari"])
    'did you mean `chrome`?'
    >>> did_you_mean("x", ["chrome", "safari"])
    'known are chrome, safari'
    """
    names = list(known)
    near = nearest(name, names, likeness=LOOSE)
    return f"did you mean {quote(near)}?" if near else f"known are {first_of(names)}"


def first_of(names: Sequence[str], shown: int = _LISTED) -> str:
    """The first of `names` in a line, and how many more there are.

    >>> first_of(["url", "caller", "code"], shown=2)
    'url, caller and 1 more'
    """
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(map(one_line, names[:shown])) + more
