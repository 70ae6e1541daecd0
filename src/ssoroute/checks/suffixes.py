"""Public suffixes, from the list inside the installed `publicsuffixlist`.

The only place that imports it: nothing is downloaded, nothing written.
"""

from __future__ import annotations

from functools import cache
from importlib import resources

from publicsuffixlist import PublicSuffixList

__all__ = ["is_public_suffix"]


@cache
def _list(top: str) -> PublicSuffixList:
    """The rules for domains below `top`, a label in lower case.

    All rules together would take a third of the time to read that `ssoroute route` takes to start.
    """
    text = resources.files("publicsuffixlist").joinpath("public_suffix_list.dat").read_bytes()
    end = top.encode()
    # The list has labels as they are displayed, and `top` may be one that is encoded for DNS.
    encoded = top.startswith("xn--")
    rules = [
        line
        for line in text.splitlines()
        if line.endswith(end) or (encoded and not line.isascii())
        if not line.startswith(b"//")
    ]
    return PublicSuffixList(source=rules, accept_unknown=False)


def is_public_suffix(domain: str) -> bool:
    """Whether everybody can own a host below `domain`.

    >>> [is_public_suffix(d) for d in ("com", "co.uk", "github.io", "example.com", "local")]
    [True, True, True, False, False]
    """
    return _list(domain.rstrip(".").rpartition(".")[2].lower()).is_public(domain)
