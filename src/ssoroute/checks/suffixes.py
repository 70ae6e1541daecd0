"""Public suffixes, from the list inside the installed `tldextract`.

The only place that imports it, and it costs 100 ms: nothing is downloaded, nothing written.
"""

from __future__ import annotations

from typing import Final

import tldextract

__all__ = ["is_public_suffix"]

_EXTRACT: Final = tldextract.TLDExtract(
    suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True
)


def is_public_suffix(domain: str) -> bool:
    """Whether everybody can own a host below `domain`.

    >>> [is_public_suffix(d) for d in ("com", "co.uk", "github.io", "example.com", "local")]
    [True, True, True, False, False]
    """
    found = _EXTRACT(domain)
    return bool(found.suffix) and not found.domain and not found.subdomain
