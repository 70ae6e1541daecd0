"""The answer: outcome, reason, extension, rule, and what it rests on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from ssoroute.model.authority import Authority
from ssoroute.model.patterns import Rule, URLPrefix

if TYPE_CHECKING:
    from ssoroute.model.payload import Extension

__all__ = ["NO_MATCH", "Decision", "Note", "Outcome", "Reason"]


class Outcome(StrEnum):
    """What becomes of the request."""

    #: The extension gets the request.
    HANDLE = "handle"
    #: The request continues without SSO.
    DO_NOT_HANDLE = "do_not_handle"
    #: The request ends with an error.
    CANCEL = "cancel"


class Reason(StrEnum):
    """Why the request has its outcome (docs/matching.md §5)."""

    URL_PREFIX = "url_prefix"
    HOST = "host"
    SYSTEM_EXTENSION = "system_extension"
    NO_MATCH = "no_match"
    CALLER_IS_EXTENSION = "caller_is_extension"
    CALLER_DENIED = "caller_denied"
    DOMAIN_NOT_APPROVED = "domain_not_approved"
    SCREEN_LOCKED = "screen_locked"
    NOT_STRICT = "not_strict"
    AMBIGUOUS_URL = "ambiguous_url"


@dataclass(frozen=True, slots=True)
class Note:
    """Something that a decision rests on; `code` is stable (docs/matching.md §5)."""

    code: str
    text: str
    authority: Authority

    def about(self, rule: Rule | None) -> Note:
        """The note with the associated host of `rule` in place of `{host}` in its text."""
        if not isinstance(rule, URLPrefix) or "{host}" not in self.text:
            return self
        return replace(self, text=self.text.replace("{host}", rule.parts.associated_host))


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to one request; immutable, and equal if the answers are the same.

    `extension` and `rule` are those of the selected payload, whatever the outcome; both are None
    if nothing was selected, and the rule also if the request named no URL or host.
    `lookalike` says that the request ran past the authority of the URL prefix. `grounds` are the
    notes as many decisions share them, with `{host}` where `notes` names the associated host of the
    rule; read `notes`.
    """

    outcome: Outcome
    reason: Reason
    extension: Extension | None = None
    rule: Rule | None = None
    lookalike: bool = False
    grounds: tuple[Note, ...] = field(default=(), repr=False)

    @property
    def notes(self) -> tuple[Note, ...]:
        """What the decision rests on, in words."""
        return tuple(note.about(self.rule) for note in self.grounds)

    def to_json(self, url: str) -> dict[str, object]:
        """The decision about the request `url` as a JSON object (docs/command-line.md, "JSON").

        >>> Decision(Outcome.DO_NOT_HANDLE, Reason.NO_MATCH).to_json("https://h/")["reason"]
        'no_match'
        """
        return {
            "schema": 1,
            "url": url,
            "outcome": self.outcome.value,
            "reason": self.reason.value,
            "extension": self.extension and self.extension.to_json(),
            "rule": self.rule and self.rule.to_json(),
            "lookalike": self.lookalike,
            "notes": [
                {"code": note.code, "text": note.text, "authority": note.authority.value}
                for note in self.notes
            ],
        }


#: Nothing was selected.
NO_MATCH: Final = Decision(Outcome.DO_NOT_HANDLE, Reason.NO_MATCH)
