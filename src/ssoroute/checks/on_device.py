"""SSO605, SSO606, SSO804 and SSO805: payloads and prefixes without effect on the given device.

The device file says which extensions are installed and which domains are approved. Everything else
that makes a payload inactive has its own rule, so it is not repeated here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ssoroute.checks.report import shown
from ssoroute.checks.wording import listing
from ssoroute.install.activation import Inactive, InactiveReason
from ssoroute.install.associated_domains import SERVICE, all_domains_refused
from ssoroute.model.payload import RedirectPayload
from ssoroute.model.quoting import quote

if TYPE_CHECKING:
    from ssoroute.checks.report import Report
    from ssoroute.checks.target import Subject

__all__ = ["check_on_device"]


def check_on_device(subject: Subject, report: Report) -> None:
    """Report what the installed extensions and the approvals of the device make inactive."""
    activation = subject.router.activation
    for inactive in activation.inactive:
        _check_inactive(subject, inactive, report)
    for payload in activation.active:
        if isinstance(payload, RedirectPayload) and all_domains_refused(payload, subject.device):
            hosts = dict.fromkeys(p.parts.associated_host for p in payload.url_prefixes)
            message = f"no host approves {quote(str(payload.extension))}: it gets no requests"
            message += f" of {listing(list(hosts))}"
            report.add("SSO805", payload.source.key("URLs"), message)


def _check_inactive(subject: Subject, inactive: Inactive, report: Report) -> None:
    payload, prefix = inactive.payload, inactive.prefix
    name = quote(payload.extension.bundle_id)
    match inactive.reason:
        case InactiveReason.EXTENSION_NOT_INSTALLED:
            message = f"{name} is not installed on the device, so the payload has no effect"
            report.add("SSO605", payload.source, message)
        case InactiveReason.TEAM_DIFFERS:
            installed = subject.device.installed_extensions or ()
            teams = [e.team_id for e in installed if e.bundle_id == payload.extension.bundle_id]
            known = listing([team for team in teams if team])
            given = quote(payload.extension.team_id or "")
            message = f"{name} has the team {known} on the device, not {given}: the payload has no"
            report.add("SSO606", payload.source, f"{message} effect")
        case InactiveReason.PREFIX_DOMAIN_NOT_APPROVED:
            if prefix is None or prefix.source is None:
                return
            text = quote(shown(prefix.text))
            entry = quote(SERVICE + prefix.parts.associated_host)
            message = f"the system removes {text}: {entry} is not approved, and another host is"
            report.add("SSO804", prefix.source, message, value=prefix.text)
        case _:
            pass  # it has a rule of its own
