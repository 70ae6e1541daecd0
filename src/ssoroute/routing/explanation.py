"""The explanation of one request; text and JSON are two views of the same `Explanation`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ssoroute.layout import Line, text_of
from ssoroute.model.decision import Decision, Outcome
from ssoroute.model.request import Request
from ssoroute.model.spelling import Spelling
from ssoroute.model.urls import without_password
from ssoroute.routing.afterwards import Afterwards, afterwards
from ssoroute.routing.causes import Cause
from ssoroute.routing.changes import Alternative
from ssoroute.routing.explanation_text import (
    after_lines,
    answer_lines,
    change_lines,
    note_lines,
    payload_lines,
    question_lines,
    request_lines,
    spelling_lines,
)
from ssoroute.routing.steps import QuestionStep, Step, Verdict

if TYPE_CHECKING:
    from ssoroute.model.device import Device

__all__ = ["Explanation", "Spelled", "explanation_lines"]


@dataclass(frozen=True, slots=True)
class Explanation:
    """The way of one request through the payloads of a device.

    Its text is what `ssoroute explain --spelling app` prints, without passwords.

    >>> from ssoroute import Router
    >>> print(Router.from_profiles([]).explain("https://login.example.com/"))
    https://login.example.com/
    <BLANKLINE>
    do_not_handle (no_match): no extension gets the request, because no active payload matches it
      on macOS 27.2 (the newest known), matching `system`
    <BLANKLINE>
    payloads, in the order in which the device asks them
      none is installed
    """

    request: Request
    device: Device
    matching: str
    decision: Decision
    steps: tuple[Step, ...]
    questions: tuple[QuestionStep, ...]
    changes: tuple[Alternative, ...]
    causes: tuple[Cause, ...] = ()

    def __reduce__(self) -> tuple[object, ...]:
        from ssoroute.install.without_secrets import payload_without_secrets

        steps = tuple(
            replace(step, payload=step.payload and payload_without_secrets(step.payload))
            for step in self.steps
        )
        way = (steps, self.questions, self.changes, self.causes)
        return type(self), (self.request, self.device, self.matching, self.decision, *way)

    def __str__(self) -> str:
        shown = self.without_passwords()
        lines = explanation_lines(shown, Spelled(shown.request.url, Spelling.APP))
        return "\n".join(text_of(line).rstrip(" ") for line in lines)

    def without_passwords(self) -> Explanation:
        """The same explanation with `***` for the passwords in its URLs."""
        return replace(
            self,
            request=_without_password(self.request),
            changes=tuple(
                replace(change, request=_without_password(change.request))
                for change in self.changes
            ),
        )

    def afterwards(
        self, *, managed: bool | None = None, msal: bool | None = None
    ) -> Afterwards | None:
        """What the extension does with the request when it gets it, by its documented lists.

        None if no extension of a profile gets it. `managed` says whether the MDM manages the
        caller, `msal` whether the caller uses Microsoft's library; None is unknown. The statement
        never changes the decision (docs/clients.md, "After routing").

        >>> from ssoroute import Router, load
        >>> router = Router.from_profiles(load("examples/profiles/entra.mobileconfig"))
        >>> explanation = router.explain("https://login.microsoft.com/", caller="com.example.app")
        >>> print(explanation.decision.outcome, explanation.afterwards().statement)
        handle extension_declines
        """
        if self.decision.outcome is not Outcome.HANDLE:
            return None
        for step in self.steps:
            if step.verdict is Verdict.SELECTED and step.payload is not None:
                return afterwards(
                    step.payload, self.request, self.device, managed=managed, msal=msal
                )
        return None

    def to_json(self) -> dict[str, object]:
        """The explanation as a JSON object (docs/command-line.md, "JSON")."""
        after = self.afterwards()
        return {
            "schema": 1,
            "request": self.request.to_json(),
            "device": {
                "platform": self.device.platform.value,
                "version": str(self.device.version),
                "matching": self.matching,
            },
            "decision": self.decision.to_json(self.request.url),
            "steps": [step.to_json() for step in self.steps],
            "questions": [question.to_json() for question in self.questions],
            "changes": [change.to_json() for change in self.changes],
            "causes": [cause.to_json() for cause in self.causes],
            "afterwards": after and after.to_json(),
        }


@dataclass(frozen=True, slots=True)
class Spelled:
    """The URL as given, the spelling used, and the explanation in the other one if it differs.

    `hint` is a line about the caller, or None. `managed` says whether the MDM manages the caller,
    `msal` whether it uses Microsoft's library; None is unknown.
    """

    given: str
    spelling: Spelling
    other: Explanation | None = None
    hint: str | None = None
    managed: bool | None = None
    msal: bool | None = None

    def afterwards(self, explanation: Explanation) -> Afterwards | None:
        """What the extension does after routing."""
        return explanation.afterwards(managed=self.managed, msal=self.msal)


def explanation_lines(explanation: Explanation, view: Spelled) -> Iterator[Line]:
    """The whole explanation of one request."""
    decision, after = explanation.decision, view.afterwards(explanation)
    yield from request_lines(explanation.request, view.given, view.spelling, view.hint)
    yield from answer_lines(decision, explanation.causes, explanation.device, explanation.matching)
    yield from payload_lines(explanation.steps)
    yield from question_lines(explanation.questions)
    yield from note_lines(decision.notes)
    if view.other:
        yield from spelling_lines(view.other.request, view.other.decision, view.spelling)
    yield from after_lines(after)
    yield from change_lines(explanation.changes, after)


def _without_password(request: Request) -> Request:
    return replace(request, url=without_password(request.url))
