"""Every exception of the library, and `Finding`: what is wrong or noteworthy about an input.

Messages are for people: lower case, one line, no final period, the user's own values in backticks,
and never a secret of a profile. All of them about one input come at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ssoroute.model.request import Request
    from ssoroute.model.source import Source

__all__ = [
    "DeviceError",
    "Finding",
    "LoadError",
    "NotInstalledError",
    "RequestError",
    "Severity",
    "SsorouteError",
    "StateError",
    "quote",
]

_QUOTE_LIMIT = 120


def quote(value: object) -> str:
    r"""`value` between backticks on one printable line, shortened where it is long.

    >>> quote("a\nb")
    '`a\\nb`'
    """
    text = value if isinstance(value, str) else repr(value)
    if len(text) > _QUOTE_LIMIT:
        text = text[: _QUOTE_LIMIT - 1] + "…"
    if text.isprintable():
        return f"`{text}`"
    return "`" + "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text) + "`"


class Severity(StrEnum):
    """How much a finding matters."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong or noteworthy about an input.

    `code` is stable (`docs/loading.md` lists those of the loaders, `docs/check.md` all of them),
    `message` says what is so, `hint` what to do about it (may be empty).

    What follows is known where a profile was checked: `value` is the value at fault as it may be
    shown (None where there is none, or where it is a secret), `authority` how well the rule is
    known (`documented`, `observed`, `reading` or `vendor`), `related` the other places that it is
    about, `witness` a request that shows the problem. `line` and `column`, both from 1, are None
    where the file has no lines.
    """

    code: str
    severity: Severity
    source: Source
    message: str
    hint: str = ""
    value: str | None = None
    authority: str | None = None
    related: tuple[Source, ...] = ()
    witness: Request | None = None
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        """`file: key path: severity: message [code]; hint`, on one line."""
        hint = f"; {self.hint}" if self.hint else ""
        return f"{self.source}: {self.severity}: {self.message} [{self.code}]{hint}"


class SsorouteError(Exception):
    """Every error that this library raises on purpose."""


class LoadError(SsorouteError):
    """Nothing could be loaded; `findings` says why, one for each thing that is wrong."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings: tuple[Finding, ...] = tuple(findings)
        super().__init__("\n".join(map(str, self.findings)) or "nothing to load")

    def __reduce__(self) -> tuple[type[LoadError], tuple[tuple[Finding, ...]]]:
        return type(self), (self.findings,)


class DeviceError(SsorouteError, ValueError):
    """A device, its platform, its version or its channel is described in a way nobody can read."""


class RequestError(SsorouteError, ValueError):
    """A request written as data is not one; `field` names the member at fault, if there is one."""

    def __init__(self, message: str, field: str | None = None) -> None:
        self.message = message
        self.field = field
        super().__init__(message)

    def __reduce__(self) -> tuple[type[RequestError], tuple[str, str | None]]:
        return type(self), (self.message, self.field)


class StateError(DeviceError):
    """A saved state of an emulated device is not one; `problems` names all that is wrong."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems: tuple[str, ...] = tuple(problems)
        super().__init__("\n".join(self.problems) or "no state of a device")

    def __reduce__(self) -> tuple[type[StateError], tuple[tuple[str, ...]]]:
        return type(self), (self.problems,)


class NotInstalledError(SsorouteError, KeyError):
    """A profile that is to be removed is not installed."""

    def __str__(self) -> str:  # that of KeyError quotes the message
        return str(self.args[0])
