"""Platforms, versions, and from which version on something counts.

The versions of single keys are in `keys.csv`; here is what concerns no single key
(docs/matching.md §8).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import total_ordering
from typing import Final

from ssoroute.model.errors import DeviceError
from ssoroute.model.kinds import python_kind
from ssoroute.model.quoting import quote

__all__ = ["Feature", "Platform", "Version", "knows", "parse_os"]


class Platform(StrEnum):
    """A platform that has Extensible SSO; iPadOS counts as iOS."""

    MACOS = "macOS"
    IOS = "iOS"
    VISIONOS = "visionOS"

    @classmethod
    def parse(cls, text: str) -> Platform:
        """The platform that `text` names, in any case; `DeviceError` for any other text.

        >>> Platform.parse("ipados")
        <Platform.IOS: 'iOS'>
        """
        if not isinstance(text, str):
            kind = python_kind(text)
            raise DeviceError(f'a platform must be a string such as "macOS", not {kind}')
        found = _PLATFORMS.get(text.lower())
        if found is None:
            raise DeviceError(
                f"unknown platform {quote(text)}; known are macOS, iOS, iPadOS and visionOS"
            )
        return found


_PLATFORMS: Final = {p.lower(): p for p in Platform} | {"ipados": Platform.IOS}

_DIGIT = re.compile(r"[0-9]")
_VERSION = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9}){0,9}")


@total_ordering
@dataclass(frozen=True, slots=True)
class Version:
    """A system version; parts are compared one by one, missing parts are 0.

    >>> Version.parse("15") == Version.parse("15.0.0") < Version.parse("15.0.1")
    True
    """

    parts: tuple[int, ...]

    @classmethod
    def parse(cls, text: str) -> Version:
        """The version written in `text` (`15`, `15.4`, `15.4.1`); `DeviceError` otherwise."""
        if not isinstance(text, str):
            raise DeviceError(f'a version must be a string such as "15.4", not {python_kind(text)}')
        if not _VERSION.fullmatch(text):
            raise DeviceError(
                f"malformed version {quote(text)}; a version is numbers with dots between them,"
                " such as 15.4 (the newest known are"
                f" {', '.join(f'{p} {NEWEST[p]}' for p in Platform)})"
            )
        parts = [int(part) for part in text.split(".")]
        while len(parts) > 1 and parts[-1] == 0:
            parts.pop()
        return cls(tuple(parts))

    def __lt__(self, other: Version) -> bool:
        return self.parts < other.parts

    def __str__(self) -> str:
        return ".".join(map(str, self.parts if len(self.parts) > 1 else (*self.parts, 0)))


#: The newest version of each platform about which something is known; a later one counts as it.
NEWEST: Final[Mapping[Platform, Version]] = {
    Platform.MACOS: Version((27, 2)),
    Platform.IOS: Version((27,)),
    Platform.VISIONOS: Version((27,)),
}


def parse_os(text: str) -> tuple[Platform, Version | None]:
    """The platform, and the version if one is named, in a text such as `macOS@15.4`.

    `DeviceError` for anything else.

    >>> parse_os("ios@17")
    (<Platform.IOS: 'iOS'>, Version(parts=(17,)))
    """
    if not isinstance(text, str):
        raise DeviceError(f'`os` must be a string such as "macOS@15.4", not {python_kind(text)}')
    platform, at, version = text.partition("@")
    if not at and _DIGIT.search(text):
        raise DeviceError(f"a platform and its version are written macOS@15.4, not {quote(text)}")
    return Platform.parse(platform), Version.parse(version) if at else None


class Feature(StrEnum):
    """A behaviour that came with some version and belongs to no single key."""

    PAYLOAD = "payload"
    USER_CHANNEL = "user channel"
    WILDCARDS = "wildcards"
    DECLARATION = "declaration"


#: From which version on a feature is there; a platform that is not listed never has it.
SINCE: Final[Mapping[Feature, Mapping[Platform, Version]]] = {
    # Documented: the payload's introduction on each platform.
    Feature.PAYLOAD: {
        Platform.MACOS: Version((10, 15)),
        Platform.IOS: Version((13,)),
        Platform.VISIONOS: Version((1, 1)),
    },
    # Documented: user-channel profiles count on macOS from 11.0 on.
    Feature.USER_CHANNEL: {Platform.MACOS: Version((11,))},
    # Observed: a `*` in a URL prefix was a literal character before.
    Feature.WILDCARDS: {
        Platform.MACOS: Version((15,)),
        Platform.IOS: Version((18,)),
        Platform.VISIONOS: Version((2,)),
    },
    # Documented: com.apple.configuration.extensible-sso.
    Feature.DECLARATION: dict.fromkeys(Platform, Version((27,))),
}


def knows(platform: Platform, version: Version, feature: Feature) -> bool:
    """Whether `feature` is there on `platform` at `version`.

    >>> knows(Platform.MACOS, Version.parse("14.7"), Feature.WILDCARDS)
    False
    """
    since = SINCE[feature].get(platform)
    return since is not None and version >= since
