"""The parts of an explanation as lines of text; the JSON form is `Explanation.to_json`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from ssoroute.layout import Line, Span, Style, heading, paragraph
from ssoroute.model.authority import Authority
from ssoroute.model.decision import Decision, Note, Outcome, Reason
from ssoroute.model.quoting import quote
from ssoroute.model.request import Request
from ssoroute.model.spelling import Spelling
from ssoroute.routing.afterwards import Afterwards
from ssoroute.routing.causes import Cause
from ssoroute.routing.changes import Alternative
from ssoroute.routing.in_words import (
    LOOKALIKE,
    how_new,
    request_details,
    rule_and_source,
    step_head,
    step_text,
)
from ssoroute.routing.questions import Answer
from ssoroute.routing.steps import QuestionStep, Step, Verdict

if TYPE_CHECKING:
    from ssoroute.model.device import Device

__all__ = [
    "OUTCOME_STYLES",
    "after_lines",
    "answer_in_words",
    "answer_lines",
    "change_lines",
    "mark",
    "note_lines",
    "payload_lines",
    "question_lines",
    "request_lines",
    "spelling_lines",
]

OUTCOME_STYLES: Final = {
    Outcome.HANDLE: Style.GOOD,
    Outcome.DO_NOT_HANDLE: Style.WARN,
    Outcome.CANCEL: Style.BAD,
}
_VERDICT_STYLES: Final = {
    Verdict.SELECTED: Style.GOOD,
    Verdict.NOT_MATCHED: Style.PLAIN,
    Verdict.NOT_ASKED: Style.DIM,
    Verdict.NOT_REACHED: Style.DIM,
    Verdict.INACTIVE: Style.DIM,
}
#: Why the extension of the decision does not get a request that matches.
_WHY_NOT: Final[Mapping[Reason, str]] = {
    Reason.CALLER_IS_EXTENSION: "it is the caller itself",
    Reason.CALLER_DENIED: "the caller is denied",
    Reason.DOMAIN_NOT_APPROVED: "none of its domains is approved",
    Reason.SCREEN_LOCKED: "the screen is locked",
}
#: What strict matching does not accept, though the system does.
_NOT_STRICT: Final[Mapping[Reason, str]] = {
    Reason.NOT_STRICT: "the rule does not hold strictly",
    Reason.AMBIGUOUS_URL: "URL parsers disagree about the host",
}


def answer_in_words(decision: Decision) -> str:
    """What becomes of the request, as a sentence."""
    extension, reason = decision.extension or "the system's own extension", decision.reason
    if decision.outcome is Outcome.HANDLE:
        return f"{extension} gets the request"
    if decision.outcome is Outcome.CANCEL:
        why = f"{_WHY_NOT[reason]} ({extension} would have got it)"
        return f"the request ends with an error, because {why}"
    if reason in _NOT_STRICT:
        return f"not handed to {extension}: the system would, but {_NOT_STRICT[reason]}"
    if reason in _WHY_NOT:
        return f"{extension} does not get the request, because {_WHY_NOT[reason]}"
    return "no extension gets the request, because no active payload matches it"


_ANSWER_STYLES: Final = {Answer.YES: Style.BAD, Answer.NO: Style.PLAIN, Answer.UNKNOWN: Style.WARN}


def request_lines(
    request: Request, given: str, spelling: Spelling, hint: str | None
) -> Iterator[Line]:
    """The URL as it was given, the one that is requested, and what else the request has."""
    yield from paragraph(Span(given, Style.STRONG), hang=2)
    if request.url != given:
        yield from paragraph(f"{_speller(spelling)} requests ", request.url, indent=2, hang=2)
    details = request_details(request)
    if details:
        yield from paragraph(", ".join(details), indent=2, hang=2)
    if hint:
        yield from paragraph(f"hint: {hint}", indent=2, hang=2)


def answer_lines(
    decision: Decision, causes: Iterable[Cause], device: Device, matching: str
) -> Iterator[Line]:
    """The answer, its causes that are easily missed, and the device that gives it."""
    yield ()
    yield from paragraph(*_short(decision))
    if decision.rule:
        yield from paragraph("by ", rule_and_source(decision.rule), indent=2, hang=2)
    if decision.lookalike:
        yield from paragraph(Span(LOOKALIKE, Style.BAD), indent=2, hang=2)
    for cause in causes:
        yield from paragraph("cause: ", f"{cause.text} ", mark(cause.authority), indent=2, hang=2)
    yield from paragraph(f"on {device}{how_new(device)}, matching `{matching}`", indent=2)


def payload_lines(steps: Iterable[Step]) -> Iterator[Line]:
    """What became of each payload, in order."""
    yield from heading("payloads, in the order in which the device asks them")
    number = 0
    for number, step in enumerate(steps, 1):
        yield from _step(number, step)
    if not number:
        yield from paragraph("none is installed", indent=2)


def question_lines(questions: Iterable[QuestionStep]) -> Iterator[Line]:
    """The questions that were asked, with their answers."""
    for number, asked in enumerate(questions):
        if not number:
            yield from heading("questions after the selection")
        question = asked.question
        yield from paragraph(
            f"{question.text} ",
            Span(asked.answer.value, _ANSWER_STYLES[asked.answer]),
            " ",
            mark(question.authority),
            indent=2,
            hang=2,
        )


def note_lines(notes: Iterable[Note]) -> Iterator[Line]:
    """The notes of a decision."""
    for number, note in enumerate(notes):
        if not number:
            yield from heading("notes")
        yield from paragraph(note.text, " ", mark(note.authority), indent=2, hang=2)


def spelling_lines(request: Request, decision: Decision, used: Spelling) -> Iterator[Line]:
    """The answer to the other spelling than the one that was used."""
    yield from heading("the other spelling routes differently")
    speller = _speller(Spelling.APP if used is Spelling.BROWSER else Spelling.BROWSER)
    yield from paragraph(f"{speller} requests {request.url}", indent=2, hang=2)
    yield from paragraph(*_short(decision), indent=4, hang=2)


def after_lines(after: Afterwards | None) -> Iterator[Line]:
    """What the extension does with the request that it gets."""
    if after is None:
        return
    yield from heading("after routing")
    known = () if after.authority is None else (" ", mark(after.authority))
    yield from paragraph(f"{after.statement}: {after.text}", *known, indent=2, hang=2)
    for text in after.provided:
        yield from paragraph(f"provided {text}", indent=4, hang=2)
    for text in after.readings:
        yield from paragraph(f"{text} ", mark(Authority.READING), indent=4, hang=2)


def change_lines(changes: Iterable[Alternative], after: Afterwards | None) -> Iterator[Line]:
    """What would change the answer, and what would change the extension's own."""
    changes = tuple(changes)
    texts = after.changes if after is not None else ()
    if changes or texts:
        yield from heading("what would change the answer")
    for change in changes:
        yield from paragraph(change.text, indent=2, hang=2)
        yield from paragraph(*_short(change.decision), indent=4, hang=2)
    if after is None or after.authority is None:
        return
    for text in texts:
        yield from paragraph(f"in ExtensionData, {text}", indent=2, hang=2)
        yield from paragraph(f"{after.opposite} ", mark(after.authority), indent=4, hang=2)


def mark(authority: Authority) -> Span:
    """How well a statement is known, to write after it."""
    return Span(f"[{authority}]", Style.DIM)


def _speller(spelling: Spelling) -> str:
    return "a browser" if spelling is Spelling.BROWSER else "an app"


def _step(number: int, step: Step) -> Iterator[Line]:
    verdict = Span(step.verdict.value.replace("_", " "), _VERDICT_STYLES[step.verdict])
    yield from paragraph(f"{number}. ", verdict, f": {step_head(step)}", indent=2, hang=3)
    yield from paragraph(step_text(step), " ", mark(step.authority), indent=5, hang=2)
    if step.nearest:
        nearest = f"nearest: {step.nearest.rule} agrees up to {quote(step.nearest.common)}"
        yield from paragraph(nearest, indent=5, hang=2)
    if step.payload is not None:
        yield from paragraph(Span(str(step.payload.source), Style.DIM), indent=5, hang=2)


def _short(decision: Decision) -> tuple[Span, ...]:
    style = OUTCOME_STYLES[decision.outcome]
    return (
        Span(str(decision.outcome), style),
        Span(f" ({decision.reason}): {answer_in_words(decision)}"),
    )
