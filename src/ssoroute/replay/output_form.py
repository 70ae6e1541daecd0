"""The forms in which decisions are written."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Final

__all__ = ["OutputForm", "output_form"]


class OutputForm(StrEnum):
    """The form in which decisions are written."""

    JSON_LINES = "jsonl"
    PARQUET = "parquet"
    PARQUET_WITHOUT_URLS = "parquet without URLs"

    @property
    def is_parquet(self) -> bool:
        """Whether the decisions are written as columns."""
        return self is not OutputForm.JSON_LINES

    @property
    def has_urls(self) -> bool:
        """Whether the URLs are written with the decisions."""
        return self is not OutputForm.PARQUET_WITHOUT_URLS


_ENDINGS: Final = {
    ".jsonl": OutputForm.JSON_LINES,
    ".ndjson": OutputForm.JSON_LINES,
    ".parquet": OutputForm.PARQUET,
}


def output_form(path: str) -> OutputForm | None:
    """The form of the output file `path` by its ending; None if the ending is unknown.

    >>> output_form("decisions.Parquet")
    <OutputForm.PARQUET: 'parquet'>
    """
    return _ENDINGS.get(Path(path).suffix.lower())
