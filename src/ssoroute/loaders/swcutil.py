"""What `swcutil show` prints: which associated domains are approved.

Observed (in descriptions): sections with a heading such as `==== DATABASE ====`; in the database,
entries between lines of hyphens, each a list of `Name: value`. The dates depend on the locale, so
they are not read. Entries of other services than `authsrv` do not concern SSO.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ssoroute.loaders.findings import Code, Report
from ssoroute.loaders.text import printed_lines
from ssoroute.model.device import Approval
from ssoroute.model.quoting import quote
from ssoroute.model.source import Source

__all__ = ["DomainApproval", "is_swcutil", "read_swcutil"]

_DIVIDER: Final = re.compile(r"\s*(?:-{10,}|=+ [^=]* ?=+)\s*")
_HOST: Final = re.compile(r"(?:\[[^\[\]\s]+\]|[^\s/?#@:\[\]]+)(?::[0-9]+)?")
_APP_ID: Final = re.compile(r"[A-Za-z0-9]+(?:\.[A-Za-z0-9_\-]+)+")
_IDENTITY: Final = ("service", "app id", "domain")
_APPROVALS: Final = {"approved": Approval.APPROVED, "denied": Approval.NOT_APPROVED}


@dataclass(frozen=True, slots=True)
class DomainApproval:
    """One entry: an app or extension (`TEAM.bundle.id`), and what the device knows of a host.

    `approval` is None if it is unknown. `mode` is what follows `?mode=` in the domain.
    """

    app_id: str
    host: str
    approval: Approval | None
    mode: str | None
    error: str | None
    source: Source


def is_swcutil(text: str) -> bool:
    """Whether `text` looks like the output of `swcutil show`."""
    return "App ID:" in text or ("==== " in text and "DATABASE" in text)


def read_swcutil(data: bytes, source: Source, report: Report) -> list[DomainApproval]:
    """The entries of the service `authsrv`; those that cannot be read are reported and left out."""
    entries = (_entry(fields, report) for fields in _entries(data, source))
    return [entry for entry in entries if entry]


_Fields = dict[str, tuple[str, Source]]


def _entries(data: bytes, source: Source) -> Iterator[_Fields]:
    fields: _Fields = {}
    for number, line in printed_lines(data):
        if _DIVIDER.fullmatch(line):
            yield fields
            fields = {}
            continue
        name, colon, value = line.partition(":")
        if colon:
            name = name.strip().lower()
            if name == "service" and name in fields:  # a divider is missing
                yield fields
                fields = {}
            fields.setdefault(name, (value.strip(), source.line(number)))
    yield fields


def _entry(fields: _Fields, report: Report) -> DomainApproval | None:
    service, place = fields.get("service", ("", Source("")))
    if service.lower() != "authsrv":
        return None
    for name in _IDENTITY:
        if name not in fields:
            words = {"app id": "App ID", "domain": "Domain"}[name]
            report.add(Code.IGNORED_LINE, place, f"an entry without `{words}:` is ignored")
            return None
    app_id, app_place = fields["app id"]
    domain, domain_place = fields["domain"]
    host, _question, query = domain.partition("?")
    if not _APP_ID.fullmatch(app_id):
        message = f"{quote(app_id)} is not an App ID such as `TEAM.bundle.id`; ignored"
        report.add(Code.IGNORED_LINE, app_place, message)
        return None
    if not _HOST.fullmatch(host):
        report.add(Code.IGNORED_LINE, domain_place, f"{quote(domain)} is not a host; ignored")
        return None
    # Documented: a mode such as `?mode=managed` is not part of the host.
    mode = query.removeprefix("mode=") if query.startswith("mode=") else None
    error = fields.get("error")
    approval, decided_at = _approval(fields, place, report)
    return DomainApproval(
        app_id, host.lower(), approval, mode, (error[0] or None) if error else None, decided_at
    )


def _approval(fields: _Fields, place: Source, report: Report) -> tuple[Approval | None, Source]:
    """What the two approvals of an entry come to, and the line that decides."""
    site = fields.get("site/fmwk approval")
    user = fields.get("user approval")
    # Observed: a user (or their administrator) can deny what the site approves.
    if user and user[0].lower() == "denied":
        return Approval.NOT_APPROVED, user[1]
    if site is None:
        message = "an entry without `Site/Fmwk Approval:`, so its approval is unknown"
        report.add(Code.IGNORED_LINE, place, message)
        return None, place
    return _APPROVALS.get(site[0].lower()), site[1]
