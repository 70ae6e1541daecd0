"""Experiments in words: the list of them, and one with its profiles and steps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ssoroute.cli.terminal import Line, Span, Style, heading, paragraph
from ssoroute.evidence.profiles import Extensions, profile_text
from ssoroute.evidence.table import Expected, Experiment, Fact
from ssoroute.routing.explanation_text import mark

__all__ = ["experiment_lines", "list_lines"]


def list_lines(experiments: Iterable[Experiment]) -> Iterator[Line]:
    """Each experiment by its name and question, with the facts that it would settle."""
    for number, experiment in enumerate(experiments):
        if number:
            yield ()
        yield from paragraph(Span(experiment.name, Style.STRONG), f": {experiment.title}", hang=2)
        yield from _facts(experiment.settles)


def experiment_lines(experiment: Experiment, extensions: Extensions) -> Iterator[Line]:
    """All that is needed to run one experiment."""
    yield from paragraph(Span(experiment.name, Style.STRONG), f": {experiment.title}", hang=2)
    yield from heading("what it would settle")
    yield from _facts(experiment.settles)
    yield from heading("what you need")
    for text in experiment.needs:
        yield from paragraph(text, indent=2, hang=2)
    for profile in experiment.profiles:
        yield from heading(f"profile {profile.name}")
        for line in profile_text(experiment, profile, extensions).splitlines():
            yield (Span(line),)
    if experiment.requests:
        yield from heading("requests, and what the model expects")
        for expected in experiment.requests:
            yield from _request(expected, extensions)
    yield from heading("steps")
    for number, text in enumerate(experiment.steps, 1):
        yield from paragraph(f"{number}. {extensions.named(text)}", indent=2, hang=3)
    yield from heading("what to look for")
    for text in experiment.look_for:
        yield from paragraph(extensions.named(text), indent=2, hang=2)


def _facts(facts: Iterable[Fact]) -> Iterator[Line]:
    for fact in facts:
        yield from paragraph(f"{fact.text} ", mark(fact.authority), indent=2, hang=2)


def _request(expected: Expected, extensions: Extensions) -> Iterator[Line]:
    details = [expected.how]
    if expected.code:
        details.append(f"response code {expected.code}")
    if expected.locked:
        details.append("screen locked")
    url = extensions.named(expected.url)
    yield from paragraph(f"{url} ({', '.join(details)})", indent=2, hang=2)
    who = "the system's own extension" if expected.gets == "system" else expected.gets
    gets = f": {extensions.named(who)} gets it" if who else ""
    yield from paragraph(f"{expected.outcome}{gets}", indent=4, hang=2)
