"""The results of route tables, as text and as JSON (docs/testing.md)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from ssoroute.cli.terminal import Line, Span, Style, paragraph
from ssoroute.model.quoting import counted
from ssoroute.testing.coverage import Coverage, Usable, percent
from ssoroute.testing.failure import failure_lines
from ssoroute.testing.run import RowResult, TableResult

__all__ = ["RunReport", "UnreadTable", "report_lines", "report_to_json"]


@dataclass(frozen=True, slots=True)
class UnreadTable:
    """A table that cannot be run, and everything that is wrong with it."""

    file: str
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RunReport:
    """All tables of one run, in their order.

    `fail_under` is the share that rows must use, in per cent, as the user wrote it.
    """

    tables: tuple[TableResult | UnreadTable, ...]
    coverage: Coverage
    fail_under: str | None

    @property
    def run(self) -> tuple[TableResult, ...]:
        """The tables that were run."""
        return tuple(table for table in self.tables if isinstance(table, TableResult))

    @property
    def enough(self) -> bool:
        """Whether the rows use a large enough share."""
        return self.fail_under is None or self.coverage.share * 100 >= Fraction(self.fail_under)


def report_lines(report: RunReport) -> Iterator[Line]:
    """The failed rows with their explanations, a line for each table, and the unused rules."""
    for table in report.run:
        for row in table.failed:
            yield from _failed(table.table.file, row)
        yield from _summary(table)
    if report.run:
        yield from _coverage(report)


def _failed(file: str, result: RowResult) -> Iterator[Line]:
    yield from paragraph(f"{file}: {result.row.label} ", Span("failed", Style.BAD), hang=2)
    for indent, text in failure_lines(result):
        yield from paragraph(text, indent=indent + 2, hang=4)
    yield ()


def _summary(result: TableResult) -> Iterator[Line]:
    passed, total = len(result.rows) - len(result.failed), len(result.rows)
    style = Style.GOOD if passed == total else Style.BAD
    yield from paragraph(
        f"{result.table.file}: ", Span(f"{passed} of {counted(total, 'row')} passed", style)
    )


def _coverage(report: RunReport) -> Iterator[Line]:
    coverage = report.coverage
    if not coverage.total:
        yield from paragraph("coverage: no prefix, host or denied caller is active")
        return
    yield from paragraph(
        f"coverage: {len(coverage.used)} of {coverage.total} prefixes, hosts and denied callers"
        f" ({percent(coverage.share)} %)"
    )
    if not report.enough:
        yield from paragraph(
            Span("too little", Style.BAD), f": must be at least {report.fail_under} %", indent=2
        )
    for item in coverage.unused:
        yield from paragraph(f"never used: {item}", indent=2, hang=2)


def report_to_json(report: RunReport) -> dict[str, object]:
    """The report as a JSON object."""
    coverage = report.coverage
    rows = [row for table in report.run for row in table.rows]
    failed = sum(not row.passed for row in rows)
    return {
        "schema": 1,
        "passed": len(rows) - failed,
        "failed": failed,
        "tables": [_table_to_json(table) for table in report.tables],
        "coverage": {
            "used": len(coverage.used),
            "total": coverage.total,
            "percent": percent(coverage.share),
            "fail_under": report.fail_under,
            "enough": report.enough,
            "unused": [_usable_to_json(item) for item in coverage.unused],
        },
    }


def _table_to_json(table: TableResult | UnreadTable) -> dict[str, object]:
    if isinstance(table, UnreadTable):
        return {"file": table.file, "errors": list(table.problems), "rows": []}
    return {
        "file": table.table.file,
        "errors": [],
        "rows": [_row_to_json(row) for row in table.rows],
    }


def _row_to_json(result: RowResult) -> dict[str, object]:
    row, explanation = result.row, result.explanation
    return {
        "number": row.number,
        "name": row.name,
        "passed": result.passed,
        "request": row.request.to_json() | {"url": row.url},
        "client": row.asked_by and {"name": row.asked_by.client, "app": row.asked_by.app},
        "handover": result.handover and result.handover.to_json(),
        "expected": row.expected.to_json(),
        "decision": result.decision.to_json(row.url),
        "mismatches": [
            {"member": found.member, "expected": found.expected, "found": found.found}
            for found in result.mismatches
        ],
        "explanation": explanation and explanation.to_json(),
    }


def _usable_to_json(item: Usable) -> dict[str, object]:
    return {"kind": item.kind.value, "text": item.text, "source": item.source.to_json()}
