"""Profiles as people keep them: payloads alone, blueprints of Jamf, exports of Intune, and more."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from loading_samples import XML
from ssoroute.checks.engine import loading_findings
from ssoroute.loaders import load
from ssoroute.model.finding import LoadError
from ssoroute.model.profile import Channel, Profile, ProfileKind, Value
from ssoroute.routing.router import Router

FIELD = Path(__file__).parent / "data" / "field"
LOGIN = "https://login.example.com/"
COMPOSED: Mapping[str, Value] = {
    "ExtensionComposedIdentifier": "com.example.sso.extension (ABCDE12345)",
    "Type": "Redirect",
    "URLs": (LOGIN,),
}
COMPANY_PORTAL: dict[str, Value] = {
    "ExtensionIdentifier": "com.microsoft.CompanyPortalMac.ssoextension",
    "TeamIdentifier": "UBF8T346G9",
    "Type": "Redirect",
}
GROUP = "settings[0].settingInstance.groupSettingCollectionValue[0]"
BLUEPRINT = "steps[0].components[0].configuration.declarations[0]"

#: Sample → kind, name, the place of its payload, and the payload.
SAMPLES: dict[str, tuple[ProfileKind, str | None, str, Mapping[str, Value]]] = {
    "10-bare-declaration-payload.json": (ProfileKind.DECLARATION, None, "", COMPOSED),
    "10-jamf-blueprint.json": (ProfileKind.DECLARATION, None, f"{BLUEPRINT}.payload", COMPOSED),
    "16-intune-device-features.json": (
        ProfileKind.PROFILE,
        "SSO",
        "macOSSingleSignOnExtension",
        COMPANY_PORTAL | {"URLs": ("https://login.microsoftonline.com",)},
    ),
    "16-intune-settings-catalog.json": (
        ProfileKind.PROFILE,
        "Example Platform SSO",
        GROUP,
        COMPANY_PORTAL
        | {
            "URLs": (
                "https://login.microsoftonline.com",
                "https://login.microsoft.com",
                "https://sts.windows.net",
            ),
            "PlatformSSO": {
                "AuthenticationMethod": "UserSecureEnclaveKey",
                "EnableCreateUserAtLogin": True,
                "UseSharedDeviceKeys": True,
            },
        },
    ),
}


def only(data: bytes) -> Profile:
    loaded = load(data)
    assert loaded.errors == ()
    assert loaded.findings == ()
    (profile,) = loaded
    return profile


def said(value: object) -> list[tuple[str, str, str]]:
    """Code, key path and message of all that is found in the JSON of `value`."""
    try:
        loaded = load(json.dumps(value).encode())
    except LoadError as error:
        found = error.findings
    else:
        found = loaded.errors + loaded.findings
    return [(finding.code, finding.source.path, finding.message) for finding in found]


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_samples(name: str, encoding: str) -> None:
    kind, display_name, place, content = SAMPLES[name]
    profile = only((FIELD / name).read_text("utf-8").encode(encoding))
    assert (profile.kind, profile.display_name) == (kind, display_name)
    assert profile.channel is Channel.DEVICE
    (payload,) = profile.payloads
    assert (payload.source.path, payload.content) == (place, content)


@pytest.mark.parametrize("name", SAMPLES)
def test_samples_route(name: str) -> None:
    router = Router.from_profiles(load(FIELD / name), version="27.0")
    assert router.refused == ()
    urls = SAMPLES[name][3]["URLs"]
    assert isinstance(urls, tuple)
    assert router.route(str(urls[0])).outcome == "handle"


def test_a_list_of_exports_is_all_of_them() -> None:
    written = [json.loads((FIELD / name).read_text("utf-8")) for name in SAMPLES]
    loaded = load(json.dumps(written).encode())
    assert [profile.source.path for profile in loaded] == [
        "[0]",
        f"[1].{BLUEPRINT}",
        "[2]",
        "[3]",
    ]


def test_graph_answers_with_a_list() -> None:
    features = json.loads((FIELD / "16-intune-device-features.json").read_text("utf-8"))
    other = {"@odata.type": "#microsoft.graph.macOSGeneralDeviceConfiguration"}
    loaded = load(json.dumps({"@odata.context": "x", "value": [features, other, 1]}).encode())
    assert [profile.source.path for profile in loaded] == ["value[0]"]
    assert [(f.code, f.source.path) for f in loaded.findings] == [
        ("SSO025", "value[1]"),
        ("SSO025", "value[2]"),
    ]


def test_one_policy_can_have_several_payloads() -> None:
    policy = json.loads((FIELD / "16-intune-settings-catalog.json").read_text("utf-8"))
    groups = policy["settings"][0]["settingInstance"]["groupSettingCollectionValue"]
    groups *= 2
    profile = only(json.dumps(policy).encode())
    assert [payload.source.path for payload in profile.payloads] == [GROUP, f"{GROUP[:-3]}[1]"]


def setting(name: str, **value: object) -> dict[str, object]:
    return {"settingDefinitionId": f"com.apple.extensiblesso_{name}", **value}


def catalog(*children: object) -> dict[str, object]:
    instance = setting(
        "com.apple.extensiblesso", groupSettingCollectionValue=[{"children": [*children]}]
    )
    return {"name": "a", "settings": [{"settingInstance": instance}]}


CHOICE = "com.apple.extensiblesso_platformsso_loginpolicy_"


@pytest.mark.parametrize(
    ("child", "content"),
    [
        (
            setting("hosts", simpleSettingCollectionValue=[{"value": "a"}, {"value": "b"}]),
            {"Hosts": ("a", "b")},
        ),
        (
            setting("type", choiceSettingValue={"value": "com.apple.extensiblesso_type_0"}),
            {"Type": "Credential"},
        ),
        (
            setting(
                "screenlockedbehavior",
                choiceSettingValue={"value": "com.apple.extensiblesso_screenlockedbehavior_1"},
            ),
            {"ScreenLockedBehavior": "DoNotHandle"},
        ),
        (
            setting(
                "platformsso",
                groupSettingValue={
                    "children": [
                        setting(
                            "platformsso_loginpolicy",
                            choiceSettingCollectionValue=[
                                {"value": f"{CHOICE}0"},
                                {"value": f"{CHOICE}2"},
                            ],
                        ),
                        setting("platformsso_loginfrequency", simpleSettingValue={"value": 7200}),
                    ]
                },
            ),
            {
                "PlatformSSO": {
                    "LoginPolicy": ("AttemptAuthentication", "AllowOfflineGracePeriod"),
                    "LoginFrequency": 7200,
                }
            },
        ),
    ],
)
def test_settings_of_the_catalog(child: dict[str, object], content: Mapping[str, Value]) -> None:
    assert only(json.dumps(catalog(child)).encode()).payloads[0].content == content


CHILD = f"{GROUP}.children[0]"


@pytest.mark.parametrize(
    ("child", "found"),
    [
        (1, ("SSO014", CHILD, "a setting must be an object, not an integer")),
        ({}, ("SSO036", CHILD, "the setting without a name is not known; left out")),
        (
            setting("extensiondata_generickey", simpleSettingValue={"value": "hunter2"}),
            (
                "SSO036",
                CHILD,
                (
                    "the setting `com.apple.extensiblesso_extensiondata_generickey` is not known;"
                    " left out"
                ),
            ),
        ),
        (
            setting("platformsso_loginpolicy", simpleSettingValue={"value": "hunter2"}),
            (
                "SSO036",
                CHILD,
                (
                    "the setting `com.apple.extensiblesso_platformsso_loginpolicy` is not known;"
                    " left out"
                ),
            ),
        ),
        (
            setting("type", choiceSettingValue={"value": "com.apple.extensiblesso_type_7"}),
            ("SSO036", f"{CHILD}.choiceSettingValue", "the choice of `Type` is not known"),
        ),
        (setting("type"), ("SSO036", CHILD, "`Type` has no value; left out")),
        (
            setting("platformsso", groupSettingValue={"children": 1}),
            (
                "SSO014",
                f"{CHILD}.groupSettingValue.children",
                "`children` must be an array, not an integer",
            ),
        ),
    ],
)
def test_settings_that_are_left_out(child: object, found: tuple[str, str, str]) -> None:
    assert said(catalog(child)) == [found]


def features(**members: object) -> dict[str, object]:
    return {"displayName": "a", "macOSSingleSignOnExtension": members}


def test_device_features_of_type_credential() -> None:
    written = features(
        **{"@odata.type": "#microsoft.graph.macOSCredentialSingleSignOnExtension"},
        extensionIdentifier="com.example.sso",
        teamIdentifier=None,
        domains=["example.com"],
        realm="EXAMPLE.COM",
        configurations=[{"key": "token", "value": "hunter2"}, 1, {"value": "x"}],
    )
    assert only(json.dumps(written).encode()).payloads[0].content == {
        "Type": "Credential",
        "ExtensionIdentifier": "com.example.sso",
        "Hosts": ("example.com",),
        "Realm": "EXAMPLE.COM",
        "ExtensionData": {"token": "hunter2"},
    }


def test_device_features_whose_keys_are_made_elsewhere() -> None:
    kind = "#microsoft.graph.macOSAzureAdSingleSignOnExtension"
    assert said(features(**{"@odata.type": kind})) == [
        (
            "SSO013",
            "macOSSingleSignOnExtension",
            (
                "the SSO extension is `macOSAzureAdSingleSignOnExtension`,"
                " whose keys Intune does not export"
            ),
        ),
        ("SSO030", "", "the policy has no SSO payload that can be read"),
    ]


def blueprint(*declarations: object) -> dict[str, object]:
    component = {"identifier": "x", "configuration": {"declarations": [*declarations]}}
    return {"steps": [{"components": [{"configuration": {"version": 2}}, component]}]}


SSO = "com.apple.configuration.extensible-sso"
INSIDE = "steps[0].components[1].configuration.declarations"


def test_a_component_can_stand_alone() -> None:
    payload = {**COMPOSED, "URLs": [LOGIN]}
    declaration = {"channelType": "USER", "type": SSO, "payload": payload}
    profile = only(json.dumps({"configuration": {"declarations": [declaration]}}).encode())
    assert (profile.channel, profile.source.path) == (
        Channel.USER,
        "configuration.declarations[0]",
    )


@pytest.mark.parametrize(
    ("written", "found"),
    [
        (
            blueprint({"type": "com.apple.configuration.wifi", "payload": {}}),
            (
                "SSO025",
                f"{INSIDE}[0]",
                "not an extensible-sso declaration but `com.apple.configuration.wifi`; left out",
            ),
        ),
        (
            blueprint({"type": SSO}),
            (
                "SSO015",
                f"{INSIDE}[0].payload",
                "`payload` of a declaration is missing; it must be an object",
            ),
        ),
        (blueprint(1), ("SSO014", f"{INSIDE}[0]", "an item must be an object, not an integer")),
    ],
)
def test_what_a_blueprint_has_and_is_not_read(written: object, found: tuple[str, str, str]) -> None:
    nothing = ("SSO030", "", "the blueprint has no extensible-sso declaration")
    assert said(written) == [found, nothing]


MAIL = b"From: a@example.com\r\nMIME-Version: 1.0\r\nContent-Type: multipart/signed; x=y\r\n\r\n--b"


@pytest.mark.parametrize(
    ("data", "code", "message", "hint"),
    [
        (MAIL, "SSO004", "an S/MIME mail, not a profile", "save its attachment and load that"),
        (
            b"Content-Type: application/pkcs7-mime\n\nMIIB",
            "SSO004",
            "an S/MIME mail, not a profile",
            "save its attachment and load that",
        ),
        (
            b"Subject: x\nMime-Version: 1.0\n\nhello",
            "SSO004",
            "a mail message, not a profile",
            "save its attachment and load that",
        ),
        (
            b"#!/bin/sh\ncat > a.mobileconfig <<EOF\n" + XML + b"EOF\n",
            "SSO004",
            "a shell script, not a profile",
            "run it and load the profile that it writes",
        ),
        (
            b"\ncat <<-'EOF' > a.mobileconfig\n" + XML + b"EOF\n",
            "SSO004",
            "a shell script, not a profile",
            "run it and load the profile that it writes",
        ),
        (
            b"<!-- SSO -->\n<key>Type</key><string>Redirect</string>",
            "SSO007",
            "not a property list: the root element is `<key>` at line 2, column 1",
            (
                "this is a list of keys:"
                " write `<plist><dict>` before it and `</dict></plist>` after it"
            ),
        ),
        (
            b"<dict><key>Type</key><string>Redirect</string></dict>",
            "SSO007",
            "not a property list: the root element is `<dict>` at line 1, column 1",
            "write `<plist>` before it and `</plist>` after it",
        ),
    ],
)
def test_other_files_are_called_by_their_name(
    data: bytes, code: str, message: str, hint: str
) -> None:
    with pytest.raises(LoadError) as caught:
        load(data)
    (finding,) = caught.value.findings
    assert (finding.code, finding.message, finding.hint) == (code, message, hint)


def test_show_and_check_point_to_the_same_place() -> None:
    path = FIELD / "56-text-after-plist-tag.mobileconfig"
    with pytest.raises(LoadError) as caught:
        load(path)
    (finding,) = caught.value.findings
    assert (finding.line, finding.column) == (2, 22)
    assert finding.message == "text between the elements at line 2, column 22"
    (checked,) = loading_findings(caught.value.findings)
    assert (checked.line, checked.column, checked.message) == (2, 22, finding.message)
