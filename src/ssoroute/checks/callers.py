"""SSO501-SSO505: `DeniedBundleIdentifiers`, which is compared exactly."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ssoroute.checks.report import Report
from ssoroute.checks.separators import joined_values
from ssoroute.checks.templates import has_placeholder
from ssoroute.checks.vendor_table import known_extensions
from ssoroute.model.keys import keys
from ssoroute.model.quoting import quote

if TYPE_CHECKING:
    from ssoroute.checks.target import PayloadView, Subject
    from ssoroute.model.source import Source

__all__ = ["check_callers"]

_KEY: Final = "DeniedBundleIdentifiers"
_TEAM: Final = re.compile(r"(?=[A-Z0-9]*[0-9])[A-Z0-9]{10}")
_TEAM_IN_FRONT: Final = re.compile(r"(?P<team>[A-Z0-9]{10})\.(?P<identifier>.+\..+)")
_BUNDLE_ID: Final = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+")
_APP: Final = re.compile(r"[^./]+\.app")

#: Observed: identifiers of well-known callers; the source of each browser has its own.
_WELL_KNOWN: Final = (
    "com.apple.Safari",
    "com.apple.SafariViewService",
    "com.apple.mobilesafari",
    "com.google.Chrome",
    "com.microsoft.edgemac",
    "org.mozilla.firefox",
)
_HELPERS: Final = "com.apple.webkit."


def check_callers(subject: Subject, report: Report) -> None:
    """Check each denied caller."""
    key = keys()[_KEY]
    if not key.known(subject.device.platform, subject.device.version):
        return
    well_known = {name.lower(): name for name in (*known_extensions(), *_WELL_KNOWN)}
    for view in subject.payloads:
        for item, place in view.items(_KEY):
            if not isinstance(item, str) or not item or has_placeholder(item):
                continue
            if item == item.strip() and not joined_values(item, _KEY):
                _check_caller(view, item, place, well_known, report)


def _check_caller(
    view: PayloadView, text: str, place: Source, well_known: dict[str, str], report: Report
) -> None:
    quoted = quote(text)
    bare = text.rstrip(".*")
    if "*" in text or text.endswith("."):
        what = "no wildcards" if "*" in text else "no final dot"
        message = f"{quoted} denies no caller: denied callers have {what}"
        report.add("SSO501", place, message, value=text)
        return
    message, hint = _no_identifier(text)
    if message:
        report.add("SSO502", place, f"{quoted} denies no caller: {message}", value=text, hint=hint)
        return
    known = well_known.get(text.lower())
    if text.lower().startswith(_HELPERS):
        message = f"{quoted} is a WebKit helper process and never the caller"
        report.add("SSO504", place, message, value=text)
    elif known is not None and known != text:
        message = f"{quoted} denies no caller: the app is {quote(known)}, and case counts"
        report.add("SSO505", place, message, value=text, hint=f"write {quote(known)}")
    own = view.extension.bundle_id if view.extension else ""
    if own and (own == bare or own.startswith(f"{bare}.")):
        what = "the extension itself" if own == bare else "the app of the extension"
        report.add("SSO503", place, f"{quoted} is {what}", value=text)


def _no_identifier(text: str) -> tuple[str, str | None]:
    """Why `text` is not a bundle identifier, and what to write; empty if it is one."""
    if _TEAM.fullmatch(text):
        return "it is a team identifier", None
    if "/" in text:
        return "it is a path", None
    with_team = _TEAM_IN_FRONT.fullmatch(text)
    if with_team and _TEAM.fullmatch(with_team["team"]):
        return "it has a team identifier in front", f"write {quote(with_team['identifier'])}"
    if _APP.fullmatch(text) or "." not in text or " " in text:
        return "it is the name of an app", None
    if not _BUNDLE_ID.fullmatch(text):
        return "it is not a bundle identifier", None
    return "", None
