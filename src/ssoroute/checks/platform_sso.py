"""SSO701-SSO720: how the keys of Platform SSO depend on each other (docs/matching.md knows none
of it: routing does not).

Values that are not allowed at all (SSO707-SSO710, SSO714) are found with the other keys, in
`payload_keys.py`; the endpoints of known extensions (SSO721) in `vendors.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from ssoroute.checks.report import Report
from ssoroute.checks.wording import enumeration
from ssoroute.install.effective_keys import KeyState
from ssoroute.model.platforms import Version
from ssoroute.model.profile import Channel, OtherPayload, ProfileKind
from ssoroute.model.quoting import quote

if TYPE_CHECKING:
    from ssoroute.checks.target import PayloadView, Subject
    from ssoroute.install.effective_keys import EffectiveKey
    from ssoroute.model.source import Source

__all__ = ["check_platform_sso"]

_POLICIES: Final = ("FileVaultPolicy", "LoginPolicy", "UnlockPolicy")
_TOUCH_ID: Final = "AllowTouchIDOrWatchForUnlock"
_NEED_SHARED_KEYS: Final = {"EnableCreateUserAtLogin": "SSO704", "EnableAuthorization": "SSO706"}
_NEED_PASSWORD: Final = (
    "AttemptAuthentication",
    "RequireAuthentication",
    "AllowAuthenticationGracePeriod",
    _TOUCH_ID,
)
_NEED_PASSWORD_OR_KEY: Final = ("RequireTouchID", "RequireTouchIDOrWatch")
_GRACE: Final = {
    "AllowOfflineGracePeriod": ("SSO715", "OfflineGracePeriod"),
    "AllowAuthenticationGracePeriod": ("SSO716", "AuthenticationGracePeriod"),
}
_IDENTITIES: Final = (
    "com.apple.security.pkcs12",
    "com.apple.security.acme",
    "com.apple.security.scep",
)
_ISSUER_SINCE: Final = Version((26, 2))


def check_platform_sso(subject: Subject, report: Report) -> None:
    """Look at the payloads that have `PlatformSSO` or `RegistrationToken`."""
    for view in subject.payloads:
        _Rules(view, report).run()


class _Rules:
    """The rules about one payload."""

    def __init__(self, view: PayloadView, report: Report) -> None:
        self._view = view
        self._report = report

    def run(self) -> None:
        group = self._row("")
        if group.source is not None and self._view.type == "Credential":
            message = "`PlatformSSO` in a Credential payload: it belongs to Redirect"
            self._report.add("SSO701", group.source, message)
            return
        self._registration_token()
        if group.state is KeyState.WRITTEN:
            self._shared_keys()
            self._new_users()
            self._identities()
            self._policies()
            self._open_id()

    def _row(self, name: str) -> EffectiveKey:
        return self._view.keys[f"PlatformSSO.{name}" if name else "PlatformSSO"]

    def _is_on(self, name: str) -> bool:
        return self._row(name).value is True

    def _is_there(self, name: str) -> bool:
        """Whether the key is written, or the target does not know it and cannot miss it."""
        row = self._row(name)
        return row.source is not None or row.state is KeyState.UNKNOWN

    def _items(self, name: str) -> Iterator[tuple[str, Source]]:
        """The strings of an array that the target reads."""
        row = self._row(name)
        if row.source is None or row.state in (KeyState.UNKNOWN, KeyState.WRONG_TYPE):
            return
        if isinstance(row.written, tuple):
            for index, item in enumerate(row.written):
                if isinstance(item, str):
                    yield item, row.source.item(index)

    def _method_is(self, *methods: str) -> bool:
        return self._view.method in methods

    def _method_words(self) -> str:
        method = self._view.method
        return f"the method is {quote(method)}" if method else "there is no method"

    def _registration_token(self) -> None:
        token = self._view.keys["RegistrationToken"]
        if token.source is None or token.state is KeyState.UNKNOWN:
            return
        method = self._row("AuthenticationMethod")
        if method.source is None or method.written == "":
            message = "`RegistrationToken` needs `PlatformSSO.AuthenticationMethod`"
            self._report.add("SSO702", token.source, message)

    def _shared_keys(self) -> None:
        shared = self._row("UseSharedDeviceKeys")
        if self._is_on("UseSharedDeviceKeys") and self._view.profile.channel is Channel.USER:
            message = "`UseSharedDeviceKeys` in the user channel: the payload does nothing there"
            self._report.add("SSO703", shared.source or self._view.source, message)
        for name, code in _NEED_SHARED_KEYS.items():
            row = self._row(name)
            if self._is_on(name) and not shared.value and row.source is not None:
                self._report.add(code, row.source, f"`{name}` needs `UseSharedDeviceKeys`")
        row = self._row("EnableCreateUserAtLogin")
        if row.value is True and row.source and not self._method_is("Password", "SmartCard"):
            message = "`EnableCreateUserAtLogin` needs the method `Password` or `SmartCard`"
            self._report.add("SSO705", row.source, f"{message}, and {self._method_words()}")

    def _new_users(self) -> None:
        for method, place in self._items("NewUserAuthenticationMethods"):
            if method == "AccessKey":
                needed = ["AccessKeyReaderGroupIdentifier", "AccessKeyTerminalIdentityUUID"]
                if self._view.device.version >= _ISSUER_SINCE:
                    needed.append("AccessKeyReaderIssuerCertificateUUID")
                missing = [name for name in needed if not self._is_there(name)]
                if missing:
                    names = enumeration([quote(name) for name in missing])
                    self._report.add("SSO711", place, f"`AccessKey` needs {names}")
            elif method == "OpenID" and not self._has_login_list():
                message = "`OpenID` for new users needs `WebLoginURLAllowList`"
                self._report.add("SSO712", place, message)

    def _open_id(self) -> None:
        row = self._row("AuthenticationMethod")
        is_chosen = row.state is KeyState.WRITTEN and row.written == "OpenID"
        if is_chosen and row.source is not None and not self._has_login_list():
            message = "the method `OpenID` needs `WebLoginURLAllowList`"
            self._report.add("SSO720", row.source, message)

    def _has_login_list(self) -> bool:
        row = self._row("WebLoginURLAllowList")
        return row.state is KeyState.UNKNOWN or (row.source is not None and row.written != ())

    def _identities(self) -> None:
        profile = self._view.profile
        # A declaration names assets; managed preferences are one payload of an unknown profile.
        if profile.kind is not ProfileKind.PROFILE or self._view.source == profile.source:
            return
        self._names_payload(
            "AccessKeyTerminalIdentityUUID",
            [other for other in profile.other_payloads if other.payload_type in _IDENTITIES],
            "no identity payload",
        )
        self._names_payload(
            "AccessKeyReaderIssuerCertificateUUID",
            list(profile.other_payloads),
            "no certificate payload",
        )

    def _names_payload(self, name: str, payloads: list[OtherPayload], nothing: str) -> None:
        row = self._row(name)
        if row.state is not KeyState.WRITTEN or not isinstance(row.written, str) or not row.source:
            return
        uuids = {other.uuid.upper() for other in payloads if other.uuid}
        if row.written.upper() not in uuids:
            message = f"{quote(row.written)} is the UUID of {nothing} in this profile"
            self._report.add("SSO713", row.source, message, value=row.written)

    def _policies(self) -> None:
        for policy in _POLICIES:
            items = list(self._items(policy))
            values = {value for value, _ in items}
            for value, place in items:
                self._policy(policy, value, values, place)

    def _policy(self, policy: str, value: str, values: set[str], place: Source) -> None:
        if value in _GRACE:
            code, needed = _GRACE[value]
            if not self._is_there(needed):
                self._add(code, place, value, f"`{value}` needs `{needed}`")
        if value == _TOUCH_ID and policy != "UnlockPolicy":
            return  # it is not allowed there at all
        if value in _NEED_PASSWORD and not self._method_is("Password"):
            message = f"`{value}` needs the method `Password`, and {self._method_words()}"
            self._add("SSO717", place, value, message)
        if value == _TOUCH_ID and "RequireAuthentication" not in values:
            message = f"`{value}` needs `RequireAuthentication` in the same list"
            self._add("SSO718", place, value, message)
        if value in _NEED_PASSWORD_OR_KEY and not self._method_is(
            "Password", "UserSecureEnclaveKey"
        ):
            message = f"`{value}` needs the method `Password` or `UserSecureEnclaveKey`"
            self._add("SSO719", place, value, f"{message}, and {self._method_words()}")

    def _add(self, code: str, place: Source, value: str, message: str) -> None:
        self._report.add(code, place, message, value=value)
