"""Counts of the decisions about one chunk, small enough to be sent between processes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeAlias

from ssoroute.model.decision import Decision, Reason
from ssoroute.model.request import RequestError
from ssoroute.model.urls import host_text
from ssoroute.replay.chunks import LeftOut
from ssoroute.replay.rows import Row

__all__ = ["LONGEST_HOST", "Bad", "Decided", "Kind", "Tally", "counted", "host_of"]

#: A row with its decision, or with the error that says why it has none.
Decided: TypeAlias = tuple[Row, Decision | RequestError]

#: How many bad rows of a chunk are kept; all are counted.
KEPT_BAD: Final = 20
#: A longer host is shortened before it is counted: valid names are never longer, and hosts are
#: held in memory.
LONGEST_HOST: Final = 255


class Kind(NamedTuple):
    """What decisions are grouped by. `outcome` and `reason` are written as in JSON."""

    outcome: str
    reason: str
    extension: str | None
    rule: str | None
    lookalike: bool

    @classmethod
    def of(cls, decision: Decision) -> Kind:
        """The kind of `decision`."""
        return cls(
            decision.outcome.value,
            decision.reason.value,
            decision.extension.bundle_id if decision.extension else None,
            decision.rule.text if decision.rule else None,
            decision.lookalike,
        )


class Bad(NamedTuple):
    """A row that is not a request: its number, the field at fault if it is known, the message."""

    line: int
    field: str | None
    message: str


@dataclass(slots=True)
class Tally:
    """Counts over some requests."""

    kinds: Counter[Kind] = field(default_factory=Counter)
    #: The hosts of loads that no payload matched.
    unmatched_loads: Counter[str] = field(default_factory=Counter)
    #: The hosts of challenges that no payload matched.
    unmatched_challenges: Counter[str] = field(default_factory=Counter)
    #: Rule, extension and host of the look-alikes.
    lookalikes: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    #: Caller and extension (empty: the system's own) of the requests of denied callers.
    denied: Counter[tuple[str, str]] = field(default_factory=Counter)
    #: Entries that no extension can see.
    left_out: Counter[LeftOut] = field(default_factory=Counter)
    #: Decisions by hour of the day (UTC) and outcome, for the rows that have a time.
    hours: Counter[tuple[int, str]] = field(default_factory=Counter)
    bad_count: int = 0
    #: The first of the bad rows.
    bad: list[Bad] = field(default_factory=list)

    def unmatched(self, *, challenge: bool) -> Counter[str]:
        """The hosts that no payload matched, of challenges or of loads."""
        return self.unmatched_challenges if challenge else self.unmatched_loads

    def count(self, kind: Kind, urls: Sequence[str], *, challenge: bool) -> None:
        """Count requests of one kind, all challenges or all loads, by their URLs as routed."""
        self.kinds[kind] += len(urls)
        if kind.reason == Reason.NO_MATCH.value:
            self.unmatched(challenge=challenge).update(map(host_of, urls))
        elif kind.lookalike:
            rule, extension = kind.rule or "", kind.extension or ""
            self.lookalikes.update((rule, extension, host_of(url)) for url in urls)

    def count_callers(self, kind: Kind, callers: Iterable[str]) -> None:
        """Count the callers of requests of one kind, if that says that they are denied."""
        if kind.reason == Reason.CALLER_DENIED.value:
            self.denied.update((caller, kind.extension or "") for caller in callers)

    def count_bad(self, line: int, error: RequestError) -> None:
        """Count a row that is not a request."""
        self.bad_count += 1
        if len(self.bad) < KEPT_BAD:
            self.bad.append(Bad(line, error.field, error.message))


def counted(decided: Iterable[Decided], tally: Tally) -> Iterator[Decided]:
    """Pass `decided` through, and count it in `tally` at its end."""
    # A kept decision keeps its identity: a new one cannot get the same `id`.
    groups: dict[tuple[int, bool], tuple[Decision, list[Row]]] = {}
    for row, answer in decided:
        if isinstance(answer, RequestError):
            tally.count_bad(row.number, answer)
        else:
            key = id(answer), row.is_challenge
            group = groups.get(key)
            if group is None:
                group = groups[key] = (answer, [])
            group[1].append(row)
            if row.hour is not None:
                tally.hours[row.hour, answer.outcome.value] += 1
        yield row, answer
    for (_, challenge), (decision, rows) in groups.items():
        kind = Kind.of(decision)
        tally.count(kind, [row.routed for row in rows], challenge=challenge)
        tally.count_callers(kind, (row.arguments[0] for row in rows))


def host_of(url: str) -> str:
    """The host under which `url` is counted: in lower case, with at most `LONGEST_HOST` characters.

    >>> host_of("https://user@WWW.Example.org:8443/")
    'www.example.org'
    """
    return host_text(url).lower()[:LONGEST_HOST]
