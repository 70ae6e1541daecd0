"""Sets of requests that a sentence can name: what is asked for, by whom, with which screen."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from ssoroute.model.globs import Glob
from ssoroute.model.patterns import HostPattern, URLPrefix, lower_ascii
from ssoroute.model.request import Request
from ssoroute.model.urls import (
    authority_end,
    authority_start,
    ends_authority,
    host_text,
    scheme_of,
    without_password,
)
from ssoroute.relations.rule_set import RuleSet
from ssoroute.routing.strict import holds_strictly, is_unambiguous

__all__ = [
    "Comparison",
    "Condition",
    "EarlierRules",
    "LookupKind",
    "Region",
    "RuleOrder",
    "Screen",
    "Words",
    "rules_to_json",
]


class LookupKind(StrEnum):
    """What a request asks by, and so which rules are compared with it."""

    #: A URL, without a challenge: the prefixes of Redirect payloads.
    URL = "url"
    #: A host, after a challenge or by `host://`: the hosts of Credential payloads.
    HOST = "host"
    #: An extension identifier, by `ssoid://`.
    EXTENSION = "ssoid"
    #: A realm, or the number of a Credential payload, by `realm://`.
    REALM = "realm"

    @classmethod
    def of(cls, request: Request) -> LookupKind:
        """What `request` asks by.

        >>> LookupKind.of(Request("realm://EXAMPLE.COM", response_code=401)).value
        'realm'
        """
        scheme = scheme_of(request.url)
        if scheme in (cls.EXTENSION, cls.REALM):
            return cls(scheme)
        return cls.HOST if scheme == "host" or request.is_challenge else cls.URL


class Comparison(StrEnum):
    """How a text is compared with that of a condition.

    Case matters only for an extension identifier, and for the path of `HOLDS_STRICTLY`.
    """

    BEGINS_WITH = "begins_with"
    MATCHES = "matches"
    ENDS_WITH = "ends_with"
    IS = "is"
    HOLDS_STRICTLY = "holds_strictly"


class Screen(StrEnum):
    """Whether the screen is locked for the request.

    It is if `screen_locked` and `user_interface_enabled` are true, and `background_session` is not.
    """

    ANY = "any"
    LOCKED = "locked"
    UNLOCKED = "unlocked"


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition on a URL, or on the host, identifier or realm that a request names.

    `MATCHES` takes `*` as any run and a final `?` as one character. With `BEGINS_WITH`,
    `lookalike` says what follows the text: True for any other character than `/`, `?` and `#`,
    False for one of these or the end, None for anything. `HOLDS_STRICTLY` is what strict matching
    takes of the URLs that begin with a prefix (docs/strict.md).

    >>> Condition(Comparison.BEGINS_WITH, "https://h", lookalike=True).holds("https://h.evil.example/")
    True
    """

    comparison: Comparison
    text: str
    lookalike: bool | None = None

    def holds(self, text: str, *, exact_case: bool = False) -> bool:
        """Whether `text` meets it."""
        if self.comparison is Comparison.IS:
            return text == self.text or (
                not exact_case and lower_ascii(text) == lower_ascii(self.text)
            )
        if self.comparison is Comparison.ENDS_WITH:
            return HostPattern(self.text).matches(text)
        if self.comparison is Comparison.HOLDS_STRICTLY:
            prefix = URLPrefix.parse(self.text)
            return prefix.matches(text, wildcards=False) and holds_strictly(prefix, text)
        if not self.glob.takes(text.lower()):
            return False
        if self.lookalike is None:
            return True
        return self.lookalike != ends_authority(text, len(self.text))

    @property
    def glob(self) -> Glob:
        """What `BEGINS_WITH` and `MATCHES` take, if `lookalike` does not count."""
        return Glob.of(self.text, wildcards=self.comparison is Comparison.MATCHES)

    def to_json(self) -> dict[str, object]:
        """The condition as a JSON object (docs/diff.md, "JSON")."""
        more = {} if self.lookalike is None else {"lookalike": self.lookalike}
        return {self.comparison.value: without_password(self.text), **more}


@dataclass(frozen=True)
class RuleOrder:
    """The URL prefixes of one side of a comparison, in the order in which it asks them.

    `side` is `old` or `new`; of each prefix the condition says which URLs it takes.
    """

    side: str
    conditions: tuple[Condition, ...] = field(repr=False, hash=False)

    def first(self, url: str) -> int:
        """The number of the first one that takes `url`; `NO_RANK` if none does."""
        return self._rules.first(url.lower())

    @cached_property
    def _rules(self) -> RuleSet:
        ranks: dict[Glob, int] = {}
        for rank, condition in enumerate(self.conditions):
            ranks.setdefault(condition.glob, rank)
        return RuleSet(ranks)


@dataclass(frozen=True, slots=True)
class EarlierRules:
    """One condition for many: one of the first `number` rules of a side takes the URL.

    >>> order = RuleOrder("new", tuple(Condition(Comparison.MATCHES, f"/*{c}") for c in "abc"))
    >>> [EarlierRules(order, 2).holds(url) for url in ("/1b", "/1c", "/1d")]
    [True, False, False]
    """

    order: RuleOrder
    number: int

    def holds(self, text: str) -> bool:
        """Whether one of them takes `text`."""
        return self.order.first(text) < self.number

    def to_json(self) -> dict[str, object]:
        """The condition as a JSON object (docs/diff.md, "JSON")."""
        return {"taken_by_first": self.number, "of": self.order.side}

    def __str__(self) -> str:
        rule = "a rule" if self.number == len(self.order.conditions) else "an earlier rule"
        return f"{rule} of {self.order.side.upper()}"


class Words(NamedTuple):
    """A region in words: what is asked for, what is left out (may be empty), and who asks."""

    place: str
    left_out: str
    asker: str


@dataclass(frozen=True, slots=True)
class Region:
    """A set of requests: those that meet `all_of` the conditions and `none_of` the others.

    Where so many rules come before that naming them in each region would be too long, `none_of`
    has `EarlierRules` in place of them.

    `callers` are those whose requests they are; with `other_callers` it is all others (an unknown
    caller is one of them), and `callers` are left out. `unambiguous` says whether it is beyond
    doubt which host is named, None for both; it counts for strict matching only.
    """

    asked: LookupKind
    all_of: tuple[Condition, ...]
    none_of: tuple[Condition | EarlierRules, ...] = ()
    callers: tuple[str, ...] = ()
    other_callers: bool = True
    screen: Screen = Screen.ANY
    unambiguous: bool | None = None

    def contains(self, request: Request) -> bool:
        """Whether `request` is one of them.

        >>> region = Region(LookupKind.HOST, (Condition(Comparison.ENDS_WITH, ".example.com"),))
        >>> region.contains(Request("https://www.example.com/", response_code=401))
        True
        """
        if not request.url.isascii() or LookupKind.of(request) is not self.asked:
            return False
        locked = request.meets_locked_screen
        if self.screen is not Screen.ANY and locked != (self.screen is Screen.LOCKED):
            return False
        if (request.caller in self.callers) == self.other_callers:
            return False
        if self.unambiguous is not None and is_unambiguous(request.url) != self.unambiguous:
            return False
        text = request.url if self.asked is LookupKind.URL else host_text(request.url)
        exact_case = self.asked is LookupKind.EXTENSION
        return all(c.holds(text, exact_case=exact_case) for c in self.all_of) and not any(
            c.holds(text) for c in self.none_of
        )

    def words(self, mark: Callable[[str], str] = str) -> Words:
        """The region in words, with `mark` around what profiles wrote."""
        place = _PLACES[self.asked].format(" and ".join(_words(c, mark) for c in self.all_of))
        shown = [_words(condition, mark) for condition in self.none_of[:_MOST_SHOWN]]
        more = len(self.none_of) - len(shown)
        if more:
            shown.append(f"meet {more} more such conditions")
        callers = ", ".join(map(mark, self.callers))
        if not self.other_callers:
            asker = f"caller {callers}"
        else:
            asker = f"any caller but {callers}" if callers else "any caller"
        if self.screen is not Screen.ANY:
            asker += f", screen {self.screen.value}"
        if self.unambiguous is not None:
            place += f", in {'an unambiguous' if self.unambiguous else 'an ambiguous'} URL"
        others = "those" if self.asked is LookupKind.URL else "one"
        left_out = f"but not {others} that {' or '.join(shown)}" if shown else ""
        return Words(place, left_out, asker)

    def __str__(self) -> str:
        words = self.words()
        place = f"{words.place}, {words.left_out}" if words.left_out else words.place
        return f"{place}; {words.asker}"

    def to_json(self) -> dict[str, object]:
        """The region as a JSON object (docs/diff.md, "JSON")."""
        more = {} if self.unambiguous is None else {"unambiguous": self.unambiguous}
        return {
            "text": str(self),
            "asked": self.asked.value,
            "all_of": [condition.to_json() for condition in self.all_of],
            "none_of": [condition.to_json() for condition in self.none_of],
            "callers": {("none_of" if self.other_callers else "any_of"): list(self.callers)},
            "screen": self.screen.value,
            **more,
        }


def rules_to_json(regions: Iterable[Region]) -> dict[str, object]:
    """The member `rules` that `EarlierRules` of the `regions` count by; nothing if there are none.

    It has the conditions of each side that is counted (docs/diff.md, "JSON").
    """
    conditions = (condition for region in regions for condition in region.none_of)
    orders = {c.order.side: c.order for c in conditions if isinstance(c, EarlierRules)}
    if not orders:
        return {}
    return {
        "rules": {
            side: [condition.to_json() for condition in order.conditions]
            for side, order in sorted(orders.items(), reverse=True)
        }
    }


# How many of the conditions that are left out a sentence names.
_MOST_SHOWN = 5

_PLACES = {
    LookupKind.URL: "URLs that {}",
    LookupKind.HOST: "challenges and host:// requests for a host that {}",
    LookupKind.EXTENSION: "ssoid:// requests for an extension that {}",
    LookupKind.REALM: "realm:// requests for a realm that {}",
}
_WORDS = {
    Comparison.BEGINS_WITH: "begin with",
    Comparison.MATCHES: "match",
    Comparison.ENDS_WITH: "ends with",
    Comparison.IS: "is",
    Comparison.HOLDS_STRICTLY: "strictly match",
}


def _words(condition: Condition | EarlierRules, mark: Callable[[str], str]) -> str:
    if isinstance(condition, EarlierRules):
        return f"{condition} takes"
    words = f"{_WORDS[condition.comparison]} {mark(without_password(condition.text))}"
    if condition.lookalike is None:
        return words
    in_authority = authority_end(condition.text, authority_start(condition.text)) == len(
        condition.text
    )
    if not condition.lookalike:
        return f"{words}, where the {'authority' if in_authority else 'path segment'} ends"
    if in_authority:
        return f"{words} and continue in the authority (look-alikes)"
    return f"{words} and continue in the same path segment"
