"""What vendors document: the findings SSO7xx."""

from __future__ import annotations

from typing import Final

from check_cases.given import (
    IDENTITY,
    ISSUER,
    OKTA,
    B,
    Given,
    given,
    given_hosts,
    given_psso,
    given_urls,
)
from check_world import profile, psso, redirect

#: Code and title -> what is given. Where the code must not be found, the title begins "not ".
CASES: Final[dict[str, Given]] = {
    "SSO701 credential": given_hosts(PlatformSSO={"AuthenticationMethod": "Password"}),
    "SSO701 not in a Redirect payload": given_psso(),
    "SSO702 no method": given_urls(RegistrationToken="secret"),
    "SSO702 empty": given(
        profile({**psso(AuthenticationMethod=""), "RegistrationToken": "secret"})
    ),
    "SSO702 not with a method": given(profile({**psso(), "RegistrationToken": "secret"})),
    "SSO703 user": given(profile(psso(), PayloadScope="User")),
    "SSO703 not the device channel": given(profile(psso(), PayloadScope="System")),
    "SSO704 no keys": given_psso(EnableCreateUserAtLogin=True, UseSharedDeviceKeys=None),
    "SSO704 not with shared keys": given_psso(EnableCreateUserAtLogin=True),
    "SSO705 another method": given_psso(
        EnableCreateUserAtLogin=True, AuthenticationMethod="UserSecureEnclaveKey"
    ),
    "SSO705 no method": given_psso(EnableCreateUserAtLogin=True, AuthenticationMethod=None),
    "SSO705 before 27": given(
        profile(psso(EnableCreateUserAtLogin=True, AuthenticationMethod="AccessKey")),
        targets=("macOS@26",),
    ),
    "SSO705 not the method `OpenID`": given_psso(
        EnableCreateUserAtLogin=True, AuthenticationMethod="OpenID"
    ),
    "SSO705 not the method `SmartCard`": given_psso(
        EnableCreateUserAtLogin=True, AuthenticationMethod="SmartCard"
    ),
    "SSO706 no keys": given_psso(EnableAuthorization=True, UseSharedDeviceKeys=False),
    "SSO706 not with shared keys": given_psso(EnableAuthorization=True),
    "SSO707 small": given_psso(LoginFrequency=600),
    "SSO707 not the least": given_psso(LoginFrequency=3600),
    "SSO708 unknown": given_psso(NewUserAuthorizationMode="admin"),
    "SSO708 not a mode of new users": given_psso(NewUserAuthorizationMode="Temporary"),
    "SSO709 unknown": given_psso(UserAuthorizationMode="Temporary"),
    "SSO709 not a mode of users": given_psso(UserAuthorizationMode="Groups"),
    "SSO710 unknown": given_psso(NewUserAuthenticationMethods=["Password", "Passkey"]),
    "SSO710 not known methods": given_psso(NewUserAuthenticationMethods=["Password", "SmartCard"]),
    "SSO711 no keys": given_psso(NewUserAuthenticationMethods=["AccessKey"]),
    "SSO711 older": given(
        profile(
            psso(NewUserAuthenticationMethods=["AccessKey"], AccessKeyTerminalIdentityUUID=IDENTITY)
        ),
        targets=("macOS@26.1",),
    ),
    "SSO711 not with all keys": given_psso(
        NewUserAuthenticationMethods=["AccessKey"],
        AccessKeyReaderGroupIdentifier=b"1",
        AccessKeyTerminalIdentityUUID="x",
        AccessKeyReaderIssuerCertificateUUID="y",
    ),
    "SSO712 no list": given_psso(NewUserAuthenticationMethods=["OpenID"]),
    "SSO712 not with a list": given_psso(
        NewUserAuthenticationMethods=["OpenID"],
        WebLoginURLAllowList=["https://id.example.com"],
    ),
    "SSO713 nothing": given(
        profile(
            psso(
                AccessKeyTerminalIdentityUUID=IDENTITY, AccessKeyReaderIssuerCertificateUUID=ISSUER
            ),
            {"PayloadType": "com.apple.wifi.managed", "PayloadUUID": IDENTITY},
        )
    ),
    "SSO713 not payloads of these types": given(
        profile(
            psso(
                AccessKeyTerminalIdentityUUID=IDENTITY, AccessKeyReaderIssuerCertificateUUID=ISSUER
            ),
            {"PayloadType": "com.apple.security.acme", "PayloadUUID": IDENTITY.lower()},
            {"PayloadType": "com.apple.security.pem", "PayloadUUID": ISSUER},
        )
    ),
    "SSO714 unknown": given_psso(LoginPolicy=["RequireAuth", "AllowTouchIDOrWatchForUnlock"]),
    "SSO714 not the policy for unlocking": given_psso(
        UnlockPolicy=["RequireAuthentication", "AllowTouchIDOrWatchForUnlock"]
    ),
    "SSO715 no period": given_psso(LoginPolicy=["AllowOfflineGracePeriod"]),
    "SSO715 not with a period": given_psso(
        LoginPolicy=["AllowOfflineGracePeriod"], OfflineGracePeriod=3600
    ),
    "SSO716 no period": given_psso(FileVaultPolicy=["AllowAuthenticationGracePeriod"]),
    "SSO716 not with a period": given_psso(
        FileVaultPolicy=["AllowAuthenticationGracePeriod"], AuthenticationGracePeriod=3600
    ),
    "SSO717 another method": given_psso(
        AuthenticationMethod="SmartCard", LoginPolicy=["RequireAuthentication"]
    ),
    "SSO717 not the method `Password`": given_psso(LoginPolicy=["RequireAuthentication"]),
    "SSO718 alone": given_psso(UnlockPolicy=["AllowTouchIDOrWatchForUnlock"]),
    "SSO718 not with `RequireAuthentication`": given_psso(
        UnlockPolicy=["RequireAuthentication", "AllowTouchIDOrWatchForUnlock"]
    ),
    "SSO719 another method": given_psso(
        AuthenticationMethod="SmartCard", UnlockPolicy=["RequireTouchID"]
    ),
    "SSO719 not the method `UserSecureEnclaveKey`": given_psso(
        AuthenticationMethod="UserSecureEnclaveKey", UnlockPolicy=["RequireTouchIDOrWatch"]
    ),
    "SSO720 no list": given_psso(AuthenticationMethod="OpenID"),
    "SSO720 not with a list": given_psso(
        AuthenticationMethod="OpenID", WebLoginURLAllowList=["https://id.example.com"]
    ),
    "SSO721 no nonce": given(
        profile({**psso(), **OKTA, "URLs": ["https://example.okta.com/oauth2/v1/token"]})
    ),
    "SSO721 not a prefix that covers it": given(
        profile({**psso(), **OKTA, "URLs": ["https://example.okta.com/"]})
    ),
    "SSO722 too many and too long": given(
        profile(psso(AdditionalHTTPHeaders={f"secret-{n}": "secret" for n in range(21)})),
        profile(
            {**psso(AdditionalHTTPHeaders={"n" * 129: "v" * 2049}), "URLs": ["https://b/"]}, name=B
        ),
    ),
    "SSO722 not as many and as long as allowed": given_psso(
        AdditionalHTTPHeaders={f"{n:02}{'n' * 126}": "v" * 2048 for n in range(20)}
    ),
    "SSO723 another method": given_psso(
        AuthenticationMethod="SmartCard", UnlockPolicy=["AllowOpenIDForTouchIDFallback"]
    ),
    "SSO723 not the method `Password`": given_psso(UnlockPolicy=["AllowOpenIDForTouchIDFallback"]),
    "SSO724 method": given_psso(
        AuthenticationMethod="OpenID",
        WebLoginURLAllowList=["https://id.example.com"],
        UseSharedDeviceKeys=None,
    ),
    "SSO724 new users, Touch ID and setup": given_psso(
        NewUserAuthenticationMethods=["OpenID"],
        UnlockPolicy=["RequireTouchID", "RequireTouchIDOrWatch"],
        EnableRegistrationDuringSetup=True,
        UseSharedDeviceKeys=False,
    ),
    "SSO724 not with shared keys": given_psso(
        UnlockPolicy=["RequireTouchID"], EnableRegistrationDuringSetup=True
    ),
    "SSO724 not values that the version does not know": given(
        profile(psso(UnlockPolicy=["RequireTouchID"], UseSharedDeviceKeys=None)),
        targets=("macOS@26",),
    ),
    "SSO725 no requirement": given_psso(
        LoginPolicy=["AllowOfflineGracePeriod"], OfflineGracePeriod=86400
    ),
    "SSO725 another method": given_psso(
        AuthenticationMethod="SmartCard",
        LoginPolicy=["AllowOfflineGracePeriod"],
        OfflineGracePeriod=86400,
    ),
    "SSO725 not with the requirement": given_psso(
        LoginPolicy=["RequireAuthentication", "AllowOfflineGracePeriod"],
        OfflineGracePeriod=86400,
    ),
    "SSO725 not before 26": given(
        profile(psso(LoginPolicy=["AllowOfflineGracePeriod"], OfflineGracePeriod=86400)),
        targets=("macOS@15.4",),
    ),
    "SSO726 another method": given_psso(AllowWebLoginPasswordSync=True),
    "SSO726 not the method `OpenID`": given_psso(
        AllowWebLoginPasswordSync=True, AuthenticationMethod="OpenID"
    ),
    "SSO727 both": given_psso(LoginPolicy=["AttemptAuthentication", "RequireAuthentication"]),
    "SSO727 not in two lists": given_psso(
        LoginPolicy=["AttemptAuthentication"], UnlockPolicy=["RequireAuthentication"]
    ),
    "SSO728 secure enclave": given_psso(
        AuthenticationMethod="UserSecureEnclaveKey",
        LoginPolicy=["AttemptAuthentication", "AllowOfflineGracePeriod"],
        OfflineGracePeriod=3600,
    ),
    "SSO728 not Touch ID and the grace period itself": given_psso(
        AuthenticationMethod="UserSecureEnclaveKey",
        UnlockPolicy=["RequireTouchID", "AllowOpenIDForTouchIDFallback"],
        OfflineGracePeriod=3600,
    ),
    "SSO729 mode and method": given_psso(
        NewUserAuthorizationMode="Temporary", NewUserAuthenticationMethods=["AccessKey"]
    ),
    "SSO729 not with the key": given_psso(
        NewUserAuthorizationMode="Temporary", EnableCreateUserAtLogin=True
    ),
    "SSO730 no method": given_psso(EnableRegistrationDuringSetup=True, AuthenticationMethod=None),
    "SSO730 not with a method": given_psso(EnableRegistrationDuringSetup=True),
    "SSO731 wildcard": given_psso(WebLoginURLAllowList=["https://*.example.com"]),
    "SSO731 not a host": given_psso(WebLoginURLAllowList=["https://id.example.com"]),
    "SSO732 host": given_psso(WebLoginURLAllowList=["id.example.com"]),
    "SSO732 not a URL": given_psso(WebLoginURLAllowList=["https://id.example.com"]),
    "SSO733 groups": given_psso(
        AdministratorGroups=[f"g{n}" for n in range(101)],
        AuthorizationGroups={f"r{n}": "g" for n in range(102)},
    ),
    "SSO733 not as many as allowed": given_psso(AdministratorGroups=[f"g{n}" for n in range(100)]),
    "SSO734 before 27": given(
        profile(redirect(AuthenticationMethod="SmartCard")), targets=("macOS@15.4",)
    ),
    "SSO734 not since 27 and not another method": given(
        profile(redirect(AuthenticationMethod="SmartCard")), targets=("macOS@27",)
    ),
}
