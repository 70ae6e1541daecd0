"""For programs: one JSON object (docs/check.md, "JSON")."""

from __future__ import annotations

from collections.abc import Iterator

from ssoroute.cli.views.findings.found import Found, separated

__all__ = ["json_lines"]


def json_lines(found: Found) -> Iterator[str]:
    """The lines of the object: one for each finding."""
    yield '{"schema": 1, "findings": ['
    yield from separated(finding.to_json() for finding in found.findings)
    yield f'], "ignored": {found.ignored}, "known": {found.known}}}'
