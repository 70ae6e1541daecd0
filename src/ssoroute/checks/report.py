"""Where rules write what they found; and what of a value may be shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypedDict, Unpack

from ssoroute.checks.rules import rules
from ssoroute.install.effective_keys import HIDDEN
from ssoroute.model.finding import Finding, Severity
from ssoroute.model.urls import authority_end, authority_start

if TYPE_CHECKING:
    from ssoroute.model.request import Request
    from ssoroute.model.source import Source

__all__ = ["Details", "Report", "has_password", "shown"]

_PORT: Final = frozenset("0123456789")


class Details(TypedDict, total=False):
    """What a finding may have besides code, place and message.

    Severity and hint are those of the rule unless they are given. `value` goes through `shown`; if
    it holds a password, the `witness` is left out. `position` is a line and a column if they are
    not those of the place.
    """

    value: str | None
    hint: str | None
    severity: Severity | None
    related: tuple[Source, ...]
    witness: Request | None
    position: tuple[int, int] | None


class Report:
    """The findings about one target, in the order in which they were made."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []

    def add(self, code: str, source: Source, message: str, **details: Unpack[Details]) -> None:
        """Report one finding."""
        rule = rules()[code]
        value, hint, witness = details.get("value"), details.get("hint"), details.get("witness")
        if witness is not None and value is not None and has_password(value):
            witness = None
        line, column = details.get("position") or (None, None)
        self.findings.append(
            Finding(
                code,
                details.get("severity") or rule.severity,
                source,
                message,
                rule.hint if hint is None else hint,
                None if value is None else shown(value),
                rule.authority.value,
                details.get("related", ()),
                witness,
                line,
                column,
            )
        )


def shown(text: str) -> str:
    """`text`, a URL or a host as written, without the password that it may hold.

    >>> shown("https://user:secret@login.example.com/")
    'https://user:(hidden)@login.example.com/'
    >>> shown("https://login.example.com:8443/@me")
    'https://login.example.com:8443/@me'
    """
    place = _password(text)
    return text if place is None else text[: place[0]] + HIDDEN + text[place[1] :]


def has_password(text: str) -> bool:
    """Whether `text`, a URL or a host as written, holds a password.

    >>> has_password("https://user@login.example.com/")
    False
    """
    return _password(text) is not None


def _password(text: str) -> tuple[int, int] | None:
    """Where the password in `text` begins and ends, or None."""
    start = authority_start(text) if "://" in text else 0
    end = authority_end(text, start)
    colon = text.find(":", start, end)
    if colon < 0:
        return None
    at = text.rfind("@", start, end)
    if at < 0 and not _PORT.issuperset(text[colon + 1 : end]):
        # not a port: an invalid password that has a `/` in it
        at = text.rfind("@", end)
    return (colon + 1, at) if at > colon + 1 else None
