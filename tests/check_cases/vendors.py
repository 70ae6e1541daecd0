"""What vendors document: the findings SSO7xx."""

from __future__ import annotations

from typing import Final

from check_cases.given import IDENTITY, ISSUER, OKTA, B, Given
from check_world import credential, profile, psso, redirect

#: Code and title -> what is given. Where the code must not be found, the title begins "not ".
CASES: Final[dict[str, Given]] = {
    "SSO701 credential": Given(
        (profile(credential(PlatformSSO={"AuthenticationMethod": "Password"})),)
    ),
    "SSO701 not in a Redirect payload": Given((profile(psso()),)),
    "SSO702 no method": Given((profile(redirect(RegistrationToken="secret")),)),
    "SSO702 empty": Given(
        (profile({**psso(AuthenticationMethod=""), "RegistrationToken": "secret"}),)
    ),
    "SSO702 not with a method": Given((profile({**psso(), "RegistrationToken": "secret"}),)),
    "SSO703 user": Given((profile(psso(), PayloadScope="User"),)),
    "SSO703 not the device channel": Given((profile(psso(), PayloadScope="System"),)),
    "SSO704 no keys": Given(
        (profile(psso(EnableCreateUserAtLogin=True, UseSharedDeviceKeys=None)),)
    ),
    "SSO704 not with shared keys": Given((profile(psso(EnableCreateUserAtLogin=True)),)),
    "SSO705 another method": Given(
        (profile(psso(EnableCreateUserAtLogin=True, AuthenticationMethod="UserSecureEnclaveKey")),)
    ),
    "SSO705 no method": Given(
        (profile(psso(EnableCreateUserAtLogin=True, AuthenticationMethod=None)),)
    ),
    "SSO705 before 27": Given(
        (profile(psso(EnableCreateUserAtLogin=True, AuthenticationMethod="AccessKey")),),
        ("macOS@26",),
    ),
    "SSO705 not the method `OpenID`": Given(
        (profile(psso(EnableCreateUserAtLogin=True, AuthenticationMethod="OpenID")),)
    ),
    "SSO705 not the method `SmartCard`": Given(
        (profile(psso(EnableCreateUserAtLogin=True, AuthenticationMethod="SmartCard")),)
    ),
    "SSO706 no keys": Given((profile(psso(EnableAuthorization=True, UseSharedDeviceKeys=False)),)),
    "SSO706 not with shared keys": Given((profile(psso(EnableAuthorization=True)),)),
    "SSO707 small": Given((profile(psso(LoginFrequency=600)),)),
    "SSO707 not the least": Given((profile(psso(LoginFrequency=3600)),)),
    "SSO708 unknown": Given((profile(psso(NewUserAuthorizationMode="admin")),)),
    "SSO708 not a mode of new users": Given((profile(psso(NewUserAuthorizationMode="Temporary")),)),
    "SSO709 unknown": Given((profile(psso(UserAuthorizationMode="Temporary")),)),
    "SSO709 not a mode of users": Given((profile(psso(UserAuthorizationMode="Groups")),)),
    "SSO710 unknown": Given((profile(psso(NewUserAuthenticationMethods=["Password", "Passkey"])),)),
    "SSO710 not known methods": Given(
        (profile(psso(NewUserAuthenticationMethods=["Password", "SmartCard"])),)
    ),
    "SSO711 no keys": Given((profile(psso(NewUserAuthenticationMethods=["AccessKey"])),)),
    "SSO711 older": Given(
        (
            profile(
                psso(
                    NewUserAuthenticationMethods=["AccessKey"],
                    AccessKeyTerminalIdentityUUID=IDENTITY,
                )
            ),
        ),
        ("macOS@26.1",),
    ),
    "SSO711 not with all keys": Given(
        (
            profile(
                psso(
                    NewUserAuthenticationMethods=["AccessKey"],
                    AccessKeyReaderGroupIdentifier=b"1",
                    AccessKeyTerminalIdentityUUID="x",
                    AccessKeyReaderIssuerCertificateUUID="y",
                )
            ),
        )
    ),
    "SSO712 no list": Given((profile(psso(NewUserAuthenticationMethods=["OpenID"])),)),
    "SSO712 not with a list": Given(
        (
            profile(
                psso(
                    NewUserAuthenticationMethods=["OpenID"],
                    WebLoginURLAllowList=["https://id.example.com"],
                )
            ),
        )
    ),
    "SSO713 nothing": Given(
        (
            profile(
                psso(
                    AccessKeyTerminalIdentityUUID=IDENTITY,
                    AccessKeyReaderIssuerCertificateUUID=ISSUER,
                ),
                {"PayloadType": "com.apple.wifi.managed", "PayloadUUID": IDENTITY},
            ),
        )
    ),
    "SSO713 not payloads of these types": Given(
        (
            profile(
                psso(
                    AccessKeyTerminalIdentityUUID=IDENTITY,
                    AccessKeyReaderIssuerCertificateUUID=ISSUER,
                ),
                {"PayloadType": "com.apple.security.acme", "PayloadUUID": IDENTITY.lower()},
                {"PayloadType": "com.apple.security.pem", "PayloadUUID": ISSUER},
            ),
        )
    ),
    "SSO714 unknown": Given(
        (profile(psso(LoginPolicy=["RequireAuth", "AllowTouchIDOrWatchForUnlock"])),)
    ),
    "SSO714 not the policy for unlocking": Given(
        (profile(psso(UnlockPolicy=["RequireAuthentication", "AllowTouchIDOrWatchForUnlock"])),)
    ),
    "SSO715 no period": Given((profile(psso(LoginPolicy=["AllowOfflineGracePeriod"])),)),
    "SSO715 not with a period": Given(
        (profile(psso(LoginPolicy=["AllowOfflineGracePeriod"], OfflineGracePeriod=3600)),)
    ),
    "SSO716 no period": Given((profile(psso(FileVaultPolicy=["AllowAuthenticationGracePeriod"])),)),
    "SSO716 not with a period": Given(
        (
            profile(
                psso(
                    FileVaultPolicy=["AllowAuthenticationGracePeriod"],
                    AuthenticationGracePeriod=3600,
                )
            ),
        )
    ),
    "SSO717 another method": Given(
        (profile(psso(AuthenticationMethod="SmartCard", LoginPolicy=["RequireAuthentication"])),)
    ),
    "SSO717 not the method `Password`": Given(
        (profile(psso(LoginPolicy=["RequireAuthentication"])),)
    ),
    "SSO718 alone": Given((profile(psso(UnlockPolicy=["AllowTouchIDOrWatchForUnlock"])),)),
    "SSO718 not with `RequireAuthentication`": Given(
        (profile(psso(UnlockPolicy=["RequireAuthentication", "AllowTouchIDOrWatchForUnlock"])),)
    ),
    "SSO719 another method": Given(
        (profile(psso(AuthenticationMethod="SmartCard", UnlockPolicy=["RequireTouchID"])),)
    ),
    "SSO719 not the method `UserSecureEnclaveKey`": Given(
        (
            profile(
                psso(
                    AuthenticationMethod="UserSecureEnclaveKey",
                    UnlockPolicy=["RequireTouchIDOrWatch"],
                )
            ),
        )
    ),
    "SSO720 no list": Given((profile(psso(AuthenticationMethod="OpenID")),)),
    "SSO720 not with a list": Given(
        (
            profile(
                psso(AuthenticationMethod="OpenID", WebLoginURLAllowList=["https://id.example.com"])
            ),
        )
    ),
    "SSO721 no nonce": Given(
        (profile({**psso(), **OKTA, "URLs": ["https://example.okta.com/oauth2/v1/token"]}),)
    ),
    "SSO721 not a prefix that covers it": Given(
        (profile({**psso(), **OKTA, "URLs": ["https://example.okta.com/"]}),)
    ),
    "SSO722 too many and too long": Given(
        (
            profile(psso(AdditionalHTTPHeaders={f"secret-{n}": "secret" for n in range(21)})),
            profile(
                {**psso(AdditionalHTTPHeaders={"n" * 129: "v" * 2049}), "URLs": ["https://b/"]},
                name=B,
            ),
        )
    ),
    "SSO722 not as many and as long as allowed": Given(
        (
            profile(
                psso(AdditionalHTTPHeaders={f"{n:02}{'n' * 126}": "v" * 2048 for n in range(20)})
            ),
        )
    ),
    "SSO723 another method": Given(
        (
            profile(
                psso(
                    AuthenticationMethod="SmartCard",
                    UnlockPolicy=["AllowOpenIDForTouchIDFallback"],
                )
            ),
        )
    ),
    "SSO723 not the method `Password`": Given(
        (profile(psso(UnlockPolicy=["AllowOpenIDForTouchIDFallback"])),)
    ),
    "SSO724 method": Given(
        (
            profile(
                psso(
                    AuthenticationMethod="OpenID",
                    WebLoginURLAllowList=["https://id.example.com"],
                    UseSharedDeviceKeys=None,
                )
            ),
        )
    ),
    "SSO724 new users, Touch ID and setup": Given(
        (
            profile(
                psso(
                    NewUserAuthenticationMethods=["OpenID"],
                    UnlockPolicy=["RequireTouchID", "RequireTouchIDOrWatch"],
                    EnableRegistrationDuringSetup=True,
                    UseSharedDeviceKeys=False,
                )
            ),
        )
    ),
    "SSO724 not with shared keys": Given(
        (
            profile(
                psso(UnlockPolicy=["RequireTouchID"], EnableRegistrationDuringSetup=True),
            ),
        )
    ),
    "SSO724 not values that the version does not know": Given(
        (profile(psso(UnlockPolicy=["RequireTouchID"], UseSharedDeviceKeys=None)),),
        ("macOS@26",),
    ),
    "SSO725 no requirement": Given(
        (profile(psso(LoginPolicy=["AllowOfflineGracePeriod"], OfflineGracePeriod=86400)),)
    ),
    "SSO725 another method": Given(
        (
            profile(
                psso(
                    AuthenticationMethod="SmartCard",
                    LoginPolicy=["AllowOfflineGracePeriod"],
                    OfflineGracePeriod=86400,
                )
            ),
        )
    ),
    "SSO725 not with the requirement": Given(
        (
            profile(
                psso(
                    LoginPolicy=["RequireAuthentication", "AllowOfflineGracePeriod"],
                    OfflineGracePeriod=86400,
                )
            ),
        )
    ),
    "SSO725 not before 26": Given(
        (profile(psso(LoginPolicy=["AllowOfflineGracePeriod"], OfflineGracePeriod=86400)),),
        ("macOS@15.4",),
    ),
    "SSO726 another method": Given((profile(psso(AllowWebLoginPasswordSync=True)),)),
    "SSO726 not the method `OpenID`": Given(
        (profile(psso(AllowWebLoginPasswordSync=True, AuthenticationMethod="OpenID")),)
    ),
    "SSO727 both": Given(
        (profile(psso(LoginPolicy=["AttemptAuthentication", "RequireAuthentication"])),)
    ),
    "SSO727 not in two lists": Given(
        (
            profile(
                psso(
                    LoginPolicy=["AttemptAuthentication"],
                    UnlockPolicy=["RequireAuthentication"],
                )
            ),
        )
    ),
    "SSO728 secure enclave": Given(
        (
            profile(
                psso(
                    AuthenticationMethod="UserSecureEnclaveKey",
                    LoginPolicy=["AttemptAuthentication", "AllowOfflineGracePeriod"],
                    OfflineGracePeriod=3600,
                )
            ),
        )
    ),
    "SSO728 not Touch ID and the grace period itself": Given(
        (
            profile(
                psso(
                    AuthenticationMethod="UserSecureEnclaveKey",
                    UnlockPolicy=["RequireTouchID", "AllowOpenIDForTouchIDFallback"],
                    OfflineGracePeriod=3600,
                )
            ),
        )
    ),
    "SSO729 mode and method": Given(
        (
            profile(
                psso(
                    NewUserAuthorizationMode="Temporary",
                    NewUserAuthenticationMethods=["AccessKey"],
                )
            ),
        )
    ),
    "SSO729 not with the key": Given(
        (profile(psso(NewUserAuthorizationMode="Temporary", EnableCreateUserAtLogin=True)),)
    ),
    "SSO730 no method": Given(
        (profile(psso(EnableRegistrationDuringSetup=True, AuthenticationMethod=None)),)
    ),
    "SSO730 not with a method": Given((profile(psso(EnableRegistrationDuringSetup=True)),)),
    "SSO731 wildcard": Given((profile(psso(WebLoginURLAllowList=["https://*.example.com"])),)),
    "SSO731 not a host": Given((profile(psso(WebLoginURLAllowList=["https://id.example.com"])),)),
    "SSO732 host": Given((profile(psso(WebLoginURLAllowList=["id.example.com"])),)),
    "SSO732 not a URL": Given((profile(psso(WebLoginURLAllowList=["https://id.example.com"])),)),
    "SSO733 groups": Given(
        (
            profile(
                psso(
                    AdministratorGroups=[f"g{n}" for n in range(101)],
                    AuthorizationGroups={f"r{n}": "g" for n in range(102)},
                )
            ),
        )
    ),
    "SSO733 not as many as allowed": Given(
        (profile(psso(AdministratorGroups=[f"g{n}" for n in range(100)])),)
    ),
    "SSO734 before 27": Given(
        (profile(redirect(AuthenticationMethod="SmartCard")),), ("macOS@15.4",)
    ),
    "SSO734 not since 27 and not another method": Given(
        (profile(redirect(AuthenticationMethod="SmartCard")),), ("macOS@27",)
    ),
}
