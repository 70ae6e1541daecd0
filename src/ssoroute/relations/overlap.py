"""How the rules of active payloads stand to each other: shadowed, the same, covered, overlapping.

All of it is exact; nothing is sampled. It rests on one fact, for URL prefixes and hosts alike:

    For each rule there is one *generic* request, and a rule takes everything that another one
    takes exactly where it takes the generic request of the other.

So **several rules together take everything from a rule only where one of them does alone**: of
those that do, one takes its generic request.

* *URL prefixes*, with and without `*`: proved in `globs.py`.
* *An exact host* takes one host only, which is its generic one.
* *A host suffix* such as `.a.b` takes infinitely many. Its generic host is `L.a.b`, where `L` is a
  label without a dot for which `L.a.b` is listed nowhere (`reach.host_below`). An exact host that
  takes it does not exist. A suffix that takes it begins with a dot, and the only dots are those of
  `.a.b`: so it ends `.a.b`, and takes all that lies below.

Whether some requests match two rules is as plain: of two prefixes without `*` one begins the other,
of a suffix and another host entry one ends the other. Only where patterns with `*` meet, and what
rules before them take counts too, are they read side by side (`globs.winners`), up to a limit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Final, NamedTuple

from ssoroute.model.device import Device
from ssoroute.model.patterns import HostPattern, Rule, URLPrefix, lower_ascii
from ssoroute.model.payload import Payload
from ssoroute.model.request import Request
from ssoroute.model.urls import host_text
from ssoroute.relations.globs import NOBODY, Contender, Glob, UndecidedError, winners
from ssoroute.relations.prefix_tree import NOWHERE, PrefixTree
from ssoroute.relations.witnesses import can_match, host_below, ways_to_fill, with_host

__all__ = ["Relation", "RelationKind", "can_match", "reaching_request", "relations"]

# Each rule is held against this many others with a `*` by made-up requests before they are read
# side by side, and then for so many steps: what takes longer is left undecided.
_TRIED: Final = 16
_STEPS: Final = 100_000


class RelationKind(StrEnum):
    """How a rule stands to others that are asked before it."""

    #: Earlier payloads take every request that the rule could get.
    SHADOWED = "shadowed"
    #: A rule of an earlier payload matches exactly the same requests, under another uniqueness key.
    SAME_REQUESTS = "same_requests"
    #: Some requests match the rule and go to an earlier payload of another extension.
    OVERLAP = "overlap"
    #: Another entry of the same payload matches every request that the rule matches.
    COVERED = "covered"


@dataclass(frozen=True, slots=True)
class Relation:
    """One relation of `rule`, an entry of `payload`, to the entries `others`.

    `witness` is a request that shows it: both rules match it, and where `kind` is `SHADOWED` or
    `OVERLAP` it goes to the payload of the other one. `others` is empty where that is the system's
    own extension, and `system` its prefix.
    """

    kind: RelationKind
    rule: Rule
    payload: Payload
    others: tuple[tuple[Payload, Rule], ...]
    witness: Request | None
    system: URLPrefix | None = None


def relations(active: Sequence[Payload], device: Device) -> Iterator[Relation]:
    """How the rules of `active` payloads, in the order in which the system asks them, relate.

    For each rule at most one relation of each kind, to the first other rule that has it. `OVERLAP`
    is not reported where the rule is shadowed. Rules that match no request have no relations, and
    where too many patterns with a `*` meet to say whether they overlap, nothing is reported.

    >>> from ssoroute.model.source import Source
    >>> from ssoroute.model.payload import Extension, RedirectPayload
    >>> def redirect(name, url):
    ...     prefix = URLPrefix.parse(url)
    ...     return RedirectPayload(Extension(name), Source(name), url_prefixes=(prefix,))
    >>> active = redirect("com.a", "https://h/a"), redirect("com.b", "https://h/A/b")
    >>> [(found.kind.value, str(found.rule)) for found in relations(active, Device())]
    [('shadowed', 'https://h/A/b')]
    """
    entries = _entries(active, device)
    urls = _Table([e for e in entries if isinstance(e.rule, URLPrefix)])
    hosts = _Table([e for e in entries if isinstance(e.rule, HostPattern)])
    taken = _exact_hosts(active)
    for payload_entries in _by_payload(entries):
        own = _Table(payload_entries)
        for entry in payload_entries:
            table = urls if isinstance(entry.rule, URLPrefix) else hosts
            yield from _Finder(table, own, entry, taken).relations()


def reaching_request(rule: Rule, active: Sequence[Payload], device: Device) -> Request | None:
    """The generic request of `rule`: it reaches the payload of `rule` if any request does.

    `active` are the payloads among which it is to reach it. None where nothing matches `rule`.
    """
    if isinstance(rule, URLPrefix):
        return Request(Glob.of(rule.text, wildcards=device.matches_wildcards).generic)
    text = lower_ascii(rule.text)
    host = host_below(text, _exact_hosts(active)) if rule.is_suffix else text
    url = host and with_host(host)
    return Request(url, response_code=401) if url else None


class _Entry(NamedTuple):
    """A rule, and its place in the walk; `payload` is None and `place` -1 for the system's own."""

    rank: int
    place: int
    payload: Payload | None
    rule: Rule
    glob: Glob


# Hosts are read from their end, where exact ones have a mark, so that a pattern is a prefix.
_END: Final = "\x80"


def _host_glob(pattern: HostPattern) -> Glob:
    reversed_text = lower_ascii(pattern.text)[::-1]
    return Glob((reversed_text if pattern.is_suffix else reversed_text + _END,))


def _entries(active: Sequence[Payload], device: Device) -> list[_Entry]:
    wildcards = device.matches_wildcards
    entries: list[_Entry] = []
    for text in device.system_urls:
        system = URLPrefix.parse(text)
        entries.append(_Entry(len(entries), -1, None, system, Glob.of(text, wildcards=False)))
    for place, payload in enumerate(active):
        for rule in payload.rules:
            if not can_match(rule):
                continue
            if isinstance(rule, URLPrefix):
                glob = Glob.of(rule.text, wildcards=wildcards)
            else:
                glob = _host_glob(rule)
            entries.append(_Entry(len(entries), place, payload, rule, glob))
    return entries


def _by_payload(entries: Sequence[_Entry]) -> Iterator[list[_Entry]]:
    found: dict[int, list[_Entry]] = {}
    for entry in entries:
        if entry.payload is not None:
            found.setdefault(entry.place, []).append(entry)
    yield from found.values()


def _exact_hosts(active: Sequence[Payload]) -> frozenset[str]:
    return frozenset(
        lower_ascii(rule.text)
        for payload in active
        for rule in payload.rules
        if isinstance(rule, HostPattern) and not rule.is_suffix
    )


class _Rival(NamedTuple):
    """An entry that wins a text."""

    rank: int
    extension: str | None
    text: str


class _Table:
    """Entries of one kind, to find the first one that takes a text."""

    def __init__(self, entries: Sequence[_Entry]) -> None:
        self.entries = {entry.rank: entry for entry in entries}
        #: The entries that take exactly the same, in order.
        self.same: dict[Glob, list[_Entry]] = {}
        for entry in entries:
            self.same.setdefault(entry.glob, []).append(entry)
        plain = [glob.head for glob in self.same if glob.is_plain]
        self.plain = PrefixTree(plain)
        first = [self.same[Glob((text,))][0].rank for text in self.plain.texts]
        self.least = self.plain.least_above(first)
        self._wild: dict[str, list[_Entry]] = {}
        for entry in entries:
            if not entry.glob.is_plain:
                self._wild.setdefault(entry.glob.head, []).append(entry)
        self._heads = PrefixTree(self._wild)
        self._rivals: list[tuple[_Rival, ...]] | None = None

    def first(self, text: str) -> int:
        """The smallest rank among the entries that take `text`, `NOBODY` where none does."""
        node = self.plain.deepest(text)
        rank = NOBODY if node == NOWHERE else self.least[node]
        for head in self._heads.above(text):
            for entry in self._wild[self._heads.texts[head]]:
                if entry.rank > rank:
                    break
                if entry.glob.takes(text):
                    rank = entry.rank
        return rank

    def wild_near(self, head: str) -> Iterator[_Entry]:
        """The entries with a `*` that take some text that begins with `head`."""
        near = dict.fromkeys([*self._heads.above(head), *self._heads.below(head)])
        for node in near:
            yield from self._wild[self._heads.texts[node]]

    def rivals(self, node: int) -> tuple[_Rival, ...]:
        """Who wins at `node` or below: the first, and the first of another extension than that.

        Entries with a `*` are left out of it.
        """
        if self._rivals is None:
            self._rivals = self._all_rivals()
        return self._rivals[node]

    def _all_rivals(self) -> list[tuple[_Rival, ...]]:
        # From the last node to the first, so that what is below comes before what is above.
        tree = self.plain
        found: list[tuple[_Rival, ...]] = [()] * len(tree.texts)
        for node in range(len(tree.texts) - 1, -1, -1):
            winner = self.entries[self.least[node]]
            own = _Rival(winner.rank, _extension(winner), tree.texts[node])
            found[node] = _first_two((own, *found[node]))
            parent = tree.parents[node]
            if parent != NOWHERE:
                found[parent] = _first_two((*found[parent], *found[node]))
        return found


def _first_two(rivals: Sequence[_Rival]) -> tuple[_Rival, ...]:
    ordered = sorted(rivals, key=lambda rival: rival.rank)
    other = next((r for r in ordered if r.extension != ordered[0].extension), None)
    return (ordered[0],) if other is None else (ordered[0], other)


def _extension(entry: _Entry) -> str | None:
    return entry.payload.extension.bundle_id if entry.payload else None


class _Finder:
    """The relations of one entry: `table` holds all of its kind, `own` those of its payload."""

    def __init__(
        self, table: _Table, own: _Table, entry: _Entry, exact_hosts: frozenset[str]
    ) -> None:
        self._table = table
        self._own = own
        self._entry = entry
        self._exact_hosts = exact_hosts

    def relations(self) -> Iterator[Relation]:
        entry, table = self._entry, self._table
        covering = self._covering()
        if covering is not None:
            yield self._relation(RelationKind.COVERED, covering, self._request(self._takes_both))
        twin = self._twin()
        if twin is not None:
            yield self._relation(RelationKind.SAME_REQUESTS, twin, self._request(self._takes_both))
        winner = table.entries[table.first(entry.glob.generic)]
        if winner.place < entry.place:
            witness = self._request(self._is_taken_before)
            yield self._relation(RelationKind.SHADOWED, winner, witness)
            return
        rival = self._rival()
        if rival is not None:
            yield self._relation(
                RelationKind.OVERLAP, table.entries[rival.rank], self._meeting(rival)
            )

    def _relation(self, kind: RelationKind, other: _Entry, witness: Request | None) -> Relation:
        entry = self._entry
        assert entry.payload is not None, "the system's own prefixes are asked first"  # noqa: S101
        others = () if other.payload is None else ((other.payload, other.rule),)
        system = other.rule if other.payload is None else None
        assert not isinstance(system, HostPattern), "the system has no hosts"  # noqa: S101
        return Relation(kind, entry.rule, entry.payload, others, witness, system)

    def _covering(self) -> _Entry | None:
        """The first listed entry of the payload that takes all that this one takes.

        Of entries that take the same, the later ones are covered.
        """
        own, entry = self._own, self._entry
        twin = own.same[entry.glob][0]
        if twin is not entry:
            return twin
        rank = NOBODY
        if entry.glob.is_plain:
            parent = own.plain.parents[own.plain.node(entry.glob.head)]
        else:
            parent = own.plain.deepest(entry.glob.generic)
        if parent != NOWHERE:
            rank = own.least[parent]
        for other in own.wild_near(entry.glob.head):
            if other.glob != entry.glob and other.rank < rank and other.glob.holds(entry.glob):
                rank = other.rank
        return None if rank == NOBODY else own.entries[rank]

    def _twin(self) -> _Entry | None:
        """The first entry of an earlier payload that takes the same under another key."""
        key = _uniqueness_key(self._entry.rule)
        for other in self._table.same[self._entry.glob]:
            if other.place >= self._entry.place:
                break
            if other.payload is not None and _uniqueness_key(other.rule) != key:
                return other
        return None

    def _rival(self) -> _Rival | None:
        """The first entry of an earlier payload of another extension that gets some request."""
        entry, table = self._entry, self._table
        wild = [e for e in table.wild_near(entry.glob.head) if e.place < entry.place]
        if entry.glob.is_plain and not wild:
            rivals = table.rivals(table.plain.node(entry.glob.head))
            return next((rival for rival in rivals if self._is_rival(rival.rank)), None)
        nodes = table.plain.below(entry.glob.head)
        plain = [e for n in nodes for e in table.same[Glob((table.plain.texts[n],))]]
        near = sorted(e for e in (*plain, *wild) if e.place < entry.place)
        others = [
            e
            for e in near
            # what is shadowed itself gets nothing
            if _extension(e) != _extension(entry) and table.first(e.glob.generic) == e.rank
        ]
        for other in islice(others, _TRIED):
            for text in entry.glob.meetings(other.glob):
                rank = table.first(text)
                if self._is_rival(rank):
                    return _Rival(rank, None, text)
        return self._read_side_by_side(near) if others else None

    def _read_side_by_side(self, near: Sequence[_Entry]) -> _Rival | None:
        entry = self._entry
        contenders = [Contender(e.glob, (e.rank, NOBODY)) for e in near]
        contenders.append(Contender(entry.glob, (NOBODY, 0)))
        try:
            for text, won in winners(entry.glob.head, contenders, limit=_STEPS):
                if won.ranks[1] == 0 and self._is_rival(won.ranks[0]):
                    return _Rival(won.ranks[0], None, text)
        except UndecidedError:
            pass  # nothing is reported that is not known
        return None

    def _is_rival(self, rank: int) -> bool:
        if rank == NOBODY:
            return False
        other = self._table.entries[rank]
        return other.place < self._entry.place and _extension(other) != _extension(self._entry)

    # Witnesses. Each is held against the rules before it is handed out.

    def _takes_both(self, _winner: int) -> bool:
        return True

    def _is_taken_before(self, winner: int) -> bool:
        return self._table.entries[winner].place < self._entry.place

    def _request(self, shows: Callable[[int], bool]) -> Request | None:
        """A request that the rule matches, and whose winner `shows` the relation."""
        entry = self._entry
        if isinstance(entry.rule, HostPattern):
            text = lower_ascii(entry.rule.text)
            host = host_below(text, self._exact_hosts) if entry.rule.is_suffix else text
            return self._challenge(host)
        for url in ways_to_fill(entry.rule, entry.glob):
            if entry.glob.takes(url.lower()) and shows(self._table.first(url.lower())):
                return Request(url)
        return None

    def _meeting(self, rival: _Rival) -> Request | None:
        if isinstance(self._entry.rule, HostPattern):
            if rival.text.endswith(_END):
                return self._challenge(rival.text[-2::-1])
            return self._challenge(host_below(rival.text[::-1], self._exact_hosts))
        rule = self._table.entries[rival.rank].rule
        urls = [rival.text]
        if isinstance(rule, URLPrefix) and rule.text.lower() == rival.text:
            urls = [rule.text + "/", rule.text] if rule.ends_in_authority else [rule.text]
        for url in urls:
            if self._table.first(url.lower()) == rival.rank:
                return Request(url)
        return None

    def _challenge(self, host: str | None) -> Request | None:
        url = with_host(host) if host else None
        return Request(url, response_code=401) if url and host_text(url) == host else None


def _uniqueness_key(rule: Rule) -> str:
    return rule.uniqueness_key if isinstance(rule, HostPattern) else rule.parts.uniqueness_key
