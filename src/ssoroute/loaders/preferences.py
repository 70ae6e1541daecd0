"""Managed preferences: the keys of one SSO payload at the root of a property list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ssoroute.model.profile import PayloadDictionary, Profile, Value
from ssoroute.model.signature import UNSIGNED, Signature
from ssoroute.model.source import Source

__all__ = ["is_preferences", "read_preferences"]

_ROUTING_KEYS: Final = frozenset({"ExtensionIdentifier", "TeamIdentifier", "Type", "URLs", "Hosts"})


def is_preferences(root: Mapping[str, Value]) -> bool:
    """Whether `root` holds the keys of an SSO payload: one alone can be chance, two are not.

    >>> is_preferences({"Type": "Redirect"})
    False
    >>> is_preferences({"Type": "Redirect", "URLs": ()})
    True
    """
    return len(_ROUTING_KEYS & root.keys()) > 1


def read_preferences(
    root: Mapping[str, Value], source: Source, *, signature: Signature = UNSIGNED
) -> Profile:
    """The profile without a name whose only payload is `root`."""
    return Profile((PayloadDictionary(root, source),), source, signature=signature)
