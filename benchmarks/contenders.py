"""What a user might write or install instead: the same rules, the same questions, in other ways.

Every contender finds the first rule that matches; what the rule means for the caller is looked up
in the same table for all of them. A contender that takes URLs apart takes the host from there, the
others cut it out as text. Which of them answer the probes at the end of `workloads.py` wrong is
part of the comparison.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from benchmarks.workloads import DENIED, Answer, Workload

__all__ = ["CONTENDERS", "Contender", "Route", "Rules"]

Route = Callable[[str, "str | None", int], Answer]
Find = Callable[[str], "int | None"]
_CHALLENGES: Final = frozenset({401, 407})
_MISS: Final = Answer()


class Rules:
    """The rules of a workload in lower case with their ranks, and the answers by rank."""

    def __init__(self, workload: Workload) -> None:
        self.prefixes: list[tuple[str, int]] = []
        self.hosts: dict[str, int] = {}
        self.handled: list[Answer] = []
        self.denied: list[Answer] = []
        for profile in workload.profiles:
            for payload in profile.payloads:
                redirect = payload.content["Type"] == "Redirect"
                rules = payload.content["URLs" if redirect else "Hosts"]
                assert isinstance(rules, tuple)
                for rule in map(str, rules):
                    rank, reason = len(self.handled), "url_prefix" if redirect else "host"
                    self.handled.append(Answer("handle", reason, rule))
                    self.denied.append(Answer("do_not_handle", "caller_denied", rule))
                    if redirect:
                        self.prefixes.append((rule.lower(), rank))
                    else:
                        self.hosts.setdefault(rule.lower(), rank)

    def host_rank(self, host: str) -> int | None:
        """The first host pattern that matches: itself, or a suffix that begins with a dot."""
        ranks = [self.hosts[host]] if host in self.hosts else []
        dot = host.find(".", 1)
        while dot >= 0:
            if host[dot:] in self.hosts:
                ranks.append(self.hosts[host[dot:]])
            dot = host.find(".", dot + 1)
        return min(ranks, default=None)

    def route(self, find: Find, host: Callable[[str], str | None]) -> Route:
        """A function that answers requests with `find` and `host`."""
        host_rank, handled, denied = self.host_rank, self.handled, self.denied

        def route(url: str, caller: str | None, response_code: int) -> Answer:
            if response_code in _CHALLENGES:
                rank = host_rank((host(url) or "").lower())
            else:
                rank = find(url)
            if rank is None:
                return _MISS
            return denied[rank] if caller == DENIED else handled[rank]

        return route

    def by_origin(self) -> dict[tuple[str, str], list[tuple[str, int]]]:
        """Paths and ranks by scheme and authority, for those that take URLs apart."""
        origins: dict[tuple[str, str], list[tuple[str, int]]] = {}
        for text, rank in self.prefixes:
            parts = urlsplit(text)
            origins.setdefault((parts.scheme, parts.netloc), []).append((parts.path, rank))
        return origins


def _host(url: str) -> str:
    authority = url.partition("://")[2].partition("/")[0].partition("?")[0].partition("#")[0]
    return authority.rpartition("@")[2].partition(":")[0]


def _linear(rules: Rules) -> Route:
    prefixes = rules.prefixes

    def find(url: str) -> int | None:
        url = url.lower()
        for text, rank in prefixes:
            if url.startswith(text):
                return rank
        return None

    return rules.route(find, _host)


def _startswith(rules: Rules) -> Route:
    prefixes, texts = rules.prefixes, tuple(text for text, _ in rules.prefixes)

    def find(url: str) -> int | None:
        url = url.lower()
        if not url.startswith(texts):
            return None
        return next(rank for text, rank in prefixes if url.startswith(text))

    return rules.route(find, _host)


def _first_path(paths: list[tuple[str, int]], path: str) -> int | None:
    path = path.lower()
    return next((rank for text, rank in paths if path.startswith(text)), None)


def _urlsplit(rules: Rules) -> Route:
    origins = rules.by_origin()

    def find(url: str) -> int | None:
        parts = urlsplit(url)
        paths = origins.get((parts.scheme, parts.netloc.lower()))
        return _first_path(paths, parts.path) if paths else None

    return rules.route(find, lambda url: urlsplit(url).hostname)


def _re(rules: Rules) -> Route:
    pattern = "|".join(f"({re.escape(text)})" for text, _ in rules.prefixes)
    match = re.compile(pattern, re.IGNORECASE | re.ASCII).match
    ranks = [rank for _, rank in rules.prefixes]

    def find(url: str) -> int | None:
        found = match(url)
        return ranks[found.lastindex - 1] if found and found.lastindex else None

    return rules.route(find, _host)


def _re2(rules: Rules) -> Route:
    re2 = importlib.import_module("re2")
    options = re2.Options()
    options.max_mem, options.case_sensitive, options.literal = 1 << 31, False, True
    found = re2.Set.MatchSet(options)
    for text, _ in rules.prefixes:
        found.Add(text)
    found.Compile()
    match, ranks = found.Match, [rank for _, rank in rules.prefixes]

    def find(url: str) -> int | None:
        places = match(url)
        return ranks[min(places)] if places else None

    return rules.route(find, _host)


def _hyperscan(rules: Rules) -> Route:
    hyperscan = importlib.import_module("hyperscan")
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    flags = hyperscan.HS_FLAG_CASELESS | hyperscan.HS_FLAG_SINGLEMATCH
    database.compile(
        expressions=[b"^" + re.escape(text).encode() for text, _ in rules.prefixes],
        ids=[rank for _, rank in rules.prefixes],
        elements=len(rules.prefixes),
        flags=[flags] * len(rules.prefixes),
    )
    found: list[int] = []

    def note(rank: int, *_: object) -> None:
        found.append(rank)

    def find(url: str) -> int | None:
        found.clear()
        database.scan(url.encode(), match_event_handler=note)
        return min(found, default=None)

    return rules.route(find, _host)


def _pyahocorasick(rules: Rules) -> Route:
    automaton = importlib.import_module("ahocorasick").Automaton()
    for text, rank in reversed(rules.prefixes):
        automaton.add_word(text, (len(text), rank))
    automaton.make_automaton()
    longest = max(len(text) for text, _ in rules.prefixes)

    def find(url: str) -> int | None:
        best = None
        for end, (length, rank) in automaton.iter(url[:longest].lower()):
            if end + 1 == length and (best is None or rank < best):
                best = rank
        return best

    return rules.route(find, _host)


def _marisa(rules: Rules) -> Route:
    trie = importlib.import_module("marisa_trie").Trie([text for text, _ in rules.prefixes])
    ranks = dict(reversed(rules.prefixes))

    def find(url: str) -> int | None:
        found = trie.prefixes(url.lower())
        return min(map(ranks.__getitem__, found)) if found else None

    return rules.route(find, _host)


def _datrie(rules: Rules) -> Route:
    trie = importlib.import_module("datrie").BaseTrie(ranges=[("\0", "\x7f")])
    for text, rank in reversed(rules.prefixes):
        trie[text] = rank

    def find(url: str) -> int | None:
        return min(trie.prefix_values(url.lower()), default=None)

    return rules.route(find, _host)


def _pygtrie(rules: Rules) -> Route:
    trie = importlib.import_module("pygtrie").CharTrie()
    for text, rank in reversed(rules.prefixes):
        trie[text] = rank

    def find(url: str) -> int | None:
        return min((step.value for step in trie.prefixes(url.lower())), default=None)

    return rules.route(find, _host)


def _can_ada(rules: Rules) -> Route:
    parse, origins = importlib.import_module("can_ada").parse, rules.by_origin()

    def find(url: str) -> int | None:
        parts = parse(url)
        paths = origins.get((parts.protocol[:-1], parts.host))
        return _first_path(paths, parts.pathname) if paths else None

    return rules.route(find, lambda url: parse(url).hostname)


def _yarl(rules: Rules) -> Route:
    url_type, origins = importlib.import_module("yarl").URL, rules.by_origin()

    def find(url: str) -> int | None:
        parts = url_type(url)
        paths = origins.get((parts.scheme, parts.raw_authority))
        return _first_path(paths, parts.raw_path) if paths else None

    return rules.route(find, lambda url: url_type(url).raw_host)


def _adblock(rules: Rules) -> Route:
    adblock = importlib.import_module("adblock")
    filters = adblock.FilterSet(debug=True)
    filters.add_filters([f"|{text}" for text, _ in rules.prefixes])
    engine = adblock.Engine(filters)
    ranks = {f"|{text}": rank for text, rank in reversed(rules.prefixes)}

    def find(url: str) -> int | None:
        found = engine.check_network_urls(url, "https://source.example/", "other")
        return ranks.get(found.filter) if found.matched else None

    return rules.route(find, _host)


@dataclass(frozen=True, slots=True)
class Contender:
    """One way: its name, the module it needs (None is the standard library), how it is made.

    `slow` are those that take more than five seconds to be made for W3, or more than ten
    microseconds a request: `benchmarks.peers` measures them, `benchmarks.gate` does without.
    """

    name: str
    module: str | None
    make: Callable[[Rules], Route]
    slow: bool = False

    def missing(self) -> bool:
        """Whether its module is not installed."""
        if self.module is None:
            return False
        with contextlib.redirect_stderr(io.StringIO()):
            try:
                importlib.import_module(self.module)
            except ImportError:
                return True
        return False


def _contenders() -> Iterator[Contender]:
    yield Contender("linear loop", None, _linear, slow=True)
    yield Contender("lower().startswith(tuple)", None, _startswith, slow=True)
    yield Contender("urlsplit + dict", None, _urlsplit)
    yield Contender("re alternation", None, _re, slow=True)
    yield Contender("google-re2 Set", "re2", _re2)
    yield Contender("hyperscan", "hyperscan", _hyperscan, slow=True)
    yield Contender("pyahocorasick", "ahocorasick", _pyahocorasick)
    yield Contender("marisa-trie", "marisa_trie", _marisa)
    yield Contender("datrie", "datrie", _datrie, slow=True)
    yield Contender("pygtrie", "pygtrie", _pygtrie)
    yield Contender("can_ada + dict", "can_ada", _can_ada)
    yield Contender("yarl + dict", "yarl", _yarl)
    yield Contender("python-adblock", "adblock", _adblock)


CONTENDERS: Final[tuple[Contender, ...]] = tuple(_contenders())
