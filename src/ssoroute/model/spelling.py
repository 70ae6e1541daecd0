"""The two spellings of a request URL: what the app wrote, and what a browser makes of it.

The router takes a URL as it is, the *app* spelling (URLSession, ASAuthorization). A browser
(Safari, WKWebView) rewrites a URL before it requests it; `browser_url` is that rewriting, and the
result is what to route for a browser. The two can route differently (docs/spelling.md).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from ssoroute.model.errors import SsorouteError
from ssoroute.model.quoting import quote
from ssoroute.model.urls import scheme_of

__all__ = ["Spelling", "SpellingError", "browser_url"]

# Observed: exact lower case; callers in the system use them, browsers do not.
_SYSTEM_SCHEMES: Final = ("ssoid", "host", "realm")


class SpellingError(SsorouteError, ValueError):
    """What no browser would request; `url` is the text that was to be rewritten."""

    def __init__(self, message: str, url: str) -> None:
        self.message = message
        self.url = url
        super().__init__(f"{quote(url)} {message}")

    def __reduce__(self) -> tuple[type[SpellingError], tuple[str, str]]:
        return type(self), (self.message, self.url)


class Spelling(StrEnum):
    """The two spellings of a request URL (docs/spelling.md).

    >>> Spelling.BROWSER.of("https://login.example.com")
    'https://login.example.com/'
    >>> Spelling.APP.of("https://login.example.com")
    'https://login.example.com'
    """

    BROWSER = "browser"
    APP = "app"

    def of(self, url: str) -> str:
        """`url` in this spelling; `SpellingError` if no browser would request it."""
        return browser_url(url) if self is Spelling.BROWSER else url

    def other_of(self, url: str) -> str | None:
        """`url` in the other spelling, or None if no browser would request it."""
        other = Spelling.APP if self is Spelling.BROWSER else Spelling.BROWSER
        try:
            return other.of(url)
        except SpellingError:
            return None


def browser_url(url: str) -> str:
    r"""The spelling in which a browser requests `url`: canonical by the URL Standard of WHATWG.

    Observed: scheme and host in lower case, dot segments resolved, the default port dropped, an
    empty path as `/`, a backslash as `/`, tabs and newlines removed, the host percent-decoded and
    mapped by IDNA, the odd forms of IPv4 numbers written out. Userinfo, query and fragment stay.

    What the system asks by `ssoid:`, `host:` and `realm:` is returned unchanged, since no browser
    asks it. Reading: URLs of every other scheme are also canonical. `SpellingError` for what no
    browser would request: a URL that is not absolute, an invalid host, a lone surrogate, and
    another spelling of the three schemes of the system. The result is its own browser spelling; the
    time is linear in the length of `url`.

    >>> browser_url("HTTPS://Login.Example.com:443/x/../auth")
    'https://login.example.com/auth'
    >>> browser_url("https://good.example\\@evil.example/")
    'https://good.example/@evil.example/'
    >>> browser_url("https://0x7f.1")
    'https://127.0.0.1/'
    >>> browser_url("https://example.com:99999/")
    Traceback (most recent call last):
    ssoroute.model.spelling.SpellingError: `https://example.com:99999/` is not a URL to a browser
    """
    if scheme_of(url) in _SYSTEM_SCHEMES:
        return url
    try:
        url.encode()
    except UnicodeEncodeError as error:
        code_point = f"U+{ord(url[error.start]):04X}"
        raise SpellingError(f"holds a lone surrogate ({code_point})", url) from None

    import ada_url

    try:
        found: str = ada_url.normalize_url(url)
    except ValueError:
        raise SpellingError("is not a URL to a browser", url) from None
    if scheme_of(found) in _SYSTEM_SCHEMES:
        raise SpellingError(
            f"becomes {quote(scheme_of(found) + ':')}, which no browser asks for", url
        )
    return found
