"""`Router.route`: the one hot path. It looks things up; nothing is computed twice.

Everything that can be prepared is prepared when the router is made; decisions are made on a rule's
first use and kept. The plain twin of `route` is `explain.walk`; the tests hold the two together.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from ssoroute._index import NO_RANK, HostTable, URLTable
from ssoroute.activation import activate, gate_closed
from ssoroute.decision import NO_MATCH, Decision, Reason
from ssoroute.device import Device
from ssoroute.errors import DeviceError, quote
from ssoroute.gates import Gate, Selected, conclude, first_gate
from ssoroute.installation import Installation, install_all
from ssoroute.patterns import HostPattern, Rule, URLPrefix, lower_ascii
from ssoroute.payload import CredentialPayload, RedirectPayload
from ssoroute.platforms import Platform, Version
from ssoroute.profile import Profile, ProfileKind
from ssoroute.refusal import Refusal
from ssoroute.request import CHALLENGE_CODES, Request
from ssoroute.strict import strict_objection
from ssoroute.urls import host_text, scheme_of

if TYPE_CHECKING:
    from ssoroute.explain import Explanation

__all__ = ["Matching", "Router"]


class Matching(StrEnum):
    """How a request is held against the rules."""

    #: As devices do it, look-alikes included.
    SYSTEM = "system"
    #: Only what the rule means beyond doubt, for software that acts on the decision.
    STRICT = "strict"


#: The schemes with which parts of the system ask for an extension, an identifier or a realm.
SPECIAL_SCHEMES: Final = ("ssoid", "host", "realm")
_SPECIAL_PREFIXES: Final = tuple(f"{scheme}:" for scheme in SPECIAL_SCHEMES)

_NOBODY: Final = -2  # where the number of an active payload is wanted
_SYSTEM: Final = -1


class _Case(NamedTuple):
    """All that tells one decision from another."""

    number: int
    rank: int
    lookalike: bool
    gate: Gate | None
    objection: Reason | None
    order_dependent: bool


class Router:
    """Says of each request which SSO extension gets it.

    Immutable, and safe to share between threads and processes: a change is a new router.

    >>> from ssoroute import Router, load
    >>> router = Router.from_profiles(load("examples/profiles/entra.mobileconfig"))
    >>> router.route("https://login.microsoftonline.com/common/oauth2/v2.0/authorize").outcome
    <Outcome.HANDLE: 'handle'>
    """

    __slots__ = (
        "_decisions",
        "_extensions",
        "_heads",
        "_hosts",
        "_kinds",
        "_owners",
        "_realms",
        "_rules",
        "_selected",
        "_shortest",
        "_strict",
        "_urls",
        "activation",
        "installation",
    )

    def __init__(self, installation: Installation, *, matching: Matching | str = "system") -> None:
        if matching not in list(Matching):
            raise DeviceError(
                f"unknown matching {quote(matching)}; known are {' and '.join(Matching)}"
            )
        self.installation = installation
        self.activation = activate(installation)
        self._strict = matching == Matching.STRICT
        device, active = installation.device, self.activation.active
        self._selected = [
            Selected(p, isinstance(p, RedirectPayload) and gate_closed(p, device)) for p in active
        ]
        # A rule's rank is its place in the walk: the system's own prefixes, then each payload's.
        self._rules: list[Rule] = [URLPrefix.parse(text) for text in device.apple_account_urls]
        self._owners = array("i", [_SYSTEM] * len(self._rules))
        for number, payload in enumerate(active):
            self._rules += payload.rules
            self._owners.extend([number] * len(payload.rules))
        self._urls, self._hosts = self._tables(None)
        self._heads, self._shortest = self._urls.heads, self._urls.shortest
        self._extensions: dict[str, int] = {}
        for number, payload in enumerate(active):
            self._extensions.setdefault(payload.extension.bundle_id, number)
        self._realms = self._by_realm()
        # Whether a declaration or a profile comes first is not known; where there are both, each
        # kind has its own tables too, to see whether the order decides.
        kinds = {payload.kind for payload in active}
        self._kinds = {kind: self._tables(kind) for kind in kinds} if len(kinds) > 1 else {}
        self._decisions: dict[_Case, Decision] = {}

    @classmethod
    def from_profiles(
        cls,
        profiles: Iterable[Profile],
        *,
        platform: Platform | str = Platform.MACOS,
        version: Version | str | None = None,
        device: Device | None = None,
        matching: Matching | str = "system",
    ) -> Router:
        """The router of a device on which `profiles` were installed in their order.

        The device is given by `platform` and `version` (None is the newest known), or whole as
        `device`, which then stands for both. What the system would not install is in `refused`.
        `DeviceError` for an unknown platform, a malformed version or an unknown matching.
        """
        device = device or Device(platform, version)
        return cls(install_all(profiles, device), matching=matching)

    @property
    def device(self) -> Device:
        """The device whose behaviour this is."""
        return self.installation.device

    @property
    def matching(self) -> Matching:
        """How requests are held against the rules."""
        return Matching.STRICT if self._strict else Matching.SYSTEM

    @property
    def refused(self) -> tuple[Refusal, ...]:
        """The profiles that the system would not install: codes, both places, a witness."""
        return self.installation.refused

    def route(
        self,
        url: str,
        caller: str | None = None,
        response_code: int = 0,
        screen_locked: bool = False,
        user_interface_enabled: bool = True,
        background_session: bool = False,
    ) -> Decision:
        """Decide about one request; answers for every string and never raises.

        `url` is routed as it is (docs/matching.md, "Spellings"); the arguments are those of
        `Request`. Equal requests get the same `Decision` object.
        """
        if (
            url[: self._shortest].lower() not in self._heads
            and response_code not in CHALLENGE_CODES
            and not url.startswith(_SPECIAL_PREFIXES)
        ):
            return NO_MATCH  # most requests end here: no rule begins as this URL does
        return self._decide(
            Request(
                url,
                caller,
                response_code,
                screen_locked,
                user_interface_enabled,
                background_session,
            )
        )

    def explain(
        self,
        url: str,
        caller: str | None = None,
        response_code: int = 0,
        screen_locked: bool = False,
        user_interface_enabled: bool = True,
        background_session: bool = False,
    ) -> Explanation:
        """The way of one request: every payload looked at, in order, and why it lost or won."""
        from ssoroute.explain import explain  # noqa: PLC0415 - not on the way of a plain answer

        request = Request(
            url, caller, response_code, screen_locked, user_interface_enabled, background_session
        )
        return explain(self, request)

    def _tables(self, kind: ProfileKind | None) -> tuple[URLTable, HostTable]:
        """The lookup tables of all rules, or of those of one kind of profile."""
        prefixes: list[tuple[int, URLPrefix]] = []
        patterns: list[tuple[int, HostPattern]] = []
        for rank, (rule, owner) in enumerate(zip(self._rules, self._owners, strict=True)):
            if kind and (owner == _SYSTEM or self._selected[owner].payload.kind is not kind):
                continue
            if isinstance(rule, URLPrefix):
                prefixes.append((rank, rule))
            else:
                patterns.append((rank, rule))
        wildcards = self.device.matches_wildcards
        return URLTable(prefixes, wildcards=wildcards), HostTable(patterns)

    def _by_realm(self) -> dict[str, int]:
        """Credential payloads by realm, and by their place among them, written in decimal."""
        realms: dict[str, int] = {}
        place = 0
        for number, payload in enumerate(self.activation.active):
            if isinstance(payload, CredentialPayload):
                if payload.realm is not None:
                    realms.setdefault(lower_ascii(payload.realm), number)
                realms.setdefault(str(place), number)
                place += 1
        return realms

    def _decide(self, request: Request) -> Decision:
        """The decision about a request that the first look did not settle."""
        url = request.url
        if not url.isascii():
            return NO_MATCH  # Reading: only ASCII URLs match.
        scheme = scheme_of(url)
        rank = NO_RANK
        if scheme == "ssoid":
            number = self._extensions.get(host_text(url), _NOBODY)
        elif scheme == "realm":
            number = self._realms.get(host_text(url).lower(), _NOBODY)
        else:
            if request.is_challenge or scheme == "host":
                rank = self._hosts.find(host_text(url))
            else:
                rank = self._urls.find(url)
            number = _NOBODY if rank == NO_RANK else self._owners[rank]
        if number == _NOBODY:
            return NO_MATCH
        rule = None if rank == NO_RANK else self._rules[rank]
        lookalike = isinstance(rule, URLPrefix) and rule.runs_past_authority(url)
        gate, order_dependent = None, False
        if number != _SYSTEM:
            selected = self._selected[number]
            if scheme == "ssoid":
                selected = replace(selected, by_identifier=True)
            gate = first_gate(selected, request)
            order_dependent = bool(self._kinds) and self._other_kind_matches(number, request)
        objection = strict_objection(rule, url) if self._strict and gate is None else None
        case = _Case(number, rank, lookalike, gate, objection, order_dependent)
        decision = self._decisions.get(case)
        if decision is None:
            decision = self._decisions[case] = self._make(case)
        return decision

    def _other_kind_matches(self, number: int, request: Request) -> bool:
        """Whether the request would be another payload's, had profiles of its kind come first."""
        url, scheme = request.url, scheme_of(request.url)
        if scheme in ("ssoid", "realm"):
            return False
        selected = self._selected[number].payload.kind
        for kind, (urls, hosts) in self._kinds.items():
            if kind is not selected:
                if request.is_challenge or scheme == "host":
                    return hosts.find(host_text(url)) != NO_RANK
                return urls.find(url) != NO_RANK
        return False

    def _make(self, case: _Case) -> Decision:
        return conclude(
            self.device,
            None if case.number == _SYSTEM else self._selected[case.number].payload,
            None if case.rank == NO_RANK else self._rules[case.rank],
            lookalike=case.lookalike,
            gate=case.gate,
            objection=case.objection,
            order_dependent=case.order_dependent,
        )
