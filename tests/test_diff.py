"""What changes hands: a table, the oracle as a judge on random pairs of worlds, all short URLs."""

from __future__ import annotations

from typing import Any

import pytest

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
    short,
    strictly,
    world_of,
)
from ssoroute.model.request import Request
from ssoroute.relations.difference import ChangeCounter, diff
from ssoroute.relations.regions import LookupKind

NOBODY = "do_not_handle no_match - -"

# Rows: what the row shows, the old payloads, the new ones, the changes.
TABLE: list[tuple[str, list[dict[str, Any]], list[dict[str, Any]], list[str]]] = [
    ("nothing at all", [], [], []),
    ("the same", [redirect(f"{H}/a")], [redirect(f"{H}/a")], []),
    (
        "the same in another order that does not matter",
        [redirect(f"{H}/a"), redirect(f"{H}/b", name="b")],
        [redirect(f"{H}/b", name="b"), redirect(f"{H}/a")],
        [],
    ),
    (
        "a prefix that another one takes",
        [redirect(f"{H}/")],
        [redirect(f"{H}/"), redirect(f"{H}/a", name="b")],
        [],
    ),
    (
        "new, with a path",
        [],
        [redirect(f"{H}/a")],
        [
            (
                f"URLs that begin with {H}/a; any caller but {SSO}, screen unlocked:"
                f" {NOBODY} -> handle url_prefix {SSO} {H}/a"
            ),
            (
                f"URLs that begin with {H}/a; any caller but {SSO}, screen locked:"
                f" {NOBODY} -> cancel screen_locked {SSO} {H}/a"
            ),
            (
                f"URLs that begin with {H}/a; caller {SSO}:"
                f" {NOBODY} -> do_not_handle caller_is_extension {SSO} {H}/a"
            ),
        ],
    ),
    (
        "new, before another one",
        [redirect(f"{H}/", name="b")],
        [redirect(f"{H}/a", f"{H}/a/b"), redirect(f"{H}/", name="b")],
        [
            (
                f"URLs that begin with {H}/a; any caller but b, {SSO}, screen unlocked:"
                f" handle url_prefix b {H}/ -> handle url_prefix {SSO} {H}/a"
            ),
            (
                f"URLs that begin with {H}/a; any caller but b, {SSO}, screen locked:"
                f" cancel screen_locked b {H}/ -> cancel screen_locked {SSO} {H}/a"
            ),
            (
                f"URLs that begin with {H}/a; caller {SSO}, screen unlocked:"
                f" handle url_prefix b {H}/ -> do_not_handle caller_is_extension {SSO} {H}/a"
            ),
            (
                f"URLs that begin with {H}/a; caller {SSO}, screen locked:"
                f" cancel screen_locked b {H}/ -> do_not_handle caller_is_extension {SSO} {H}/a"
            ),
            (
                f"URLs that begin with {H}/a; caller b, screen unlocked:"
                f" do_not_handle caller_is_extension b {H}/ -> handle url_prefix {SSO} {H}/a"
            ),
            (
                f"URLs that begin with {H}/a; caller b, screen locked:"
                f" do_not_handle caller_is_extension b {H}/ -> cancel screen_locked {SSO} {H}/a"
            ),
        ],
    ),
    (
        "a slash at the end keeps look-alikes out",
        [redirect(H)],
        [redirect(f"{H}/")],
        [
            *(
                f"URLs that begin with {H}{where}; {who}: {what} {SSO} {H} -> {now}"
                for where, now_reasons in (
                    (
                        f", where the authority ends, but not those that begin with {H}/",
                        None,
                    ),
                    (" and continue in the authority (look-alikes)", None),
                    ("/", f"{SSO} {H}/"),
                )
                for who, what in (
                    (f"any caller but {SSO}, screen unlocked", "handle url_prefix"),
                    (f"any caller but {SSO}, screen locked", "cancel screen_locked"),
                    (f"caller {SSO}", "do_not_handle caller_is_extension"),
                )
                for now in (f"{what} {now_reasons}" if now_reasons else NOBODY,)
            )
        ],
    ),
    (
        "denied from now on",
        [redirect(f"{H}/a")],
        [redirect(f"{H}/a", DeniedBundleIdentifiers=["x", "y", SSO])],
        [
            (
                f"URLs that begin with {H}/a; caller x, y, screen unlocked: handle url_prefix"
                f" {SSO} {H}/a -> do_not_handle caller_denied {SSO} {H}/a"
            ),
            (
                f"URLs that begin with {H}/a; caller x, y, screen locked: cancel screen_locked"
                f" {SSO} {H}/a -> do_not_handle caller_denied {SSO} {H}/a"
            ),
        ],
    ),
    (
        "denied to somebody else",
        [redirect(f"{H}/a", DeniedBundleIdentifiers=["x", "z"])],
        [redirect(f"{H}/a", DeniedBundleIdentifiers=["y", "z"])],
        [
            f"URLs that begin with {H}/a; caller {caller}, screen {screen}:"
            f" {before} {SSO} {H}/a -> {after} {SSO} {H}/a"
            for screen, unhindered in (
                ("unlocked", "handle url_prefix"),
                ("locked", "cancel screen_locked"),
            )
            for caller, before, after in (
                ("x", "do_not_handle caller_denied", unhindered),
                ("y", unhindered, "do_not_handle caller_denied"),
            )
        ],
    ),
    (
        "new, with a denied caller",
        [],
        [redirect(f"{H}/a", DeniedBundleIdentifiers=["x"])],
        [
            f"URLs that begin with {H}/a; {who}: {NOBODY} -> {what} {SSO} {H}/a"
            for who, what in (
                (f"any caller but {SSO}, x, screen unlocked", "handle url_prefix"),
                (f"any caller but {SSO}, x, screen locked", "cancel screen_locked"),
                (f"caller {SSO}", "do_not_handle caller_is_extension"),
                ("caller x", "do_not_handle caller_denied"),
            )
        ],
    ),
    (
        "without what comes before, each beginning once",
        [redirect(f"{H}/b/c", f"{H}/a", f"{H}/a/b", f"{H}/b")],
        [redirect(f"{H}/b/c", f"{H}/a", f"{H}/a/b", f"{H}/b"), redirect(H)],
        [
            f"URLs that begin with {H}{where}; {who}: {NOBODY} -> {what} {SSO} {H}"
            for where in (
                (
                    f", where the authority ends, but not those that begin with {H}/a"
                    f" or begin with {H}/b"
                ),
                " and continue in the authority (look-alikes)",
            )
            for who, what in (
                (f"any caller but {SSO}, screen unlocked", "handle url_prefix"),
                (f"any caller but {SSO}, screen locked", "cancel screen_locked"),
                (f"caller {SSO}", "do_not_handle caller_is_extension"),
            )
        ],
    ),
    (
        "another answer before a locked screen",
        [credential("a.test")],
        [credential("a.test", ScreenLockedBehavior="DoNotHandle")],
        [
            (
                "challenges and host:// requests for a host that is a.test;"
                " any caller, screen locked:"
                f" cancel screen_locked {SSO} a.test -> do_not_handle screen_locked {SSO} a.test"
            ),
        ],
    ),
    (
        "hosts",
        [credential(".test")],
        [credential("a.test", ".b.test", ".test"), credential("x.test", name="b")],
        [
            f"challenges and host:// requests for a host that {which}; any caller, screen {screen}:"
            f" {what} {SSO} .test -> {what} {SSO} {which.split()[-1]}"
            for which in ("is a.test", "ends with .b.test")
            for screen, what in (("unlocked", "handle host"), ("locked", "cancel screen_locked"))
        ],
    ),
    (
        "patterns",
        [redirect(f"{H}/t/", ScreenLockedBehavior="DoNotHandle")],
        [
            redirect(f"{H}/t/*/X", ScreenLockedBehavior="DoNotHandle"),
            redirect(f"{H}/t/", ScreenLockedBehavior="DoNotHandle"),
        ],
        [
            f"URLs that match {H}/t/*/X; {who}: {what} {SSO} {H}/t/ -> {what} {SSO} {H}/t/*/X"
            for who, what in (
                (f"any caller but {SSO}, screen unlocked", "handle url_prefix"),
                (f"any caller but {SSO}, screen locked", "do_not_handle screen_locked"),
                (f"caller {SSO}", "do_not_handle caller_is_extension"),
            )
        ],
    ),
    (
        "patterns in another order",
        [redirect(f"{H}/*x", f"{H}/*y", ScreenLockedBehavior="DoNotHandle")],
        [redirect(f"{H}/*y", f"{H}/*x", ScreenLockedBehavior="DoNotHandle")],
        [
            f"URLs that match {H}/*y and match {H}/*x; {who}: {what} {SSO} {H}/*x"
            f" -> {what} {SSO} {H}/*y"
            for who, what in (
                (f"any caller but {SSO}, screen unlocked", "handle url_prefix"),
                (f"any caller but {SSO}, screen locked", "do_not_handle screen_locked"),
                (f"caller {SSO}", "do_not_handle caller_is_extension"),
            )
        ],
    ),
    (
        "a suffix, without a host that looks as if made up",
        [credential("www.test", name="b", ScreenLockedBehavior="DoNotHandle")],
        [
            credential("www.test", name="b", ScreenLockedBehavior="DoNotHandle"),
            credential(".test"),
        ],
        [
            "challenges and host:// requests for a host that ends with .test, but not one that is"
            f" www.test; any caller, screen {screen}: {NOBODY} -> {what} {SSO} .test"
            for screen, what in (("unlocked", "handle host"), ("locked", "cancel screen_locked"))
        ],
    ),
    (
        "hosts that no request has",
        [credential("a.test")],
        [credential("a.test", "https://a.test", "a.test/", "b\u00fccher.test")],
        [],
    ),
    (
        "a suffix that comes after a host that no request has",
        [],
        [credential("b/.test", ".test")],
        [
            "challenges and host:// requests for a host that ends with .test; any caller,"
            f" screen {screen}: {NOBODY} -> {what} {SSO} .test"
            for screen, what in (("unlocked", "handle host"), ("locked", "cancel screen_locked"))
        ],
    ),
]


@pytest.mark.parametrize(("what", "old", "new", "expected"), TABLE, ids=[row[0] for row in TABLE])
def test_table(
    what: str, old: list[dict[str, Any]], new: list[dict[str, Any]], expected: list[str]
) -> None:
    found = lines(difference(old, new))
    assert sorted(found) == sorted(expected), what


@pytest.mark.parametrize("row", TABLE, ids=[row[0] for row in TABLE])
def test_table_the_other_way_round(
    row: tuple[str, list[dict[str, Any]], list[dict[str, Any]], list[str]],
) -> None:
    _, old, new, _ = row
    forth = {(short(c.old), short(c.new), c.witness.url) for c in difference(old, new).changes}
    back = {(short(c.new), short(c.old), c.witness.url) for c in difference(new, old).changes}
    assert forth == back


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (redirect(f"{H}/"), redirect("https://H.test/"), {True}),
        (redirect(f"{H}/"), redirect(f"{H}/a/"), {False}),
        (redirect(f"{H}/"), redirect("https://H.test/", name="com.example.b"), {False}),
        (
            redirect(f"{H}/"),
            redirect("https://H.test/", DeniedBundleIdentifiers=["com.example.kiosk"]),
            {True, False},
        ),
        (redirect(f"{H}/"), credential("h.test"), {False}),
    ],
    ids=["case", "path", "extension", "denied", "no rule"],
)
def test_another_spelling_of_a_rule(
    old: dict[str, Any], new: dict[str, Any], expected: set[bool]
) -> None:
    changes = difference([old], [new]).changes
    by_url = [change for change in changes if change.region.asked is LookupKind.URL]
    assert {change.is_spelling for change in by_url} == expected


def test_names_change_hands_as_well() -> None:
    old = [redirect(f"{H}/a", name="a"), credential("a.test", name="b", Realm="ONE")]
    new = [credential("a.test", name="b", Realm="TWO"), redirect(f"{H}/a", name="c")]
    found = lines(difference(old, new), names=True)
    assert [line for line in found if "ssoid" in line] == [
        f"ssoid:// requests for an extension that is {line}"
        for line in (
            f"a; any caller but a, screen unlocked: handle url_prefix a - -> {NOBODY}",
            f"a; any caller but a, screen locked: cancel screen_locked a - -> {NOBODY}",
            f"a; caller a: do_not_handle caller_is_extension a - -> {NOBODY}",
            f"c; any caller but c, screen unlocked: {NOBODY} -> handle url_prefix c -",
            f"c; any caller but c, screen locked: {NOBODY} -> cancel screen_locked c -",
            f"c; caller c: {NOBODY} -> do_not_handle caller_is_extension c -",
        )
    ]
    assert [line for line in found if "realm" in line] == [
        (
            "realm:// requests for a realm that is one; any caller, screen unlocked:"
            f" handle host b - -> {NOBODY}"
        ),
        (
            "realm:// requests for a realm that is one; any caller, screen locked:"
            f" cancel screen_locked b - -> {NOBODY}"
        ),
        (
            "realm:// requests for a realm that is two; any caller, screen unlocked:"
            f" {NOBODY} -> handle host b -"
        ),
        (
            "realm:// requests for a realm that is two; any caller, screen locked:"
            f" {NOBODY} -> cancel screen_locked b -"
        ),
    ]


def test_a_name_that_no_request_can_have_never_changes_hands() -> None:
    new = credential("a.test", name="com.example/b", Realm="ONE/TWO")
    found = lines(difference([], [new]), names=True)
    assert [line.partition(";")[0] for line in found] == [
        *["challenges and host:// requests for a host that is a.test"] * 2,
        *["realm:// requests for a realm that is 0"] * 2,
    ]


def test_a_look_alike_and_a_star_in_the_userinfo() -> None:
    """A `*` in the userinfo begins as a host can, and only there."""
    old = router_of(world_of(redirect("https://u")))
    new = router_of(world_of(redirect("https://u*@h.test/")))
    found = diff(old, new)
    for url in ("https://u@h.test/", "https://u/@h.test/", "https://u:p@h.test/x", "https://ux/"):
        request = Request(url)
        judge(found, request, *(plain(route(router, request)) for router in (old, new)))


def test_a_device_that_knows_its_domains() -> None:
    world = world_of(redirect(f"{H}/a"))
    known = {**world, "associated_domains": {SSO: {"h.test": "not_approved"}}}
    assert lines(diff(router_of(world), router_of(known))) == [
        f"URLs that begin with {H}/a; any caller but {SSO}, screen {screen}:"
        f" {before} {SSO} {H}/a -> do_not_handle domain_not_approved {SSO} {H}/a"
        for screen, before in (
            ("unlocked", "handle url_prefix"),
            ("locked", "cancel screen_locked"),
        )
    ]


def test_a_star_that_begins_to_count() -> None:
    payloads = [redirect(f"{H}/*/x")]
    old, new = (router_of(world_of(*payloads, version=version)) for version in ("17.0", "18.0"))
    found = lines(diff(old, new))
    assert found[0] == (
        f"URLs that match {H}/*/x, but not those that begin with {H}/*/x;"
        f" any caller but {SSO}, screen unlocked: {NOBODY} -> handle url_prefix {SSO} {H}/*/x"
    )
    assert len(found) == 3


def test_patterns_that_get_nothing_change_nothing() -> None:
    first, second = f"{H}/*a", f"{H}/*b"
    everything = redirect(f"{H}/", name="all")
    old = [everything, redirect(first), redirect(second)]
    new = [everything, redirect(second), redirect(first)]
    assert lines(difference(old, new)) == []


def test_patterns_in_the_other_order_are_decided() -> None:
    many = [f"{H}/*{one}x{two}*{two}y{one}" for one in "abc" for two in "abc"]
    old, new = router_of(world_of(redirect(*many))), router_of(world_of(redirect(*many[::-1])))
    found = diff(old, new)
    assert not found.undecided
    # each of the 36 pairs, for the extension and all others, locked and not
    assert len(found.changes) == 36 * 3
    for change in found.changes:
        check(change, old, new)


def test_what_takes_too_long_is_undecided_beside_the_rest() -> None:
    many = [f"{H}/*a{number}x" for number in range(200)]
    old = router_of(world_of(redirect(*many)))
    new = router_of(world_of(redirect(*many[::-1]), redirect("https://b.test/", name="b")))
    found = diff(old, new)
    assert [str(region) for region in found.undecided] == [f"URLs that begin with {H}/; any caller"]
    assert {change.region.all_of[0].text for change in found.changes} == {"https://b.test/", "b"}
    assert found.to_json()["undecided"] == [found.undecided[0].to_json()]
    tally = ChangeCounter(old, new)
    tally.add(Request(f"{H}/a1xa2x"))
    tally.add(Request("https://b.test/"))
    counted = [(change.region, count) for change, count in tally.changes()]
    assert counted == [(found.changes[0].region, 1), (found.undecided[0], 1)]
    # what is the same on both sides is decided
    assert not diff(old, old)


def test_two_rules_that_meet_in_too_many_ways_are_undecided() -> None:
    one, other = f"{H}/" + "*ab" * 8, f"{H}/" + "*bc" * 8
    # an earlier rule takes what the first meetings would show
    found = difference([redirect(one, other)], [redirect(f"{H}/*ab*bc", other, one)])
    assert [str(region) for region in found.undecided] == [
        f"URLs that match {one} and match {other}; any caller"
    ]


STRICT_ROWS: list[tuple[str, str, list[str]]] = [
    (
        "a prefix that ends in a path segment",
        f"{H}/auth",
        [
            (
                f"URLs that begin with {H}/auth, where the path segment ends, but not those that"
                f" strictly match {H}/auth"
            ),
            f"URLs that begin with {H}/auth and continue in the same path segment",
        ],
    ),
    (
        "a prefix that ends in a slash and has no letter in its path",
        f"{H}/1/",
        [],
    ),
    (
        "a prefix that ends in its authority",
        H,
        [f"URLs that begin with {H} and continue in the authority (look-alikes)"],
    ),
    ("a pattern", f"{H}/*/x", [f"URLs that match {H}/*/x"]),
    (
        "an ambiguous authority",
        "https://192.0.2.1/",
        ["URLs that begin with https://192.0.2.1/"],
    ),
]


@pytest.mark.parametrize(("what", "url", "expected"), STRICT_ROWS)
def test_what_strict_matching_takes_away(what: str, url: str, expected: list[str]) -> None:
    old, new = router_of(world_of(redirect(url))), strictly(redirect(url))
    found = diff(old, new)
    for change in found.changes:
        check(change, old, new)
    places = dict.fromkeys(change.region.words()[:2] for change in found.changes)
    assert [", ".join(filter(None, place)) for place in places] == expected, what


def test_strict_matching_of_hosts() -> None:
    old, new = (make(credential("a.test")) for make in (lambda p: router_of(world_of(p)), strictly))
    found = diff(old, new)
    assert lines(found) == [
        (
            "challenges and host:// requests for a host that is a.test, in an ambiguous URL; any"
            f" caller, screen unlocked: handle host {SSO} a.test -> do_not_handle ambiguous_url"
            f" {SSO} a.test"
        )
    ]
    assert found.changes[0].witness == Request("https://user@a.test/", response_code=401)
    assert found.changes[0].region.to_json()["unambiguous"] is False
