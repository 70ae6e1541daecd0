"""SSO401-SSO409 and SSO307: what payloads and profiles do to each other.

The router itself says which profiles are refused, replaced or inactive. `relations/overlap.py`
computes exactly how the rules of active payloads relate.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from ssoroute.checks.report import Report, has_password, shown
from ssoroute.checks.wording import listing
from ssoroute.install.activation import InactiveReason
from ssoroute.install.refusal import Problem, RefusalCode
from ssoroute.model.finding import Severity
from ssoroute.model.patterns import HostPattern, Rule, URLPrefix
from ssoroute.model.profile import Channel
from ssoroute.model.quoting import quote
from ssoroute.model.request import Request
from ssoroute.relations.overlap import Relation, RelationKind, relations

if TYPE_CHECKING:
    from ssoroute.checks.target import Subject
    from ssoroute.model.source import Source

__all__ = ["check_channels", "check_installation", "check_relations"]

_URL_CODES: Final = (RefusalCode.URL_REPEATED, RefusalCode.URL_CLAIMED)
_HOST_CODES: Final = (RefusalCode.HOST_REPEATED, RefusalCode.HOST_CLAIMED)
_WITHIN: Final = (RefusalCode.URL_REPEATED, RefusalCode.HOST_REPEATED)


def check_installation(subject: Subject, report: Report) -> None:
    """SSO401, SSO402, SSO406 and SSO408: claims, and profiles that replace others."""
    texts = {entry.source: entry.text for view in subject.payloads for entry in view.prefixes}
    texts |= {entry.source: entry.text for view in subject.payloads for entry in view.hosts}
    claims = _Claims(subject, texts, report)
    for problem, is_installed in _problems(subject):
        if problem.code in (*_URL_CODES, *_HOST_CODES):
            claims.add(problem, installed=is_installed)
        elif problem.code is RefusalCode.SECOND_PLATFORM_SSO:
            _second_platform_sso(problem, report, installed=is_installed)
    for replacement in subject.router.installation.replaced:
        old, new = replacement.old, replacement.new
        message = f"a later profile is also {quote(old.identifier)} and replaces this one"
        report.add("SSO408", old.source, message, value=old.identifier, related=(new.source,))


def _problems(subject: Subject) -> Iterator[tuple[Problem, bool]]:
    """What refuses a profile, and what two installed ones would; whether they are installed."""
    for refusal in subject.router.refused:
        yield from ((problem, False) for problem in refusal.problems)
    for installed in subject.router.installation.installed:
        yield from ((problem, True) for problem in installed.conflicts)


#: What becomes of two things of which a device takes only one, when it lists both as installed.
_BOTH: Final = "both are installed, and the first wins"


def _second_platform_sso(problem: Problem, report: Report, *, installed: bool) -> None:
    what = _BOTH if installed else "the profile is refused"
    message = f"this is a second Platform SSO payload in the channel: {what}"
    severity = Severity.WARNING if installed else None
    report.add("SSO406", problem.source, message, related=_others(problem), severity=severity)


class _Claims:
    """Reports URLs and hosts that are already claimed; `texts` has what is written at each."""

    def __init__(self, subject: Subject, texts: dict[Source, str], report: Report) -> None:
        self._subject = subject
        self._texts = texts
        self._report = report

    def add(self, problem: Problem, *, installed: bool) -> None:
        is_url = problem.code in _URL_CODES
        text = self._texts.get(problem.source, "")
        what = f"{'URL' if is_url else 'host'} {quote(shown(text))}"
        fault = "listed twice" if problem.code in _WITHIN else "already claimed"
        refused = f"the system refuses the profile ({problem.code.label})"
        places = [problem.source, *_others(problem)]
        known = [(self._texts[place], place) for place in places if place in self._texts]
        self._report.add(
            "SSO401" if is_url else "SSO402",
            problem.source,
            f"the {what} is {fault}: {_BOTH if installed else refused}",
            value=text,
            related=_others(problem),
            witness=_witness(self._subject, [_rule(*one, is_url) for one in known]),
            severity=Severity.WARNING if installed else None,
        )


def _others(problem: Problem) -> tuple[Source, ...]:
    return (problem.other,) if problem.other else ()


def _rule(text: str, source: Source, is_url: bool) -> Rule:
    return URLPrefix.parse(text, source) if is_url else HostPattern(text, source)


def _witness(subject: Subject, entries: Sequence[Rule]) -> Request | None:
    """A request that all of `entries`, which have one uniqueness key, match."""
    for entry in entries:
        if has_password(entry.text):
            return None
        if isinstance(entry, URLPrefix):
            request = Request(entry.text)
        else:
            request = Request(f"https://{'a' if entry.is_suffix else ''}{entry.text}/", None, 401)
        if subject.confirmed(request, *entries):
            return request
    return None


def check_channels(subject: Subject, report: Report) -> None:
    """SSO407: the payloads that the user channel replaces."""
    gone = [
        inactive.payload
        for inactive in subject.router.activation.inactive
        if inactive.reason
        in (InactiveReason.REPLACED_BY_USER_CHANNEL, InactiveReason.MERGED_INTO_PLATFORM_SSO)
    ]
    replaced = [payload for payload in gone if payload.channel is Channel.DEVICE]
    merged = [payload for payload in gone if payload.channel is Channel.USER]
    active = subject.router.activation.active
    user = next((payload for payload in active if payload.channel is Channel.USER), None)
    source = user.source if user else (merged[0].source if merged else None)
    if source is not None and replaced:
        names = dict.fromkeys(str(payload.extension) for payload in replaced)
        count = f"{len(replaced)} payload{'s' if len(replaced) > 1 else ''}"
        message = f"the user channel replaces {count} of the device channel: "
        message += listing(list(names), 10)
        related = tuple(payload.source for payload in replaced)
        report.add("SSO407", source, message, related=related)
    for payload in merged:
        message = (
            "the Platform SSO payload of the device channel replaces this payload of"
            f" {quote(str(payload.extension))}"
        )
        report.add("SSO407", payload.source, message)


def check_relations(subject: Subject, report: Report) -> None:
    """SSO307, SSO403, SSO404, SSO405 and SSO409: which rules get the requests of other rules."""
    for relation in relations(subject.router.activation.active, subject.device):
        _relation(subject, relation, report)


class _Said(NamedTuple):
    code: str
    message: str
    hint: str | None = None


def _said_of(relation: Relation) -> _Said:
    """What is said about a relation; one without `others` is to Apple's own extension."""
    rule, others = relation.rule, relation.others
    quoted = quote(shown(rule.text))
    other_rule = others[0][1] if others else relation.system
    other = quote(shown(other_rule.text)) if other_rule else ""
    match relation.kind:
        case RelationKind.SAME_REQUESTS:
            message = f"{quoted} matches the same requests as {other}, and the first one gets them"
            return _Said("SSO403", message)
        case RelationKind.SHADOWED:
            by = f"the earlier {other}" if others else "Apple's own extension"
            message = f"{quoted} has no effect: {by} gets every request that it matches"
            return _Said("SSO404", message, None if others else "delete it")
        case RelationKind.OVERLAP if others:
            extension = quote(others[0][0].extension.bundle_id)
            message = f"{quoted} overlaps with {other} of {extension}, which is asked first"
            return _Said("SSO405", message)
        case RelationKind.OVERLAP:
            extension = "Apple's own extension"
            message = f"{quoted} overlaps with {other} of {extension}, which is asked first"
            hint = f"keep it for the other pages; {extension} gets Apple accounts"
            return _Said("SSO405", message, hint)
        case RelationKind.COVERED:
            is_host = isinstance(rule, HostPattern)
            what = f"the suffix {other}" if is_host else other
            message = f"{quoted} is covered by {what} of the same payload"
            return _Said("SSO307" if is_host else "SSO409", message)


def _relation(subject: Subject, relation: Relation, report: Report) -> None:
    rule = relation.rule
    if rule.source is None:
        return
    said = _said_of(relation)
    report.add(
        said.code,
        rule.source,
        said.message,
        value=rule.text,
        hint=said.hint,
        related=tuple(entry.source for _, entry in relation.others if entry.source is not None),
        witness=_relation_witness(subject, relation),
    )


def _relation_witness(subject: Subject, relation: Relation) -> Request | None:
    entries = [entry for _, entry in relation.others]
    if any(has_password(entry.text) for entry in entries):
        return None  # it is made of both
    if relation.system:
        return subject.confirmed_by_system(relation.witness, relation.rule)
    return subject.confirmed(relation.witness, relation.rule, *entries)
