"""The table of rules, and the page that is written from it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import check_doc
import pytest

from ssoroute.checks.rules import CheckRule, rules

ROOT: Final = Path(__file__).parent.parent


def test_the_page_shows_the_table() -> None:
    assert check_doc.DOC.read_text(encoding="utf-8") == check_doc.page(), (
        "the table and docs/check.md differ: run `python tools/check_doc.py`"
    )


@pytest.mark.parametrize("rule", rules().values(), ids=lambda rule: rule.code)
def test_a_rule_says_what_it_means(rule: CheckRule) -> None:
    assert re.fullmatch(r"SSO[0-9]{3}", rule.code)
    assert rule.title
    assert not rule.title.endswith(".")
    assert rule.text.endswith(".")
    assert not rule.hint.endswith(".")
    page, _, anchor = rule.docs.partition("#")
    headings = re.findall(r"^#+ (.+)$", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE)
    assert anchor in {heading.lower() for heading in headings}


def test_the_codes_are_in_order_and_complete() -> None:
    codes = list(rules())
    assert codes == sorted(codes)
    wanted = [
        *range(101, 113),
        *range(121, 124),
        *range(201, 212),
        *range(301, 309),
        *range(401, 410),
        *range(501, 506),
        *range(601, 608),
        *range(701, 735),
        *range(801, 810),
        *range(901, 909),
        *range(951, 961),
    ]
    assert [code for code in codes if code > "SSO100"] == [f"SSO{number}" for number in wanted]


def test_the_hook_runs_the_command() -> None:
    text = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    assert "entry: ssoroute check --allow-empty\n" in text
    pattern = re.search(r"files: (.+)", text)
    assert pattern
    assert re.search(pattern[1], "profiles/corp.mobileconfig")
