"""The findings to print, and the files that they are about."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ssoroute.cli.request_lines import dumps
from ssoroute.loaders.findings import CODES
from ssoroute.model.finding import Finding, Severity

__all__ = ["Found", "fingerprint", "is_unreadable", "separated"]


@dataclass(frozen=True, slots=True)
class Found:
    """The findings to print, in order; `files` are all files that were read.

    `complete` says that everything could be read, `payloads` how many SSO payloads there are.
    `assumed` is the target if it comes from the extensions that the profiles name. `ignored` is how
    many findings comments in the profiles end, `known` how many are in the baseline.
    """

    findings: tuple[Finding, ...]
    files: tuple[str, ...]
    complete: bool
    payloads: int
    assumed: str = ""
    ignored: int = 0
    known: int = 0

    def count(self, severity: Severity) -> int:
        """How many findings have this severity."""
        return sum(finding.severity is severity for finding in self.findings)

    def by_file(self) -> dict[str, list[Finding]]:
        """The findings of each file, in order; also files without findings."""
        groups: dict[str, list[Finding]] = {file: [] for file in self.files}
        for finding in self.findings:
            groups.setdefault(finding.source.file, []).append(finding)
        return groups


def is_unreadable(finding: Finding) -> bool:
    """Whether `finding` says that an input cannot be read."""
    return finding.severity is Severity.ERROR and finding.code in CODES


def fingerprint(finding: Finding) -> str:
    """The same text for the same finding at the same key, whatever the lines of the file."""
    parts = (finding.code, finding.source.file, finding.source.path, finding.value or "")
    text = "\0".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.sha256(text).hexdigest()[:32]


def separated(items: Iterable[Mapping[str, object]]) -> Iterator[str]:
    """The items of a JSON array, one a line, a comma after each but the last.

    >>> list(separated([{"a": 1}, {"b": 2}]))
    ['{"a": 1},', '{"b": 2}']
    """
    last = None
    for item in items:
        if last is not None:
            yield f"{last},"
        last = dumps(item)
    if last is not None:
        yield last
