"""Strict matching, for software that acts on a decision: attaches credentials, opens a tunnel.

What the system handles is handled here only if the rule means the request's host and path beyond
doubt (docs/strict.md); nothing else changes.
"""

from __future__ import annotations

import re
from typing import Final

from ssoroute.model.decision import Reason
from ssoroute.model.patterns import HostPattern, Rule, URLPrefix, lower_ascii
from ssoroute.model.urls import authority_end, authority_start, ends_authority, host_text, scheme_of

__all__ = [
    "holds_strictly",
    "is_unambiguous",
    "is_unambiguous_authority",
    "is_unambiguous_host",
    "strict_objection",
]

_AUTHORITY: Final = re.compile(r"(?P<host>[A-Za-z0-9._-]+)(?::(?P<port>[0-9]*))?")
_LARGEST_PORT: Final = 65535
_LABEL: Final = re.compile(r"[A-Za-z0-9_-]+")


def strict_objection(rule: Rule | None, url: str) -> Reason | None:
    """Why `rule`, which the system found in `url`, does not hold strictly; None if it does.

    A request without a rule (`ssoid://`, `realm://`) names what it means and is left alone.
    """
    if rule is None:
        return None
    if isinstance(rule, HostPattern):
        return None if is_unambiguous(url) else Reason.AMBIGUOUS_URL
    if not holds_strictly(rule, url):
        return Reason.NOT_STRICT
    return None if is_unambiguous_authority(url) else Reason.AMBIGUOUS_URL


def holds_strictly(prefix: URLPrefix, url: str) -> bool:
    """Whether `prefix`, which begins `url`, means its authority and path.

    >>> prefix = URLPrefix.parse("https://login.example.com/auth")
    >>> holds_strictly(prefix, "https://login.example.com/auth/x")
    True
    >>> holds_strictly(prefix, "https://login.example.com/authority")
    False
    """
    start = authority_start(url)
    end = authority_end(url, start)
    prefix_start = authority_start(prefix.text)
    prefix_end = authority_end(prefix.text, prefix_start)
    authority = url[start:end]
    if (
        prefix.has_wildcard
        or "@" in authority
        or lower_ascii(authority) != lower_ascii(prefix.text[prefix_start:prefix_end])
    ):
        return False
    wanted, tail = prefix.text[prefix_end:], url[end:]
    # a bare `?` or `#` at the end of a prefix is a delimiter, not a part of its path
    path = wanted.rstrip("?#")
    return tail.startswith(wanted) and (path.endswith("/") or ends_authority(tail, len(path)))


def is_unambiguous(url: str) -> bool:
    """Whether it is beyond doubt which host a request names, by a challenge or by `host://`.

    >>> is_unambiguous("host://login.example.com"), is_unambiguous("https://u@login.example.com/")
    (True, False)
    """
    # Reading: `host://` names a host and nothing around it.
    if scheme_of(url) == "host":
        return is_unambiguous_host(host_text(url))
    return is_unambiguous_authority(url)


def is_unambiguous_authority(url: str) -> bool:
    r"""Whether URL parsers agree about the host of `url` (docs/strict.md).

    >>> is_unambiguous_authority("https://login.example.com:8443/x")
    True
    >>> is_unambiguous_authority("https://good.example\\@evil.example/")
    False
    """
    if not url.isascii() or scheme_of(url).lower() not in ("http", "https"):
        return False
    start = url.find(":") + 3
    if url[start - 3 : start] != "://":
        return False
    found = _AUTHORITY.fullmatch(url[start : authority_end(url, start)])
    if found is None:
        return False
    # Reading: parsers that know how large a port can be refuse what others take.
    port = (found["port"] or "").lstrip("0") or "0"
    small_enough = len(port) <= len(str(_LARGEST_PORT)) and int(port) <= _LARGEST_PORT
    return small_enough and is_unambiguous_host(found["host"])


def is_unambiguous_host(host: str) -> bool:
    """Whether `host` lies in the subset on which URL parsers agree.

    Observed: labels of letters, digits, `-` and `_`, none empty, the last not starting with a
    digit, no `--` at positions 3 and 4. Reading: also A-labels that IDNA 2008 accepts.

    >>> is_unambiguous_host("xn--bcher-kva.example"), is_unambiguous_host("a--b.ab--c.example")
    (True, False)
    """
    labels = host.split(".")
    return (
        bool(host)
        and not labels[-1][:1].isdigit()
        and all(_LABEL.fullmatch(label) and _plain_or_a_label(label) for label in labels)
    )


def _plain_or_a_label(label: str) -> bool:
    if label[2:4] != "--":
        return True
    if label[:4].lower() != "xn--":
        return False
    import idna

    try:
        return idna.alabel(idna.ulabel(label.lower())).decode("ascii") == label.lower()
    except UnicodeError:  # `idna.IDNAError` is a kind of it
        return False
