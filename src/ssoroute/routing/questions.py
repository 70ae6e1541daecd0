"""What is asked after a payload is selected: one table, in the order in which the system asks.

The router, the explanation and docs/matching.md §5 follow this table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ssoroute.install.associated_domains import domain_notes
from ssoroute.model.authority import Authority
from ssoroute.model.decision import Decision, Note, Outcome, Reason
from ssoroute.model.device import Device
from ssoroute.model.keys import keys
from ssoroute.model.patterns import Rule, URLPrefix
from ssoroute.model.payload import CredentialPayload, Payload, RedirectPayload, ScreenLockedBehavior
from ssoroute.model.request import Request

__all__ = ["QUESTIONS", "Answer", "Question", "Selected", "conclude", "first_yes"]


class Answer(StrEnum):
    """The answer to a question. An unknown counts as no for the decision."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"

    @classmethod
    def of(cls, value: bool | None) -> Answer:
        """The answer for a value of three: None is unknown."""
        return cls.UNKNOWN if value is None else cls.YES if value else cls.NO


@dataclass(frozen=True, slots=True)
class Selected:
    """A payload that was selected for a request.

    `all_domains_refused` says whether all its associated domains are known as not approved (None if
    that is unknown), `by_identifier` that the request named the extension itself (`ssoid://`).
    """

    payload: Payload
    all_domains_refused: bool | None = False
    by_identifier: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """One question after the selection: if the answer is yes, the request ends.

    `outcome` and `reason` are those with which it ends. `answer` gives True, False, or None for
    unknown.
    """

    outcome: Outcome
    reason: Reason
    authority: Authority
    text: str
    answer: Callable[[Selected, Request], bool | None]


def _caller_is_extension(selected: Selected, request: Request) -> bool | None:
    payload = selected.payload
    if isinstance(payload, CredentialPayload):
        return False
    return None if request.caller is None else request.caller == payload.extension.bundle_id


def _caller_denied(selected: Selected, request: Request) -> bool | None:
    denied = selected.payload.denied_callers
    if request.caller is None:
        return None if denied else False
    return request.caller in denied


def _domain_not_approved(selected: Selected, _: Request) -> bool | None:
    return False if selected.by_identifier else selected.all_domains_refused


def _locked_do_not_handle(selected: Selected, request: Request) -> bool:
    behavior = selected.payload.screen_locked_behavior
    return request.meets_locked_screen and behavior is ScreenLockedBehavior.DO_NOT_HANDLE


def _locked_cancel(selected: Selected, request: Request) -> bool:
    behavior = selected.payload.screen_locked_behavior
    return request.meets_locked_screen and behavior is ScreenLockedBehavior.CANCEL


QUESTIONS: Final = (
    Question(
        Outcome.DO_NOT_HANDLE,
        Reason.CALLER_IS_EXTENSION,
        Authority.OBSERVED,
        "is the caller the extension itself (Redirect only)?",
        _caller_is_extension,
    ),
    Question(
        Outcome.DO_NOT_HANDLE,
        Reason.CALLER_DENIED,
        Authority.OBSERVED,
        "is the caller listed in DeniedBundleIdentifiers?",
        _caller_denied,
    ),
    Question(
        Outcome.DO_NOT_HANDLE,
        Reason.DOMAIN_NOT_APPROVED,
        Authority.OBSERVED,
        "are all associated domains known as not approved (Redirect only)?",
        _domain_not_approved,
    ),
    Question(
        Outcome.DO_NOT_HANDLE,
        Reason.SCREEN_LOCKED,
        Authority.DOCUMENTED,
        "is the screen locked, and ScreenLockedBehavior DoNotHandle?",
        _locked_do_not_handle,
    ),
    Question(
        Outcome.CANCEL,
        Reason.SCREEN_LOCKED,
        Authority.DOCUMENTED,
        "is the screen locked, and ScreenLockedBehavior Cancel?",
        _locked_cancel,
    ),
)


def first_yes(selected: Selected, request: Request) -> Question | None:
    """The first question whose answer is yes for `request`, or None if the extension gets it."""
    return next((question for question in QUESTIONS if question.answer(selected, request)), None)


_WILDCARD: Final = Note(
    "wildcard", "the rule holds a `*`, which Apple does not document", Authority.OBSERVED
)
_LOCKED_ASSUMED: Final = Note(
    "screen_locked_assumed",
    "this version does not know ScreenLockedBehavior; it is taken to cancel",
    Authority.READING,
)
_ORDER_DEPENDENT: Final = Note(
    "order_dependent",
    "a declaration and a profile both match, and nobody knows which of them a device asks first;"
    " this is the answer in the order given",
    Authority.READING,
)


def conclude(
    device: Device,
    payload: Payload | None,
    rule: Rule | None,
    *,
    lookalike: bool = False,
    question: Question | None = None,
    objection: Reason | None = None,
    order_dependent: bool = False,
) -> Decision:
    """The decision if `payload` was selected by `rule`; None is the system's own extension.

    `question` is the first whose answer was yes, `objection` what strict matching says against the
    rule.
    """
    if payload is None:
        extension, outcome, reason = None, Outcome.HANDLE, Reason.SYSTEM_EXTENSION
    else:
        extension, outcome = payload.extension, Outcome.HANDLE
        reason = Reason.URL_PREFIX if isinstance(payload, RedirectPayload) else Reason.HOST
    if question:
        outcome, reason = question.outcome, question.reason
    elif objection:
        outcome, reason = Outcome.DO_NOT_HANDLE, objection
    grounds: tuple[Note, ...] = ()
    if isinstance(payload, RedirectPayload) and isinstance(rule, URLPrefix):
        grounds = domain_notes(payload, rule, device)
        if rule.has_wildcard and device.matches_wildcards:
            grounds = (_WILDCARD, *grounds)
    if reason is Reason.SCREEN_LOCKED and not keys()["ScreenLockedBehavior"].known(
        device.platform, device.version
    ):
        grounds = (*grounds, _LOCKED_ASSUMED)
    if order_dependent:
        grounds = (*grounds, _ORDER_DEPENDENT)
    return Decision(outcome, reason, extension, rule, lookalike, grounds)
