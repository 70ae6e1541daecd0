"""The state of an emulated device as JSON, and back.

Everything that a profile can hold comes back unchanged, secrets included. Errors name the place and
the type of an invalid value, never the value.
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
from ssoroute.model.kinds import JSON, MISSING, must_be
from ssoroute.model.members import MemberReader
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
from ssoroute.model.signature import UNSIGNED, Signature, SignatureState
from ssoroute.model.source import Source
from ssoroute.routing.router import Matching

__all__ = ["DeviceState", "StateError", "read_state", "write_state"]

_SCHEMA: Final = 1


class StateError(DeviceError):
    """The saved state of an emulated device is invalid; `problems` names everything wrong."""


@dataclass(frozen=True, slots=True)
class DeviceState:
    """The whole state of an emulated device; `profiles` are the installed ones, in order."""

    device: Device
    matching: Matching
    locked: bool
    profiles: tuple[Profile, ...]


def write_state(state: DeviceState) -> dict[str, object]:
    """`state` as a JSON object, secrets included.

    Everything that a profile can hold comes back unchanged. JSON has no data, no dates and no
    tuples. Arrays come back as tuples. An object with one key represents data in Base64
    (`$data`), a date in ISO 8601 (`$date`), a float that JSON cannot represent (`$number`), or a
    dictionary that would itself look like one of these (`$dictionary`).
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
        "signature": profile.signature.to_json(),
        "user": profile.user,
        "installed": profile.installed,
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
    """The state that `write_state` wrote; `StateError` lists all problems.

    Messages name places and types, never a value of a payload.
    """
    reader = _StateReader()
    read = reader.state(_Place(state, Source("the state")))
    if reader.problems:
        raise StateError(reader.problems)
    return read


_Item = TypeVar("_Item")
_T = TypeVar("_T", str, bool)
_Choice = TypeVar("_Choice", bound=StrEnum)


class _UnreadableError(Exception):
    """A value of the state that cannot be read; the message says why, without the value."""


@dataclass(frozen=True, slots=True)
class _Place:
    """A value of the state and its place."""

    value: object
    source: Source

    def member(self, name: str) -> _Place:
        value = self.value.get(name, MISSING) if isinstance(self.value, Mapping) else MISSING
        return _Place(value, self.source.key(name))


class _StateReader:
    """Reads the parts of a state and continues after a problem, so all problems come at once."""

    def __init__(self) -> None:
        self._read = MemberReader(JSON, shows_values=False)
        self.problems = self._read.problems

    def state(self, place: _Place) -> DeviceState:
        if not isinstance(place.value, Mapping):
            self._read.must_be(place.source, "an object", place.value)
            raise StateError(self.problems)
        schema = place.member("schema")
        if schema.value != _SCHEMA or isinstance(schema.value, bool):
            wrong = must_be(f"`{_SCHEMA}`", schema.value, JSON)
            if type(schema.value) is int:  # a version is not a secret
                wrong = f"must be `{_SCHEMA}`, not {quote(schema.value)}"
            raise StateError(f"{schema.source}: {wrong}")
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
        extensions = None
        if listed.value is not None:
            extensions = self._all(listed, _EXTENSION, self._extension)
        domains = self._domains(place.member("associated_domains"))
        urls = self._texts(place.member("apple_account_urls"))
        platform = self._text(place.member("platform"))
        version = self._text(place.member("version"))
        if len(self.problems) == before:
            try:
                return Device(platform, version, extensions, domains, urls)
            except DeviceError as error:
                self._read.wrong(place.source, str(error))
        return Device()

    def _extension(self, place: _Place) -> Extension:
        bundle_id = self._text(place.member("bundle_id"))
        return Extension(bundle_id, self._text_or_none(place.member("team_id")))

    def _domains(self, place: _Place) -> dict[str, dict[str, str]]:
        return {
            bundle_id: {host: self._text(approval) for host, approval in self._members(hosts)}
            for bundle_id, hosts in self._members(place)
        }

    def _profile(self, place: _Place) -> Profile:
        if not self._object(place, _PROFILE):
            return Profile((), Source(""))
        return Profile(
            payloads=self._all(place.member("payloads"), _PAYLOAD, self._payload),
            source=self._source(place.member("source")),
            identifier=self._text_or_none(place.member("identifier")),
            channel=self._choice(place.member("channel"), Channel, Channel.DEVICE),
            kind=self._choice(place.member("kind"), ProfileKind, ProfileKind.PROFILE),
            display_name=self._text_or_none(place.member("display_name")),
            uuid=self._text_or_none(place.member("uuid")),
            signature=self._signature(place.member("signature")),
            user=self._text_or_none(place.member("user")),
            installed=self._bool(place.member("installed")),
            associated_domains=self._all(
                place.member("associated_domains"), _ASSOCIATED, self._associated_domains
            ),
            other_payloads=self._all(place.member("other_payloads"), _OTHER, self._other_payload),
        )

    def _payload(self, place: _Place) -> PayloadDictionary:
        content = self._content(place.member("content"))
        return PayloadDictionary(content, self._source(place.member("source")))

    def _associated_domains(self, place: _Place) -> AssociatedDomains:
        application = self._text(place.member("application_identifier"))
        entries = self._texts(place.member("entries"))
        return AssociatedDomains(application, entries, self._source(place.member("source")))

    def _other_payload(self, place: _Place) -> OtherPayload:
        payload_type = self._text(place.member("payload_type"))
        uuid = self._text_or_none(place.member("uuid"))
        return OtherPayload(payload_type, uuid, self._source(place.member("source")))

    def _signature(self, place: _Place) -> Signature:
        if not self._object(place, _SIGNATURE):
            return UNSIGNED
        return Signature(
            self._choice(place.member("state"), SignatureState, SignatureState.UNSIGNED),
            self._text_or_none(place.member("signer")),
            self._text_or_none(place.member("problem")),
        )

    def _source(self, place: _Place) -> Source:
        if not self._object(place, _SOURCE):
            return Source("")
        return Source(self._text(place.member("file")), self._text(place.member("path")))

    def _content(self, place: _Place) -> Mapping[str, Value]:
        if not isinstance(place.value, Mapping):
            self._read.must_be(place.source, "an object", place.value)
            return {}
        try:
            value = _read_value(place.value)
        except _UnreadableError as error:
            self._read.wrong(place.source, str(error))
        except RecursionError:
            self._read.wrong(place.source, "nested too deep")
        else:
            if isinstance(value, Mapping):
                return value
            self._read.wrong(place.source, "must be a dictionary, not a single value")
        return {}

    def _all(
        self, place: _Place, members: tuple[str, ...], read: Callable[[_Place], _Item]
    ) -> tuple[_Item, ...]:
        """The objects of an array, which have these members, each read by `read`."""
        return tuple(read(item) for item in self._items(place) if self._object(item, members))

    def _items(self, place: _Place) -> Iterator[_Place]:
        for item, source in self._read.array(place.value, place.source, "an array"):
            yield _Place(item, source)

    def _members(self, place: _Place) -> Iterator[tuple[str, _Place]]:
        for name, value, source in self._read.table(place.value, place.source, "an object"):
            yield name, _Place(value, source)

    def _object(self, place: _Place, members: tuple[str, ...]) -> bool:
        if not isinstance(place.value, Mapping):
            self._read.must_be(place.source, "an object", place.value)
            return False
        self._no_others(place, members)
        return True

    def _no_others(self, place: _Place, members: tuple[str, ...]) -> None:
        # The name itself may be a secret: the state may have been put together by hand.
        if any(name not in members for name, _ in self._members(place)):
            known = ", ".join(members)
            self._read.wrong(place.source, f"holds an unknown member; known are {known}")

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
        self._read.must_be(place.source, _WORDS[type_], place.value)
        return default

    def _choice(self, place: _Place, choices: type[_Choice], default: _Choice) -> _Choice:
        return self._read.choice(place.value, place.source, choices) or default


_WORDS: Final[Mapping[type, str]] = {str: "a string", bool: "a boolean"}
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
    "signature",
    "user",
    "installed",
    "payloads",
    "associated_domains",
    "other_payloads",
)
_SIGNATURE: Final = ("state", "signer", "problem")
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
    raise _UnreadableError("holds a value that JSON does not have")


def _read_dictionary(value: object) -> Mapping[str, Value]:
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
        raise _UnreadableError("holds a dictionary whose names are not strings")
    return {name: _read_value(item) for name, item in value.items()}


def _read_data(value: object) -> bytes:
    if isinstance(value, str):
        try:
            return base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            pass
    raise _UnreadableError("holds `$data` that is not Base64")


def _read_date(value: object) -> datetime:
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            pass
    raise _UnreadableError("holds a `$date` that is not a date in ISO 8601")


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
