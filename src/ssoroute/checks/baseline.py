"""Baselines: findings that are known and accepted, and that later checks leave out.

A finding is known by its code, its file, its key path without the numbers of array items, and its
value. So it stays known when lines and items are added or removed before it. Equal findings are
counted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple

from ssoroute.model.finding import Finding

__all__ = [
    "Baseline",
    "BaselineError",
    "Entry",
    "read_baseline",
    "stale",
    "to_json",
    "without_known",
]

_INDEX: Final = re.compile(r"\[\d+\]")
#: How a baseline names the file of a finding.
FileName = Callable[[str], str]


class Entry(NamedTuple):
    """One accepted finding; array items in its `path` have no numbers."""

    code: str
    file: str
    path: str
    value: str | None


Baseline = Counter[Entry]


class BaselineError(ValueError):
    """The JSON value is not a baseline; the message says why."""


def _entry(finding: Finding, name_of: FileName) -> Entry:
    path = _INDEX.sub("[]", finding.source.path)
    return Entry(finding.code, name_of(finding.source.file), path, finding.value)


def to_json(findings: Iterable[Finding], name_of: FileName) -> dict[str, object]:
    """The baseline of `findings` as a JSON object; secrets are not part of a finding."""
    entries = [_entry(finding, name_of)._asdict() for finding in findings]
    return {"schema": 1, "findings": entries}


def read_baseline(value: object) -> Baseline:
    """The baseline in the JSON value `value`; `BaselineError` if it is not one."""
    entries = value.get("findings") if isinstance(value, Mapping) else None
    if not isinstance(value, Mapping) or value.get("schema") != 1 or not isinstance(entries, list):
        raise BaselineError('a baseline is a JSON object such as {"schema": 1, "findings": […]}')
    baseline: Baseline = Counter()
    for number, entry in enumerate(entries):
        members = [entry.get(name) for name in Entry._fields] if isinstance(entry, Mapping) else []
        if len(members) != len(Entry._fields) or not all(
            isinstance(member, str) or (member is None and name == "value")
            for name, member in zip(Entry._fields, members, strict=True)
        ):
            raise BaselineError(f"findings[{number}] is not a finding of a baseline")
        code, file, path = map(str, members[:3])
        baseline[Entry(code, file, path, members[3])] += 1
    return baseline


def without_known(
    findings: Iterable[Finding], baseline: Baseline, name_of: FileName
) -> list[Finding]:
    """The findings that `baseline` does not have."""
    left = Counter(baseline)
    new = []
    for finding in findings:
        entry = _entry(finding, name_of)
        if left[entry] > 0:
            left[entry] -= 1
        else:
            new.append(finding)
    return new


def stale(findings: Iterable[Finding], baseline: Baseline, name_of: FileName) -> list[Entry]:
    """The entries of `baseline` that match no finding, each as often as it is left over."""
    left = Counter(baseline)
    left.subtract(_entry(finding, name_of) for finding in findings)
    return list((+left).elements())
