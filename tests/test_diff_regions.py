"""Regions of a difference: against the oracle, against all short URLs, and in words."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import oracle
from build import plain, router_of
from diff_world import (
    SSO,
    H,
    check,
    credential,
    difference,
    judge,
    lines,
    redirect,
    route,
    world_of,
)
from on_worlds import on_worlds
from ssoroute.model.request import Request
from ssoroute.relations.difference import ChangeCounter, diff
from ssoroute.relations.regions import Comparison, Condition, LookupKind, Region, Screen
from worlds import requests_for, worlds
from written_json import no_match


def answer(world: Mapping[str, Any], request: Mapping[str, Any]) -> dict[str, Any]:
    """What the oracle says, without the place of the rule."""
    return {k: v for k, v in oracle.answer(world, request).items() if k != "place"}


@st.composite
def changed_worlds(draw: st.DrawFn, old: dict[str, Any]) -> dict[str, Any]:
    """A world that shares much with another one: profiles come, go and move; or another device."""
    other = draw(worlds())
    profiles = [
        profile for profile in old["profiles"] if draw(st.sampled_from([True] * 4 + [False]))
    ]
    profiles += (
        draw(st.lists(st.sampled_from(other["profiles"]), max_size=2)) if other["profiles"] else []
    )
    if draw(st.booleans()):
        profiles = draw(st.permutations(profiles))
    device = other if draw(st.sampled_from([True, False, False, False])) else old
    matching = draw(st.sampled_from(["system", "system", "strict"]))
    return {**device, "matching": matching, "profiles": profiles}


@on_worlds
@given(st.data())
def test_requests_never_disagree_outside_the_regions(data: st.DataObject) -> None:
    matching = data.draw(st.sampled_from(["system", "system", "strict"]), label="matching")
    old = {**data.draw(worlds(), label="old"), "matching": matching}
    new = data.draw(changed_worlds(old), label="new")
    routers = router_of(old), router_of(new)
    found = diff(*routers)
    assert bool(found) == bool(found.changes)
    for change in found.changes:
        check(change, *routers)
        assert sum(other.region.contains(change.witness) for other in found.changes) == 1
    requests = st.one_of(requests_for(old), requests_for(new))
    for request in data.draw(st.lists(requests, max_size=10), label="requests"):
        judge(found, Request(**request), answer(old, request), answer(new, request))


TAILS = ["".join(ls) for length in range(5) for ls in product("ab^/", repeat=length)]
TAILS += ["".join(ls) for length in range(1, 5) for ls in product("aAbB", repeat=length)]


@st.composite
def small_worlds(draw: st.DrawFn) -> dict[str, Any]:
    """Prefixes that differ in a short end of two letters, `*` and `?`, with or without a path."""
    tails = st.tuples(st.text("ab*", max_size=4), st.booleans()).map(
        lambda pair: "/" + pair[0] + "?" * (pair[1] and "*" in pair[0])
    )
    ends = st.one_of(tails, tails, st.sampled_from(["", "a", "ab", "b"]))
    lists = draw(st.lists(st.lists(ends, min_size=1, max_size=2, unique=True), max_size=3))
    return world_of(
        *(redirect(*(H + end for end in ends), name=draw(st.sampled_from("ab"))) for ends in lists),
        version=draw(st.sampled_from(["18.0", "18.0", "18.0", "17.0"])),
    ) | {"matching": draw(st.sampled_from(["system", "system", "strict"]))}


@on_worlds
@given(small_worlds(), small_worlds())
def test_regions_are_those_of_all_short_urls(old: dict[str, Any], new: dict[str, Any]) -> None:
    routers = router_of(old), router_of(new)
    found = diff(*routers)
    for change in found.changes:
        check(change, *routers)
    for start in (H, f"{H}/"):
        for tail in TAILS:
            request = Request(start + tail)
            judge(found, request, *(plain(route(router, request)) for router in routers))


SUFFIXES = [
    "",
    ".",
    "www.a",
    "a",
    ".a",
    "b.a",
    ".b.a",
    "..a",
    "a.",
    "[a]",
    ".a]",
    "a:b",
    ".a:b",
    "]",
    "[a",
]
AUTHORITIES = ["".join(ls) for length in range(6) for ls in product("ab.[]:", repeat=length)]


@on_worlds
@given(
    *[st.lists(st.lists(st.sampled_from(SUFFIXES[1:]), max_size=3, unique=True), max_size=3)] * 2,
    st.tuples(*[st.sampled_from(["system", "strict"])] * 2),
)
def test_regions_are_those_of_all_short_hosts(
    old: list[list[str]], new: list[list[str]], matchings: tuple[str, str]
) -> None:
    routers = [
        router_of(
            world_of(*(credential(*hosts, name=f"e{n}") for n, hosts in enumerate(side) if hosts))
            | {"matching": matching}
        )
        for side, matching in zip((old, new), matchings, strict=True)
    ]
    found = diff(*routers)
    for change in found.changes:
        check(change, *routers)
    for authority in AUTHORITIES[::29]:
        for request in (
            Request(f"host://{authority}"),
            Request(f"x://{authority}", None, 407),
            Request(f"https://{authority}", None, 401),
        ):
            judge(found, request, *(plain(route(router, request)) for router in routers))


def test_the_words_of_a_region_name_the_first_of_many_conditions() -> None:
    letters = "abcdefgh"
    none_of = tuple(Condition(Comparison.BEGINS_WITH, f"{H}/{letter}") for letter in letters)
    region = Region(LookupKind.URL, (Condition(Comparison.BEGINS_WITH, f"{H}/"),), none_of)
    assert str(region) == (
        f"URLs that begin with {H}/, but not those that begin with {H}/a or begin with {H}/b or"
        f" begin with {H}/c or begin with {H}/d or begin with {H}/e or meet 3 more such conditions;"
        " any caller"
    )


REGION = Region(LookupKind.URL, (Condition(Comparison.BEGINS_WITH, f"{H}/a"),))


@pytest.mark.parametrize(
    ("region", "request_", "expected"),
    [
        (REGION, Request(f"{H}/A/b"), True),
        (REGION, Request(f"{H}/b"), False),
        (REGION, Request(f"{H}/a\u00e9"), False),
        (REGION, Request(f"{H}/a", response_code=401), False),
        (replace(REGION, screen=Screen.LOCKED), Request(f"{H}/a"), False),
        (replace(REGION, screen=Screen.LOCKED), Request(f"{H}/a", screen_locked=True), True),
        (replace(REGION, screen=Screen.UNLOCKED), Request(f"{H}/a", screen_locked=True), False),
        (replace(REGION, callers=("b",)), Request(f"{H}/a", caller="b"), False),
        (replace(REGION, callers=("b",)), Request(f"{H}/a", caller="c"), True),
        (replace(REGION, callers=("b",), other_callers=False), Request(f"{H}/a"), False),
        (
            replace(REGION, callers=("b",), other_callers=False),
            Request(f"{H}/a", caller="b"),
            True,
        ),
        (replace(REGION, unambiguous=True), Request(f"{H}/a"), True),
        (replace(REGION, unambiguous=False), Request(f"{H}/a"), False),
        (
            replace(REGION, none_of=(Condition(Comparison.BEGINS_WITH, f"{H}/ab"),)),
            Request(f"{H}/abc"),
            False,
        ),
    ],
)
def test_which_requests_a_region_contains(
    region: Region, request_: Request, expected: bool
) -> None:
    assert region.contains(request_) == expected


def test_a_log_is_counted_by_region() -> None:
    old = router_of(world_of(redirect(f"{H}/")))
    new = router_of(world_of(redirect(f"{H}/a", name="b"), redirect(f"{H}/")))
    tally = ChangeCounter(old, new)
    for url in (f"{H}/ab", f"{H}/b", f"{H}/a", "https://other.test/"):
        tally.add(Request(url))
    tally.add(Request(f"{H}/a", response_code=401))
    tally.add(Request(f"{H}/a", caller="b"))
    assert (tally.requests, tally.changed) == (6, 3)
    assert [(change.witness, count) for change, count in tally.changes()] == [
        (Request(f"{H}/ab"), 2),
        (Request(f"{H}/a", caller="b"), 1),
    ]


def test_the_form_as_json() -> None:
    payload = {**redirect(f"{H}/a"), "TeamIdentifier": "TEAM000001"}
    change = difference([], [payload]).to_json()["changes"][0]  # type: ignore[index]
    rule = {"text": f"{H}/a", "source": {"file": "0", "path": "[0].URLs[0]"}}
    assert change["witness"] == asdict(Request(f"{H}/a"))
    assert change["new"]["rule"] == rule
    assert change["old"] == no_match(f"{H}/a")
    assert change["region"] == {
        "text": f"URLs that begin with {H}/a; any caller but {SSO}, screen unlocked",
        "asked": "url",
        "all_of": [{"begins_with": f"{H}/a"}],
        "none_of": [],
        "callers": {"none_of": [SSO]},
        "screen": "unlocked",
    }


def test_twenty_thousand_prefixes_take_a_moment() -> None:
    payloads = [
        redirect(*(f"https://h{n}.test/{m}" for m in range(20)), name=f"e{n % 7}")
        for n in range(1000)
    ]
    old = router_of(world_of(*payloads))
    new = router_of(world_of(redirect("https://h500.test/1"), *payloads[1:500], *payloads[501:]))
    started = time.thread_time()
    found = diff(old, new)
    assert time.thread_time() - started < 10
    assert len([line for line in lines(found) if "h0.test" in line]) == 30  # `/1` begins `/10`
