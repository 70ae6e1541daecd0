"""One repair, and the content of a file after repairs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ssoroute.loaders.source_text import SourceText
from ssoroute.model.finding import Finding
from ssoroute.model.source import Source

__all__ = ["Candidate", "Repair", "repaired"]


@dataclass(frozen=True, slots=True)
class Repair:
    """One change of the text of the file `source.file`, which ends one finding.

    The characters from `start` to `end` (counted from 0, without a byte order mark, line ends as
    they are) become `replacement`. `code` and `source` are those of the finding. `title` says what
    the change does, and never shows a secret; `replacement` can hold what the file holds.
    """

    source: Source
    start: int
    end: int
    replacement: str = field(repr=False)
    code: str
    title: str


def repaired(data: bytes, found: Iterable[Repair]) -> bytes:
    """`data`, the content of a file, after the repairs `found` of this file.

    Everything else stays as it is, byte for byte.
    """
    text = SourceText.read(data)
    if text is None:
        return data
    changed = text.text
    for repair in sorted(found, key=lambda repair: repair.start, reverse=True):
        changed = changed[: repair.start] + repair.replacement + changed[repair.end :]
    return text.encoded(changed)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A repair, its finding, and the place of the finding if the repair did not end it."""

    repair: Repair
    finding: Finding
    place_after: Source
