"""What a real device says that concerns an explanation, with the place of each fact."""

from __future__ import annotations

from collections.abc import Iterator

from ssoroute.cli.terminal import Line, Span, Style, heading, paragraph
from ssoroute.model.source import Source
from ssoroute.real_device import RealDevice
from ssoroute.real_device.of_explanation import facts_of, log_of
from ssoroute.routing.explanation import Explanation

__all__ = ["fact_lines", "place_in_words"]


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


def place_in_words(source: Source) -> str:
    """The place of a fact, as it is written in brackets after it.

    >>> place_in_words(Source("swcutil_show.txt").line(41))
    'swcutil_show.txt, line 41'
    """
    return f"{source.file}, {source.path}" if source.path else source.file
