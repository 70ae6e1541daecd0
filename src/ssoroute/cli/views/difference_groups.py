"""The changes of a difference put together: one group for each effect, the most important first.

One edit of a profile changes many regions: a prefix has its look-alikes, and each region splits by
caller and screen. A group holds all places in which the same callers get the same other answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Final, NamedTuple

from ssoroute.model.decision import Decision, Outcome
from ssoroute.model.payload import RedirectPayload
from ssoroute.model.request import Request
from ssoroute.model.urls import without_password
from ssoroute.relations.difference import Change
from ssoroute.relations.regions import (
    Comparison,
    Condition,
    EarlierRules,
    LookupKind,
    Region,
    Screen,
)
from ssoroute.routing.router import Router

__all__ = ["Answers", "Counted", "Effect", "Group", "Rules", "groups_of", "rules_of"]

Mark = Callable[[str], str]
#: The texts of all rules of an extension, by what a request asks by and the bundle identifier.
Rules = dict[tuple[LookupKind, str], frozenset[str]]

#: How many conditions that are left out an item names.
_MOST_LEFT_OUT: Final = 2
_TWO: Final = 2


class Counted(NamedTuple):
    """A change, and how many requests of a log met it; None if there is no log."""

    change: Change
    requests: int | None = None


class Effect(Enum):
    """What changes for a request; the value is a heading. The most important is first."""

    OUTCOME = "another outcome or another extension"
    REASON = "the same outcome for another reason"
    RULE = "the same answer by another rule"


class Answers(NamedTuple):
    """The old and the new answer in words, and the screen for which they hold."""

    screen: Screen
    old: str
    new: str


@dataclass(slots=True)
class Group:
    """Places in which the same callers get the same other answer.

    `asker` is empty for `Effect.RULE`, where callers do not matter.
    """

    effect: Effect
    asker: str
    answers: tuple[Answers, ...]
    witness: Request
    extensions: frozenset[str]
    requests: int | None = None
    regions: dict[Region, None] = field(default_factory=dict)

    def places(self, rules: Rules, mark: Mark) -> list[str]:
        """The places in words; all rules of one extension are one place."""
        found: list[str] = []
        for asked in LookupKind:
            places = [p for p in _look_alikes_merged(self.regions) if p[0].asked is asked]
            every = self._every_rule(asked, places, rules)
            found += [every] if every else [_place(*place, mark) for place in places]
        return found

    def _every_rule(
        self, asked: LookupKind, places: Sequence[tuple[Region, str]], rules: Rules
    ) -> str | None:
        """All rules of an extension in words, if `places` are exactly those."""
        texts = {region.all_of[0].text for region, _ in places if _is_one_rule(region)}
        suffixes = {suffix for _, suffix in places}
        if len(texts) < len(places) or len(suffixes) != 1 or len(texts) == 1:
            return None
        for extension in sorted(self.extensions):
            if rules.get((asked, extension)) == frozenset(texts):
                noun = "prefixes" if asked is LookupKind.URL else "hosts"
                number = "both" if len(texts) == _TWO else f"all {len(texts)}"
                return f"{number} {noun} of {extension}{suffixes.pop()}"
        return None


def rules_of(routers: Iterable[Router]) -> Rules:
    """The texts of the active rules of each extension of `routers`."""
    found: dict[tuple[LookupKind, str], set[str]] = {}
    for router in routers:
        for payload in router.activation.active:
            asked = LookupKind.URL if isinstance(payload, RedirectPayload) else LookupKind.HOST
            texts = found.setdefault((asked, payload.extension.bundle_id), set())
            texts.update(rule.text for rule in payload.rules)
    return {key: frozenset(texts) for key, texts in found.items()}


def groups_of(changes: Iterable[Counted], mark: Mark = str) -> list[Group]:
    """All `changes` in groups, with `mark` around what profiles wrote."""
    # The screens of one region and one caller belong together.
    together: dict[Region, list[Counted]] = {}
    for counted_change in changes:
        region = replace(counted_change.change.region, screen=Screen.ANY)
        together.setdefault(region, []).append(counted_change)
    groups: dict[object, Group] = {}
    for region, found in together.items():
        effect = min((_effect(c.change) for c in found), key=list(Effect).index)
        answers = tuple(_in_words(c.change, effect, mark) for c in _by_screen(found))
        if effect is Effect.RULE:  # the rest of the answer is the same on both sides
            answers = (answers[0]._replace(screen=Screen.ANY),)
        asker = "" if effect is Effect.RULE else region.words(mark).asker
        new = Group(effect, asker, answers, found[0].change.witness, _extensions(found))
        group = groups.setdefault((effect, asker, answers), new)
        group.regions[replace(region, callers=(), other_callers=True)] = None
        group.extensions |= new.extensions
        for _, requests in found:
            if requests is not None:
                group.requests = requests + (group.requests or 0)
    return sorted(groups.values(), key=lambda group: list(Effect).index(group.effect))


def _by_screen(found: Iterable[Counted]) -> list[Counted]:
    order = list(Screen)
    return sorted(found, key=lambda c: -order.index(c.change.region.screen))


def _effect(change: Change) -> Effect:
    old, new = change.old, change.new
    # It does not matter which extension does not get a request.
    same = old.extension == new.extension or old.outcome is Outcome.DO_NOT_HANDLE
    if old.outcome is not new.outcome or not same:
        return Effect.OUTCOME
    return Effect.RULE if old.reason == new.reason else Effect.REASON


def _extensions(found: Iterable[Counted]) -> frozenset[str]:
    decisions = [d for c in found for d in (c.change.old, c.change.new)]
    return frozenset(d.extension.bundle_id for d in decisions if d.extension)


def _in_words(change: Change, effect: Effect, mark: Mark) -> Answers:
    screen = change.region.screen
    if effect is Effect.RULE:
        old, new = (str(d.rule) if d.rule else "none" for d in (change.old, change.new))
        return Answers(screen, mark(old), mark(new))
    one, other = change.old.extension, change.new.extension
    teams = bool(one and other and one.bundle_id == other.bundle_id and one != other)
    return Answers(
        screen, _answer(change.old, mark, teams=teams), _answer(change.new, mark, teams=teams)
    )


def _answer(decision: Decision, mark: Mark, *, teams: bool) -> str:
    words = f"{decision.outcome.value} ({decision.reason.value})"
    if decision.extension:
        name = str(decision.extension) if teams else decision.extension.bundle_id
        words += f" {mark(name)}"
    return words


def _look_alikes_merged(regions: Iterable[Region]) -> list[tuple[Region, str]]:
    """The regions without their look-alike flags, and what to say about look-alikes."""
    found: dict[Region, frozenset[bool | None]] = {}
    for region in regions:
        flags = {condition.lookalike for condition in region.all_of}
        flag = next((flag for flag in flags if flag is not None), None)
        plain = tuple(replace(condition, lookalike=None) for condition in region.all_of)
        merged = replace(region, all_of=plain)
        found[merged] = found.get(merged, frozenset()) | {flag}
    suffixes: dict[frozenset[bool | None], str] = {
        frozenset({True}): " (look-alikes)",
        frozenset({False}): " (no look-alikes)",
        frozenset({True, False}): " (with look-alikes)",
    }
    return [(region, suffixes.get(flags, "")) for region, flags in found.items()]


def _is_one_rule(region: Region) -> bool:
    plain = len(region.all_of) == 1 and not region.none_of and region.unambiguous is None
    return plain and region.all_of[0].comparison is not Comparison.HOLDS_STRICTLY


def _place(region: Region, suffix: str, mark: Mark) -> str:
    shown = [_condition(condition, mark) for condition in region.none_of[:_MOST_LEFT_OUT]]
    more = len(region.none_of) - len(shown)
    if more:
        shown.append(f"{more} more")
    left_out = f", but not {' or '.join(shown)}" if shown else ""
    words = " and ".join(_condition(condition, mark) for condition in region.all_of)
    certainty = _CERTAINTIES[region.unambiguous]
    return f"{_KINDS[region.asked]}{words}{suffix}{certainty}{left_out}"


_KINDS: Final = {
    LookupKind.URL: "",
    LookupKind.HOST: "host ",
    LookupKind.EXTENSION: "ssoid://",
    LookupKind.REALM: "realm://",
}


_CERTAINTIES: Final = {None: "", True: " (unambiguous URLs)", False: " (ambiguous URLs)"}


def _condition(condition: Condition | EarlierRules, mark: Mark) -> str:
    if isinstance(condition, EarlierRules):
        return f"what {condition} takes"
    if condition.comparison is Comparison.BEGINS_WITH and condition.lookalike:
        return f"{mark(without_password(condition.text))} (look-alikes)"
    if condition.comparison is Comparison.HOLDS_STRICTLY:
        return f"{mark(without_password(condition.text))} (strictly)"
    return mark(without_password(condition.text))
