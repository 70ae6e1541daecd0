"""For GitHub Actions: one workflow command a finding, which becomes an annotation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ssoroute.cli.views.findings.found import Found
from ssoroute.model.finding import Finding, Severity
from ssoroute.model.quoting import printable

__all__ = ["github_lines"]

_COMMANDS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def github_lines(found: Found) -> Iterator[str]:
    """One line for each finding."""
    for finding in found.findings:
        yield _command(finding)


def _command(finding: Finding) -> str:
    properties = {"file": finding.source.file}
    if finding.line is not None:
        properties["line"] = str(finding.line)
    if finding.column is not None:
        properties["col"] = str(finding.column)
    properties["title"] = finding.code
    written = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    path = f"{finding.source.path}: " if finding.source.path else ""
    hint = f"; {finding.hint}" if finding.hint else ""
    said = _data(printable(f"{path}{finding.message}{hint}"))
    return f"::{_COMMANDS[finding.severity]} {written}::{said}"


def _data(text: str) -> str:
    # Characters with a meaning in workflow commands are percent-encoded.
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(printable(text)).replace(":", "%3A").replace(",", "%2C")
