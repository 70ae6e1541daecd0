"""Host patterns as globs: read from their end, a suffix is a prefix.

An exact host has a mark at its end, so that it takes one text only.
"""

from __future__ import annotations

from typing import Final

from ssoroute.model.globs import Glob
from ssoroute.model.patterns import HostPattern, lower_ascii

__all__ = ["exact_host", "host_glob", "suffix_of"]

# Not ASCII, so that no host of a request holds it.
_END: Final = "\x80"


def host_glob(pattern: HostPattern) -> Glob:
    """The reversed host texts that `pattern` takes.

    >>> host_glob(HostPattern(".a.test"))
    Glob(pieces=('tset.a.',), one_more=False)
    """
    reversed_text = lower_ascii(pattern.text)[::-1]
    return Glob((reversed_text if pattern.is_suffix else reversed_text + _END,))


def exact_host(text: str) -> str | None:
    """The host that the reversed `text` stands for, or None if `text` is a suffix.

    >>> exact_host(host_glob(HostPattern("a.test")).head)
    'a.test'
    """
    return text[-2::-1] if text.endswith(_END) else None


def suffix_of(text: str) -> str:
    """The suffix that the reversed `text` stands for."""
    return text[::-1]
