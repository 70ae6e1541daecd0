"""For editors and `grep`: one line a finding, as compilers write it."""

from __future__ import annotations

from collections.abc import Iterator

from ssoroute.cli.views.findings.found import Found
from ssoroute.model.finding import Finding

__all__ = ["short_lines"]


def short_lines(found: Found) -> Iterator[str]:
    """`file:line:column: CODE message`, without the line and column if they are unknown."""
    return map(_line, found.findings)


def _line(finding: Finding) -> str:
    numbers = [str(n) for n in (finding.line, finding.column) if n is not None]
    place = ":".join([finding.source.file, *numbers])
    path = f"{finding.source.path}: " if finding.source.path else ""
    return f"{place}: {finding.code} {path}{finding.message}"
