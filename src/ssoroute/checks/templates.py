"""Text of a template: what is to be replaced before the profile is installed."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["has_placeholder", "placeholder_in"]

# A `%VAR%` is in capitals, and its last `%` begins no escape: `%C3%A4` is not one.
_PLACEHOLDER: Final = re.compile(
    r"\$\{[^{}]*\}"
    r"|\{\{[^{}]*\}\}"
    r"|\$[A-Z][A-Z0-9_]+"
    r"|%[A-Z][A-Z0-9_]{2,}%(?![0-9A-Fa-f]{2})"
    r"|<[A-Za-z][^<>]*>"
)


def has_placeholder(text: str) -> bool:
    """Whether something in `text` was to be replaced.

    >>> has_placeholder("https://${org}/"), has_placeholder("https://h/%C3%A4%20")
    (True, False)
    """
    return placeholder_in(text) is not None


def placeholder_in(text: str) -> str | None:
    """The first placeholder in `text`, or None if there is none."""
    # Most values hold none of these, and looking for them is cheap.
    if not any(character in text for character in "$%{<"):
        return None
    found = _PLACEHOLDER.search(text)
    return found[0] if found else None
