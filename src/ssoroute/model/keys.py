"""Every key of the payload: type, default, allowed values, versions, place in the declaration.

The table is `keys.csv` beside this file. Everything that the library says about a key is from it.
The table's last two columns are ours: `read_for` names the Type that alone reads the key
(documented), `secret` marks what is never shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import Final

from ssoroute.model.packaged import packaged_text
from ssoroute.model.platforms import Platform, Version
from ssoroute.model.profile import Value

__all__ = ["COMMON_KEYS", "AllowedValue", "Key", "KeyType", "keys"]

#: The keys of profiles, and of payloads of every type, that say what a profile is. None is secret.
COMMON_KEYS: Final = (
    "PayloadDescription",
    "PayloadDisplayName",
    "PayloadEnabled",
    "PayloadIdentifier",
    "PayloadOrganization",
    "PayloadRemovalDisallowed",
    "PayloadScope",
    "PayloadType",
    "PayloadUUID",
    "PayloadVersion",
)


class KeyType(StrEnum):
    """The type of a key's value, in the table's words."""

    STRING = "string"
    BOOLEAN = "boolean"
    SECONDS = "integer (seconds)"
    DICTIONARY = "dictionary"
    STRINGS = "array of string"
    DICTIONARY_OF_STRINGS = "dictionary of string"
    DATA = "data"


@dataclass(frozen=True, slots=True)
class AllowedValue:
    """One value that a key may have; `since` is the version that brought it, or None if it came
    with the key.

    >>> print(AllowedValue("OpenID", Version.parse("27.0")))
    OpenID (27.0)
    """

    text: str
    since: Version | None = None

    def known(self, version: Version) -> bool:
        """Whether a device of this version has the value."""
        return self.since is None or version >= self.since

    def __str__(self) -> str:
        return f"{self.text} ({self.since})" if self.since else self.text


@dataclass(frozen=True, slots=True)
class Key:
    """One row of the table.

    `path` is the key's name in a profile, after the name of the dictionary around it and a dot.
    `declaration` is the same in a declaration, empty if a declaration does not have the key.
    `presence`, `default`, `allowed` and `deprecated` are the table's own words, empty if it has
    none. As values they are `default_value`, `allowed_values`, `minimum`, `deprecated_since` and
    the answer of `required`. `since` is the version that brought the key, by platform. `read_for`
    is the only Type that reads the key, empty for both. The value of a `secret` key is never shown.

    >>> key = keys()["PlatformSSO.LoginFrequency"]
    >>> key.type, key.default_value, key.minimum
    (<KeyType.SECONDS: 'integer (seconds)'>, 64800, 3600)
    >>> [str(value) for value in keys()["AuthenticationMethod"].allowed_values]
    ['Password', 'UserSecureEnclaveKey', 'SmartCard', 'OpenID (27.0)']
    """

    path: str
    type: KeyType
    presence: str
    default: str
    allowed: str
    since: Mapping[Platform, Version]
    deprecated: str
    declaration: str
    default_value: Value = None
    allowed_values: tuple[AllowedValue, ...] = ()
    minimum: int | None = None
    deprecated_since: Mapping[Platform, Version] = field(default_factory=dict)
    read_for: str = ""
    secret: bool = False

    def known(self, platform: Platform, version: Version) -> bool:
        """Whether a device of this platform and version reads the key at all.

        >>> keys()["ScreenLockedBehavior"].known(Platform.IOS, Version.parse("14.8"))
        False
        """
        since = self.since.get(platform)
        return since is not None and version >= since

    def required(self, platform: Platform, payload_type: str | None) -> bool:
        """Whether a payload of this Type (None if it has none) must have the key.

        >>> keys()["URLs"].required(Platform.IOS, "Redirect")
        True
        """
        return self.presence in (
            "required",
            f"required on {platform.value}",
            f"required for {payload_type}",
        )


@cache
def keys() -> Mapping[str, Key]:
    """Every known key, by the path that it has in a profile (docs/keys.md)."""
    import csv

    return {
        row["path"]: _key(row)
        for row in csv.DictReader(packaged_text("model/keys.csv").splitlines())
    }


_NEVER: Final = frozenset({"", "ignored"})


def _key(row: Mapping[str, str]) -> Key:
    type_ = KeyType(row["type"])
    return Key(
        path=row["path"],
        type=type_,
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
        default_value=_default(row["default"], type_),
        allowed_values=_allowed_values(row["allowed"]),
        minimum=_minimum(row["allowed"]),
        deprecated_since=_deprecated_since(row["deprecated"]),
        read_for=row["read_for"],
        secret=bool(row["secret"]),
    )


def _default(words: str, type_: KeyType) -> Value:
    if not words:
        return None
    if type_ is KeyType.BOOLEAN:
        return {"true": True, "false": False}[words]
    if type_ is KeyType.SECONDS:
        return int(words)
    return tuple(words.split("|")) if type_ is KeyType.STRINGS else words


# What the table says about allowed values is a list of such tokens, or something in words.
_TOKEN: Final = re.compile(r"(?P<text>[A-Za-z]+)(?: \((?P<since>[0-9.]+)\))?")
_MINIMUM: Final = re.compile(r">= ([0-9]+)")


def _allowed_values(words: str) -> tuple[AllowedValue, ...]:
    tokens = [_TOKEN.fullmatch(word) for word in words.split("|")]
    values = [
        AllowedValue(token["text"], Version.parse(token["since"]) if token["since"] else None)
        for token in tokens
        if token
    ]
    return tuple(values) if len(values) == len(tokens) else ()


def _minimum(words: str) -> int | None:
    found = _MINIMUM.fullmatch(words)
    return int(found[1]) if found else None


def _deprecated_since(words: str) -> Mapping[Platform, Version]:
    if not words:
        return {}
    platform, _, version = words.partition(" ")
    return {Platform(platform): Version.parse(version)}
