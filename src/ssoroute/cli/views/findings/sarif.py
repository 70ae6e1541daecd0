"""For code scanning: SARIF 2.1.0."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import PurePosixPath
from typing import Any, Final
from urllib.parse import quote

from ssoroute.checks.rules import CheckRule, rules
from ssoroute.cli.request_lines import dumps
from ssoroute.cli.views.findings.found import Found, fingerprint, separated
from ssoroute.model.finding import Finding, Severity
from ssoroute.model.source import Source

__all__ = ["sarif_lines"]

_LEVELS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def sarif_lines(found: Found) -> Iterator[str]:
    """The lines of the log: one run, with all the rules, and a result for each finding."""
    order = {code: number for number, code in enumerate(rules())}
    run: dict[str, object] = {
        "tool": {"driver": _driver()},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": found.complete}],
    }
    schema = dumps({"$schema": "https://json.schemastore.org/sarif-2.1.0.json"})
    yield f'{schema[:-1]}, "version": "2.1.0", "runs": ['
    yield f'{dumps(run)[:-1]}, "results": ['
    yield from separated(_result(finding, order[finding.code]) for finding in found.findings)
    yield "]}]}"


def _driver() -> dict[str, Any]:
    from importlib.metadata import PackageNotFoundError, version

    driver: dict[str, Any] = {"name": "ssoroute"}
    with suppress(PackageNotFoundError):  # a source tree that is not installed
        driver["version"] = version("ssoroute")
    pages = _documentation()
    driver["rules"] = [_rule(rule, pages) for rule in rules().values()]
    return driver


def _documentation() -> str:
    """The address of the documentation that the package names; empty if it names none."""
    from importlib.metadata import PackageNotFoundError, metadata

    with suppress(PackageNotFoundError):
        for entry in metadata("ssoroute").get_all("Project-URL") or ():
            name, _, address = entry.partition(", ")
            if name.lower() == "documentation":
                return f"{address.rstrip('/')}/"
    return ""


def _rule(rule: CheckRule, pages: str) -> dict[str, Any]:
    hint = f" To repair it: {rule.hint}." if rule.hint else ""
    # SARIF wants an absolute address here.
    help_uri = {"helpUri": pages + rule.docs.removeprefix("docs/")} if pages else {}
    return {
        **help_uri,
        "id": rule.code,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.text},
        "help": {"text": f"{rule.text}{hint} See {rule.docs}."},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {"authority": rule.authority.value},
    }


def _result(finding: Finding, rule: int) -> dict[str, Any]:
    hint = f"; {finding.hint}" if finding.hint else ""
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": _LEVELS[finding.severity],
        "message": {"text": f"{finding.message}{hint}"},
        "locations": [_location(finding.source, finding.line, finding.column)],
        "partialFingerprints": {"ssoroute/v1": fingerprint(finding)},
    }
    if finding.related:
        result["relatedLocations"] = [
            {"id": number, **_location(source, None, None)}
            for number, source in enumerate(finding.related, 1)
        ]
    properties = {
        "authority": finding.authority,
        "value": finding.value,
        "witness": finding.witness and finding.witness.to_json(),
    }
    known = {name: value for name, value in properties.items() if value is not None}
    if known:
        result["properties"] = known
    return result


def _location(source: Source, line: int | None, column: int | None) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(source.file)}}
    if line is not None:
        region = {"startLine": line}
        if column is not None:
            region["startColumn"] = column
        physical["region"] = region
    location: dict[str, Any] = {"physicalLocation": physical}
    if source.path:
        location["logicalLocations"] = [{"fullyQualifiedName": source.path}]
    return location


def _uri(file: str) -> str:
    path = PurePosixPath(file)
    return f"file://{quote(file)}" if path.is_absolute() else quote(file)
