"""For programs: one JSON object (docs/check.md, "JSON")."""

from __future__ import annotations

from collections.abc import Iterator

from ssoroute.cli.views.findings.found import Found, separated
from ssoroute.model.finding import Finding

__all__ = ["json_lines"]


def json_lines(found: Found) -> Iterator[str]:
    """The lines of the object: one for each finding."""
    yield '{"schema": 1, "findings": ['
    yield from separated(_finding(finding) for finding in found.findings)
    yield "]}"


def _finding(finding: Finding) -> dict[str, object]:
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "file": finding.source.file,
        "path": finding.source.path,
        "line": finding.line,
        "column": finding.column,
        "value": finding.value,
        "message": finding.message,
        "hint": finding.hint or None,
        "authority": finding.authority,
        "related": [source.to_json() for source in finding.related],
        "witness": finding.witness and finding.witness.to_json(),
    }
