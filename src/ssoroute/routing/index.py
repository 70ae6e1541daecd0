"""The clever path: active payloads as lookup tables with ready-made decisions, so that a request
costs the same with ten rules and with a hundred thousand.

First in order wins, not longest: every rule has a rank, its place in the walk over the payloads,
and a lookup answers with the smallest rank among the rules that match. The plain twin is
`patterns.py`, walked in order by `explain.py`; the tests hold the two together. The compiled twin
of the tables is `_compiled.c`; what is rare is decided here in both cases.
"""

from __future__ import annotations

import os
import re
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from importlib import import_module
from types import ModuleType
from typing import Any, Final, NamedTuple

from ssoroute.install.activation import Activation
from ssoroute.install.associated_domains import all_domains_refused
from ssoroute.model.decision import NO_MATCH, Decision, Reason
from ssoroute.model.patterns import Rule, URLPrefix, lower_ascii
from ssoroute.model.payload import CredentialPayload, RedirectPayload
from ssoroute.model.profile import ProfileKind
from ssoroute.model.request import CHALLENGE_CODES, Request
from ssoroute.model.urls import host_text, scheme_of
from ssoroute.routing.argument_types import check_types
from ssoroute.routing.questions import Question, Selected, conclude, first_yes
from ssoroute.routing.strict import strict_objection
from ssoroute.routing.tables import (
    NO_RANK,
    HostTable,
    Patterns,
    Texts,
    URLTable,
    in_compiled_order,
)

__all__ = ["Index", "accelerated", "compiled"]


def _compiled_module() -> ModuleType | None:
    # The one look at the environment: it decides which code runs, never what it answers.
    if os.environ.get("SSOROUTE_PURE") == "1":
        return None
    try:
        return import_module("ssoroute.routing._compiled")
    except ImportError:
        return None


#: The compiled twin, None where the package was installed without it or `SSOROUTE_PURE` is 1.
compiled: Final = _compiled_module()
#: Whether the compiled twin runs.
accelerated: Final = compiled is not None

#: The schemes with which parts of the system ask for an extension, an identifier or a realm.
SPECIAL_PREFIXES: Final = ("ssoid:", "host:", "realm:")

#: Small integers are one object each, so `is` tells this one from all others at no cost.
PLAIN_LOAD: Final = 0

_SYSTEM: Final = 0  # the number of the system's own extension; payloads count from 1
_NOBODY: Final = -1

_KEY: Final = 56  # bytes of the secret key of the compiled tables; no two indexes share one

_LONGEST_PLACE: Final = 9  # digits; nobody has more payloads

# The usual request to a host, where the host text is beyond doubt: a third of `host_text`'s time.
_PLAIN_HOST: Final = re.compile(r"https?://([A-Za-z0-9.-]+)/").match


class _Case(NamedTuple):
    """All that tells one decision from another."""

    number: int
    rank: int
    lookalike: bool
    question: Question | None
    objection: Reason | None
    order_dependent: bool


class Index:
    """The active payloads of a device as tables, and the decisions about them.

    A rule's rank is its place in the walk: the system's own prefixes, then each payload's. `ready`
    holds the decision about a plain request that the rule matches (nobody is denied, the screen is
    not locked, no look-alike); rarer ones are made on their first use.
    """

    __slots__ = (
        "_activation",
        "_closed",
        "_credentials",
        "_decisions",
        "_ends",
        "_extensions",
        "_for_callers",
        "_kinds",
        "_lookalikes",
        "_owners",
        "_realms",
        "_strict",
        "_watched",
        "compiled",
        "find_host",
        "find_url",
        "head",
        "missed",
        "ready",
    )

    def __init__(self, activation: Activation, *, strict: bool) -> None:
        device, active = activation.device, activation.active
        self._activation = activation
        self._strict = strict
        rules: list[Rule] = [URLPrefix.parse(text) for text in device.system_urls]
        self._owners = array("i", [_SYSTEM] * len(rules))
        for number, payload in enumerate(active, 1):
            rules += payload.rules
            self._owners.extend([number] * len(payload.rules))
        self._ends = array("i", map(_end, rules))
        self._watched = _watched_callers(activation)
        #: The payloads whose extension is known to have no approved domain.
        self._closed = {
            number
            for number, payload in enumerate(active, 1)
            if device.associated_domains and all_domains_refused(payload, device)
        }
        self._extensions: dict[str, int] = {}
        for number, payload in enumerate(active, 1):
            self._extensions.setdefault(payload.extension.bundle_id, number)
        self._credentials, self._realms = _by_realm(activation)
        # Whether a declaration or a profile comes first is not known; where there are both, each
        # kind has its own tables too, to see whether the order decides.
        kinds = {payload.kind for payload in active}
        self._kinds = (
            {kind: self._tables_of(kind, rules) for kind in kinds} if len(kinds) > 1 else {}
        )
        self.ready = tuple(self._plain_decisions(rules))
        self._lookalikes: dict[int, Decision] = {}
        self._for_callers: dict[tuple[int, bool, str | None], Decision] = {}
        self._decisions: dict[_Case, Decision] = {}
        texts = Texts.of(enumerate(rules), wildcards=device.matches_wildcards)
        self.find_url: Callable[[str], int]
        self.find_host: Callable[[str], int]
        #: The compiled twin (`_compiled.Index`), None where the pure one runs.
        self.compiled: Any = None
        if compiled is None:
            urls, hosts = URLTable(texts), HostTable(texts)
            self.head, self.missed = urls.head, urls.missed
            self.find_url, self.find_host = urls.find, hosts.find
        else:
            self.head, self.missed = slice(0), set[str]()
            self._use_compiled(compiled, texts, rules)

    def _use_compiled(self, module: ModuleType, texts: Texts, rules: Sequence[Rule]) -> None:
        patterns = Patterns(texts.patterns)
        table = module.Index(
            os.urandom(_KEY),
            in_compiled_order(texts.plain, rules),
            in_compiled_order(dict.fromkeys(patterns.beginnings, 0)),
            in_compiled_order(texts.hosts, rules),
            in_compiled_order(texts.suffixes, rules, from_the_end=True),
            self._ends,
            self._owners,
            tuple(self._watched),
            self.ready,
            NO_MATCH,
            self.decide,
            self._lookalike,
            self._ready_for,
            not self._strict and not self._kinds,
        )
        find = table.find_url
        self.find_url = (lambda url: patterns.find(url, find(url))) if texts.patterns else find
        self.find_host = table.find_host
        self.compiled = table

    @property
    def watched(self) -> frozenset[str]:
        """The callers for whom any decision can differ."""
        return frozenset().union(*self._watched)

    def decide(
        self,
        url: str,
        caller: str | None,
        response_code: int,
        screen_locked: bool,
        user_interface_enabled: bool,
        background_session: bool,
    ) -> Decision:
        """The decision about any request; the arguments are those of `Request`.

        `TypeError` names an argument of a wrong type. The caller is looked at if a rule matches.
        """
        try:
            # This costs a quarter of `startswith` and spares it to nearly all requests.
            may_be_special = not "http" < url < "i"
        except TypeError:
            check_types(url, None, 0)
            raise
        # A class costs a third of `isinstance`, which subclasses of `int` need.
        if response_code is not PLAIN_LOAD and response_code.__class__ is not int:
            check_types(url, None, response_code)
        if not url.isascii():
            return NO_MATCH  # Reading: only ASCII URLs match.
        if may_be_special and url.startswith(SPECIAL_PREFIXES):
            request = Request(
                url,
                caller,
                response_code,
                screen_locked,
                user_interface_enabled,
                background_session,
            )
            return self._decide_special(request)
        if response_code in CHALLENGE_CODES:
            plain = _PLAIN_HOST(url)
            host = plain[1] if plain else host_text(url)
            rank = self.find_host(host) if host else NO_RANK
        else:
            rank = self.find_url(url)
        if rank == NO_RANK:
            return NO_MATCH
        number = self._owners[rank]
        if caller is not None and caller.__class__ is not str:
            check_types(url, caller, response_code)
        if screen_locked or self._strict or self._kinds:
            request = Request(
                url,
                caller,
                response_code,
                screen_locked,
                user_interface_enabled,
                background_session,
            )
            return self._decide_selected(number, rank, request)
        # A Request would make a hit two thirds slower (docs/performance.md, "A hit").
        lookalike = self._is_lookalike(rank, url)
        if caller is not None and caller in self._watched[number]:
            return self._ready_for(rank, lookalike, caller)
        return self._lookalike(rank) if lookalike else self.ready[rank]

    def _plain_decisions(self, rules: Sequence[Rule]) -> Iterator[Decision]:
        """By rank: the decision about a plain request that is no look-alike."""
        device, payload, question, last = self._activation.device, None, None, _SYSTEM
        for rule, number in zip(rules, self._owners, strict=True):
            if number != last:  # the rules of a payload follow each other
                selected, last = self._select(number), number
                payload, question = selected.payload, first_yes(selected, Request(""))
            yield conclude(device, payload, rule, question=question)

    def _lookalike(self, rank: int) -> Decision:
        """The decision about a plain request that runs past the authority of its rule."""
        decision = self._lookalikes.get(rank)
        if decision is None:
            made = replace(self.ready[rank], lookalike=True)
            decision = self._lookalikes.setdefault(rank, made)  # all threads get the same one
        return decision

    def _ready_for(self, rank: int, lookalike: bool, caller: str | None) -> Decision:
        """The same where `caller` is one that the rule's payload watches."""
        decision = self._for_callers.get((rank, lookalike, caller))
        if decision is None:
            number = self._owners[rank]
            question = first_yes(self._select(number), Request("", caller))
            case = _Case(number, rank, lookalike, question, None, order_dependent=False)
            decision = self._decision_of(case)
            self._for_callers[rank, lookalike, caller] = decision
        return decision

    def _decision_of(self, case: _Case) -> Decision:
        decision = self._decisions.get(case)
        return decision or self._decisions.setdefault(case, self._make(case))

    def _select(self, number: int, *, by_identifier: bool = False) -> Selected:
        payload = self._activation.active[number - 1]
        return Selected(payload, number in self._closed, by_identifier)

    def _is_lookalike(self, rank: int, url: str) -> bool:
        end = self._ends[rank]
        if end <= 0:
            return end < 0
        return url[end : end + 1] not in ("", "/", "?", "#")

    def _decide_special(self, request: Request) -> Decision:
        """A request with which a part of the system asks by extension, host or realm."""
        scheme, name = scheme_of(request.url), host_text(request.url)
        rank, number = NO_RANK, _NOBODY
        if scheme == "ssoid":
            number = self._extensions.get(name, _NOBODY)
        elif scheme == "realm":
            number = self._number_of_realm(name.lower())
        elif name:
            rank = self.find_host(name)
            number = _NOBODY if rank == NO_RANK else self._owners[rank]
        if number == _NOBODY:
            return NO_MATCH
        check_types(request.url, request.caller, request.response_code)
        return self._decide_selected(number, rank, request)

    def _number_of_realm(self, name: str) -> int:
        """The first Credential payload with this realm, or at this place in decimal."""
        numbers = [self._realms[name]] if name in self._realms else []
        if name.isdecimal() and len(name) <= _LONGEST_PLACE and str(int(name)) == name:
            numbers += self._credentials[int(name) : int(name) + 1]
        return min(numbers, default=_NOBODY)

    def _decide_selected(self, number: int, rank: int, request: Request) -> Decision:
        """A request for which a payload was selected, all the way through the questions."""
        url, scheme = request.url, scheme_of(request.url)
        rule = None if rank == NO_RANK else self.ready[rank].rule
        lookalike = rule is not None and self._is_lookalike(rank, url)
        question, order_dependent = None, False
        if number != _SYSTEM:
            selected = self._select(number, by_identifier=scheme == "ssoid")
            question = first_yes(selected, request)
            order_dependent = bool(self._kinds) and self._other_kind_matches(number, request)
        objection = strict_objection(rule, url) if self._strict and question is None else None
        # What neither caller nor screen changed is what a plain request gets.
        is_plain = question is None or question.reason is Reason.DOMAIN_NOT_APPROVED
        if rule and is_plain and objection is None and not order_dependent:
            return self._lookalike(rank) if lookalike else self.ready[rank]
        case = _Case(number, rank, lookalike, question, objection, order_dependent)
        return self._decision_of(case)

    def _other_kind_matches(self, number: int, request: Request) -> bool:
        """Whether the request would be another payload's, had profiles of its kind come first."""
        url, scheme = request.url, scheme_of(request.url)
        if scheme in ("ssoid", "realm"):
            return False
        selected = self._activation.active[number - 1].kind
        for kind, (urls, hosts) in self._kinds.items():
            if kind is not selected:
                if request.is_challenge or scheme == "host":
                    return hosts.find(host_text(url)) != NO_RANK
                return urls.find(url) != NO_RANK
        return False

    def _make(self, case: _Case) -> Decision:
        return conclude(
            self._activation.device,
            None if case.number == _SYSTEM else self._activation.active[case.number - 1],
            None if case.rank == NO_RANK else self.ready[case.rank].rule,
            lookalike=case.lookalike,
            question=case.question,
            objection=case.objection,
            order_dependent=case.order_dependent,
        )

    def _tables_of(self, kind: ProfileKind, rules: Sequence[Rule]) -> tuple[URLTable, HostTable]:
        """The lookup tables of the rules of one kind of profile."""
        active = self._activation.active
        texts = Texts.of(
            (
                (rank, rule)
                for rank, (rule, number) in enumerate(zip(rules, self._owners, strict=True))
                if number != _SYSTEM and active[number - 1].kind is kind
            ),
            wildcards=self._activation.device.matches_wildcards,
        )
        return URLTable(texts), HostTable(texts)


def _end(rule: Rule) -> int:
    """Where a URL that goes on is a look-alike of `rule`; 0 is nowhere, -1 is always."""
    if not isinstance(rule, URLPrefix):
        return 0
    if rule.has_wildcard:
        return -int(rule.runs_past_authority(""))
    # what `URLPrefix.ends_in_authority` finds out from the text
    ends_in_authority = not rule.parts.path and not rule.text.endswith(("?", "#"))
    return len(rule.text) if ends_in_authority else 0


def _watched_callers(activation: Activation) -> list[frozenset[str]]:
    """By number: the callers for whom a payload's decision can differ."""
    shared: dict[frozenset[str], frozenset[str]] = {}
    watched: list[frozenset[str]] = [frozenset()]
    for payload in activation.active:
        callers = frozenset(payload.denied_callers)
        if isinstance(payload, RedirectPayload):
            callers |= {payload.extension.bundle_id}
        watched.append(shared.setdefault(callers, callers))
    return watched


def _by_realm(activation: Activation) -> tuple[array[int], dict[str, int]]:
    """The numbers of the Credential payloads by their place among them, and by realm."""
    places = array("i")
    realms: dict[str, int] = {}
    for number, payload in enumerate(activation.active, 1):
        if isinstance(payload, CredentialPayload):
            places.append(number)
            if payload.realm is not None:
                realms.setdefault(lower_ascii(payload.realm), number)
    return places, realms
