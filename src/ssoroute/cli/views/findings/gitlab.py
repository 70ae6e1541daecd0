"""For GitLab: a code quality report."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from typing import Final

from ssoroute.cli.views.findings.found import Found, fingerprint, separated
from ssoroute.model.finding import Finding, Severity

__all__ = ["gitlab_lines"]

_SEVERITIES: Final = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.INFO: "info"}


def gitlab_lines(found: Found) -> Iterator[str]:
    """The lines of the report, a JSON array with one object for each finding."""
    seen: Counter[str] = Counter()
    yield "["
    yield from separated(_issue(finding, seen) for finding in found.findings)
    yield "]"


def _issue(finding: Finding, seen: Counter[str]) -> dict[str, object]:
    path = f"{finding.source.path}: " if finding.source.path else ""
    hint = f"; {finding.hint}" if finding.hint else ""
    mark = fingerprint(finding)
    seen[mark] += 1
    if seen[mark] > 1:  # GitLab shows only one issue for each fingerprint
        mark = hashlib.sha256(f"{mark} {seen[mark]}".encode()).hexdigest()[:32]
    return {
        "description": f"{path}{finding.message}{hint}",
        "check_name": finding.code,
        "fingerprint": mark,
        "severity": _SEVERITIES[finding.severity],
        # a line is required
        "location": {"path": finding.source.file, "lines": {"begin": finding.line or 1}},
    }
