"""Keys: the findings SSO1xx."""

from __future__ import annotations

from typing import Final

from check_cases.given import (
    KERBEROS,
    TWICE,
    A,
    B,
    C,
    Given,
    given,
    given_hosts,
    given_in_turn,
    given_psso,
    given_urls,
)
from check_world import credential, declaration, domains, named, profile, psso, redirect

#: Code and title -> what is given. Where the code must not be found, the title begins "not ".
CASES: Final[dict[str, Given]] = {
    "SSO101 missing": given_urls(Type=None),
    "SSO101 in another case": given_urls(Type="redirect"),
    "SSO101 unknown": given_urls(Type="Proxy"),
    "SSO101 empty": given_urls(Type=""),
    "SSO101 not both types": given(profile(redirect(), credential())),
    "SSO102 missing": given_urls(ExtensionIdentifier=None),
    "SSO102 empty": given_urls(ExtensionIdentifier=""),
    "SSO102 missing in a declaration": given(declaration(ExtensionComposedIdentifier=None)),
    "SSO102 not a composed identifier": given(declaration()),
    "SSO103 a string for an array": given_urls(URLs="https://login.example.com/"),
    "SSO103 an integer in an array": given_urls("https://login.example.com/", 7),
    "SSO103 an array for a string": given_hosts(Realm=["EXAMPLE.COM"]),
    "SSO103 an integer for a boolean": given_psso(UseSharedDeviceKeys=1),
    "SSO103 a composed identifier": given(declaration(ExtensionComposedIdentifier=1)),
    "SSO103 not under a key that is ignored": given_urls(Hosts="ignored"),
    "SSO104 unknown behaviour": given_urls(ScreenLockedBehavior="cancel"),
    "SSO104 unknown method": given_psso(AuthenticationMethod="Passkey"),
    "SSO104 empty realm": given_hosts(Realm=""),
    "SSO104 empty host": given_hosts("example.com", ""),
    "SSO104 empty denied caller": given_urls(DeniedBundleIdentifiers=[""]),
    "SSO104 no composed identifier": given(
        declaration(ExtensionComposedIdentifier="com.example.sso(EXAMPLE123)")
    ),
    "SSO104 not a method that the system recognises": given_psso(AuthenticationMethod="AccessKey"),
    "SSO105 in another case": given_hosts(Hosts=None, Urls=["https://login.example.com/"]),
    "SSO105 like none": given_urls(Colour="red"),
    "SSO105 in the wrong dictionary": given_urls(UseSharedDeviceKeys=True),
    "SSO105 one level down": given_psso(URLs=["https://login.example.com/"]),
    "SSO105 a profile's key in a declaration": given(
        declaration(PlatformSSO={"AccountDisplayName": "Corp"})
    ),
    "SSO105 one of the newest keys, outside PlatformSSO": given_urls(AlwaysUseLoginUI=True),
    "SSO105 not vendor data and the newest keys": given(
        profile({**psso(AlwaysUseLoginUI=True), "ExtensionData": {"anything": {"goes": 1}}})
    ),
    "SSO106 written twice": given(
        named(
            b"<plist><dict><key>PayloadContent</key><array/><key>PayloadContent</key><array/></dict></plist>",
            "a.plist",
        )
    ),
    "SSO106 not a plain profile": given_urls(),
    "SSO107 in a URL": given_urls("https://${org}/login/"),
    "SSO107 in a host": given_hosts("{{host}}"),
    "SSO107 in a team": given_urls(TeamIdentifier="$TEAM_ID"),
    "SSO107 in a realm": given_hosts(Realm="%REALM%"),
    "SSO107 for people": given_urls("https://login.example.com/<tenantId>/"),
    "SSO107 not percent-encoding, a lower-case `$`, and a token": given(
        profile(
            psso(),
            redirect("https://h/%C3%A4%20b/$value/"),
            credential(RegistrationToken="{{DEVICEREGISTRATION}}"),
        )
    ),
    "SSO108 missing": given(profile(redirect(PayloadUUID=None), PayloadIdentifier=None)),
    "SSO108 no UUID": given(profile(redirect(), PayloadUUID="corp")),
    "SSO108 used twice": given(
        profile(redirect(), name=A),
        profile(credential(), name=B, PayloadUUID=TWICE),
        profile(credential("b.example"), name=C, PayloadUUID=TWICE.lower()),
    ),
    "SSO108 not an update of a profile": given(
        profile(redirect(), PayloadIdentifier="corp", PayloadUUID=TWICE),
        profile(credential(), PayloadIdentifier="corp", name=B, PayloadUUID=TWICE),
    ),
    "SSO109 hosts": given_urls(Hosts=["example.com"]),
    "SSO109 URLs": given_hosts(URLs=["https://login.example.com/"]),
    "SSO109 not an empty array": given_hosts(URLs=[]),
    "SSO109 a realm": given_urls(Realm="EXAMPLE.COM"),
    "SSO109 not where it is read": given_hosts(Realm="EXAMPLE.COM"),
    "SSO110 missing": given_hosts(Hosts=None),
    "SSO110 empty": given_urls(URLs=[]),
    "SSO110 missing under a misspelt type": given_urls(Type="redirect", URLs=None),
    "SSO110 Kerberos": given_hosts(**KERBEROS, Hosts=None, Realm="EXAMPLE.COM"),
    "SSO110 not a plain profile": given_urls(),
    "SSO111 URLs": given_in_turn(
        "https://a.example/,https://b.example/x;https://c.example/",
        "https://a.example https://b.example",
    ),
    "SSO111 hosts": given_hosts("a.example, .b.example\nc.example"),
    "SSO111 denied callers": given_urls(
        DeniedBundleIdentifiers=["com.a.b;com.a.c", "com.a.d com.a.e"]
    ),
    "SSO111 associated domains": given(
        profile(redirect(), domains("authsrv:login.example.com,authsrv:id.example.com"))
    ),
    "SSO111 not a comma in a path, and the name of an app": given_urls(
        "https://login.example.com/a,b/", DeniedBundleIdentifiers=["Google Chrome"]
    ),
    "SSO112 around": given(
        profile(
            redirect(" https://login.example.com/", DeniedBundleIdentifiers=["Safari\n"]),
            credential("www.example.com "),
            domains("authsrv:login.example.com "),
        )
    ),
    "SSO112 not inside": given_urls("https://login.example.com/a b"),
}
