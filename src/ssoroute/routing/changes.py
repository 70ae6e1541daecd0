"""What would change the answer: about the device first, then about the request.

Each change is tried before it is named. What is unknown about a device comes first, since nothing
in the request says it: approvals of domains, the extension, the other channel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from ssoroute.install.activation import Inactive, InactiveReason
from ssoroute.model.decision import Decision, Outcome, Reason
from ssoroute.model.device import Approval, Device
from ssoroute.model.patterns import URLPrefix
from ssoroute.model.payload import Extension, Payload, RedirectPayload
from ssoroute.model.platforms import NEWEST
from ssoroute.model.profile import Channel
from ssoroute.model.request import Request
from ssoroute.model.urls import authority_end

__all__ = ["Alternative", "Route", "RouteOn", "Walked", "changes"]

#: Answers a request, as `Router.route` does with its arguments.
Route = Callable[[Request], Decision]
#: The same for another device, with the same profiles, without those of a channel if one is given.
RouteOn = Callable[[Device, Channel | None], Route]


@dataclass(frozen=True, slots=True)
class Alternative:
    """Something that would change the answer, with the answer that it would give."""

    text: str
    request: Request
    decision: Decision

    def to_json(self) -> dict[str, object]:
        """The change as a JSON object (docs/command-line.md, "JSON")."""
        return {
            "text": self.text,
            "request": self.request.to_json(),
            "decision": self.decision.to_json(self.request.url),
        }


@dataclass(frozen=True, slots=True)
class Walked:
    """What the walk found out: the answer, and how near others are.

    `if_refused` is the answer if no domain of the selected extension is approved,
    `if_not_installed` the one without that extension; None if the walk does not know. `inactive`
    is what is installed and would match, but is inactive.
    """

    decision: Decision
    selected: Payload | None = None
    if_refused: Decision | None = None
    if_not_installed: Decision | None = None
    inactive: tuple[Inactive, ...] = ()

    @property
    def first_inactive(self) -> tuple[Inactive, ...]:
        """The first inactive payload or prefix of each reason."""
        first: dict[InactiveReason, Inactive] = {}
        for inactive in self.inactive:
            first.setdefault(inactive.reason, inactive)
        return tuple(first.values())

    def differs(self, other: Decision) -> bool:
        """Whether `other` is another answer."""
        decision = self.decision
        return (other.outcome, other.extension) != (decision.outcome, decision.extension)


def changes(
    device: Device, request: Request, walked: Walked, route: Route, route_on: RouteOn
) -> Iterator[Alternative]:
    """What would change the answer; each is tried before it is named."""
    for text, decision in _about_the_device(device, request, walked, route_on):
        if walked.differs(decision):
            yield Alternative(text, request, decision)
    for text, changed in _about_the_request(request, walked.selected):
        other = route(changed)
        if walked.differs(other):
            yield Alternative(text, changed, other)
    newest = NEWEST[device.platform]
    if walked.decision.outcome is not Outcome.HANDLE and device.version < newest:
        other = route_on(device.at_version(newest), None)(request)
        if walked.differs(other):
            yield Alternative(f"on {device.platform} {newest}", request, other)


def _about_the_device(
    device: Device, request: Request, walked: Walked, route_on: RouteOn
) -> Iterator[tuple[str, Decision]]:
    selected = walked.selected
    if walked.if_refused is not None and isinstance(selected, RedirectPayload):
        yield f"if no domain of {selected.extension} is approved", walked.if_refused
    if walked.if_not_installed is not None and selected is not None:
        yield f"if {selected.extension} is not installed", walked.if_not_installed
    if walked.decision.reason is Reason.DOMAIN_NOT_APPROVED and selected is not None:
        hosts = [prefix.parts.associated_host for prefix in _prefixes(selected)]
        yield from _approved(device, request, selected.extension, hosts[:1], route_on)
    for inactive in walked.first_inactive:
        reason = inactive.reason
        extension = inactive.payload.extension
        if reason is InactiveReason.PREFIX_DOMAIN_NOT_APPROVED and inactive.prefix:
            hosts = [inactive.prefix.parts.associated_host]
            yield from _approved(device, request, extension, hosts, route_on)
        elif reason in (InactiveReason.EXTENSION_NOT_INSTALLED, InactiveReason.TEAM_DIFFERS):
            installed = (*(device.installed_extensions or ()), extension)
            changed = replace(device, installed_extensions=installed)
            yield f"if {extension} is installed", route_on(changed, None)(request)
        elif reason in _BY_CHANNEL:
            channel = _BY_CHANNEL[reason]
            text = f"without the profiles of the {channel.value.lower()} channel"
            yield text, route_on(device, channel)(request)


# The channel whose payloads make one of the other channel inactive.
_BY_CHANNEL: Final[Mapping[InactiveReason, Channel]] = {
    InactiveReason.REPLACED_BY_USER_CHANNEL: Channel.USER,
    InactiveReason.MERGED_INTO_PLATFORM_SSO: Channel.DEVICE,
}


def _prefixes(payload: Payload) -> tuple[URLPrefix, ...]:
    return payload.url_prefixes if isinstance(payload, RedirectPayload) else ()


def _approved(
    device: Device, request: Request, extension: Extension, hosts: list[str], route_on: RouteOn
) -> Iterator[tuple[str, Decision]]:
    for host in hosts:
        known = dict(device.associated_domains)
        known[extension.bundle_id] = {**known.get(extension.bundle_id, {}), host: Approval.APPROVED}
        changed = replace(device, associated_domains=known)
        yield f"if authsrv:{host} is approved for {extension}", route_on(changed, None)(request)


def _about_the_request(request: Request, selected: Payload | None) -> Iterator[tuple[str, Request]]:
    if request.caller is not None:
        yield "from a caller that no profile names", replace(request, caller=None)
    if selected and selected.denied_callers:
        caller = selected.denied_callers[0]
        yield f"from the denied caller {caller}", replace(request, caller=caller)
    if request.screen_locked:
        yield "with the screen unlocked", replace(request, screen_locked=False)
    else:
        yield "with the screen locked", replace(request, screen_locked=True)
    if request.is_challenge:
        yield "without a challenge (response code 0)", replace(request, response_code=0)
    else:
        yield "after a challenge (response code 401)", replace(request, response_code=401)
    scheme, separator, rest = request.url.partition("://")
    if separator and scheme in ("http", "https"):
        other = "https" if scheme == "http" else "http"
        yield f"with {other} in place of {scheme}", replace(request, url=f"{other}://{rest}")
        if rest and authority_end(rest, 0) == len(rest):
            yield "with a `/` at the end", replace(request, url=request.url + "/")
