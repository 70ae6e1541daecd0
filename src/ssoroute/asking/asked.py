"""The answer to a request that names its client (`client` and `app` beside the URL)."""

from __future__ import annotations

from ssoroute.asking.answers import answer_one
from ssoroute.asking.client import Client, ClientError, Handover
from ssoroute.asking.table import client_named
from ssoroute.model.asked_by import AskedBy
from ssoroute.model.decision import Decision
from ssoroute.model.platforms import Platform
from ssoroute.model.quoting import quote
from ssoroute.model.request import Request, RequestError
from ssoroute.routing.router import Router

__all__ = ["answer_asked_by", "client_asked_by"]


def client_asked_by(request: Request, by: AskedBy, platform: Platform) -> Client:
    """The client that `by` names; `RequestError` if it is unknown or does not go with the rest."""
    try:
        client = client_named(by.client)
        client.on(platform)
    except ClientError as error:
        raise RequestError(str(error), "client") from None
    if by.app is not None and not client.takes_app:
        text = f"the client {quote(by.client)} has its own caller, leave out `app`"
        raise RequestError(text, "app")
    if request.background_session and not client.can_be_background:
        text = f"the client {quote(by.client)} has no background session"
        raise RequestError(text, "background_session")
    return client


def answer_asked_by(router: Router, request: Request, by: AskedBy) -> tuple[Handover, Decision]:
    """What the client hands over for one load of a page, and the decision about it.

    `request` has the URL as it was given. `RequestError` is that of `client_asked_by`.
    """
    client = client_asked_by(request, by, router.device.platform)
    return answer_one(router, client, request, by.app)
