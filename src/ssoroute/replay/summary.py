"""The summary of a replay, in bounded memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final, Generic, NamedTuple, TypeVar

from ssoroute.model.decision import Outcome, Reason
from ssoroute.model.urls import without_password
from ssoroute.replay.answers import Answered
from ssoroute.replay.chunks import LeftOut
from ssoroute.replay.tally import Bad, Kind

__all__ = ["Summary", "Top"]

_Key = TypeVar("_Key", str, tuple[str, str], tuple[str, str, str])

#: How many different hosts are counted exactly; some megabytes.
_EXACT: Final = 100_000
#: How many hosts are listed.
_SHOWN: Final = 20
_PROBLEMS: Final = 20


class BadRow(NamedTuple):
    """A row that is not a request, and the log that it is in."""

    file: str
    bad: Bad


class Top(Generic[_Key]):
    """The most frequent keys, in bounded memory.

    Counts are exact for up to `limit` different keys. Each time there are more, the rarer half is
    forgotten; then `exact` is False, and counts are lower bounds.

    >>> top = Top(limit=2)
    >>> for word in "abacad": top.add({word: 1})
    >>> top.most(1), top.exact
    ([('a', 3)], False)
    """

    def __init__(self, limit: int = _EXACT) -> None:
        self._limit = limit
        self._counts: Counter[_Key] = Counter()
        self.exact = True

    def add(self, counts: Mapping[_Key, int]) -> None:
        """Add `counts`."""
        self._counts.update(counts)
        if len(self._counts) > self._limit:
            self._counts = Counter(dict(self._counts.most_common((self._limit + 1) // 2)))
            self.exact = False

    def most(self, number: int) -> list[tuple[_Key, int]]:
        """The `number` most frequent keys with their counts; keys of equal counts are sorted."""
        return sorted(self._counts.items(), key=lambda item: (-item[1], item[0]))[:number]


class Summary:
    """The answers of a replay, counted.

    `accelerated` says whether the compiled router runs, `complete` whether the replay reached its
    end.
    """

    def __init__(self, *, accelerated: bool) -> None:
        self.accelerated = accelerated
        self.complete = True
        self.kinds: Counter[Kind] = Counter()
        self.unmatched_loads: Top[str] = Top()
        self.unmatched_challenges: Top[str] = Top()
        self.denied: Top[tuple[str, str]] = Top()
        self.lookalikes: Top[tuple[str, str, str]] = Top()
        #: Entries that no extension can see, by log.
        self.left_out: Counter[tuple[str, LeftOut]] = Counter()
        #: Decisions by hour of the day (UTC) and outcome, for the logs that have times.
        self.hours: Counter[tuple[int, str]] = Counter()
        self.bad_count = 0
        #: The first of the bad rows.
        self.bad: list[BadRow] = []
        #: The logs that could not be read to their end, and why.
        self.unread: list[tuple[str, str]] = []

    def add(self, answered: Answered) -> None:
        """Count the answers to a chunk."""
        tally = answered.tally
        self.kinds.update(tally.kinds)
        self.unmatched_loads.add(tally.unmatched_loads)
        self.unmatched_challenges.add(tally.unmatched_challenges)
        self.denied.add(tally.denied)
        self.lookalikes.add(tally.lookalikes)
        self.hours.update(tally.hours)
        for kind, count in tally.left_out.items():
            self.left_out[answered.file, kind] += count
        self.bad_count += tally.bad_count
        room = _PROBLEMS - len(self.bad)
        self.bad += (BadRow(answered.file, bad) for bad in tally.bad[:room])
        if answered.remark is not None and answered.remark.fatal:
            self.unread.append((answered.file, answered.remark.message))

    @property
    def requests(self) -> int:
        """How many requests were answered."""
        return self.kinds.total()

    def by(self, name: str) -> list[tuple[str, int]]:
        """The counts by one member of `Kind`, the most frequent first; without None."""
        counts: Counter[str] = Counter()
        for kind, count in self.kinds.items():
            value = getattr(kind, name)
            if value is not None:
                counts[value] += count
        return sorted(counts.items(), key=lambda item: (-item[1], item[0]))

    def rules(self) -> list[tuple[str, str | None, int]]:
        """Each rule that selected a payload, its extension (None: the system's own), its count."""
        counts: Counter[tuple[str, str | None]] = Counter()
        for kind, count in self.kinds.items():
            if kind.rule is not None:
                counts[kind.rule, kind.extension] += count
        found = sorted(counts.items(), key=lambda item: (-item[1], item[0][0], item[0][1] or ""))
        return [(rule, extension, count) for (rule, extension), count in found]

    def to_json(self) -> dict[str, object]:
        """The summary as a JSON object (docs/replay.md, "JSON")."""
        outcomes, reasons = dict(self.by("outcome")), dict(self.by("reason"))
        return {
            "schema": 1,
            "complete": self.complete,
            "accelerated": self.accelerated,
            "requests": self.requests,
            "errors": self.bad_count,
            "outcomes": {outcome.value: outcomes.get(outcome.value, 0) for outcome in Outcome},
            "reasons": {reason.value: reasons.get(reason.value, 0) for reason in Reason},
            "extensions": [
                {"extension": extension, "count": count}
                for extension, count in self.by("extension")
            ],
            "rules": [
                {"rule": without_password(rule), "extension": extension, "count": count}
                for rule, extension, count in self.rules()
            ],
            "unmatched_hosts": {
                "loads": _hosts_json(self.unmatched_loads),
                "challenges": _hosts_json(self.unmatched_challenges),
            },
            "denied_callers": {
                "exact": self.denied.exact,
                "callers": [
                    {"caller": caller, "extension": extension or None, "count": count}
                    for (caller, extension), count in self.denied.most(_SHOWN)
                ],
            },
            "lookalikes": {
                "count": sum(count for kind, count in self.kinds.items() if kind.lookalike),
                "exact": self.lookalikes.exact,
                "hosts": [
                    {
                        "rule": without_password(rule),
                        "extension": extension,
                        "host": host,
                        "count": count,
                    }
                    for (rule, extension, host), count in self.lookalikes.most(_SHOWN)
                ],
            },
            "hours": [
                {"hour": hour, "outcome": outcome, "count": count}
                for (hour, outcome), count in sorted(self.hours.items())
            ],
            "left_out": [
                {"file": file, "kind": kind.value, "count": count}
                for (file, kind), count in self.left_out.items()
            ],
            "first_errors": [{"file": row.file, **row.bad._asdict()} for row in self.bad],
            "unread": [{"file": file, "message": message} for file, message in self.unread],
        }


def _hosts_json(hosts: Top[str]) -> dict[str, object]:
    return {
        "exact": hosts.exact,
        "hosts": [{"host": host, "count": count} for host, count in hosts.most(_SHOWN)],
    }
