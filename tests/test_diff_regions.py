"""Regions of a difference: against the oracle, against all short URLs, and in words."""

from __future__ import annotations

import pickle
import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
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
from ssoroute.relations.regions import (
    Comparison,
    Condition,
    EarlierRules,
    LookupKind,
    Region,
    RuleOrder,
    Screen,
)
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


MANY = [f"{H}/*a{number}/" for number in range(103)]


def test_more_than_a_hundred_earlier_rules_are_counted_and_not_named() -> None:
    found = difference([], [redirect(*MANY, f"{H}/b")])
    of_all = {change.region.all_of: change.region for change in found.changes}

    def region(comparison: Comparison, text: str) -> Region:
        return of_all[Condition(comparison, text),]

    named = region(Comparison.MATCHES, f"{H}/*a100/")
    assert len(named.none_of) == 100
    assert str(named).endswith(f"{H}/*a12/ or meet 95 more such conditions; caller {SSO}")
    counted = region(Comparison.MATCHES, f"{H}/*a102/")
    assert counted.to_json() == {
        "text": (
            f"URLs that match {H}/*a102/, but not those that an earlier rule of NEW takes;"
            f" caller {SSO}"
        ),
        "asked": "url",
        "all_of": [{"matches": f"{H}/*a102/"}],
        "none_of": [{"taken_by_first": 102, "of": "new"}],
        "callers": {"any_of": [SSO]},
        "screen": "any",
    }
    assert region(Comparison.BEGINS_WITH, f"{H}/b").to_json()["none_of"] == [
        {"taken_by_first": 103, "of": "new"}
    ]
    assert found.to_json()["rules"] == {
        "new": [*({"matches": text} for text in MANY), {"begins_with": f"{H}/b"}]
    }


def test_rules_of_both_sides_are_counted() -> None:
    found = difference([redirect(*MANY)], [redirect(*MANY), redirect(f"{H}/", name="b")])
    change = next(c for c in found.changes if c.region.all_of[0].text == f"{H}/")
    assert change.region.words().left_out == (
        "but not those that a rule of OLD takes or an earlier rule of NEW takes"
    )
    members = found.to_json()
    assert change.region.to_json()["none_of"] == [
        {"taken_by_first": 103, "of": "old"},
        {"taken_by_first": 103, "of": "new"},
    ]
    rules = [{"matches": text} for text in MANY]
    assert members["rules"] == {"old": rules, "new": [*rules, {"begins_with": f"{H}/"}]}


def test_rules_that_a_larger_one_takes_are_looked_at_only_so_long() -> None:
    # The new side has them first, and on the old side a prefix comes first that takes all of them.
    below = [f"{H}/q/{number}/" for number in range(400)]
    for rules, left_out in (
        (below[:399], f"but not those that begin with {H}/q/"),
        (below, "but not those that an earlier rule of OLD takes or an earlier rule of NEW takes"),
    ):
        found = difference(
            [redirect(f"{H}/q/", name="a"), redirect(f"{H}/", name="a")],
            [redirect(*rules, name="b"), redirect(f"{H}/", name="b")],
        )
        change = next(c for c in found.changes if c.region.all_of[0].text == f"{H}/")
        assert change.region.words().left_out == left_out


def test_few_rules_are_named_and_json_has_no_rules() -> None:
    found = difference([], [redirect(*MANY[:101])]).to_json()
    assert sorted(found) == ["changes", "schema", "undecided"]


def test_equal_differences_of_many_rules_are_equal() -> None:
    one, other = (difference([], [redirect(*MANY, name=name)]) for name in ("a", "a"))
    assert one == other == pickle.loads(pickle.dumps(one))
    assert hash(one) == hash(other)
    assert one != difference([], [redirect(*MANY[::-1], name="a")])


@st.composite
def large_worlds(draw: st.DrawFn) -> dict[str, Any]:
    """So many prefixes with a `*` that regions count them, some of them moved, and others."""
    wild = [f"{H}/*{one}{two}{end}" for one, two in product("abcdefgh", repeat=2) for end in "/-"]
    wild += [f"{H}/a*", f"{H}/a/*b", f"{H}/*a?"]
    kept = [text for text in wild if draw(st.sampled_from([True] * 15 + [False]))]
    for moved in draw(st.lists(st.sampled_from(kept), max_size=3, unique=True)):
        kept.remove(moved)
        kept.insert(draw(st.integers(0, len(kept))), moved)
    plain_ones = draw(
        st.lists(st.sampled_from(["/", "/a", "/ab/", "/b", ""]), max_size=3, unique=True)
    )
    first = draw(st.integers(0, len(plain_ones)))
    payloads = [[H + end for end in plain_ones[:first]], kept, [H + e for e in plain_ones[first:]]]
    return world_of(
        *(redirect(*urls, name=name) for name, urls in zip("abc", payloads, strict=True) if urls)
    ) | {"matching": draw(st.sampled_from(["system", "system", "strict"]))}


LONG_TAILS = st.lists(st.sampled_from([*"abcdefgh", "/", "-", "A", "^"]), max_size=9)


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.one_of(st.just(world_of()), large_worlds()), large_worlds(), st.data())
def test_regions_of_many_rules_are_those_that_the_two_sides_tell(
    old: dict[str, Any], new: dict[str, Any], data: st.DataObject
) -> None:
    routers = router_of(old), router_of(new)
    found = diff(*routers)
    for change in found.changes:
        check(change, *routers)
    for tail in data.draw(st.lists(LONG_TAILS, min_size=30, max_size=30), label="tails"):
        for start in (H, f"{H}/"):
            request = Request(start + "".join(tail))
            if not any(region.contains(request) for region in found.undecided):
                judge(found, request, *(plain(route(router, request)) for router in routers))


def test_what_is_counted_is_what_the_rules_take() -> None:
    taken = [f"{H}/*a", f"{H}/b", f"{H}/*a", f"{H}/*?", f"{H}/d", H]
    conditions = [
        Condition(Comparison.MATCHES if "*" in t else Comparison.BEGINS_WITH, t) for t in taken
    ]
    order = RuleOrder("old", tuple(conditions))
    for number in range(len(taken) + 1):
        earlier = EarlierRules(order, number)
        for tail in ("", "/", "/xA", "/B", "/x", "/d", "x", "/^"):
            url = H + tail
            assert earlier.holds(url) == any(c.holds(url) for c in conditions[:number]), url


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
