"""An explanation in words, line by line; the JSON form is `Explanation.to_json`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from ssoroute.cli.terminal import Line, Span, Style, heading, paragraph
from ssoroute.model.decision import Authority, Decision, Outcome, Reason
from ssoroute.model.platforms import NEWEST
from ssoroute.model.quoting import quote
from ssoroute.model.request import Request
from ssoroute.model.spelling import Spelling
from ssoroute.routing.afterwards import Afterwards
from ssoroute.routing.explain import Change, Explanation, Step, Verdict
from ssoroute.routing.in_words import (
    LOOKALIKE,
    request_details,
    rule_and_source,
    step_head,
    step_text,
)
from ssoroute.routing.questions import Answer

__all__ = ["OUTCOME_STYLES", "Spelled", "answer_in_words", "explanation_lines", "mark"]


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
_ANSWERS: Final[Mapping[tuple[Outcome, Reason], str]] = {
    (Outcome.HANDLE, Reason.URL_PREFIX): "{extension} gets the request",
    (Outcome.HANDLE, Reason.HOST): "{extension} gets the request",
    (Outcome.HANDLE, Reason.SYSTEM_EXTENSION): "the system's own extension gets the request",
    (Outcome.DO_NOT_HANDLE, Reason.NO_MATCH): (
        "no extension gets the request, because no active payload matches it"
    ),
    (Outcome.DO_NOT_HANDLE, Reason.CALLER_IS_EXTENSION): (
        "{extension} does not get the request, because it is the caller itself"
    ),
    (Outcome.DO_NOT_HANDLE, Reason.CALLER_DENIED): (
        "{extension} does not get the request, because the caller is denied"
    ),
    (Outcome.DO_NOT_HANDLE, Reason.DOMAIN_NOT_APPROVED): (
        "{extension} does not get the request, because none of its domains is approved"
    ),
    (Outcome.DO_NOT_HANDLE, Reason.SCREEN_LOCKED): (
        "{extension} does not get the request, because the screen is locked"
    ),
    (Outcome.CANCEL, Reason.SCREEN_LOCKED): (
        "the request ends with an error, because the screen is locked"
        " ({extension} would have got it)"
    ),
    (Outcome.DO_NOT_HANDLE, Reason.NOT_STRICT): (
        "not handed to {extension}: the system would, but the rule does not hold strictly"
    ),
    (Outcome.DO_NOT_HANDLE, Reason.AMBIGUOUS_URL): (
        "not handed to {extension}: the system would, but URL parsers disagree about the host"
    ),
}


def answer_in_words(decision: Decision) -> str:
    """What becomes of the request, as a sentence."""
    extension = decision.extension or "the system's own extension"
    return _ANSWERS[decision.outcome, decision.reason].format(extension=extension)


_ANSWER_STYLES: Final = {Answer.YES: Style.BAD, Answer.NO: Style.PLAIN, Answer.UNKNOWN: Style.WARN}


def explanation_lines(explanation: Explanation, view: Spelled) -> Iterator[Line]:
    """The whole explanation of one request."""
    yield from _request(explanation.request, view)
    yield from _answer(explanation.decision)
    for cause in explanation.causes:
        yield from paragraph("cause: ", f"{cause.text} ", mark(cause.authority), indent=2, hang=2)
    yield from _device(explanation)
    yield from heading("payloads, in the order in which the device asks them")
    if not explanation.steps:
        yield from paragraph("none is installed", indent=2)
    for number, step in enumerate(explanation.steps, 1):
        yield from _step(number, step)
    yield from _questions(explanation)
    if explanation.decision.notes:
        yield from heading("notes")
        for note in explanation.decision.notes:
            yield from paragraph(note.text, " ", mark(note.authority), indent=2, hang=2)
    if view.other:
        yield from _other_spelling(view.other, view)
    after = view.afterwards(explanation)
    if after is not None:
        yield from _after(after)
    yield from _changes(explanation, after)


def _questions(explanation: Explanation) -> Iterator[Line]:
    if explanation.questions:
        yield from heading("questions after the selection")
    for asked in explanation.questions:
        question = asked.question
        yield from paragraph(
            f"{question.text} ",
            Span(asked.answer.value, _ANSWER_STYLES[asked.answer]),
            " ",
            mark(question.authority),
            indent=2,
            hang=2,
        )


def _after(after: Afterwards) -> Iterator[Line]:
    yield from heading("after routing")
    known = () if after.authority is None else (" ", mark(after.authority))
    yield from paragraph(f"{after.statement}: {after.text}", *known, indent=2, hang=2)
    for text in after.provided:
        yield from paragraph(f"provided {text}", indent=4, hang=2)
    for text in after.readings:
        yield from paragraph(f"{text} ", mark(Authority.READING), indent=4, hang=2)


def _request(request: Request, view: Spelled) -> Iterator[Line]:
    yield from paragraph(Span(view.given, Style.STRONG), hang=2)
    if request.url != view.given:
        yield from paragraph(f"{_speller(view.spelling)} requests ", request.url, indent=2, hang=2)
    details = request_details(request)
    if details:
        yield from paragraph(", ".join(details), indent=2, hang=2)
    if view.hint:
        yield from paragraph(f"hint: {view.hint}", indent=2, hang=2)


def _speller(spelling: Spelling) -> str:
    return "a browser" if spelling is Spelling.BROWSER else "an app"


def _answer(decision: Decision) -> Iterator[Line]:
    yield ()
    style = OUTCOME_STYLES[decision.outcome]
    yield from paragraph(
        Span(str(decision.outcome), style), f" ({decision.reason}): ", answer_in_words(decision)
    )
    if decision.rule:
        yield from paragraph("by ", rule_and_source(decision.rule), indent=2, hang=2)
    if decision.lookalike:
        yield from paragraph(Span(LOOKALIKE, Style.BAD), indent=2, hang=2)


def _device(explanation: Explanation) -> Iterator[Line]:
    device = explanation.device
    newest = " (the newest known)" if device.version == NEWEST[device.platform] else ""
    yield from paragraph(
        f"on {device}{newest}, matching `{explanation.matching}`",
        indent=2,
    )


def _step(number: int, step: Step) -> Iterator[Line]:
    verdict = Span(step.verdict.value.replace("_", " "), _VERDICT_STYLES[step.verdict])
    yield from paragraph(f"{number}. ", verdict, f": {step_head(step)}", indent=2, hang=3)
    yield from paragraph(step_text(step), " ", mark(step.authority), indent=5, hang=2)
    if step.nearest:
        nearest = f"nearest: {step.nearest.rule} agrees up to {quote(step.nearest.common)}"
        yield from paragraph(nearest, indent=5, hang=2)
    if step.payload is not None:
        yield from paragraph(Span(str(step.payload.source), Style.DIM), indent=5, hang=2)


def mark(authority: Authority) -> Span:
    """How well a statement is known, to write after it."""
    return Span(f"[{authority}]", Style.DIM)


def _other_spelling(other: Explanation, view: Spelled) -> Iterator[Line]:
    yield from heading("the other spelling routes differently")
    speller = _speller(Spelling.APP if view.spelling is Spelling.BROWSER else Spelling.BROWSER)
    yield from paragraph(f"{speller} requests {other.request.url}", indent=2, hang=2)
    yield from paragraph(*_short(other.decision), indent=4, hang=2)


def _short(decision: Decision) -> tuple[Span, ...]:
    style = OUTCOME_STYLES[decision.outcome]
    return (
        Span(str(decision.outcome), style),
        Span(f" ({decision.reason}): {answer_in_words(decision)}"),
    )


def _changes(explanation: Explanation, after: Afterwards | None) -> Iterator[Line]:
    texts = after.changes if after is not None else ()
    if explanation.changes or texts:
        yield from heading("what would change the answer")
    for change in explanation.changes:
        yield from _change(change)
    if after is None or after.authority is None:
        return
    for text in texts:
        yield from paragraph(f"in ExtensionData, {text}", indent=2, hang=2)
        yield from paragraph(f"{after.opposite} ", mark(after.authority), indent=4, hang=2)


def _change(change: Change) -> Iterator[Line]:
    yield from paragraph(change.text, indent=2, hang=2)
    yield from paragraph(*_short(change.decision), indent=4, hang=2)
