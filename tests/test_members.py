"""`MemberReader`: all that is wrong with a value, each with its place and what it must be."""

from __future__ import annotations

from enum import StrEnum

import pytest

from ssoroute.model.kinds import JSON
from ssoroute.model.members import Dictionary, MemberReader
from ssoroute.model.source import Source

PLACE = Source("laptop.toml")


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


class Only(StrEnum):
    ONE = "one"


def test_items_have_their_places() -> None:
    reader = MemberReader()
    items = [(item, str(place)) for item, place in reader.array(["a", "b"], PLACE, "an array")]
    assert items == [("a", "laptop.toml: [0]"), ("b", "laptop.toml: [1]")]
    assert reader.problems == []


def test_what_is_not_an_array_or_a_table_has_no_items() -> None:
    reader = MemberReader(JSON)
    assert list(reader.array({}, PLACE, "an array")) == []
    assert list(reader.table(["a"], PLACE, "an object")) == []
    assert reader.problems == [
        "laptop.toml: must be an array, not an object",
        "laptop.toml: must be an object, not an array",
    ]


def test_names_that_are_written_twice_or_are_not_strings_are_reported() -> None:
    reader, value = MemberReader(), Dictionary()
    for name in ("b", "a", "b", "a"):
        value[name] = 1
    assert [name for name, _, _ in reader.table(value, PLACE, "a table")] == ["b", "a"]
    assert list(reader.table({1: "x"}, PLACE, "a table")) == []
    assert reader.problems == [
        "laptop.toml: the member `a` is written twice",
        "laptop.toml: the member `b` is written twice",
        "laptop.toml: a name must be a string, not an integer",
    ]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("gren", "unknown value `gren`; did you mean `green`?"),
        ("x", "must be `red` or `green`, not `x`"),
        (1, "must be `red` or `green`, not an integer"),
    ],
)
def test_what_is_not_one_of_the_known_values(value: object, message: str) -> None:
    reader = MemberReader()
    assert reader.choice("red", PLACE, Colour) is Colour.RED
    assert reader.choice(value, PLACE, Colour) is None
    assert reader.problems == [f"laptop.toml: {message}"]


def test_a_value_that_may_be_secret_is_not_shown() -> None:
    reader = MemberReader(shows_values=False)
    assert reader.choice("s3cr3t", PLACE, Only) is None
    assert reader.problems == ["laptop.toml: must be `one`, not a string"]


def test_a_name_that_is_not_known_is_reported_with_the_known_ones() -> None:
    reader = MemberReader()
    reader.unknown("versoin", PLACE, ["version", "platform"])
    reader.unknown("x", PLACE, ["version", "platform"])
    assert reader.problems == [
        "laptop.toml: unknown member `versoin`; did you mean `version`?",
        "laptop.toml: unknown member `x`; known are version, platform",
    ]
