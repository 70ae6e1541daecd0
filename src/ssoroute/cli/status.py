"""The exit statuses, and the error that ends a command with one of them."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import IO, Any

import click

from ssoroute.cli.terminal import complain

__all__ = ["InputError", "Status"]


class Status(IntEnum):
    """How a command ends; docs/command-line.md shows the same table."""

    YES = 0
    NO = 1
    MISUSE = 2
    UNREADABLE = 3
    CANCEL = 4
    HUNG_UP = 129
    INTERRUPTED = 130
    PIPE_CLOSED = 141
    TERMINATED = 143


class InputError(click.ClickException):
    """An input is invalid or cannot be read; one line for each problem."""

    exit_code = Status.UNREADABLE

    def __init__(self, problems: str | Sequence[str]) -> None:
        self.problems = (problems,) if isinstance(problems, str) else tuple(problems)
        super().__init__("\n".join(self.problems))

    def show(self, file: IO[Any] | None = None) -> None:  # noqa: ARG002 - click's signature
        """Print the lines on standard error."""
        for problem in self.problems:
            complain(problem)
