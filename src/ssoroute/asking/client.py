"""`Client`: what makes a request, and what it hands to the system for a page."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from ssoroute.asking.way import Caller, HandsOver, Way
from ssoroute.model.authority import Authority
from ssoroute.model.device import Device
from ssoroute.model.errors import InvalidInputError
from ssoroute.model.platforms import Platform
from ssoroute.model.quoting import quote
from ssoroute.model.request import Request
from ssoroute.model.spelling import Spelling, SpellingError
from ssoroute.model.urls import host_text, scheme_of

__all__ = ["Client", "ClientError", "Handover", "HandoverKind"]


class ClientError(InvalidInputError):
    """A client is unknown, or nothing is known about it on the platform."""


class HandoverKind(StrEnum):
    """What a client hands to the system."""

    #: `canPerformAuthorization`: would an extension take this URL? Only payloads are selected.
    QUESTION = "question"
    REQUEST = "request"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Handover:
    """One thing that a client hands to the system, or the reason why it hands nothing over.

    `request` is what is handed over, None for `NOTHING`. `text` says when or why. The caller of a
    `QUESTION` is not looked at, so its request has none.
    """

    kind: HandoverKind
    way: Way
    text: str
    authority: Authority
    request: Request | None = None

    def to_json(self) -> dict[str, object]:
        """The handover as a JSON object (docs/clients.md, "JSON")."""
        request = self.request.to_json() if self.request else None
        if request and self.way.user_interface is None:
            request["user_interface_enabled"] = None
        return {
            "kind": self.kind.value,
            "text": self.text,
            "request": request,
            "authority": self.authority.value,
            "way": self.way.to_json(),
        }


@dataclass(frozen=True, slots=True)
class Client:
    """A client by its name in the table, with its ways on all platforms.

    `browsers` are the clients that this one may stand for (only `web-auth-session` has any).
    """

    name: str
    title: str
    ways: tuple[Way, ...]
    browsers: tuple[Client, ...] = ()

    def on(self, platform: Platform) -> tuple[Way, ...]:
        """Its ways on `platform`; `ClientError` if none is known."""
        ways = tuple(way for way in self.ways if way.platform is platform)
        if not ways:
            known = " and ".join(dict.fromkeys(way.platform.value for way in self.ways))
            raise ClientError(
                f"nothing is known about the client {quote(self.name)} on {platform};"
                f" it is known on {known}"
            )
        return ways

    @property
    def takes_app(self) -> bool:
        """Whether the caller is another app (or browser), whose identifier must be given."""
        return any(way.caller in list(Caller) for way in self.ways)

    @property
    def can_be_background(self) -> bool:
        """Whether its requests can belong to a background session."""
        return any(way.background for way in self.ways)

    def hands_over(
        self,
        url: str,
        device: Device,
        app: str | None = None,
        *,
        screen_locked: bool = False,
        background_session: bool = False,
        hosts: Collection[str] | None = None,
    ) -> tuple[Handover, ...]:
        """What the client hands to the system for a page at `url`, in its order.

        `app` is the bundle identifier of the app if the caller is the app, and of the default
        browser for `web-auth-session`. `hosts` are the listed host patterns of the device, if they
        are known. `background_session` counts only for a client that has such sessions.
        `ClientError` if nothing is known about the client on the device's platform. The source is
        docs/clients.md; each handover carries its own authority.

        >>> from ssoroute import Device, clients
        >>> chrome = next(client for client in clients() if client.name == "chrome")
        >>> for handover in chrome.hands_over("https://login.example.com", Device("macOS"))[:2]:
        ...     print(handover.kind, handover.request.url, handover.request.caller)
        question https://login.example.com/ None
        request https://login.example.com/ com.google.Chrome
        """
        found: list[Handover] = []
        reason: str | None
        for way in self.on(device.platform):
            if way.caller == Caller.BROWSER:
                browser = self._browser(device.platform, app)
                if browser is not None:
                    given = browser.hands_over(
                        url, device, None, screen_locked=screen_locked, hosts=hosts
                    )
                    # Reading: the session asks as the browser itself does.
                    found += (replace(h, authority=Authority.READING) for h in given)
                    continue
                reason = _no_browser(app)
            else:
                reason = _objection(way, url, device, hosts)
            if reason:
                found.append(Handover(HandoverKind.NOTHING, way, reason, way.authority))
            else:
                asked = Request(
                    _handed_url(way, url),
                    app if way.caller == Caller.APP else way.caller,
                    screen_locked=screen_locked,
                    user_interface_enabled=way.user_interface is not False,
                    background_session=background_session and way.background,
                )
                found += _handovers(way, asked)
        return tuple(found)

    def hands_over_one(
        self,
        request: Request,
        device: Device,
        app: str | None = None,
        *,
        hosts: Collection[str] | None = None,
    ) -> Handover:
        """What the client hands over for one load: the page and the response code of `request`.

        The caller and the user interface of `request` are replaced by the client's own. The result
        is a request, or nothing with the reason; errors are those of `hands_over`.
        """
        given = self.hands_over(
            request.url,
            device,
            app,
            screen_locked=request.screen_locked,
            background_session=request.background_session,
            hosts=hosts,
        )
        for handover in given:
            asked = handover.request
            if (
                handover.kind is HandoverKind.REQUEST
                and asked is not None
                and asked.is_challenge == request.is_challenge
            ):
                code = request.response_code
                return replace(handover, request=replace(asked, response_code=code))
        if all(handover.kind is HandoverKind.NOTHING for handover in given):
            return given[0]
        way = given[0].way
        text = f"no request of the client {quote(self.name)} after a challenge is known"
        return Handover(HandoverKind.NOTHING, way, text, way.authority)

    def to_json(self) -> dict[str, object]:
        """The client as a JSON object (docs/clients.md, "JSON")."""
        return {
            "name": self.name,
            "title": self.title,
            "ways": [way.to_json() for way in self.ways],
        }

    def _browser(self, platform: Platform, app: str | None) -> Client | None:
        for browser in self.browsers:
            for way in browser.ways:
                if way.platform is platform and app is not None and way.caller == app:
                    return browser
        return None


def _no_browser(app: str | None) -> str:
    if app is None:
        return "it depends on the default browser; name that browser as the app"
    return f"nothing is known about the browser {quote(app)}"


def _objection(way: Way, url: str, device: Device, hosts: Collection[str] | None) -> str | None:
    """Why the way hands nothing over for this page, or None."""
    if way.hands_over is HandsOver.NOTHING:
        return way.what
    if way.system is not None and device.version < way.system:
        return f"it needs {way.platform} {way.system}"
    if way.hands_over is HandsOver.FIXED and way.only is None:
        return None  # whatever the page
    try:
        page = (way.spelling or Spelling.BROWSER).of(url)
    except SpellingError as error:
        return str(error)
    scheme = scheme_of(page)
    if way.spelling is not Spelling.APP and scheme in ("ssoid", "host", "realm"):
        return f"no browser asks for {quote(scheme + ':')}"
    if way.only is not None and not way.concerns(page):
        return f"it asks for {way.only.words} only"
    if way.exact_host and hosts is not None and host_text(page) not in hosts:
        return f"{quote(host_text(page))} is not listed in `Hosts` exactly"
    return None


def _handed_url(way: Way, url: str) -> str:
    if way.hands_over is HandsOver.FIXED or way.spelling is None:
        return way.url
    return way.spelling.of(url)


def _handovers(way: Way, asked: Request) -> Iterator[Handover]:
    text = way.what
    if way.asks_first:
        # Observed: the question is selection with code 0 and no caller.
        question = replace(asked, caller=None, screen_locked=False)
        text = "canPerformAuthorization: is there an extension for this URL?"
        yield Handover(HandoverKind.QUESTION, way, text, way.authority, question)
        text = f"if the answer is yes: {way.what}"
    yield Handover(HandoverKind.REQUEST, way, text, way.authority, asked)
    if way.challenge:
        challenged = replace(asked, response_code=401)
        text = "if a challenge came: the same URL with the code 401 or 407"
        yield Handover(HandoverKind.REQUEST, way, text, way.authority, challenged)
