"""The pages that are made from the code, or name its files, agree with it."""

from __future__ import annotations

import re
from pathlib import Path

import api_page
import pytest

ROOT = Path(__file__).parent.parent


def test_the_api_page_is_what_the_docstrings_say() -> None:
    assert api_page.PAGE.read_text(encoding="utf-8") == api_page.page(), (
        "the docstrings and docs/api.md differ: run `python tools/api_page.py`"
    )


@pytest.mark.parametrize(
    "name",
    sorted(
        set(
            re.findall(
                r"`((?:[a-z_]+/)+(?:[a-z_]+\.[a-z]+)?)`",
                (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8"),
            )
        )
    ),
)
def test_the_architecture_page_names_what_is_there(name: str) -> None:
    assert (ROOT / "src" / "ssoroute" / name).exists() or (ROOT / name).exists()
