"""SSO951-SSO960: the keys of `ExtensionData` that vendors document.

Nothing is reported about extensions without documented keys. Values are secret and never shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from ssoroute.checks.wording import enumeration
from ssoroute.model.extension_data import ExtensionKey, ExtensionKeyType, extension_keys
from ssoroute.model.kinds import kind_of
from ssoroute.model.nearest import nearest
from ssoroute.model.platforms import Version
from ssoroute.model.profile import ProfileKind, Value
from ssoroute.model.quoting import one_line, quote

if TYPE_CHECKING:
    from ssoroute.checks.report import Report
    from ssoroute.checks.target import PayloadView, Subject

__all__ = ["check_extension_data"]

_ALLOWED: Final = "AppAllowList"
_BLOCKED: Final = "AppBlockList"
_PREFIXES: Final = "AppPrefixAllowList"
_CERTIFICATE: Final = "certificateUUID"
_WORDS: Final = {
    ExtensionKeyType.STRING: "a string",
    ExtensionKeyType.BOOLEAN: "a boolean",
    ExtensionKeyType.INTEGER: "an integer",
    ExtensionKeyType.BOOLEAN_OR_INTEGER: "a boolean or an integer",
    ExtensionKeyType.DATA: "data",
    ExtensionKeyType.STRINGS: "an array of strings",
    ExtensionKeyType.DICTIONARY_OF_STRINGS: "a dictionary of arrays of strings",
}
_OUTSIDE: Final[Mapping[ExtensionKeyType, type]] = {
    ExtensionKeyType.STRINGS: tuple,
    ExtensionKeyType.DICTIONARY_OF_STRINGS: Mapping,
}
#: Documented by Apple and by Microsoft: keys that have an effect only with another key.
_NEEDS: Final = {
    "allowPlatformSSOAuthFallback": "usePlatformSSOTGT",
    "AppCookieSSOAllowList": _PREFIXES,
}
#: Documented by Apple: texts for password rules that the extension cannot describe itself.
_EXCLUDED: Final = {
    "pwReqText": ("pwReqComplexity", "pwReqLength"),
    "pwReqRTFData": ("pwReqComplexity", "pwReqLength"),
}


def check_extension_data(subject: Subject, report: Report) -> None:
    """Check the `ExtensionData` of each payload whose extension has documented keys."""
    for view in subject.payloads:
        data = view.content.get("ExtensionData")
        keys = extension_keys(view.extension.bundle_id) if view.extension else {}
        if keys and isinstance(data, Mapping):
            _Data(view, data, keys, report).run()


class _Data:
    """The rules about the `ExtensionData` of one payload."""

    def __init__(
        self,
        view: PayloadView,
        data: Mapping[str, Value],
        keys: Mapping[str, ExtensionKey],
        report: Report,
    ) -> None:
        self._view = view
        self._data = data
        self._keys = keys
        self._report = report
        platform = view.device.platform
        self._has_platform = any(key.since(platform) for key in keys.values())

    def run(self) -> None:
        for name, value in self._data.items():
            key = self._keys.get(name)
            if key is None:
                self._misspelt(name)
            elif not self._is_mistyped(key, value):
                self._value(key, value)
                self._version(key)
                self._other_keys(key)
        self._prefixes()
        self._both_lists()
        self._certificate()

    def _add(self, code: str, name: str, message: str, hint: str | None = None) -> None:
        place = self._view.source.key("ExtensionData").key(one_line(name))
        self._report.add(code, place, message, hint=hint)

    def _misspelt(self, name: str) -> None:
        close = nearest(name, self._keys)
        if close is not None:
            message = f"{quote(name)} is not a documented key"
            self._add("SSO952", name, message, f"did you mean {quote(close)}?")

    def _is_mistyped(self, key: ExtensionKey, value: Value) -> bool:
        if _has_type(key.type, value):
            return False
        if isinstance(value, tuple) and _is_list(key):
            message = f"{quote(key.key)} is an array, and the vendor documents one string"
            self._add("SSO953", key.key, message)
            return True
        is_outside_right = isinstance(value, _OUTSIDE.get(key.type, ()))
        found = kind_of(value) + (" with other values" if is_outside_right else "")
        message = f"{quote(key.key)} must be {_WORDS[key.type]}, not {found}"
        self._add("SSO951", key.key, message, f"write {_WORDS[key.type]}")
        return True

    def _value(self, key: ExtensionKey, value: Value) -> None:
        if _is_list(key) and isinstance(value, str):
            if any(re.search(r"[;|\s]", item.strip()) for item in value.split(",")):
                message = f"{quote(key.key)} has items that are not separated by commas"
                self._add("SSO953", key.key, message)
        elif key.allowed_values and str(value) not in key.allowed_values:
            allowed = ", ".join(quote(text) for text in key.allowed_values)
            message = f"the value of {quote(key.key)} must be one of {allowed}"
            self._add("SSO954", key.key, message)

    def _version(self, key: ExtensionKey) -> None:
        device = self._view.device
        since = key.since(device.platform)
        name, platform = quote(key.key), device.platform.value
        if since is None and self._has_platform:
            message = f"{name} has no effect on {device}: {platform} does not read it"
            self._add("SSO955", key.key, message)
        elif since is not None and device.version < since:
            message = f"{name} has no effect on {device}: needs {platform} {since}"
            self._add("SSO955", key.key, message)
        elif key.deprecated == "yes":
            self._add("SSO956", key.key, f"{name} is deprecated")
        else:
            found = re.search(rf"\b{platform} ([0-9.]+)", key.deprecated)
            if found and device.version >= Version.parse(found[1]):
                message = f"{name} is deprecated since {platform} {found[1]}"
                self._add("SSO956", key.key, message)

    def _other_keys(self, key: ExtensionKey) -> None:
        needed = _NEEDS.get(key.key)
        if needed is not None and not self._data.get(needed):
            message = f"{quote(key.key)} has an effect only with {quote(needed)}"
            self._add("SSO960", key.key, message, f"add {quote(needed)}")
        excluded = [name for name in _EXCLUDED.get(key.key, ()) if self._data.get(name)]
        if excluded:
            names = enumeration([quote(name) for name in excluded])
            message = f"{quote(key.key)} has an effect only without {names}"
            self._add("SSO960", key.key, message, f"delete {quote(key.key)} or {names}")

    def _items(self, name: str) -> list[str]:
        value = self._data.get(name)
        if name not in self._keys or not isinstance(value, str):
            return []
        return [item.strip() for item in value.split(",") if item.strip()]

    def _prefixes(self) -> None:
        written = self._items(_PREFIXES)
        if not written:
            return
        default = self._keys[_PREFIXES].default.split(",")
        lost = [text for text in default if text and not text.startswith(tuple(written))]
        if lost:
            names = enumeration([quote(text) for text in lost])
            message = f"{quote(_PREFIXES)} replaces the default and leaves out {names}"
            self._add("SSO957", _PREFIXES, message, f"add {names} if its apps need single sign-on")

    def _both_lists(self) -> None:
        blocked = set(self._items(_BLOCKED))
        both = [item for item in dict.fromkeys(self._items(_ALLOWED)) if item in blocked]
        if both:
            count = f"{len(both)} apps are" if len(both) > 1 else f"{quote(both[0])} is"
            message = f"{count} in both {quote(_ALLOWED)} and {quote(_BLOCKED)}"
            self._add("SSO958", _BLOCKED, message)

    def _certificate(self) -> None:
        profile = self._view.profile
        value = self._data.get(_CERTIFICATE)
        # A declaration names assets; managed preferences are one payload of an unknown profile.
        is_part = profile.kind is ProfileKind.PROFILE and self._view.source != profile.source
        if _CERTIFICATE not in self._keys or not isinstance(value, str) or not is_part:
            return
        uuids = {
            other.uuid.upper()
            for other in profile.other_payloads
            if other.uuid and other.is_identity
        }
        if value.upper() not in uuids:
            message = (
                f"{quote(_CERTIFICATE)} is not the UUID of an identity payload in this profile"
            )
            self._add("SSO959", _CERTIFICATE, message)


def _is_list(key: ExtensionKey) -> bool:
    """Whether the value is a string of items with commas between them."""
    return "separated by commas" in key.allowed


def _has_type(type_: ExtensionKeyType, value: Value) -> bool:
    is_integer = isinstance(value, int) and not isinstance(value, bool)
    match type_:
        case ExtensionKeyType.STRING:
            return isinstance(value, str)
        case ExtensionKeyType.BOOLEAN:
            return isinstance(value, bool)
        case ExtensionKeyType.INTEGER:
            return is_integer
        case ExtensionKeyType.BOOLEAN_OR_INTEGER:
            return isinstance(value, bool) or is_integer
        case ExtensionKeyType.DATA:
            # Reading: JSON has no data, so a declaration has it in Base64.
            return isinstance(value, bytes | str)
        case ExtensionKeyType.STRINGS:
            return _are_strings(value)
        case ExtensionKeyType.DICTIONARY_OF_STRINGS:
            return isinstance(value, Mapping) and all(map(_are_strings, value.values()))


def _are_strings(value: Value) -> bool:
    return isinstance(value, tuple) and all(isinstance(item, str) for item in value)
