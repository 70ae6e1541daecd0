"""SSO201-SSO211: the URL prefixes of Redirect payloads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from ssoroute.checks.report import Report, has_password, shown
from ssoroute.model.finding import Severity
from ssoroute.model.patterns import URLPrefix
from ssoroute.model.quoting import quote
from ssoroute.model.request import Request
from ssoroute.model.spelling import SpellingError, browser_url

if TYPE_CHECKING:
    from ssoroute.checks.target import Entry, PayloadView, Subject
    from ssoroute.model.urls import PrefixParts

__all__ = ["check_prefixes"]

_DEFAULT_PORTS: Final = {"http": "80", "https": "443"}
# A segment of one or two dots, each of which browsers read in percent-encoding, too.
_DOTS: Final = re.compile(r"(?i)/(?:\.|%2e){1,2}(?=/|$)")


def check_prefixes(subject: Subject, report: Report) -> None:
    """Look at each URL prefix alone, then at what they are to each other."""
    for view in subject.payloads:
        for entry in view.prefixes:
            _Prefix(subject, view, entry, report).run()
        for item, place in view.items("URLs"):
            if item == "" and view.type == "Redirect":
                message = "the system refuses an empty URL (54000)"
                report.add("SSO201", place, message, value="")
    _check_schemes(subject, report)
    _check_case(subject, report)


class _Prefix:
    """The rules about one prefix alone."""

    def __init__(self, subject: Subject, view: PayloadView, entry: Entry, report: Report) -> None:
        self._subject = subject
        self._view = view
        self._entry = entry
        self._report = report

    @property
    def _quoted(self) -> str:
        return quote(shown(self._entry.text))

    def run(self) -> None:
        prefix = self._entry.prefix
        if prefix is None:
            self._refused()
            return
        parts = prefix.parts
        if parts.scheme not in _DEFAULT_PORTS:
            self._scheme(parts)
            return
        if "*" in parts.host:
            message = f"the system removes {self._quoted}: its host has a wildcard"
            self._add("SSO206", message)
            return
        self._userinfo(parts)
        if self._entry.is_template:
            return
        self._port(prefix)
        if prefix.has_wildcard:
            message = f"the `*` in {self._quoted} is undocumented, and a character like any other"
            self._add("SSO207", f"{message} before iOS 18, macOS 15 and visionOS 2")
        if _DOTS.search(parts.path):
            self._dots(prefix)
        elif prefix.ends_in_authority:
            self._open_authority(prefix)
        else:
            self._open_path(prefix)

    def _add(
        self,
        code: str,
        message: str,
        *,
        hint: str | None = None,
        severity: Severity | None = None,
        witness: Request | None = None,
    ) -> None:
        self._report.add(
            code,
            self._entry.source,
            message,
            value=self._entry.text,
            hint=hint,
            severity=severity,
            witness=witness,
        )

    def _refused(self) -> None:
        hint = None
        if self._entry.is_template:
            hint = "fill in the placeholder"
        elif not self._entry.text.isascii() and not has_password(self._entry.text):
            hint = _ascii_hint(self._entry.text)
        message = f"the system refuses {self._quoted} (54000): {self._entry.fault}"
        self._add("SSO201", message, hint=hint)

    def _scheme(self, parts: PrefixParts) -> None:
        repaired = parts.scheme.lower() + self._entry.text[len(parts.scheme) :]
        message = f"the system removes {self._quoted}: its scheme is not in lower case"
        self._add("SSO211", message, hint=f"write {quote(shown(repaired))}")

    def _userinfo(self, parts: PrefixParts) -> None:
        if parts.userinfo is not None:
            message = f"{self._quoted} has userinfo: only requests with the very same match"
            self._add("SSO205", message)

    def _port(self, prefix: URLPrefix) -> None:
        parts = prefix.parts
        if not parts.port:
            return
        port = parts.port[1:]
        if port not in ("", _DEFAULT_PORTS[parts.scheme]):
            entry = quote(f"authsrv:{parts.associated_host}")
            message = f"{self._quoted} has a port, so the extension needs {entry}"
            self._add("SSO204", message, hint=f"make sure that {entry} is listed, with the port")
            return
        what = "the default port" if port else "a colon without a port"
        message = f"{self._quoted} has {what}, which browsers leave out: it never matches them"
        start = self._entry.text.find("://") + 3
        end = self._entry.text.find(parts.path, start) if parts.path else len(self._entry.text)
        repaired = self._entry.text[: end - len(parts.port)] + (parts.path or "/")
        self._add("SSO204", message, hint=f"write {quote(shown(repaired))}")

    def _dots(self, prefix: URLPrefix) -> None:
        hint = None
        with suppress(SpellingError):  # a browser refuses it for something else, too
            hint = f"write {quote(shown(browser_url(prefix.text)))}"
        self._add("SSO210", f"no browser sends the dot segments of {self._quoted}", hint=hint)

    def _open_authority(self, prefix: URLPrefix) -> None:
        if prefix.has_wildcard:
            return
        tail = "@evil.net/" if prefix.parts.port else ".evil.net/"
        lookalike = prefix.text + tail
        usage = self._view.product.usage(self._view.type) if self._view.product else None
        is_documented = usage is not None and usage.documents(prefix.text)
        # A port and an `@` behind it look like a password, so only the prefix is looked at.
        example = lookalike if shown(prefix.text) == prefix.text else shown(lookalike)
        message = f"{self._quoted} also matches look-alike hosts: {quote(example)}"
        hint = f"end it with `/`: {quote(shown(prefix.text + '/'))}"
        if is_documented and usage is not None:
            message += f" ({usage.product} is documented in this spelling)"
            hint = "keep it as the vendor documents it"
        self._add(
            "SSO202",
            message,
            hint=hint,
            severity=Severity.INFO if is_documented else None,
            witness=self._subject.confirmed(Request(lookalike), prefix),
        )

    def _open_path(self, prefix: URLPrefix) -> None:
        path = prefix.parts.path
        if not path or path.endswith(("/", "*")) or not prefix.text.endswith(path):
            return  # a bare `?` or `#` behind the path closes it
        sibling = prefix.text + "-other"
        witness = None
        if not prefix.has_wildcard:
            witness = self._subject.confirmed(Request(sibling), prefix)
        message = f"{self._quoted} also matches its siblings: {quote(shown(sibling))}"
        self._add("SSO203", message, witness=witness)


def _ascii_hint(text: str) -> str | None:
    try:
        found = browser_url(text)
    except SpellingError:
        return None
    return f"write {quote(found)}"


class _Listed(NamedTuple):
    """A prefix that the system keeps, and the extension that lists it."""

    entry: Entry
    prefix: URLPrefix
    extension: str


def _listed(subject: Subject) -> Iterator[_Listed]:
    for view in subject.payloads:
        extension = view.extension.bundle_id if view.extension else ""
        for entry in view.prefixes:
            if entry.prefix and entry.prefix.is_routable and not entry.is_template:
                yield _Listed(entry, entry.prefix, extension)


def _check_schemes(subject: Subject, report: Report) -> None:
    listed = list(_listed(subject))
    plain = [item for item in listed if item.prefix.parts.scheme == "http"]
    if not plain:
        return
    secure = {
        (item.extension, item.prefix.text.lower())
        for item in listed
        if item.prefix.parts.scheme == "https"
    }
    for extension_item in plain:
        text = extension_item.prefix.text
        twin = "https" + text[len("http") :]
        lowered = twin.lower()
        covers = ((extension_item.extension, lowered[:end]) for end in range(1, len(lowered) + 1))
        if not any(shorter in secure for shorter in covers):
            message = f"{quote(shown(text))} is for http alone"
            message += f", and {quote(shown(twin))} is not listed"
            hint = f"list {quote(shown(twin))}"
            report.add("SSO208", extension_item.entry.source, message, value=text, hint=hint)


def _check_case(subject: Subject, report: Report) -> None:
    first: dict[str, _Listed] = {}
    for item in _listed(subject):
        text = item.prefix.text
        earlier = first.setdefault(text.lower(), item)
        if earlier is item or earlier.prefix.parts.path == item.prefix.parts.path:
            continue
        message = (
            f"{quote(shown(text))} differs from {quote(shown(earlier.prefix.text))}"
            " in case only, and the system ignores case"
        )
        report.add(
            "SSO209",
            item.entry.source,
            message,
            value=text,
            related=(earlier.entry.source,),
            witness=subject.confirmed(Request(text), item.prefix, earlier.prefix),
        )
