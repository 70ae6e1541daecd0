"""The two sides of a comparison, and a value for each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar

__all__ = ["Sides"]

T = TypeVar("T")
U = TypeVar("U")


class Sides(NamedTuple, Generic[T]):
    """A value for the old side and one for the new side.

    >>> Sides(1, 2).map(str)
    Sides(old='1', new='2')
    """

    old: T
    new: T

    def map(self, make: Callable[[T], U]) -> Sides[U]:
        """What `make` makes of each value."""
        return Sides(make(self.old), make(self.new))
