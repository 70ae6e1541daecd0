"""For test reports: JUnit's XML, a suite for each file.

Errors and warnings are failures. A file that cannot be read is an error. Infos are passed cases
with a message.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from ssoroute.cli.views.findings.found import Found, is_unreadable
from ssoroute.model.finding import Finding, Severity
from ssoroute.model.quoting import printable

__all__ = ["junit_lines"]


def junit_lines(found: Found) -> Iterator[str]:
    """The lines of the report."""
    groups = found.by_file()
    cases = sum(max(len(findings), 1) for findings in groups.values())
    failures = sum(_is_failure(finding) for finding in found.findings)
    errors = sum(is_unreadable(finding) for finding in found.findings)
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield f'<testsuites name="ssoroute check" {_counts(cases, failures, errors)}>'
    for file, findings in groups.items():
        yield from _suite(file, findings)
    yield "</testsuites>"


def _suite(file: str, findings: list[Finding]) -> Iterator[str]:
    failures = sum(map(_is_failure, findings))
    errors = sum(map(is_unreadable, findings))
    counts = _counts(max(len(findings), 1), failures, errors)
    yield f"  <testsuite name={_attribute(file)} {counts}>"
    for finding in findings:
        yield from _case(finding)
    if not findings:
        yield f"    <testcase classname={_attribute(file)} name={_attribute('no findings')}/>"
    yield "  </testsuite>"


def _case(finding: Finding) -> Iterator[str]:
    file, path = finding.source.file, finding.source.path
    name = f"{finding.code} {path}" if path else finding.code
    where = f"{file}:{finding.line}" if finding.line else file
    hint = f"; {finding.hint}" if finding.hint else ""
    said = _escaped(f"{where}: {finding.severity}: {finding.message}{hint}")
    yield f"    <testcase classname={_attribute(file)} name={_attribute(name)}>"
    if _is_failure(finding) or is_unreadable(finding):
        tag = "error" if is_unreadable(finding) else "failure"
        message = _attribute(finding.message)
        yield f'      <{tag} type="{finding.code}" message={message}>{said}</{tag}>'
    else:
        yield f"      <system-out>{said}</system-out>"
    yield "    </testcase>"


def _is_failure(finding: Finding) -> bool:
    return finding.severity is not Severity.INFO and not is_unreadable(finding)


def _counts(tests: int, failures: int, errors: int) -> str:
    return f'tests="{tests}" failures="{failures}" errors="{errors}"'


def _ascii(text: str) -> str:
    return text.encode("ascii", "xmlcharrefreplace").decode()


def _attribute(text: str) -> str:
    return _ascii(quoteattr(printable(text)))


def _escaped(text: str) -> str:
    return _ascii(escape(printable(text)))
