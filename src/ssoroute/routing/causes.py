"""Why an answer may not be the expected one: the causes that a list of payloads does not show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ssoroute.install.activation import Inactive
from ssoroute.install.installation import Installation
from ssoroute.model.authority import Authority
from ssoroute.model.decision import Reason
from ssoroute.model.payload import Payload
from ssoroute.model.platforms import SINCE, Feature
from ssoroute.model.profile import ProfileKind
from ssoroute.model.quoting import quote
from ssoroute.model.request import Request
from ssoroute.model.urls import authority_end, authority_start
from ssoroute.routing.changes import Route, Walked

__all__ = ["Cause", "causes"]


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause in words, and how well it is known."""

    text: str
    authority: Authority

    def to_json(self) -> dict[str, object]:
        """The cause as a JSON object (docs/command-line.md, "JSON")."""
        return {"text": self.text, "authority": self.authority.value}


def causes(
    installation: Installation, request: Request, walked: Walked, route: Route
) -> Iterator[Cause]:
    """The causes of the answer that are easily missed, the most likely one first."""
    yield from _nearly_denied(request, walked.selected)
    if walked.decision.reason is not Reason.NO_MATCH:
        return
    yield from _too_old(installation)
    for inactive in walked.first_inactive:
        yield _inactive(inactive)
    if not request.url.isascii():
        text = "the URL is not ASCII; a browser would rewrite it, and an app as well"
        yield Cause(text, Authority.READING)
    yield from _credentials(request, walked, route)


def _nearly_denied(request: Request, selected: Payload | None) -> Iterator[Cause]:
    if request.caller is None or selected is None or request.caller in selected.denied_callers:
        return
    for denied in selected.denied_callers:
        if denied.lower() == request.caller.lower():
            # Observed: an exact comparison (docs/matching.md, "Questions").
            text = f"{quote(denied)} is denied and the caller is not: case counts there"
            yield Cause(text, Authority.OBSERVED)


def _too_old(installation: Installation) -> Iterator[Cause]:
    """The first profile whose payload the device does not know, and what it needs."""
    device = installation.device
    for installed in installation.installed:
        if installed.known:
            continue
        is_declaration = installed.profile.kind is ProfileKind.DECLARATION
        feature = Feature.DECLARATION if is_declaration else Feature.PAYLOAD
        since = SINCE[feature].get(device.platform)
        what = "a declaration" if is_declaration else "the payload"
        needs = f"{what} needs {device.platform} {since}" if since else f"{what} is not known there"
        yield Cause(f"on {device} the profiles have no effect: {needs}", Authority.DOCUMENTED)
        return


def _inactive(inactive: Inactive) -> Cause:
    what = inactive.prefix or "a rule"
    extension = inactive.payload.extension
    text = f"{what} of {extension} would match, but is inactive: {inactive}"
    return Cause(text, inactive.authority)


def _credentials(request: Request, walked: Walked, route: Route) -> Iterator[Cause]:
    url = request.url
    start = authority_start(url)
    at = url.rfind("@", start, authority_end(url, start))
    if start < len("://") or at < 0:
        return
    other = route(Request(url[:start] + url[at + 1 :], *request.arguments[1:]))
    if walked.differs(other):
        text = "the URL holds credentials before the host; without them a rule would match"
        yield Cause(text, Authority.OBSERVED)
