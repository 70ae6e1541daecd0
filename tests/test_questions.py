"""The questions after the selection: yes, no or unknown, each by itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ssoroute.model.decision import Reason
from ssoroute.model.patterns import HostPattern, URLPrefix
from ssoroute.model.payload import (
    CredentialPayload,
    Extension,
    Payload,
    RedirectPayload,
    ScreenLockedBehavior,
)
from ssoroute.model.request import Request
from ssoroute.model.source import Source
from ssoroute.routing.questions import QUESTIONS, Answer, Selected, first_yes

SSO = "com.example.sso"
REDIRECT = RedirectPayload(
    Extension(SSO), Source("a"), url_prefixes=(URLPrefix.parse("https://h.example/"),)
)
CREDENTIAL = CredentialPayload(
    Extension(SSO), Source("a"), host_patterns=(HostPattern("h.example"),), realm=None
)
PLAIN = Request("https://h.example/")


def answers(selected: Selected, request: Request) -> dict[Reason, list[bool | None]]:
    found: dict[Reason, list[bool | None]] = {}
    for question in QUESTIONS:
        found.setdefault(question.reason, []).append(question.answer(selected, request))
    return found


@pytest.mark.parametrize(
    ("payload", "denied", "caller", "is_extension", "is_denied"),
    [
        (REDIRECT, (), None, None, False),
        (REDIRECT, ("com.example.x",), None, None, None),
        (REDIRECT, ("com.example.x",), "com.example.x", False, True),
        (REDIRECT, ("com.example.x",), "com.example.X", False, False),
        (REDIRECT, (), SSO, True, False),
        (REDIRECT, (SSO,), SSO, True, True),
        (CREDENTIAL, (), None, False, False),
        (CREDENTIAL, (), SSO, False, False),
    ],
)
def test_the_caller(
    payload: Payload,
    denied: tuple[str, ...],
    caller: str | None,
    is_extension: bool | None,
    is_denied: bool | None,
) -> None:
    selected = Selected(replace(payload, denied_callers=denied))
    found = answers(selected, replace(PLAIN, caller=caller))
    assert found[Reason.CALLER_IS_EXTENSION] == [is_extension]
    assert found[Reason.CALLER_DENIED] == [is_denied]


@pytest.mark.parametrize(
    ("refused", "by_identifier", "expected"),
    [(True, False, True), (False, False, False), (None, False, None), (True, True, False)],
)
def test_the_domain(refused: bool | None, by_identifier: bool, expected: bool | None) -> None:
    selected = Selected(REDIRECT, refused, by_identifier)
    assert answers(selected, PLAIN)[Reason.DOMAIN_NOT_APPROVED] == [expected]


def test_a_payload_that_a_url_selected_is_not_refused_by_its_domains() -> None:
    assert first_yes(Selected(REDIRECT), PLAIN) is None
    assert Selected(REDIRECT) == Selected(REDIRECT, all_domains_refused=False, by_identifier=False)


@pytest.mark.parametrize(
    ("behavior", "locked", "expected"),
    [
        (ScreenLockedBehavior.DO_NOT_HANDLE, True, [True, False]),
        (ScreenLockedBehavior.CANCEL, True, [False, True]),
        (ScreenLockedBehavior.DO_NOT_HANDLE, False, [False, False]),
        (ScreenLockedBehavior.CANCEL, False, [False, False]),
    ],
)
def test_the_screen(behavior: ScreenLockedBehavior, locked: bool, expected: list[bool]) -> None:
    selected = Selected(replace(REDIRECT, screen_locked_behavior=behavior))
    found = answers(selected, replace(PLAIN, screen_locked=locked))
    assert found[Reason.SCREEN_LOCKED] == expected


@pytest.mark.parametrize(
    ("value", "answer", "word"),
    [(True, Answer.YES, "yes"), (False, Answer.NO, "no"), (None, Answer.UNKNOWN, "unknown")],
)
def test_the_words_of_answers(value: bool | None, answer: Answer, word: str) -> None:
    assert Answer.of(value) is answer
    assert answer.value == word
