"""Where something was written: a file, and a key path inside it.

Everything that can be wrong or can decide a request knows its place, so that a message can point
at it. This module knows no format; the loaders make the paths.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Source"]


@dataclass(frozen=True, slots=True, order=True)
class Source:
    """The place where a profile, a payload or a value was written.

    `file` is the file as it was given (`<bytes>` for bytes, `-` for standard input); `path` is the
    key path inside it, empty for the file as a whole.

    >>> Source("corp.mobileconfig").key("PayloadContent").item(2).key("URLs").item(0)
    Source(file='corp.mobileconfig', path='PayloadContent[2].URLs[0]')
    >>> print(Source("corp.mobileconfig", "PayloadContent[2]"))
    corp.mobileconfig: PayloadContent[2]
    """

    file: str
    path: str = ""

    def key(self, name: str) -> Source:
        """The place of the value under the key `name` of the dictionary at this place."""
        return Source(self.file, f"{self.path}.{name}" if self.path else name)

    def item(self, index: int) -> Source:
        """The place of item `index` (from 0) of the array at this place."""
        return Source(self.file, f"{self.path}[{index}]")

    def line(self, number: int) -> Source:
        """The place of the line with this number, from 1, of the text that is here.

        >>> print(Source("swcutil_show.txt").line(41))
        swcutil_show.txt: line 41
        """
        return Source(self.file, f"line {number}")

    def to_json(self) -> dict[str, object]:
        """The place as a JSON object.

        >>> Source("corp.mobileconfig", "PayloadContent[2]").to_json()
        {'file': 'corp.mobileconfig', 'path': 'PayloadContent[2]'}
        """
        return {"file": self.file, "path": self.path}

    def __str__(self) -> str:
        return f"{self.file}: {self.path}" if self.path else self.file
