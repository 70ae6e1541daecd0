"""Data of other people comes with its licence."""

from __future__ import annotations

from pathlib import Path

import pytest

DATA = Path(__file__).parent / "data"
OURS = {"check", "field"}  # folders of files that were made up for these tests
FOLDERS = sorted(path.name for path in DATA.iterdir() if path.is_dir())


def test_no_data_lies_outside_a_folder() -> None:
    assert [path.name for path in DATA.iterdir() if not path.is_dir()] == []
    assert set(FOLDERS) >= OURS


@pytest.mark.parametrize("name", [name for name in FOLDERS if name not in OURS])
def test_a_folder_of_data_has_a_licence_and_says_where_it_is_from(name: str) -> None:
    licence = (DATA / name / "LICENSE").read_text("utf-8")
    assert len(licence) > 200
    assert "taken from" in (DATA / name / "README.md").read_text("utf-8")
