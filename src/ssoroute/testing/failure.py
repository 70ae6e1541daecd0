"""Why a row failed, in a few lines: what was expected, what was found, and how it was decided.

The long form is `ssoroute explain`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ssoroute.asking.client import Handover
from ssoroute.model.quoting import printable, quote
from ssoroute.routing.explanation import Explanation
from ssoroute.routing.in_words import (
    LOOKALIKE,
    request_details,
    rule_and_source,
    step_head,
    step_text,
)
from ssoroute.routing.questions import Answer
from ssoroute.routing.steps import Step, Verdict
from ssoroute.testing.expected import Expected
from ssoroute.testing.run import RowResult
from ssoroute.testing.tables import RouteRow

__all__ = ["explanation_text", "failure_lines", "failure_text"]

#: How many payloads are listed; a device may hold hundreds.
_STEPS: Final = 5


def failure_text(result: RowResult) -> str:
    """`failure_lines` as one text, with every invisible character escaped."""
    return _text(failure_lines(result))


def explanation_text(url: str, expected: Expected, explanation: Explanation) -> str:
    """`explanation_lines` as one text, escaped in the same way."""
    return _text(explanation_lines(url, expected, explanation))


def failure_lines(result: RowResult) -> Iterator[tuple[int, str]]:
    """The report on a failed row: lines, each with its indentation."""
    for mismatch in result.mismatches:
        yield 0, str(mismatch)
    if result.handover:
        yield from _client(result.handover, result.row)
    if result.explanation:
        asked = result.explanation.request.url if result.handover else result.row.url
        yield from explanation_lines(asked, result.row.expected, result.explanation)


def _client(handover: Handover, row: RouteRow) -> Iterator[tuple[int, str]]:
    name = row.asked_by.client if row.asked_by else ""
    if handover.request is None:
        yield 0, f"the client {name} asks nothing for {row.url}: {handover.text}"
    else:
        yield 0, f"the client {name} asks for {handover.request.url}"


def explanation_lines(
    url: str, expected: Expected, explanation: Explanation
) -> Iterator[tuple[int, str]]:
    """How a request was decided; `url` is its URL as it was given."""
    request, decision = explanation.request, explanation.decision
    yield 0, ", ".join([url, *request_details(request)])
    if request.url != url:
        yield 2, f"a browser requests {request.url}"
    extension = f": {decision.extension}" if decision.extension else ""
    yield 2, f"{decision.outcome} ({decision.reason}){extension}"
    if decision.rule:
        yield 2, f"by {rule_and_source(decision.rule)}"
    if decision.lookalike:
        yield 2, LOOKALIKE
    device = explanation.device
    yield 2, f"on {device}, matching `{explanation.matching}`"
    telling = _telling(explanation, expected)
    for step in telling[:_STEPS]:
        yield from _step(step)
    if len(telling) > _STEPS:
        yield 2, f"and {len(telling) - _STEPS} more, see `ssoroute explain`"
    if not explanation.steps:
        yield 2, "no payload is installed"
    for asked in explanation.questions:
        if asked.answer is Answer.YES:
            yield 2, f"{asked.question.text} yes [{asked.question.authority}]"


def _telling(explanation: Explanation, expected: Expected) -> list[Step]:
    """The payloads that match the request, and those of the expected extension; if none, all."""
    bundle_id = expected.extension.bundle_id if expected.extension else None
    found = [
        step
        for step in explanation.steps
        if step.verdict is Verdict.SELECTED
        or (step.verdict is Verdict.NOT_REACHED and step.rule)
        or (step.payload and step.payload.extension.bundle_id == bundle_id)
    ]
    if found:
        return found
    asked = [step for step in explanation.steps if step.verdict is not Verdict.NOT_ASKED]
    # nearest first: a typing error is there
    return sorted(
        asked or explanation.steps,
        key=lambda step: -len(step.nearest.common if step.nearest else ""),
    )


def _step(step: Step) -> Iterator[tuple[int, str]]:
    verdict = step.verdict.value.replace("_", " ")
    yield 2, f"{verdict}: {step_head(step)}: {step_text(step)} [{step.authority}]"
    if step.nearest:
        yield 4, f"nearest: {step.nearest.rule} agrees up to {quote(step.nearest.common)}"


def _text(lines: Iterator[tuple[int, str]]) -> str:
    return "\n".join(" " * indent + printable(text) for indent, text in lines)
