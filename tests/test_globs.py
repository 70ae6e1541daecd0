"""Globs and prefix trees against their definitions, on all short texts of a small alphabet."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssoroute.model.patterns import glob_prefix_matches
from ssoroute.relations.globs import (
    FRESH,
    NOBODY,
    Automaton,
    Contender,
    Glob,
    UndecidedError,
    Won,
    winners,
)
from ssoroute.relations.prefix_tree import NOWHERE, PrefixTree

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


@given(prefixes())
def test_an_automaton_takes_what_its_glob_takes(prefix: str) -> None:
    automaton = Automaton(glob(prefix))
    for text in TEXTS:
        state = 0
        for character in text:
            if state in (Automaton.ACCEPTED, Automaton.DEAD):
                break
            known = automaton.alphabets[state]
            if character not in known:
                # all characters that a state does not tell apart lead to one state
                assert automaton.step(state, character) == automaton.step(state, "~")
            state = automaton.step(state, character)
        assert (state == Automaton.ACCEPTED) == glob(prefix).takes(text), text


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
def test_two_globs_meet_exactly_where_a_text_is_taken_by_both(one: str, other: str) -> None:
    first, second = glob(one), glob(other)
    if first.meets(second):
        for text in first.meetings(second):
            assert takes(one, text)
            assert takes(other, text)
    else:
        assert not any(takes(one, text) and takes(other, text) for text in TEXTS)


@st.composite
def contenders(draw: st.DrawFn) -> list[Contender]:
    texts = draw(st.lists(prefixes(), min_size=1, max_size=5))
    sides = draw(st.lists(st.booleans(), min_size=len(texts), max_size=len(texts)))
    return [
        Contender(
            glob(text),
            (rank, NOBODY) if left else (NOBODY, rank),
            in_authority=glob(text).is_plain and len(text) % 2 == 0,
        )
        for rank, (text, left) in enumerate(zip(texts, sides, strict=True))
    ]


def won(found: list[Contender], text: str) -> Won:
    ranks, goes_on = [], []
    for side in (0, 1):
        best = min(
            (c for c in found if c.ranks[side] != NOBODY and c.glob.takes(text)),
            key=lambda contender: contender.ranks[side],
            default=None,
        )
        ranks.append(best.ranks[side] if best else NOBODY)
        following = text[len(best.glob.head) :][:1] if best and best.in_authority else ""
        goes_on.append(following not in ("", "/", "?", "#"))
    return Won((ranks[0], ranks[1]), (goes_on[0], goes_on[1]))


SHORT_TEXTS = [
    "".join(letters) for length in range(7) for letters in product("ab/" + FRESH, repeat=length)
]


@given(contenders(), st.sampled_from(["", "a", "ab", "b"]))
def test_winners_finds_every_way_to_win_and_each_once(
    found: list[Contender], beginning: str
) -> None:
    ways = {won: text for text, won in winners(beginning, found, limit=1_000_000)}
    assert len(ways) == len(list(winners(beginning, found, limit=1_000_000)))
    for way, text in ways.items():
        assert text.startswith(beginning)
        assert won(found, text) == way
    for text in SHORT_TEXTS:
        if text.startswith(beginning):
            way = won(found, text)
            assert way in ways
            assert len(ways[way]) <= len(text)


def test_winners_says_where_it_gives_up() -> None:
    many = [
        Contender(glob(f"/a*{letters}*{letters[::-1]}"), (rank, NOBODY))
        for rank, letters in enumerate(["xyz", "yzx", "zxy", "xzy", "yxz", "zyx", "xxy", "yyx"])
    ]
    with pytest.raises(UndecidedError, match=r"^undecided: .* begin with `/a`$"):
        list(winners("/a", many, limit=10_000))


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
