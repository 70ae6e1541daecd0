"""Keys: the findings SSO1xx."""

from __future__ import annotations

from typing import Final

from check_cases.given import KERBEROS, TWICE, A, B, C, Given
from check_world import credential, declaration, domains, named, profile, psso, redirect

#: Code and title -> what is given. Where the code must not be found, the title begins "not ".
CASES: Final[dict[str, Given]] = {
    "SSO101 missing": Given((profile(redirect(Type=None)),)),
    "SSO101 in another case": Given((profile(redirect(Type="redirect")),)),
    "SSO101 unknown": Given((profile(redirect(Type="Proxy")),)),
    "SSO101 empty": Given((profile(redirect(Type="")),)),
    "SSO101 not both types": Given((profile(redirect(), credential()),)),
    "SSO102 missing": Given((profile(redirect(ExtensionIdentifier=None)),)),
    "SSO102 empty": Given((profile(redirect(ExtensionIdentifier="")),)),
    "SSO102 missing in a declaration": Given((declaration(ExtensionComposedIdentifier=None),)),
    "SSO102 not a composed identifier": Given((declaration(),)),
    "SSO103 a string for an array": Given((profile(redirect(URLs="https://login.example.com/")),)),
    "SSO103 an integer in an array": Given((profile(redirect("https://login.example.com/", 7)),)),
    "SSO103 an array for a string": Given((profile(credential(Realm=["EXAMPLE.COM"])),)),
    "SSO103 an integer for a boolean": Given((profile(psso(UseSharedDeviceKeys=1)),)),
    "SSO103 a composed identifier": Given((declaration(ExtensionComposedIdentifier=1),)),
    "SSO103 not under a key that is ignored": Given((profile(redirect(Hosts="ignored")),)),
    "SSO104 unknown behaviour": Given((profile(redirect(ScreenLockedBehavior="cancel")),)),
    "SSO104 unknown method": Given((profile(psso(AuthenticationMethod="Passkey")),)),
    "SSO104 empty realm": Given((profile(credential(Realm="")),)),
    "SSO104 empty host": Given((profile(credential("example.com", "")),)),
    "SSO104 empty denied caller": Given((profile(redirect(DeniedBundleIdentifiers=[""])),)),
    "SSO104 no composed identifier": Given(
        (declaration(ExtensionComposedIdentifier="com.example.sso(EXAMPLE123)"),)
    ),
    "SSO104 not a method that the system recognises": Given(
        (profile(psso(AuthenticationMethod="AccessKey")),)
    ),
    "SSO105 in another case": Given(
        (profile(credential(Hosts=None, Urls=["https://login.example.com/"])),)
    ),
    "SSO105 like none": Given((profile(redirect(Colour="red")),)),
    "SSO105 in the wrong dictionary": Given((profile(redirect(UseSharedDeviceKeys=True)),)),
    "SSO105 one level down": Given((profile(psso(URLs=["https://login.example.com/"])),)),
    "SSO105 a profile's key in a declaration": Given(
        (declaration(PlatformSSO={"AccountDisplayName": "Corp"}),)
    ),
    "SSO105 one of the newest keys, outside PlatformSSO": Given(
        (profile(redirect(AlwaysUseLoginUI=True)),)
    ),
    "SSO105 not vendor data and the newest keys": Given(
        (profile({**psso(AlwaysUseLoginUI=True), "ExtensionData": {"anything": {"goes": 1}}}),)
    ),
    "SSO106 written twice": Given(
        (
            named(
                b"<plist><dict><key>PayloadContent</key><array/><key>PayloadContent</key><array/></dict></plist>",
                "a.plist",
            ),
        )
    ),
    "SSO106 not a plain profile": Given((profile(redirect()),)),
    "SSO107 in a URL": Given((profile(redirect("https://${org}/login/")),)),
    "SSO107 in a host": Given((profile(credential("{{host}}")),)),
    "SSO107 in a team": Given((profile(redirect(TeamIdentifier="$TEAM_ID")),)),
    "SSO107 in a realm": Given((profile(credential(Realm="%REALM%")),)),
    "SSO107 for people": Given((profile(redirect("https://login.example.com/<tenantId>/")),)),
    "SSO107 not percent-encoding, a lower-case `$`, and a token": Given(
        (
            profile(
                psso(),
                redirect("https://h/%C3%A4%20b/$value/"),
                credential(RegistrationToken="{{DEVICEREGISTRATION}}"),
            ),
        )
    ),
    "SSO108 missing": Given((profile(redirect(PayloadUUID=None), PayloadIdentifier=None),)),
    "SSO108 no UUID": Given((profile(redirect(), PayloadUUID="corp"),)),
    "SSO108 used twice": Given(
        (
            profile(redirect(), name=A),
            profile(credential(), name=B, PayloadUUID=TWICE),
            profile(credential("b.example"), name=C, PayloadUUID=TWICE.lower()),
        )
    ),
    "SSO108 not an update of a profile": Given(
        (
            profile(redirect(), PayloadIdentifier="corp", PayloadUUID=TWICE),
            profile(credential(), PayloadIdentifier="corp", name=B, PayloadUUID=TWICE),
        )
    ),
    "SSO109 hosts": Given((profile(redirect(Hosts=["example.com"])),)),
    "SSO109 URLs": Given((profile(credential(URLs=["https://login.example.com/"])),)),
    "SSO109 not an empty array": Given((profile(credential(URLs=[])),)),
    "SSO109 a realm": Given((profile(redirect(Realm="EXAMPLE.COM")),)),
    "SSO109 not where it is read": Given((profile(credential(Realm="EXAMPLE.COM")),)),
    "SSO110 missing": Given((profile(credential(Hosts=None)),)),
    "SSO110 empty": Given((profile(redirect(URLs=[])),)),
    "SSO110 missing under a misspelt type": Given((profile(redirect(Type="redirect", URLs=None)),)),
    "SSO110 Kerberos": Given((profile(credential(**KERBEROS, Hosts=None, Realm="EXAMPLE.COM")),)),
    "SSO110 not a plain profile": Given((profile(redirect()),)),
    "SSO111 URLs": Given(
        (
            profile(redirect("https://a.example/,https://b.example/x;https://c.example/")),
            profile(redirect("https://a.example https://b.example"), name=B),
        )
    ),
    "SSO111 hosts": Given((profile(credential("a.example, .b.example\nc.example")),)),
    "SSO111 denied callers": Given(
        (profile(redirect(DeniedBundleIdentifiers=["com.a.b;com.a.c", "com.a.d com.a.e"])),)
    ),
    "SSO111 associated domains": Given(
        (profile(redirect(), domains("authsrv:login.example.com,authsrv:id.example.com")),)
    ),
    "SSO111 not a comma in a path, and the name of an app": Given(
        (
            profile(
                redirect(
                    "https://login.example.com/a,b/",
                    DeniedBundleIdentifiers=["Google Chrome"],
                )
            ),
        )
    ),
    "SSO112 around": Given(
        (
            profile(
                redirect(" https://login.example.com/", DeniedBundleIdentifiers=["Safari\n"]),
                credential("www.example.com "),
                domains("authsrv:login.example.com "),
            ),
        )
    ),
    "SSO112 not inside": Given((profile(redirect("https://login.example.com/a b")),)),
}
