"""The effective value of every key of one payload: one model for profiles and declarations.

The rows are those of `keys.csv`, in its order, by the paths that the keys have in a profile. The
keys of a declaration are read from their places in a declaration. Documented: the table. Reading: a
value of the wrong type, or one that is not allowed, gives no effective value.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from ssoroute.install.read_payload import split_composed_identifier
from ssoroute.model.device import Device, given_device
from ssoroute.model.keys import Key, KeyType, keys
from ssoroute.model.kinds import kind_of, must_be
from ssoroute.model.platforms import SINCE, Feature, Version
from ssoroute.model.profile import PayloadDictionary, Profile, ProfileKind, Value
from ssoroute.model.quoting import quote
from ssoroute.model.source import Source

__all__ = ["HIDDEN", "EffectiveKey", "EffectiveKeys", "KeyState", "effective_keys"]

#: Shown instead of a secret: it is there, and nothing of it is shown.
HIDDEN: Final = "(hidden)"


class KeyState(StrEnum):
    """What a device makes of one key of a payload."""

    #: It is written, and the device reads it.
    WRITTEN = "written"
    #: It is not written, and the default counts.
    DEFAULT = "default"
    #: It is not written, and there is no default.
    ABSENT = "absent"
    #: It is written, and a payload of this Type does not read it.
    IGNORED = "ignored"
    #: This platform or version does not read it, written or not.
    UNKNOWN = "unknown"
    #: It is written, and its value is of another type.
    WRONG_TYPE = "wrong_type"
    #: It is written, and its value is not allowed.
    NOT_ALLOWED = "not_allowed"


@dataclass(frozen=True, slots=True)
class EffectiveKey:
    """One key: what the payload says, and what the device makes of it.

    `value` counts on the device: the written value, or the default; None in every other state.
    `written` is the value in the payload, even if the device does not read it; None if it is not
    written or has the wrong type. For a secret key both are `HIDDEN`. `source` is its place in its
    own file, or None if it is not written. `since` is the version that brought the key to this
    platform, or None. `deprecated_since` is the version that made it deprecated there, or None.
    `needs` is the version that would bring it to this device, or None. `message` says what is wrong
    with it, and is empty if nothing is.
    """

    key: Key
    state: KeyState
    value: Value = None
    written: Value = None
    source: Source | None = None
    since: Version | None = None
    deprecated_since: Version | None = None
    needs: Version | None = None
    message: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class EffectiveKeys(Mapping[str, EffectiveKey]):
    """The keys of one payload, by the path that each has in a profile, in the table's order."""

    source: Source
    by_path: Mapping[str, EffectiveKey]

    def __getitem__(self, path: str) -> EffectiveKey:
        return self.by_path[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self.by_path)

    def __len__(self) -> int:
        return len(self.by_path)


def effective_keys(
    dictionary: PayloadDictionary,
    profile: Profile,
    device: Device | None = None,
    *,
    os: str | None = None,
) -> EffectiveKeys:
    """The effective value of every key of `dictionary`, a payload of `profile`, on `device`.

    The device may be given as `os="macOS@15.4"`, and is the newest macOS without either.

    A declaration's composed identifier is read as the two identifiers. The defaults of the keys of
    `PlatformSSO` count if that dictionary is written. This function refuses nothing; install the
    profile to see what the device refuses.

    >>> dictionary = PayloadDictionary(
    ...     {"Type": "Redirect", "PlatformSSO": {"LoginFrequency": 7200}},
    ...     Source("corp.mobileconfig", "PayloadContent[0]"),
    ... )
    >>> profile = Profile((dictionary,), Source("corp.mobileconfig"))
    >>> model = effective_keys(dictionary, profile, os="macOS@15.4")
    >>> key = model["PlatformSSO.LoginFrequency"]
    >>> print(key.state, key.value, "since", key.since, "in", key.source)
    written 7200 since 14.0 in corp.mobileconfig: PayloadContent[0].PlatformSSO.LoginFrequency
    >>> model["PlatformSSO.EnableAuthorization"].value
    False
    """
    table = keys()
    reader = _KeyReader(dictionary, profile.kind, given_device(device, os=os))
    rows: dict[str, EffectiveKey] = {}
    for path, key in table.items():
        around = rows.get(path.rpartition(".")[0])
        # A key's default needs the dictionary around it.
        rows[path] = reader.read(key, may_default=around is None or _is_read(around))
    for path in reversed(rows):
        inner = {
            inside.removeprefix(f"{path}."): row
            for inside, row in rows.items()
            if inside.rpartition(".")[0] == path
        }
        if inner:
            rows[path] = _composed(rows[path], inner)
    return EffectiveKeys(dictionary.source, rows)


def _is_read(row: EffectiveKey) -> bool:
    return row.state is KeyState.WRITTEN


def _composed(row: EffectiveKey, inner: Mapping[str, EffectiveKey]) -> EffectiveKey:
    """A dictionary whose keys have rows of their own, made of what they say.

    So it is the same in both spellings, and has only keys that are known and not secret.
    """
    if row.written is None:
        return row
    written = {name: key.written for name, key in inner.items() if key.written is not None}
    value = {name: key.value for name, key in inner.items() if _is_read(key)}
    return replace(row, written=written, value=value if _is_read(row) else None)


@dataclass(frozen=True, slots=True)
class _Found:
    """A value in the payload and its place; `around` says that it is the value of a key whose
    dictionary should hold the wanted key.
    """

    value: Value
    source: Source
    around: bool = False


_TYPES: Final = ("Credential", "Redirect")
_COMPOSED: Final = "ExtensionComposedIdentifier"


class _KeyReader:
    """Looks up the keys of one payload dictionary, each at its place in that spelling."""

    def __init__(self, dictionary: PayloadDictionary, kind: ProfileKind, device: Device) -> None:
        self._dictionary = dictionary
        self._is_declaration = kind is ProfileKind.DECLARATION
        self._device = device
        type_ = dictionary.content.get("Type")
        self._type = type_ if isinstance(type_, str) and type_ in _TYPES else None
        self._places = {self._place(key) for key in keys().values()}

    def read(self, key: Key, *, may_default: bool) -> EffectiveKey:
        found = self._find(key)
        if not self._known(key):
            return self._unknown(key, found)
        if key.read_for and self._type and key.read_for != self._type:
            return self._ignored(key, found)
        if found is None:
            return self._not_written(key, may_default=may_default)
        return self._written(key, found)

    # One constructor for each state.

    def _row(
        self,
        key: Key,
        state: KeyState,
        found: _Found | None = None,
        *,
        value: Value = None,
        needs: Version | None = None,
        message: str = "",
    ) -> EffectiveKey:
        platform = self._device.platform
        written = self._as_written(key, found) if found else None
        return EffectiveKey(
            key,
            state,
            value=written if state is KeyState.WRITTEN else value,
            written=None if state is KeyState.WRONG_TYPE else written,
            source=found.source if found else None,
            since=key.since.get(platform),
            deprecated_since=key.deprecated_since.get(platform),
            needs=needs,
            message=message,
        )

    def _unknown(self, key: Key, found: _Found | None) -> EffectiveKey:
        platform, needs = self._device.platform, None
        since = key.since.get(platform)
        if self._is_declaration and not self._place(key):
            message = "a declaration has no such key"
        elif since is None:
            message = f"{platform.value} does not read it"
        else:
            is_declaration = self._is_declaration
            needs = max(since, SINCE[Feature.DECLARATION][platform]) if is_declaration else since
            message = f"needs {platform.value} {needs}"
        return self._row(key, KeyState.UNKNOWN, found, needs=needs, message=message)

    def _ignored(self, key: Key, found: _Found | None) -> EffectiveKey:
        if found is None:
            return self._row(key, KeyState.ABSENT)
        message = f"a payload of Type {self._type} does not read it"
        return self._row(key, KeyState.IGNORED, found, message=message)

    def _not_written(self, key: Key, *, may_default: bool) -> EffectiveKey:
        if may_default and key.default_value is not None:
            return self._row(key, KeyState.DEFAULT, value=key.default_value)
        required = key.required(self._device.platform, self._type)
        return self._row(key, KeyState.ABSENT, message="it is required" if required else "")

    def _written(self, key: Key, found: _Found) -> EffectiveKey:
        value = self._value(key, found.value)
        wrong = _around_message(found) if found.around else _type_message(key, value)
        if wrong:
            return self._row(key, KeyState.WRONG_TYPE, found, message=wrong)
        wrong = self._not_allowed(key, value)
        if wrong:
            return self._row(key, KeyState.NOT_ALLOWED, found, message=wrong)
        return self._row(key, KeyState.WRITTEN, found)

    # Where a key is, and what its value is.

    def _place(self, key: Key) -> str:
        if not self._is_declaration:
            return key.path
        if key.declaration == _COMPOSED and _COMPOSED not in self._dictionary.content:
            # Documented: Apple's samples carry the two identifiers in its place.
            return key.path
        return key.declaration

    def _find(self, key: Key) -> _Found | None:
        place = self._place(key)
        if not place:  # a declaration has no such key, so the profile's name means nothing there
            return None
        *groups, name = place.split(".")
        content, source = self._dictionary.content, self._dictionary.source
        for depth, group in enumerate(groups, start=1):
            if group not in content:
                return None
            inside, source = content[group], source.key(group)
            if not isinstance(inside, Mapping):
                # A dictionary with a row of its own speaks for itself.
                own_row = ".".join(groups[:depth]) in self._places
                return None if own_row else _Found(inside, source, around=True)
            content = inside
        if name not in content:
            return None
        value = content[name]
        if place == _COMPOSED and isinstance(value, str):
            extension = split_composed_identifier(value)
            if extension and key.path == "TeamIdentifier":
                if extension.team_id is None:
                    return None
                value = extension.team_id
            elif extension:
                value = extension.bundle_id
        return _Found(value, source.key(name))

    def _known(self, key: Key) -> bool:
        device = self._device
        if self._is_declaration and not (self._place(key) and device.knows(Feature.DECLARATION)):
            return False
        return key.known(device.platform, device.version)

    def _value(self, key: Key, value: Value) -> Value:
        """`value` as a profile would have it."""
        if key.type is KeyType.DATA and self._is_declaration and isinstance(value, str):
            # Reading: JSON has no data, so a declaration has it in Base64.
            try:
                return base64.b64decode(value, validate=True)
            except (binascii.Error, ValueError):
                return value
        return value

    def _as_written(self, key: Key, found: _Found) -> Value:
        """What the payload says under `key`, None if that has the wrong type."""
        if key.secret:
            return HIDDEN
        value = self._value(key, found.value)
        return None if found.around or _type_message(key, value) else value

    def _not_allowed(self, key: Key, value: Value) -> str:
        """What is wrong with a value of the right type; empty if nothing is."""
        name = key.path.rpartition(".")[2]
        if self._place(key) == _COMPOSED and _is_no_part(value):
            return f"{quote(value)} is neither `bundle.id` nor `bundle.id (TEAMID)`"
        # Observed: what a device refuses for being empty. It never does so inside PlatformSSO.
        if value == "" and "." not in key.path:
            return f"`{name}` is an empty string"
        if value == () and key.presence != "optional":
            return f"`{name}` is empty"
        if key.minimum is not None and isinstance(value, int) and value < key.minimum:
            return f"`{name}` must be at least {key.minimum}, not {value}"
        if not key.allowed_values:
            return ""
        known = {v.text for v in key.allowed_values if v.known(self._device.version)}
        texts = value if isinstance(value, tuple) else (value,)
        strange = [text for text in texts if isinstance(text, str) and text not in known]
        if not strange:
            return ""
        later = {v.text: v.since for v in key.allowed_values if v.text not in known}
        platform = self._device.platform.value
        said = ", ".join(
            f"{quote(text)}" + (f" (needs {platform} {later[text]})" if text in later else "")
            for text in strange
        )
        allowed = ", ".join(f"`{v}`" for v in key.allowed_values if v.text in known)
        return f"`{name}` does not allow {said}; allowed are {allowed}"


def _is_no_part(value: Value) -> bool:
    """Whether `value` is a composed identifier that could not be split."""
    return isinstance(value, str) and split_composed_identifier(value) is None


def _around_message(found: _Found) -> str:
    return f"the value around it {must_be('a dictionary', found.value)}"


def _type_message(key: Key, value: Value) -> str:
    """What is wrong with the type of `value`, without the value; empty if nothing is."""
    wanted, right = _WANTED[key.type]
    # True is an int to Python, and not to a property list
    if not isinstance(value, right) or (isinstance(value, bool) and right is not bool):
        return must_be(wanted, value)
    items: Iterable[Value] = ()
    if key.type is KeyType.STRINGS and isinstance(value, tuple):
        items = value
    elif key.type is KeyType.DICTIONARY_OF_STRINGS and isinstance(value, Mapping):
        items = value.values()
    strange = (item for item in items if not isinstance(item, str))
    return next((f"must be {wanted}, not one with {kind_of(item)}" for item in strange), "")


#: What a value of each type is called, and what it is in Python.
_WANTED: Final[Mapping[KeyType, tuple[str, type]]] = {
    KeyType.STRING: ("a string", str),
    KeyType.BOOLEAN: ("a boolean", bool),
    KeyType.SECONDS: ("an integer", int),
    KeyType.DICTIONARY: ("a dictionary", Mapping),
    KeyType.STRINGS: ("an array of strings", tuple),
    KeyType.DICTIONARY_OF_STRINGS: ("a dictionary of strings", Mapping),
    KeyType.DATA: ("data", bytes),
}
