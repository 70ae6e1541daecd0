"""The tables: every table answers as a walk over its rules would, and nothing grows without end."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from build import router_of
from compiled_tables import compiled_tables
from fuzz.engines import ENGINES, engine
from on_worlds import on_worlds
from ssoroute.model.decision import NO_MATCH
from ssoroute.model.globs import glob_prefix_matches
from ssoroute.routing import tables as _tables
from ssoroute.routing.prefix_table import NO_RANK, PrefixTable
from ssoroute.routing.tables import Texts, URLTable
from ssoroute.routing.wildcards import Wildcards

TEXTS = st.text(alphabet="ab/", max_size=8)


def world(*urls: str, **keys: object) -> dict[str, Any]:
    payload: dict[str, Any] = {
        "Type": "Redirect",
        "ExtensionIdentifier": "com.example.a",
        "TeamIdentifier": "TEAM000001",
        "URLs": list(urls),
    }
    payload |= keys
    return {"platform": "macOS", "version": "15.4", "profiles": [{"payloads": [payload]}]}


@on_worlds
@given(st.lists(TEXTS, unique=True), TEXTS)
def test_a_prefix_table_finds_the_first_string_that_begins_a_text(
    strings: list[str], text: str
) -> None:
    table = PrefixTable({string: rank for rank, string in enumerate(strings)})
    ranks = [rank for rank, string in enumerate(strings) if string and text.startswith(string)]
    assert table.find(text) == min(ranks, default=NO_RANK)


@on_worlds
@given(
    st.lists(TEXTS, unique=True),
    st.lists(TEXTS, max_size=4),
    st.sampled_from(["https://", "https://h.ex", "https://login.example.com/"]),
)
def test_a_url_table_finds_the_first_prefix(
    strings: list[str], asked: list[str], stem: str
) -> None:
    ranks = {stem + string: rank for rank, string in enumerate(strings)}
    table = URLTable(Texts(ranks, {}, {}, {}))
    for url in [*(stem + text for text in [*asked, *strings, "~"]), stem[:-1], "", "http://h/"]:
        right = min((r for text, r in ranks.items() if url.startswith(text)), default=NO_RANK)
        for given_url in (url, url.upper(), url):  # a head that was missed is asked once more
            assert table.find(given_url) == right


# The compiled table takes the first bytes of a text in words of eight, up to twenty-four of them.
STEMS = [
    "",
    "https:/",
    "https://",
    "https://h.ex",
    "https://h.exampl",
    "https://login.example.com/",
]


@on_worlds
@given(
    st.lists(TEXTS.filter(bool), unique=True),
    st.lists(TEXTS, max_size=4),
    st.sampled_from(STEMS),
    st.booleans(),
)
def test_the_compiled_table_finds_the_same(
    strings: list[str], asked: list[str], stem: str, upper: bool
) -> None:
    for way in ("begins", "ends"):

        def whole(text: str, way: str = way) -> str:
            return stem + text if way == "begins" else text + stem[::-1]

        ranks = {whole(string): rank for rank, string in enumerate(strings)}
        index = compiled_tables(ranks)
        for text in [*map(whole, asked), *asked, stem, stem[:-1], *map(whole, strings)]:
            given = text.upper() if upper else text
            if way == "begins":
                right = [rank for string, rank in ranks.items() if text.startswith(string)]
                assert index.find_url(given) == min(right, default=NO_RANK)
            else:
                right = [r for s, r in ranks.items() if text == s or text[1:].endswith(s)]
                assert index.find_host(given) == min(right, default=NO_RANK)


def test_many_strings_may_share_a_head() -> None:
    stem = "https://login.example.com/tenant/"
    ranks = {f"{stem}{number:05}": number for number in range(70_000)}
    index = compiled_tables(ranks)
    assert all(index.find_url(text + "/x") == rank for text, rank in ranks.items())
    for missed in (stem, stem + "70000", stem + "0000", stem + "!", stem + "~"):
        assert index.find_url(missed) == NO_RANK


# The pure table compares no more than 255 characters of a piece at each place.
LONG = ["a" * 255, "a" * 256, "a" * 300 + "b", "ab" * 140, "b" + "a" * 260]
PIECES = st.one_of(st.text(alphabet="ab/", max_size=4), st.sampled_from(LONG))
GLOBS = st.builds(
    lambda head, pieces, end: "h" + "*".join([head, *pieces]) + end,
    st.text(alphabet="a/", max_size=3),
    st.lists(PIECES, min_size=1, max_size=4),
    st.sampled_from(["", "", "?"]),
)


@on_worlds
@given(
    st.lists(GLOBS, unique=True, max_size=40),
    st.lists(st.lists(PIECES, max_size=12).map("".join), min_size=1, max_size=6),
    st.booleans(),
)
def test_wildcards_find_what_each_prefix_alone_matches(
    globs: list[str], asked: list[str], upper: bool
) -> None:
    wildcards = Wildcards({text: rank for rank, text in enumerate(globs)})
    tables = compiled_tables({}, wildcards)
    for text in asked:
        url = "h" + text
        right = [rank for rank, glob in enumerate(globs) if glob_prefix_matches(glob, url)]
        given_url = url.upper() if upper else url
        assert wildcards.find(given_url, NO_RANK) == min(right, default=NO_RANK)
        assert wildcards.find(given_url, 3) == min([*right, 3])
        assert tables.find_url(given_url) == min(right, default=NO_RANK)


@pytest.mark.parametrize("seed", range(80))
def test_hundreds_of_wildcards_find_what_each_prefix_alone_matches(seed: int) -> None:
    """Nodes with many children, alone and below each other, and URLs that hold many pieces.

    Of two letters, many pieces end where another one does, and occur again and again.
    """
    choose = random.Random(seed)
    letters = choose.choice([[*"abcdefgh/"], [*"ab"], ["a", "a", "a", "a", "b"]])
    longest = choose.choice([1, 2, 3, 5, 12])

    def piece() -> str:
        return "".join(choose.choices(letters, k=choose.randint(1, longest)))

    heads, shared = [f"h{piece()}" for _ in range(choose.choice([1, 1, 3]))], [piece(), piece()]
    globs = [
        "*".join(
            [
                choose.choice(heads),
                *choose.choices(shared, k=choose.choice([0, 0, 1, 2])),
                *(piece() for _ in range(choose.randint(1, 3))),
            ]
        )
        + choose.choice(["", "", "", "?"])
        for _ in range(choose.choice([30, 300, 1000]))
    ]
    globs = list(dict.fromkeys(globs))
    wildcards = Wildcards({text: rank for rank, text in enumerate(globs)})
    tables = compiled_tables({}, wildcards)
    for size in [*range(20), 40, 80] * 2:
        url = choose.choice(heads) + "".join(choose.choices(letters, k=size))
        right = [rank for rank, glob in enumerate(globs) if glob_prefix_matches(glob, url)]
        assert wildcards.find(url.upper(), NO_RANK) == min(right, default=NO_RANK), url
        assert tables.find_url(url.upper()) == min(right, default=NO_RANK), url


def both_find(globs: list[str], url: str) -> list[int]:
    """What the pure table finds and what the compiled one does."""
    wildcards = Wildcards({text: rank for rank, text in enumerate(globs)})
    return [wildcards.find(url, NO_RANK), compiled_tables({}, wildcards).find_url(url)]


HUNDRED = [f"h/*-{number:02}-*/login" for number in range(100)]
#: Globs, a URL, and the rank of the first glob that matches it.
MANY_CHILDREN: dict[str, tuple[list[str], str, int]] = {
    "one of them": (HUNDRED, "h/x-42-x/login", 42),
    "two of them": (HUNDRED, "h/-77--42-/login", 42),
    "only the piece": (HUNDRED, "h/x-42-x", NO_RANK),
    "in the wrong order": (HUNDRED, "h//login-42-", NO_RANK),
    "the piece before the head ends": (["h/-42-/*-42-/x", *HUNDRED], "h/-42-/x", NO_RANK),
    "a piece again after the head": (["h/-42-/*-42-/x", *HUNDRED], "h/-42-/-42-/x", 0),
    "more pieces in the URL than children": (
        [*(f"h/*<{number:03}" for number in range(70)), *(f"g*{n:03}" for n in range(999))],
        "h/" + "".join(f"{number:03}" for number in range(100, 300)) + "<042",
        42,
    ),
    "many nodes of few children": (
        [f"h/*<{one:02}*>{other:02}" for one in range(20) for other in range(20)],
        "h/" + "".join(f"<{number:02}" for number in range(20)) + ">07<03>01",
        1,
    ),
    "shared pieces": ([f"h/*a*a*b{number}" for number in range(100)], "h/xaab42", 4),
    "one character more": ([f"h/*-{number:02}-?" for number in range(100)], "h/-42--77-", 42),
    "large below large": (
        [f"h/*<{number:02}" for number in range(50)]
        + [f"h/*x*>{number:02}" for number in range(100)],
        "h/>50x>42<99",
        92,
    ),
    "each after the other": (
        [f"h/*<*{number:02}|" for number in range(60)]
        + [f"h/*<*>*{number:02}-" for number in range(90)],
        "h/77-<78->42-",
        102,
    ),
    "pieces of one, two and three characters": (
        ["h/*a*zz*~~~", *(f"h/*{number:03}" for number in range(100))],
        "h/xxaxzz~~~",
        0,
    ),
    "pieces that begin alike for long": (
        [f"h/*{'a' * 300}{number:02}" for number in range(100)],
        f"h/{'a' * 310}42",
        42,
    ),
}


@pytest.mark.parametrize("name", MANY_CHILDREN)
def test_many_children_are_found_by_what_the_url_holds(name: str) -> None:
    globs, url, rank = MANY_CHILDREN[name]
    assert both_find(globs, url) == [rank, rank]


def test_a_long_piece_that_is_found_early_is_not_there_before_it_ends() -> None:
    long = "a" * 300
    globs = [f"h/*{long}*a*b", f"h/*{long}*b", f"h/*b*{long}?"]
    wildcards = Wildcards({text: rank for rank, text in enumerate(globs)})
    tables = compiled_tables({}, wildcards)
    for url, rank in (
        (f"h/{long}b", 1),
        (f"h/{long}ab", 0),
        (f"h/x{long}", NO_RANK),
        (f"h/b{long}", NO_RANK),
        (f"h/b{long}a", 2),
        (f"h/{long[:-1]}xb{long}b", 1),
    ):
        assert wildcards.find(url, NO_RANK) == tables.find_url(url) == rank, url


@pytest.mark.parametrize("name", ENGINES)
def test_a_missed_head_never_stands_for_another_scheme(name: str) -> None:
    hosts = world(Type="Credential", Hosts=["h.example"], URLs=[])
    for rules in (world("https://h.example"), hosts):
        with engine(name):
            router = router_of(rules)
        for url in ("", "s", "ssoid", "https:", "ssoid://com.example.", "https://com.example.a"):
            assert router.route(url) is NO_MATCH
        assert router.route("ssoid://com.example.a").outcome == "handle"


def test_missed_heads_are_forgotten_when_there_are_too_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_tables, "_MOST_MISSED", 10)
    with engine("pure"):
        router = router_of(world("https://h.example"))
    for number in range(100):
        assert router.route(f"https://{number:04}.example/") is NO_MATCH
        assert len(router._missed) <= 10
    assert router.route("https://h.example/").outcome == "handle"


def test_a_challenge_is_no_miss_of_its_head() -> None:
    hosts = world(Type="Credential", Hosts=["h.example"], URLs=[])
    with engine("pure"):
        router = router_of(hosts)
    url = "https://h.example/"
    assert router.route(url) is NO_MATCH
    assert router.route(url, None, 401).outcome == "handle"
    assert router.route(url, response_code=200) is NO_MATCH


@pytest.mark.parametrize(
    ("urls", "rules"),
    [
        (  # the first rule wins, not the longest
            ["https://h.example/a/b", "https://h.example/a", "https://h.example/a/b/c"],
            {
                "https://h.example/a/b/c/d": "https://h.example/a/b",
                "https://h.example/a/c": "https://h.example/a",
                "https://h.example/A/B": "https://h.example/a/b",
            },
        ),
        (  # wildcards and plain prefixes keep their order
            ["https://h.example/a/*/c", "https://h.example/a", "https://h.example/*"],
            {
                "https://h.example/a/b/c": "https://h.example/a/*/c",
                "https://h.example/a/b": "https://h.example/a",
                "https://h.example/b": "https://h.example/*",
                "https://g.example/": None,
            },
        ),
    ],
)
@pytest.mark.parametrize("name", ENGINES)
def test_the_first_rule_in_order_wins(
    name: str, urls: list[str], rules: dict[str, str | None]
) -> None:
    with engine(name):
        router = router_of(world(*urls))
    for url, rule in rules.items():
        found = router.route(url).rule
        assert (found and found.text) == rule


def test_a_realm_may_be_a_number() -> None:
    first = world(Type="Credential", Hosts=["a.test"], URLs=[])["profiles"]
    second = world(
        Type="Credential", Hosts=["b.test"], URLs=[], Realm="0", ExtensionIdentifier="com.example.b"
    )["profiles"]
    router = router_of({"platform": "macOS", "version": "15.4", "profiles": second + first})
    for name, extension in (
        ("0", "com.example.b"),
        ("1", "com.example.a"),
        ("01", None),
        ("9" * 5_000, None),
        ("2", None),
    ):
        decision = router.route(f"realm://{name}")
        assert (decision.extension and decision.extension.bundle_id) == extension


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize(
    ("asked", "extension", "notes"),
    [
        ("ssoid://com.example.a", "com.example.a", []),
        ("realm://r.example", "com.example.a", []),
        ("host://a.example", "com.example.a", ["order_dependent"]),
        ("https://a.example/", "com.example.a", ["order_dependent"]),
        ("https://r.example/", "com.example.b", []),
    ],
)
@pytest.mark.parametrize("code", [401, 407])
def test_the_host_of_an_extension_or_realm_is_no_rule_of_the_other_kind(
    name: str, asked: str, extension: str, notes: list[str], code: int
) -> None:
    first = world(Type="Credential", Hosts=["a.example"], URLs=[], Realm="R.EXAMPLE")["profiles"]
    hosts = ["com.example.a", "r.example", ".example"]
    second = world(Type="Credential", Hosts=hosts, URLs=[], ExtensionIdentifier="com.example.b")
    declared = {**second["profiles"][0], "kind": "declaration"}
    both = {"platform": "macOS", "version": "27.0", "profiles": [*first, declared]}
    with engine(name):
        router = router_of(both)
    assert router.refused == ()
    decision = router.route(asked, None, code)
    assert decision.extension is not None
    assert decision.extension.bundle_id == extension
    assert [note.code for note in decision.notes] == notes


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize("matching", ["system", "strict"])
def test_equal_decisions_about_unapproved_domains_are_one_object(name: str, matching: str) -> None:
    rules = world("https://h.example/auth")
    rules |= {"associated_domains": {"com.example.a": {"h.example": "not_approved"}}}
    with engine(name):
        router = router_of(rules | {"matching": matching})
    decision = router.route("https://h.example/auth/x")
    assert (decision.outcome, decision.reason) == ("do_not_handle", "domain_not_approved")
    # neither a locked screen nor an address that strict matching would refuse makes a difference
    assert router.route("https://h.example/auth/x", screen_locked=True) is decision
    assert router.route("https://h.example/authority") is decision


@pytest.mark.parametrize(
    ("count", "more", "length"),
    [
        (1, [], 16),
        (100, [], 16),
        (101, [], 20),
        (1, ["https://h.test/"], 15),
        (101, ["https://h.test/"], 15),
    ],
)
def test_a_head_is_longer_if_there_are_more_than_a_hundred_prefixes(
    count: int, more: list[str], length: int
) -> None:
    urls = [f"https://login.example.com/{number}" for number in range(count)] + more
    plain = {url: rank for rank, url in enumerate(urls)}
    assert URLTable(Texts(plain, {}, {}, {})).head == slice(0, length)


def test_at_most_8192_missed_heads_are_kept() -> None:
    table = URLTable(Texts({"https://login.example.com/": 0}, {}, {}, {}))
    for number in range(8192):
        assert table.find(f"https://{number:07}/x") == NO_RANK
    assert len(table.missed) == 8192
    assert "https://0000007/" in table.missed
    assert table.find("https://another.example/") == NO_RANK
    assert table.missed == {"https://another."}
