"""SSO107: what a template or a server was to replace and did not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ssoroute.checks.report import Report, shown
from ssoroute.model.quoting import quote

if TYPE_CHECKING:
    from ssoroute.checks.target import Subject

__all__ = ["check_placeholders", "has_placeholder"]

# A `%VAR%` is in capitals, and its last `%` begins no escape: `%C3%A4` is none.
_PLACEHOLDER: Final = re.compile(
    r"\$\{[^{}]*\}"
    r"|\{\{[^{}]*\}\}"
    r"|\$[A-Z][A-Z0-9_]+"
    r"|%[A-Z][A-Z0-9_]{2,}%(?![0-9A-Fa-f]{2})"
    r"|<[A-Za-z][^<>]*>"
)

#: What routing reads, and what says to whom.
_ROUTED: Final = (
    "ExtensionIdentifier",
    "TeamIdentifier",
    "ExtensionComposedIdentifier",
    "Type",
    "Realm",
    "ScreenLockedBehavior",
)
_LISTS: Final = {"URLs": "Redirect", "Hosts": "Credential", "DeniedBundleIdentifiers": None}


def has_placeholder(text: str) -> bool:
    """Whether something in `text` was to be replaced.

    >>> has_placeholder("https://${org}/"), has_placeholder("https://h/%C3%A4%20")
    (True, False)
    """
    return _find(text) is not None


def _find(text: str) -> str | None:
    # Most values hold none of these, and looking for them is cheap.
    if not any(character in text for character in "$%{<"):
        return None
    found = _PLACEHOLDER.search(text)
    return found[0] if found else None


def check_placeholders(subject: Subject, report: Report) -> None:
    """Look at every value that routing reads."""
    for view in subject.payloads:
        values = [(view.content.get(key), view.source.key(key)) for key in _ROUTED]
        for key, type_ in _LISTS.items():
            if type_ in (None, view.type):
                values += view.items(key)
        for value, source in values:
            placeholder = _find(value) if isinstance(value, str) else None
            if isinstance(value, str) and placeholder:
                message = f"{quote(shown(value))} still holds the placeholder {quote(placeholder)}"
                report.add("SSO107", source, message, value=value)
