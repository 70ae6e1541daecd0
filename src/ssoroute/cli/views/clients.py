"""Clients in words and as JSON: the table, and what they hand over for a page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from ssoroute.asking.answers import Answered, EveryAnswer
from ssoroute.asking.client import Client, Handover, HandoverKind
from ssoroute.asking.way import Caller, HandsOver, Way
from ssoroute.cli.terminal import Line, Span, Style, heading, paragraph
from ssoroute.model.authority import Authority
from ssoroute.model.platforms import Platform
from ssoroute.model.request import Request
from ssoroute.model.spelling import Spelling
from ssoroute.routing.explanation import Spelled, explanation_lines
from ssoroute.routing.explanation_text import OUTCOME_STYLES, answer_in_words, mark
from ssoroute.routing.router import Router

__all__ = [
    "Page",
    "at_a_glance_lines",
    "at_a_glance_to_json",
    "by_client_lines",
    "by_client_to_json",
    "client_lines",
]


@dataclass(frozen=True, slots=True)
class Page:
    """A page that a client opens on a device; `app` is the app behind the client, if it is known.

    `managed` says whether the MDM manages that app.
    """

    router: Router
    url: str
    app: str | None
    managed: bool | None


_CALLERS = {Caller.APP: "the app", Caller.BROWSER: "the default browser"}


def client_lines(client: Client) -> Iterator[Line]:
    """The rows of one client; equal rows of several platforms are one."""
    yield (Span(client.name, Style.STRONG), Span(f": {client.title}"))
    grouped: dict[Way, list[Platform]] = {}
    for way in client.ways:
        grouped.setdefault(replace(way, platform=client.ways[0].platform), []).append(way.platform)
    for way, platforms in grouped.items():
        names = ", ".join(platforms)
        label = f", {way.label}" if way.label else ""
        yield from paragraph(f"{names}{label}: ", mark(way.authority), indent=2, hang=2)
        yield from paragraph(_what(way), indent=4, hang=2)
        details = _details(way)
        if details:
            yield from paragraph("; ".join(details), indent=4, hang=2)
        for condition in way.conditions:
            yield from paragraph(f"if {condition}", indent=4, hang=2)
        for note in way.notes:
            yield from paragraph(f"note: {note}", indent=4, hang=2)
        for reading in way.readings:
            yield from paragraph(f"note: {reading} ", mark(Authority.READING), indent=4, hang=2)


def _what(way: Way) -> str:
    if way.hands_over is HandsOver.NOTHING:
        return f"hands nothing over: {way.what}"
    fixed = f": {way.url}" if way.url else ""
    return f"hands over {way.what}{fixed}"


def _details(way: Way) -> list[str]:
    if way.hands_over is HandsOver.NOTHING:
        return []
    details = []
    if way.asks_first:
        details.append("asks canPerformAuthorization first")
    if way.spelling:
        details.append(f"{way.spelling} spelling")
    if way.only:
        details.append(f"only for {way.only.words}")
    details.append(f"caller {_caller(way)}")
    details.append("code 0, then 401 or 407 after a challenge" if way.challenge else "code 0")
    details.append(_interface(way))
    if way.system:
        details.append(f"from {way.platform} {way.system} on")
    if way.release:
        details.append(f"from release {way.release} on")
    return details


def _caller(way: Way) -> str:
    return _CALLERS[Caller(way.caller)] if way.caller in list(Caller) else str(way.caller)


def _interface(way: Way) -> str:
    words = {None: "unknown whether with user interface", True: "user interface"}
    return words.get(way.user_interface, "no user interface")


def by_client_lines(page: Page, client: Client, answered: Sequence[Answered]) -> Iterator[Line]:
    """What `client` hands over for the page, and the explanation of its requests."""
    yield from _page_lines(page, f"asked by {client.name}, {client.title}")
    yield from heading("what the client hands to the system")
    for number, one in enumerate(answered, 1):
        yield from _handover(number, one)
    yield from _conditions(answered)
    for number, one in enumerate(answered, 1):
        request = one.handover.request
        if one.decision is not None and request is not None:
            yield from heading(f"request {number}")
            yield from explanation_lines(
                page.router.explain(*request.arguments), _spelled(one.handover, page)
            )


def by_client_to_json(
    page: Page, client: Client, answered: Sequence[Answered]
) -> dict[str, object]:
    """The same as a JSON object (docs/clients.md, "JSON")."""
    handovers = []
    for one in answered:
        request, explained = one.handover.request, None
        if one.decision is not None and request is not None:
            explanation = page.router.explain(*request.arguments)
            after = _spelled(one.handover, page).afterwards(explanation)
            explained = explanation.to_json() | {"afterwards": after and after.to_json()}
        handovers.append({**one.to_json(page.url), "explanation": explained})
    return {
        **_head(page),
        "client": {"name": client.name, "title": client.title},
        "handovers": handovers,
    }


def at_a_glance_lines(page: Page, every: EveryAnswer) -> Iterator[Line]:
    """One table: what comes of the page in every client."""
    yield from _page_lines(page, "asked by every client")
    yield ()
    rows = [
        ("client", "code", "outcome", "extension", "why"),
        *(
            _row(client, one)
            for client, answered in every.answered
            for one in answered
            if one.handover.kind is not HandoverKind.QUESTION
        ),
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for number, row in enumerate(rows):
        cells = [f"{cell:<{width}}" for cell, width in zip(row[:4], widths, strict=True)]
        style = Style.STRONG if number == 0 else Style.PLAIN
        yield (Span("  ".join([*cells, row[4]]), style),)
    if every.unknown:
        yield ()
        names = ", ".join(client.name for client in every.unknown)
        yield from paragraph(f"nothing is known on {page.router.device.platform} about: {names}")


def at_a_glance_to_json(page: Page, every: EveryAnswer) -> dict[str, object]:
    """The same as a JSON object (docs/clients.md, "JSON")."""
    return _head(page) | every.to_json(page.url)


def _head(page: Page) -> dict[str, object]:
    device = page.router.device
    return {
        "schema": 1,
        "url": page.url,
        "app": page.app,
        "device": {
            "platform": device.platform.value,
            "version": str(device.version),
            "matching": page.router.matching.value,
        },
    }


def _page_lines(page: Page, by: str) -> Iterator[Line]:
    device = page.router.device
    yield from paragraph(Span(page.url, Style.STRONG), hang=2)
    of_app = f", app {page.app}" if page.app is not None else ""
    yield from paragraph(f"{by}{of_app}, on {device.platform} {device.version}", indent=2, hang=2)


def _handover(number: int, answered: Answered) -> Iterator[Line]:
    handover = answered.handover
    request = handover.request
    label = f" ({handover.way.label})" if handover.way.label else ""
    kind = Span(handover.kind.value, Style.STRONG)
    if request is None:
        text = f"{label}: {handover.text} "
        yield from paragraph(f"{number}. ", kind, text, mark(handover.authority), indent=2, hang=3)
        return
    yield from paragraph(f"{number}. ", kind, f"{label}: {request.url}", indent=2, hang=3)
    if handover.kind is HandoverKind.REQUEST:
        yield from paragraph(", ".join(_parts(request, handover.way)), indent=5, hang=2)
    yield from paragraph(f"{handover.text} ", mark(handover.authority), indent=5, hang=2)
    if answered.yes is not None:
        text = "yes" if answered.yes else "no"
        yield from paragraph(f"the answer is {text} ", mark(Authority.OBSERVED), indent=5)
    elif answered.decision is None:
        yield from paragraph("not asked, because the answer is no", indent=5)
    else:
        decision = answered.decision
        style = OUTCOME_STYLES[decision.outcome]
        words = f" ({decision.reason}): {answer_in_words(decision)}"
        yield from paragraph(Span(str(decision.outcome), style), words, indent=5, hang=2)
    if answered.denied_after_yes:
        text = "the answer was yes although the caller is denied; the client gets an error "
        yield from paragraph(Span(text, Style.BAD), mark(Authority.OBSERVED), indent=5, hang=2)


def _parts(request: Request, way: Way) -> Iterator[str]:
    unknown = "the caller is unknown (name the app with --app)"
    yield unknown if request.caller is None else f"caller {request.caller}"
    yield f"code {request.response_code}"
    yield _interface(way)
    if request.screen_locked:
        yield "screen locked"
    if request.background_session:
        yield "background session"


def _conditions(answered: Iterable[Answered]) -> Iterator[Line]:
    """What else is known about the ways that hand something over, each way once."""
    for way in dict.fromkeys(one.handover.way for one in answered if one.handover.request):
        label = f"{way.label}: " if way.label else ""
        release = (f"the release is {way.release} or newer",) if way.release else ()
        for name, texts, authority in (
            ("conditions", (*release, *way.conditions), way.authority),
            ("notes", way.notes, way.authority),
            ("our readings", way.readings, Authority.READING),
        ):
            if texts:
                yield from heading(f"{label}{name}")
            for text in texts:
                yield from paragraph(f"{text} ", mark(authority), indent=2, hang=2)


def _spelled(handover: Handover, page: Page) -> Spelled:
    way = handover.way
    is_fixed = way.hands_over is HandsOver.FIXED
    return Spelled(
        way.url if is_fixed else page.url,
        Spelling.APP if is_fixed else way.spelling or Spelling.APP,
        managed=page.managed,
        msal=way.msal or None,
    )


def _row(client: Client, answered: Answered) -> tuple[str, str, str, str, str]:
    way, request, decision = answered.handover.way, answered.handover.request, answered.decision
    name = f"{client.name} ({way.label})" if way.label else client.name
    if request is None:
        return name, "-", "not asked", "-", answered.handover.text
    code = str(request.response_code)
    if decision is None:
        return name, code, "not asked", "-", "canPerformAuthorization says no"
    extension = decision.extension.bundle_id if decision.extension else "-"
    why = f"{decision.reason} {decision.rule}" if decision.rule else str(decision.reason)
    if answered.denied_after_yes:
        why += " (canPerformAuthorization said yes)"
    return name, code, str(decision.outcome), extension, why
