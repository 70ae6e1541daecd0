"""Every key of the payload: type, default, allowed values, versions, place in the declaration.

The table is `keys.csv` beside this file; what the library says about a key, it says from there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

from ssoroute.platforms import Platform, Version

__all__ = ["Key", "keys"]


@dataclass(frozen=True, slots=True)
class Key:
    """One row of the table.

    `path` is the key's name in a profile, with the key of the dictionary around it and a dot in
    front where there is one; `declaration` the same in a declaration. `type`, `presence`,
    `default`, `allowed` and `deprecated` are the table's own words, empty where it has none.
    `since` tells the version that brought the key, per platform that has it.
    """

    path: str
    type: str
    presence: str
    default: str
    allowed: str
    since: Mapping[Platform, Version]
    deprecated: str
    declaration: str

    def known(self, platform: Platform, version: Version) -> bool:
        """Whether a device of this platform and version reads the key at all.

        >>> keys()["ScreenLockedBehavior"].known(Platform.IOS, Version.parse("14.8"))
        False
        """
        since = self.since.get(platform)
        return since is not None and version >= since


_NEVER: Final = frozenset({"", "ignored"})


@cache
def keys() -> Mapping[str, Key]:
    """The table, by the path that a key has in a profile, in the table's order."""
    import csv  # noqa: PLC0415 - read on first use, not when the library is imported

    table = resources.files("ssoroute").joinpath("keys.csv")
    with table.open(encoding="utf-8") as lines:
        return {
            row["path"]: Key(
                path=row["path"],
                type=row["type"],
                presence=row["presence"],
                default=row["default"],
                allowed=row["allowed"],
                since={
                    platform: Version.parse(row[platform.value])
                    for platform in Platform
                    if row[platform.value] not in _NEVER
                },
                deprecated=row["deprecated"],
                declaration=row["declaration"],
            )
            for row in csv.DictReader(lines)
        }
