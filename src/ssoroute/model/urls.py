"""The place that knows the parts of a URL; other files take texts apart only by its functions.

Two kinds of strings come here. A *URL prefix* from a profile is parsed once, when a device reads
the profile, by RFC 3986 (`split_prefix`). A *request URL* is never parsed as a whole: the system
compares its text, and only two pieces of it are ever looked at, its scheme and its host
(`scheme_of`, `host_text`), both by plain text rules that answer for every string.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

__all__ = [
    "MalformedURLError",
    "PrefixParts",
    "authority_end",
    "authority_start",
    "ends_authority",
    "host_text",
    "scheme_of",
    "split_prefix",
    "without_password",
]

_NOT_ALLOWED: Final = re.compile(r"[^A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]")
_PERCENT: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
# RFC 3986, appendix B, with the grammar of a scheme (§3.1). The same delimiters
# end each part of every text, so nothing is tried twice.
_REFERENCE: Final = re.compile(
    r"(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.DOTALL
)
# RFC 3986 §3.2: [ userinfo "@" ] host [ ":" port ]; a userinfo may be empty, and dotted numbers
# above 255 are a name (reg-name).
_AUTHORITY: Final = re.compile(
    r"(?:(?P<userinfo>[^@\[\]]*)@)?(?P<host>\[[^\[\]@]*\]|[^:@\[\]]*)(?P<port>:[0-9]*)?"
)
_DEFAULT_PORTS: Final = {"http": "80", "https": "443"}


class MalformedURLError(ValueError):
    """A URL prefix that the system does not install; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class PrefixParts:
    """The pieces of a URL prefix, each as written.

    `userinfo` is None without an `@`; `port` is the text from the colon on, empty without one.
    """

    scheme: str
    userinfo: str | None
    host: str
    port: str
    path: str

    @property
    def uniqueness_key(self) -> str:
        """What must be unique among the installed payloads of a channel.

        Observed: scheme and host lower-cased, empty path as `/`, query and fragment dropped;
        userinfo, port, path case and a trailing slash kept.

        >>> split_prefix("HTTPS://Login.Example.com").uniqueness_key
        'https://login.example.com/'
        """
        userinfo = "" if self.userinfo is None else self.userinfo + "@"
        return f"{self.scheme.lower()}://{userinfo}{self.host.lower()}{self.port}{self.path or '/'}"

    @property
    def associated_host(self) -> str:
        """The `host` or `host:port` whose `authsrv:` entry approves this prefix.

        Reading: lower case; the scheme's own port is not written.

        >>> split_prefix("https://Login.Example.com:8443/x").associated_host
        'login.example.com:8443'
        """
        port = self.port[1:]
        if port in ("", _DEFAULT_PORTS.get(self.scheme.lower())):
            return self.host.lower()
        return f"{self.host.lower()}:{port}"


def split_prefix(text: str) -> PrefixParts:
    """Split the URL prefix `text`; `MalformedURLError` if the system refuses it (54000).

    Reading: parsable is what holds only characters of RFC 3986, two hex digits after each `%`,
    and falls apart by its generic syntax. Observed: only http and https in any case, a host, and
    neither query nor fragment (a bare trailing `?` or `#` is accepted).

    >>> split_prefix("https://login.example.com/auth").path
    '/auth'
    >>> split_prefix("ftp://login.example.com/")
    Traceback (most recent call last):
    ssoroute.model.urls.MalformedURLError: its scheme is `ftp`, only http and https are routed
    """
    _check_characters(text)

    scheme, given, path, query, fragment = _REFERENCE.findall(text)[0]
    if scheme.lower() not in _DEFAULT_PORTS:
        found = f"its scheme is `{scheme}`" if scheme else "it has no scheme"
        raise MalformedURLError(f"{found}, only http and https are routed")
    authority = _AUTHORITY.fullmatch(given)
    if authority is None:
        raise MalformedURLError("its part between `://` and the path must be [user@]host[:port]")
    host = authority["host"]
    if not host:
        raise MalformedURLError("it has no host")
    if host.startswith("[") and not _is_ip_literal(host[1:-1]):
        raise MalformedURLError("the text between its brackets is not an IP literal")
    for name, part in (("query", query), ("fragment", fragment)):
        if part:
            raise MalformedURLError(f"it has a {name}, the system accepts none in a prefix")
    return PrefixParts(scheme, authority["userinfo"], host, authority["port"] or "", path)


def _check_characters(text: str) -> None:
    found = _NOT_ALLOWED.search(text)
    if found:
        bad = found[0]
        shown = bad if bad.isprintable() else ascii(bad)[1:-1]
        raise MalformedURLError(f"`{shown}` is not a character of a URL (RFC 3986)")
    if _PERCENT.search(text):
        raise MalformedURLError("a `%` is not followed by two hexadecimal digits")


_IP_FUTURE: Final = re.compile(r"[vV][0-9A-Fa-f]+\.[A-Za-z0-9\-._~!$&'()*+,;=:]+")
_ZONE: Final = re.compile(r"(?:[A-Za-z0-9\-._~]|%[0-9A-Fa-f]{2})+")


def _is_ip_literal(text: str) -> bool:
    """Whether `text`, without its brackets, is an IP literal of RFC 3986 or RFC 6874."""
    import ipaddress

    if _IP_FUTURE.fullmatch(text):
        return True
    address, percent, zone = text.partition("%25")
    if "%" in address or (percent and not _ZONE.fullmatch(zone)):
        return False
    try:
        ipaddress.IPv6Address(address)
    except ValueError:
        return False
    return True


def scheme_of(url: str) -> str:
    """The text before the first `:`, as written; empty without one.

    >>> scheme_of("realm://EXAMPLE.COM")
    'realm'
    """
    scheme, colon, _ = url.partition(":")
    return scheme if colon else ""


def authority_start(url: str) -> int:
    """The position after the first `://` of `url`; 2 without one.

    >>> url = "https://login.example.com/"
    >>> url[authority_start(url) :]
    'login.example.com/'
    """
    return url.find("://") + 3


def ends_authority(url: str, position: int) -> bool:
    """Whether an authority that reaches `position` ends there: by `/`, `?`, `#` or the end.

    >>> ends_authority("https://h.test/", 14), ends_authority("https://h.test/", 9)
    (True, False)
    """
    return url[position : position + 1] in ("", "/", "?", "#")


def authority_end(url: str, start: int) -> int:
    """Where the text that starts at `start` meets `/`, `?`, `#` or the end of `url`."""
    end = len(url)
    for delimiter in "/?#":
        found = url.find(delimiter, start, end)
        if found >= 0:
            end = found
    return end


def host_text(url: str) -> str:
    """The host of `url` as the system compares it: text, not normalised, not decoded.

    Observed: the text between `://` and the next `/`, `?`, `#` or the end, after the last `@`,
    before a `:` that is not inside brackets, brackets removed. Empty without a host.
    Reading: brackets count as such only in a pair around the whole host.

    >>> host_text("https://user@Login.Example.com:8443/x")
    'Login.Example.com'
    >>> host_text("https://[::1]:8443/")
    '::1'
    """
    separator = url.find("://")
    if separator < 0:
        return ""
    start = separator + 3
    authority = url[start : authority_end(url, start)]
    authority = authority[authority.rfind("@") + 1 :]
    if "[" not in authority:
        return authority.partition(":")[0]
    depth = 0
    for position, character in enumerate(authority):
        if character == "[":
            depth += 1
        elif character == "]":
            depth = max(depth - 1, 0)
        elif character == ":" and depth == 0:
            authority = authority[:position]
            break
    if authority.startswith("[") and authority.endswith("]"):
        return authority[1:-1]
    return authority


_USERINFO: Final = re.compile(r"(?P<before>[A-Za-z][\w+.\-]*:[\s/\\]*)(?P<userinfo>[^/?#\\]*)@")
# A password with a `/` in it, which makes the URL invalid: a port would be digits only.
_PORT: Final = re.compile(r"[^:]*:[0-9]+(?:[/?#\\]|$)")
_INVALID: Final = re.compile(
    r"(?P<before>[A-Za-z][\w+.\-]*:[\s/\\]*)(?P<userinfo>[^/?#\\:\[]*:.*)@", re.DOTALL
)


def without_password(url: str) -> str:
    """`url` with `***` in place of a password, to show it.

    Reading: a password is what URL parsers take for one, after the first `:` of the userinfo.

    >>> without_password("https://user:secret@login.example.com/x?y=a@b")
    'https://user:***@login.example.com/x?y=a@b'
    """
    found = _USERINFO.match(url.lstrip())
    if found is None:
        found = _INVALID.match(url.lstrip())
        if found is None or _PORT.match(found["userinfo"]):
            return url
    name, colon, _ = found["userinfo"].partition(":")
    if not colon:
        return url
    return f"{found['before']}{name}:***{url.lstrip()[found.end() - 1 :]}"
