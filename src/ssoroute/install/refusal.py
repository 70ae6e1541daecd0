"""Why the system would not install a profile: the codes, what is wrong where, and a witness."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ssoroute.model.profile import Profile
    from ssoroute.model.request import Request
    from ssoroute.model.source import Source

__all__ = ["Problem", "Refusal", "RefusalCode"]

_SSO_DOMAIN = "MCExtensibleSingleSignOnErrorDomain"


class RefusalCode(Enum):
    """The system's reasons to refuse a payload: the number, or None, and the domain.

    Observed: the numbers and domains, which are those of iOS. Which ones a Mac shows is not known;
    for Macs, Intune reports its own numbers. Documented: that URLs and hosts must be unique.
    """

    MALFORMED = (2004, "MCPayloadErrorDomain")
    URL_INVALID = (54000, _SSO_DOMAIN)
    HOST_EMPTY = (54001, _SSO_DOMAIN)
    URL_REPEATED = (54004, _SSO_DOMAIN)
    URL_CLAIMED = (54005, _SSO_DOMAIN)
    HOST_REPEATED = (54006, _SSO_DOMAIN)
    HOST_CLAIMED = (54007, _SSO_DOMAIN)
    SECOND_PLATFORM_SSO = (None, _SSO_DOMAIN)

    @property
    def number(self) -> int | None:
        """The error code that iOS reports, or None."""
        number: int | None = self.value[0]
        return number

    @property
    def domain(self) -> str:
        """The error domain that iOS reports."""
        domain: str = self.value[1]
        return domain

    @property
    def label(self) -> str:
        """The number or the words that iOS reports, and that they are those of iOS.

        >>> RefusalCode.URL_CLAIMED.label
        "iOS's code 54005"
        """
        return f"iOS's code {self.number}" if self.number else f"iOS: {_WITHOUT_NUMBER}"

    @property
    def intune(self) -> int | None:
        """The number that Intune reports for a Mac, or None if none is known.

        >>> RefusalCode.URL_CLAIMED.intune
        10002
        """
        # Observed (reported by administrators): 10001 is a required setting that is missing or does
        # not apply to the Type, 10002 a conflict of payloads.
        if self is RefusalCode.MALFORMED:
            return 10001
        return 10002 if self in _CONFLICTS else None

    def __str__(self) -> str:
        return f"{self.domain} {self.number or _WITHOUT_NUMBER}"


_WITHOUT_NUMBER = "invalid configuration format"
_CONFLICTS = (
    RefusalCode.URL_REPEATED,
    RefusalCode.URL_CLAIMED,
    RefusalCode.HOST_REPEATED,
    RefusalCode.HOST_CLAIMED,
    RefusalCode.SECOND_PLATFORM_SSO,
)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing for which the system refuses a payload, and its whole profile with it.

    `source` is the place at fault; `other` the second place, where two clash, and `witness` a
    request that both places would take (None if there is none).
    """

    code: RefusalCode
    source: Source
    message: str
    other: Source | None = None
    witness: Request | None = None

    def to_json(self) -> dict[str, object]:
        """The problem as a JSON object."""
        return {
            "code": self.code.number,
            "domain": self.code.domain,
            "source": self.source.to_json(),
            "message": self.message,
            "other": self.other and self.other.to_json(),
            "witness": self.witness and self.witness.to_json(),
        }

    def __str__(self) -> str:
        where = f" (already in {self.other})" if self.other else ""
        return f"{self.source}: {self.message}{where} [{self.code}]"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A profile that the system would not install, and all that is wrong with it, in order."""

    profile: Profile
    problems: tuple[Problem, ...]

    @property
    def code(self) -> int | None:
        """The code that the system reports: that of the first problem."""
        return self.problems[0].code.number

    @property
    def domain(self) -> str:
        """The error domain that the system reports with it."""
        return self.problems[0].code.domain

    def to_json(self) -> dict[str, object]:
        """The refusal as a JSON object (docs/command-line.md, "JSON")."""
        source = self.profile.source
        return {
            "profile": self.profile.identifier,
            "source": source.to_json(),
            "code": self.code,
            "domain": self.domain,
            "problems": [problem.to_json() for problem in self.problems],
        }
