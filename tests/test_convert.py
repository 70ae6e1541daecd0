"""A profile becomes a declaration and a declaration a profile, and both say the same."""

from __future__ import annotations

import json
import plistlib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from check_world import credential, declaration, domains, named, profile, psso, redirect
from cli_world import invoke
from loading_samples import asn1crypto_signed
from ssoroute.conversion import ConversionError, Converted, to_declaration, to_profile
from ssoroute.loaders import load
from ssoroute.model.device import Device
from ssoroute.model.finding import LoadError
from ssoroute.model.keys import KeyType, keys
from ssoroute.model.profile import Profile
from ssoroute.relations.difference import diff
from ssoroute.routing.router import Router

FURNITURE: Final = ("PayloadType", "PayloadIdentifier", "PayloadUUID", "PayloadVersion")


def declared(*payloads: dict[str, Any], **top: Any) -> Converted:
    return to_declaration(load(profile(*payloads, **top))[0])


def profiled(**keys_of_payload: Any) -> Converted:
    return to_profile(load(declaration(**keys_of_payload))[0])


def said(converted: Converted) -> list[str]:
    return [f"{item.source.path}: {item.why}" for item in converted.left_out]


def test_each_key_has_its_place_in_a_declaration() -> None:
    payload = psso(
        AccountDisplayName="Corp",
        LoginFrequency=7200,
        EnableCreateUserAtLogin=True,
        EnableAuthorization=True,
        TokenToUserMapping={"AccountName": "preferred_username", "FullName": "name"},
        NewUserAuthorizationMode="Standard",
        AdministratorGroups=["admins"],
        AuthorizationGroups={"sudo": "admins"},
        LoginPolicy=["AttemptAuthentication"],
        AccessKeyReaderGroupIdentifier=b"\x00\x01",
        WebLoginURLAllowList=["https://login.example.com"],
    )
    payload |= {"RegistrationToken": "t", "ExtensionData": {"a": {"b": [1, True, 1.5, "x"]}}}
    converted = declared(payload)
    assert converted.document == {
        "Type": "com.apple.configuration.extensible-sso",
        "Identifier": "a.mobileconfig",
        "Payload": {
            "ExtensionComposedIdentifier": "com.example.app.sso (EXAMPLE123)",
            "Type": "Redirect",
            "URLs": ["https://login.example.com/"],
            "PlatformSSO": {
                "AuthenticationMethod": "Password",
                "UseSharedDeviceKeys": True,
                "Account": {"DisplayName": "Corp"},
                "LoginFrequency": 7200,
                "UserCreation": {
                    "EnableAtLogin": True,
                    "TokenToUserMapping": {"AccountName": "preferred_username", "FullName": "name"},
                    "NewUserAuthorizationMode": "Standard",
                },
                "Authorization": {
                    "EnableIdentityProviderAccounts": True,
                    "AdministratorGroups": ["admins"],
                    "AuthorizationGroups": {"sudo": "admins"},
                },
                "Policies": {"Login": ["AttemptAuthentication"]},
                "AccessKey": {"ReaderGroupIdentifier": "AAE="},
                "WebAuthentication": {"URLAllowList": ["https://login.example.com"]},
                "RegistrationToken": "t",
            },
            "ExtensionData": {"a": {"b": [1, True, 1.5, "x"]}},
        },
    }
    assert said(converted) == []


def test_a_declaration_becomes_a_profile() -> None:
    converted = profiled(
        Type="Credential",
        URLs=None,
        Hosts=["example.com"],
        Realm="EXAMPLE.COM",
        ExtensionComposedIdentifier="com.example.kerberos",
    )
    document = plistlib.loads(converted.to_bytes())
    (payload,) = document.pop("PayloadContent")
    assert document == {
        "PayloadType": "Configuration",
        "PayloadIdentifier": "a.json",
        "PayloadUUID": "38ADFECB-CC94-5411-9809-A94C1E9D0CF7",
        "PayloadVersion": 1,
        "PayloadDisplayName": "a.json",
        "PayloadScope": "System",
    }
    assert {key: value for key, value in payload.items() if key != "PayloadUUID"} == {
        "PayloadType": "com.apple.extensiblesso",
        "PayloadIdentifier": "a.json.extensiblesso",
        "PayloadVersion": 1,
        "ExtensionIdentifier": "com.example.kerberos",
        "Type": "Credential",
        "Hosts": ["example.com"],
        "Realm": "EXAMPLE.COM",
    }
    assert said(converted) == []


def test_the_two_identifiers_of_apples_samples() -> None:
    converted = profiled(
        ExtensionComposedIdentifier=None, ExtensionIdentifier="a.b", TeamIdentifier="T"
    )
    payload = converted.document["PayloadContent"][0]
    assert (payload["ExtensionIdentifier"], payload["TeamIdentifier"]) == ("a.b", "T")


#: A payload, and what is said about it when it becomes a declaration.
LEFT_OUT: Final = {
    "an unknown key": (
        redirect(Colour="red"),
        "PayloadContent[0].Colour: left out: a declaration has no such key",
    ),
    "a key with a dot": (
        {**redirect(), "PlatformSSO.LoginFrequency": 7200},
        "PayloadContent[0].PlatformSSO.LoginFrequency: left out: a declaration has no such key",
    ),
    "a UUID of a payload": (
        psso(AccessKeyTerminalIdentityUUID="6B7AB25F"),
        (
            "PayloadContent[0].PlatformSSO.AccessKeyTerminalIdentityUUID: left out: it names a"
            " payload, and a declaration names an asset"
        ),
    ),
    "the top-level method": (
        redirect(AuthenticationMethod="Password"),
        (
            "PayloadContent[0].AuthenticationMethod: moved: a declaration has it as"
            " `PlatformSSO.AuthenticationMethod`"
        ),
    ),
    "two methods": (
        {**psso(), "AuthenticationMethod": "SmartCard"},
        (
            "PayloadContent[0].AuthenticationMethod: left out: `PlatformSSO.AuthenticationMethod`"
            " counts"
        ),
    ),
    "a method that has no effect": (
        credential(AuthenticationMethod="Password"),
        "PayloadContent[0].AuthenticationMethod: left out: a declaration has no such key",
    ),
    "data": (
        redirect(ExtensionData={"key": b"secret"}),
        "PayloadContent[0].ExtensionData.key: changed to base64 text: JSON has no data",
    ),
    "a date": (
        redirect(ExtensionData={"day": datetime(2026, 1, 2)}),
        "PayloadContent[0].ExtensionData.day: changed to text: JSON has no dates",
    ),
    "not a number": (
        redirect(ExtensionData={"n": [1, float("nan")]}),
        "PayloadContent[0].ExtensionData.n[1]: left out: JSON has no such number",
    ),
    "something in the way": (
        redirect(PlatformSSO="none", RegistrationToken="t"),
        "PayloadContent[0].RegistrationToken: left out: `PlatformSSO` is not a dictionary",
    ),
    "an empty team": (
        redirect(TeamIdentifier=""),
        "PayloadContent[0].TeamIdentifier: left out: it is not a non-empty string",
    ),
}


@pytest.mark.parametrize(("payload", "why"), LEFT_OUT.values(), ids=LEFT_OUT)
def test_what_a_declaration_cannot_hold_is_listed(payload: dict[str, Any], why: str) -> None:
    assert said(declared(payload)) == [why]


def test_what_stands_beside_the_payload_is_listed() -> None:
    converted = declared(
        redirect(),
        domains("authsrv:login.example.com"),
        {"PayloadType": "com.apple.wifi.managed", "Password": "secret"},
        PayloadScope="User",
        PayloadDisplayName="Corp",
        ConsentText={"default": "secret"},
    )
    only = "left out: an extensible-sso declaration holds one SSO payload"
    assert said(converted) == [
        "PayloadScope: left out: the server chooses the channel of a declaration",
        "PayloadDisplayName: left out: a declaration has no such key",
        "ConsentText: left out: a declaration has no such key",
        f"PayloadContent[1].Configuration[0]: {only} (this is `com.apple.associated-domains`)",
        f"PayloadContent[2]: {only} (this is `com.apple.wifi.managed`)",
    ]


def test_what_a_profile_cannot_hold_is_listed() -> None:
    converted = profiled(
        ExtensionData={"nothing": None, "control": "\x07", "\x07": 1, "line": "a\r\nb"},
        PlatformSSO={
            "Account": {},
            "AccessKey": {
                "TerminalIdentityAssetReference": "asset",
                "ReaderGroupIdentifier": "not base64!",
            },
            "Policies": {"Colour": "red"},
        },
        TeamIdentifier="OTHER",
    )
    assert said(converted) == [
        "Payload.ExtensionData.nothing: left out: a property list has no null",
        (
            "Payload.ExtensionData.control: left out: an XML property list cannot hold its control"
            " characters"
        ),
        "Payload.ExtensionData.\\x07: left out: an XML property list cannot hold its name",
        (
            "Payload.ExtensionData.line: changed: an XML property list has line feeds for carriage"
            " returns"
        ),
        "Payload.PlatformSSO.Account: left out: a profile has no such dictionary, and it is empty",
        (
            "Payload.PlatformSSO.AccessKey.TerminalIdentityAssetReference: left out: it names an"
            " asset, and a profile names a payload"
        ),
        "Payload.PlatformSSO.AccessKey.ReaderGroupIdentifier: left out: it is not base64 text",
        "Payload.PlatformSSO.Policies.Colour: left out: a profile has no such key",
        "Payload.TeamIdentifier: left out: `ExtensionComposedIdentifier` counts",
    ]
    assert load(converted.to_bytes())[0].payloads[0].content["ExtensionData"] == {"line": "a\nb"}


@pytest.mark.parametrize(
    ("payloads", "why"),
    [
        ([], "a declaration holds one SSO payload, and the profile has no"),
        ([redirect(), credential()], "a declaration holds one SSO payload, and the profile has 2"),
        ([redirect(ExtensionIdentifier=None)], "`ExtensionIdentifier` must be a non-empty string"),
        ([redirect(ExtensionIdentifier="a (b")], "is not a composed identifier"),
    ],
    ids=["none", "two", "no extension", "odd extension"],
)
def test_what_cannot_be_converted(payloads: list[dict[str, Any]], why: str) -> None:
    with pytest.raises(ConversionError, match=why.replace("(", r"\(")):
        declared(*payloads)


def test_an_identifier_is_needed() -> None:
    alone = load(named(json.dumps({"ExtensionComposedIdentifier": "a.b"}).encode(), "a.json"))[0]
    with pytest.raises(ConversionError, match="has no `Identifier`"):
        to_profile(alone)
    assert to_profile(alone, identifier="x").document["PayloadIdentifier"] == "x"
    with pytest.raises(ConversionError, match="has no `PayloadIdentifier`"):
        declared(redirect(), PayloadIdentifier=None)


# Round trips.

scalars: Final = {
    KeyType.STRING: st.sampled_from(["Password", "x", "", "é\n"]),
    KeyType.BOOLEAN: st.booleans(),
    KeyType.SECONDS: st.integers(0, 10**6),
    KeyType.STRINGS: st.lists(st.sampled_from(["a", "RequireAuthentication", "https://h/"])),
    KeyType.DICTIONARY_OF_STRINGS: st.dictionaries(st.sampled_from("ab."), st.just("x")),
    KeyType.DATA: st.binary(max_size=5),
    KeyType.DICTIONARY: st.recursive(
        st.one_of(st.booleans(), st.integers(-9, 9), st.text("aé<&\n", max_size=3)),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(st.text("ab.", max_size=2), inner)
        ),
        max_leaves=5,
    ).filter(lambda value: isinstance(value, dict)),
}
GROUPS: Final = ("PlatformSSO", "PlatformSSO.TokenToUserMapping")
APART: Final = {
    "ExtensionIdentifier",
    "TeamIdentifier",
    "Type",
    "AuthenticationMethod",
    "PlatformSSO.AccessKeyTerminalIdentityUUID",
    "PlatformSSO.AccessKeyReaderIssuerCertificateUUID",
    *GROUPS,
}
LOSSLESS: Final = [path for path in keys() if path not in APART]


@st.composite
def contents(draw: st.DrawFn) -> dict[str, Any]:
    """Payloads of a profile that a declaration can hold whole."""
    content: dict[str, Any] = {
        "ExtensionIdentifier": draw(st.sampled_from(["com.example.sso", "a-b"])),
        "Type": draw(st.sampled_from(["Redirect", "Credential"])),
    }
    if draw(st.booleans()):
        content["TeamIdentifier"] = "EXAMPLE123"
    for path in draw(st.lists(st.sampled_from(LOSSLESS), unique=True, max_size=12)):
        *groups, name = path.split(".")
        inner = content
        for group in groups:
            inner = inner.setdefault(group, {})
        inner[name] = draw(scalars[keys()[path].type])
    return content


def without_furniture(payload: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in payload.items() if key not in FURNITURE}


@given(contents())
def test_a_profile_comes_back_from_a_declaration(content: dict[str, Any]) -> None:
    there = declared({"PayloadType": "com.apple.extensiblesso", **content})
    assert said(there) == []
    (loaded,) = load(named(there.to_bytes(), "a.json"))
    back = to_profile(loaded)
    if "RegistrationToken" not in content or "PlatformSSO" in content:
        wanted = content
    else:
        wanted = {**content, "PlatformSSO": {}}  # a declaration has the token inside of it
    assert without_furniture(plistlib.loads(back.to_bytes())["PayloadContent"][0]) == wanted
    assert said(back) == []
    (again,) = load(named(back.to_bytes(), "a.mobileconfig"))
    assert json.loads(to_declaration(again).to_bytes())["Payload"] == there.document["Payload"]


DEVICE: Final = Device("macOS", "27.0")
REQUESTS: Final = [
    (f"https://{host}{path}", caller, code)
    for host in ("login.example.com", "a.example.com", "example.com")
    for path in ("/", "/x")
    for caller in (None, "com.example.kiosk")
    for code in (0, 401)
]


@given(
    st.sampled_from(
        [
            redirect("https://login.example.com/", "https://a.example.com"),
            redirect("HTTPS://login.example.com/", DeniedBundleIdentifiers=["com.example.kiosk"]),
            psso(),
            redirect(AuthenticationMethod="Password"),
            credential("example.com", ".example.com", Realm="EXAMPLE.COM"),
            redirect(Type="redirect"),
            redirect("https://login.example.com/?q"),
        ]
    ),
    st.sampled_from([None, "Cancel", "DoNotHandle", "cancel"]),
)
def test_routes_are_the_same_in_both_forms(payload: dict[str, Any], behavior: str | None) -> None:
    if behavior is not None:
        payload = {**payload, "ScreenLockedBehavior": behavior}
    (old,) = load(profile(payload))
    there = to_declaration(old)
    (new,) = load(named(there.to_bytes(), "a.json"))
    (back,) = load(named(to_profile(new).to_bytes(), "a.mobileconfig"))
    answers = [_answers(one) for one in (old, new, back)]
    assert answers[0] == answers[1] == answers[2]


def _answers(one: Profile) -> list[object]:
    router = Router.from_profiles([one], device=DEVICE)
    answers: list[object] = [len(router.refused)]
    for url, caller, code in REQUESTS:
        for locked in (False, True):
            found = router.route(url, caller=caller, response_code=code, screen_locked=locked)
            rule = found.rule and found.rule.text
            answers.append((found.outcome, found.reason, found.extension, rule))
    return answers


CORPUS: Final = Path(__file__).parents[2] / "shared" / "corpus"


@pytest.mark.skipif(not CORPUS.is_dir(), reason=f"the corpus is not there: {CORPUS}")
def test_real_profiles_say_the_same_as_declarations() -> None:
    compared = 0
    for path in sorted(CORPUS.iterdir()):
        try:
            found = load(path)
        except LoadError:
            continue
        for old in found:
            if len(old.payloads) != 1 or old.installed:
                continue
            (new,) = load(named(to_declaration(old, identifier="x").to_bytes(), "x.json"))
            routers = [Router.from_profiles([one], device=DEVICE) for one in (old, new)]
            compared += not routers[0].refused
            assert not diff(*routers), path.name
    assert compared > 20


# The command.


def test_the_command_writes_a_declaration(tmp_path: Path) -> None:
    path, output = tmp_path / "a.mobileconfig", tmp_path / "a.json"
    path.write_bytes(profile(redirect(RegistrationToken="SECRET", Colour="SECRET")).getvalue())
    done = invoke("convert", "--output", str(output), str(path))
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == (
        f"{path}: PayloadContent[0].Colour: left out: a declaration has no such key\n"
    )
    document = json.loads(output.read_bytes())
    assert document["Payload"]["PlatformSSO"] == {"RegistrationToken": "SECRET"}
    back = invoke("convert", "--to", "profile", "--output", "-", str(output))
    assert plistlib.loads(back.stdout_bytes)["PayloadContent"][0]["RegistrationToken"] == "SECRET"


def test_the_command_shows_no_secret(tmp_path: Path) -> None:
    path = tmp_path / "a.mobileconfig"
    payload = redirect(
        "https://u:SECRET@h/", RegistrationToken="SECRET", ExtensionData={"k": "SECRET"}
    )
    path.write_bytes(profile(payload).getvalue())
    done = invoke("convert", str(path))
    assert done.exit_code == 0
    assert "SECRET" not in done.output
    assert json.loads(done.stdout)["Payload"] == {
        "ExtensionComposedIdentifier": "com.example.app.sso (EXAMPLE123)",
        "Type": "Redirect",
        "URLs": ["https://u:(hidden)@h/"],
        "PlatformSSO": {"RegistrationToken": "(hidden)"},
        "ExtensionData": {"(hidden)": "(hidden)"},
    }
    assert done.stderr == "values are hidden in what is shown; --output FILE writes all of it\n"


def test_the_command_takes_signed_profiles_and_one_payload_of_several(tmp_path: Path) -> None:
    path = tmp_path / "a.mobileconfig"
    path.write_bytes(asn1crypto_signed(profile(redirect(), credential()).getvalue()))
    assert invoke("convert", str(path)).exit_code == 2
    done = invoke("convert", "--payload", "2", "--identifier", "x", str(path))
    assert done.exit_code == 0
    assert json.loads(done.stdout)["Payload"]["Type"] == "Credential"
    assert json.loads(done.stdout)["Identifier"] == "x"
    only = "left out: an extensible-sso declaration holds one SSO payload"
    assert done.stderr.splitlines() == [
        f"{path}: left out: the signature",
        f"{path}: PayloadContent[0]: {only}",
    ]


@pytest.mark.parametrize(
    ("options", "status", "said"),
    [
        (("--to", "profile"), 2, "error: the file already holds a profile; leave out --to"),
        (("--payload", "2"), 2, "error: --payload must be at most 1: 1 SSO payload"),
        (("--payload", "0"), 2, "error: invalid value for '--payload'"),
    ],
    ids=["the same form", "too many", "none"],
)
def test_options_that_do_not_fit(
    tmp_path: Path, options: tuple[str, ...], status: int, said: str
) -> None:
    path = tmp_path / "a.mobileconfig"
    path.write_bytes(profile(redirect()).getvalue())
    done = invoke("convert", *options, str(path))
    assert done.exit_code == status
    assert said.lower() in done.output.lower()


def test_files_that_cannot_be_converted(tmp_path: Path) -> None:
    broken, unnamed, missing = (tmp_path / name for name in ("b.plist", "u.json", "m.json"))
    broken.write_bytes(b"<plist>")
    unnamed.write_bytes(b'{"ExtensionComposedIdentifier": "a.b"}')
    for path, why in (
        (broken, "not well-formed XML"),
        (missing, "cannot be read"),
        (unnamed, "has no `Identifier`; give the profile one with --identifier"),
    ):
        done = invoke("convert", str(path))
        assert done.exit_code == 3
        assert why in done.stderr
        assert done.stdout == ""
    two = tmp_path / "two.json"
    two.write_bytes(json.dumps([json.loads(declaration().getvalue())] * 2).encode())
    assert "holds 2 profiles; convert a file with one" in invoke("convert", str(two)).stderr


def test_dates_are_in_utc() -> None:
    converted = declared(
        redirect(ExtensionData={"day": datetime(2026, 1, 2, 3, 4, 5, tzinfo=None)})
    )
    assert converted.document["Payload"]["ExtensionData"] == {"day": "2026-01-02T03:04:05Z"}
