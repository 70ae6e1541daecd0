"""Where an export of Intune has the values of a payload.

The payload has Apple's keys, and the export has others. So the key path of a value in the payload
(`settings[0]….URLs[1]`) is not a key path of the export.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from ssoroute.loaders.intune import FEATURES, KEYS, KIND
from ssoroute.loaders.intune_settings import setting_of

__all__ = ["may_be_export", "written_at"]

_GROUP: Final = re.compile(
    r"(?P<place>(?:.*[.\]])?settings\[\d+\]\.settingInstance\.groupSettingCollectionValue\[\d+\])"
    r"\.(?P<inside>.+)"
)
_FEATURE: Final = re.compile(rf"(?P<place>(?:.*\.)?(?:{'|'.join(FEATURES)}))\.(?P<inside>.+)")
_ITEM: Final = re.compile(r"\[(\d+)\]\Z")
_STEP: Final = re.compile(r"\[(\d+)\]|\.?([^.\[\]]+)")


def may_be_export(text: str) -> bool:
    """Whether the JSON `text` has a member that only exports have."""
    return "settingInstance" in text or any(name in text for name in FEATURES)


def written_at(root: object, path: str) -> str | None:
    """The key path in the export `root` of the value at `path` of a payload; None if it has none.

    >>> feature = {"macOSSingleSignOnExtension": {"urlPrefixes": ["https://h/"]}}
    >>> written_at(feature, "macOSSingleSignOnExtension.URLs[0]")
    'macOSSingleSignOnExtension.urlPrefixes[0]'
    """
    if found := _GROUP.fullmatch(path):
        return _in_group(_at(root, found["place"]), found["place"], "", found["inside"])
    if found := _FEATURE.fullmatch(path):
        return _in_feature(_at(root, found["place"]), found["place"], found["inside"])
    return None


def _at(root: object, path: str) -> object:
    """The value at `path`, None if there is none."""
    for step in _STEP.finditer(path):
        index, name = step.groups()
        if index is None:
            root = root.get(name) if isinstance(root, Mapping) else None
        else:
            items = _items(root)
            root = items[int(index)] if int(index) < len(items) else None
    return root


def _items(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else ()


def _in_group(group: object, place: str, around: str, inside: str) -> str | None:
    """The key path of the value at `inside` among the settings in `group`, which is at `place`."""
    name, _, rest = inside.partition(".")
    item = _ITEM.search(name)
    key = around + (name[: item.start()] if item else name)
    for index, child in enumerate(_items(_at(group, "children"))):
        if not isinstance(child, Mapping) or child.get("settingDefinitionId") != setting_of(key):
            continue
        here = f"{place}.children[{index}]"
        for member, value in child.items():
            if member in ("groupSettingValue", "groupSettingCollectionValue"):
                first, end = (value, "") if isinstance(value, dict) else (_at(value, "[0]"), "[0]")
                there = f"{here}.{member}{end}"
                return _in_group(first, there, f"{key}.", rest) if rest else there
            if member in ("simpleSettingValue", "choiceSettingValue"):
                return f"{here}.{member}.value"
            if member in ("simpleSettingCollectionValue", "choiceSettingCollectionValue"):
                return f"{here}.{member}" + (f"{item[0]}.value" if item else "")
    return None


def _in_feature(extension: object, place: str, inside: str) -> str | None:
    """The key path of the value at `inside` of the extension that is at `place`."""
    name, _, rest = inside.partition(".")
    if name == "ExtensionData":
        pairs = _items(_at(extension, "configurations"))
        for index, pair in enumerate(pairs if rest else ()):
            if isinstance(pair, Mapping) and pair.get("key") == rest:
                return f"{place}.configurations[{index}].value"
        return f"{place}.configurations"
    item = _ITEM.search(name)
    key = name[: item.start()] if item else name
    if key == "Type":
        return f"{place}.{KIND}"
    member = next((member for member, its_key in KEYS.items() if its_key == key), None)
    return member and f"{place}.{member}{item[0] if item else ''}"
