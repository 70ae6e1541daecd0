"""What `pluginkit -m -p com.apple.AppSSO.idp-extension` prints: the SSO extensions of a Mac.

Observed (in descriptions): a line for each, a flag and then `bundle.id(version)`; with `-v` more
columns follow, with `-vvv` indented lines `Name = value`. It does not print team identifiers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from ssoroute.loaders.findings import Code, Report
from ssoroute.loaders.text import printed_lines
from ssoroute.model.quoting import quote
from ssoroute.model.source import Source

__all__ = ["ListedExtension", "is_pluginkit", "read_pluginkit"]

_LINE: Final = re.compile(
    r"([+\-!?=]?)[ \t]*([A-Za-z0-9][A-Za-z0-9_\-]*(?:\.[A-Za-z0-9_\-]+)+)"
    r"\(([^()]*(?:\(null\))?)\).*"
)
#: How the list ends, and what is printed if it is empty.
_REMARK: Final = re.compile(r"\s*\(.*\)\s*")


@dataclass(frozen=True, slots=True)
class ListedExtension:
    """One extension of the list; it is not `usable` if the user has turned it off."""

    bundle_id: str
    version: str
    usable: bool
    source: Source


def is_pluginkit(text: str) -> bool:
    """Whether `text` looks like the output of `pluginkit -m`."""
    lines = [line for line in text.splitlines() if line.strip()]
    return bool(lines) and (
        bool(_LINE.fullmatch(lines[0].strip())) or lines[0].strip() == "(no matches)"
    )


def read_pluginkit(data: bytes, source: Source, report: Report) -> list[ListedExtension]:
    r"""The extensions of the list; lines that are not understood are reported and left out.

    >>> text = b"+    com.example.app.sso(1.2)\n-    com.example.off(3.0)\n"
    >>> [(e.bundle_id, e.usable) for e in read_pluginkit(text, Source("pluginkit.txt"), Report())]
    [('com.example.app.sso', True), ('com.example.off', False)]
    """
    found = []
    for number, line in printed_lines(data):
        match = _LINE.fullmatch(line.strip())
        if match:
            # Documented (manual page): `-` is an extension that the user has turned off.
            place = source.line(number)
            found.append(ListedExtension(match[2], match[3], match[1] != "-", place))
        elif line.strip() and " = " not in line and not _REMARK.fullmatch(line):
            message = f"{quote(line.strip())} is not an extension; ignored"
            report.add(Code.IGNORED_LINE, source.line(number), message)
    return found
