"""The documented keys of `ExtensionData` in one payload, with the values that may be shown.

Every value is secret (a reading) unless the vendor documents it as a list of bundle identifiers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ssoroute.install.effective_keys import HIDDEN, effective_keys
from ssoroute.model.device import Device
from ssoroute.model.extension_data import ExtensionKey, extension_keys
from ssoroute.model.profile import PayloadDictionary, Profile, Value
from ssoroute.model.source import Source

__all__ = ["DocumentedValue", "documented_values"]

#: Apple documents this array as bundle identifiers; the table describes Microsoft's lists so.
_BUNDLE_IDS: Final = "credentialBundleIdACL"


@dataclass(frozen=True, slots=True)
class DocumentedValue:
    """One key that a payload has; `value` is `HIDDEN` if it is secret."""

    key: ExtensionKey
    value: Value
    source: Source


def documented_values(
    dictionary: PayloadDictionary, profile: Profile, device: Device
) -> list[DocumentedValue]:
    """The documented keys in the `ExtensionData` of `dictionary`, in the order of the table.

    Empty for an extension whose keys are not documented. A value of another type than the
    documented one is hidden.

    >>> content = {
    ...     "ExtensionIdentifier": "com.microsoft.CompanyPortalMac.ssoextension",
    ...     "ExtensionData": {"AppAllowList": "com.example.app", "device_registration": "token"},
    ... }
    >>> dictionary = PayloadDictionary(content, Source("corp.mobileconfig", "PayloadContent[0]"))
    >>> profile = Profile((dictionary,), Source("corp.mobileconfig"))
    >>> for found in documented_values(dictionary, profile, Device()):
    ...     print(found.key.key, found.value)
    AppAllowList com.example.app
    device_registration (hidden)
    """
    extension = effective_keys(dictionary, profile, device)["ExtensionIdentifier"].written
    data = dictionary.content.get("ExtensionData")
    if not isinstance(extension, str) or not isinstance(data, Mapping):
        return []
    place = dictionary.source.key("ExtensionData")
    return [
        DocumentedValue(key, _shown(key, data[name]), place.key(name))
        for name, key in extension_keys(extension).items()
        if name in data
    ]


def _is_public(key: ExtensionKey) -> bool:
    return key.key == _BUNDLE_IDS or "bundle identifiers" in key.allowed


def _shown(key: ExtensionKey, value: Value) -> Value:
    if key.key == _BUNDLE_IDS:
        is_right = isinstance(value, tuple) and all(isinstance(item, str) for item in value)
    else:
        is_right = isinstance(value, str)
    return value if _is_public(key) and is_right else HIDDEN
