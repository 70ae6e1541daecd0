"""SSO301-SSO306 and SSO308: the host entries of Credential payloads.

Whether a suffix of the payload covers an entry (SSO307) is a relation of rules: `conflicts.py`.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Final

from ssoroute.checks.kerberos import is_kerberos
from ssoroute.checks.report import Report, shown
from ssoroute.model.patterns import HostPattern, lower_ascii
from ssoroute.model.quoting import quote
from ssoroute.relations.witnesses import can_match

if TYPE_CHECKING:
    from ssoroute.checks.target import Entry, Subject

__all__ = ["check_hosts"]

_PORT: Final = re.compile(r"[^:\[\]]*(?P<port>:[0-9]*)")


def check_hosts(subject: Subject, report: Report) -> None:
    """Check each entry of `Hosts`, alone and beside the other entries of its payload."""
    for view in subject.payloads:
        listed = {lower_ascii(entry.text): entry for entry in reversed(view.hosts)}
        for entry in view.hosts:
            if not entry.is_usable:
                continue
            if not _never_matches(entry, report):
                _check_host(entry, listed, report, is_paired=is_kerberos(view))


def _never_matches(entry: Entry, report: Report) -> bool:
    """Report why `entry` never matches; False if it can match."""
    text = entry.text
    quoted = quote(shown(text))

    def add(code: str, why: str, hint: str | None) -> bool:
        message = f"{quoted} never matches: {why}"
        report.add(code, entry.source, message, value=text, hint=hint)
        return True

    if "*" in text and "://" not in text:
        domain = text.lstrip("*.")
        is_plain = text.startswith("*.") and domain and "*" not in domain
        hint = "list each host"
        if is_plain:
            below = quote("." + shown(domain))
            hint = f"write {below}, and {quote(shown(domain))} for that host itself"
        return add("SSO302", "hosts have no wildcards", hint)
    what, bare = _around(text)
    if what:
        return add("SSO301", f"a host has no {what}", f"write {quote(bare)}" if bare else None)
    if not text.isascii():
        label = _a_label(text)
        written = f"write {quote(label)}" if label else None
        return add("SSO306", "hosts are compared in ASCII", written)
    if not can_match(HostPattern(text, entry.source)):
        return add("SSO301", "no request can have such a host", None)
    return False


def _around(text: str) -> tuple[str, str]:
    """What `text` has around the host, and the host alone; both are empty if it has nothing."""
    if "://" in text:
        rest = re.split(r"[/?#]", text.partition("://")[2])[0].rpartition("@")[2]
        port = _PORT.fullmatch(rest)
        return "scheme", rest[: port.start("port")] if port else rest
    for character, what in (("/", "path"), ("?", "query"), ("#", "fragment")):
        if character in text:
            bare = re.split(r"[/?#]", text)[0].rpartition("@")[2]
            port = _PORT.fullmatch(bare)
            return what, bare[: port.start("port")] if port else bare
    if "@" in text:
        return "userinfo", text.rpartition("@")[2]
    port = _PORT.fullmatch(text)
    if port:
        return "port", text[: port.start("port")]
    if text.startswith("[") and text.endswith("]"):
        return "brackets", text[1:-1]
    return "", ""


def _a_label(text: str) -> str | None:
    """The ASCII form of a host or a host suffix, or None if IDNA does not allow one."""
    import idna

    dot = "." if text.startswith(".") else ""
    try:
        return dot + idna.encode(text.removeprefix("."), uts46=True).decode()
    except idna.IDNAError:
        return None


def _check_host(entry: Entry, listed: dict[str, Entry], report: Report, *, is_paired: bool) -> None:
    """Check one entry; `is_paired` says that another rule checks domains beside suffixes."""
    text, quoted = entry.text, quote(entry.text)
    lowered = lower_ascii(text)
    if lowered.endswith("."):
        bare = text.rstrip(".")
        message = f"{quoted} ends with a dot: only hosts that are written so match"
        hint = f"write {quote(bare)}" if bare else None
        report.add("SSO305", entry.source, message, value=text, hint=hint)
    elif lowered.startswith("."):
        _check_suffix(entry, listed, report, is_paired=is_paired)
    elif _is_ip(text):
        message = f"{quoted} is an IP address: only URLs that are written with it match"
        report.add("SSO308", entry.source, message, value=text)


def _check_suffix(
    entry: Entry, listed: dict[str, Entry], report: Report, *, is_paired: bool
) -> None:
    text, quoted = entry.text, quote(entry.text)
    domain = lower_ascii(text[1:])
    if not domain:
        return
    from ssoroute.checks.suffixes import is_public_suffix

    if is_public_suffix(domain):
        message = f"{quoted} is a public suffix: anyone can own a host below it"
        report.add("SSO304", entry.source, message, value=text)
        return
    if domain not in listed and not is_paired:
        message = f"{quoted} does not match {quote(text[1:])} itself"
        hint = f"list {quote(text[1:])} as well if you need it"
        report.add("SSO303", entry.source, message, value=text, hint=hint)


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
