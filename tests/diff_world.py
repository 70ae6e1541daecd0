"""Payloads for the tests of differences, and how a difference is held against its two sides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from build import plain, router_of
from ssoroute.model.decision import Decision
from ssoroute.model.request import Request
from ssoroute.relations.difference import Change, Difference, diff, same_answer
from ssoroute.routing.router import Router

H = "https://h.test"
SSO = "com.example.sso"


def redirect(*urls: str, name: str = SSO, **keys: object) -> dict[str, Any]:
    return {"Type": "Redirect", "ExtensionIdentifier": name, "URLs": list(urls), **keys}


def credential(*hosts: str, name: str = SSO, **keys: object) -> dict[str, Any]:
    return {"Type": "Credential", "ExtensionIdentifier": name, "Hosts": list(hosts), **keys}


def world_of(*payloads: Mapping[str, Any], version: str = "18.0") -> dict[str, Any]:
    """A world with a profile for each payload."""
    profiles = [{"identifier": None, "payloads": [payload]} for payload in payloads]
    return {"platform": "iOS", "version": version, "profiles": profiles}


def difference(old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]]) -> Difference:
    return diff(router_of(world_of(*old)), router_of(world_of(*new)))


def short(decision: Decision) -> str:
    name = decision.extension.bundle_id if decision.extension else "-"
    return f"{decision.outcome.value} {decision.reason.value} {name} {decision.rule or '-'}"


def lines(found: Difference, *, names: bool = False) -> list[str]:
    """Each change on one line; those of `ssoid` and `realm` requests only where they are asked."""
    return [
        f"{change.region}: {short(change.old)} -> {short(change.new)}"
        for change in found.changes
        if names or change.region.asked.value in ("url", "host")
    ]


def strictly(*payloads: Mapping[str, Any]) -> Router:
    return router_of({**world_of(*payloads), "matching": "strict"})


def route(router: Router, request: Request) -> Decision:
    return router.route(**asdict(request))


def check(change: Change, old: Router, new: Router) -> None:
    assert change.region.contains(change.witness)
    assert route(old, change.witness) == change.old
    assert route(new, change.witness) == change.new
    assert not same_answer(change.old, change.new)


def judge(
    found: Difference, request: Request, old: Mapping[str, Any], new: Mapping[str, Any]
) -> None:
    """Hold one request against the regions; `old` and `new` are its answers."""
    regions = [change for change in found.changes if change.region.contains(request)]
    if old == new:
        assert regions == []
    else:
        assert len(regions) == 1
        assert plain(regions[0].old) == old
        assert plain(regions[0].new) == new
