"""What happened on the way of a request: to each payload, and at each question."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ssoroute.model.authority import Authority
from ssoroute.model.patterns import Rule
from ssoroute.model.payload import Payload
from ssoroute.routing.nearest import Nearest
from ssoroute.routing.questions import Answer, Question

__all__ = ["QuestionStep", "Step", "Verdict"]


class Verdict(StrEnum):
    """What became of one payload on the way of a request."""

    SELECTED = "selected"
    NOT_MATCHED = "not_matched"
    #: Its Type is not asked for such a request.
    NOT_ASKED = "not_asked"
    #: An earlier payload was selected.
    NOT_REACHED = "not_reached"
    #: Installed, and without effect on this device.
    INACTIVE = "inactive"


@dataclass(frozen=True, slots=True)
class Step:
    """One payload (None is the system's own extension), what became of it, and why."""

    payload: Payload | None
    verdict: Verdict
    text: str
    authority: Authority
    rule: Rule | None = None
    nearest: Nearest | None = None

    def to_json(self) -> dict[str, object]:
        """The step as a JSON object (docs/command-line.md, "JSON")."""
        payload = self.payload
        return {
            "verdict": self.verdict.value,
            "extension": payload and payload.extension.to_json(),
            "type": payload and payload.type,
            "source": payload and payload.source.to_json(),
            "text": self.text,
            "authority": self.authority.value,
            "rule": self.rule and self.rule.to_json(),
            "nearest": self.nearest
            and {"rule": self.nearest.rule.to_json(), "common": self.nearest.common},
        }


@dataclass(frozen=True, slots=True)
class QuestionStep:
    """One question after the selection, and its answer; yes ended the request."""

    question: Question
    answer: Answer

    def to_json(self) -> dict[str, object]:
        """The question as a JSON object (docs/command-line.md, "JSON")."""
        return {
            "question": self.question.text,
            "answer": self.answer.value,
            "outcome": self.question.outcome.value,
            "reason": self.question.reason.value,
            "authority": self.question.authority.value,
        }
