"""What a row expects of a decision, and how a decision differs from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from ssoroute.model.decision import Decision, Outcome, Reason
from ssoroute.model.payload import Extension

__all__ = ["MEMBERS", "Expected", "Mismatch"]

#: What can be expected of a decision.
MEMBERS: Final = ("outcome", "reason", "extension", "rule")


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One member of a decision that is not the expected one; both values in words."""

    member: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.member}: expected {self.expected}, found {self.found}"


@dataclass(frozen=True, slots=True)
class Expected:
    """The expected members of a decision; None is not compared.

    False means "none" in `extension` and in `rule`. An extension without a team identifier is
    compared by its bundle identifier alone. A rule is compared as it is written in the profile.
    """

    outcome: Outcome | None = None
    reason: Reason | None = None
    extension: Extension | Literal[False] | None = None
    rule: str | Literal[False] | None = None

    def mismatches(self, decision: Decision) -> tuple[Mismatch, ...]:
        r"""The members of `decision` that are not as expected, in their order.

        >>> from ssoroute.model.decision import NO_MATCH
        >>> expected = Expected(Outcome.HANDLE, extension=Extension("com.example.sso"))
        >>> print(*expected.mismatches(NO_MATCH), sep="\n")
        outcome: expected handle, found do_not_handle
        extension: expected com.example.sso, found none
        """
        found = decision.extension
        if found and self.extension and self.extension.team_id is None:
            found = Extension(found.bundle_id)
        pairs = (
            ("outcome", self.outcome, decision.outcome),
            ("reason", self.reason, decision.reason),
            ("extension", self.extension, found or False),
            ("rule", self.rule, decision.rule.text if decision.rule else False),
        )
        return tuple(
            Mismatch(member, _words(expected), _words(found))
            for member, expected, found in pairs
            if expected is not None and expected != found
        )

    def to_json(self) -> dict[str, object]:
        """The members that are expected, as a table writes them."""
        extension = self.extension
        members: dict[str, object] = {
            "outcome": self.outcome and self.outcome.value,
            "reason": self.reason and self.reason.value,
            "extension": extension.to_json() if extension else extension,
            "rule": self.rule,
        }
        return {member: value for member, value in members.items() if value is not None}


def _words(value: object) -> str:
    return "none" if value is False else str(value)
