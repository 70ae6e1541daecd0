"""The clever path: active payloads as lookup tables, so that a request costs the same with ten
rules and with a hundred thousand.

First in order wins, not longest: every rule has a rank, its place in the walk over the payloads,
and a lookup answers with the smallest rank among the rules that match. `decision_store.py` has the
decisions. The plain twin is `patterns.py`, walked in order by `explain.py`. The tests hold the two
together. The compiled twin is `_compiled.c`; it asks this module about rare requests.
"""

from __future__ import annotations

import os
import re
from array import array
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any, Final

from ssoroute.install.activation import Activation
from ssoroute.install.associated_domains import all_domains_refused
from ssoroute.model.decision import NO_MATCH, Decision, Reason
from ssoroute.model.patterns import Rule, URLPrefix, lower_ascii
from ssoroute.model.payload import CredentialPayload, RedirectPayload
from ssoroute.model.profile import ProfileKind
from ssoroute.model.request import CHALLENGE_CODES, Request
from ssoroute.model.urls import host_text, scheme_of
from ssoroute.routing.argument_types import check_types
from ssoroute.routing.decision_store import SYSTEM, Case, DecisionStore
from ssoroute.routing.engine import compiled
from ssoroute.routing.prefix_table import NO_RANK
from ssoroute.routing.questions import first_yes
from ssoroute.routing.strict import strict_objection
from ssoroute.routing.tables import HostTable, Texts, URLTable, in_compiled_order
from ssoroute.routing.wildcards import Wildcards

__all__ = ["PLAIN_LOAD", "Index"]

#: The schemes with which parts of the system ask for an extension, an identifier or a realm.
SPECIAL_PREFIXES: Final = ("ssoid:", "host:", "realm:")

#: Small integers are one object each, so `is` distinguishes this one from all others at no cost.
PLAIN_LOAD: Final = 0

_KEY: Final = 56  # bytes of the secret key of the compiled tables; no two indexes share one

_LONGEST_PLACE: Final = 9  # digits; no device has more payloads

# The usual request, whose host text is beyond doubt. This takes a third of `host_text`'s time.
_PLAIN_HOST: Final = re.compile(r"https?://([A-Za-z0-9.-]+)/").match


class Index:
    """The active payloads of a device as tables, and the way to the decision about any request.

    A rule's rank is its place in the walk: the system's own prefixes, then each payload's.
    """

    __slots__ = (
        "_active",
        "_credentials",
        "_ends",
        "_extensions",
        "_kinds",
        "_owners",
        "_ready",
        "_realms",
        "_store",
        "_strict",
        "_tables",
        "_watched",
        "find_host",
        "find_url",
        "head",
        "missed",
    )

    def __init__(self, activation: Activation, *, strict: bool) -> None:
        device, active = activation.device, activation.active
        self._active = active
        self._strict = strict
        rules: list[Rule] = [URLPrefix.parse(text) for text in device.system_urls]
        self._owners = array("i", [SYSTEM] * len(rules))
        for number, payload in enumerate(active, 1):
            rules += payload.rules
            self._owners.extend([number] * len(payload.rules))
        #: The compiled twin keeps them for itself.
        self._ends = array("i", map(_end, rules) if compiled is None else ())
        self._watched = _watched_callers(activation)
        self._extensions: dict[str, int] = {}
        for number, payload in enumerate(active, 1):
            self._extensions.setdefault(payload.extension.bundle_id, number)
        self._credentials, self._realms = _by_realm(activation)
        # Reading: whether a declaration or a profile comes first is not known. If there are both,
        # each kind has its own tables also, to see whether the order decides.
        kinds = {payload.kind for payload in active}
        wildcards = device.matches_wildcards
        self._kinds = (
            {kind: self._tables_of(kind, rules, wildcards=wildcards) for kind in kinds}
            if len(kinds) > 1
            else {}
        )
        self._store = DecisionStore(activation, rules, self._owners, _refused(activation))
        self._ready = self._store.ready
        texts = Texts.of(enumerate(rules), wildcards=wildcards)
        self.find_url: Callable[[str], int]
        self.find_host: Callable[[str], int]
        self._tables: Any = None
        if compiled is None:
            urls, hosts = URLTable(texts), HostTable(texts)
            self.head, self.missed = urls.head, urls.missed
            self.find_url, self.find_host = urls.find, hosts.find
        else:
            self.head, self.missed = slice(0), set[str]()
            self._use_compiled(compiled, texts, rules)

    def _use_compiled(self, module: ModuleType, texts: Texts, rules: Sequence[Rule]) -> None:
        wildcards = Wildcards(texts.patterns)
        self._tables = tables = module.Tables(
            key=os.urandom(_KEY),
            urls=in_compiled_order(texts.plain, rules),
            heads=(wildcards.heads, tuple([0] * len(wildcards.heads))),
            wildcards=wildcards.compiled_parts,
            hosts=in_compiled_order(texts.hosts, rules),
            suffixes=in_compiled_order(texts.suffixes, rules, from_the_end=True),
        )
        self.find_url, self.find_host = tables.find_url, tables.find_host

    def compiled_twin(self) -> Any:
        """The `_compiled.Index` with the same answers, None if the pure engine runs.

        It asks this index about what is rare, and this index does not know it: so a router holds
        no cycle, and is freed as soon as the last reference to it is gone.
        """
        if compiled is None or self._tables is None:
            return None
        return compiled.Index(
            tables=self._tables,
            ends=array("i", (_end(ready.rule) for ready in self._ready)),
            owners=self._owners,
            watched=self._watched,
            ready=self._ready,
            no_match=NO_MATCH,
            decide=self.decide,
            lookalike=self._store.lookalike,
            for_caller=self._store.for_caller,
            plain=not self._strict and not self._kinds,
        )

    def decide(  # noqa: C901 - in one piece, since each call would cost a hit 40 ns
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
        number, rank = None, NO_RANK
        if may_be_special and url.startswith(SPECIAL_PREFIXES):
            number, rank = self._find_special(url)
        elif response_code in CHALLENGE_CODES:
            plain = _PLAIN_HOST(url)
            rank = self.find_host(plain[1] if plain else host_text(url))
        else:
            rank = self.find_url(url)
        if rank != NO_RANK:
            number = self._owners[rank]
        elif number is None:
            return NO_MATCH
        if caller is not None and caller.__class__ is not str:
            check_types(url, caller, response_code)
        if rank == NO_RANK or screen_locked or self._strict or self._kinds:
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
            return self._store.for_caller(rank, lookalike, caller)
        return self._store.lookalike(rank) if lookalike else self._ready[rank]

    def _is_lookalike(self, rank: int, url: str) -> bool:
        end = self._ends[rank] if self._ends else _end(self._ready[rank].rule)
        if end <= 0:
            return end < 0
        return url[end : end + 1] not in ("", "/", "?", "#")

    def _find_special(self, url: str) -> tuple[int | None, int]:
        """The payload that the system asks for by extension or realm, or the rank for a host."""
        scheme, name = scheme_of(url), host_text(url)
        if scheme == "ssoid":
            return self._extensions.get(name), NO_RANK
        if scheme == "realm":
            return self._number_of_realm(name.lower()), NO_RANK
        return None, self.find_host(name)

    def _number_of_realm(self, name: str) -> int | None:
        """The first Credential payload with this realm, or at this place in decimal."""
        numbers = [self._realms[name]] if name in self._realms else []
        if name.isdecimal() and len(name) <= _LONGEST_PLACE and str(int(name)) == name:
            numbers += self._credentials[int(name) : int(name) + 1]
        return min(numbers, default=None)

    def _decide_selected(self, number: int, rank: int, request: Request) -> Decision:
        """A request for which a payload was selected, all the way through the questions."""
        url, scheme = request.url, scheme_of(request.url)
        rule = None if rank == NO_RANK else self._ready[rank].rule
        lookalike = rule is not None and self._is_lookalike(rank, url)
        question, order_dependent = None, False
        if number != SYSTEM:
            selected = self._store.select(number, by_identifier=scheme == "ssoid")
            question = first_yes(selected, request)
            order_dependent = bool(self._kinds) and self._other_kind_matches(number, request)
        objection = strict_objection(rule, url) if self._strict and question is None else None
        # What neither caller nor screen changed is what a plain request gets.
        is_plain = question is None or question.reason is Reason.DOMAIN_NOT_APPROVED
        if rule and is_plain and objection is None and not order_dependent:
            return self._store.lookalike(rank) if lookalike else self._ready[rank]
        return self._store.of(Case(number, rank, lookalike, question, objection, order_dependent))

    def _other_kind_matches(self, number: int, request: Request) -> bool:
        """Whether the request would be another payload's, had profiles of its kind come first."""
        url, scheme = request.url, scheme_of(request.url)
        if scheme in ("ssoid", "realm"):
            return False
        selected = self._active[number - 1].kind
        urls, hosts = next(tables for kind, tables in self._kinds.items() if kind is not selected)
        if request.is_challenge or scheme == "host":
            return hosts.find(host_text(url)) != NO_RANK
        return urls.find(url) != NO_RANK

    def _tables_of(
        self, kind: ProfileKind, rules: Sequence[Rule], *, wildcards: bool
    ) -> tuple[URLTable, HostTable]:
        """The lookup tables of the rules of one kind of profile."""
        ranked = (
            (rank, rule)
            for rank, (rule, number) in enumerate(zip(rules, self._owners, strict=True))
            if number != SYSTEM and self._active[number - 1].kind is kind
        )
        texts = Texts.of(ranked, wildcards=wildcards)
        return URLTable(texts), HostTable(texts)


def _refused(activation: Activation) -> frozenset[int]:
    """The payloads whose extension is known to have no approved domain."""
    device = activation.device
    return frozenset(
        number
        for number, payload in enumerate(activation.active, 1)
        if device.associated_domains and all_domains_refused(payload, device)
    )


def _end(rule: Rule | None) -> int:
    """The length at which a longer URL is a look-alike of `rule`. 0 is never, -1 is always."""
    if not isinstance(rule, URLPrefix):
        return 0
    if rule.has_wildcard:
        return -int(rule.runs_past_authority(""))
    # what `URLPrefix.ends_in_authority` finds out from the text
    ends_in_authority = not rule.parts.path and not rule.text.endswith(("?", "#"))
    return len(rule.text) if ends_in_authority else 0


def _watched_callers(activation: Activation) -> tuple[frozenset[str], ...]:
    """By number: the callers for whom a payload's decision can differ."""
    shared: dict[frozenset[str], frozenset[str]] = {}
    watched: list[frozenset[str]] = [frozenset()]
    for payload in activation.active:
        callers = frozenset(payload.denied_callers)
        if isinstance(payload, RedirectPayload):
            callers |= {payload.extension.bundle_id}
        watched.append(shared.setdefault(callers, callers))
    return tuple(watched)


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
