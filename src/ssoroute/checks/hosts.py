"""SSO301-SSO308: the host entries of Credential payloads."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Final

from ssoroute.checks.report import Report, shown
from ssoroute.model.patterns import HostPattern, lower_ascii
from ssoroute.model.quoting import quote
from ssoroute.model.request import Request
from ssoroute.relations.overlap import can_match

if TYPE_CHECKING:
    from ssoroute.checks.target import Entry, PayloadView, Subject

__all__ = ["check_hosts"]

_PORT: Final = re.compile(r"[^:\[\]]*(?P<port>:[0-9]*)")


def check_hosts(subject: Subject, report: Report) -> None:
    """Look at each entry of `Hosts`, alone and beside the others of its payload."""
    for view in subject.payloads:
        listed = {lower_ascii(entry.text): entry for entry in reversed(view.hosts)}
        for entry in view.hosts:
            if entry.is_template:
                continue
            if not _never_matches(entry, report):
                _check_host(subject, view, entry, listed, report)


def _never_matches(entry: Entry, report: Report) -> bool:
    """Report why `entry` never matches, if that is so."""
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
    """What stands around the host in `text`, and the host alone; both empty where nothing does."""
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
    if any(character.isspace() for character in text):
        return "white space", "".join(text.split())
    port = _PORT.fullmatch(text)
    if port:
        return "port", text[: port.start("port")]
    if text.startswith("[") and text.endswith("]"):
        return "brackets", text[1:-1]
    return "", ""


def _a_label(text: str) -> str | None:
    """The ASCII form of a host or a host suffix, None where IDNA allows none."""
    import idna

    dot = "." if text.startswith(".") else ""
    try:
        return dot + idna.encode(text.removeprefix("."), uts46=True).decode()
    except idna.IDNAError:
        return None


def _check_host(
    subject: Subject,
    view: PayloadView,
    entry: Entry,
    listed: dict[str, Entry],
    report: Report,
) -> None:
    text, quoted = entry.text, quote(entry.text)
    lowered = lower_ascii(text)
    if lowered.endswith("."):
        bare = text.rstrip(".")
        message = f"{quoted} ends with a dot: only hosts that are written so match"
        hint = f"write {quote(bare)}" if bare else None
        report.add("SSO305", entry.source, message, value=text, hint=hint)
    elif lowered.startswith("."):
        _check_suffix(entry, listed, report)
    elif _is_ip(text):
        message = f"{quoted} is an IP address: only URLs that are written with it match"
        report.add("SSO308", entry.source, message, value=text)
    suffix = _covering(lowered, listed, view)
    if suffix is not None:
        message = f"{quoted} is covered by the suffix {quote(suffix.text)} of the same payload"
        host = f"a{text}" if lowered.startswith(".") else text
        request = Request(f"https://{host}/", response_code=401)
        entries = (HostPattern(text, entry.source), HostPattern(suffix.text, suffix.source))
        report.add(
            "SSO307",
            entry.source,
            message,
            value=text,
            related=(suffix.source,),
            witness=subject.confirmed(request, *entries),
        )


def _check_suffix(entry: Entry, listed: dict[str, Entry], report: Report) -> None:
    text, quoted = entry.text, quote(entry.text)
    domain = lower_ascii(text[1:])
    if not domain:
        return
    from ssoroute.checks.suffixes import is_public_suffix

    if is_public_suffix(domain):
        message = f"{quoted} is a public suffix: hosts below it belong to everybody"
        report.add("SSO304", entry.source, message, value=text)
        return
    if domain not in listed:
        message = f"{quoted} does not match {quote(text[1:])} itself"
        hint = f"list {quote(text[1:])}, too, if it is meant"
        report.add("SSO303", entry.source, message, value=text, hint=hint)


def _covering(lowered: str, listed: dict[str, Entry], view: PayloadView) -> Entry | None:
    """The shortest suffix of the payload that matches all that the entry `lowered` matches."""
    if len(view.hosts) == 1:
        return None
    dots = (place for place in range(len(lowered) - 1, 0, -1) if lowered[place] == ".")
    return next((listed[lowered[dot:]] for dot in dots if lowered[dot:] in listed), None)


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
