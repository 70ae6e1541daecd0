"""SSO701-SSO734 without the policies: how the keys of Platform SSO depend on each other.

All rules are documented; routing needs none of them. `payload_keys.py` checks values that are not
allowed at all (SSO707-SSO710, SSO714), `policies.py` the policies, and `vendors.py` the endpoints
of known extensions (SSO721).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from ssoroute.checks.platform_sso_keys import PlatformSSOKeys
from ssoroute.checks.policies import check_policies
from ssoroute.checks.wording import enumeration
from ssoroute.install.effective_keys import KeyState
from ssoroute.model.platforms import Version
from ssoroute.model.profile import Channel, OtherPayload, ProfileKind
from ssoroute.model.quoting import quote

if TYPE_CHECKING:
    from ssoroute.checks.report import Report
    from ssoroute.checks.target import PayloadView, Subject

__all__ = ["check_platform_sso"]

_SHARED: Final = "UseSharedDeviceKeys"
_CREATE: Final = "EnableCreateUserAtLogin"
_SETUP: Final = "EnableRegistrationDuringSetup"
_LOGIN_LIST: Final = "WebLoginURLAllowList"
_NEED_SHARED_KEYS: Final = {_CREATE: "SSO704", "EnableAuthorization": "SSO706", _SETUP: "SSO724"}
_ISSUER_SINCE: Final = Version((26, 2))
_OPEN_ID_SINCE: Final = Version((27,))
_GROUPS: Final = ("AdministratorGroups", "AdditionalGroups", "AuthorizationGroups")
_MOST_GROUPS: Final = 100
_HEADERS: Final = "AdditionalHTTPHeaders"
_MOST_HEADERS: Final = 20
_LONGEST_NAME: Final = 128
_LONGEST_VALUE: Final = 2048


def check_platform_sso(subject: Subject, report: Report) -> None:
    """Look at the payloads that have `PlatformSSO`, `RegistrationToken` or a method."""
    for view in subject.payloads:
        _Rules(view, report).run()


class _Rules:
    """The rules about one payload."""

    def __init__(self, view: PayloadView, report: Report) -> None:
        self._view = view
        self._keys = PlatformSSOKeys(view)
        self._report = report

    def run(self) -> None:
        group = self._keys.row("")
        if group.source is not None and self._view.type == "Credential":
            message = "`PlatformSSO` is in a Credential payload, and only Redirect payloads read it"
            self._report.add("SSO701", group.source, message)
            return
        self._registration_token()
        self._top_level_method()
        if group.state is KeyState.WRITTEN:
            self._shared_keys()
            self._create_users()
            self._new_users()
            self._setup()
            self._identities()
            self._open_id()
            self._login_list()
            self._groups()
            self._headers()
            check_policies(self._view, self._report)

    def _need(self, code: str, name: str, message: str) -> None:
        """Report `message` at the key `name`."""
        row = self._keys.row(name)
        if row.source is not None:
            self._report.add(code, row.source, message)

    def _registration_token(self) -> None:
        token = self._view.keys["RegistrationToken"]
        if token.source is None or token.state is KeyState.UNKNOWN:
            return
        method = self._keys.row("AuthenticationMethod")
        if method.source is None or method.written == "":
            message = "`RegistrationToken` needs `PlatformSSO.AuthenticationMethod`"
            self._report.add("SSO702", token.source, message)

    def _top_level_method(self) -> None:
        row = self._view.keys["AuthenticationMethod"]
        is_old = self._view.device.version < _OPEN_ID_SINCE
        if is_old and row.state is KeyState.WRITTEN and row.written == "SmartCard" and row.source:
            message = "`SmartCard` is documented for the top-level `AuthenticationMethod` from 27.0"
            self._report.add("SSO734", row.source, f"{message} only", value="SmartCard")

    def _shared_keys(self) -> None:
        if self._keys.is_on(_SHARED) and self._view.profile.channel is Channel.USER:
            message = f"`{_SHARED}` is in the user channel, where the payload has no effect"
            self._need("SSO703", _SHARED, message)
        if self._keys.is_on(_SHARED):
            return
        for name, code in _NEED_SHARED_KEYS.items():
            if self._keys.is_on(name):
                self._need(code, name, f"`{name}` needs `{_SHARED}`")

    def _create_users(self) -> None:
        methods = ["Password", "SmartCard"]
        if self._view.device.version >= _OPEN_ID_SINCE:
            methods.append("OpenID")
        if self._keys.is_on(_CREATE) and not self._keys.method_is(*methods):
            allowed = ", ".join(quote(m) for m in methods[:-1]) + f" or {quote(methods[-1])}"
            message = f"`{_CREATE}` needs the method {allowed}, and {self._keys.method_words}"
            self._need("SSO705", _CREATE, message)

    def _new_users(self) -> None:
        for method, place in self._keys.items("NewUserAuthenticationMethods"):
            if method == "AccessKey":
                needed = ["AccessKeyReaderGroupIdentifier", "AccessKeyTerminalIdentityUUID"]
                if self._view.device.version >= _ISSUER_SINCE:
                    needed.append("AccessKeyReaderIssuerCertificateUUID")
                missing = [name for name in needed if not self._keys.is_there(name)]
                if missing:
                    names = enumeration([quote(name) for name in missing])
                    self._report.add("SSO711", place, f"`AccessKey` needs {names}")
                if not self._keys.is_on(_CREATE):
                    message = f"`AccessKey` for new users needs `{_CREATE}`"
                    self._report.add("SSO729", place, message, value=method)
            elif method == "OpenID":
                if not self._keys.has_login_list:
                    message = f"`OpenID` for new users needs `{_LOGIN_LIST}`"
                    self._report.add("SSO712", place, message)
                if not self._keys.is_on(_SHARED):
                    message = f"`OpenID` for new users needs `{_SHARED}`"
                    self._report.add("SSO724", place, message, value=method)
        mode = self._keys.row("NewUserAuthorizationMode")
        is_temporary = mode.state is KeyState.WRITTEN and mode.written == "Temporary"
        if is_temporary and mode.source and not self._keys.is_on(_CREATE):
            message = f"the mode `Temporary` for new users needs `{_CREATE}`"
            self._report.add("SSO729", mode.source, message, value="Temporary")

    def _setup(self) -> None:
        if self._keys.is_on(_SETUP) and not self._view.method:
            message = f"`{_SETUP}` needs `AuthenticationMethod`"
            self._need("SSO730", _SETUP, message)

    def _open_id(self) -> None:
        row = self._keys.row("AuthenticationMethod")
        is_chosen = row.state is KeyState.WRITTEN and row.written == "OpenID"
        if is_chosen and row.source is not None:
            if not self._keys.has_login_list:
                message = f"the method `OpenID` needs `{_LOGIN_LIST}`"
                self._report.add("SSO720", row.source, message)
            if not self._keys.is_on(_SHARED):
                message = f"the method `OpenID` needs `{_SHARED}`"
                self._report.add("SSO724", row.source, message, value="OpenID")
        sync = "AllowWebLoginPasswordSync"
        if self._keys.is_on(sync) and not self._keys.method_is("OpenID"):
            message = f"`{sync}` needs the method `OpenID`, and {self._keys.method_words}"
            self._need("SSO726", sync, message)

    def _login_list(self) -> None:
        for text, place in self._keys.items(_LOGIN_LIST):
            if "*" in text:
                message = f"{quote(text)} has a `*`, and `{_LOGIN_LIST}` has no wildcards"
                self._report.add("SSO731", place, message, value=text)
            elif "://" not in text:
                message = f"{quote(text)} has no scheme: Apple's schema lists hosts here, its"
                message += " article lists URLs with a scheme"
                hint = f"write {quote('https://' + text)}"
                self._report.add("SSO732", place, message, value=text, hint=hint)

    def _groups(self) -> None:
        for name in _GROUPS:
            row = self._keys.row(name)
            if row.state is not KeyState.WRITTEN or not isinstance(row.written, tuple | Mapping):
                continue
            count = len(row.written)
            if count > _MOST_GROUPS:
                message = f"`{name}` has {count} groups, and at most {_MOST_GROUPS} are allowed"
                self._need("SSO733", name, message)

    def _headers(self) -> None:
        row = self._keys.row(_HEADERS)
        if row.state is not KeyState.WRITTEN:
            return
        group = self._view.content.get("PlatformSSO")
        headers = group.get(_HEADERS) if isinstance(group, Mapping) else None
        if not isinstance(headers, Mapping):
            return
        # Reading: names and values are secret, so only counts and lengths are reported.
        found = []
        if len(headers) > _MOST_HEADERS:
            found.append(f"has {len(headers)} headers, and at most {_MOST_HEADERS} are allowed")
        longest = max((len(name) for name in headers), default=0)
        if longest > _LONGEST_NAME:
            found.append(
                f"has a name of {longest} characters, and at most {_LONGEST_NAME} are allowed"
            )
        longest = max((len(v) for v in headers.values() if isinstance(v, str)), default=0)
        if longest > _LONGEST_VALUE:
            found.append(
                f"has a value of {longest} characters, and at most {_LONGEST_VALUE} are allowed"
            )
        for what in found:
            self._need("SSO722", _HEADERS, f"`{_HEADERS}` {what}")

    def _identities(self) -> None:
        profile = self._view.profile
        # A declaration names assets; managed preferences are one payload of an unknown profile.
        if profile.kind is not ProfileKind.PROFILE or self._view.source == profile.source:
            return
        self._names_payload(
            "AccessKeyTerminalIdentityUUID",
            [other for other in profile.other_payloads if other.is_identity],
            "an identity payload",
        )
        self._names_payload(
            "AccessKeyReaderIssuerCertificateUUID",
            list(profile.other_payloads),
            "a certificate payload",
        )

    def _names_payload(self, name: str, payloads: list[OtherPayload], what: str) -> None:
        row = self._keys.row(name)
        if row.state is not KeyState.WRITTEN or not isinstance(row.written, str) or not row.source:
            return
        uuids = {other.uuid.upper() for other in payloads if other.uuid}
        if row.written.upper() not in uuids:
            message = f"{quote(row.written)} is not the UUID of {what} in this profile"
            self._report.add("SSO713", row.source, message, value=row.written)
