"""What every error with several problems must have."""

from __future__ import annotations

from collections.abc import Sequence


def check_problems(problems: Sequence[str], data: bytes) -> None:
    """There is at least one problem, and each is a line that a terminal can show."""
    assert problems, data
    for problem in problems:
        assert problem.isprintable(), problem
