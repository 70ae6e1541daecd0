"""The results of route tables as JUnit XML, which CI servers show.

A table is a suite, and a row is a case. A table that cannot be run is a case with an error. If the
coverage has a limit, it is a case of its own.
"""

from __future__ import annotations

from xml.etree import ElementTree as ET  # it writes here and reads nothing

from ssoroute.cli.views.table_report import RunReport, UnreadTable
from ssoroute.model.quoting import printable
from ssoroute.testing.coverage import percent
from ssoroute.testing.failure import failure_text
from ssoroute.testing.run import RowResult, TableResult

__all__ = ["junit"]


def junit(report: RunReport) -> str:
    """The report as the text of an XML document."""
    root = ET.Element("testsuites", name="ssoroute")
    for table in report.tables:
        if isinstance(table, UnreadTable):
            _unreadable(root, table)
        else:
            _table(root, table)
    if report.fail_under is not None:
        _coverage(root, report)
    for suite in root:
        _count(suite)
    _count(root)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, "unicode") + "\n"


def _table(root: ET.Element, result: TableResult) -> None:
    suite = _suite(root, result.table.file)
    for row in result.rows:
        case = _case(suite, row.row.label)
        if not row.passed:
            _failure(case, row)


def _failure(case: ET.Element, row: RowResult) -> None:
    message = "; ".join(map(str, row.mismatches))
    failure = ET.SubElement(case, "failure", message=printable(message))
    failure.text = failure_text(row)


def _unreadable(root: ET.Element, table: UnreadTable) -> None:
    case = _case(_suite(root, table.file), "table")
    problems = [printable(problem) for problem in table.problems]
    ET.SubElement(case, "error", message=problems[0]).text = "\n".join(problems)


def _coverage(root: ET.Element, report: RunReport) -> None:
    case = _case(_suite(root, "coverage"), "coverage")
    if not report.enough:
        share = percent(report.coverage.share)
        message = f"coverage must be at least {report.fail_under} %, not {share} %"
        unused = [printable(f"never used: {item}") for item in report.coverage.unused]
        ET.SubElement(case, "failure", message=message).text = "\n".join(unused)


def _suite(root: ET.Element, name: str) -> ET.Element:
    return ET.SubElement(root, "testsuite", name=printable(name))


def _case(suite: ET.Element, name: str) -> ET.Element:
    return ET.SubElement(suite, "testcase", classname=suite.get("name", ""), name=printable(name))


def _count(element: ET.Element) -> None:
    for name, path in (
        ("tests", ".//testcase"),
        ("failures", ".//failure"),
        ("errors", ".//error"),
    ):
        element.set(name, str(len(element.findall(path))))
