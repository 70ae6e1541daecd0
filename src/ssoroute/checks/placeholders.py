"""SSO107: placeholders that were never filled in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ssoroute.checks.report import Report, shown
from ssoroute.checks.templates import placeholder_in
from ssoroute.model.quoting import quote

if TYPE_CHECKING:
    from ssoroute.checks.target import Subject

__all__ = ["check_placeholders"]

#: Keys that routing reads; for a list, the Type that reads it.
_ROUTED: Final = (
    "ExtensionIdentifier",
    "TeamIdentifier",
    "ExtensionComposedIdentifier",
    "Type",
    "Realm",
    "ScreenLockedBehavior",
)
_LISTS: Final = {"URLs": "Redirect", "Hosts": "Credential", "DeniedBundleIdentifiers": None}


def check_placeholders(subject: Subject, report: Report) -> None:
    """Check every value that routing reads."""
    for view in subject.payloads:
        values = [(view.content.get(key), view.source.key(key)) for key in _ROUTED]
        for key, type_ in _LISTS.items():
            if type_ in (None, view.type):
                values += view.items(key)
        for value, source in values:
            placeholder = placeholder_in(value) if isinstance(value, str) else None
            if isinstance(value, str) and placeholder:
                message = f"{quote(shown(value))} still has the placeholder {quote(placeholder)}"
                report.add("SSO107", source, message, value=value)
