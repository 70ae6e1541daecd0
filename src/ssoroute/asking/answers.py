"""What the system answers to a client: each handover, asked of a router."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from ssoroute.asking.client import Client, ClientError, Handover, HandoverKind
from ssoroute.asking.table import clients
from ssoroute.asking.way import Caller
from ssoroute.model.decision import NO_MATCH, Decision, Reason
from ssoroute.model.payload import CredentialPayload
from ssoroute.model.request import Request
from ssoroute.routing.router import Router

__all__ = ["Answered", "EveryAnswer", "answer_one", "answers", "every_answer"]


@dataclass(frozen=True, slots=True)
class Answered:
    """A handover, and what the system does with it.

    `yes` is the answer to a question, None for anything else. `decision` is the one about a
    request. It is None if nothing is asked, and for a request that does not follow because the
    answer before it was no. `denied_after_yes` says that the answer was yes and the request then
    ends with an error, because the caller is denied.
    """

    handover: Handover
    yes: bool | None = None
    decision: Decision | None = None
    denied_after_yes: bool = False

    def to_json(self, url: str) -> dict[str, object]:
        """Both as a JSON object (docs/clients.md, "JSON"); `url` is the page's URL as given."""
        return {
            **self.handover.to_json(),
            "answer": None if self.yes is None else ("yes" if self.yes else "no"),
            "decision": self.decision and self.decision.to_json(url),
            "denied_after_yes": self.denied_after_yes,
        }


def answers(
    router: Router,
    client: Client,
    url: str,
    app: str | None = None,
    *,
    screen_locked: bool = False,
    background_session: bool = False,
) -> Iterator[Answered]:
    """What `router` answers to all that `client` hands over for a page at `url`.

    Arguments and errors are those of `Client.hands_over`.

    >>> from ssoroute import Router, load
    >>> from ssoroute.asking.table import client_named
    >>> router = Router.from_profiles(load("examples/profiles/entra.mobileconfig"))
    >>> for answered in answers(router, client_named("firefox"), "https://www.example.org/"):
    ...     print(answered.handover.kind, answered.yes or answered.decision.outcome)
    question True
    request handle
    """
    handovers = client.hands_over(
        url,
        router.device,
        app,
        screen_locked=screen_locked,
        background_session=background_session,
        hosts=_hosts(router),
    )
    said_yes: bool | None = None
    for handover in handovers:
        request = handover.request
        if request is None:
            said_yes = None
            yield Answered(handover)
            continue
        decision = router.route(*request.arguments)
        if handover.kind is HandoverKind.QUESTION:
            # Observed: the question only selects, so nothing that is asked after the selection
            # can make it a no.
            said_yes = decision.reason is not Reason.NO_MATCH
            yield Answered(handover, yes=said_yes)
        elif said_yes is False:
            yield Answered(handover)
            said_yes = None
        else:
            denied = said_yes is True and decision.reason is Reason.CALLER_DENIED
            yield Answered(handover, decision=decision, denied_after_yes=denied)
            said_yes = None


class EveryAnswer(NamedTuple):
    """The answers to every client; `unknown` are those without a row for the platform."""

    answered: list[tuple[Client, list[Answered]]]
    unknown: list[Client]

    def to_json(self, url: str) -> dict[str, object]:
        """The members `clients` and `unknown` (docs/clients.md, "JSON")."""
        return {
            "clients": [
                {
                    "name": client.name,
                    "title": client.title,
                    "handovers": [one.to_json(url) for one in answered],
                }
                for client, answered in self.answered
            ],
            "unknown": [client.name for client in self.unknown],
        }


def every_answer(
    router: Router,
    url: str,
    app: str | None = None,
    *,
    screen_locked: bool = False,
    background_session: bool = False,
) -> EveryAnswer:
    """What `router` answers to every client for a page at `url`.

    `app` is the caller of the clients that are parts of an app.
    """
    found: list[tuple[Client, list[Answered]]] = []
    unknown: list[Client] = []
    for client in clients():
        is_app = any(way.caller == Caller.APP for way in client.ways)
        try:
            answered = list(
                answers(
                    router,
                    client,
                    url,
                    app if is_app else None,
                    screen_locked=screen_locked,
                    background_session=background_session,
                )
            )
        except ClientError:
            unknown.append(client)
        else:
            found.append((client, answered))
    return EveryAnswer(found, unknown)


def answer_one(
    router: Router, client: Client, request: Request, app: str | None = None
) -> tuple[Handover, Decision]:
    """What `client` hands over for one load, and the decision about it.

    `request` has the page's URL and the response code of the load. If nothing is handed over,
    nothing is selected: the decision is `do_not_handle`, `no_match`, and the handover says why.
    Errors are those of `Client.hands_over`.
    """
    handover = client.hands_over_one(request, router.device, app, hosts=_hosts(router))
    asked = handover.request
    return handover, NO_MATCH if asked is None else router.route(*asked.arguments)


def _hosts(router: Router) -> frozenset[str]:
    """The host patterns that are active."""
    return frozenset(
        pattern.text
        for payload in router.activation.active
        if isinstance(payload, CredentialPayload)
        for pattern in payload.host_patterns
    )
