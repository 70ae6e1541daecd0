"""The router, the explanation and the oracle agree on random worlds; and laws that need no oracle.

`--worlds N` says how many worlds each property is tried on.
"""

from __future__ import annotations

from string import ascii_letters
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

import oracle
from build import plain, router_of
from on_worlds import on_worlds
from ssoroute.model.decision import Decision
from ssoroute.routing.router import Router
from worlds import requests_for, worlds


def place_of(decision: Decision) -> str | None:
    return str(decision.rule.source) if decision.rule and decision.rule.source else None


def written_place(place: list[int | None] | None) -> str | None:
    if place is None or place[2] is None:
        return None
    return f"{place[0]}: [{place[1]}]."


@on_worlds
@given(st.data())
def test_router_explanation_and_oracle_agree(data: st.DataObject) -> None:
    world = data.draw(worlds(), label="world")
    router = router_of(world)
    for request in data.draw(st.lists(requests_for(world), min_size=1, max_size=5), "requests"):
        expected = oracle.answer(world, request)
        decision = router.route(**request)
        place = expected.pop("place")
        assert plain(decision) == expected
        assert (place_of(decision) or "").startswith(written_place(place) or "")
        explanation = router.explain(**request)
        assert explanation.decision == decision
        assert router.route(**request) is decision


@on_worlds
@given(worlds())
def test_refusals_agree_with_the_oracle(world: dict[str, Any]) -> None:
    assert [
        {
            "profile": int(refusal.profile.source.file),
            "code": refusal.code,
            "domain": refusal.domain,
            "codes": once([problem.code.number for problem in refusal.problems]),
        }
        for refusal in router_of(world).refused
    ] == [{**refusal, "codes": once(refusal["codes"])} for refusal in oracle.refusals(world)]


def once(codes: list[int | None]) -> list[int | None]:
    """Without repetitions of 2004: the library names every bad item, the oracle every bad key."""
    return [
        code
        for number, code in enumerate(codes)
        if code != 2004 or number == 0 or codes[number - 1] != 2004
    ]


@on_worlds
@given(worlds())
def test_a_witness_shows_the_clash(world: dict[str, Any]) -> None:
    """Each witness is taken by both places, as seen by profiles that hold nothing else."""
    for refusal in router_of(world).refused:
        for problem in refusal.problems:
            if problem.witness is None:
                continue
            assert problem.other is not None
            for source in (problem.source, problem.other):
                rule, key = rule_at(world, str(source))
                assert takes(world, key, rule, problem.witness.url)


def rule_at(world: dict[str, Any], source: str) -> tuple[str, str]:
    """The entry written at `3: [0].URLs[1]`, and the key of its list."""
    profile, _, path = source.partition(": [")
    payload, _, rest = path.partition("].")
    key, _, item = rest.rstrip("]").partition("[")
    return world["profiles"][int(profile)]["payloads"][int(payload)][key][int(item)], key


def takes(world: dict[str, Any], key: str, rule: str, url: str) -> bool:
    payload = {
        "Type": "Redirect" if key == "URLs" else "Credential",
        "ExtensionIdentifier": "com.example.sso",
        key: [rule],
    }
    alone = {
        "platform": world["platform"],
        "version": world["version"],
        "profiles": [{"identifier": None, "channel": "device", "payloads": [payload]}],
    }
    code = 0 if key == "URLs" else 401
    return bool(oracle.answer(alone, {"url": url, "response_code": code})["outcome"] == "handle")


@on_worlds
@given(st.data())
def test_the_case_of_the_host_never_matters(data: st.DataObject) -> None:
    world = data.draw(worlds(), label="world")
    request = data.draw(requests_for(world), label="request")
    scheme, separator, rest = request["url"].partition("://")
    if not separator or scheme == "ssoid":
        return
    end = min((i for i in (rest.find(c) for c in "/?#") if i >= 0), default=len(rest))
    # ASCII alone: the Kelvin sign, for one, would become a letter that matches
    host = rest[:end].translate({ord(c): c.swapcase() for c in ascii_letters})
    swapped = f"{scheme}://{host}{rest[end:]}"
    router = router_of(world)
    assert plain(router.route(**request)) == plain(router.route(**{**request, "url": swapped}))


@on_worlds
@given(st.data())
def test_an_unrelated_payload_changes_nothing(data: st.DataObject) -> None:
    world = data.draw(worlds(), label="world")
    request = data.draw(requests_for(world), label="request")
    unrelated = {
        "Type": "Redirect",
        "ExtensionIdentifier": "test.unrelated",
        "URLs": ["https://unrelated.invalid/only/here"],
    }
    profile = {
        "identifier": None,
        "channel": "device",
        "kind": "profile",
        "payloads": [unrelated],
    }
    # Another channel, or the other kind beside it, would be related after all.
    if any(p["channel"] == "user" or p["kind"] == "declaration" for p in world["profiles"]):
        return
    wider = {**world, "profiles": [*world["profiles"], profile]}
    assert router_of(world).route(**request) == router_of(wider).route(**request)


@on_worlds
@given(st.data())
def test_a_denied_caller_never_adds_a_handle(data: st.DataObject) -> None:
    world = data.draw(worlds(), label="world")
    request = {**data.draw(requests_for(world), label="request"), "caller": "test.denied"}
    stricter = {
        **world,
        "profiles": [
            {
                **profile,
                "payloads": [deny(payload, "test.denied") for payload in profile["payloads"]],
            }
            for profile in world["profiles"]
        ],
    }
    if router_of(world).route(**request).outcome.value != "handle":
        assert router_of(stricter).route(**request).outcome.value != "handle"


def deny(payload: dict[str, Any], caller: str) -> dict[str, Any]:
    denied = payload.get("DeniedBundleIdentifiers", [])
    if not isinstance(denied, list):
        return payload
    return {**payload, "DeniedBundleIdentifiers": [*denied, caller]}


@on_worlds
@given(st.data())
def test_what_strict_handles_system_handles_by_the_same_extension(data: st.DataObject) -> None:
    world = data.draw(worlds(), label="world")
    request = data.draw(requests_for(world), label="request")
    strict: Router = router_of({**world, "matching": "strict"})
    system: Router = router_of({**world, "matching": "system"})
    decision = strict.route(**request)
    if decision.outcome.value == "handle":
        assert decision == system.route(**request)
