"""What a device's tools print, without its secrets, so that it can be sent to somebody.

Kept is what the parsers read. Of SSO payloads, `ExtensionData`, `RegistrationToken` and keys that
Apple does not document are hidden, and passwords in URLs; of all other payloads only the type and
the UUID are kept; of `app-sso`, four members.
"""

from __future__ import annotations

import json
import plistlib
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from ssoroute.loaders.app_sso import PLATFORM_SSO_MEMBERS
from ssoroute.loaders.findings import Code, Unreadable
from ssoroute.loaders.openstep_plist import read_openstep, write_openstep
from ssoroute.loaders.xml_plist import read_xml_plist
from ssoroute.model.keys import keys

__all__ = ["masked_app_sso", "masked_dump", "masked_system_profiler"]

HIDDEN: Final = "(hidden)"
_SSO: Final = "com.apple.extensiblesso"
_ASSOCIATED: Final = "com.apple.associated-domains"
_PROFILE_KEYS: Final = (
    "ProfileIdentifier",
    "ProfileDisplayName",
    "ProfileUUID",
    "ProfileInstallDate",
)
_ITEM_KEYS: Final = ("PayloadType", "PayloadUUID", "PayloadIdentifier")
_PASSWORD: Final = re.compile(r"(://[^/?#@:]*:)[^/?#@]*@")


def masked_dump(data: bytes) -> bytes:
    """The output of `profiles show -output stdout-xml` without secrets; `Unreadable` if invalid."""
    root = read_xml_plist(data)
    if not isinstance(root, Mapping):
        raise Unreadable(Code.NOT_A_PROFILE, "not a dump of profiles")
    levels = {
        level: [_profile(profile) for profile in profiles if isinstance(profile, Mapping)]
        for level, profiles in root.items()
        if isinstance(profiles, list)
    }
    return plistlib.dumps(levels, sort_keys=False)


def _profile(profile: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: profile[key] for key in _PROFILE_KEYS if key in profile}
    items = profile.get("ProfileItems")
    if isinstance(items, list):
        kept["ProfileItems"] = [_item(item) for item in items if isinstance(item, Mapping)]
    return kept


def _item(item: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: item[key] for key in _ITEM_KEYS if key in item}
    content = item.get("PayloadContent")
    mask = _PAYLOADS.get(str(item.get("PayloadType")))
    if mask and isinstance(content, Mapping):
        kept["PayloadContent"] = mask(content)
    return kept


def masked_system_profiler(data: bytes) -> bytes:
    """The output of `system_profiler -xml` without secrets; `Unreadable` if it is not that."""
    root = read_xml_plist(data)
    if not isinstance(root, list):
        raise Unreadable(Code.NOT_A_PROFILE, "not a report of System Profiler")
    return plistlib.dumps([_group(item) for item in root], sort_keys=False)


def _group(item: object) -> object:
    """An item of the report, and those inside; of its texts only names, dates and identifiers."""
    if not isinstance(item, Mapping):
        return {}
    kept: dict[str, Any] = {}
    for key, value in item.items():
        if key == "_items" and isinstance(value, list):
            kept[key] = [_group(inner) for inner in value]
        elif key.endswith("payload_data") and isinstance(value, str):
            text = _payload_text(str(item.get("_name")), value)
            if text is not None:
                kept[key] = text
        elif key in ("_name", "_dataType") or key.endswith(
            ("_identifier", "_uuid", "_install_date", "_verification_state")
        ):
            kept[key] = value
    return kept


def _payload_text(payload_type: str, text: str) -> str | None:
    mask = _PAYLOADS.get(payload_type)
    if mask is None:
        return None
    try:
        content = read_openstep(text)
    except Unreadable:
        return None  # what cannot be read cannot be masked
    return write_openstep(mask(content)) if isinstance(content, Mapping) else None


def _sso_payload(content: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for name, value in content.items():
        key = keys().get(path + name)
        if (key is None and not name.startswith("Payload")) or (key and key.secret):
            kept[name] = _hidden(value)
        elif name == "PlatformSSO" and isinstance(value, Mapping):
            kept[name] = _sso_payload(value, "PlatformSSO.")
        elif isinstance(value, list):
            kept[name] = [_without_password(item) for item in value]
        else:
            kept[name] = value
    return kept


def _associated_domains(content: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in content.items() if key == "Configuration"}


_PAYLOADS: Final[dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]]] = {
    _SSO: _sso_payload,
    _ASSOCIATED: _associated_domains,
}


def _hidden(value: object) -> object:
    """A value of the same kind that says nothing; the names of keys stay."""
    if isinstance(value, Mapping):
        return {key: _hidden(item) for key, item in value.items()}
    return [] if isinstance(value, list) else HIDDEN


def _without_password(value: object) -> object:
    return _PASSWORD.sub(rf"\1{HIDDEN}@", value) if isinstance(value, str) else value


def masked_app_sso(data: bytes) -> bytes:
    """The output of `app-sso platform -s` with the members that are read, and no others."""
    text = data.decode("utf-8", "replace")
    _before, heading, rest = text.partition("Device Configuration:")
    if not heading:
        raise Unreadable(Code.NOT_A_SOURCE, "not the output of `app-sso platform -s`")
    try:
        value: Any = json.JSONDecoder().raw_decode(rest.lstrip())[0]
    except (ValueError, RecursionError):
        value = None
    kept = "(null)"
    if isinstance(value, dict):
        known = {name: value[name] for name in PLATFORM_SSO_MEMBERS if _is_plain(value.get(name))}
        kept = json.dumps(known, indent=2)
    return f"{heading}\n{kept}\n".encode()


def _is_plain(value: object) -> bool:
    return isinstance(value, str | bool)
