"""Coverage: which prefixes, hosts and denied callers of the profiles the rows of tables use.

Only active payloads count, because nothing else can decide a request. A row uses the prefix or host
that its decision names. A row whose reason is `caller_denied` also uses the denied caller. Tables
that run together are counted together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import Final

from ssoroute.model.decision import Reason
from ssoroute.model.patterns import HostPattern, Rule
from ssoroute.model.payload import Payload
from ssoroute.model.source import Source
from ssoroute.routing.router import Router
from ssoroute.routing.steps import Verdict
from ssoroute.testing.run import RowResult, TableResult

__all__ = ["Coverage", "RuleKind", "Usable", "percent"]

_HUNDREDTHS: Final = 100


class RuleKind(StrEnum):
    """The kinds of things that a row can use."""

    URL_PREFIX = "url_prefix"
    HOST = "host"
    DENIED_CALLER = "denied_caller"


def percent(share: Fraction) -> str:
    """`share` in per cent, with two decimals at most.

    Rounded down, so it never shows a limit that is not reached.

    >>> percent(Fraction(2, 3)), percent(Fraction(9999999, 10000000)), percent(Fraction(1, 2))
    ('66.66', '99.99', '50')
    """
    whole, hundredths = divmod(int(share * 100 * _HUNDREDTHS), _HUNDREDTHS)
    return f"{whole}.{hundredths:02}".rstrip("0").rstrip(".") if hundredths else str(whole)


@dataclass(frozen=True, slots=True)
class Usable:
    """A prefix, a host or a denied caller, and where it is written."""

    kind: RuleKind
    text: str
    source: Source

    def __str__(self) -> str:
        return f"{self.kind} {self.text} in {self.source}"


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the rows use and do not use, in the order in which devices ask."""

    used: tuple[Usable, ...]
    unused: tuple[Usable, ...]

    @classmethod
    def of(cls, results: Iterable[TableResult]) -> Coverage:
        """The coverage of all `results` together."""
        usable: dict[tuple[RuleKind, str, Source], Usable] = {}
        used: set[tuple[RuleKind, str, Source]] = set()
        for result in results:
            for payload in result.router.activation.active:
                for item in _usable(payload):
                    usable.setdefault(_identity(item), item)
            used |= {_identity(item) for item in _uses(result)}
        return cls(
            tuple(item for key, item in usable.items() if key in used),
            tuple(item for key, item in usable.items() if key not in used),
        )

    @property
    def total(self) -> int:
        """How many can be used."""
        return len(self.used) + len(self.unused)

    @property
    def share(self) -> Fraction:
        """The exact share that is used; 1 if there is nothing to use."""
        return Fraction(len(self.used), self.total) if self.total else Fraction(1)


def _usable(payload: Payload) -> Iterator[Usable]:
    for rule in payload.rules:
        yield from _of_rule(rule)
    place = payload.source.key("DeniedBundleIdentifiers")
    seen: set[str] = set()
    for number, caller in enumerate(payload.denied_callers):
        if caller not in seen:  # a second entry of the same name has no effect
            seen.add(caller)
            yield Usable(RuleKind.DENIED_CALLER, caller, place.item(number))


def _of_rule(rule: Rule) -> Iterator[Usable]:
    if rule.source is not None:  # else a prefix of the system itself, which no profile can change
        kind = RuleKind.HOST if isinstance(rule, HostPattern) else RuleKind.URL_PREFIX
        yield Usable(kind, rule.text, rule.source)


def _identity(item: Usable) -> tuple[RuleKind, str, Source]:
    # Two tables may name one file by two paths.
    file = str(Path(item.source.file).resolve())
    return item.kind, item.text, Source(file, item.source.path)


def _uses(result: TableResult) -> Iterator[Usable]:
    active = result.router.activation.active
    payload_of: Mapping[Rule, Payload] = {
        rule: payload for payload in active for rule in payload.rules
    }
    for answered in result.rows:
        decision = answered.decision
        if decision.rule:
            yield from _of_rule(decision.rule)
        if decision.reason is Reason.CALLER_DENIED:
            payload = (
                payload_of[decision.rule] if decision.rule else _named(result.router, answered)
            )
            caller = answered.request.caller if answered.request else None
            yield from (item for item in _usable(payload) if _denies(item, caller))


def _denies(item: Usable, caller: str | None) -> bool:
    return item.kind is RuleKind.DENIED_CALLER and item.text == caller


def _named(router: Router, answered: RowResult) -> Payload:
    """The payload that an `ssoid` or `realm` request selected: its decision names no rule."""
    assert answered.request is not None  # noqa: S101 - something was selected
    steps = router.explain(*answered.request.arguments).steps
    return next(s.payload for s in steps if s.verdict is Verdict.SELECTED and s.payload)
