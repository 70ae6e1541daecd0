"""The error of a conversion."""

from __future__ import annotations

from ssoroute.model.errors import InvalidInputError

__all__ = ["ConversionError"]


class ConversionError(InvalidInputError):
    """A profile or a declaration cannot be converted at all; `problems` says why."""
