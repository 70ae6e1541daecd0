"""Exports of Intune: policies of the settings catalog, and device features.

Both are JSON of Microsoft Graph; a list of them is under `value`. Documented (Microsoft's reference
of Graph): the names of the resources and of their members. What Intune writes into the profile that
it sends to a device is not documented; the keys below are read as their names say.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ssoroute.loaders.findings import Code, Report
from ssoroute.loaders.intune_settings import read_group
from ssoroute.loaders.profile import field_text
from ssoroute.model.kinds import JSON, must_be
from ssoroute.model.profile import PayloadDictionary, Profile, Value
from ssoroute.model.quoting import quote
from ssoroute.model.source import Source

__all__ = ["FEATURES", "KEYS", "KIND", "is_export", "read_export"]

#: The settings of one SSO payload, in the catalog.
_GROUP: Final = "com.apple.extensiblesso_com.apple.extensiblesso"
#: The members of device features that hold the SSO extension.
FEATURES: Final = ("macOSSingleSignOnExtension", "iosSingleSignOnExtension")
#: The member that names the kind of an extension.
KIND: Final = "@odata.type"
#: How the kind of an extension ends, and the `Type` of the payload.
_TYPES: Final = {
    "RedirectSingleSignOnExtension": "Redirect",
    "CredentialSingleSignOnExtension": "Credential",
}
#: Members of an extension, and the keys that they become.
KEYS: Final = {
    "extensionIdentifier": "ExtensionIdentifier",
    "teamIdentifier": "TeamIdentifier",
    "urlPrefixes": "URLs",
    "domains": "Hosts",
    "realm": "Realm",
}


def is_export(root: Mapping[str, Value]) -> bool:
    """Whether `root` is an export of Intune, or a list of exports as Graph answers with it.

    >>> is_export({"settings": ({"settingInstance": {}},)}), is_export({"settings": ()})
    (True, False)
    """
    return _is_policy(root) or _is_list(root)


def read_export(root: Mapping[str, Value], source: Source, report: Report) -> list[Profile]:
    """The profiles of the export `root`, in its order; a policy without an SSO payload has none."""
    if _is_list(root):
        profiles = []
        items = root["value"]
        for index, item in enumerate(items if isinstance(items, tuple) else ()):
            here = source.key("value").item(index)
            if isinstance(item, Mapping) and _is_policy(item):
                profiles += _policy(item, here, report)
            else:
                report.add(Code.OTHER_DECLARATION, here, "not a policy with SSO settings; left out")
        return profiles
    return _policy(root, source, report)


def _policy(root: Mapping[str, Value], source: Source, report: Report) -> list[Profile]:
    payloads = _catalog(root, source, report) if _is_catalog(root) else []
    payloads += [
        payload
        for name in _features(root)
        if (payload := _feature(root[name], source.key(name), report))
    ]
    if not payloads:
        report.add(Code.NOTHING_INSIDE, source, "the policy has no SSO payload that can be read")
        return []
    # Reading: Intune does not export the channel, and sends policies on the device channel.
    name = field_text(root, "name" if "name" in root else "displayName", source, report)
    return [Profile(tuple(payloads), source, display_name=name)]


def _is_list(root: Mapping[str, Value]) -> bool:
    items = root.get("value")
    return isinstance(items, tuple) and any(
        isinstance(item, Mapping) and _is_policy(item) for item in items
    )


def _is_policy(root: Mapping[str, Value]) -> bool:
    return _is_catalog(root) or _features(root) != ()


def _is_catalog(root: Mapping[str, Value]) -> bool:
    settings = root.get("settings")
    return isinstance(settings, tuple) and any(
        isinstance(setting, Mapping) and "settingInstance" in setting for setting in settings
    )


def _features(root: Mapping[str, Value]) -> tuple[str, ...]:
    return tuple(name for name in FEATURES if isinstance(root.get(name), Mapping))


def _catalog(root: Mapping[str, Value], source: Source, report: Report) -> list[PayloadDictionary]:
    payloads: list[PayloadDictionary] = []
    settings = root["settings"]
    for index, setting in enumerate(settings if isinstance(settings, tuple) else ()):
        place = source.key("settings").item(index).key("settingInstance")
        instance = setting.get("settingInstance") if isinstance(setting, Mapping) else None
        if not isinstance(instance, Mapping) or instance.get("settingDefinitionId") != _GROUP:
            continue  # a setting of another payload
        name = "groupSettingCollectionValue"
        groups = instance.get(name)
        if not isinstance(groups, tuple):
            message = f"`{name}` {must_be('an array', groups, JSON)}"
            report.add(Code.WRONG_TYPE, place.key(name), message)
            continue
        for number, group in enumerate(groups):
            here = place.key(name).item(number)
            payloads.append(PayloadDictionary(read_group(group, here, "", report), here))
    return payloads


def _feature(extension: Value, source: Source, report: Report) -> PayloadDictionary | None:
    if not isinstance(extension, Mapping):
        return None
    kind = extension.get(KIND)
    type_ = next(
        (_TYPES[end] for end in _TYPES if isinstance(kind, str) and kind.endswith(end)), ""
    )
    if not type_:
        what = quote(kind.rpartition(".")[2]) if isinstance(kind, str) else "without a kind"
        message = f"the SSO extension is {what}, whose keys Intune does not export"
        hint = "load the profile from a device: `profiles show -output stdout-xml`"
        report.add(Code.NOT_A_PROFILE, source, message, hint)
        return None
    content: dict[str, Value] = {"Type": type_}
    for member, key in KEYS.items():
        if extension.get(member) is not None:  # Graph writes null for what is not set
            content[key] = extension[member]
    data = _extension_data(extension.get("configurations"))
    if data:
        content["ExtensionData"] = data
    return PayloadDictionary(content, source)


def _extension_data(pairs: Value) -> dict[str, Value]:
    data: dict[str, Value] = {}
    for pair in pairs if isinstance(pairs, tuple) else ():
        name = pair.get("key") if isinstance(pair, Mapping) else None
        if isinstance(pair, Mapping) and isinstance(name, str):
            data[name] = pair.get("value")
    return data
