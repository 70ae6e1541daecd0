"""What is known of the signature of a profile: one value on the profile itself."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ssoroute.model.quoting import quote

__all__ = ["NOT_CHECKED", "UNSIGNED", "Signature", "SignatureState"]


class SignatureState(StrEnum):
    """Whether a profile was signed, and what a check of the signature said."""

    UNSIGNED = "unsigned"
    NOT_CHECKED = "not_checked"
    VALID = "valid"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Signature:
    """The signature of one profile.

    `signer` is the name in the signer's certificate, if the signature was checked and the
    certificate was found. `problem` says why an invalid signature is invalid. Routing reads none of
    it: the answer depends on the content of a profile alone.

    >>> print(Signature(SignatureState.VALID, signer="Example Corp"))
    signed by `Example Corp`; the signature is valid
    >>> print(Signature(SignatureState.INVALID, problem="the content was changed"))
    signed, but the signature is invalid: the content was changed
    >>> print(UNSIGNED, NOT_CHECKED, sep="; ")
    unsigned; signed; the signature is not checked
    """

    state: SignatureState
    signer: str | None = None
    problem: str | None = None

    def __str__(self) -> str:
        """One line for people."""
        match self.state:
            case SignatureState.UNSIGNED:
                return "unsigned"
            case SignatureState.NOT_CHECKED:
                return "signed; the signature is not checked"
            case SignatureState.VALID:
                return f"signed by {quote(self.signer or '')}; the signature is valid"
        by = f" by {quote(self.signer)}" if self.signer else ""
        return f"signed{by}, but the signature is invalid: {self.problem}"

    def to_json(self) -> dict[str, object]:
        """Its members, as in the output of the commands."""
        return {"state": self.state.value, "signer": self.signer, "problem": self.problem}


UNSIGNED: Final = Signature(SignatureState.UNSIGNED)
NOT_CHECKED: Final = Signature(SignatureState.NOT_CHECKED)
