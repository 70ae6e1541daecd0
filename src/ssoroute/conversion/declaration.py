"""From a configuration profile to a declaration."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from ssoroute.conversion.converted import Converted
from ssoroute.conversion.errors import ConversionError
from ssoroute.conversion.placing import below, place
from ssoroute.conversion.plain_values import NOTHING, Report, for_json
from ssoroute.install.read_payload import split_composed_identifier
from ssoroute.model.keys import Key, KeyType, keys
from ssoroute.model.payload import Extension
from ssoroute.model.profile import Channel, PayloadDictionary, Profile, ProfileKind, Value
from ssoroute.model.quoting import one_line, quote
from ssoroute.model.signature import UNSIGNED
from ssoroute.model.source import Source

__all__ = ["DECLARATION_TYPE", "REFERENCES", "to_declaration"]

# Documented: the type of the declaration that configures an SSO extension.
DECLARATION_TYPE: Final = "com.apple.configuration.extensible-sso"
#: Documented: a profile names a payload of its own by its UUID, a declaration names an asset.
REFERENCES: Final = frozenset(
    {
        "PlatformSSO.AccessKeyTerminalIdentityUUID",
        "PlatformSSO.AccessKeyReaderIssuerCertificateUUID",
    }
)
_GROUPS: Final = ("PlatformSSO", "PlatformSSO.TokenToUserMapping")
_METHOD: Final = "AuthenticationMethod"
_NO_KEY: Final = "left out: a declaration has no such key"


def to_declaration(
    profile: Profile, payload: PayloadDictionary | None = None, *, identifier: str | None = None
) -> Converted:
    """The declaration that says what `payload` of `profile` says.

    Without `payload` the profile must have exactly one. `identifier` is the `Identifier` of the
    declaration if it is not that of the profile. Raises `ConversionError` if the payload is not the
    only one, or has no extension, or if there is no identifier.

    >>> from ssoroute import load
    >>> converted = to_declaration(load("examples/profiles/kerberos.mobileconfig")[0])
    >>> converted.document["Payload"]["ExtensionComposedIdentifier"]
    'com.apple.AppSSOKerberos.KerberosExtension (apple)'
    """
    payload = payload or _only_payload(profile)
    identifier = identifier or profile.identifier
    if identifier is None:
        message = "the profile has no `PayloadIdentifier`; give the declaration an identifier"
        raise ConversionError(f"{profile.source}: {message}")
    report = Report()
    content = _Payload(payload, report).converted()
    _beside(profile, payload, report)
    # The server adds `ServerToken`, and changes it with the content.
    document = {"Type": DECLARATION_TYPE, "Identifier": identifier, "Payload": content}
    return Converted(ProfileKind.DECLARATION, document, tuple(report.left_out))


def _only_payload(profile: Profile) -> PayloadDictionary:
    if len(profile.payloads) == 1:
        return profile.payloads[0]
    count = len(profile.payloads) or "no"
    places = "".join(f"; {payload.source.path}" for payload in profile.payloads)
    message = f"a declaration holds one SSO payload, and the profile has {count}{places}"
    raise ConversionError(f"{profile.source}: {message}")


class _Payload:
    """Puts each key of one payload into its place in a declaration."""

    def __init__(self, payload: PayloadDictionary, report: Report) -> None:
        self._content = payload.content
        self._source = payload.source
        self._report = report
        self._new: dict[str, Any] = {}

    def converted(self) -> dict[str, Any]:
        self._identifiers()
        for name, value in self._content.items():
            if name not in _APART:
                self._key(below("", name), value, self._source.key(one_line(name)))
        self._method()
        return self._new

    def _identifiers(self) -> None:
        bundle_id = self._content.get("ExtensionIdentifier")
        team_id = self._content.get("TeamIdentifier")
        if not isinstance(bundle_id, str) or not bundle_id:
            message = "`ExtensionIdentifier` must be a non-empty string"
            raise ConversionError(f"{self._source}: {message}")
        team = team_id if isinstance(team_id, str) and team_id else None
        composed = str(Extension(bundle_id, team))
        if split_composed_identifier(composed) != Extension(bundle_id, team):
            message = f"{quote(composed)} is not a composed identifier: `bundle.id (TEAMID)`"
            raise ConversionError(f"{self._source}: {message}")
        self._new["ExtensionComposedIdentifier"] = composed
        if "TeamIdentifier" in self._content and team is None:
            place = self._source.key("TeamIdentifier")
            self._report.add(place, "left out: it is not a non-empty string")

    def _key(self, path: str | None, value: Value, source: Source) -> None:
        """Put the value at the key path `path` into its place."""
        if path is not None and path in _GROUPS and isinstance(value, Mapping):
            place(keys()[path].declaration, {}, source, self._new, self._report)
            for inner, member in value.items():
                self._key(below(path, inner), member, source.key(one_line(inner)))
            return
        key = _rows().get(path or "")
        if path in REFERENCES:
            why = "left out: it names a payload, and a declaration names an asset"
            self._report.add(source, why)
        elif key is None:
            self._report.add(source, _NO_KEY)
        else:
            new = self._value(key, value, source)
            if new is not NOTHING:
                place(key.declaration, new, source, self._new, self._report)

    def _value(self, key: Key, value: Value, source: Source) -> Any:
        if key.type is KeyType.DATA and isinstance(value, bytes):
            return base64.b64encode(value).decode()  # Documented: JSON has data as base64 text.
        return for_json(value, source, self._report)

    def _method(self) -> None:
        """The top-level method: a declaration has it inside `PlatformSSO` only."""
        if _METHOD not in self._content:
            return
        value, source = self._content[_METHOD], self._source.key(_METHOD)
        group = self._content.get("PlatformSSO", {})
        if self._content.get("Type") != "Redirect" or not isinstance(group, Mapping):
            self._report.add(source, _NO_KEY)
        elif _METHOD in group:
            # Documented: if both are there, the one inside `PlatformSSO` counts.
            self._report.add(source, f"left out: {quote(f'PlatformSSO.{_METHOD}')} counts")
        else:
            why = f"moved: a declaration has it as {quote(f'PlatformSSO.{_METHOD}')}"
            self._report.add(source, why)
            self._key(f"PlatformSSO.{_METHOD}", value, source)


#: Keys that do not simply have another place, and those that are the form of a payload.
_APART: Final = frozenset(
    {
        "ExtensionIdentifier",
        "TeamIdentifier",
        _METHOD,
        "PayloadIdentifier",
        "PayloadType",
        "PayloadUUID",
        "PayloadVersion",
    }
)


@cache
def _rows() -> Mapping[str, Key]:
    """The keys that a declaration has, by their paths in a profile."""
    return {path: key for path, key in keys().items() if key.declaration}


def _beside(profile: Profile, payload: PayloadDictionary, report: Report) -> None:
    """Report what the profile has beside the payload."""
    source = profile.source
    if profile.signature != UNSIGNED:
        report.add(source, "left out: the signature")
    if profile.channel is Channel.USER:
        why = "left out: the server chooses the channel of a declaration"
        report.add(source.key("PayloadScope"), why)
    name_key = ("PayloadDisplayName",) if profile.display_name else ()
    for name in (*name_key, *profile.other_keys):
        report.add(source.key(one_line(name)), _NO_KEY)
    only = "left out: an extensible-sso declaration holds one SSO payload"
    for other in profile.payloads:
        if other is not payload:
            report.add(other.source, only)
    for domains in profile.associated_domains:
        report.add(domains.source, f"{only} (this is `com.apple.associated-domains`)")
    for stranger in profile.other_payloads:
        report.add(stranger.source, f"{only} (this is {quote(stranger.payload_type)})")
