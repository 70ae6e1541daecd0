"""SSO806-SSO809: how associated-domains payloads are written.

Documented: docs/matching.md, "Associated domains".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ssoroute.checks.separators import joined_values
from ssoroute.model.nearest import nearest
from ssoroute.model.platforms import Platform
from ssoroute.model.quoting import one_line, quote

if TYPE_CHECKING:
    from ssoroute.checks.report import Report
    from ssoroute.checks.target import Subject
    from ssoroute.model.profile import AssociatedDomains
    from ssoroute.model.source import Source

__all__ = ["check_domain_entries"]

_KEYS: Final = ("ApplicationIdentifier", "AssociatedDomains", "EnableDirectDownloads")
_TEAM: Final = re.compile(r"[A-Z0-9]{10}\.[^.]+\..+")
_MODES: Final = ("developer", "managed")
_SERVICE: Final = "authsrv"
_ENTRY: Final = re.compile(r"(?P<service>[a-z]+):(?P<host>[^/?#@\s]+)(?:\?mode=(?P<modes>[^?#]*))?")


def check_domain_entries(subject: Subject, report: Report) -> None:
    """Check each associated-domains payload; only macOS reads them."""
    if subject.device.platform is not Platform.MACOS:
        return
    for profile in subject.profiles:
        for domains in profile.associated_domains:
            _check_domains(domains, report)


def _check_domains(domains: AssociatedDomains, report: Report) -> None:
    name = domains.application_identifier
    if not _TEAM.fullmatch(name):
        message = f"{quote(name)} does not begin with a team identifier"
        place = domains.source.key("ApplicationIdentifier")
        report.add("SSO806", place, message, value=name)
    for key in domains.other_keys:
        close = nearest(key, _KEYS)
        hint = f"did you mean {quote(close)}?" if close else None
        place = domains.source.key(one_line(key))
        report.add("SSO808", place, f"unknown key {quote(key)}", hint=hint)
    entries = domains.source.key("AssociatedDomains")
    managed = False
    for index, entry in enumerate(domains.entries):
        managed = managed or "managed" in _modes(entry)
        if entry == entry.strip() and not joined_values(entry, "AssociatedDomains"):
            _check_entry(entry, entries.item(index), report)
    if domains.direct_downloads and not managed:
        message = "`EnableDirectDownloads` has no effect: no entry has `?mode=managed`"
        report.add("SSO809", domains.source.key("EnableDirectDownloads"), message)


def _modes(entry: str) -> list[str]:
    return entry.partition("?mode=")[2].split("+")


def _check_entry(entry: str, place: Source, report: Report) -> None:
    found = _ENTRY.fullmatch(entry)
    if found and found["host"].count(":") <= 1 and set(_modes(entry)) <= {*_MODES, ""}:
        return
    host, hint = entry, None
    if "://" in entry:
        fault = "has a scheme"
        service, _, rest = entry.partition("://")
        is_service = service.startswith(f"{_SERVICE}:")
        host = rest if is_service or service in ("http", "https", _SERVICE) else ""
    elif not found and ":" not in entry:
        fault = "has no service"
    elif "/" in entry:
        fault, host = "has a path", entry.partition(":")[2]
    elif found and found["modes"] is not None:
        fault, host = "has an unknown mode", ""
        hint = "write `?mode=managed` or `?mode=developer`"
    else:
        fault, host = "is not `service:host`", ""
    bare = re.split(r"[/?#]", host)[0]
    if bare:
        hint = f"write {quote(f'{_SERVICE}:{bare}')}"
    report.add("SSO807", place, f"{quote(entry)} {fault}", value=entry, hint=hint)
