"""From a declaration to a configuration profile."""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from ssoroute.conversion.converted import Converted
from ssoroute.conversion.declaration import REFERENCES
from ssoroute.conversion.errors import ConversionError
from ssoroute.conversion.placing import below, place
from ssoroute.conversion.plain_values import NOTHING, Report, for_property_list
from ssoroute.install.read_payload import named_extension
from ssoroute.model.keys import Key, KeyType, keys
from ssoroute.model.profile import PayloadDictionary, Profile, ProfileKind, Value
from ssoroute.model.quoting import one_line
from ssoroute.model.signature import UNSIGNED
from ssoroute.model.source import Source

__all__ = ["to_profile"]

_COMPOSED: Final = "ExtensionComposedIdentifier"
_NO_KEY: Final = "left out: a profile has no such key"
#: The UUIDs of a profile are made from its identifier, so that the same input gives the same file.
_SPACE: Final = uuid.UUID("7d0c5c4e-0b8f-5b0e-9a6e-2f6a1f3c9d11")


def to_profile(declaration: Profile, *, identifier: str | None = None) -> Converted:
    """The configuration profile, for the device channel, that says what `declaration` says.

    `identifier` is the `PayloadIdentifier` of the profile if it is not the `Identifier` of the
    declaration. Raises `ConversionError` if no extension is named, or if there is no identifier.

    >>> from ssoroute import load
    >>> declaration = load(b'''{"Type": "com.apple.configuration.extensible-sso",
    ...   "Identifier": "com.example.sso", "Payload": {"Type": "Redirect",
    ...     "ExtensionComposedIdentifier": "com.example.app.sso (EXAMPLE123)",
    ...     "URLs": ["https://login.example.com/"]}}''')[0]
    >>> payload = to_profile(declaration).document["PayloadContent"][0]
    >>> payload["ExtensionIdentifier"], payload["TeamIdentifier"]
    ('com.example.app.sso', 'EXAMPLE123')
    """
    payload = declaration.payloads[0]
    identifier = identifier or declaration.identifier
    if identifier is None:
        message = "the declaration has no `Identifier`; give the profile an identifier"
        raise ConversionError(f"{declaration.source}: {message}")
    report = Report()
    content = _converted(payload, report)
    if declaration.signature != UNSIGNED:
        report.add(declaration.source, "left out: the signature")
    for name in declaration.other_keys:
        report.add(declaration.source.key(one_line(name)), _NO_KEY)
    inner = f"{identifier}.extensiblesso"
    document = {
        "PayloadType": "Configuration",
        "PayloadIdentifier": identifier,
        "PayloadUUID": _uuid(identifier),
        "PayloadVersion": 1,
        "PayloadDisplayName": identifier,
        "PayloadScope": "System",
        "PayloadContent": [
            {
                "PayloadType": "com.apple.extensiblesso",
                "PayloadIdentifier": inner,
                "PayloadUUID": _uuid(inner),
                "PayloadVersion": 1,
                **content,
            }
        ],
    }
    return Converted(ProfileKind.PROFILE, document, tuple(report.left_out))


def _converted(payload: PayloadDictionary, report: Report) -> dict[str, Any]:
    extension = named_extension(payload.content)
    if extension is None:
        message = f"`{_COMPOSED}` must be `bundle.id` or `bundle.id (TEAMID)`"
        raise ConversionError(f"{payload.source}: {message}")
    new: dict[str, Any] = {"ExtensionIdentifier": extension.bundle_id}
    if extension.team_id is not None:
        new["TeamIdentifier"] = extension.team_id
    for name, value in payload.content.items():
        source = payload.source.key(one_line(name))
        if name in (_COMPOSED, "ExtensionIdentifier", "TeamIdentifier"):
            if name != _COMPOSED and _COMPOSED in payload.content:
                report.add(source, f"left out: `{_COMPOSED}` counts")
            continue
        _key(below("", name), value, source, new, report)
    return new


def _key(
    path: str | None, value: Value, source: Source, new: dict[str, Any], report: Report
) -> None:
    """Put the value at the key path `path` of a declaration into its place in a profile."""
    if path is None:
        report.add(source, _NO_KEY)
        return
    if path in _groups() and isinstance(value, Mapping):
        group = _rows().get(path)
        if group is not None:
            place(group.path, {}, source, new, report)
        elif not value:
            report.add(source, "left out: a profile has no such dictionary, and it is empty")
        for name, member in value.items():
            _key(below(path, name), member, source.key(one_line(name)), new, report)
        return
    key = _rows().get(path)
    if key is None:
        report.add(source, _NO_KEY)
        return
    if key.path in REFERENCES:
        report.add(source, "left out: it names an asset, and a profile names a payload")
        return
    converted = _value(key, value, source, report)
    if converted is not NOTHING:
        place(key.path, converted, source, new, report)


def _value(key: Key, value: Value, source: Source, report: Report) -> Any:
    if key.type is KeyType.DATA and isinstance(value, str):
        try:
            return base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            report.add(source, "left out: it is not base64 text")
            return NOTHING
    return for_property_list(value, source, report)


@cache
def _rows() -> Mapping[str, Key]:
    """The keys that a declaration has, by their paths in it."""
    return {key.declaration: key for key in keys().values() if key.declaration}


@cache
def _groups() -> frozenset[str]:
    """The dictionaries of a declaration that hold keys of the table."""
    paths = _rows()
    return frozenset(path.rpartition(".")[0] for path in paths) - {""}


def _uuid(name: str) -> str:
    return str(uuid.uuid5(_SPACE, name)).upper()
