"""SSO101-SSO105, SSO109, SSO110 and SSO601-SSO604: the keys of each payload, one by one.

`install/effective_keys.py` computes the effective value of every key; this file turns them into
findings. `platform_sso.py` has the rules about several keys of `PlatformSSO`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, Unpack

from ssoroute.checks.kerberos import is_kerberos
from ssoroute.checks.report import Details, Report
from ssoroute.install.effective_keys import EffectiveKey, KeyState
from ssoroute.install.read_payload import split_composed_identifier
from ssoroute.install.refusal import RefusalCode
from ssoroute.model.finding import Severity
from ssoroute.model.kinds import must_be
from ssoroute.model.nearest import nearest
from ssoroute.model.payload import PlatformSSOMethod
from ssoroute.model.platforms import Platform, Version
from ssoroute.model.profile import Value
from ssoroute.model.quoting import quote

if TYPE_CHECKING:
    from ssoroute.checks.target import PayloadView, Subject
    from ssoroute.model.keys import Key
    from ssoroute.model.source import Source

__all__ = ["check_keys"]

#: Keys whose allowed values have a rule of their own (docs/check.md, SSO7xx).
_RULED_VALUES: Final[Mapping[str, str]] = {
    "PlatformSSO.LoginFrequency": "SSO707",
    "PlatformSSO.NewUserAuthorizationMode": "SSO708",
    "PlatformSSO.UserAuthorizationMode": "SSO709",
    "PlatformSSO.NewUserAuthenticationMethods": "SSO710",
    "PlatformSSO.FileVaultPolicy": "SSO714",
    "PlatformSSO.LoginPolicy": "SSO714",
    "PlatformSSO.UnlockPolicy": "SSO714",
}
_COMPOSED: Final = "ExtensionComposedIdentifier"


def check_keys(subject: Subject, report: Report) -> None:
    """Check every key that the table knows."""
    for view in subject.payloads:
        _KeyRules(view, report).run()


class _KeyRules:
    """The rules about the keys of one payload."""

    def __init__(self, view: PayloadView, report: Report) -> None:
        self._view = view
        self._report = report
        self._reported: set[tuple[str, Source]] = set()

    def run(self) -> None:
        self._extension()
        for path, row in self._view.keys.items():
            if path in ("ExtensionIdentifier", "TeamIdentifier") and self._is_composed:
                continue
            self._look(row)
        self._empty_items("DeniedBundleIdentifiers", "a denied bundle identifier is empty")
        code = RefusalCode.HOST_EMPTY.label
        self._empty_items("Hosts", f"the system refuses an empty host ({code})")

    def _look(self, row: EffectiveKey) -> None:
        match row.state:
            case KeyState.WRONG_TYPE:
                self._wrong_type(row)
            case KeyState.NOT_ALLOWED:
                self._not_allowed(row)
            case KeyState.IGNORED:
                message = f"{quote(row.key.path)} is ignored: {row.message}"
                if row.written != ():  # consoles write empty arrays of the other Type
                    self._add("SSO109", row, message)
            case KeyState.UNKNOWN:
                self._unknown(row)
            case KeyState.WRITTEN:
                self._written(row)
            case KeyState.ABSENT:
                self._absent(row)
            case KeyState.DEFAULT:
                pass

    def _empty_items(self, key: str, message: str) -> None:
        if self._view.keys[key].state not in (KeyState.WRITTEN, KeyState.WRONG_TYPE):
            return
        for item, place in self._view.items(key):
            if item == "":
                self._report.add("SSO104", place, message, value="", hint="delete it")

    @property
    def _is_composed(self) -> bool:
        return self._view.is_declaration and _COMPOSED in self._view.content

    def _extension(self) -> None:
        """The composed identifier of a declaration, which replaces two keys."""
        if not self._is_composed:
            return
        place = self._view.source.key(_COMPOSED)
        value = self._view.content[_COMPOSED]
        if not isinstance(value, str):
            message = f"{quote(_COMPOSED)} {must_be('a string', value)}"
            self._report.add("SSO103", place, message)
            return
        extension = split_composed_identifier(value)
        platform = self._view.device.platform
        is_macos = platform is Platform.MACOS
        if extension is None:
            message = (
                f"{quote(value)} is neither `bundle.id` nor `bundle.id (TEAMID)`"
                if value
                else f"{quote(_COMPOSED)} is an empty string"
            )
            hint = "write `bundle.id (TEAMID)` for macOS, `bundle.id` for other platforms"
            self._report.add("SSO104", place, message, value=value, hint=hint)
        elif is_macos is not bool(extension.team_id):
            form = "bundle.id (TEAMID)" if is_macos else "bundle.id"
            message = f"{quote(value)} must have the form of {platform.value}, {quote(form)}"
            self._report.add("SSO604", place, message, value=value)

    def _wrong_type(self, row: EffectiveKey) -> None:
        name = row.key.path
        strange = [
            (item, place) for item, place in _items(self._view, row) if not isinstance(item, str)
        ]
        for item, place in strange:
            message = f"an item of {quote(name)} {must_be('a string', item)}"
            self._report.add("SSO103", place, message)
        if not strange:
            self._add("SSO103", row, f"{quote(name)} {row.message}")

    def _not_allowed(self, row: EffectiveKey) -> None:
        path, written = row.key.path, row.written
        if written == "" and path == "ExtensionIdentifier":
            self._add("SSO102", row, "`ExtensionIdentifier` is an empty string", value="")
            return
        if written == ():
            self._no_route(row)
            return
        if path == "Type":
            self._type(row)
            return
        code = _RULED_VALUES.get(path, "SSO104")
        unknown, later = self._strange(row)
        for text, since, place in later:
            needs = f"{self._view.device.platform.value} {since}"
            message = f"{quote(text)} in {quote(path)} needs {needs}"
            self._report.add("SSO601", place, message, value=text)
        for text, place in unknown:
            close = nearest(text, [value.text for value in row.key.allowed_values])
            message = f"{quote(path)} does not allow {quote(text)}"
            hint = f"did you mean {quote(close)}?" if close else _allowed(row.key)
            self._report.add(code, place, message, value=text, hint=hint)
        if not row.key.allowed_values or written == "":
            value = None if row.key.secret else str(written)
            repair = "write a value, or delete the key" if written == "" else None
            self._add(code, row, row.message, value=value, hint=repair)

    def _strange(
        self, row: EffectiveKey
    ) -> tuple[list[tuple[str, Source]], list[tuple[str, Version, Source]]]:
        """The values that no version has, and the values that a later version has."""
        version = self._view.device.version
        unknown: list[tuple[str, Source]] = []
        later: list[tuple[str, Version, Source]] = []
        if not row.key.allowed_values or row.source is None or row.written == "":
            return unknown, later
        items = _items(self._view, row) or [(row.written, row.source)]
        since_of = {value.text: value.since for value in row.key.allowed_values}
        if row.key.path.endswith("AuthenticationMethod"):
            # Observed: recognised from 26.0 on, though the documented list lacks it.
            since_of.setdefault(PlatformSSOMethod.ACCESS_KEY, Version((26,)))
        for item, place in items:
            if not isinstance(item, str):
                continue
            if item not in since_of:
                unknown.append((item, place))
                continue
            since = since_of[item]
            if since is not None and version < since:
                later.append((item, since, place))
        return unknown, later

    def _type(self, row: EffectiveKey) -> None:
        written = row.written if isinstance(row.written, str) else ""
        if not written:
            self._add("SSO101", row, "`Type` is an empty string", value="")
            return
        close = nearest(written, [value.text for value in row.key.allowed_values])
        hint = f"did you mean {quote(close)}?" if close else None
        message = f"{quote(written)} is neither `Redirect` nor `Credential`"
        self._add("SSO101", row, message, value=written, hint=hint)

    def _unknown(self, row: EffectiveKey) -> None:
        if row.source is None:
            return
        path = row.key.path
        parent = self._view.keys.get(path.rpartition(".")[0])
        if parent and parent.state is KeyState.UNKNOWN and parent.source is not None:
            return  # it is reported for the dictionary around it
        is_needed_elsewhere = row.key.presence.startswith("required on ")
        message = f"{quote(path)} has no effect on {self._view.target}: {row.message}"
        severity = Severity.INFO if is_needed_elsewhere else None
        hint = "delete it, or keep it for macOS" if is_needed_elsewhere else None
        self._add("SSO601", row, message, severity=severity, hint=hint)

    def _written(self, row: EffectiveKey) -> None:
        since = row.deprecated_since
        if since is None or self._view.device.version < since:
            return
        path = row.key.path
        successor = self._view.keys.get(f"PlatformSSO.{path}")
        says_the_same = (
            successor is not None
            and successor.state is KeyState.WRITTEN
            and successor.written == row.written
        )
        platform = self._view.device.platform.value
        message = f"{quote(path)} is deprecated since {platform} {since}"
        if successor is not None and successor.source is not None:
            what = "has the same value" if says_the_same else "counts instead"
            message += f"; {quote(successor.key.path)} {what}"
        self._add(
            "SSO603",
            row,
            message,
            value=row.written if isinstance(row.written, str) else None,
            severity=Severity.INFO if says_the_same else None,
            hint=f"keep it only for devices before {platform} {since}" if says_the_same else None,
        )

    def _absent(self, row: EffectiveKey) -> None:
        path = row.key.path
        if not row.key.required(self._view.device.platform, self._view.type):
            return
        source = self._view.source
        match path:
            case "Type":
                self._report.add("SSO101", source, "`Type` is missing")
            case "ExtensionIdentifier":
                name = _COMPOSED if self._view.is_declaration else path
                self._report.add("SSO102", source, f"{quote(name)} is missing")
            case "TeamIdentifier":
                self._team_missing()
            case "URLs" | "Hosts":
                self._no_route(row)
            case _:
                self._report.add("SSO104", source, f"{quote(path)} is missing")

    def _team_missing(self) -> None:
        view = self._view
        if view.extension is None:
            return  # SSO102 reports that the extension is missing
        if view.product and view.product.platform not in (None, Platform.MACOS):
            return  # SSO607 reports an extension of another platform
        hint = None
        if view.product and view.product.team:
            hint = f"write {quote(view.product.team)}, as its vendor documents"
        message = f"`TeamIdentifier` is missing, and {view.target} needs it"
        view_source = view.source
        self._report.add("SSO602", view_source, message, hint=hint)

    def _no_route(self, row: EffectiveKey) -> None:
        name = row.key.path
        what = "missing" if row.source is None else "empty"
        message = f"{quote(name)} is {what}, and a {self._view.type} payload needs it"
        if name == "Hosts" and is_kerberos(self._view):
            message += " (Apple's Kerberos schema calls it optional, the general schema does not)"
        source = row.source or self._view.source
        if (("SSO110", source)) not in self._reported:
            self._reported.add(("SSO110", source))
            self._report.add("SSO110", source, message)

    def _add(self, code: str, row: EffectiveKey, message: str, **details: Unpack[Details]) -> None:
        source = row.source or self._view.source
        if (code, source) in self._reported:
            return  # several keys of a declaration have one place
        self._reported.add((code, source))
        self._report.add(code, source, message, **details)


def _items(view: PayloadView, row: EffectiveKey) -> list[tuple[Value, Source]]:
    """The items of the array at the place of `row`; empty if it is not an array."""
    if row.source is None:
        return []
    content: Value = view.content
    inside = row.source.path[len(view.source.path) :].removeprefix(".")
    for name in inside.split("."):
        content = content.get(name) if isinstance(content, Mapping) else None
    if not isinstance(content, tuple):
        return []
    return [(item, row.source.item(index)) for index, item in enumerate(content)]


def _allowed(key: Key) -> str:
    said = [
        quote(value.text) + (f" ({value.since})" if value.since else "")
        for value in key.allowed_values
    ]
    return f"write one of {', '.join(said)}"
