"""The known name that an unknown one probably means."""

import time

import pytest

from ssoroute.model.nearest import LOOSE, did_you_mean, nearest


@pytest.mark.parametrize(
    ("text", "known", "wanted"),
    [
        ("Urls", ["Type", "URLs"], "URLs"),
        (" urls ", ["Type", "URLs"], "URLs"),
        ("Realm", ["Type", "URLs"], None),
        ("", ["Type", "URLs"], None),
        ("Type", [], None),
        ("TYPE", ["type", "Typ"], "type"),
    ],
)
def test_a_name_that_is_alike_is_the_nearest(
    text: str, known: list[str], wanted: str | None
) -> None:
    assert nearest(text, known) == wanted


def test_a_lower_likeness_finds_more_distant_names() -> None:
    assert nearest("fire", ["firefox"]) is None
    assert nearest("fire", ["firefox"], likeness=LOOSE) == "firefox"


def test_the_beginnings_of_very_long_names_are_compared() -> None:
    long = "a" * 1_000_000
    assert nearest("b" * 100 + long, [long, "b" * 100 + "c"]) == "b" * 100 + "c"


def test_the_first_thousand_names_are_tried() -> None:
    known = [f"{number:04}" for number in range(1000)]
    assert nearest("wanted", ["wanted", *known]) == "wanted"
    assert nearest("wanted", [*known, "wanted"]) is None


def test_hostile_names_take_no_time() -> None:
    known = [f"{'ab' * 50_000}{number}" for number in range(1_000)]
    known += [f"{number}{'ab' * 50_000}" for number in range(1_000)]
    begun = time.process_time()
    assert nearest("ba" * 1_000_000, known, likeness=LOOSE)
    assert time.process_time() - begun < 5


def test_control_characters_in_a_known_name_are_escaped() -> None:
    assert did_you_mean("na_me", ["na\nme"]) == "did you mean `na\\nme`?"
    assert did_you_mean("x", ["na\nme", "url"]) == "known are na\\nme, url"


def test_a_message_lists_at_most_forty_names() -> None:
    names = [f"h{number:02}" for number in range(42)]
    listed = did_you_mean("wanted", names)
    assert listed.startswith("known are h00, h01, ")
    assert listed.endswith(", h38, h39 and 2 more")
