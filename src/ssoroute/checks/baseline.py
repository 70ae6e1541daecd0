"""Findings that are known and accepted: written once, left out from then on.

A finding is known by its code, its file, its key path without the numbers of array items, and its
value, so that it stays known when lines and items before it come and go. Equal ones are counted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from ssoroute.model.finding import Finding

__all__ = ["Baseline", "BaselineError", "read_baseline", "to_json", "without_known"]

_INDEX: Final = re.compile(r"\[\d+\]")
_MEMBERS: Final = ("code", "file", "path", "value")

_Identity = tuple[str, str, str, str | None]
Baseline = Counter[_Identity]


class BaselineError(ValueError):
    """What was read is no baseline; the message says why."""


def _identity(finding: Finding) -> _Identity:
    path = _INDEX.sub("[]", finding.source.path)
    return finding.code, finding.source.file, path, finding.value


def to_json(findings: Iterable[Finding]) -> dict[str, object]:
    """The baseline of `findings` as a JSON object; secrets are no part of a finding."""
    return {
        "schema": 1,
        "findings": [dict(zip(_MEMBERS, _identity(found), strict=True)) for found in findings],
    }


def read_baseline(value: object) -> Baseline:
    """The baseline that the JSON value `value` is; `BaselineError` where it is none."""
    entries = value.get("findings") if isinstance(value, Mapping) else None
    if not isinstance(value, Mapping) or value.get("schema") != 1 or not isinstance(entries, list):
        raise BaselineError('a baseline is a JSON object such as {"schema": 1, "findings": […]}')
    baseline: Baseline = Counter()
    for number, entry in enumerate(entries):
        members = [entry.get(name) for name in _MEMBERS] if isinstance(entry, Mapping) else []
        if len(members) != len(_MEMBERS) or not all(
            isinstance(member, str) or (member is None and name == "value")
            for name, member in zip(_MEMBERS, members, strict=True)
        ):
            raise BaselineError(f"findings[{number}] is no finding of a baseline")
        code, file, path = map(str, members[:3])
        baseline[code, file, path, members[3]] += 1
    return baseline


def without_known(findings: Iterable[Finding], baseline: Baseline) -> list[Finding]:
    """The findings that `baseline` does not know."""
    left = Counter(baseline)
    new = []
    for finding in findings:
        identity = _identity(finding)
        if left[identity] > 0:
            left[identity] -= 1
        else:
            new.append(finding)
    return new
