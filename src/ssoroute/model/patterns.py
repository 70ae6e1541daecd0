"""`URLPrefix` and `HostPattern`: the two kinds of rules, each with the slow, obvious `matches`.

This is the plain twin of `routing/tables.py`: `explain` uses it, and the tests compare the two.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ssoroute.model.globs import glob_prefix_matches
from ssoroute.model.urls import PrefixParts, authority_end, authority_start, ends_authority

if TYPE_CHECKING:
    from ssoroute.model.source import Source

__all__ = ["HostPattern", "Rule", "URLPrefix", "lower_ascii"]

_LOWER: Final = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def lower_ascii(text: str) -> str:
    r"""`text` with A-Z in lower case and nothing else changed (`"\u212a".lower()` would be `k`).

    >>> lower_ascii("\u212aA") == "\u212aa"
    True
    """
    return text.lower() if text.isascii() else text.translate(_LOWER)


@dataclass(frozen=True, slots=True)
class URLPrefix:
    """An item of `URLs`, as written.

    `parts` are its pieces; `source` is where it was written, None for a prefix of the system's own.

    >>> prefix = URLPrefix.parse("https://login.example.com")
    >>> prefix.matches("HTTPS://LOGIN.EXAMPLE.COM.evil.net/", wildcards=True)
    True
    >>> prefix.runs_past_authority("https://login.example.com.evil.net/")
    True
    """

    text: str
    source: Source | None = None
    parts: PrefixParts = field(kw_only=True, repr=False, compare=False)

    def to_json(self) -> dict[str, object]:
        """The rule as a JSON object: its text without a password, and where it was written."""
        return {"text": str(self), "source": self.source and self.source.to_json()}

    @classmethod
    def parse(cls, text: str, source: Source | None = None) -> URLPrefix:
        """The prefix written in `text`; `urls.MalformedURLError` if the system refuses it."""
        from ssoroute.model.urls import split_prefix

        return cls(text, source, parts=split_prefix(text))

    def __str__(self) -> str:
        if "@" not in self.text:
            return self.text
        from ssoroute.model.urls import without_password

        return without_password(self.text)

    @property
    def has_wildcard(self) -> bool:
        """Whether it holds a `*`."""
        return "*" in self.text

    def matches(self, url: str, *, wildcards: bool) -> bool:
        """Whether the system finds this prefix in the request URL `url`.

        `wildcards` says whether the device takes `*` as any run (docs/matching.md §4.1).
        """
        # Reading: a URL that is not ASCII does not match, so only ASCII case is ever folded.
        if not url.isascii():
            return False
        prefix = self.text.lower()
        # Observed: a plain string prefix over the whole absolute URL, both sides lower-cased.
        if not (wildcards and self.has_wildcard):
            return url[: len(prefix)].lower() == prefix
        # Observed: the prefix plus a final `*` is a pattern over the whole URL.
        return glob_prefix_matches(prefix, url.lower())

    @property
    def is_routable(self) -> bool:
        """Whether the system keeps it at all; what it removes still claims its uniqueness key.

        Observed: a prefix is removed when its scheme is spelled other than lower-case `http` or
        `https`, or when its host contains `*` or `?`.
        """
        return self.parts.scheme in ("http", "https") and not set("*?") & set(self.parts.host)

    @property
    def ends_in_authority(self) -> bool:
        """Whether nothing ends its authority, so that the match can run on inside the host."""
        return authority_end(self.text, authority_start(self.text)) == len(self.text)

    def runs_past_authority(self, url: str) -> bool:
        """Whether the match with `url` runs past the authority of this prefix (a look-alike).

        A prefix with a `*` never does, unless the `*` is in its authority (as part of the
        userinfo): then always.
        """
        if self.has_wildcard:
            return "*" in (self.parts.userinfo or "")
        return self.ends_in_authority and not ends_authority(url, len(self.text))


@dataclass(frozen=True, slots=True)
class HostPattern:
    """An item of `Hosts`, as written: a host, or a host suffix when it begins with `.`.

    >>> HostPattern(".example.com").matches("a.b.Example.com")
    True
    >>> HostPattern(".example.com").matches("example.com")
    False
    """

    text: str
    source: Source | None = None

    def __str__(self) -> str:
        return self.text

    def to_json(self) -> dict[str, object]:
        """The rule as a JSON object: its text, and where it was written."""
        return {"text": self.text, "source": self.source and self.source.to_json()}

    @property
    def is_suffix(self) -> bool:
        """Whether it matches the hosts below a domain."""
        return self.text.startswith(".")

    @property
    def uniqueness_key(self) -> str:
        """What must be unique among the installed payloads of a channel.

        Observed: the string in lower case. Reading: by Unicode's rules, as the system lowers text;
        only matching is limited to ASCII.
        """
        return self.text.lower()

    def matches(self, host: str) -> bool:
        """Whether the system finds this pattern in the host text `host` (`urls.host_text`)."""
        # Documented: without regard to case. Reading: only ASCII hosts match at all.
        if not host or not host.isascii():
            return False
        pattern = lower_ascii(self.text)
        if self.is_suffix:
            # Documented: "subdomains"; observed: any depth, and never the entry itself.
            return len(host) > len(pattern) and host[-len(pattern) :].lower() == pattern
        return host.lower() == pattern


#: What a decision names: the first listed entry of the selected payload that matches.
Rule = URLPrefix | HostPattern
