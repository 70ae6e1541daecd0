"""What `ssoroute diff` prints: text, Markdown and JSON, each from the same changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final, NamedTuple

from ssoroute.cli.request_lines import dumps
from ssoroute.cli.terminal import Line, Span, Style, paragraph
from ssoroute.model.decision import Decision
from ssoroute.model.quoting import printable
from ssoroute.relations.difference import Change

__all__ = ["Counted", "json_lines", "markdown_lines", "text_lines"]


class Counted(NamedTuple):
    """A change, and how many requests of a log it met; None where there is no log."""

    change: Change
    requests: int | None = None


def json_lines(changes: Sequence[Counted], requests: int | None) -> list[str]:
    """One JSON object, as lines (docs/diff.md, "JSON")."""
    shown = [
        change.to_json() | ({} if number is None else {"requests": number})
        for change, number in changes
    ]
    members: dict[str, object] = {"schema": 1, "changes": shown}
    if requests is not None:
        members["requests"] = requests
    return dumps(members, indent=2).split("\n")


def text_lines(changes: Sequence[Counted], requests: int | None) -> Iterator[Line]:
    """For each place what changes there, for whom, and a request that shows it."""
    for place, (_, group) in enumerate(groupby(changes, key=_place)):
        if place:
            yield ()
        for first, (change, number) in _marked(group):
            words = change.region.words()
            if first:
                yield from paragraph(Span(words.place, Style.STRONG), hang=2)
                if words.left_out:
                    yield from paragraph(words.left_out, indent=2, hang=2)
            yield from paragraph(words.asker, indent=2, hang=2)
            for sign, answer, style in zip("-+", _answers(change), _STYLES, strict=True):
                yield from paragraph(f"{sign} ", Span(answer, style), indent=4, hang=2)
            shown = f"{_such_as(number)} {change.witness.url}"
            yield from paragraph(shown, indent=4, hang=2)
    if changes:
        yield ()
    yield (Span(_summary(changes, requests), Style.STRONG),)


_STYLES: Final = (Style.BAD, Style.GOOD)


def _place(counted: Counted) -> tuple[object, ...]:
    region = counted.change.region
    return region.asked, region.all_of, region.none_of


def _marked(group: Iterable[Counted]) -> Iterator[tuple[bool, Counted]]:
    """Each of `group`, and whether it is the first."""
    for number, counted in enumerate(group):
        yield number == 0, counted


def _answers(change: Change, mark: Callable[[str], str] = str) -> tuple[str, str]:
    """The old answer and the new one; teams are named only where they tell the two apart."""
    old, new = change.old.extension, change.new.extension
    teams = bool(old and new and old.bundle_id == new.bundle_id and old != new)
    return _answer(change.old, mark, teams=teams), _answer(change.new, mark, teams=teams)


def _answer(decision: Decision, mark: Callable[[str], str], *, teams: bool) -> str:
    words = [decision.outcome.value, f"({decision.reason.value})"]
    if decision.extension:
        words.append(mark(str(decision.extension) if teams else decision.extension.bundle_id))
    if decision.rule:
        words.append(f"by {mark(decision.rule.text)}")
    if decision.lookalike:
        words.append("(look-alike)")
    return " ".join(words)


def _such_as(number: int | None) -> str:
    if number is None:
        return "such as"
    return "1 request:" if number == 1 else f"{number} requests, the first:"


def _summary(changes: Sequence[Counted], requests: int | None) -> str:
    if requests is not None:
        total = sum(number or 0 for _, number in changes)
        verb = "gets" if total == 1 else "get"
        return f"{total} of {_number(requests, 'request')} {verb} another answer"
    if not changes:
        return "no request gets another answer"
    places = len({_place(counted) for counted in changes})
    return (
        f"{_number(len(changes), 'change')} in {_number(places, 'place')};"
        " every other request gets the same answer"
    )


def _number(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def markdown_lines(changes: Sequence[Counted], requests: int | None) -> Iterator[str]:
    """The changes as a table of GitHub's Markdown."""
    yield f"**{_summary(changes, requests)}**"
    if not changes:
        return
    titles = ["requests", "from", "old", "new", "witness"]
    if requests is not None:
        titles.append("how many")
    yield ""
    yield _row(titles)
    yield _row(["---"] * len(titles))
    for _, group in groupby(changes, key=_place):
        for first, (change, number) in _marked(group):
            words = change.region.words(_code)
            place = f"{words.place} {words.left_out}".rstrip() if first else "the same"
            cells = [place, words.asker, *_answers(change, _code), _code(change.witness.url)]
            yield _row(cells if number is None else [*cells, str(number)])


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _code(text: str) -> str:
    """`text` as code in a cell of a table: no link, no markup, and no end of the cell."""
    shown = printable(text).replace("|", "\\|")
    longest = max((len(run) for run in _backticks(shown)), default=0)
    fence = "`" * (longest + 1)
    space = " " if longest else ""
    return f"{fence}{space}{shown}{space}{fence}"


def _backticks(text: str) -> list[str]:
    return ["".join(run) for is_tick, run in groupby(text, key=lambda c: c == "`") if is_tick]
