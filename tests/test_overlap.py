"""How rules relate: a table, the router as a judge on random worlds, and all short URLs."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import oracle
from build import router_of
from on_worlds import on_worlds
from ssoroute.model.decision import Decision
from ssoroute.model.globs import Glob
from ssoroute.model.patterns import HostPattern, Rule, lower_ascii
from ssoroute.model.payload import Payload
from ssoroute.model.request import Request
from ssoroute.model.urls import host_text
from ssoroute.relations.overlap import Relation, RelationKind, relations
from ssoroute.relations.witnesses import can_match, host_below, with_host
from ssoroute.routing.router import Router
from worlds import requests_for, worlds


def world_of(
    *lists: Sequence[str], platform: str = "iOS", version: str = "18.0", **more: object
) -> dict[str, Any]:
    """A world with one payload a list, each in a profile of its own: extension, then entries."""
    return {
        "platform": platform,
        "version": version,
        "profiles": [
            {
                "identifier": None,
                "payloads": [
                    {"Type": "Redirect", "ExtensionIdentifier": name, "URLs": entries}
                    if all("://" in entry for entry in entries)
                    else {"Type": "Credential", "ExtensionIdentifier": name, "Hosts": entries}
                ],
            }
            for name, *entries in lists
        ],
        **more,
    }


def found(world: Mapping[str, Any]) -> list[Relation]:
    router = router_of({**world, "matching": "system"})
    assert not router.refused, "a row of the table is refused"
    return list(relations(router.activation.active, router.device))


def lines(world: Mapping[str, Any]) -> list[str]:
    """Each relation on one line: kind, rule, others, and the URL of the witness."""
    return [
        " ".join(
            [
                relation.kind.value,
                relation.rule.text,
                *(rule.text for _, rule in relation.others),
                *([f"system:{relation.system}"] if relation.system else []),
                relation.witness.url if relation.witness else "-",
            ]
        )
        for relation in found(world)
    ]


def reaching_request(rule: Rule, router: Router) -> Request | None:
    """The generic request of `rule`: it reaches the payload of `rule` if any request does."""
    if not isinstance(rule, HostPattern):
        return Request(Glob.of(rule.text, wildcards=router.device.matches_wildcards).generic)
    text = lower_ascii(rule.text)
    taken = {
        lower_ascii(str(other)) for payload in router.activation.active for other in payload.rules
    }
    host = host_below(text, taken) if rule.is_suffix else text
    url = host and with_host(host)
    return Request(url, response_code=401) if url else None


H = "https://h.test"

# Rows: what the row shows, the payloads, the relations.
TABLE: list[tuple[str, list[list[str]], list[str]]] = [
    ("apart", [["a", f"{H}/a"], ["b", f"{H}/b"]], []),
    (
        "another case is another key",
        [["a", f"{H}/a"], ["b", f"{H}/A"]],
        [
            f"same_requests {H}/A {H}/a {H}/A",
            f"shadowed {H}/A {H}/a {H}/A",
        ],
    ),
    (
        "a longer one is shadowed for every caller",
        [["a", f"{H}/a"], ["a", f"{H}/ab"]],
        [f"shadowed {H}/ab {H}/a {H}/ab"],
    ),
    (
        "a longer one of another extension comes first: an overlap",
        [["a", f"{H}/a/b"], ["b", f"{H}/a"]],
        [f"overlap {H}/a {H}/a/b {H}/a/b"],
    ),
    ("of the same extension: none", [["a", f"{H}/a/b"], ["a", f"{H}/a"]], []),
    (
        "many earlier ones do not shadow what they leave open",
        [["a", *(f"{H}/{letter}" for letter in "abcdef")], ["a", f"{H}/"]],
        [],
    ),
    (
        "the first overlap in the order of the walk",
        [["a", f"{H}/x"], ["b", f"{H}/c"], ["c", f"{H}/b"], ["a", f"{H}/"]],
        [f"overlap {H}/ {H}/c {H}/c"],
    ),
    (
        "an overlap only where the other one gets a request",
        [["a", f"{H}/a"], ["b", f"{H}/a/b"], ["a", f"{H}/"]],
        [f"shadowed {H}/a/b {H}/a {H}/a/b"],
    ),
    (
        "a look-alike as a witness only if there is no other",
        [["a", f"{H}.evil.test"], ["b", H]],
        [f"overlap {H} {H}.evil.test {H}.evil.test/"],
    ),
    (
        "covered in the same payload, by an earlier or a later entry",
        [["a", f"{H}/a/b", f"{H}/a", f"{H}/A", f"{H}/a/c"]],
        [
            f"covered {H}/a/b {H}/a {H}/a/b",
            f"covered {H}/A {H}/a {H}/A",
            f"covered {H}/a/c {H}/a {H}/a/c",
        ],
    ),
    ("schemes differ", [["a", "http://h.test/"], ["b", f"{H}/"]], []),
    (
        "the end of a host is not a boundary",
        [["a", H], ["b", f"{H}:8443/"], ["c", "https://h.testing/"]],
        [
            f"shadowed {H}:8443/ {H} {H}:8443/",
            f"shadowed https://h.testing/ {H} https://h.testing/",
        ],
    ),
    (
        "a pattern takes a prefix",
        [["a", f"{H}/*/x"], ["b", f"{H}/t/x/y"]],
        [f"shadowed {H}/t/x/y {H}/*/x {H}/t/x/y"],
    ),
    (
        "a pattern and a prefix meet",
        [["a", f"{H}/*/x"], ["b", f"{H}/t"]],
        [f"overlap {H}/t {H}/*/x {H}/t^/x"],
    ),
    (
        "a pattern in a pattern",
        [["a", f"{H}/*x*"], ["b", f"{H}/*axb?"]],
        [f"shadowed {H}/*axb? {H}/*x* {H}/xaxbx"],
    ),
    (
        "a final `*` is nothing",
        [["a", f"{H}/a*"], ["b", f"{H}/a"]],
        [f"same_requests {H}/a {H}/a* {H}/a", f"shadowed {H}/a {H}/a* {H}/a"],
    ),
    (
        "an earlier rule of the same extension gets all that the two have in common",
        [["b", f"{H}/t*y"], ["a", f"{H}/*y"], ["b", f"{H}/t"]],
        [f"overlap {H}/*y {H}/t*y {H}/t^y"],
    ),
    (
        "the end of a host, where an earlier rule gets what begins with a `/`",
        [["a", f"{H}/*"], ["b", H], ["a", "https://h.tes"]],
        [f"overlap {H} {H}/* {H}/", f"overlap https://h.tes {H} {H}"],
    ),
    (
        "a `?` wants one more",
        [["a", f"{H}/a*?"], ["b", f"{H}/a"]],
        [f"overlap {H}/a {H}/a*? {H}/a^"],
    ),
    ("exact hosts apart", [["a", "a.test"], ["b", "b.test"]], []),
    (
        "a host below a suffix",
        [["a", ".test"], ["b", "A.test", "test"]],
        ["shadowed A.test .test https://a.test/"],
    ),
    (
        "a suffix over a host",
        [["a", "a.test"], ["b", ".test"]],
        ["overlap .test a.test https://a.test/"],
    ),
    (
        "a suffix below a suffix",
        [["a", ".test"], ["b", ".a.test"]],
        ["shadowed .a.test .test https://www.a.test/"],
    ),
    (
        "a witness below a suffix that no exact entry takes",
        [["b", "www.a.test"], ["a", ".test"], ["c", ".a.test"]],
        [
            "overlap .test www.a.test https://www.a.test/",
            "shadowed .a.test .test https://a.a.test/",
        ],
    ),
    (
        "hosts do not fill a suffix",
        [["a", "a.test", "b.test", "www.test", "c.test"], ["a", ".test"]],
        [],
    ),
    (
        "covered hosts",
        [["a", "a.test", ".test", "test", "b.c.test", ".c.test"]],
        [
            "covered a.test .test https://a.test/",
            "covered b.c.test .test https://b.c.test/",
            "covered .c.test .test https://www.c.test/",
        ],
    ),
    (
        "a host that no URL has",
        [["a", ".test"], ["b", "a/.test", "u@a.test", "*.test"]],
        ["shadowed *.test .test https://*.test/"],
    ),
    ("never across the types", [["a", f"{H}/"], ["b", "h.test"]], []),
]


@pytest.mark.parametrize(("what", "lists", "expected"), TABLE, ids=[row[0] for row in TABLE])
def test_table(what: str, lists: list[list[str]], expected: list[str]) -> None:
    assert lines(world_of(*lists)) == expected, what


def test_before_wildcards_a_star_is_a_character() -> None:
    lists = [["a", f"{H}/*/x"], ["b", f"{H}/t/x", f"{H}/*/x/y"]]
    assert lines(world_of(*lists, version="17.0")) == [f"shadowed {H}/*/x/y {H}/*/x {H}/*/x/y"]


def test_the_system_extension_comes_first() -> None:
    world = world_of(["a", f"{H}/", f"{H}/auth/x"], apple_account_urls=[f"{H}/Auth"])
    assert lines(world) == [
        f"overlap {H}/ system:{H}/Auth {H}/Auth",
        f"covered {H}/auth/x {H}/ {H}/auth/x",
        f"shadowed {H}/auth/x system:{H}/Auth {H}/auth/x",
    ]


def test_too_many_meetings_are_not_searched_for_an_overlap() -> None:
    """An earlier rule takes all meetings with the patterns of `a`, so each has to be tried."""
    patterns = [f"{H}/" + "*bc" * 8 + f"*{letter}" for letter in "defghijklmnopqrstuvw"]
    world = world_of(
        ["b", f"{H}/*a*c"],
        ["a", *patterns, f"{H}/*z"],
        ["b", f"{H}/" + "*ab" * 8],
    )
    rule = world["profiles"][2]["payloads"][0]["URLs"][0]
    assert not [line for line in lines(world) if line.startswith(f"overlap {rule}")]
    del world["profiles"][1]["payloads"][0]["URLs"][:10]
    (line,) = [line for line in lines(world) if line.startswith(f"overlap {rule}")]
    assert line.startswith(f"overlap {rule} {H}/*z ")


def test_many_patterns_take_no_more_than_a_moment() -> None:
    """Patterns that meet everywhere, and leave each other next to nothing."""
    pieces = ["abc", "bca", "cab", "acb", "bac", "cba", "aab", "bba", "cca", "abb"]
    lists = [["a", *(f"{H}/*{p}*{q}*" for q in pieces)] for p in pieces]
    lists += [["b", *(f"{H}/*{p}*z*{q}" for q in pieces)] for p in pieces]
    started = time.thread_time()
    known = found(world_of(*lists, ["c", f"{H}/*"]))
    assert time.thread_time() - started < 30
    kinds = [relation.kind.value for relation in known]
    assert kinds.count("shadowed") == 100
    assert kinds[-1] == "overlap"


# Rows: entry, whether some request has such a host.
MATCHABLE = [
    ("example.com", True),
    (".example.com", True),
    ("example.com.", True),
    ("::1", True),
    ("[::1]", True),
    ("*.example.com", True),
    (".", True),
    ("..", True),
    ("a b", True),
    ("h:8443", True),  # https://[h:8443]/
    (".h:8443", True),  # https://a[.h:8443/
    (".a]:b]", True),
    (".a]]:b", True),
    (".a]]]:b]", True),
    ("https://h", False),
    ("h/", False),
    ("h?", False),
    (".h#", False),
    ("u@h", False),
    ("b\u00fccher.example", False),
    (".b\u00fccher.example", False),
    ("]:", False),
]


@pytest.mark.parametrize(("entry", "expected"), MATCHABLE)
def test_can_match(entry: str, expected: bool) -> None:
    pattern = HostPattern(entry)
    assert can_match(pattern) == expected
    request = reaching_request(pattern, router_of(world_of()))
    assert (request is not None) == expected
    if request is not None:
        assert request.is_challenge
        assert pattern.matches(host_text(request.url))


@given(st.text("a.:[]@/", min_size=1, max_size=6), st.text("a.:[]@/", max_size=7))
def test_what_cannot_match_never_does(entry: str, authority: str) -> None:
    pattern = HostPattern(entry)
    if pattern.matches(host_text(f"https://{authority}")):
        assert can_match(pattern)


def test_a_suffix_is_reached_by_a_host_that_nobody_lists() -> None:
    router = router_of(world_of(["a", "www.h.test", "a.h.test"], ["b", ".h.test"]))
    request = reaching_request(HostPattern(".h.test"), router)
    assert request == Request("https://b.h.test/", response_code=401)


def route(router: Router, request: Request) -> Decision:
    return router.route(**asdict(request))


def matches(rule: Rule, request: Request, router: Router) -> bool:
    if isinstance(rule, HostPattern):
        return request.is_challenge and rule.matches(host_text(request.url))
    return rule.matches(request.url, wildcards=router.device.matches_wildcards)


def gets(payload: Payload, decision: Decision) -> bool:
    """Whether the payload was selected; each rule knows where it was written."""
    return decision.rule is not None and any(
        rule.source == decision.rule.source for rule in payload.rules
    )


def check(router: Router, relation: Relation) -> None:
    """Hold the witness of a relation against the router."""
    witness = relation.witness
    assert witness is not None
    assert matches(relation.rule, witness, router)
    decision = route(router, witness)
    for payload, rule in relation.others:
        assert matches(rule, witness, router)
        if relation.kind in (RelationKind.SHADOWED, RelationKind.OVERLAP):
            assert gets(payload, decision)
    if relation.system is not None:
        assert decision.reason == "system_extension"
    if relation.kind is RelationKind.OVERLAP:
        assert decision.extension is None or (
            decision.extension.bundle_id != relation.payload.extension.bundle_id
        )
    if relation.kind in (RelationKind.SHADOWED, RelationKind.OVERLAP):
        assert not gets(relation.payload, decision)


@on_worlds
@given(st.data())
def test_relations_hold_and_what_is_not_shadowed_is_reached(data: st.DataObject) -> None:
    world = {**data.draw(worlds(), label="world"), "matching": "system"}
    router = router_of(world)
    active = router.activation.active
    known = list(relations(active, router.device))
    for relation in known:
        check(router, relation)
    shadowed = {id(r.rule): r for r in known if r.kind is RelationKind.SHADOWED}
    for payload in active:
        for rule in payload.rules:
            if id(rule) in shadowed or not can_match(rule):
                continue
            request = reaching_request(rule, router)
            assert request is not None
            assert matches(rule, request, router)
            assert gets(payload, route(router, request)), (rule, request)
    for asked in data.draw(st.lists(requests_for(world), max_size=20), label="requests"):
        answer = oracle.answer(world, asked)
        for relation in shadowed.values():
            if answer["rule"] == relation.rule.text:
                # another payload may have an entry that reads the same
                decision = router.route(**asked)
                assert not gets(relation.payload, decision)


TAILS = ["".join(letters) for length in range(6) for letters in product("ab^", repeat=length)]


@st.composite
def small_worlds(draw: st.DrawFn) -> dict[str, Any]:
    """A few payloads whose prefixes differ in a short path of two letters, `*` and `?`."""
    tails = st.tuples(st.text("ab*", max_size=4), st.booleans()).map(
        lambda pair: pair[0] + "?" * (pair[1] and "*" in pair[0])
    )
    lists = draw(st.lists(st.lists(tails, min_size=1, max_size=2, unique=True), max_size=4))
    taken: set[str] = set()
    payloads = []
    for tail_list in lists:
        fresh = [f"{H}/{tail}" for tail in tail_list if tail.rstrip("?") not in taken]
        if len({tail.rstrip("?") for tail in fresh}) == len(fresh) > 0:
            taken |= {tail.rstrip("?") for tail in tail_list}
            payloads.append([draw(st.sampled_from(["a", "b", "c"])), *fresh])
    return world_of(*payloads)


@given(small_worlds())
def test_relations_are_those_of_all_short_urls(world: dict[str, Any]) -> None:
    router = router_of(world)
    active = router.activation.active
    known = {(r.kind, id(r.rule)): r for r in relations(active, router.device)}
    for relation in known.values():
        check(router, relation)
    for place, payload in enumerate(active):
        for rule in payload.rules:
            taken = [r for tail in TAILS if matches(rule, r := Request(f"{H}/{tail}"), router)]
            decisions = [route(router, request) for request in taken]
            if (RelationKind.SHADOWED, id(rule)) in known:
                assert not any(gets(payload, decision) for decision in decisions)
                continue
            if (RelationKind.OVERLAP, id(rule)) not in known:
                for decision in decisions:
                    for earlier in active[:place]:
                        assert not gets(earlier, decision) or (
                            earlier.extension == payload.extension
                        )
            if (RelationKind.COVERED, id(rule)) not in known:
                others = [other for other in payload.rules if other is not rule]
                request = reaching_request(rule, router)
                assert request is not None
                for other in others:
                    same = matches(other, request, router)
                    assert not same or payload.rules.index(other) > payload.rules.index(rule)


# The brief's bound, with room for a busy machine; it takes about 0.6 s alone.
def test_twenty_thousand_prefixes_take_a_moment() -> None:
    lists = [
        [f"com.example.e{n % 7}", *(f"https://h{n}.test/{m}/{m % 5}" for m in range(20))]
        for n in range(1000)
    ]
    lists.append(["com.example.last", "https://h"])
    router = router_of(world_of(*lists))
    started = time.thread_time()
    known = list(relations(router.activation.active, router.device))
    elapsed = time.thread_time() - started
    assert [relation.kind.value for relation in known] == ["overlap"]
    assert elapsed < 5
