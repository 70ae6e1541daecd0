"""SSO903, SSO907 and SSO908: payloads of Apple's Kerberos extension."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ssoroute.model.finding import Severity
from ssoroute.model.patterns import lower_ascii
from ssoroute.model.quoting import quote

if TYPE_CHECKING:
    from ssoroute.checks.report import Report
    from ssoroute.checks.target import PayloadView, Subject

__all__ = ["KERBEROS", "check_kerberos", "is_kerberos"]

KERBEROS: Final = "com.apple.AppSSOKerberos.KerberosExtension"


def is_kerberos(view: PayloadView) -> bool:
    """Whether the payload names Apple's Kerberos extension."""
    return view.extension is not None and view.extension.bundle_id == KERBEROS


def check_kerberos(subject: Subject, report: Report) -> None:
    """Check the realm and the hosts of Credential payloads of the Kerberos extension."""
    for view in subject.payloads:
        if is_kerberos(view) and view.type == "Credential":
            _check_realm(view, report)
            _check_hosts(view, report)


def _check_realm(view: PayloadView, report: Report) -> None:
    realm = view.content.get("Realm")
    if "Realm" not in view.content:
        message = "`Realm` is missing, and the Kerberos extension needs it"
        report.add("SSO907", view.source, message)
    elif isinstance(realm, str) and realm != realm.upper():
        message = f"the Kerberos realm {quote(realm)} is not in capitals"
        hint = f"write {quote(realm.upper())}"
        report.add("SSO903", view.source.key("Realm"), message, value=realm, hint=hint)


def _check_hosts(view: PayloadView, report: Report) -> None:
    realm = view.content.get("Realm")
    domain = lower_ascii(realm) if isinstance(realm, str) else ""
    listed = {lower_ascii(entry.text) for entry in view.hosts}
    # Reading: who lists patterns for several domains lists the domain alone on purpose.
    has_patterns = any(text.startswith((".", "*")) for text in listed)
    # each domain that has an entry below it
    around = {text[dot + 1 :] for text in listed for dot in range(len(text)) if text[dot] == "."}
    for entry in view.hosts:
        text = lower_ascii(entry.text)
        if not entry.is_usable or "*" in text:
            continue
        if text.startswith(".") and text[1:] not in listed:
            message = f"{quote(entry.text)} does not match {quote(entry.text[1:])} itself"
            hint = f"list {quote(entry.text[1:])} as well"
            severity = Severity.INFO
        elif (
            not has_patterns
            and text not in around
            and (text == domain or (not domain and text.count(".") == 1))
        ):
            message = f"{quote(entry.text)} does not match the hosts below it"
            hint = f"list {quote('.' + entry.text)} as well"
            severity = Severity.WARNING
        else:
            continue
        report.add("SSO908", entry.source, message, value=entry.text, hint=hint, severity=severity)
