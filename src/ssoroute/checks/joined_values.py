"""SSO111 and SSO112: entries that hold several values, and entries with white space around them.

The system takes every entry of an array as one value. Other rules skip such entries.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ssoroute.checks.report import shown
from ssoroute.checks.separators import joined_values
from ssoroute.checks.wording import listing
from ssoroute.model.keys import keys
from ssoroute.model.quoting import quote

if TYPE_CHECKING:
    from ssoroute.checks.report import Report
    from ssoroute.checks.target import Subject
    from ssoroute.model.source import Source

__all__ = ["check_joined_values"]

_DENIED: Final = "DeniedBundleIdentifiers"


def check_joined_values(subject: Subject, report: Report) -> None:
    """Check the entries of all arrays of values."""
    device = subject.device
    names = ["URLs", "Hosts"]
    if keys()[_DENIED].known(device.platform, device.version):
        names.append(_DENIED)
    for view in subject.payloads:
        for name in names:
            if name != _DENIED and view.type != keys()[name].read_for:
                continue
            for item, place in view.items(name):
                if isinstance(item, str):
                    _check(item, [shown(part) for part in joined_values(item, name)], place, report)
    for profile in subject.profiles:
        for domains in profile.associated_domains:
            place = domains.source.key("AssociatedDomains")
            for index, entry in enumerate(domains.entries):
                parts = list(joined_values(entry, "AssociatedDomains"))
                _check(entry, parts, place.item(index), report)


def _check(text: str, parts: list[str], place: Source, report: Report) -> None:
    if parts:
        message = f"one entry holds {len(parts)} values, and the system takes it as one value"
        hint = f"write {len(parts)} entries: {listing(parts)}"
        report.add("SSO111", place, message, value=text, hint=hint)
    elif text != text.strip():
        message = (
            f"{quote(shown(text))} has white space around it, which counts as a part of the value"
        )
        hint = f"write {quote(shown(text.strip()))}"
        report.add("SSO112", place, message, value=text, hint=hint)
