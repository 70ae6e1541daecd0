"""Lookup tables of texts: which rules match a URL or a host, and which of them comes first.

They know texts and ranks, and nothing of payloads or decisions (`index.py`). The plain twin is
`patterns.py`, the compiled one `_compiled.c`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from ssoroute.model.patterns import Rule, URLPrefix
from ssoroute.routing.prefix_table import NO_RANK, PrefixTable, in_order
from ssoroute.routing.wildcards import Wildcards

__all__ = [
    "HostTable",
    "Texts",
    "URLTable",
    "in_compiled_order",
]

# Shorter heads are cheaper and seen again more often, longer ones separate rules better:
# with 1,000 rules and 16 characters, 37 % of the other `login.` hosts passed for a rule's.
_HEAD_OF_FEW: Final = 16
_HEAD_OF_MANY: Final = 20
_FEW: Final = 100
_MOST_MISSED: Final = 8192  # about 1 MB


class URLTable:
    """Finds the smallest rank among the URL prefixes that match a request URL.

    A URL can only match if its `head`, in lower case, is that of a rule, and then only rules with
    this head. Heads that no rule has are kept in `missed`, as written: one slice and one look
    settle the next such URL. That saves the second string that `lower` would make and, with many
    rules, the way into a large table (docs/performance.md, "A miss"). `missed` forgets everything
    when it is full.
    """

    __slots__ = ("_groups", "_plain", "_widest", "_wildcards", "head", "missed")

    def __init__(self, texts: Texts) -> None:
        self._plain = PrefixTable(texts.plain)
        self._wildcards = Wildcards(texts.patterns)
        strings = self._plain.strings
        length = _head_length([*strings[1:], *self._wildcards.heads])
        self.head = slice(0, length)
        groups: dict[str, int] = {}
        for node in range(1, len(strings)):
            groups.setdefault(strings[node][:length], node)
        ends = [*groups.values(), len(strings)]
        self._widest = max((end - start for start, end in pairwise(ends)), default=0)
        # By head: the first place to look for its strings. They follow each other, and no group is
        # wider than the widest. The last groups begin a little earlier, to stay inside.
        latest = len(strings) - self._widest
        self._groups = {head: min(node, latest) for head, node in groups.items()}
        for text in self._wildcards.heads:
            self._groups.setdefault(text[:length], 0)
        self.missed: set[str] = set()

    def find(self, url: str) -> int:
        """The smallest rank among the prefixes that match `url`, `NO_RANK` if none does.

        `url` is ASCII and not of a special scheme.
        """
        head = url[self.head]
        first = self._groups.get(head.lower())
        if first is None:
            if len(self.missed) >= _MOST_MISSED:
                self.missed.clear()
            self.missed.add(head)
            return NO_RANK
        plain = self._plain
        rank = plain.find(url[: plain.longest].lower(), first, first + self._widest)
        return self._wildcards.find(url, rank)


class Texts(NamedTuple):
    """What is compared, in lower case, with the smallest rank of each text."""

    plain: dict[str, int]
    patterns: dict[str, int]
    hosts: dict[str, int]
    suffixes: dict[str, int]

    @classmethod
    def of(cls, rules: Iterable[tuple[int, Rule]], *, wildcards: bool) -> Texts:
        """The texts of `rules`, which come with their ranks in ascending order."""
        texts = cls({}, {}, {}, {})
        for rank, rule in rules:
            if isinstance(rule, URLPrefix):
                table = texts.patterns if wildcards and rule.has_wildcard else texts.plain
            else:
                table = texts.suffixes if rule.is_suffix else texts.hosts
            if rule.text.isascii():  # Reading: only ASCII hosts match at all.
                table.setdefault(rule.text.lower(), rank)
        return texts


def _head_length(beginnings: Sequence[str]) -> int:
    # Every beginning holds a scheme and `://`, so a head shows whether a scheme is special.
    wanted = _HEAD_OF_FEW if len(beginnings) <= _FEW else _HEAD_OF_MANY
    return min([wanted, *map(len, beginnings)])


class HostTable:
    """Finds the smallest rank among the host patterns that match a host text.

    A suffix is a prefix of the host read from its end, so no more than the longest suffix is read
    of a host with any number of labels. Most hosts end as no pattern does: that takes one slice,
    one `lower` and one look.
    """

    __slots__ = ("_hosts", "_longest", "_suffixes", "_tail", "_tails")

    def __init__(self, texts: Texts) -> None:
        self._hosts = texts.hosts
        self._longest = max(map(len, texts.hosts), default=0)
        self._suffixes = PrefixTable({text[::-1]: rank for text, rank in texts.suffixes.items()})
        ends = [*texts.hosts, *texts.suffixes]
        length = min(_HEAD_OF_FEW, *map(len, ends)) if ends else 0
        self._tail = slice(-length, None) if length else slice(0)
        self._tails = frozenset(text[self._tail] for text in ends)

    def find(self, host: str) -> int:
        """The smallest rank among the patterns that match `host`, `NO_RANK` if none does.

        `host` is ASCII.
        """
        if host[self._tail].lower() not in self._tails:
            return NO_RANK
        # without its first character, since a suffix never matches itself
        end = host[: -self._suffixes.longest - 1 : -1][: len(host) - 1]
        rank = self._suffixes.find(end.lower())
        if len(host) > self._longest:
            return rank
        return min(rank, self._hosts.get(host.lower(), NO_RANK))


def in_compiled_order(
    ranks: Mapping[str, int], rules: Sequence[Rule] | None = None, *, from_the_end: bool = False
) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Texts in the order in which `_compiled.c` reads them, and their ranks.

    The texts are those of `rules`, if they are given: they are alive anyway.
    """
    if from_the_end:
        texts = [text[::-1] for text in in_order([text[::-1] for text in ranks])]
    else:
        texts = in_order(ranks)
    found = tuple(ranks[text] for text in texts)
    return tuple(rules[rank].text for rank in found) if rules else tuple(texts), found
