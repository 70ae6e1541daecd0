"""What is wrong or noteworthy about an input: `Finding`, and the error that carries findings.

Messages are for people: lower case, one line, no final period, the user's own values in backticks,
and never a secret of a profile. All of them about one input come at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from ssoroute.model.errors import InvalidInputError
from ssoroute.model.request import Request
from ssoroute.model.source import Source

__all__ = ["Finding", "LoadError", "Severity"]


class Severity(StrEnum):
    """How much a finding matters."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong or noteworthy about an input.

    `code` is stable (`docs/loading.md` lists those of the loaders, `docs/check.md` all of them),
    `message` says what was found, `hint` what to do about it (may be empty).

    The rest is known if a profile was checked: `value` is the value at fault as it may be
    shown (None if there is no such value, or if it is a secret), `authority` how well the rule is
    known (`documented`, `observed`, `reading` or `vendor`), `related` the other places that it is
    about, `witness` a request that shows the problem. `line` and `column`, both from 1, are None
    if the file has no lines.
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

    def to_json(self) -> dict[str, object]:
        """The finding as a JSON object (docs/check.md, "JSON")."""
        return {
            "code": self.code,
            "severity": self.severity.value,
            "file": self.source.file,
            "path": self.source.path,
            "line": self.line,
            "column": self.column,
            "value": self.value,
            "message": self.message,
            "hint": self.hint or None,
            "authority": self.authority,
            "related": [source.to_json() for source in self.related],
            "witness": self.witness and self.witness.to_json(),
        }

    def __str__(self) -> str:
        """`file: key path: severity: message [code]; hint`, on one line."""
        hint = f"; {self.hint}" if self.hint else ""
        return f"{self.source}: {self.severity}: {self.message} [{self.code}]{hint}"


class LoadError(InvalidInputError):
    """Nothing could be loaded, or not all of it with `strict`.

    `findings` says why, one for each problem.
    """

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings: tuple[Finding, ...] = tuple(findings)
        super().__init__(map(str, self.findings) if findings else "nothing to load")

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        return type(self), (self.findings,)
