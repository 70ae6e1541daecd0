"""The errors that several rooms raise; every other exception is defined where it is raised."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["DeviceError", "InvalidInputError", "SsorouteError"]


class SsorouteError(Exception):
    """Every error that this library raises on purpose."""


class InvalidInputError(SsorouteError, ValueError):
    r"""An input is invalid; `problems` says everything that is wrong with it, one line each.

    >>> str(InvalidInputError(["line 1: a folder", "line 2: not a host"]))
    'line 1: a folder\nline 2: not a host'
    """

    def __init__(self, problems: str | Iterable[str]) -> None:
        self.problems = (problems,) if isinstance(problems, str) else tuple(problems)
        super().__init__("\n".join(self.problems))

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        return type(self), (self.problems,)


class DeviceError(InvalidInputError):
    """The description of a device, its platform, version or channel is invalid."""
