"""SSO121-SSO123: comments that end findings, `<!-- ssoroute: ignore SSO202 REASON -->`.

A comment is about the value that follows it and about everything inside that value. The loaders
find the comments; what they mean is said here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple, Unpack

from ssoroute.checks.report import Details, Report
from ssoroute.checks.rules import rules
from ssoroute.checks.wording import enumeration
from ssoroute.loaders.findings import CODES
from ssoroute.model.finding import Finding, Severity
from ssoroute.model.nearest import LOOSE, nearest
from ssoroute.model.quoting import quote

if TYPE_CHECKING:
    from ssoroute.model.profile import InlineComment

__all__ = ["Divided", "divide"]

_IGNORE: Final = re.compile(
    r"ignore\s+(?P<codes>[^\s,]+(?:\s*,\s*[^\s,]+)*)\s*(?P<reason>.*)", re.DOTALL
)
#: Letters that are typed for digits.
_AS_DIGITS: Final = str.maketrans("OIL", "011")
_NOT_UNDERSTOOD: Final = "SSO121"
_NO_REASON: Final = "SSO122"
_ENDS_NOTHING: Final = "SSO123"
_OWN: Final = frozenset({_NOT_UNDERSTOOD, _NO_REASON, _ENDS_NOTHING})
#: Findings that depend on the target, on the device, on other profiles or on files of sites, so
#: that a comment may end one in another run.
_DEPENDENT: Final = ("SSO4", "SSO6", "SSO7", "SSO8", "SSO955")


class Divided(NamedTuple):
    """Findings: those that are left, and those that comments end."""

    left: list[Finding]
    ignored: list[Finding]


def divide(findings: Sequence[Finding], comments: Iterable[InlineComment]) -> Divided:
    """`findings` divided by `comments`; those about the comments themselves are at the end."""
    report = Report()
    ends: dict[tuple[str, str], list[_Ignore]] = {}  # by file and code
    ignores = [found for comment in comments for found in _ignores(comment, report)]
    for ignore in ignores:
        ends.setdefault((ignore.comment.source.file, ignore.code), []).append(ignore)
    left: list[Finding] = []
    ignored: list[Finding] = []
    used: set[int] = set()
    for finding in findings:
        by = [
            ignore
            for ignore in ends.get((finding.source.file, finding.code), ())
            if _is_inside(finding.source.path, ignore.comment.source.path)
        ]
        used.update(map(id, by))
        (ignored if by else left).append(finding)
    for ignore in ignores:
        if id(ignore) not in used:
            _stale(ignore, report)
    return Divided(left + report.findings, ignored)


class _Ignore(NamedTuple):
    """One code of one comment."""

    code: str
    comment: InlineComment


def _ignores(comment: InlineComment, report: Report) -> list[_Ignore]:
    """The codes that `comment` ends; what is wrong with it goes into `report`."""
    found = _IGNORE.fullmatch(comment.text.strip())
    if found is None:
        first = comment.text.split()[:1]
        if first == ["ignore"]:
            message = "the comment names no code"
        elif first:
            message = f"the comment says {quote(first[0])}; only `ignore` is known"
        else:
            message = "the comment says nothing after `ssoroute:`"
        _add(report, _NOT_UNDERSTOOD, comment, message)
        return []
    codes = [code.strip() for code in found["codes"].split(",")]
    known = [code.upper() for code in dict.fromkeys(codes) if _is_ignorable(code, comment, report)]
    if not found["reason"].strip():
        named = enumeration([quote(code) for code in codes])
        message = f"the comment gives no reason for {named}, so it has no effect"
        _add(report, _NO_REASON, comment, message, value=", ".join(codes))
        return []
    if not comment.before_value:
        message = "the comment is not before a value, so it ends no finding"
        hint = "write it on the line before the value or before its key"
        _add(report, _ENDS_NOTHING, comment, message, value=", ".join(codes), hint=hint)
        return []
    return [_Ignore(code, comment) for code in known]


def _is_ignorable(written: str, comment: InlineComment, report: Report) -> bool:
    """Whether a comment can end findings with the code `written`; reported if not."""
    code = written.upper()
    if code not in rules():
        message = f"the comment ignores {quote(written)}, and no rule has this code"
        close = nearest(code[:3] + code[3:].translate(_AS_DIGITS), rules(), likeness=LOOSE)
        hint = f"did you mean {quote(close)}?" if close else "docs/check.md lists the codes"
        _add(report, _NOT_UNDERSTOOD, comment, message, value=written, hint=hint)
        return False
    is_unreadable = code in CODES and rules()[code].severity is Severity.ERROR
    if is_unreadable or code in _OWN:
        why = "it says that something cannot be read" if is_unreadable else "it is about comments"
        message = f"{quote(code)} cannot be ignored by a comment: {why}"
        _add(report, _NOT_UNDERSTOOD, comment, message, value=code, hint="delete the code")
        return False
    return True


def _stale(ignore: _Ignore, report: Report) -> None:
    code, comment = ignore
    is_dependent = code.startswith(_DEPENDENT)
    message = f"the comment ignores {quote(code)}, which is not found at the value that follows"
    severity = Severity.INFO if is_dependent else None
    _add(report, _ENDS_NOTHING, comment, message, value=code, severity=severity)


def _add(
    report: Report, code: str, comment: InlineComment, message: str, **details: Unpack[Details]
) -> None:
    details["position"] = comment.position
    report.add(code, comment.source, message, **details)


def _is_inside(path: str, around: str) -> bool:
    """Whether the key path `path` is `around` or is inside of it."""
    return not around or path == around or path.startswith((f"{around}.", f"{around}["))
