"""How often each code was found, the most frequent first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ssoroute.checks.rules import rules
from ssoroute.cli.terminal import Line, Span, Style
from ssoroute.cli.views.findings.found import Found

__all__ = ["statistics_lines"]


def statistics_lines(found: Found) -> Iterator[Line]:
    """One line for each code: how often, the code, and what it means."""
    counts = Counter(finding.code for finding in found.findings)
    width = len(f"{max(counts.values(), default=0):,}")
    for code, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        yield (
            Span(f"{count:>{width},}  "),
            Span(code, Style.STRONG),
            Span(f"  {rules()[code].title}"),
        )
