"""Declarations `com.apple.configuration.extensible-sso`, alone or in a list.

A declaration is a profile of one payload. Its `Payload` is kept as written: that it names its
extension in one composed key is for the reader of payloads to know.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ssoroute.loaders.findings import Code, Report
from ssoroute.loaders.profile import field_text
from ssoroute.model.kinds import JSON, MISSING, must_be
from ssoroute.model.profile import PayloadDictionary, Profile, ProfileKind, Value
from ssoroute.model.quoting import quote
from ssoroute.model.source import Source

__all__ = ["read_declarations"]

# Documented: the type of the declaration that configures an SSO extension.
_TYPE: Final = "com.apple.configuration.extensible-sso"
_HINT: Final = f"JSON is read as a declaration of `Type` `{_TYPE}`, or as a list of them"


def read_declarations(
    root: Value, source: Source, report: Report, *, signed: bool = False
) -> list[Profile]:
    """The declarations that the JSON value `root` is or lists; others are reported and left out."""
    if isinstance(root, tuple):
        if not root:
            report.add(Code.NOTHING_INSIDE, source, "the list of declarations is empty")
        written = [(item, source.item(index)) for index, item in enumerate(root)]
    else:
        written = [(root, source)]
    profiles = (_read(value, place, report, signed=signed) for value, place in written)
    return [profile for profile in profiles if profile is not None]


def _read(value: Value, source: Source, report: Report, *, signed: bool) -> Profile | None:
    if not isinstance(value, Mapping):
        message = f"a declaration {must_be('an object', value, JSON)}"
        report.add(Code.NOT_A_PROFILE, source, message, _HINT)
        return None
    kind = value.get("Type")
    if kind != _TYPE:
        if isinstance(kind, str) and "Payload" in value:
            message = f"not an extensible-sso declaration but {quote(kind)}; left out"
            report.add(Code.OTHER_DECLARATION, source, message)
        else:
            report.add(Code.NOT_A_PROFILE, source, "not a declaration", _HINT)
        return None
    payload = value.get("Payload", MISSING)
    if not isinstance(payload, Mapping):
        message = f"`Payload` of a declaration {must_be('an object', payload, JSON)}"
        report.add(Code.BAD_DECLARATION, source.key("Payload"), message)
        return None
    return Profile(
        payloads=(PayloadDictionary(payload, source.key("Payload")),),
        source=source,
        identifier=field_text(value, "Identifier", source, report),
        kind=ProfileKind.DECLARATION,
        signed=signed,
    )
