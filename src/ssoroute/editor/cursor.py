"""Where a cursor is in a profile that is being typed, and what is around it.

The text may be broken anywhere, so nothing here parses it: a scanner goes over its tags or its
brackets, and forgives what is missing.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, NamedTuple, TypeAlias

from ssoroute.loaders.position import Span

__all__ = ["DEEPEST", "Cursor", "Frame", "Outline", "Path", "Scanner", "Spot"]

#: How many dictionaries and arrays inside of each other a scanner follows; loading refuses fewer.
DEEPEST: Final = 200

#: The keys of dictionaries and the numbers of items, from the outside.
Path: TypeAlias = tuple[str | int, ...]


class Spot(Enum):
    """What the cursor is in."""

    KEY = "the text of a key"
    VALUE = "the text of a value"
    BETWEEN = "a dictionary or an array, where something can be written"


class Cursor(NamedTuple):
    """The place of a cursor: inside of the container at `parent`.

    `key` is the key whose value the cursor is in or before, or the number of the item; None
    if a key can be written. `word` is the text to replace: all of a key or of a value, or what
    has been typed of something new.
    """

    spot: Spot
    parent: Path
    key: str | int | None
    word: Span


@dataclass(slots=True)
class Outline:
    """What a scanner has seen: texts of values by their paths, and the keys of dictionaries."""

    texts: dict[Path, str] = field(default_factory=dict)
    members: dict[Path, list[str]] = field(default_factory=dict)


class Scanner(ABC):
    """Goes over the tokens of a text, and remembers where the cursor at `offset` is."""

    def __init__(self, offset: int) -> None:
        self.cursor: Cursor | None = None
        self.outline = Outline()
        self._offset = offset
        self._is_past = False
        self._frames: list[Frame] = []

    def run(self, tokens: Iterable[re.Match[str]]) -> tuple[Cursor | None, Outline]:
        """Take all tokens: where the cursor is, None outside of everything; what the text holds."""
        for token in tokens:
            if len(self._frames) > DEEPEST:
                self._is_past = True  # no profile is nested so deep
                break
            if not self._is_past and self._offset <= token.start():
                self._stand_between()
            self._take(token)
        if not self._is_past:
            self._stand_between()
        return self.cursor, self.outline

    @abstractmethod
    def _stand_between(self) -> None:
        """Note that the cursor is between two tokens."""

    @abstractmethod
    def _take(self, token: re.Match[str]) -> None: ...


@dataclass(slots=True)
class Frame:
    """An open dictionary or array."""

    path: Path
    is_array: bool
    key: str | None = None
    count: int = 0

    @property
    def here(self) -> str | int | None:
        """The key or number of the value that would come now, None if a key would come."""
        return self.count if self.is_array else self.key

    def take(self) -> Path:
        """The path of the value that comes now."""
        here = self.here
        self.key = None
        self.count += 1
        return (*self.path, "" if here is None else here)
