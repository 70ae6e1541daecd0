"""`ExtensionData`: the findings SSO9xx."""

from __future__ import annotations

from typing import Final

from check_cases.given import (
    FLEET,
    IDENTITY,
    IRU,
    KERBEROS,
    MICROSOFT,
    OKTA,
    PING,
    B,
    C,
    Given,
    entra,
    given,
    given_hosts,
    given_urls,
    kerberos,
)
from check_world import credential, profile, psso, redirect

#: Code and title -> what is given. Where the code must not be found, the title begins "not ".
CASES: Final[dict[str, Given]] = {
    "SSO901 wrong identifier": given_hosts(
        "example.com",
        ".example.com",
        ExtensionIdentifier=MICROSOFT["ExtensionIdentifier"],
        TeamIdentifier="apple",
        Realm="EXAMPLE.COM",
    ),
    "SSO901 team": given_urls(**PING),
    "SSO901 type": given_hosts(**MICROSOFT),
    "SSO901 not an unknown extension": given_hosts(
        ExtensionIdentifier="com.example.unknown", TeamIdentifier="apple", Realm="lower"
    ),
    "SSO902 missing": given_urls(
        "https://login.microsoftonline.com",
        "https://login.microsoft.com/",
        "https://sts.windows.net",
        "https://login.microsoftonline.us",
        "https://login-us.microsoftonline.com",
        **MICROSOFT,
    ),
    "SSO902 not the spelling of the vendor": given_urls("https://fleet.example.com", **FLEET),
    "SSO903 small": given_hosts(**KERBEROS, Realm="Example.com"),
    "SSO903 not in capitals": given_hosts(**KERBEROS, Realm="EXAMPLE.COM"),
    "SSO904 foreign": given_urls("https://login.microsoftonline.com/", "https://fs.example.com/"),
    "SSO904 not the vendor's own": given_urls("https://login.microsoftonline.com", **MICROSOFT),
    "SSO905 second": given(
        profile(redirect("https://login.microsoft.com", **MICROSOFT)),
        profile({**psso(), "URLs": ["https://sts.windows.net"], **MICROSOFT}, name=B),
    ),
    "SSO905 not one, and not another vendor": given(
        profile(redirect("https://login.microsoft.com", **MICROSOFT)),
        profile(redirect("https://a.example/", **IRU), name=B),
        profile(redirect("https://b.example/", **IRU), name=C),
    ),
    "SSO906 another realm": given_hosts(**OKTA, Realm="okta device"),
    "SSO906 not the documented realm": given_hosts(**OKTA, Realm="Okta Device"),
    "SSO907 no realm": given_hosts("example.com", ".example.com", **KERBEROS),
    "SSO907 not another extension": given_hosts(),
    "SSO908 domain and suffix": given(
        profile(
            credential("example.com", **KERBEROS, Realm="EXAMPLE.COM"),
            credential(".corp.example", **KERBEROS, Realm="CORP.EXAMPLE"),
        )
    ),
    "SSO908 not both, and not a host": given(
        profile(
            credential("example.com", ".example.com", **KERBEROS, Realm="EXAMPLE.COM"),
            credential("dc1.corp.example", **KERBEROS, Realm="CORP.EXAMPLE"),
            credential("c.example", "dc1.c.example", **KERBEROS, Realm="C.EXAMPLE"),
        )
    ),
    "SSO951 types": given(
        entra(Enable_SSO_On_All_ManagedApps="1", AppAllowList=7),
        kerberos(isDefaultRealm=1, credentialBundleIdACL="com.a.b", domainRealmMapping={"A": "a"}),
    ),
    "SSO951 not documented types, and an extension without documented keys": given(
        entra(use_most_secure_storage=True, admin_debug_mode_enabled=1),
        kerberos(credentialBundleIdACL=["com.a.b"], domainRealmMapping={"A": ["a"]}),
        profile(redirect(ExtensionData={"AppAllowList": 7}), name=C),
    ),
    "SSO952 misspelt": given(entra(AppPrefixAllowlist="com.secret.")),
    "SSO952 not like a documented key": given(entra(broker_lifetime=60)),
    "SSO953 array and separators": given(
        entra(
            AppAllowList=["com.secret.a"],
            AppBlockList="com.secret.a;com.secret.b",
            AppPrefixAllowList="com.apple. com.microsoft.",
        )
    ),
    "SSO953 not commas": given(entra(AppAllowList="com.a.b, com.a.c")),
    "SSO954 unknown": given(
        entra(browser_sso_interaction_enabled=2), kerberos(credentialUseMode="secret")
    ),
    "SSO954 not allowed values": given(
        entra(browser_sso_interaction_enabled=0), kerberos(credentialUseMode="always")
    ),
    "SSO955 version and platform": given(
        kerberos(usePlatformSSOTGT=True, pwReqText="secret", preferredKDCs=["secret"]),
        targets=("macOS@12", "iOS@14"),
    ),
    "SSO955 not on the platform that has it": given(kerberos(usePlatformSSOTGT=True)),
    "SSO956 deprecated": given(
        entra(browser_sso_disable_mfa=1), kerberos(cacheName="secret", replicationTime=900)
    ),
    "SSO956 not before it was deprecated": given(
        kerberos(replicationTime=900), targets=("macOS@11",)
    ),
    "SSO957 left out": given(entra(AppPrefixAllowList="com.apple.,com.contoso.")),
    "SSO957 not with the default, and not a shorter prefix": given(
        entra(AppPrefixAllowList="com.microsoft., com.apple")
    ),
    "SSO958 both": given(
        entra(AppAllowList="com.a.b,com.a.c", AppBlockList="com.a.b"),
        entra(B, AppAllowList="com.a.b,com.a.c", AppBlockList="com.a.b,com.a.c"),
    ),
    "SSO958 not other apps": given(entra(AppAllowList="com.a.b", AppBlockList="com.a.B")),
    "SSO959 no identity": given(kerberos(certificateUUID=IDENTITY)),
    "SSO959 not an identity of the profile": given(
        profile(
            credential(
                "example.com",
                ".example.com",
                **KERBEROS,
                Realm="EXAMPLE.COM",
                ExtensionData={"certificateUUID": IDENTITY.lower()},
            ),
            {"PayloadType": "com.apple.security.scep", "PayloadUUID": IDENTITY},
        )
    ),
    "SSO960 depends": given(
        kerberos(
            allowPlatformSSOAuthFallback=True,
            pwReqText="secret",
            pwReqRTFData=b"secret",
            pwReqComplexity=True,
            pwReqLength=8,
        )
    ),
    "SSO960 not with the key that it needs": given(
        kerberos(
            allowPlatformSSOAuthFallback=True,
            usePlatformSSOTGT=True,
            pwReqText="secret",
            pwReqComplexity=False,
        )
    ),
}
