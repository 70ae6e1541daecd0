"""The documented keys of `ExtensionData`, by extension: type, default, allowed values, versions.

The table is `extension_data.csv` beside this file. It holds what Apple documents about its Kerberos
extension and what vendors document about theirs. `ExtensionData` of other extensions is not
described by anybody, so the table has no rows for them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import Final

from ssoroute.model.authority import Authority
from ssoroute.model.packaged import packaged_text
from ssoroute.model.platforms import Platform, Version
from ssoroute.model.profile import Value

__all__ = ["ExtensionKey", "ExtensionKeyType", "extension_keys"]


class ExtensionKeyType(StrEnum):
    """The type of a key's value, in the table's words."""

    STRING = "string"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    BOOLEAN_OR_INTEGER = "boolean or integer"
    DATA = "data"
    STRINGS = "array of string"
    DICTIONARY_OF_STRINGS = "dictionary of array of string"


@dataclass(frozen=True, slots=True)
class ExtensionKey:
    """One row of the table: the key `key` of the `ExtensionData` of `extension`.

    `default`, `allowed`, `deprecated` and `effect` are the table's own words, empty if it has none.
    `default_value` and `allowed_values` are the first two as values; `allowed_values` is empty if
    the table describes the values in words. `macos`, `ios` and `visionos` are the versions that
    brought the key, None if the platform does not read it. All three are None if no version is
    documented. `authority` says who describes the key.

    >>> keys = extension_keys("com.microsoft.azureauthenticator.ssoextension")
    >>> keys["AppPrefixAllowList"].default
    'com.apple.'
    """

    extension: str
    key: str
    type: ExtensionKeyType
    default: str
    allowed: str
    macos: Version | None
    ios: Version | None
    visionos: Version | None
    deprecated: str
    effect: str
    authority: Authority
    default_value: Value = None
    allowed_values: tuple[str, ...] = ()

    def since(self, platform: Platform) -> Version | None:
        """The version of `platform` that brought the key, or None.

        >>> keys = extension_keys("com.apple.AppSSOKerberos.KerberosExtension")
        >>> print(keys["usePlatformSSOTGT"].since(Platform.MACOS))
        13.0
        """
        versions = {
            Platform.MACOS: self.macos,
            Platform.IOS: self.ios,
            Platform.VISIONOS: self.visionos,
        }
        return versions[platform]


def extension_keys(bundle_id: str) -> Mapping[str, ExtensionKey]:
    """The documented keys of the extension `bundle_id` by name, in the table's order.

    The mapping is empty for an extension without documented keys. Bundle identifiers are compared
    as they are written.

    >>> sorted(extension_keys("com.fleetdm.fleet-desktop.pssoextension"))
    ['BaseURL']
    >>> len(extension_keys("com.example.sso"))
    0
    """
    return _table().get(bundle_id, _NO_KEYS)


_NO_KEYS: Final[Mapping[str, ExtensionKey]] = MappingProxyType({})


@cache
def _table() -> Mapping[str, Mapping[str, ExtensionKey]]:
    import csv

    table: dict[str, dict[str, ExtensionKey]] = {}
    for row in csv.DictReader(packaged_text("model/extension_data.csv").splitlines()):
        table.setdefault(row["extension"], {})[row["key"]] = _key(row)
    return {bundle_id: MappingProxyType(keys) for bundle_id, keys in table.items()}


def _key(row: Mapping[str, str]) -> ExtensionKey:
    type_ = ExtensionKeyType(row["type"])
    return ExtensionKey(
        extension=row["extension"],
        key=row["key"],
        type=type_,
        default=row["default"],
        allowed=row["allowed"],
        macos=_version(row["macOS"]),
        ios=_version(row["iOS"]),
        visionos=_version(row["visionOS"]),
        deprecated=row["deprecated"],
        effect=row["effect"],
        authority=Authority(row["authority"]),
        default_value=_default(row["default"], type_),
        allowed_values=_allowed_values(row["allowed"]),
    )


def _version(text: str) -> Version | None:
    return Version.parse(text) if text else None


def _default(text: str, type_: ExtensionKeyType) -> Value:
    if not text:
        return None
    if type_ is ExtensionKeyType.BOOLEAN:
        return {"true": True, "false": False}[text]
    return int(text) if type_ is ExtensionKeyType.INTEGER else text


# What the table says about allowed values is two or more such tokens, or something in words.
_TOKENS: Final = re.compile(r"[A-Za-z0-9]+(?:\|[A-Za-z0-9]+)+")


def _allowed_values(text: str) -> tuple[str, ...]:
    return tuple(text.split("|")) if _TOKENS.fullmatch(text) else ()
