"""What `ssoroute diff` prints: text, Markdown and JSON, each from the same changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final, NamedTuple

from ssoroute.cli.request_lines import dumps
from ssoroute.cli.terminal import Line, Span, Style, heading, paragraph
from ssoroute.cli.views.difference_by import By, changes_by, lines_of_groups
from ssoroute.cli.views.difference_groups import Counted, Effect, Group, Rules, groups_of
from ssoroute.model.decision import Decision
from ssoroute.model.quoting import counted, printable
from ssoroute.model.urls import without_password
from ssoroute.relations.difference import Change
from ssoroute.relations.regions import Region, Screen, rules_to_json

__all__ = [
    "COMMENT_LIMIT",
    "Compared",
    "full_lines",
    "json_lines",
    "lines_by",
    "markdown_lines",
    "text_lines",
    "without_spellings",
]

_STYLES: Final = (Style.BAD, Style.GOOD)
#: How many characters a comment of GitHub holds, and how many of them are not for the table.
COMMENT_LIMIT: Final = 65_536
_ROOM: Final = 500
#: How many places of one group are listed, and how many fit into a sentence if they are short.
_MOST: Final = 10
_SHORT: Final = 2


class Compared(NamedTuple):
    """The changes, the number of requests of a log (None without one), and what is undecided."""

    changes: Sequence[Counted]
    requests: int | None = None
    undecided: Sequence[Region] = ()
    spellings: int = 0


def without_spellings(compared: Compared) -> Compared:
    """`compared` without changes that are only another spelling of a rule, which it counts."""
    changes = [counted for counted in compared.changes if not counted.change.is_spelling]
    return compared._replace(changes=changes, spellings=len(compared.changes) - len(changes))


def json_lines(compared: Compared, by: By | None = None) -> list[str]:
    """One JSON object, as lines (docs/diff.md, "JSON"), with groups if `by` says which."""
    shown = [
        change.to_json() | ({} if number is None else {"requests": number})
        for change, number in compared.changes
    ]
    members: dict[str, object] = {
        "schema": 1,
        "changes": shown,
        "undecided": [region.to_json() for region in compared.undecided],
        "spellings": compared.spellings,
        **rules_to_json(change.region for change, _ in compared.changes),
    }
    if compared.requests is not None:
        members["requests"] = compared.requests
    if by is not None:
        groups = changes_by(compared.changes, by)
        members |= {"by": by.value, "groups": [group.to_json() for group in groups]}
    return dumps(members, indent=2).split("\n")


def text_lines(compared: Compared, rules: Rules) -> Iterator[Line]:
    """A summary, and for each group of changes who is concerned, what changes, and where."""
    yield (Span(_summary(compared), Style.STRONG),)
    before: list[str] = []
    for effect, groups in groupby(groups_of(compared.changes), key=lambda group: group.effect):
        yield from heading(effect.value)
        if effect is Effect.RULE:
            yield from _other_rules(list(groups))
            continue
        for group in groups:
            places = group.places(rules, str)
            yield from _group(group, places, same_places=places == before)
            before = places


def lines_by(compared: Compared, by: By) -> Iterator[Line]:
    """A summary, and the changes in the groups that `by` makes."""
    yield (Span(_summary(compared), Style.STRONG),)
    yield from lines_of_groups(compared.changes, by)


def _group(group: Group, places: list[str], *, same_places: bool) -> Iterator[Line]:
    yield from paragraph(Span(group.asker, Style.STRONG), indent=2, hang=2)
    if same_places:
        yield from paragraph("in the same places", indent=4)
    elif len(places) == 1 or (len(places) == _SHORT and not any("," in p for p in places)):
        yield from paragraph(f"in {' and '.join(places)}", indent=4, hang=2)
    else:
        yield from paragraph(f"in {len(places)} places:", indent=4)
        for place in places[:_MOST]:
            yield from paragraph(place, indent=6, hang=2)
        yield from _more(len(places), indent=6)
    first, *others = group.answers
    if first.screen is Screen.LOCKED:
        yield from paragraph("with the screen locked", indent=4)
    for sign, answer, style in zip("-+", (first.old, first.new), _STYLES, strict=True):
        yield from paragraph(f"{sign} ", Span(answer, style), indent=4, hang=2)
    for answers in others:
        text = f"with the screen {answers.screen.value}: {answers.old} → {answers.new}"
        yield from paragraph(text, indent=4, hang=2)
    yield from paragraph(
        f"{_such_as(group.requests)} {without_password(group.witness.url)}", indent=4, hang=2
    )


def _other_rules(groups: Sequence[Group]) -> Iterator[Line]:
    for group in groups[:_MOST]:
        (answers,) = group.answers
        number = "" if group.requests is None else f" ({counted(group.requests, 'request')})"
        yield from paragraph(f"{answers.old} → {answers.new}{number}", indent=2, hang=2)
    yield from _more(len(groups), indent=2)


def _more(number: int, *, indent: int) -> Iterator[Line]:
    if number > _MOST:
        yield from paragraph(f"and {number - _MOST} more, see --format full", indent=indent)


def full_lines(compared: Compared) -> Iterator[Line]:
    """Each region by itself: what changes there, for whom, and a request that shows it."""
    for place, (_, group) in enumerate(groupby(compared.changes, key=_place)):
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
            shown = f"{_such_as(number)} {without_password(change.witness.url)}"
            yield from paragraph(shown, indent=4, hang=2)
    if compared.changes:
        yield ()
    yield (Span(_summary(compared), Style.STRONG),)


def _place(counted: Counted) -> tuple[object, ...]:
    region = counted.change.region
    return region.asked, region.all_of, region.none_of


def _marked(group: Iterable[Counted]) -> Iterator[tuple[bool, Counted]]:
    """Each of `group`, and whether it is the first."""
    for number, member in enumerate(group):
        yield number == 0, member


def _answers(change: Change, mark: Callable[[str], str] = str) -> tuple[str, str]:
    """The old and the new answer; teams are named only if they are what differs."""
    old, new = change.old.extension, change.new.extension
    teams = bool(old and new and old.bundle_id == new.bundle_id and old != new)
    return _answer(change.old, mark, teams=teams), _answer(change.new, mark, teams=teams)


def _answer(decision: Decision, mark: Callable[[str], str], *, teams: bool) -> str:
    words = [decision.outcome.value, f"({decision.reason.value})"]
    if decision.extension:
        words.append(mark(str(decision.extension) if teams else decision.extension.bundle_id))
    if decision.rule:
        words.append(f"by {mark(str(decision.rule))}")
    if decision.lookalike:
        words.append("(look-alike)")
    return " ".join(words)


def _such_as(number: int | None) -> str:
    if number is None:
        return "such as"
    return "1 request:" if number == 1 else f"{number} requests, the first:"


def _summary(compared: Compared) -> str:
    if compared.requests is not None:
        total = sum(number or 0 for _, number in compared.changes)
        verb = "is" if total == 1 else "are"
        log = counted(compared.requests, "request")
        return f"{total:,} of {log} {verb} answered differently{_spellings(compared)}"
    if not compared.changes:
        if compared.undecided:
            return "no request outside of what is undecided is answered differently"
        return f"no request is answered differently{_spellings(compared)}"
    places = len({_place(change) for change in compared.changes})
    rest = " that is decided" if compared.undecided else ""
    return (
        f"{counted(len(compared.changes), 'change')} in {counted(places, 'place')};"
        f" every other request{rest} is answered as before{_spellings(compared)}"
    )


def _spellings(compared: Compared) -> str:
    """What is said of changes that are left out."""
    if not compared.spellings:
        return ""
    return " (rules in another spelling do not count; `--by rule` shows them)"


def markdown_lines(compared: Compared, rules: Rules) -> Iterator[str]:
    """The groups of changes as a table of GitHub's Markdown, as far as a comment can hold it."""
    yield f"**{_summary(compared)}**"
    if not compared.changes:
        return
    left = COMMENT_LIMIT - _ROOM
    missing = 0
    for line in _table(compared, rules):
        if len(line) < left:
            left -= len(line) + 1
            yield line
        else:
            missing += 1
    if missing:
        verb = "is" if missing == 1 else "are"
        yield ""
        yield (
            f"{counted(missing, 'row')} of this table {verb} left out, because a comment holds"
            f" at most {COMMENT_LIMIT:,} characters. `ssoroute diff` shows all changes."
        )


def _table(compared: Compared, rules: Rules) -> Iterator[str]:
    titles = ["requests", "from", "old", "new", "witness"]
    if compared.requests is not None:
        titles.append("how many")
    yield ""
    yield _row(titles)
    yield _row(["---"] * len(titles))
    for group in groups_of(compared.changes, _code):
        yield from _rows(group, rules)


def _rows(group: Group, rules: Rules) -> Iterator[str]:
    places = group.places(rules, _code)
    shown = places[:_MOST]
    if len(places) > _MOST:
        shown.append(f"and {len(places) - _MOST} more")
    for number, answers in enumerate(group.answers):
        screen = "" if answers.screen is Screen.ANY else f", screen {answers.screen.value}"
        asker = "by another rule" if group.effect is Effect.RULE else f"{group.asker}{screen}"
        where = "the same" if number else "<br>".join(shown)
        cells = [where, asker, answers.old, answers.new, _code(without_password(group.witness.url))]
        yield _row(cells if group.requests is None else [*cells, str(group.requests)])


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
