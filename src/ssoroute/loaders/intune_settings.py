"""The settings of one SSO payload in an export of Intune's settings catalog.

Observed: the name of a setting is that of its key in lower case, with `_` between the keys around
it. A choice is named by its setting and the number of the value, or by `true` or `false`.
Reading: the number counts the values as Apple lists them, from 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

from ssoroute.loaders.dictionaries import dictionaries
from ssoroute.loaders.findings import Code, Report
from ssoroute.model.keys import Key, keys
from ssoroute.model.kinds import JSON, must_be
from ssoroute.model.profile import Value
from ssoroute.model.quoting import quote
from ssoroute.model.source import Source

__all__ = ["read_group", "setting_of"]

_PREFIX: Final = "com.apple.extensiblesso_"
_BOOLEANS: Final = {"true": True, "false": False}


def setting_of(path: str) -> str:
    """The name of the setting for the key at `path` of a payload.

    >>> setting_of("PlatformSSO.AuthenticationMethod")
    'com.apple.extensiblesso_platformsso_authenticationmethod'
    """
    return _PREFIX + path.replace(".", "_").lower()


def read_group(group: Value, source: Source, path: str, report: Report) -> dict[str, Value]:
    """The dictionary that the settings in `group` make; `path` is the key path that it has.

    Settings that are not known are reported and left out.
    """
    children = group.get("children") if isinstance(group, Mapping) else None
    place = source.key("children")
    if not isinstance(children, tuple):
        report.add(Code.WRONG_TYPE, place, f"`children` {must_be('an array', children, JSON)}")
        return {}
    content: dict[str, Value] = {}
    for here, child in dictionaries(children, place, report, "a setting", JSON):
        name = child.get("settingDefinitionId")
        key = _by_name().get(name) if isinstance(name, str) else None
        if key is None or key.path.rpartition(".")[0] != path:
            what = quote(name) if isinstance(name, str) else "without a name"
            report.add(Code.UNKNOWN_SETTING, here, f"the setting {what} is not known; left out")
            continue
        value = _value(child, here, key, report)
        if value is not None:
            content[key.path.rpartition(".")[2]] = value
    return content


@cache
def _by_name() -> Mapping[str, Key]:
    return {setting_of(key.path): key for key in keys().values()}


def _value(setting: Mapping[str, Value], source: Source, key: Key, report: Report) -> Value:
    for name, value in setting.items():
        place = source.key(name)
        match name:
            case "simpleSettingValue":
                return _written(value)
            case "simpleSettingCollectionValue":
                return tuple(_written(item) for item in _items(value))
            case "choiceSettingValue":
                return _choice(value, place, key, report)
            case "choiceSettingCollectionValue":
                return tuple(
                    _choice(item, place.item(index), key, report)
                    for index, item in enumerate(_items(value))
                )
            case "groupSettingValue":
                return read_group(value, place, key.path, report)
            case "groupSettingCollectionValue":
                first = next(iter(_items(value)), None)
                return read_group(first, place.item(0), key.path, report)
    report.add(Code.UNKNOWN_SETTING, source, f"{quote(key.path)} has no value; left out")
    return None


def _items(value: Value) -> tuple[Value, ...]:
    return value if isinstance(value, tuple) else ()


def _written(item: Value) -> Value:
    return item.get("value") if isinstance(item, Mapping) else None


def _choice(item: Value, source: Source, key: Key, report: Report) -> Value:
    value = _written(item)
    setting = setting_of(key.path) + "_"
    number = value.removeprefix(setting) if isinstance(value, str) else ""
    if number in _BOOLEANS:
        return _BOOLEANS[number]
    for place, allowed in enumerate(key.allowed_values):
        if number == str(place):
            return allowed.text
    report.add(Code.UNKNOWN_SETTING, source, f"the choice of {quote(key.path)} is not known")
    return None
