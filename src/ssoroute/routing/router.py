"""`Router.route`: the one hot path. It looks things up; nothing is computed twice.

The tables and the decisions are in `index.py`; this file has what most requests need of them. The
plain twin of `route` is the walk in `explain.py`. The tests compare the two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

from ssoroute.install.activation import activate
from ssoroute.install.installation import Installation, install_all
from ssoroute.install.refusal import Refusal
from ssoroute.model.decision import NO_MATCH, Decision
from ssoroute.model.device import Device, given_device
from ssoroute.model.errors import DeviceError
from ssoroute.model.kinds import python_kind
from ssoroute.model.platforms import Platform, Version
from ssoroute.model.profile import Channel, Profile, of_user
from ssoroute.model.quoting import quote
from ssoroute.model.request import Request
from ssoroute.routing.argument_types import check_types
from ssoroute.routing.index import PLAIN_LOAD, Index

if TYPE_CHECKING:
    import pyarrow as pa

    from ssoroute.routing.explanation import Explanation

__all__ = ["Matching", "Router", "finder_of"]


class Matching(StrEnum):
    """How a request is held against the rules."""

    #: As devices do it, look-alikes included.
    SYSTEM = "system"
    #: Only what the rule means beyond doubt, for software that acts on the decision.
    STRICT = "strict"


class Router:
    """Says of each request which SSO extension gets it.

    Immutable, and safe to share between threads and processes: a change is a new router.

    >>> from ssoroute import Router, load
    >>> router = Router.from_profiles(load("examples/profiles/entra.mobileconfig"))
    >>> router.route("https://login.microsoftonline.com/common/oauth2/v2.0/authorize").outcome
    <Outcome.HANDLE: 'handle'>
    """

    __slots__ = (
        "__dict__",  # holds the compiled `route`, if there is one
        "__weakref__",
        "_compiled",
        "_decide",
        "_head",
        "_index",
        "_missed",
        "_strict",
        "activation",
        "installation",
    )

    def __init__(self, installation: Installation, *, matching: Matching | str = "system") -> None:
        if matching not in list(Matching):
            raise DeviceError(
                f"unknown matching {quote(matching)}; known are {' and '.join(Matching)}"
            )
        if not isinstance(installation, Installation):
            raise TypeError(
                f"a router is made of an Installation, not of {python_kind(installation)};"
                " use Router.from_profiles(profiles)"
            )
        self.installation = installation
        self.activation = activate(installation)
        self._strict = matching == Matching.STRICT
        self._index = index = Index(self.activation, strict=self._strict)
        self._decide, self._head, self._missed = index.decide, index.head, index.missed
        self._compiled = index.compiled_twin()
        if self._compiled is not None and type(self).route is Router.route:
            # An attribute of the instance hides the method below, so that C is called directly.
            self.__dict__["route"] = self._compiled.route

    def __reduce__(self) -> tuple[object, ...]:
        # Tables and decisions are made again at the destination, and need no secret for that.
        from ssoroute.install.without_secrets import installation_without_secrets

        installation = installation_without_secrets(self.installation)
        return _restored, (type(self), installation, self.matching)

    @classmethod
    def from_profiles(
        cls,
        profiles: Iterable[Profile],
        *,
        platform: Platform | str | None = None,
        version: Version | str | None = None,
        os: str | None = None,
        device: Device | None = None,
        matching: Matching | str = "system",
        user: str | None = None,
    ) -> Router:
        """The router of a device on which `profiles` were installed in their order.

        The device is given by `platform` and `version`, by both together as `os="macOS@15.4"`, or
        whole as `device`; the default is the newest macOS. `user` is the user who is logged in, if
        the profiles name users; the default is the only one. What the system would not install is
        in `refused`. `DeviceError` for an unknown platform, a malformed version, an unknown
        matching or user, a device that is given in two ways, and if the profiles name several users
        and none is chosen. `TypeError` for something that is not profiles.
        """
        given = given_device(device, os=os, platform=platform, version=version)
        return cls(install_all(of_user(profiles, user), given), matching=matching)

    def __repr__(self) -> str:
        installation = self.installation
        return (
            f"<{type(self).__name__} {self.device}, profiles: {len(installation.installed)},"
            f" refused: {len(installation.refused)}{', strict' if self._strict else ''}>"
        )

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
        """Decide about one request; every string gets an answer.

        `url` is routed as it is (docs/matching.md, "Spellings"); the arguments are those of
        `Request`. Equal requests get the same `Decision` object. `TypeError` names an argument of
        a wrong type; a caller is looked at only if a rule matches.
        """
        # Most requests end here: no rule begins as this URL does. In docs/performance.md, "A miss",
        # the call itself costs 33 ns, the slice 42, the look 25; `lower` would cost 24 more.
        try:
            if response_code is PLAIN_LOAD and url[self._head] in self._missed:
                return NO_MATCH
        except (TypeError, LookupError):  # not a string; `_decide` says so
            pass
        return self._decide(
            url, caller, response_code, screen_locked, user_interface_enabled, background_session
        )

    def route_many(
        self,
        urls: Iterable[str | None],
        callers: str | Sequence[str | None] | None = None,
        response_codes: int | Sequence[int | None] = 0,
    ) -> list[Decision]:
        """The decisions about many requests, in their order (docs/batch.md).

        One caller or response code counts for all requests; a sequence has one for each of them.
        A URL that is None matches nothing. `RequestError` if the lengths differ.
        """
        from ssoroute.routing.batch import route_many

        return route_many(self.route, self._compiled, urls, callers, response_codes)

    def route_batch(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The decisions about the rows of an Arrow record batch (extra `arrow`; docs/batch.md).

        In: the column `url`, and if they are there `caller`, `response_code`, `screen_locked`,
        `user_interface_enabled` and `background_session`; a null is what `route` has as default,
        and a URL that is null matches nothing. Out: `outcome`, `reason`, `extension`, `rule` and
        `lookalike`, dictionary-encoded. `RequestError` for columns of other types.
        """
        from ssoroute.routing.batch import encoded

        return encoded(*self.number_batch(batch))

    def number_batch(self, batch: pa.RecordBatch) -> tuple[list[Decision], pa.Array]:
        """The same as numbers: the different decisions, and the place of each row's among them.

        The first decision of the list is that nothing matches; equal requests have one number. A
        histogram of the numbers counts the decisions (docs/batch.md, "Numbers").
        """
        from ssoroute.routing.batch import number_batch

        return number_batch(self.route, self._compiled, batch)

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
        from ssoroute.routing.explain import explain

        check_types(url, caller, response_code)
        request = Request(
            url, caller, response_code, screen_locked, user_interface_enabled, background_session
        )
        return explain(
            self.installation,
            self.activation,
            request,
            strict=self._strict,
            route=lambda asked: self.route(*asked.arguments),
            route_on=self._route_on,
        )

    def _route_on(self, device: Device, without: Channel | None) -> Callable[[Request], Decision]:
        """How `device` answers with the same profiles, except those of the channel `without`."""
        profiles = [
            installed.profile
            for installed in self.installation.installed
            if installed.profile.channel is not without
        ]
        other = type(self)(install_all(profiles, device), matching=self.matching)
        return lambda asked: other.route(*asked.arguments)


def finder_of(router: Router) -> object | None:
    """What the compiled module of `replay` finds rules with (`_compiled_finder.h`).

    None if the pure engine runs, or if a subclass decides otherwise.
    """
    compiled = router._compiled  # noqa: SLF001 - of a class in this file
    if compiled is None or type(router).route is not Router.route:
        return None
    finder: object = compiled.finder()
    return finder


def _restored(cls: type[Router], installation: Installation, matching: Matching) -> Router:
    return cls(installation, matching=matching)
