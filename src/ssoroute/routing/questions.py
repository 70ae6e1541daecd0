"""What is asked after a payload is selected: one table, in the order in which the system asks.

The router, the explanation and docs/matching.md §5 follow this table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ssoroute.install.associated_domains import domain_notes
from ssoroute.model.decision import Authority, Decision, Note, Outcome, Reason
from ssoroute.model.device import Device
from ssoroute.model.keys import keys
from ssoroute.model.patterns import Rule, URLPrefix
from ssoroute.model.payload import CredentialPayload, Payload, RedirectPayload, ScreenLockedBehavior
from ssoroute.model.request import Request

__all__ = ["GATES", "Gate", "Selected", "conclude", "first_gate"]


@dataclass(frozen=True, slots=True)
class Selected:
    """A payload that was selected for a request.

    `all_domains_refused` says that all its associated domains are known as not approved,
    `by_identifier` that the request named the extension itself (`ssoid://`).
    """

    payload: Payload
    all_domains_refused: bool = False
    by_identifier: bool = False


@dataclass(frozen=True, slots=True)
class Gate:
    """One test: where `closes` holds, the request ends with `outcome` and `reason`."""

    outcome: Outcome
    reason: Reason
    authority: Authority
    question: str
    closes: Callable[[Selected, Request], bool]


def _caller_is_extension(selected: Selected, request: Request) -> bool:
    payload = selected.payload
    return (
        not isinstance(payload, CredentialPayload) and request.caller == payload.extension.bundle_id
    )


def _caller_denied(selected: Selected, request: Request) -> bool:
    return request.caller is not None and request.caller in selected.payload.denied_callers


def _domain_not_approved(selected: Selected, _: Request) -> bool:
    return (
        isinstance(selected.payload, RedirectPayload)
        and selected.all_domains_refused
        and not selected.by_identifier
    )


def _locked_do_not_handle(selected: Selected, request: Request) -> bool:
    behavior = selected.payload.screen_locked_behavior
    return request.meets_locked_screen and behavior is ScreenLockedBehavior.DO_NOT_HANDLE


def _locked_cancel(selected: Selected, request: Request) -> bool:
    behavior = selected.payload.screen_locked_behavior
    return request.meets_locked_screen and behavior is ScreenLockedBehavior.CANCEL


GATES: Final = (
    Gate(
        Outcome.DO_NOT_HANDLE,
        Reason.CALLER_IS_EXTENSION,
        Authority.OBSERVED,
        "is the caller the extension itself (Redirect only)?",
        _caller_is_extension,
    ),
    Gate(
        Outcome.DO_NOT_HANDLE,
        Reason.CALLER_DENIED,
        Authority.OBSERVED,
        "is the caller listed in DeniedBundleIdentifiers?",
        _caller_denied,
    ),
    Gate(
        Outcome.DO_NOT_HANDLE,
        Reason.DOMAIN_NOT_APPROVED,
        Authority.OBSERVED,
        "is no associated domain of the extension approved (Redirect only)?",
        _domain_not_approved,
    ),
    Gate(
        Outcome.DO_NOT_HANDLE,
        Reason.SCREEN_LOCKED,
        Authority.DOCUMENTED,
        "is the screen locked, and ScreenLockedBehavior DoNotHandle?",
        _locked_do_not_handle,
    ),
    Gate(
        Outcome.CANCEL,
        Reason.SCREEN_LOCKED,
        Authority.DOCUMENTED,
        "is the screen locked, and ScreenLockedBehavior Cancel?",
        _locked_cancel,
    ),
)


def first_gate(selected: Selected, request: Request) -> Gate | None:
    """The first gate that closes for `request`, None where the extension gets it."""
    return next((gate for gate in GATES if gate.closes(selected, request)), None)


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
    gate: Gate | None = None,
    objection: Reason | None = None,
    order_dependent: bool = False,
) -> Decision:
    """The decision where `payload` was selected by `rule`; None is the system's own extension.

    `gate` is the first that closed, `objection` what strict matching says against the rule.
    """
    if payload is None:
        extension, outcome, reason = None, Outcome.HANDLE, Reason.SYSTEM_EXTENSION
    else:
        extension, outcome = payload.extension, Outcome.HANDLE
        reason = Reason.URL_PREFIX if isinstance(payload, RedirectPayload) else Reason.HOST
    if gate:
        outcome, reason = gate.outcome, gate.reason
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
