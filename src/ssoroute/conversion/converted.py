"""What a conversion gives: the new document, and what of the old one is not in it."""

from __future__ import annotations

import json
import plistlib
from dataclasses import dataclass, field
from typing import Any

from ssoroute.model.profile import ProfileKind
from ssoroute.model.source import Source

__all__ = ["Converted", "LeftOut"]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A part of the input without a counterpart: its place, and why. Its value is never shown."""

    source: Source
    why: str

    def __str__(self) -> str:
        """`file: key path: why`."""
        return f"{self.source}: {self.why}"


@dataclass(frozen=True, slots=True)
class Converted:
    """The new document as plain dictionaries and lists, and what was `left_out` or changed.

    The document holds what the input holds, secrets included, so it is left out of `repr`.
    """

    kind: ProfileKind
    document: dict[str, Any] = field(repr=False)
    left_out: tuple[LeftOut, ...] = ()

    def to_bytes(self) -> bytes:
        """The document as a file: an XML property list, or JSON."""
        if self.kind is ProfileKind.PROFILE:
            return plistlib.dumps(self.document, sort_keys=False)
        text = json.dumps(self.document, ensure_ascii=False, allow_nan=False, indent=2)
        return text.encode() + b"\n"
