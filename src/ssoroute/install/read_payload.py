"""What a device reads in one payload dictionary, and for which values it refuses it.

Everything that concerns one payload alone lives here; what two payloads do to each other is in
`installation.py`. Observed (docs/matching.md §2) unless marked otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from ssoroute.install.refusal import Problem, RefusalCode
from ssoroute.model.device import Device
from ssoroute.model.keys import keys
from ssoroute.model.kinds import must_be
from ssoroute.model.patterns import HostPattern, Rule, URLPrefix
from ssoroute.model.payload import (
    CredentialPayload,
    Extension,
    Payload,
    PlatformSSOMethod,
    RedirectPayload,
    ScreenLockedBehavior,
)
from ssoroute.model.platforms import Version
from ssoroute.model.profile import PayloadDictionary, Profile, ProfileKind, Value
from ssoroute.model.quoting import quote
from ssoroute.model.source import Source
from ssoroute.model.urls import MalformedURLError, without_password

__all__ = ["ReadResult", "named_extension", "read_payload", "split_composed_identifier"]


@dataclass(frozen=True, slots=True)
class ReadResult:
    """What came of one payload dictionary.

    `payload` is None if something is wrong with it, other than an entry that is repeated: a device
    that lists the payload as installed reads it nevertheless. `claims` are the entries that it
    claims, each with its uniqueness key. They hold even then for the later payloads of the same
    profile.
    """

    payload: Payload | None
    problems: tuple[Problem, ...]
    claims: tuple[tuple[str, Rule], ...]
    is_redirect: bool
    is_platform_sso: bool


def read_payload(dictionary: PayloadDictionary, profile: Profile, device: Device) -> ReadResult:
    """Read `dictionary`, a payload of `profile`, as `device` does.

    Keys that the platform or the version does not know are treated as absent.
    """
    reader = _PayloadReader(dictionary, device, profile.kind)
    draft = reader.draft()
    extension = None if reader.problems.refuse() else draft.extension
    return ReadResult(
        None if extension is None else draft.payload(extension, dictionary.source, profile),
        reader.problems.in_order(),
        draft.claims,
        draft.type == "Redirect",
        draft.platform_sso is not None,
    )


@dataclass(frozen=True, slots=True)
class _Draft:
    """The keys of a payload as they were read; None and () mean that they are absent or wrong."""

    extension: Extension | None
    type: str | None
    realm: str | None
    screen_locked_behavior: str | None
    denied_callers: tuple[str, ...]
    extension_data: Mapping[str, Value] | None
    registration_token: str | None
    platform_sso: PlatformSSOMethod | None
    use_shared_device_keys: bool
    url_prefixes: tuple[URLPrefix, ...]
    host_patterns: tuple[HostPattern, ...]
    claims: tuple[tuple[str, Rule], ...]

    def payload(self, extension: Extension, source: Source, profile: Profile) -> Payload:
        """The payload of a draft in which nothing is wrong, with its extension."""
        of_both = (
            extension,
            source,
            self.denied_callers,
            ScreenLockedBehavior(self.screen_locked_behavior or "Cancel"),
            profile.channel,
            profile.kind,
            self.extension_data,
            self.registration_token,
        )
        if self.type == "Redirect":
            return RedirectPayload(
                *of_both, self.url_prefixes, self.platform_sso, self.use_shared_device_keys
            )
        return CredentialPayload(*of_both, self.host_patterns, self.realm)


class _Problems:
    """What is wrong with one payload; the order is that of the codes, not that of reading."""

    # Observed: malformed first, then its own values, then what is there twice.
    _ORDER: Final = (
        (RefusalCode.MALFORMED,),
        (RefusalCode.URL_INVALID, RefusalCode.HOST_EMPTY),
        (RefusalCode.URL_REPEATED, RefusalCode.HOST_REPEATED),
    )

    def __init__(self) -> None:
        self._found: list[Problem] = []

    def add(self, problem: Problem) -> None:
        self._found.append(problem)

    def in_order(self) -> tuple[Problem, ...]:
        return tuple(p for codes in self._ORDER for p in self._found if p.code in codes)

    def refuse(self) -> bool:
        """Whether the payload cannot be read."""
        # Observed: what is installed stays, so a repeated entry in it does no harm. A new profile
        # with one is refused as a whole.
        return any(problem.code not in self._ORDER[2] for problem in self._found)


#: From which macOS on a method is recognised; those that are not listed, from the key's own.
_METHOD_SINCE: Final = {
    PlatformSSOMethod.ACCESS_KEY: Version((26,)),
    PlatformSSOMethod.OPENID: Version((27,)),
}

_COMPOSED: Final = re.compile(r"(?P<bundle>[^\s()]+)(?: \((?P<team>[^\s()]+)\))?")


def split_composed_identifier(text: str) -> Extension | None:
    """The extension that `ExtensionComposedIdentifier` names, None if it has no known form.

    Documented: `bundle.id` on iOS and visionOS, `bundle.id (TEAMID)` on macOS. Reading: either
    form is taken on every platform.

    >>> split_composed_identifier("com.example.sso (EXAMPLE123)")
    Extension(bundle_id='com.example.sso', team_id='EXAMPLE123')
    """
    found = _COMPOSED.fullmatch(text)
    return Extension(found["bundle"], found["team"]) if found else None


def named_extension(content: Mapping[str, Value]) -> Extension | None:
    """The extension that a payload dictionary names, in either way, None if it names none.

    >>> print(named_extension({"ExtensionIdentifier": "com.example.sso"}))
    com.example.sso
    """
    composed = content.get("ExtensionComposedIdentifier")
    if isinstance(composed, str):
        return split_composed_identifier(composed)
    bundle_id = _text_or_none(content.get("ExtensionIdentifier"))
    team_id = _text_or_none(content.get("TeamIdentifier"))
    return Extension(bundle_id, team_id) if bundle_id else None


_Entry = TypeVar("_Entry", URLPrefix, HostPattern)


class _PayloadReader:
    """Takes the keys out of one payload dictionary and keeps what is wrong, in order."""

    def __init__(self, dictionary: PayloadDictionary, device: Device, kind: ProfileKind) -> None:
        self._content = dictionary.content
        self._source = dictionary.source
        self._device = device
        self._is_declaration = kind is ProfileKind.DECLARATION
        self.problems = _Problems()
        # Reading: nothing in `PlatformSSO` refuses; if it is not a dictionary, it counts as absent.
        group = self._content.get("PlatformSSO") if self._known("PlatformSSO") else None
        self._platform_sso = group if isinstance(group, Mapping) else {}

    def draft(self) -> _Draft:
        """All keys that count for the device."""
        extension = self.extension()
        type_ = self.choice("Type", ("Credential", "Redirect"), required=True)
        is_redirect, is_credential = type_ == "Redirect", type_ == "Credential"
        # Documented: `Realm` is read for Credential only, and each Type ignores the other's list.
        realm = self.string("Realm") if is_credential else None
        behavior = self.choice("ScreenLockedBehavior", tuple(ScreenLockedBehavior))
        denied = self.denied_callers()
        data = self.dictionary("ExtensionData")
        token = self.registration_token()
        self.string("AuthenticationMethod")  # checked as a string; its value is read below
        prefixes: tuple[URLPrefix, ...] = ()
        hosts: tuple[HostPattern, ...] = ()
        claims: Sequence[tuple[str, Rule]] = ()
        if is_redirect:
            prefixes, claims = self.entries("URLs", _read_prefix, RefusalCode.URL_REPEATED)
        elif is_credential:
            hosts, claims = self.entries("Hosts", _read_host, RefusalCode.HOST_REPEATED)
        return _Draft(
            extension=extension,
            type=type_,
            realm=realm,
            screen_locked_behavior=behavior,
            denied_callers=denied,
            extension_data=data,
            registration_token=token,
            platform_sso=self.platform_sso_method() if is_redirect else None,
            use_shared_device_keys=self._platform_sso.get("UseSharedDeviceKeys") is True,
            url_prefixes=prefixes,
            host_patterns=hosts,
            claims=tuple(claims),
        )

    def platform_sso_method(self) -> PlatformSSOMethod | None:
        """The recognised authentication method, or None.

        Observed: `PlatformSSO.AuthenticationMethod` if that key is there, else the top-level one; a
        Redirect payload that has one is a Platform SSO payload (macOS only).
        """
        if "AuthenticationMethod" in self._platform_sso:
            written = self._platform_sso["AuthenticationMethod"]
        elif self._known("AuthenticationMethod"):
            written = self._content.get("AuthenticationMethod")
        else:
            return None
        for method in PlatformSSOMethod:
            if written == method.value:
                since = _METHOD_SINCE.get(method)
                return method if since is None or self._device.version >= since else None
        return None

    def registration_token(self) -> str | None:
        """`RegistrationToken`; a declaration has it inside `PlatformSSO`."""
        if self._is_declaration:
            return _text_or_none(self._platform_sso.get("RegistrationToken"))
        return self.string("RegistrationToken")

    def extension(self) -> Extension | None:
        """The extension named by the two identifiers, or by a declaration's composed one."""
        if self._is_declaration and "ExtensionComposedIdentifier" in self._content:
            key = "ExtensionComposedIdentifier"
            text = self._string_at(key)
            extension = split_composed_identifier(text) if text else None
            if text and extension is None:
                self._malformed(
                    key, f"{quote(text)} is neither `bundle.id` nor `bundle.id (TEAMID)`"
                )
            return extension
        bundle_id = self.string("ExtensionIdentifier", required=True)
        # Documented: iOS and visionOS ignore it, so there nothing in it can be wrong.
        team_id = (
            self.string("TeamIdentifier")
            if self._known("TeamIdentifier")
            else _text_or_none(self._content.get("TeamIdentifier"))
        )
        return Extension(bundle_id, team_id) if bundle_id else None

    def string(self, key: str, *, required: bool = False) -> str | None:
        """The non-empty string under `key`, None if it is absent, unknown or wrong."""
        if not self._known(key):
            return None
        if key not in self._content:
            if required:
                self._malformed(None, f"`{key}` is missing")
            return None
        return self._string_at(key)

    def choice(self, key: str, allowed: tuple[str, ...], *, required: bool = False) -> str | None:
        """The string under `key`, which must be one of `allowed`."""
        value = self.string(key, required=required)
        if value is None or value in allowed:
            return value
        wanted = " or ".join(f"`{item}`" for item in allowed)
        self._malformed(key, f"`{key}` must be {wanted}, not {quote(value)}")
        return None

    def dictionary(self, key: str) -> Mapping[str, Value] | None:
        """The dictionary under `key`, None if it is absent or something else."""
        value = self._content.get(key) if self._known(key) else None
        if value is None or isinstance(value, Mapping):
            return value
        self._malformed(key, f"`{key}` {must_be('a dictionary', value)}")
        return None

    def denied_callers(self) -> tuple[str, ...]:
        """`DeniedBundleIdentifiers`: an array of non-empty strings."""
        key = "DeniedBundleIdentifiers"
        if not self._known(key) or key not in self._content:
            return ()
        identifiers = []
        for source, item in self._array(key):
            if isinstance(item, str) and item:
                identifiers.append(item)
            else:
                self._malformed_at(source, f"an item {must_be('a bundle identifier', item)}")
        return tuple(identifiers)

    def entries(
        self,
        key: str,
        read: Callable[[str, Source], tuple[_Entry, str] | Problem],
        repeated: RefusalCode,
    ) -> tuple[tuple[_Entry, ...], list[tuple[str, Rule]]]:
        """The entries of the list `key`, and those of them that claim a uniqueness key."""
        entries: list[_Entry] = []
        claims: list[tuple[str, Rule]] = []
        places: dict[str, Source] = {}
        if key not in self._content:
            self._malformed(None, f"`{key}` is missing")
            return (), claims
        items = list(self._array(key))
        if self._content[key] == ():
            self._malformed(key, f"`{key}` is empty")
        for source, item in items:
            if not isinstance(item, str):
                self._malformed_at(source, f"an item {must_be('a string', item)}")
                continue
            entry = read(item, source)
            if isinstance(entry, Problem):
                self.problems.add(entry)
                continue
            pattern, unique = entry
            claims.append((unique, pattern))
            first = places.setdefault(unique, source)
            if first is not source:
                self.problems.add(
                    Problem(repeated, source, f"{quote(item)} is listed twice", other=first)
                )
            entries.append(pattern)
        return tuple(entries), claims

    def _known(self, key: str) -> bool:
        row = keys()[key]
        # Documented: a declaration has some keys elsewhere, or not at all.
        if self._is_declaration and row.declaration not in (key, "ExtensionComposedIdentifier"):
            return False
        return row.known(self._device.platform, self._device.version)

    def _string_at(self, key: str) -> str | None:
        value = self._content[key]
        if isinstance(value, str) and value:
            return value
        self._malformed(key, f"`{key}` {must_be('a non-empty string', value)}")
        return None

    def _array(self, key: str) -> Iterator[tuple[Source, Value]]:
        value = self._content[key]
        source = self._source.key(key)
        if isinstance(value, tuple):
            yield from ((source.item(index), item) for index, item in enumerate(value))
        else:
            self._malformed(key, f"`{key}` {must_be('an array of strings', value)}")

    def _malformed(self, key: str | None, message: str) -> None:
        self._malformed_at(self._source.key(key) if key else self._source, message)

    def _malformed_at(self, source: Source, message: str) -> None:
        self.problems.add(Problem(RefusalCode.MALFORMED, source, message))


def _read_prefix(text: str, source: Source) -> tuple[URLPrefix, str] | Problem:
    if not text:
        return Problem(RefusalCode.URL_INVALID, source, "the URL is empty")
    try:
        prefix = URLPrefix.parse(text, source)
    except MalformedURLError as error:
        message = f"{quote(without_password(text))} is not a URL prefix: {error}"
        return Problem(RefusalCode.URL_INVALID, source, message)
    return prefix, prefix.parts.uniqueness_key


def _read_host(text: str, source: Source) -> tuple[HostPattern, str] | Problem:
    if not text:
        return Problem(RefusalCode.HOST_EMPTY, source, "the host is an empty string")
    pattern = HostPattern(text, source)
    return pattern, pattern.uniqueness_key


def _text_or_none(value: Value) -> str | None:
    return value if isinstance(value, str) and value else None
