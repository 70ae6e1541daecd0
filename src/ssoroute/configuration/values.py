"""What a configuration file says."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ssoroute.loaders.findings import CODES
from ssoroute.model.finding import Finding, Severity
from ssoroute.model.source import Source

__all__ = ["CheckSettings", "Configuration", "PathSettings", "Setting"]


@dataclass(frozen=True, slots=True)
class Setting:
    """One value that counts: its key, the value, its place, and its line (None if unknown)."""

    key: str
    value: Any
    source: Source
    line: int | None

    def to_json(self) -> dict[str, object]:
        """The setting as a JSON object."""
        where = {"file": self.source.file, "path": self.source.path, "line": self.line}
        return {"key": self.key, "value": self.value, **where}


@dataclass(frozen=True, slots=True)
class PathSettings:
    """What `check` does otherwise with findings in files that match `path`."""

    path: str
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    severities: Mapping[str, Severity] = field(default_factory=dict)

    def leaves_out(self, code: str) -> bool:
        """Whether findings with `code` are not selected, or ignored.

        >>> PathSettings("legacy", select=("SSO2",), ignore=("SSO203",)).leaves_out("SSO202")
        False
        """
        is_selected = not self.select or code.startswith(self.select)
        return not is_selected or bool(self.ignore and code.startswith(self.ignore))

    def matches(self, file: str) -> bool:
        """Whether the settings are about `file`, a path from the folder of the configuration.

        `path` is a file, a folder, or a pattern in which `*` matches anything, `/` included.

        >>> PathSettings("legacy").matches("legacy/a.mobileconfig")
        True
        >>> PathSettings("*.json").matches("legacy/a.mobileconfig")
        False
        """
        path = self.path.rstrip("/")
        return fnmatch.fnmatchcase(file, path) or fnmatch.fnmatchcase(file, f"{path}/*")


@dataclass(frozen=True, slots=True)
class CheckSettings:
    """The table `check`: what is selected, and how findings are changed."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    severity: Severity | None = None
    baseline: str | None = None
    severities: Mapping[str, Severity] = field(default_factory=dict)
    per_path: tuple[PathSettings, ...] = ()


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a configuration file says; what it does not say is empty or None.

    Paths lead from the working directory, and were written from the folder of the file. `settings`
    are all values with their places.
    """

    file: str
    profiles: tuple[str, ...] = ()
    channel: str | None = None
    os: str | None = None
    device: str | None = None
    user: str | None = None
    targets: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    check: CheckSettings = CheckSettings()
    settings: tuple[Setting, ...] = ()

    def adjusted(self, finding: Finding) -> Finding | None:
        """`finding` with the severity that the file gives it; None if it ignores it there.

        What says that something cannot be read stays as it is.
        """
        if finding.severity is Severity.ERROR and finding.code in CODES:
            return finding
        name = self._name(finding.source.file)
        severity = _by_code(self.check.severities, finding.code)
        for settings in self.check.per_path:
            if name is None or not settings.matches(name):
                continue
            if settings.leaves_out(finding.code):
                return None
            severity = _by_code(settings.severities, finding.code) or severity
        return finding if severity is None else replace(finding, severity=severity)

    def _name(self, file: str) -> str | None:
        """The path of `file` from the folder of the configuration, or None if it has none."""
        if file.startswith("<") or file == "-":
            return None
        folder = os.path.realpath(os.path.dirname(self.file) or ".")
        return os.path.relpath(os.path.realpath(file), folder).replace(os.sep, "/")


def _by_code(severities: Mapping[str, Severity], code: str) -> Severity | None:
    """The severity for the longest beginning of `code`."""
    known = [start for start in severities if code.startswith(start)]
    return severities[max(known, key=len)] if known else None
