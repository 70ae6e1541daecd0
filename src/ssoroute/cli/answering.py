"""The answers to one request, as `route` and `explain` give them to programs."""

from __future__ import annotations

from dataclasses import replace

from ssoroute.cli.request_lines import spelled
from ssoroute.model.asked_by import AskedBy
from ssoroute.model.request import Request, RequestError
from ssoroute.model.spelling import Spelling
from ssoroute.model.urls import without_password
from ssoroute.routing.explanation import Explanation, Spelled
from ssoroute.routing.router import Router

__all__ = ["decision_of", "explained", "explanation_to_json"]


def decision_of(
    router: Router, request: Request, by: AskedBy | None, spelling: Spelling
) -> dict[str, object]:
    """The decision about `request` as JSON; `by` is the client that makes it, if one is named.

    `RequestError` if the URL has no such spelling, or if the client cannot make the request.
    """
    if by is not None:
        return _decision_of_client(router, request, by)
    routed = spelled(request, spelling)
    if isinstance(routed, RequestError):
        raise routed
    return router.route(*routed.arguments).to_json(without_password(request.url))


def _decision_of_client(router: Router, request: Request, by: AskedBy) -> dict[str, object]:
    from ssoroute.asking.asked import answer_asked_by  # only requests of a client need it

    if without_password(request.url) != request.url:
        raise RequestError("the page of a client has no password", "url")
    handover, decision = answer_asked_by(router, request, by)
    client = {"name": by.client, "app": by.app, **handover.to_json()}
    return decision.to_json(request.url) | {"client": client}


def explained(
    router: Router,
    given: Request,
    routed: Request,
    spelling: Spelling,
    hint: str | None = None,
    managed: bool | None = None,
) -> tuple[Explanation, Spelled]:
    """The explanation of `routed`, which is `given` in `spelling`, and how to show it.

    Neither holds a password of the URL.
    """
    explanation = router.explain(*routed.arguments)
    other = _other(router, given, spelling, explanation)
    shown = other and other.without_passwords()
    view = Spelled(without_password(given.url), spelling, shown, hint, managed)
    return explanation.without_passwords(), view


def _other(
    router: Router, given: Request, spelling: Spelling, explanation: Explanation
) -> Explanation | None:
    """The explanation of `given` in the other spelling, if that gives another answer."""
    text = spelling.other_of(given.url)
    if text is None or text == explanation.request.url:
        return None
    other = router.explain(*replace(given, url=text).arguments)
    return None if other.decision == explanation.decision else other


def explanation_to_json(explanation: Explanation, view: Spelled) -> dict[str, object]:
    """The explanation as a JSON object (docs/command-line.md, "Explanation")."""
    value = explanation.to_json()
    after = view.afterwards(explanation)
    value["afterwards"] = after and after.to_json()
    value["decision"] = explanation.decision.to_json(view.given)
    value["spelling"] = {
        "used": view.spelling,
        "url": explanation.request.url,
        "other": view.other and view.other.decision.to_json(view.other.request.url),
    }
    value["hint"] = view.hint
    return value
