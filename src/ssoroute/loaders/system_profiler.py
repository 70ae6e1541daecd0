"""What System Profiler says about profiles: `system_profiler SPConfigurationProfileDataType`.

With `-xml`, or as `.spx` in a sysdiagnose, it is a property list; with `-json` it is JSON. Both
hold groups (the device's profiles, the user's), in them profiles, in them payloads, each level
under `_items`. Observed (in descriptions; no public sample is known): a payload's own keys are text
in the old-style property-list syntax, in which numbers and booleans have become strings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from ssoroute.loaders.dictionaries import dictionaries
from ssoroute.loaders.findings import Code, Report, Unreadable
from ssoroute.loaders.install_dates import in_install_order
from ssoroute.loaders.openstep_plist import read_openstep
from ssoroute.loaders.profile import Contents, add_payload
from ssoroute.loaders.values import DEPTH_LIMIT, freeze
from ssoroute.model.keys import KeyType, keys
from ssoroute.model.kinds import must_be
from ssoroute.model.profile import Channel, Profile, Value
from ssoroute.model.source import Source

__all__ = ["is_system_profiler", "payload_text", "read_system_profiler"]

_DATA_TYPE: Final = "SPConfigurationProfileDataType"
_PREFIX: Final = "spconfigprofile_"
_INTEGER: Final = re.compile(r"-?[0-9]{1,18}")
_TYPES: Final = ("com.apple.extensiblesso", "com.apple.associated-domains")


def is_system_profiler(root: Value) -> bool:
    """Whether `root` is a report of System Profiler about profiles.

    >>> is_system_profiler({"SPConfigurationProfileDataType": ()})
    True
    >>> is_system_profiler(({"_dataType": "SPConfigurationProfileDataType"},))
    True
    """
    if isinstance(root, Mapping):
        return _DATA_TYPE in root
    return isinstance(root, tuple) and any(
        isinstance(item, Mapping) and ("_items" in item or item.get("_dataType") == _DATA_TYPE)
        for item in root
    )


def read_system_profiler(root: Value, source: Source, report: Report) -> list[Profile]:
    """The profiles of the report `root`, in install order; broken parts are left out, reported."""
    if isinstance(root, Mapping):
        root, source = root[_DATA_TYPE], source.key(_DATA_TYPE)
    found: list[tuple[Value, Profile]] = []
    for place, item in _dictionaries(root, source, report):
        found += _walk(item, place, Channel.DEVICE, report, DEPTH_LIMIT)
    if not found:
        report.add(Code.NOTHING_INSIDE, source, "the report lists no profile")
    return in_install_order(found, f"{_PREFIX}install_date", report)


def payload_text(payload: Mapping[str, Value]) -> tuple[str, str] | None:
    """The key and the text of the payload's own keys; None if it has none.

    Observed: names differ a little between versions, so the end of the name decides.
    """
    for key, value in payload.items():
        if key.endswith("payload_data") and isinstance(value, str):
            return key, value
    return None


def _walk(
    item: Mapping[str, Value], source: Source, channel: Channel, report: Report, depth: int
) -> Iterator[tuple[Value, Profile]]:
    """The profiles in a group, or the one that `item` is, each with its date."""
    if not depth:
        return
    if any(_field(item, name) is not None for name in ("profile_identifier", "profile_uuid")):
        yield _field(item, "install_date"), _profile(item, source, channel, report)
        return
    name = item.get("_name")
    # Reading: descriptions show `spconfigprofile_section_deviceconfigprofiles` and `…_user…`.
    if isinstance(name, str) and "user" in name.lower():
        channel = Channel.USER
    for place, inner in _items(item, source, report):
        yield from _walk(inner, place, channel, report, depth - 1)


def _profile(
    profile: Mapping[str, Value], source: Source, channel: Channel, report: Report
) -> Profile:
    contents = Contents()
    for place, item in _items(profile, source, report):
        payload_type = item.get("_name")
        if payload_type not in _TYPES:
            # Only the type and the UUID of other payloads are kept, so their text stays unread.
            named = payload_type if isinstance(payload_type, str) else "unknown"
            other = {"PayloadType": named, "PayloadUUID": _field(item, "payload_uuid")}
            add_payload(contents, other, {}, place, report)
            continue
        text = payload_text(item)
        if text is None:
            message = f"the report names a payload `{payload_type}` but not its keys; left out"
            report.add(Code.WITHOUT_KEYS, place, message)
            continue
        here = place.key(text[0])
        own = _own_keys(text[1], here, report)
        if own is not None:
            add_payload(contents, {"PayloadType": payload_type}, own, here, report)
    name = profile.get("_name")
    return Profile(
        payloads=tuple(contents.payloads),
        source=source,
        identifier=_text(_field(profile, "profile_identifier")),
        channel=channel,
        display_name=_text(name),
        uuid=_text(_field(profile, "profile_uuid")),
        associated_domains=tuple(contents.associated_domains),
        other_payloads=tuple(contents.others),
        installed=True,
    )


def _own_keys(text: str, source: Source, report: Report) -> Mapping[str, Value] | None:
    try:
        value = freeze(read_openstep(text), source, report)
    except Unreadable as fault:
        report.unreadable(source, fault)
        return None
    if not isinstance(value, Mapping):
        message = f"the keys of a payload {must_be('a dictionary', value)}"
        report.add(Code.WRONG_TYPE, source, message)
        return None
    return _typed(value, "")


def _typed(value: Mapping[str, Value], path: str) -> dict[str, Value]:
    """`value` with the numbers and booleans that its keys have by the table of keys."""
    return {key: _typed_value(item, f"{path}{key}") for key, item in value.items()}


def _typed_value(value: Value, path: str) -> Value:
    key = keys().get(path)
    if isinstance(value, Mapping):
        return _typed(value, f"{path}.")
    if key is None or not isinstance(value, str):
        return value
    if key.type is KeyType.BOOLEAN:
        return {"1": True, "0": False, "YES": True, "NO": False}.get(value, value)
    if key.type is KeyType.SECONDS and _INTEGER.fullmatch(value):
        return int(value)
    return value


def _field(item: Mapping[str, Value], name: str) -> Value:
    return item.get(f"{_PREFIX}{name}")


def _text(value: Value) -> str | None:
    return value if isinstance(value, str) and value else None


def _items(
    item: Mapping[str, Value], source: Source, report: Report
) -> Iterator[tuple[Source, Mapping[str, Value]]]:
    yield from _dictionaries(item.get("_items", ()), source.key("_items"), report)


def _dictionaries(
    value: Value, source: Source, report: Report
) -> Iterator[tuple[Source, Mapping[str, Value]]]:
    if not isinstance(value, tuple):
        report.add(Code.WRONG_TYPE, source, must_be("an array", value))
        return
    yield from dictionaries(value, source, report)
