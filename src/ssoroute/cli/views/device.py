"""What the sources of a device say in words, and the device file that follows."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from ssoroute.cli.terminal import Line, Span, Style, heading, paragraph
from ssoroute.cli.views.device_facts import place_in_words
from ssoroute.loaders.device_text import device_lines
from ssoroute.real_device import RealDevice

__all__ = ["device_file", "real_device_lines"]


def real_device_lines(real: RealDevice) -> Iterator[Line]:
    """Each source with what it said, then what is not clear, then the device file."""
    for file, facts in groupby(real.facts, key=lambda fact: fact.source.file):
        yield (Span(file, Style.STRONG),)
        for fact in facts:
            place = f"{fact.source.path}: " if fact.source.path else ""
            yield from paragraph(Span(place, Style.DIM), fact.text, indent=2, hang=2)
        yield ()
    if real.contradictions:
        yield (Span("where two sources disagree", Style.STRONG),)
        for found in real.contradictions:
            places = f"({place_in_words(found.first)}; {place_in_words(found.second)})"
            yield from paragraph(f"{found.text} ", Span(places, Style.DIM), indent=2, hang=2)
        yield ()
    if real.missing:
        yield (Span("what no source says", Style.STRONG),)
        for missing in real.missing:
            yield from paragraph(f"{missing}: {missing.consequence}", indent=2, hang=2)
    yield from heading("the device file that follows, for --device")
    for line in device_file(real).splitlines():
        yield (Span(f"  {line}" if line else ""),)


def device_file(real: RealDevice) -> str:
    """The device file in TOML; `ValueError` for text that TOML cannot hold."""
    return "\n".join(device_lines(real.device, sourced=True)).lstrip("\n") + "\n"
