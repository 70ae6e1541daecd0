"""How the rules of active payloads relate: shadowed, the same, covered, overlapping.

All of it is exact; nothing is sampled. It rests on one fact, for URL prefixes and hosts alike:

    For each rule there is one *generic* request, and a rule takes everything that another one
    takes exactly if it takes the generic request of the other.

So **several rules together take everything from a rule only if one of them does alone**: of
those that do, one takes its generic request.

* *URL prefixes*, with and without `*`: proved in `model/globs.py`.
* *An exact host* takes one host only, which is its generic one.
* *A host suffix* such as `.a.b` takes infinitely many. Its generic host is `L.a.b`, where `L` is a
  label without a dot for which `L.a.b` is listed nowhere (`witnesses.host_below`). An exact host
  that takes it does not exist. A suffix that takes it begins with a dot, and the only dots are
  those of `.a.b`: so it ends `.a.b`, and takes all that lies below.

Which requests match two rules is as plain: what two prefixes have in common is a union of globs
(`meetings.py`), and of a suffix and another host entry one ends the other. So an earlier rule gets
a request of a later one exactly if it is the first to take the generic text of a meeting.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice, takewhile
from typing import Final, NamedTuple

from ssoroute.model.device import Device
from ssoroute.model.globs import Glob
from ssoroute.model.patterns import HostPattern, Rule, URLPrefix, lower_ascii
from ssoroute.model.payload import Payload
from ssoroute.model.request import Request
from ssoroute.relations.meetings import meetings
from ssoroute.relations.reversed_hosts import exact_host, host_glob, suffix_of
from ssoroute.relations.rule_set import RuleSet
from ssoroute.relations.witnesses import can_match, filled, host_below, with_host

__all__ = ["Relation", "RelationKind", "relations"]

# Two rules with many `*` meet in very many ways, and many rules meet a rule: no more meetings are
# tried than these, of two rules and for one rule. If that is not enough, no overlap is reported.
_MEETINGS_OF_TWO: Final = 256
_MEETINGS_OF_ONE: Final = 4096


class RelationKind(StrEnum):
    """How a rule relates to others."""

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

    `witness` is a request that shows it: both rules match it, and if `kind` is `SHADOWED` or
    `OVERLAP` it goes to the payload of the other one. If that is the system's own extension,
    `others` is empty and `system` is its prefix.
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
    is not reported if the rule is shadowed, or if too many patterns with a `*` meet to find out.
    Rules that match no request have no relations.

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


class _Entry(NamedTuple):
    """A rule, and its place in the walk; `payload` is None and `place` -1 for the system's own."""

    rank: int
    place: int
    payload: Payload | None
    rule: Rule
    glob: Glob


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
                glob = host_glob(rule)
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


class _Table:
    """Entries of one kind, to find the first one that takes a text."""

    def __init__(self, entries: Sequence[_Entry]) -> None:
        self.entries = {entry.rank: entry for entry in entries}
        #: The entries that take exactly the same, in order.
        self.same: dict[Glob, list[_Entry]] = {}
        for entry in entries:
            self.same.setdefault(entry.glob, []).append(entry)
        first = {glob: same[0] for glob, same in self.same.items()}
        self.rules = RuleSet(
            {glob: entry.rank for glob, entry in first.items()},
            {glob: _extension(entry) for glob, entry in first.items()},
        )

    def first(self, text: str) -> _Entry | None:
        """The first entry that takes `text`."""
        return self.entries.get(self.rules.first(text))


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
            yield self._relation(RelationKind.COVERED, covering, self._request())
        twin = self._twin()
        if twin is not None:
            yield self._relation(RelationKind.SAME_REQUESTS, twin, self._request())
        winner = table.first(entry.glob.generic)
        if winner is not None and winner.place < entry.place:
            yield self._relation(RelationKind.SHADOWED, winner, self._request())
            return
        overlap = self._overlap()
        if overlap is not None:
            rival, text = overlap
            yield self._relation(RelationKind.OVERLAP, rival, self._meeting(rival, text))

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
        return own.entries.get(own.rules.first(entry.glob.generic, but=entry.glob))

    def _twin(self) -> _Entry | None:
        """The first entry of an earlier payload that takes the same under another key."""
        entry = self._entry
        key = _uniqueness_key(entry.rule)
        same = self._table.same[entry.glob]
        earlier = takewhile(lambda other: other.place < entry.place, same)
        others = (other for other in earlier if other.payload is not None)
        return next((other for other in others if _uniqueness_key(other.rule) != key), None)

    def _overlap(self) -> tuple[_Entry, str] | None:
        """The first entry of an earlier payload of another extension that gets some request.

        With it comes the text of such a request. The rule is not shadowed.
        """
        entry, table = self._entry, self._table
        left = _MEETINGS_OF_ONE
        for glob in table.rules.near(entry.glob.head, but=_extension(entry)):
            rival = table.same[glob][0]
            if rival.place >= entry.place:
                break
            for meeting in islice(meetings(entry.glob, glob), _MEETINGS_OF_TWO):
                if table.first(meeting.generic) is rival:
                    return rival, meeting.generic
                left -= 1
            if left <= 0:
                break
        return None

    # Witnesses.

    def _request(self) -> Request | None:
        """A request that the rule matches; whatever takes all of the rule takes it also."""
        entry = self._entry
        if isinstance(entry.rule, HostPattern):
            text = lower_ascii(entry.rule.text)
            host = host_below(text, self._exact_hosts) if entry.rule.is_suffix else text
            return self._challenge(host)
        return Request(filled(entry.rule, entry.glob))

    def _meeting(self, rival: _Entry, text: str) -> Request | None:
        """A request for `text`, which both rules take and the rival gets."""
        if isinstance(rival.rule, HostPattern):
            host = exact_host(text)
            below = suffix_of(text)
            return self._challenge(host_below(below, self._exact_hosts) if host is None else host)
        if rival.rule.text.lower() != text:
            return Request(text)
        # a look-alike only if nothing else shows it
        ends_host = rival.rule.ends_in_authority and self._table.first(f"{text}/") is rival
        return Request(f"{rival.rule.text}/" if ends_host else rival.rule.text)

    def _challenge(self, host: str | None) -> Request | None:
        url = with_host(host) if host else None
        return Request(url, response_code=401) if url else None


def _uniqueness_key(rule: Rule) -> str:
    return rule.uniqueness_key if isinstance(rule, HostPattern) else rule.parts.uniqueness_key
