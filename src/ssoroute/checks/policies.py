"""SSO715-SSO719, SSO723-SSO725, SSO727 and SSO728: the policies of Platform SSO.

Documented, all of them. What a policy may hold at all (SSO714) is checked in `payload_keys.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ssoroute.checks.platform_sso_keys import PlatformSSOKeys
from ssoroute.model.platforms import Version

if TYPE_CHECKING:
    from ssoroute.checks.report import Report
    from ssoroute.checks.target import PayloadView
    from ssoroute.model.source import Source

__all__ = ["check_policies"]

_POLICIES: Final = ("FileVaultPolicy", "LoginPolicy", "UnlockPolicy")
_KEY: Final = "UserSecureEnclaveKey"
_REQUIRE: Final = "RequireAuthentication"
_ATTEMPT: Final = "AttemptAuthentication"
_WATCH: Final = "AllowTouchIDOrWatchForUnlock"
_OFFLINE: Final = "AllowOfflineGracePeriod"
_FALLBACK: Final = "AllowOpenIDForTouchIDFallback"
_NEED_PASSWORD: Final = (_ATTEMPT, _REQUIRE, "AllowAuthenticationGracePeriod", _WATCH)
_TOUCH_ID: Final = ("RequireTouchID", "RequireTouchIDOrWatch")
_GRACE: Final = {
    _OFFLINE: ("SSO715", "OfflineGracePeriod"),
    "AllowAuthenticationGracePeriod": ("SSO716", "AuthenticationGracePeriod"),
}
#: Reading: Apple's documents of 26 and 27 have these rules, so they are not asked of older systems.
_RULES_OF_26: Final = Version((26,))


def check_policies(view: PayloadView, report: Report) -> None:
    """Look at each policy of a payload that has `PlatformSSO`."""
    keys = PlatformSSOKeys(view)
    for name in _POLICIES:
        items = list(keys.items(name))
        policy = _Policy(view, keys, {value for value, _ in items}, report)
        for value, place in items:
            if value == _WATCH and name != "UnlockPolicy":
                continue  # no other policy may hold it, which SSO714 reports
            policy.check(value, place)


class _Policy:
    """The rules about the values of one policy."""

    def __init__(
        self, view: PayloadView, keys: PlatformSSOKeys, values: set[str], report: Report
    ) -> None:
        self._keys = keys
        self._values = values
        self._report = report
        self._is_new = view.device.version >= _RULES_OF_26

    def check(self, value: str, place: Source) -> None:
        """Report what is wrong with `value` beside the other values and the method."""
        keys, values = self._keys, self._values
        if value in _GRACE:
            code, needed = _GRACE[value]
            if not keys.is_there(needed):
                self._add(code, place, value, f"`{value}` needs `{needed}`")
        if value == _WATCH and _REQUIRE not in values:
            message = f"`{value}` needs `{_REQUIRE}` in the same list"
            self._add("SSO718", place, value, message)
        if value == _REQUIRE and _ATTEMPT in values and self._is_new:
            message = f"`{_REQUIRE}` and `{_ATTEMPT}` exclude each other in one list"
            self._add("SSO727", place, value, message)
        if value in _TOUCH_ID and not keys.is_on("UseSharedDeviceKeys"):
            self._add("SSO724", place, value, f"`{value}` needs `UseSharedDeviceKeys`")
        self._method(value, place)

    def _method(self, value: str, place: Source) -> None:
        keys, words = self._keys, self._keys.method_words
        touch_id = (*_TOUCH_ID, _FALLBACK)
        known = (*_NEED_PASSWORD, _OFFLINE)
        if self._is_new and keys.method_is(_KEY) and value in known:
            message = f"`{value}` is not allowed with the method `{_KEY}`"
            self._add("SSO728", place, value, message)
        elif value in _NEED_PASSWORD and not keys.method_is("Password"):
            message = f"`{value}` needs the method `Password`, and {words}"
            self._add("SSO717", place, value, message)
        elif value in touch_id and not keys.method_is("Password", _KEY):
            code = "SSO723" if value == _FALLBACK else "SSO719"
            message = f"`{value}` needs the method `Password` or `{_KEY}`, and {words}"
            self._add(code, place, value, message)
        elif value == _OFFLINE and self._is_new and not keys.method_is("OpenID"):
            self._offline(value, place)

    def _offline(self, value: str, place: Source) -> None:
        message = (
            f"`{value}` needs the method `Password` or `OpenID`, and {self._keys.method_words}"
        )
        if self._keys.method_is("Password"):
            if _REQUIRE in self._values:
                return
            message = f"`{value}` needs `{_REQUIRE}` in the same list"
        self._add("SSO725", place, value, message)

    def _add(self, code: str, place: Source, value: str, message: str) -> None:
        self._report.add(code, place, message, value=value)
