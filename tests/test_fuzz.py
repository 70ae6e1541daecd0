"""Every fuzz target holds for its seeds, for what once broke it, and for a few changed seeds."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from fuzz.drive import REGRESSIONS, TARGETS, missing, regressions, target

CHANGED = 150


@pytest.fixture(params=TARGETS)
def name(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    if needed := missing(found):
        pytest.skip(f"{needed} is not installed")
    return found


def test_a_target_says_its_invariant_first(name: str) -> None:
    assert (target(name).__doc__ or "").startswith("Invariant: ")


def test_the_seeds_hold(name: str) -> None:
    seeds = list(target(name).seeds())
    assert len(seeds) >= 3
    for data in seeds:
        assert len(data) <= target(name).LONGEST
        target(name).check(data)


def test_what_once_failed_holds(name: str) -> None:
    for path in regressions(name):
        target(name).check(path.read_bytes())


def test_every_regression_belongs_to_a_target() -> None:
    assert {path.name for path in REGRESSIONS.iterdir() if path.is_dir()} <= set(TARGETS)


def test_changed_seeds_hold(name: str) -> None:
    choose = random.Random(7)
    check = target(name).check
    seeds = list(target(name).seeds())
    for _ in range(CHANGED):
        check(choose.choice(CHANGES)(choose, bytearray(choose.choice(seeds))))


def cut(choose: random.Random, data: bytearray) -> bytes:
    return bytes(data[: choose.randrange(len(data) + 1)])


def one_byte(choose: random.Random, data: bytearray) -> bytes:
    if data:
        data[choose.randrange(len(data))] = choose.choice([0, 255, *b'<>&"{}[]:,/?#@*%\\\n'])
    return bytes(data)


def repeated(choose: random.Random, data: bytearray) -> bytes:
    start = choose.randrange(len(data) + 1)
    return bytes(data[:start] + data[start : start + choose.randrange(20)] * 3 + data[start:])


CHANGES: list[Callable[[random.Random, bytearray], bytes]] = [cut, one_byte, repeated]
