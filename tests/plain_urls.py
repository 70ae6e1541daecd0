"""A regular expression for URLs that already have the browser's spelling.

`_scan_urls.h` decides about them, which are most of a log, without spelling them. Tests compare it
with this expression, and the expression with `browser_url`.
"""

from __future__ import annotations

from typing import Final

_LABEL: Final = "[a-z0-9]+(?:-[a-z0-9]+)*"  # no `--`, so no A-label
_LAST_LABEL: Final = "[a-z][a-z0-9]*(?:-[a-z0-9]+)*"  # no number, so no IPv4 address
_REST: Final = r"[A-Za-z0-9_~!$&()*+,;=:@./?%-]*"
#: Matches only URLs that are their own browser spelling: the host is in lower case and has no
#: port, there is no dot segment, and no character needs to be escaped.
PLAIN_URL: Final = (
    rf"https?://(?:{_LABEL}\.)*{_LAST_LABEL}"
    r"(?:/(?:[A-Za-z0-9_~!$&()*+,;=:@-][A-Za-z0-9_~!$&()*+,;=:@.%-]*)?)+"
    rf"(?:\?{_REST})?(?:#{_REST})?"
)
