"""`ssoroute show --keys`: the effective value of every key of a payload, and its version."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from ssoroute.install.effective_keys import (
    HIDDEN,
    EffectiveKey,
    EffectiveKeys,
    KeyState,
    effective_keys,
)
from ssoroute.install.extension_data import DocumentedValue, documented_values
from ssoroute.model.keys import KeyType
from ssoroute.model.quoting import counted, printable

if TYPE_CHECKING:
    from ssoroute.model.device import Device
    from ssoroute.model.profile import PayloadDictionary, Profile, Value

__all__ = ["keys_json", "keys_text"]


def keys_text(profiles: Iterable[Profile], device: Device) -> list[str]:
    """The keys of every payload of `profiles` on `device`, as lines of text.

    Shown are the keys that are written, those whose default counts, and those that are missing. The
    documented keys of `ExtensionData` follow. Secrets are shown as `(hidden)`.

    >>> from ssoroute.model.device import Device
    >>> from ssoroute.model.profile import PayloadDictionary, Profile
    >>> from ssoroute.model.source import Source
    >>> content = {"Type": "Credential", "Hosts": ("example.com",), "ExtensionData": {"key": 1}}
    >>> dictionary = PayloadDictionary(content, Source("corp.mobileconfig", "PayloadContent[0]"))
    >>> profile = Profile((dictionary,), Source("corp.mobileconfig"))
    >>> for line in keys_text([profile], Device("iOS", "18.0")):
    ...     print(line)
    corp.mobileconfig: PayloadContent[0] (on iOS 18.0)
      ExtensionIdentifier   missing: it is required
      Type                  Credential (since 13.0)
      ExtensionData         (hidden) (since 13.0)
      Hosts                 example.com (since 13.0)
      ScreenLockedBehavior  Cancel (default, since 15.0)
    """
    lines: list[str] = []
    for profile, dictionary, model in _models(profiles, device):
        if lines:
            lines.append("")
        lines.append(f"{printable(str(model.source))} (on {device})")
        data = {
            f"ExtensionData.{d.key.key}": d for d in documented_values(dictionary, profile, device)
        }
        shown = {path: row for path, row in model.items() if _speaks(row)}
        spelled = {path: _spelling(path, row, dictionary, profile) for path, row in shown.items()}
        width = max(map(len, [*shown, *data]), default=0)
        lines += (
            f"  {path.ljust(width)}  {_line(row)}{spelled[path]}" for path, row in shown.items()
        )
        lines += (
            f"  {path.ljust(width)}  {_data_line(found, device)}" for path, found in data.items()
        )
    return lines


def keys_json(profiles: Iterable[Profile], device: Device) -> list[dict[str, object]]:
    """The keys of every payload of `profiles` on `device`: one JSON object for each payload.

    A payload's `keys` are all rows of the table, in its order, and `extension_data` the documented
    keys of its `ExtensionData` that are written. Of a secret, `hidden` is true, and
    `value` and `written` are null whether it counts or not; data is written in Base64.

    >>> from ssoroute.model.device import Device
    >>> keys_json([], Device("iOS"))
    []
    """
    return [
        {
            "source": model.source.to_json(),
            "profile": profile.identifier,
            "kind": profile.kind.value,
            "channel": profile.channel.value,
            "keys": [_row_json(path, row) for path, row in model.items()],
            "extension_data": [
                _data_json(found) for found in documented_values(dictionary, profile, device)
            ],
        }
        for profile, dictionary, model in _models(profiles, device)
    ]


def _models(
    profiles: Iterable[Profile], device: Device
) -> Iterator[tuple[Profile, PayloadDictionary, EffectiveKeys]]:
    for profile in profiles:
        for dictionary in profile.payloads:
            yield profile, dictionary, effective_keys(dictionary, profile, device)


def _speaks(row: EffectiveKey) -> bool:
    """Whether there is something to say about the key of this payload."""
    missing = row.state is KeyState.ABSENT and bool(row.message)
    return row.source is not None or row.state is KeyState.DEFAULT or missing


def _spelling(path: str, row: EffectiveKey, dictionary: PayloadDictionary, profile: Profile) -> str:
    """The place of the key, if its own file has another name for it."""
    if row.source is None:
        return ""
    written = row.source.path.removeprefix(dictionary.source.path).removeprefix(".")
    return "" if written == path else f", {profile.kind.value}'s {printable(written)}"


def _line(row: EffectiveKey) -> str:
    since = f"since {row.since}" if row.since else ""
    if row.deprecated_since:
        since += f", deprecated since {row.deprecated_since}"
    match row.state:
        case KeyState.WRITTEN:
            return f"{_value_text(row.value, row.key.type)} ({since})"
        case KeyState.DEFAULT:
            return f"{_value_text(row.value, row.key.type)} (default, {since})"
        case KeyState.ABSENT:
            return f"missing: {row.message}"
        case KeyState.IGNORED:
            return f"ignored: {row.message}"
        case KeyState.UNKNOWN:
            return f"unknown: {row.message}; ignored"
        case KeyState.WRONG_TYPE | KeyState.NOT_ALLOWED:
            return f"wrong: {row.message} ({since})"


def _data_line(found: DocumentedValue, device: Device) -> str:
    since = found.key.since(device.platform)
    text = _value_text(found.value, KeyType.STRING)
    return f"{text} (since {since})" if since else text


def _data_json(found: DocumentedValue) -> dict[str, object]:
    is_hidden = found.value == HIDDEN
    return {
        "key": found.key.key,
        "type": found.key.type.value,
        "value": None if is_hidden else _json(found.value),
        "hidden": is_hidden,
        "source": found.source.to_json(),
        "authority": found.key.authority.value,
    }


def _value_text(value: Value, type_: KeyType) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ", ".join(_value_text(item, KeyType.STRING) for item in value) or "(empty)"
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    if isinstance(value, Mapping):
        # The keys inside PlatformSSO and the like have lines of their own.
        return (
            ", ".join(
                f"{printable(name)}={_value_text(item, KeyType.STRING)}"
                for name, item in value.items()
            )
            if type_ is KeyType.DICTIONARY_OF_STRINGS
            else counted(len(value), "key")
        )
    text = printable(str(value)) or "(empty)"
    return f"{text} seconds" if type_ is KeyType.SECONDS else text


def _row_json(path: str, row: EffectiveKey) -> dict[str, object]:
    source = row.source
    return {
        "path": path,
        "declaration": row.key.declaration or None,
        "type": row.key.type.value,
        "state": row.state.value,
        "value": None if row.key.secret else _json(row.value),
        "written": None if row.key.secret else _json(row.written),
        "hidden": row.key.secret and source is not None,
        "source": source and source.to_json(),
        "since": row.since and str(row.since),
        "deprecated_since": row.deprecated_since and str(row.deprecated_since),
        "needs": row.needs and str(row.needs),
        "message": row.message or None,
    }


def _json(value: Value) -> object:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, tuple):
        return [_json(item) for item in value]
    if isinstance(value, Mapping):
        return {name: _json(item) for name, item in value.items()}
    return value
