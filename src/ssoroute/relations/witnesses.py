"""Requests made for a rule: the URL whose host is a given text, a host below a given suffix.

Which texts can be the host of a request depends on `urls.host_text`, and each URL made
here is checked with it.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from itertools import chain, count

from ssoroute.model.globs import Glob
from ssoroute.model.patterns import Rule, URLPrefix, lower_ascii
from ssoroute.model.urls import host_text

__all__ = ["can_match", "filled", "host_below", "with_host"]


def with_host(host: str, scheme: str = "https") -> str | None:
    """A URL whose host text is `host`, or None if no URL has such a host.

    >>> with_host("example.com"), with_host("::1"), with_host("h/x")
    ('https://example.com/', 'https://[::1]/', None)
    """
    if not host or not host.isascii():
        return None
    tail = "/" if scheme == "https" else ""
    urls = (f"{scheme}://{host}{tail}", f"{scheme}://[{host}]{tail}")
    return next((url for url in urls if host_text(url) == host), None)


def host_below(suffix: str, taken: Container[str] = ()) -> str | None:
    """A host text that the suffix pattern `suffix` takes, other than those `taken`.

    None if no URL has such a host. The host stands for all other hosts below `suffix`: its first
    label has no dot, so every suffix that takes it also ends `suffix`.

    >>> host_below(".example.com", {"www.example.com"}), host_below(".example.com/")
    ('a.example.com', None)
    >>> host_below(".b", {"www.b", "a.b", "b.b", "c.b", "h1.b"})
    'h2.b'
    """
    # Reading: a `:` is part of the host if a bracket before it is open (docs/adr/0003).
    brackets = "[" * (suffix.count("]") + 1) if ":" in suffix else ""
    for label in _labels():
        host = f"{label}{brackets}{suffix}"
        if with_host(host) is None:
            return None
        if host not in taken:
            return host
    raise AssertionError("there is always one more label")


def _labels() -> Iterator[str]:
    return chain(("www", "a", "b", "c"), (f"h{number}" for number in count(1)))


def can_match(rule: Rule) -> bool:
    """Whether any request matches `rule` at all.

    Every URL prefix matches some request. The system does not validate hosts, and some are in no
    URL: those with a `/`, `?`, `#` or `@`, those that are not ASCII, and those with a `:` that no
    bracket can make a part of the host.

    >>> from ssoroute.model.patterns import HostPattern
    >>> [can_match(HostPattern(text)) for text in ("example.com", "::1", "https://h", ".a.b/")]
    [True, True, False, False]
    """
    if isinstance(rule, URLPrefix):
        return rule.text.isascii()
    text = lower_ascii(rule.text)
    return (host_below(text) if rule.is_suffix else with_host(text)) is not None


def filled(prefix: URLPrefix, glob: Glob) -> str:
    """A URL that `prefix` takes, spelled as the prefix; `glob` is what it takes.

    >>> prefix = URLPrefix.parse("https://h/*/b")
    >>> filled(prefix, Glob.of(prefix.text, wildcards=True))
    'https://h/x/b'
    """
    if not glob.is_plain:
        return "x".join(glob.pieces) + "x" * glob.one_more
    # a final `*` takes any run, also none
    text = prefix.text if prefix.text.lower() == glob.head else prefix.text.split("*")[0]
    return f"{text}/" if prefix.ends_in_authority else text
