"""Globs, their meetings and sets of them against definitions, on short texts of few letters."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssoroute.model.globs import FRESH, Glob, glob_prefix_matches
from ssoroute.relations.meetings import meetings
from ssoroute.relations.prefix_tree import NOWHERE, PrefixTree
from ssoroute.relations.ranked_line import RankedLine
from ssoroute.relations.rule_set import RuleSet
from ssoroute.routing.prefix_table import NO_RANK

TEXTS = [
    "".join(letters) for length in range(8) for letters in product("ab" + FRESH, repeat=length)
]

PATTERNS = st.text("ab*", min_size=1, max_size=6).filter(lambda text: not text.startswith("*"))


@st.composite
def prefixes(draw: st.DrawFn) -> str:
    text = draw(PATTERNS)
    return text + "?" if "*" in text and draw(st.booleans()) else text


def takes(prefix: str, text: str) -> bool:
    return glob_prefix_matches(prefix, text) if "*" in prefix else text.startswith(prefix)


def glob(prefix: str) -> Glob:
    return Glob.of(prefix, wildcards=True)


@given(prefixes())
def test_a_glob_takes_what_the_prefix_matches(prefix: str) -> None:
    for text in TEXTS:
        assert glob(prefix).takes(text) == takes(prefix, text), text


@given(prefixes(), prefixes())
def test_a_glob_holds_another_exactly_where_it_takes_all_of_it(one: str, other: str) -> None:
    everything = all(takes(one, text) for text in TEXTS if takes(other, text))
    # the generic text of the longest pattern is longer than `TEXTS` go, so it is looked at as well
    everything = everything and takes(one, glob(other).generic)
    assert glob(one).holds(glob(other)) == everything


@given(prefixes(), st.lists(prefixes(), max_size=4))
def test_a_union_holds_a_glob_only_where_one_of_it_does(one: str, others: list[str]) -> None:
    if not any(glob(other).holds(glob(one)) for other in others):
        generic = glob(one).generic
        assert takes(one, generic)
        assert not any(takes(other, generic) for other in others)


@given(prefixes(), prefixes())
def test_two_globs_are_equal_exactly_where_they_hold_each_other(one: str, other: str) -> None:
    first, second = glob(one), glob(other)
    assert (first == second) == (first.holds(second) and second.holds(first))


@given(prefixes(), prefixes())
def test_what_two_globs_take_is_what_their_meetings_take(one: str, other: str) -> None:
    found = list(meetings(glob(one), glob(other)))
    for text in TEXTS:
        both = takes(one, text) and takes(other, text)
        assert both == any(meeting.takes(text) for meeting in found), text
    for meeting in found:
        assert takes(one, meeting.generic)
        assert takes(other, meeting.generic)


@given(
    st.lists(prefixes(), max_size=12, unique=True),
    st.lists(st.sampled_from("xyz"), min_size=12, max_size=12),
    st.sampled_from(["", "a", "ab", "b"]),
    st.integers(0, 12),
)
def test_a_set_of_rules_knows_what_comes_first_and_near(
    texts: list[str], letters: list[str], head: str, rank: int
) -> None:
    ranks: dict[Glob, int] = {}
    for text in texts:
        ranks.setdefault(glob(text), len(ranks))
    owners = dict(zip(ranks, letters, strict=False))
    rules = RuleSet(ranks, owners)

    def first(text: str, but: Glob | None = None) -> int:
        return min((ranks[g] for g in ranks if g != but and g.takes(text)), default=NO_RANK)

    for text in TEXTS[::7]:
        assert rules.first(text) == first(text)
    for each in ranks:
        assert rules.first(each.generic, but=each) == first(each.generic, but=each)
    live = [each for each in ranks if first(each.generic) == ranks[each]]
    assert [each for each in ranks if rules.is_live(each)] == live
    # those that take some text that begins with `head`, but not all
    near = [
        each for each in live if each.head.startswith(head) or (
            head.startswith(each.head) and not each.is_plain
        )
    ]  # fmt: skip
    assert list(rules.near(head)) == near
    assert list(rules.near(head, but="x")) == [each for each in near if owners[each] != "x"]
    before = set(rules.before(rank, head))
    assert before <= {each for each in near if ranks[each] < rank}
    for each in near:
        if ranks[each] < rank:
            assert any(other.holds(each) for other in before)


def test_many_patterns_with_one_head_are_found_by_their_pieces() -> None:
    ranks = {Glob(("/", f"{number}x", "y")): number for number in range(100)}
    ranks[Glob(("/",), one_more=True)] = 100
    rules = RuleSet(ranks)
    assert [rules.first(f"/a{number}x/y") for number in (7, 99, 0)] == [7, 9, 0]
    assert rules.first("/a7x/") == 100
    assert rules.first("/") == NO_RANK


@given(st.permutations(range(9)), st.integers(0, 9), st.integers(0, 9), st.integers(0, 10))
def test_a_line_of_ranks(ranks: list[int], start: int, end: int, rank: int) -> None:
    owners = ["a" if place % 3 else "b" for place in range(len(ranks))]
    line = RankedLine(ranks, owners)
    places = range(start, end)
    smaller = (place for place in places if ranks[place] < rank)
    assert line.next_below(rank, start, end) == next(smaller, end)
    for but in (None, "a", "b"):
        expected = sorted((p for p in places if owners[p] != but), key=ranks.__getitem__)
        assert list(line.ascending([(start, end)], but)) == expected


# Rows: strings, text, its deepest beginning.
DEEPEST: list[tuple[list[str], str, str | None]] = [
    ([], "/a", None),
    (["/a"], "/a", "/a"),
    (["/a"], "/", None),
    (["/a", "/a/b", "/a/c"], "/a/bb", "/a/b"),
    (["/a", "/a/b", "/a/c"], "/a/d", "/a"),
    (["", "b"], "a", ""),
]


@pytest.mark.parametrize(("texts", "text", "expected"), DEEPEST)
def test_deepest(texts: list[str], text: str, expected: str | None) -> None:
    tree = PrefixTree(texts)
    node = tree.deepest(text)
    assert (tree.texts[node] if node != NOWHERE else None) == expected


@given(st.lists(st.text("ab", max_size=4)), st.text("ab", max_size=5))
def test_a_tree_knows_what_begins_what(texts: list[str], text: str) -> None:
    tree = PrefixTree(texts)
    assert tree.texts == sorted(set(texts))
    above = [tree.texts[node] for node in tree.above(text)]
    assert above == sorted((t for t in set(texts) if text.startswith(t)), key=len, reverse=True)
    assert [tree.texts[node] for node in tree.below(text)] == [
        t for t in tree.texts if t.startswith(text)
    ]
    for node, own in enumerate(tree.texts):
        assert tree.node(own) == node
        assert list(range(node, tree.ends[node])) == list(tree.below(own))
    ranks = [len(own) % 3 for own in tree.texts]
    assert tree.least_above(ranks) == [
        min(ranks[other] for other in tree.above(own)) for own in tree.texts
    ]
