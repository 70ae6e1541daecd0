"""The clever path: active payloads as lookup tables, so that a request costs the same with ten
rules and with a hundred thousand.

First in order wins, not longest: every rule has a rank, its place in the walk over the payloads,
and a lookup answers with the smallest rank among the rules that match. The plain twin is
`patterns.py`, walked in order by `explain.py`; the tests hold the two together.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from typing import Final

from ssoroute.patterns import HostPattern, URLPrefix, glob_prefix_matches, lower_ascii

__all__ = ["NO_RANK", "HostTable", "PrefixTable", "URLTable"]

#: The rank of what no rule matches; larger than every rank.
NO_RANK: Final = 0x7FFFFFFF


class PrefixTable:
    """Finds the smallest rank among the strings that begin a text.

    The strings are sorted; each knows its parent, the longest other one that begins it, and the
    smallest rank of itself and its ancestors. So the deepest one that begins a text answers at
    once. It is the last one that is not greater than the text, or an ancestor of that; a second
    link per node, which jumps over ever more ancestors, keeps the way up logarithmic.

    >>> table = PrefixTable({"https://a": 7, "https://a/b": 9})
    >>> table.find("https://a/b/c"), table.find("https://b") == NO_RANK
    (7, True)
    """

    __slots__ = ("_jumps", "_parents", "_ranks", "_strings", "longest")

    def __init__(self, ranks: Mapping[str, int]) -> None:
        # The empty string stands at the root: it begins every text and has no rank.
        strings = ["", *sorted(text for text in ranks if text)]
        parents, jumps, best = array("i", [0]), array("i", [0]), array("i", [NO_RANK])
        depths = [0]
        path = [0]
        for node in range(1, len(strings)):
            text = strings[node]
            while not text.startswith(strings[path[-1]]):
                path.pop()
            parent = path[-1]
            far = jumps[parent]
            same_length = depths[parent] - depths[far] == depths[far] - depths[jumps[far]]
            parents.append(parent)
            jumps.append(jumps[far] if same_length else parent)
            best.append(min(ranks[text], best[parent]))
            depths.append(depths[parent] + 1)
            path.append(node)
        self._strings = strings
        self._parents = parents
        self._jumps = jumps
        self._ranks = best
        #: The length of the longest string; no more of a text decides.
        self.longest = max(map(len, strings))

    def find(self, text: str) -> int:
        """The smallest rank among the strings that begin `text`, `NO_RANK` where there is none."""
        strings = self._strings
        node = bisect_right(strings, text) - 1
        while not text.startswith(strings[node]):
            far = self._jumps[node]
            node = self._parents[node] if text.startswith(strings[far]) else far
        return self._ranks[node]


class URLTable:
    """Finds the smallest rank among the URL prefixes that match a request URL."""

    __slots__ = ("_plain", "_wildcards", "heads", "shortest")

    def __init__(self, prefixes: Iterable[tuple[int, URLPrefix]], *, wildcards: bool) -> None:
        plain: dict[str, int] = {}
        patterns: dict[str, int] = {}
        for rank, prefix in prefixes:
            table = patterns if wildcards and prefix.has_wildcard else plain
            table.setdefault(prefix.text.lower(), rank)
        self._plain = PrefixTable(plain)
        self._wildcards = tuple((rank, text) for text, rank in patterns.items())
        beginnings = [*plain, *(text.partition("*")[0] for text in patterns)]
        #: A URL can only match where its first `shortest` characters, in lower case, are among
        #: the `heads`.
        self.shortest = min(map(len, beginnings), default=0)
        self.heads = frozenset(text[: self.shortest] for text in beginnings)

    def find(self, url: str) -> int:
        """The smallest rank among the prefixes that match `url`, `NO_RANK` where none does."""
        if not url.isascii():
            return NO_RANK
        rank = self._plain.find(url[: self._plain.longest].lower())
        if self._wildcards:
            lowered = url.lower()
            for candidate, pattern in self._wildcards:  # in the order of their ranks
                if candidate > rank:
                    break
                if glob_prefix_matches(pattern, lowered):
                    return candidate
        return rank


class HostTable:
    """Finds the smallest rank among the host patterns that match a host text.

    A suffix is a prefix of the host read from its end.
    """

    __slots__ = ("_hosts", "_suffixes")

    def __init__(self, patterns: Iterable[tuple[int, HostPattern]]) -> None:
        hosts: dict[str, int] = {}
        suffixes: dict[str, int] = {}
        for rank, pattern in patterns:
            text = lower_ascii(pattern.text)
            if pattern.is_suffix:
                suffixes.setdefault(text[::-1], rank)
            else:
                hosts.setdefault(text, rank)
        self._hosts = hosts
        self._suffixes = PrefixTable(suffixes)

    def find(self, host: str) -> int:
        """The smallest rank among the patterns that match `host`, `NO_RANK` where none does."""
        if not host.isascii():
            return NO_RANK
        host = host.lower()
        # without its first character, since a suffix never matches itself
        suffix = self._suffixes.find(host[: -self._suffixes.longest - 1 : -1][: len(host) - 1])
        return min(suffix, self._hosts.get(host, NO_RANK))
