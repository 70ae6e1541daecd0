"""The table of keys, and what a device makes of every key of a payload."""

from __future__ import annotations

import base64
import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from keys_doc import DOC, key_table_markdown

from ssoroute.cli.views.effective_keys import keys_json, keys_text
from ssoroute.install.effective_keys import HIDDEN, EffectiveKeys, KeyState, effective_keys
from ssoroute.install.extension_data import documented_values
from ssoroute.model.device import Device
from ssoroute.model.keys import AllowedValue, Key, KeyType, keys
from ssoroute.model.platforms import Platform, Version
from ssoroute.model.profile import PayloadDictionary, Profile, ProfileKind
from ssoroute.model.source import Source

ROOT = Path(__file__).parent.parent
SECRET = "s3cr3t"

PROFILE: dict[str, Any] = {
    "ExtensionIdentifier": "com.example.sso",
    "TeamIdentifier": "EXAMPLE123",
    "Type": "Redirect",
    "URLs": ("https://login.example.com/",),
    "ExtensionData": {SECRET: {SECRET: SECRET}},
    "RegistrationToken": SECRET,
    "PlatformSSO": {
        "AuthenticationMethod": "Password",
        "UseSharedDeviceKeys": True,
        "LoginFrequency": 7200,
        "AccessKeyReaderGroupIdentifier": b"\x00\x01",
        "LoginPolicy": ("RequireAuthentication",),
        "TokenToUserMapping": {"AccountName": "preferred_username"},
        "AuthorizationGroups": {"right": "group"},
        "AdditionalHTTPHeaders": {SECRET: SECRET},
        "AlwaysUseLoginUI": True,
    },
}
DECLARATION: dict[str, Any] = {
    "ExtensionComposedIdentifier": "com.example.sso (EXAMPLE123)",
    "Type": "Redirect",
    "URLs": ("https://login.example.com/",),
    "ExtensionData": {SECRET: {SECRET: SECRET}},
    "PlatformSSO": {
        "RegistrationToken": SECRET,
        "AuthenticationMethod": "Password",
        "UseSharedDeviceKeys": True,
        "LoginFrequency": 7200,
        "AccessKey": {"ReaderGroupIdentifier": "AAE="},
        "AdditionalHTTPHeaders": {SECRET: SECRET},
        "Policies": {"Login": ("RequireAuthentication",), "AlwaysUseLoginUI": True},
        "UserCreation": {"TokenToUserMapping": {"AccountName": "preferred_username"}},
        "Authorization": {"AuthorizationGroups": {"right": "group"}},
    },
}


def profile_of(content: Mapping[str, Any], kind: str = "profile") -> Profile:
    place = "Payload" if kind == "declaration" else "PayloadContent[0]"
    dictionary = PayloadDictionary(content, Source("corp", place))
    return Profile((dictionary,), Source("corp"), kind=ProfileKind(kind))


def model_of(
    content: Mapping[str, Any],
    platform: str = "macOS",
    version: str = "27.0",
    kind: str = "profile",
) -> EffectiveKeys:
    profile = profile_of(content, kind)
    return effective_keys(profile.payloads[0], profile, Device(platform, version))


# ---------------------------------------------------------------------------------------------
# The table


def test_the_packages_table_is_the_shared_one() -> None:
    shared = ROOT.parent / "shared" / "keys.csv"
    if not shared.is_file():
        pytest.skip(f"{shared} is not here; only the package's own table can be read")
    with shared.open(encoding="utf-8", newline="") as lines:
        expected = list(csv.DictReader(lines))
    with (ROOT / "src/ssoroute/model/keys.csv").open(encoding="utf-8", newline="") as lines:
        found = list(csv.DictReader(lines))
    assert [{name: row[name] for name in expected[0]} for row in found] == expected


def test_the_docs_are_written_from_the_table() -> None:
    assert DOC.read_text(encoding="utf-8") == key_table_markdown(), "run tools/keys_doc.py"


def test_every_row_is_understood() -> None:
    for key in keys().values():
        assert isinstance(key.type, KeyType)
        assert (key.default_value is None) == (key.default == "")
        assert {key.read_for} <= {"", "Redirect", "Credential"}
    words = {key.allowed for key in keys().values() if key.allowed and not key.allowed_values}
    assert words == {
        "any keys",
        "device channel only",
        ">= 3600",
        "PayloadUUID of com.apple.security.pkcs12|.acme|.scep",
        "PayloadUUID of a certificate payload",
        "hosts or host prefixes",
    }
    assert {path for path, key in keys().items() if key.secret} == {
        "ExtensionData",
        "PlatformSSO.AdditionalHTTPHeaders",
        "RegistrationToken",
    }


@pytest.mark.parametrize(
    ("path", "type_", "default", "allowed"),
    [
        ("Type", KeyType.STRING, None, ("Credential", "Redirect")),
        ("ScreenLockedBehavior", KeyType.STRING, "Cancel", ("Cancel", "DoNotHandle")),
        ("PlatformSSO.LoginFrequency", KeyType.SECONDS, 64800, ()),
        ("PlatformSSO.EnableCreateFirstUserDuringSetup", KeyType.BOOLEAN, True, ()),
        ("PlatformSSO.EnableAuthorization", KeyType.BOOLEAN, False, ()),
        (
            "PlatformSSO.NewUserAuthenticationMethods",
            KeyType.STRINGS,
            ("Password", "SmartCard"),
            ("Password", "SmartCard", "AccessKey", "OpenID (27.0)"),
        ),
        ("PlatformSSO.AuthorizationGroups", KeyType.DICTIONARY_OF_STRINGS, None, ()),
        ("PlatformSSO.AccessKeyReaderGroupIdentifier", KeyType.DATA, None, ()),
    ],
)
def test_row(path: str, type_: KeyType, default: object, allowed: tuple[str, ...]) -> None:
    key = keys()[path]
    assert (key.type, key.default_value) == (type_, default)
    assert tuple(map(str, key.allowed_values)) == allowed


def test_other_words_of_the_table() -> None:
    key = keys()["AuthenticationMethod"]
    assert key.deprecated_since == {Platform.MACOS: Version((14,))}
    assert key.allowed_values[-1] == AllowedValue("OpenID", Version((27,)))
    assert keys()["PlatformSSO.LoginFrequency"].minimum == 3600
    team = keys()["TeamIdentifier"]
    assert team.required(Platform.MACOS, None)
    assert not team.required(Platform.IOS, None)
    assert keys()["Hosts"].required(Platform.IOS, "Credential")
    assert not keys()["Hosts"].required(Platform.IOS, "Redirect")


# ---------------------------------------------------------------------------------------------
# One payload


def plain(model: EffectiveKeys) -> dict[str, tuple[str, object, object, object]]:
    return {
        path: (row.state.value, row.value, row.written, row.source is not None)
        for path, row in model.items()
    }


def test_one_model_whichever_way_it_came() -> None:
    profile, declaration = (
        plain(model_of(PROFILE)),
        plain(model_of(DECLARATION, kind="declaration")),
    )
    # the only key that a declaration does not have
    assert profile.pop("AuthenticationMethod")[0] == "absent"
    assert declaration.pop("AuthenticationMethod")[0] == "unknown"
    assert profile == declaration


def test_rows_stand_in_the_tables_order() -> None:
    assert list(model_of(PROFILE)) == list(keys())
    assert len(model_of(PROFILE)) == len(keys())


@pytest.mark.parametrize(
    ("path", "profile", "declaration"),
    [
        ("Type", "PayloadContent[0].Type", "Payload.Type"),
        (
            "ExtensionIdentifier",
            "PayloadContent[0].ExtensionIdentifier",
            "Payload.ExtensionComposedIdentifier",
        ),
        (
            "TeamIdentifier",
            "PayloadContent[0].TeamIdentifier",
            "Payload.ExtensionComposedIdentifier",
        ),
        (
            "PlatformSSO.LoginPolicy",
            "PayloadContent[0].PlatformSSO.LoginPolicy",
            "Payload.PlatformSSO.Policies.Login",
        ),
        (
            "RegistrationToken",
            "PayloadContent[0].RegistrationToken",
            "Payload.PlatformSSO.RegistrationToken",
        ),
    ],
)
def test_a_key_knows_its_place(path: str, profile: str, declaration: str) -> None:
    assert model_of(PROFILE)[path].source == Source("corp", profile)
    assert model_of(DECLARATION, kind="declaration")[path].source == Source("corp", declaration)


def state(content: Mapping[str, Any], path: str, **where: str) -> tuple[str, object, str]:
    row = model_of(content, **where)[path]
    return row.state.value, row.value, row.message


MODES = "allowed are `Standard`, `Admin`, `Groups`"
METHODS_26 = "allowed are `Password`, `UserSecureEnclaveKey`, `SmartCard`"
CREDENTIAL = {"Type": "Credential", "Hosts": ("h",), "ExtensionIdentifier": "a"}


@pytest.mark.parametrize(
    ("content", "path", "where", "expected"),
    [
        (PROFILE, "PlatformSSO.LoginFrequency", {}, ("written", 7200, "")),
        (PROFILE, "PlatformSSO.EnableAuthorization", {}, ("default", False, "")),
        (PROFILE, "PlatformSSO.AccountDisplayName", {}, ("absent", None, "")),
        # a dictionary's defaults need the dictionary
        (CREDENTIAL, "PlatformSSO.LoginFrequency", {}, ("absent", None, "")),
        (CREDENTIAL, "ScreenLockedBehavior", {}, ("default", "Cancel", "")),
        (CREDENTIAL, "TeamIdentifier", {}, ("absent", None, "it is required")),
        (
            CREDENTIAL | {"URLs": 1},
            "URLs",
            {},
            ("ignored", None, "a payload of Type Credential does not read it"),
        ),
        (CREDENTIAL, "URLs", {}, ("absent", None, "")),
        ({"URLs": ("x",)}, "URLs", {}, ("written", ("x",), "")),  # its Type is not known
        (PROFILE, "PlatformSSO", {"version": "13.9"}, ("unknown", None, "needs macOS 14.0")),
        (
            PROFILE,
            "PlatformSSO.LoginPolicy",
            {"version": "14.9"},
            ("unknown", None, "needs macOS 15.0"),
        ),
        (
            PROFILE,
            "PlatformSSO.LoginPolicy",
            {"platform": "iOS"},
            ("unknown", None, "iOS does not read it"),
        ),
        (PROFILE, "TeamIdentifier", {"platform": "iOS"}, ("unknown", None, "iOS does not read it")),
        (PROFILE, "Type", {"version": "10.14"}, ("unknown", None, "needs macOS 10.15")),
        (
            {"PlatformSSO": {"LoginFrequency": True}},
            "PlatformSSO.LoginFrequency",
            {},
            ("wrong_type", None, "must be an integer, not a boolean"),
        ),
        (
            {"PlatformSSO": {"LoginFrequency": 3599}},
            "PlatformSSO.LoginFrequency",
            {},
            ("not_allowed", None, "`LoginFrequency` must be at least 3600, not 3599"),
        ),
        (
            {"PlatformSSO": {"LoginFrequency": 3600}},
            "PlatformSSO.LoginFrequency",
            {},
            ("written", 3600, ""),
        ),
        (
            {"PlatformSSO": {"UserAuthorizationMode": "Temporary"}},
            "PlatformSSO.UserAuthorizationMode",
            {},
            (
                "not_allowed",
                None,
                f"`UserAuthorizationMode` does not allow `Temporary`; {MODES}",
            ),
        ),
        (
            {"PlatformSSO": {"AuthenticationMethod": "OpenID"}},
            "PlatformSSO.AuthenticationMethod",
            {"version": "26.4"},
            (
                "not_allowed",
                None,
                f"`AuthenticationMethod` does not allow `OpenID` (needs macOS 27.0); {METHODS_26}",
            ),
        ),
        (
            {"PlatformSSO": {"AuthenticationMethod": "OpenID"}},
            "PlatformSSO.AuthenticationMethod",
            {},
            ("written", "OpenID", ""),
        ),
        (
            {"Hosts": ("h", 1)},
            "Hosts",
            {},
            ("wrong_type", None, "must be an array of strings, not one with an integer"),
        ),
        (
            {"PlatformSSO": {"AuthorizationGroups": {"a": None}}},
            "PlatformSSO.AuthorizationGroups",
            {},
            ("wrong_type", None, "must be a dictionary of strings, not one with null"),
        ),
        (
            {"RegistrationToken": 1},
            "RegistrationToken",
            {},
            ("wrong_type", None, "must be a string, not an integer"),
        ),
        (
            {"RegistrationToken": SECRET},
            "RegistrationToken",
            {},
            ("written", HIDDEN, ""),
        ),
        ({"Realm": ""}, "Realm", {}, ("not_allowed", None, "`Realm` is an empty string")),
        ({"Hosts": ()}, "Hosts", {}, ("not_allowed", None, "`Hosts` is empty")),
        (
            {"PlatformSSO": "x"},
            "PlatformSSO",
            {},
            ("wrong_type", None, "must be a dictionary, not a string"),
        ),
        ({"PlatformSSO": "x"}, "PlatformSSO.LoginFrequency", {}, ("absent", None, "")),
        (
            {"AuthenticationMethod": "Password"},
            "AuthenticationMethod",
            {},
            ("written", "Password", ""),
        ),
    ],
)
def test_profile(
    content: dict[str, Any], path: str, where: dict[str, str], expected: tuple[str, object, str]
) -> None:
    assert state(content, path, **where) == expected


@pytest.mark.parametrize(
    ("content", "path", "where", "expected"),
    [
        (
            {"ExtensionIdentifier": "a", "TeamIdentifier": "T"},
            "ExtensionIdentifier",
            {},
            ("written", "a", ""),
        ),
        (
            {"ExtensionIdentifier": "a", "TeamIdentifier": "T"},
            "TeamIdentifier",
            {},
            ("written", "T", ""),
        ),
        # if there are both, the composed one counts
        (
            {"ExtensionIdentifier": "a", "ExtensionComposedIdentifier": "b (T)"},
            "ExtensionIdentifier",
            {},
            ("written", "b", ""),
        ),
        (
            {"ExtensionComposedIdentifier": "b"},
            "TeamIdentifier",
            {},
            ("absent", None, "it is required"),
        ),
        (
            {"ExtensionComposedIdentifier": "b (T) "},
            "ExtensionIdentifier",
            {},
            ("not_allowed", None, "`b (T) ` is neither `bundle.id` nor `bundle.id (TEAMID)`"),
        ),
        (
            {"ExtensionComposedIdentifier": 1},
            "TeamIdentifier",
            {},
            ("wrong_type", None, "must be a string, not an integer"),
        ),
        (
            {"AuthenticationMethod": "Password"},
            "AuthenticationMethod",
            {},
            ("unknown", None, "a declaration has no such key"),
        ),
        # the profile's name of a key means nothing there
        ({"RegistrationToken": SECRET}, "RegistrationToken", {}, ("absent", None, "")),
        (
            {"PlatformSSO": {"LoginPolicy": ("RequireAuthentication",)}},
            "PlatformSSO.LoginPolicy",
            {},
            ("absent", None, ""),
        ),
        (
            {"PlatformSSO": {"Policies": 1}},
            "PlatformSSO.LoginPolicy",
            {},
            (
                "wrong_type",
                None,
                "the value around it must be a dictionary, not an integer",
            ),
        ),
        ({"PlatformSSO": {}}, "PlatformSSO.AllowAccessKeyExpressMode", {}, ("default", False, "")),
        ({"Type": "Redirect"}, "Type", {"version": "26.9"}, ("unknown", None, "needs macOS 27.0")),
        (
            {"PlatformSSO": {"AccessKey": {"ReaderGroupIdentifier": "no Base64"}}},
            "PlatformSSO.AccessKeyReaderGroupIdentifier",
            {},
            ("wrong_type", None, "must be data, not a string"),
        ),
    ],
)
def test_declaration(
    content: dict[str, Any], path: str, where: dict[str, str], expected: tuple[str, object, str]
) -> None:
    assert state(content, path, kind="declaration", **where) == expected


def test_what_would_bring_a_key() -> None:
    row = model_of(PROFILE, version="14.9")["PlatformSSO.LoginPolicy"]
    assert (str(row.since), str(row.needs)) == ("15.0", "15.0")
    assert row.written == ("RequireAuthentication",)
    row = model_of(DECLARATION, version="14.9", kind="declaration")["PlatformSSO.LoginPolicy"]
    assert (str(row.since), str(row.needs)) == ("15.0", "27.0")
    row = model_of(PROFILE, "visionOS")["PlatformSSO.LoginPolicy"]
    assert (row.since, row.needs) == (None, None)


# ---------------------------------------------------------------------------------------------
# Secrets, and what is shown


@pytest.mark.parametrize("version", ["10.14", "13.0", "15.4", "27.2"])
@pytest.mark.parametrize("kind", ["profile", "declaration"])
def test_secrets_are_never_shown(version: str, kind: str) -> None:
    content = DECLARATION if kind == "declaration" else PROFILE
    wrong = dict(content, ExtensionData=SECRET, RegistrationToken=(SECRET,), PlatformSSO=[SECRET])
    for written in (content, wrong):
        profile, device = profile_of(written, kind), Device("macOS", version)
        model = effective_keys(profile.payloads[0], profile, device)
        assert SECRET not in repr(model)
        assert SECRET not in repr([*model.values()])
        assert SECRET not in "\n".join(keys_text([profile], device))
        assert SECRET not in json.dumps(keys_json([profile], device))


def test_a_secret_is_said_to_be_there() -> None:
    row = model_of(PROFILE)["RegistrationToken"]
    assert (row.state, row.value, row.written) == (KeyState.WRITTEN, HIDDEN, HIDDEN)
    lines = keys_text([profile_of(PROFILE)], Device("macOS", "15.4"))
    (line,) = [line for line in lines if "RegistrationToken" in line]
    assert " ".join(line.split()) == "RegistrationToken (hidden) (since 13.0)"
    (payload,) = keys_json([profile_of(PROFILE)], Device("macOS", "15.4"))
    rows = {row["path"]: row for row in payload["keys"]}  # type: ignore[attr-defined]
    assert rows["RegistrationToken"]["hidden"]
    assert rows["RegistrationToken"]["value"] is None
    assert not rows["URLs"]["hidden"]


ENTRA: dict[str, Any] = {
    **PROFILE,
    "ExtensionIdentifier": "com.microsoft.CompanyPortalMac.ssoextension",
    "ExtensionData": {
        "AppBlockList": "com.example.blocked,\x1b[31m",
        "AppAllowList": (SECRET,),
        "device_registration": SECRET,
        "Enable_SSO_On_All_ManagedApps": 1,
        SECRET: SECRET,
    },
}


def test_documented_keys_of_extension_data_are_shown_and_most_values_hidden() -> None:
    lines = keys_text([profile_of(ENTRA)], Device("macOS", "15.4"))
    assert [" ".join(line.split()) for line in lines if "ExtensionData." in line] == [
        "ExtensionData.AppAllowList (hidden) (since 10.15)",
        "ExtensionData.AppBlockList com.example.blocked,\\x1b[31m (since 10.15)",
        "ExtensionData.Enable_SSO_On_All_ManagedApps (hidden) (since 10.15)",
        "ExtensionData.device_registration (hidden) (since 10.15)",
    ]
    (payload,) = keys_json([profile_of(ENTRA)], Device("macOS", "15.4"))
    rows = {row["key"]: row for row in payload["extension_data"]}  # type: ignore[attr-defined]
    assert rows["AppBlockList"] == {
        "key": "AppBlockList",
        "type": "string",
        "value": "com.example.blocked,\x1b[31m",
        "hidden": False,
        "source": {"file": "corp", "path": "PayloadContent[0].ExtensionData.AppBlockList"},
        "authority": "vendor",
    }
    assert (rows["device_registration"]["value"], rows["device_registration"]["hidden"]) == (
        None,
        True,
    )
    assert SECRET not in json.dumps([payload, lines], default=str)


@pytest.mark.parametrize(
    ("value", "shown"),
    [(("com.example.a", "com.example.b"), True), (("com.example.a", 1), False), (SECRET, False)],
)
def test_a_list_of_bundle_identifiers_is_shown(value: object, shown: bool) -> None:
    content = {
        "ExtensionIdentifier": "com.apple.AppSSOKerberos.KerberosExtension",
        "ExtensionData": {"credentialBundleIdACL": value, "cacheName": SECRET},
    }
    profile = profile_of(content)
    found = documented_values(profile.payloads[0], profile, Device("macOS", "15.4"))
    assert {row.key.key: row.value for row in found} == {
        "credentialBundleIdACL": value if shown else HIDDEN,
        "cacheName": HIDDEN,
    }


def test_text_is_one_line_per_key_and_printable() -> None:
    content = {"Type": "Credential", "Realm": "a\nb\x1b[31m", "Hosts": ("\u202e",)}
    lines = keys_text([profile_of(content)], Device("iOS", "18.0"))
    assert all(line.isprintable() for line in lines)
    assert "  Realm                 a\\nb\\x1b[31m (since 13.0)" in lines


def test_text_shows_every_state() -> None:
    content = dict(PROFILE, Hosts=("h",), AuthenticationMethod="Password")
    del content["TeamIdentifier"]
    content["PlatformSSO"] = {
        "LoginFrequency": 1,
        "AuthorizationGroups": {"a": "b"},
        "LoginPolicy": ("RequireAuthentication",),
    }
    text = "\n".join(keys_text([profile_of(content)], Device("macOS", "14.0")))
    for part in (
        "Hosts ignored: a payload of Type Redirect does not read it",
        "AuthenticationMethod Password (since 13.0, deprecated since 14.0)",
        "PlatformSSO.LoginFrequency wrong: `LoginFrequency` must be at least 3600, not 1",
        "PlatformSSO.AuthorizationGroups a=b (since 14.0)",
        "PlatformSSO.UseSharedDeviceKeys false (default, since 14.0)",
        "PlatformSSO.LoginPolicy unknown: needs macOS 15.0; ignored",
        "TeamIdentifier missing: it is required",
        "PlatformSSO 1 key (since 14.0)",
    ):
        assert part in " ".join(text.split())
    # neither written nor required, without a default
    assert "AdministratorGroups" not in text


def test_text_says_how_a_declaration_spells_a_key() -> None:
    lines = keys_text([profile_of(DECLARATION, "declaration")], Device("macOS", "27.0"))
    assert lines[0] == "corp: Payload (on macOS 27.0)"
    assert "declaration's PlatformSSO.Policies.Login" in " ".join(lines)


def test_json_holds_data_and_is_json() -> None:
    (payload,) = keys_json([profile_of(PROFILE)], Device("macOS", "27.0"))
    rows = {row["path"]: row for row in payload["keys"]}  # type: ignore[attr-defined]
    value = rows["PlatformSSO.AccessKeyReaderGroupIdentifier"]["value"]
    assert base64.b64decode(value) == b"\x00\x01"
    assert rows["PlatformSSO.LoginPolicy"] == {
        "path": "PlatformSSO.LoginPolicy",
        "declaration": "PlatformSSO.Policies.Login",
        "type": "array of string",
        "state": "written",
        "value": ["RequireAuthentication"],
        "written": ["RequireAuthentication"],
        "hidden": False,
        "source": {"file": "corp", "path": "PayloadContent[0].PlatformSSO.LoginPolicy"},
        "since": "15.0",
        "deprecated_since": None,
        "needs": None,
        "message": None,
    }
    assert json.loads(json.dumps(payload, allow_nan=False)) == payload


def test_a_key_is_plain_data() -> None:
    key: Key = keys()["URLs"]
    assert key.read_for == "Redirect"
    with pytest.raises(KeyError):
        model_of(PROFILE)["PlatformSSO.Unknown"]
