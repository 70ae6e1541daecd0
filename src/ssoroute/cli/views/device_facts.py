"""What a real device says that concerns an explanation, with the place of each fact."""

from __future__ import annotations

from collections.abc import Iterator

from ssoroute.cli.terminal import Line, Span, Style, heading, paragraph
from ssoroute.model.decision import Outcome
from ssoroute.model.patterns import URLPrefix
from ssoroute.model.payload import Extension, RedirectPayload
from ssoroute.model.source import Source
from ssoroute.real_device import Fact, RealDevice
from ssoroute.real_device.beside import facts_beside, log_beside
from ssoroute.routing.explanation import Explanation

__all__ = ["fact_lines", "facts_of", "log_of", "place_in_words"]


def fact_lines(explanation: Explanation, real: RealDevice) -> Iterator[Line]:
    """The facts that the answer rests on, and what the logs say beside it."""
    for name, facts in (
        ("what the device says", facts_of(explanation)),
        ("what its logs say", log_of(explanation, real)),
    ):
        if facts:
            yield from heading(name)
            for fact in facts:
                place = Span(f"({place_in_words(fact.source)})", Style.DIM)
                yield from paragraph(f"{fact.text} ", place, indent=2, hang=2)


def facts_of(explanation: Explanation) -> list[Fact]:
    """What the device says about the payloads of the explanation."""
    return list(facts_beside(explanation.device, _claims(explanation)))


def log_of(explanation: Explanation, real: RealDevice) -> list[Fact]:
    """What the device's logs say about the request."""
    handled = explanation.decision.outcome is Outcome.HANDLE
    return list(log_beside(real.events, explanation.request.url, handled=handled))


def place_in_words(source: Source) -> str:
    """The place of a fact, as it is written in brackets behind it.

    >>> place_in_words(Source("swcutil_show.txt").line(41))
    'swcutil_show.txt, line 41'
    """
    return f"{source.file}, {source.path}" if source.path else source.file


def _claims(explanation: Explanation) -> Iterator[tuple[Extension, str | None]]:
    for step in explanation.steps:
        payload = step.payload
        if payload is None:
            continue
        yield payload.extension, None
        prefixes = payload.url_prefixes if isinstance(payload, RedirectPayload) else ()
        for prefix in (*prefixes, step.rule):
            if isinstance(prefix, URLPrefix) and prefix.is_routable:
                yield payload.extension, prefix.parts.associated_host
