"""The state of an emulated device as JSON, and back.

Whatever a profile can hold comes back as it was, secrets included; what is wrong with a state is
told by place and type, and never by value.
"""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, TypeVar

from ssoroute.model.device import Device
from ssoroute.model.errors import DeviceError
from ssoroute.model.payload import Extension
from ssoroute.model.profile import (
    AssociatedDomains,
    Channel,
    OtherPayload,
    PayloadDictionary,
    Profile,
    ProfileKind,
    Value,
)
from ssoroute.model.quoting import quote
from ssoroute.model.source import Source
from ssoroute.routing.router import Matching

__all__ = ["DeviceState", "StateError", "read_state", "write_state"]

_SCHEMA: Final = 1


class StateError(DeviceError):
    """The saved state of an emulated device is invalid; `problems` names everything wrong."""


@dataclass(frozen=True, slots=True)
class DeviceState:
    """All that makes an emulated device what it is; `profiles` are the installed ones, in order."""

    device: Device
    matching: Matching
    locked: bool
    profiles: tuple[Profile, ...]


def write_state(state: DeviceState) -> dict[str, object]:
    """`state` as a JSON object, secrets included.

    Whatever a profile can hold comes back as it was. JSON has no data, no dates and no tuples:
    arrays come back as tuples, and an object with the one key `$data`, `$date`, `$number` or
    `$dictionary` stands for data in Base64, a date in ISO 8601, a float that JSON cannot write, or
    a dictionary that would itself look like one of these.
    """
    return {
        "schema": _SCHEMA,
        "device": state.device.to_json(),
        "matching": state.matching.value,
        "locked": state.locked,
        "profiles": [_write_profile(profile) for profile in state.profiles],
    }


def _write_profile(profile: Profile) -> dict[str, object]:
    return {
        "source": profile.source.to_json(),
        "identifier": profile.identifier,
        "channel": profile.channel.value,
        "kind": profile.kind.value,
        "display_name": profile.display_name,
        "uuid": profile.uuid,
        "signed": profile.signed,
        "payloads": [
            {"source": item.source.to_json(), "content": _write_value(item.content)}
            for item in profile.payloads
        ],
        "associated_domains": [
            {
                "source": item.source.to_json(),
                "application_identifier": item.application_identifier,
                "entries": list(item.entries),
            }
            for item in profile.associated_domains
        ],
        "other_payloads": [
            {
                "source": item.source.to_json(),
                "payload_type": item.payload_type,
                "uuid": item.uuid,
            }
            for item in profile.other_payloads
        ],
    }


def _write_value(value: Value) -> object:
    if isinstance(value, bytes):
        return {"$data": base64.b64encode(value).decode("ascii")}
    if isinstance(value, datetime):
        return {"$date": value.isoformat()}
    if isinstance(value, float) and not math.isfinite(value):
        return {"$number": repr(value)}
    if isinstance(value, tuple):
        return [_write_value(item) for item in value]
    if isinstance(value, Mapping):
        written = {name: _write_value(item) for name, item in value.items()}
        return {"$dictionary": written} if len(written) == 1 and _tag(written) else written
    return value


def read_state(state: object) -> DeviceState:
    """The state that `write_state` wrote; `StateError` names all that is wrong with it.

    Messages name places and types, and no value of a payload.
    """
    reader = _Reader()
    read = reader.state(_Place(state, ""))
    if reader.problems:
        raise StateError(reader.problems)
    return read


_T = TypeVar("_T", str, bool)
_Choice = TypeVar("_Choice", bound=StrEnum)


class _UnreadableError(Exception):
    """A value of the state that cannot be read; the message says why, without the value."""


@dataclass(frozen=True, slots=True)
class _Place:
    """A value of the state, and the path at which it stands."""

    value: object
    path: str

    def member(self, name: str) -> _Place:
        path = f"{self.path}.{name}" if self.path else name
        value = self.value.get(name, _MISSING) if isinstance(self.value, Mapping) else _MISSING
        return _Place(value, path)


_MISSING: Final = object()


class _Reader:
    """Reads the parts of a state, and goes on where one is wrong: all problems come at once."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def state(self, place: _Place) -> DeviceState:
        if not isinstance(place.value, Mapping):
            self._wrong(place, f"{_name(place.value)}, wanted is an object")
            raise StateError(self.problems)
        schema = place.member("schema").value
        if schema != _SCHEMA or isinstance(schema, bool):
            said = "is missing" if schema is _MISSING else f"is {quote(_brief(schema))}"
            raise StateError([f"`schema` {said}, known is `{_SCHEMA}`"])
        self._no_others(place, _STATE)
        return DeviceState(
            self._device(place.member("device")),
            self._choice(place.member("matching"), Matching, Matching.SYSTEM),
            self._bool(place.member("locked")),
            tuple(self._profile(item) for item in self._items(place.member("profiles"))),
        )

    def _device(self, place: _Place) -> Device:
        if not self._object(place, _DEVICE):
            return Device()
        listed = place.member("installed_extensions")
        before = len(self.problems)
        extensions = None if listed.value is None else self._extensions(listed)
        domains = self._domains(place.member("associated_domains"))
        urls = self._texts(place.member("apple_account_urls"))
        platform = self._text(place.member("platform"))
        version = self._text(place.member("version"))
        if len(self.problems) == before:
            try:
                return Device(platform, version, extensions, domains, urls)
            except DeviceError as error:
                self._wrong(place, str(error))
        return Device()

    def _extensions(self, place: _Place) -> list[Extension]:
        return [
            Extension(
                self._text(item.member("bundle_id")), self._text_or_none(item.member("team_id"))
            )
            for item in self._items(place)
            if self._object(item, _EXTENSION)
        ]

    def _domains(self, place: _Place) -> dict[str, dict[str, str]]:
        return {
            bundle_id: {host: self._text(approval) for host, approval in self._members(hosts)}
            for bundle_id, hosts in self._members(place)
        }

    def _profile(self, place: _Place) -> Profile:
        if not self._object(place, _PROFILE):
            return Profile((), Source(""))
        return Profile(
            payloads=tuple(
                PayloadDictionary(
                    self._content(item.member("content")), self._source(item.member("source"))
                )
                for item in self._items(place.member("payloads"))
                if self._object(item, _PAYLOAD)
            ),
            source=self._source(place.member("source")),
            identifier=self._text_or_none(place.member("identifier")),
            channel=self._choice(place.member("channel"), Channel, Channel.DEVICE),
            kind=self._choice(place.member("kind"), ProfileKind, ProfileKind.PROFILE),
            display_name=self._text_or_none(place.member("display_name")),
            uuid=self._text_or_none(place.member("uuid")),
            signed=self._bool(place.member("signed")),
            associated_domains=tuple(
                AssociatedDomains(
                    self._text(item.member("application_identifier")),
                    self._texts(item.member("entries")),
                    self._source(item.member("source")),
                )
                for item in self._items(place.member("associated_domains"))
                if self._object(item, _ASSOCIATED)
            ),
            other_payloads=tuple(
                OtherPayload(
                    self._text(item.member("payload_type")),
                    self._text_or_none(item.member("uuid")),
                    self._source(item.member("source")),
                )
                for item in self._items(place.member("other_payloads"))
                if self._object(item, _OTHER)
            ),
        )

    def _source(self, place: _Place) -> Source:
        if not self._object(place, _SOURCE):
            return Source("")
        return Source(self._text(place.member("file")), self._text(place.member("path")))

    def _content(self, place: _Place) -> Mapping[str, Value]:
        if not isinstance(place.value, Mapping):
            self._wrong(place, f"{_name(place.value)}, wanted is an object")
            return {}
        try:
            value = _read_value(place.value)
        except _UnreadableError as error:
            self._wrong(place, str(error))
        except RecursionError:
            self._wrong(place, "nested too deep")
        else:
            if isinstance(value, Mapping):
                return value
            self._wrong(place, "stands for a single value, wanted is a dictionary")
        return {}

    def _items(self, place: _Place) -> Iterator[_Place]:
        if not isinstance(place.value, list | tuple):
            self._wrong(place, f"{_name(place.value)}, wanted is an array")
            return
        for number, item in enumerate(place.value):
            yield _Place(item, f"{place.path}[{number}]")

    def _members(self, place: _Place) -> Iterator[tuple[str, _Place]]:
        if not isinstance(place.value, Mapping):
            self._wrong(place, f"{_name(place.value)}, wanted is an object")
            return
        for name, value in place.value.items():
            if isinstance(name, str):
                yield name, _Place(value, f"{place.path}.{quote(name)}")
            else:
                self._wrong(place, "a name is no string")

    def _object(self, place: _Place, members: tuple[str, ...]) -> bool:
        if not isinstance(place.value, Mapping):
            self._wrong(place, f"{_name(place.value)}, wanted is an object")
            return False
        self._no_others(place, members)
        return True

    def _no_others(self, place: _Place, members: tuple[str, ...]) -> None:
        assert isinstance(place.value, Mapping)  # noqa: S101 - for the type checker
        if any(name not in members for name in place.value):
            self._wrong(place, f"holds an unknown member; known are {', '.join(members)}")

    def _text(self, place: _Place) -> str:
        return self._of_type(place, str, "")

    def _texts(self, place: _Place) -> tuple[str, ...]:
        return tuple(self._text(item) for item in self._items(place))

    def _text_or_none(self, place: _Place) -> str | None:
        return None if place.value is None else self._text(place)

    def _bool(self, place: _Place) -> bool:
        return self._of_type(place, bool, False)

    def _of_type(self, place: _Place, type_: type[_T], default: _T) -> _T:
        if isinstance(place.value, type_):
            return place.value
        wanted = {str: "a string", bool: "true or false"}[type_]
        self._wrong(place, f"{_name(place.value)}, wanted is {wanted}")
        return default

    def _choice(self, place: _Place, choices: type[_Choice], default: _Choice) -> _Choice:
        for choice in choices:
            if choice.value == place.value:
                return choice
        wanted = " or ".join(f"`{choice}`" for choice in choices)
        self._wrong(place, f"{_name(place.value)}, wanted is {wanted}")
        return default

    def _wrong(self, place: _Place, what: str) -> None:
        self.problems.append(f"{place.path or 'the state'}: {what}")


_STATE: Final = ("schema", "device", "matching", "locked", "profiles")
_DEVICE: Final = (
    "platform",
    "version",
    "installed_extensions",
    "associated_domains",
    "apple_account_urls",
)
_EXTENSION: Final = ("bundle_id", "team_id")
_SOURCE: Final = ("file", "path")
_PROFILE: Final = (
    "source",
    "identifier",
    "channel",
    "kind",
    "display_name",
    "uuid",
    "signed",
    "payloads",
    "associated_domains",
    "other_payloads",
)
_PAYLOAD: Final = ("source", "content")
_ASSOCIATED: Final = ("source", "application_identifier", "entries")
_OTHER: Final = ("source", "payload_type", "uuid")


def _read_value(value: object) -> Value:
    if isinstance(value, list | tuple):
        return tuple(_read_value(item) for item in value)
    if isinstance(value, Mapping):
        tag = _tag(value) if len(value) == 1 else None
        if tag:
            return _TAGS[tag](value[tag])
        return _read_dictionary(value)
    if value is None or isinstance(value, str | int | float):
        return value
    raise _UnreadableError("holds a value that JSON has not")


def _read_dictionary(value: object) -> Mapping[str, Value]:
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
        raise _UnreadableError("holds a dictionary that is no object with strings for names")
    return {name: _read_value(item) for name, item in value.items()}


def _read_data(value: object) -> bytes:
    if isinstance(value, str):
        try:
            return base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            pass
    raise _UnreadableError("holds `$data` that is no Base64")


def _read_date(value: object) -> datetime:
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            pass
    raise _UnreadableError("holds a `$date` that is no date in ISO 8601")


def _read_number(value: object) -> float:
    if value not in ("nan", "inf", "-inf"):
        raise _UnreadableError("holds a `$number` that is not nan, inf or -inf")
    return float(str(value))


_TAGS: Final[Mapping[str, Callable[[object], Value]]] = {
    "$data": _read_data,
    "$date": _read_date,
    "$number": _read_number,
    "$dictionary": _read_dictionary,
}


def _tag(value: Mapping[str, object]) -> str | None:
    return next((tag for tag in _TAGS if tag in value), None)


def _brief(value: object) -> object:
    return value if isinstance(value, str | int | float | None) else _name(value)


def _name(value: object) -> str:
    """What `value` is, in the words of JSON; never what it says."""
    if value is _MISSING:
        return "missing"
    for type_, name in _NAMES:
        if isinstance(value, type_):
            return name
    return "null" if value is None else "no value of JSON"


_NAMES: Final[tuple[tuple[type | tuple[type, ...], str], ...]] = (
    (bool, "true or false"),
    ((int, float), "a number"),
    (str, "a string"),
    ((list, tuple), "an array"),
    (Mapping, "an object"),
)
