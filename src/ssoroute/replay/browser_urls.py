"""A regular expression for URLs that are already spelled as a browser spells them.

It knows most of what a log holds and is far cheaper than spelling each URL; whatever it does not
know is spelled. The tests hold it to `browser_url`.
"""

from __future__ import annotations

from typing import Final

__all__ = ["PLAIN_URL"]

_LABEL: Final = "[a-z0-9]+(?:-[a-z0-9]+)*"  # no `--`, so no A-label
_LAST_LABEL: Final = "[a-z][a-z0-9]*(?:-[a-z0-9]+)*"  # no number, so no IPv4 address
_REST: Final = r"[A-Za-z0-9_~!$&()*+,;=:@./?%-]*"
#: What certainly is its own browser spelling, and most of what a log holds is: lower-case host
#: without a port, no dot segment, nothing to be escaped. Everything else is spelled one by one.
PLAIN_URL: Final = (
    rf"https?://(?:{_LABEL}\.)*{_LAST_LABEL}"
    r"(?:/(?:[A-Za-z0-9_~!$&()*+,;=:@-][A-Za-z0-9_~!$&()*+,;=:@.%-]*)?)+"
    rf"(?:\?{_REST})?(?:#{_REST})?"
)
