"""SSO201-SSO211: the URL prefixes of Redirect payloads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple, Unpack

from ssoroute.checks.report import Details, Report, has_password, shown
from ssoroute.install.refusal import RefusalCode
from ssoroute.model.finding import Severity
from ssoroute.model.patterns import URLPrefix
from ssoroute.model.quoting import quote
from ssoroute.model.request import Request
from ssoroute.model.spelling import SpellingError, browser_url
from ssoroute.model.urls import authority_start

if TYPE_CHECKING:
    from ssoroute.checks.target import Entry, PayloadView, Subject
    from ssoroute.checks.vendor_table import Usage
    from ssoroute.model.urls import PrefixParts

__all__ = ["check_prefixes"]

_DEFAULT_PORTS: Final = {"http": "80", "https": "443"}
# A segment of one or two dots; browsers also read each dot in percent-encoding.
_DOTS: Final = re.compile(r"(?i)/(?:\.|%2e){1,2}(?=/|$)")


def check_prefixes(subject: Subject, report: Report) -> None:
    """Check each URL prefix alone, then beside the others."""
    for view in subject.payloads:
        for entry in view.prefixes:
            _Prefix(subject, view, entry, report).run()
        for item, place in view.items("URLs"):
            if item == "" and view.type == "Redirect":
                code = RefusalCode.URL_INVALID.label
                message = f"the system refuses an empty URL ({code})"
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
        if not self._entry.is_usable and not self._entry.is_template:
            return  # SSO111 and SSO112 say everything about it
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
            message = f"the `*` in {self._quoted} is not documented; before iOS 18, macOS 15 and"
            self._add("SSO207", f"{message} visionOS 2 it is a character like any other")
        if _DOTS.search(parts.path):
            self._dots(prefix)
        elif prefix.ends_in_authority:
            self._open_authority(prefix)
        else:
            self._open_path(prefix)

    def _add(self, code: str, message: str, **details: Unpack[Details]) -> None:
        details["value"] = self._entry.text
        self._report.add(code, self._entry.source, message, **details)

    def _refused(self) -> None:
        hint = None
        if self._entry.is_template:
            hint = "replace the placeholder"
        elif not self._entry.text.isascii() and not has_password(self._entry.text):
            hint = _ascii_hint(self._entry.text)
        code = RefusalCode.URL_INVALID.label
        message = f"the system refuses {self._quoted} ({code}): {self._entry.fault}"
        self._add("SSO201", message, hint=hint)

    def _scheme(self, parts: PrefixParts) -> None:
        repaired = parts.scheme.lower() + self._entry.text[len(parts.scheme) :]
        message = f"the system removes {self._quoted}: its scheme is not in lower case"
        self._add("SSO211", message, hint=f"write {quote(shown(repaired))}")

    def _userinfo(self, parts: PrefixParts) -> None:
        if parts.userinfo is not None:
            message = f"{self._quoted} has userinfo: only requests with the same userinfo match"
            self._add("SSO205", message)

    def _port(self, prefix: URLPrefix) -> None:
        parts = prefix.parts
        if not parts.port:
            return
        port = parts.port[1:]
        if port not in ("", _DEFAULT_PORTS[parts.scheme]):
            entry = quote(f"authsrv:{parts.associated_host}")
            message = f"{self._quoted} has a port, so the extension needs {entry}"
            hint = f"make sure that {entry} is listed with the port"
            self._add("SSO204", message, hint=hint)
            return
        what = "the default port" if port else "a colon without a port"
        message = (
            f"{self._quoted} has {what}, which browsers leave out: it never matches their URLs"
        )
        start = authority_start(self._entry.text)
        end = self._entry.text.find(parts.path, start) if parts.path else len(self._entry.text)
        repaired = self._entry.text[: end - len(parts.port)] + (parts.path or "/")
        if not parts.path and self._documented(self._entry.text[: end - len(parts.port)]):
            repaired = repaired.removesuffix("/")
        self._add("SSO204", message, hint=f"write {quote(shown(repaired))}")

    def _dots(self, prefix: URLPrefix) -> None:
        hint = None
        with suppress(SpellingError):  # a browser also refuses it for another reason
            hint = f"write {quote(shown(browser_url(prefix.text)))}"
        self._add("SSO210", f"browsers resolve the dot segments of {self._quoted}", hint=hint)

    def _documented(self, text: str) -> Usage | None:
        """How the vendor of the extension documents `text`, or None if it does not."""
        product = self._view.product
        usage = product.usage(self._view.type) if product else None
        return usage if usage is not None and usage.documents(text) else None

    def _open_authority(self, prefix: URLPrefix) -> None:
        if prefix.has_wildcard:
            return
        tail = "@evil.net/" if prefix.parts.port else ".evil.net/"
        lookalike = prefix.text + tail
        usage = self._documented(prefix.text)
        # A port and an `@` after it look like a password, so only the prefix is looked at.
        example = lookalike if shown(prefix.text) == prefix.text else shown(lookalike)
        message = f"{self._quoted} also matches look-alike hosts: {quote(example)}"
        # Only an app's own spelling can lack the path; a browser's never does.
        lost = quote(shown(prefix.text) + "?x")
        hint = (
            f"end it with `/` as browsers do: {quote(shown(prefix.text + '/'))}; a request of an"
            f" app that leaves out the path, such as {lost}, then no longer matches"
        )
        if usage is not None:
            message += f" ({usage.product} is documented in this spelling)"
            hint = "keep it as the vendor documents it"
        self._add(
            "SSO202",
            message,
            hint=hint,
            severity=Severity.INFO if usage else None,
            witness=self._subject.confirmed(Request(lookalike), prefix),
        )

    def _open_path(self, prefix: URLPrefix) -> None:
        path = prefix.parts.path
        if not path or path.endswith(("/", "*")) or not prefix.text.endswith(path):
            return  # a bare `?` or `#` after the path closes it
        if self._documented(prefix.text):
            return  # the vendor documents the endpoint without a slash
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
            if entry.prefix and entry.prefix.is_routable and entry.is_usable:
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
            hint = f"add {quote(shown(twin))}"
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
            " only in case, and the system ignores case"
        )
        report.add(
            "SSO209",
            item.entry.source,
            message,
            value=text,
            related=(earlier.entry.source,),
            witness=subject.confirmed(Request(text), item.prefix, earlier.prefix),
        )
