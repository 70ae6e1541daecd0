"""Declarations `com.apple.configuration.extensible-sso`, and their payloads alone.

A declaration is a profile of one payload. Its `Payload` is kept as written: the reader of payloads
knows that one composed key names its extension.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ssoroute.loaders.findings import Code, Report
from ssoroute.loaders.preferences import is_preferences
from ssoroute.loaders.profile import field_text
from ssoroute.model.kinds import JSON, MISSING, Missing, must_be
from ssoroute.model.profile import Channel, PayloadDictionary, Profile, ProfileKind, Value
from ssoroute.model.quoting import quote
from ssoroute.model.signature import UNSIGNED, Signature
from ssoroute.model.source import Source

__all__ = ["SSO_TYPE", "is_payload", "left_out", "read_declaration", "sso_declaration"]

# Documented: the type of the declaration that configures an SSO extension.
SSO_TYPE: Final = "com.apple.configuration.extensible-sso"
_DECLARATION_KEYS: Final = frozenset({"Type", "Identifier", "Payload"})
_COMPOSED: Final = "ExtensionComposedIdentifier"
_HINT: Final = (
    f"JSON is read as a declaration of `Type` `{SSO_TYPE}`, its payload alone, a blueprint of Jamf,"
    " an export of Intune, or a list of these"
)


def is_payload(root: Mapping[str, Value]) -> bool:
    """Whether `root` is the payload of an extensible-sso declaration without the declaration.

    >>> is_payload({"ExtensionComposedIdentifier": "a.b", "Type": "Redirect"})
    True
    >>> is_payload({"Type": "com.apple.configuration.extensible-sso", "Payload": {}})
    False
    """
    # Documented: the composed key is in no other form. Apple's samples have two keys in its place.
    return "Payload" not in root and (_COMPOSED in root or is_preferences(root))


def read_declaration(
    value: Value, source: Source, report: Report, *, signature: Signature
) -> Profile | None:
    """The declaration `value`; others are reported and left out."""
    if not isinstance(value, Mapping):
        message = f"a declaration {must_be('an object', value, JSON)}"
        report.add(Code.NOT_A_PROFILE, source, message, _HINT)
        return None
    if is_payload(value):
        return sso_declaration(value, source, source, report, signature=signature)
    kind = value.get("Type")
    if kind != SSO_TYPE:
        if isinstance(kind, str) and "Payload" in value:
            left_out(kind, source, report)
        else:
            report.add(Code.NOT_A_PROFILE, source, "not a declaration", _HINT)
        return None
    return sso_declaration(
        value.get("Payload", MISSING),
        source.key("Payload"),
        source,
        report,
        identifier=field_text(value, "Identifier", source, report),
        signature=signature,
        other_keys=tuple(key for key in value if key not in _DECLARATION_KEYS),
    )


def sso_declaration(
    payload: Value | Missing,
    place: Source,
    source: Source,
    report: Report,
    *,
    identifier: str | None = None,
    channel: Channel = Channel.DEVICE,
    signature: Signature = UNSIGNED,
    other_keys: tuple[str, ...] = (),
) -> Profile | None:
    """The declaration at `source` with `payload`, which is at `place`; None if that is wrong."""
    if not isinstance(payload, Mapping):
        message = f"`{place.path.rpartition('.')[2]}` of a declaration"
        message += f" {must_be('an object', payload, JSON)}"
        report.add(Code.BAD_DECLARATION, place, message)
        return None
    return Profile(
        payloads=(PayloadDictionary(payload, place),),
        source=source,
        identifier=identifier,
        channel=channel,
        kind=ProfileKind.DECLARATION,
        signature=signature,
        other_keys=other_keys,
    )


def left_out(kind: Value, source: Source, report: Report) -> None:
    """Report that the declaration at `source` has another type, `kind`."""
    what = quote(kind) if isinstance(kind, str) else "one without a type"
    message = f"not an extensible-sso declaration but {what}; left out"
    report.add(Code.OTHER_DECLARATION, source, message)
