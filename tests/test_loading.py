"""Loading: every format, every form, and what each fault is called."""

from __future__ import annotations

import json
import plistlib
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from loading_findings import codes, failure
from loading_samples import (
    BINARY,
    CREDENTIAL,
    DECLARATION,
    JSON,
    REDIRECT,
    SECRET,
    SSO,
    WIFI,
    XML,
    binary,
    der,
    profile,
    xml,
)
from ssoroute.loaders import load
from ssoroute.loaders.findings import CODES
from ssoroute.model.errors import DeviceError
from ssoroute.model.finding import LoadError, Severity
from ssoroute.model.profile import AssociatedDomains, Channel, OtherPayload, ProfileKind, Profiles
from ssoroute.model.source import Source


def nested(levels: int) -> object:
    value: object = "x"
    for _ in range(levels):
        value = [value]
    return value


# Forms: what a property list can hold.


def test_payloads_are_sorted_by_their_type() -> None:
    domains = {
        "PayloadType": "com.apple.associated-domains",
        "Configuration": [
            {"ApplicationIdentifier": "T.com.example", "AssociatedDomains": ["authsrv:a.example"]},
            {"ApplicationIdentifier": "T.com.other", "AssociatedDomains": []},
        ],
    }
    almost = {"PayloadType": SSO + ".more"}
    loaded = load(xml(profile(WIFI, REDIRECT, domains, CREDENTIAL, almost)))
    assert loaded.findings == loaded.errors == ()
    (found,) = loaded
    assert [str(payload.source) for payload in found.payloads] == [
        "<bytes>: PayloadContent[1]",
        "<bytes>: PayloadContent[3]",
    ]
    place = Source("<bytes>", "PayloadContent")
    assert found.other_payloads == (
        OtherPayload("com.apple.wifi.managed", "W", place.item(0)),
        OtherPayload(SSO + ".more", None, place.item(4)),
    )
    configuration = place.item(2).key("Configuration")
    assert found.associated_domains == (
        AssociatedDomains("T.com.example", ("authsrv:a.example",), configuration.item(0)),
        AssociatedDomains("T.com.other", (), configuration.item(1)),
    )


def test_a_profile_without_payloads_is_a_profile() -> None:
    for written in (profile(), profile(PayloadContent=None), profile(WIFI)):
        (found,) = load(xml(written))
        assert found.payloads == ()


@pytest.mark.parametrize(
    ("scope", "channel", "found"),
    [
        (None, Channel.DEVICE, []),
        ("System", Channel.DEVICE, []),
        ("User", Channel.USER, []),
        ("user", Channel.DEVICE, ["SSO022"]),
        ("", Channel.DEVICE, ["SSO022"]),
        (3, Channel.DEVICE, ["SSO022"]),
    ],
)
def test_the_scope_names_the_channel(scope: object, channel: Channel, found: list[str]) -> None:
    profiles = load(xml(profile(REDIRECT, PayloadScope=scope)))
    assert profiles[0].channel is channel
    assert codes(profiles.findings) == found


@pytest.mark.parametrize("value", ["", 5, [], {}, False])
def test_an_identifier_is_a_non_empty_string(value: object) -> None:
    profiles = load(xml(profile(REDIRECT, PayloadIdentifier=value, PayloadUUID=value)))
    assert (profiles[0].identifier, profiles[0].uuid) == (None, None)
    assert codes(profiles.findings) == ["SSO023", "SSO023"]


def test_a_profile_need_not_have_an_identifier() -> None:
    profiles = load(xml(profile(REDIRECT, PayloadIdentifier=None)))
    assert profiles[0].identifier is None
    assert profiles.findings == ()


def test_broken_payloads_are_reported_and_the_others_stay() -> None:
    loaded = load(xml(profile("text", REDIRECT, {"Type": "Redirect"}, {"PayloadType": 7})))
    kind = "`PayloadType` of a payload"
    assert [str(error).split(" [")[0] for error in loaded.errors] == [
        "<bytes>: PayloadContent[0]: error: a payload must be a dictionary, not a string",
        f"<bytes>: PayloadContent[2]: error: {kind} is missing; it must be a string",
        f"<bytes>: PayloadContent[3]: error: {kind} must be a string, not an integer",
    ]
    assert len(loaded[0].payloads) == 1


def test_broken_associated_domains_are_reported_and_the_rest_stays() -> None:
    domains = {
        "PayloadType": "com.apple.associated-domains",
        "Configuration": [
            "text",
            {"ApplicationIdentifier": "T.a", "AssociatedDomains": ["authsrv:a", 5, "authsrv:b"]},
            {"ApplicationIdentifier": 5, "AssociatedDomains": ["authsrv:a"]},
            {"ApplicationIdentifier": "T.b", "AssociatedDomains": "authsrv:a"},
            {"ApplicationIdentifier": "T.c"},
        ],
    }
    loaded = load(xml(profile(domains, {"PayloadType": "com.apple.associated-domains"})))
    assert [entry.entries for entry in loaded[0].associated_domains] == [("authsrv:a", "authsrv:b")]
    assert codes(loaded.findings) == ["SSO024"] * 6
    assert [finding.source.path for finding in loaded.findings] == [
        "PayloadContent[0].Configuration[0]",
        "PayloadContent[0].Configuration[1].AssociatedDomains[1]",
        "PayloadContent[0].Configuration[2]",
        "PayloadContent[0].Configuration[3]",
        "PayloadContent[0].Configuration[4]",
        "PayloadContent[1].Configuration",
    ]


@pytest.mark.parametrize(
    ("payload", "hint"),
    [
        (
            {"Configuration": [{"ApplicationIdentifer": "T.a", "AssociatedDomains": []}]},
            "rename `ApplicationIdentifer`: did you mean `ApplicationIdentifier`?",
        ),
        (
            {"Configuration": [{"ApplicationIdentifier": "T.a", "associateddomains": []}]},
            "rename `associateddomains`: did you mean `AssociatedDomains`?",
        ),
        (
            {"Configurations": [{"ApplicationIdentifier": "T.a", "AssociatedDomains": []}]},
            "rename `Configurations`: did you mean `Configuration`?",
        ),
        ({"Configuration": [{"ApplicationIdentifier": "T.a", "Domains": []}]}, ""),
        ({"Configuration": [{"ApplicationIdentifier": "T.a", "AssociatedDomains": "a"}]}, ""),
    ],
)
def test_a_misspelt_key_of_associated_domains_gets_a_hint(
    payload: dict[str, object], hint: str
) -> None:
    domains = {"PayloadType": "com.apple.associated-domains", **payload}
    (finding,) = load(xml(profile(domains))).findings
    assert (finding.code, finding.hint) == ("SSO024", hint)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ({}, "SSO013"),
        ([], "SSO013"),
        ("text", "SSO013"),
        ({"Label": "com.example.agent", "Program": "/bin/true"}, "SSO013"),
        ({"Type": "Redirect"}, "SSO013"),
        ({"PayloadContent": {"URLs": []}}, "SSO014"),
        ({"PayloadContent": b"encrypted?"}, "SSO014"),
        ({"PayloadContent": "text", "PayloadType": "Configuration"}, "SSO014"),
        ({"IsEncrypted": True, "PayloadContent": b"x"}, "SSO011"),
        ({"EncryptedPayloadContent": b"x", "PayloadType": "Configuration"}, "SSO011"),
        ({"Command": {"RequestType": "RemoveProfile"}}, "SSO013"),
        ({"Command": {"RequestType": 5}}, "SSO013"),
        ({"Command": {"RequestType": "InstallProfile"}}, "SSO014"),
        ({"Command": {"RequestType": "InstallProfile", "Payload": 5}}, "SSO014"),
        ({"Command": {"RequestType": "InstallProfile", "Payload": "a"}}, "SSO014"),
        ({"Command": {"RequestType": "InstallProfile", "Payload": b""}}, "SSO004"),
        ({"ProfileList": {}}, "SSO014"),
        ({"ProfileList": ["text"]}, "SSO014"),
        ({"ProfileList": []}, "SSO030"),
        ({"_computerlevel": {}}, "SSO014"),
        ({"_computerlevel": []}, "SSO030"),
        ({"_computerlevel": ["text"]}, "SSO014"),
    ],
)
def test_a_property_list_that_is_no_profile(written: object, code: str) -> None:
    for data in (xml(written), binary(written)):
        assert codes(failure(data).findings)[0] == code


def test_what_is_accepted_is_said_where_nothing_is() -> None:
    for data in (xml({}), b"hello, world"):
        (finding,) = failure(data).findings
        assert "configuration profiles" in finding.hint
        assert "ProfileList" in finding.hint


# Keys written twice.

TWICE = b"<key>Type</key><string>Credential</string>"


def test_of_a_repeated_key_the_last_one_counts() -> None:
    data = XML.replace(b"<key>Type</key>", TWICE + b"<key>Type</key>")
    profiles = load(data)
    assert profiles[0].payloads[0].content["Type"] == "Redirect"
    (finding,) = profiles.findings
    assert (finding.code, finding.severity) == ("SSO106", Severity.WARNING)
    assert finding.source == Source("<bytes>", "PayloadContent[0]")
    assert "`Type`" in finding.message


def test_repeated_keys_are_seen_in_every_format() -> None:
    # Objects: {"PayloadContent": [], "PayloadContent": []} with the same key object twice.
    twice_binary = binary({"PayloadContent": [], "PayloadContenu": []}).replace(b"enu", b"ent")
    twice_json = JSON.replace(b'"Identifier"', b'"Identifier": "first", "Identifier"', 1)
    nested_json = JSON.replace(b'"token"', b'"token": 1, "token"')
    for data, place in [
        (twice_binary, ""),
        (twice_json, ""),
        (nested_json, "Payload.ExtensionData"),
    ]:
        profiles = load(data)
        assert codes(profiles.findings) == ["SSO106"]
        assert profiles.findings[0].source.path == place
    assert load(twice_json)[0].identifier == "com.example.declaration"


# Declarations.

JSON_FORMS: dict[str, bytes] = {
    "plain": JSON,
    "with a BOM": b"\xef\xbb\xbf" + JSON,
    "UTF-16": JSON.decode().encode("utf-16"),
    "UTF-16 without a BOM": JSON.decode().encode("utf-16-be"),
    "after white space": b"\r\n\t " + JSON,
    "indented": json.dumps(DECLARATION, indent=2).encode(),
}


@pytest.mark.parametrize("name", JSON_FORMS)
def test_a_declaration_is_a_profile_of_one_payload(name: str) -> None:
    profiles = load(JSON_FORMS[name])
    (found,) = profiles
    assert profiles.findings == profiles.errors == ()
    assert found.kind is ProfileKind.DECLARATION
    assert found.identifier == "com.example.declaration"
    assert found.channel is Channel.DEVICE
    assert found.source == Source("<bytes>")
    (payload,) = found.payloads
    assert payload.source == Source("<bytes>", "Payload")
    assert payload.content == DECLARATION["Payload"] | {"URLs": ("https://login.example.com",)}


def test_a_list_of_declarations_keeps_what_is_one() -> None:
    other = {"Type": "com.apple.configuration.passcode.settings", "Payload": {}}
    broken = DECLARATION | {"Payload": []}
    written = [
        5,
        DECLARATION,
        other,
        {"a": 1},
        broken,
        DECLARATION | {"Identifier": 5},
        [JSON.decode()],
    ]
    profiles = load(json.dumps(written).encode())
    assert [found.identifier for found in profiles] == ["com.example.declaration", None]
    assert profiles[0].source.path == "[1]"
    assert profiles[0].payloads[0].source.path == "[1].Payload"
    assert [(error.code, error.source.path) for error in profiles.errors] == [
        ("SSO013", "[0]"),
        ("SSO013", "[3]"),
        ("SSO015", "[4].Payload"),
        ("SSO013", "[6]"),
    ]
    assert [(finding.code, finding.source.path) for finding in profiles.findings] == [
        ("SSO025", "[2]"),
        ("SSO023", "[5].Identifier"),
    ]


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ({"Type": "com.apple.configuration.wifi", "Payload": {}}, "SSO025"),
        ({}, "SSO013"),
        (profile(REDIRECT), "SSO013"),
        ({"Type": "Redirect", "Payload": []}, "SSO025"),
        ({"Type": "Redirect"}, "SSO013"),
        ({"Type": "com.apple.configuration.extensible-sso"}, "SSO015"),
        ([], "SSO030"),
        ([None], "SSO013"),
    ],
)
def test_json_that_is_no_declaration(written: object, code: str) -> None:
    assert codes(failure(json.dumps(written).encode()).findings) == [code]


def test_half_a_surrogate_pair_is_replaced() -> None:
    data = json.dumps(DECLARATION).replace("https://login", "\\ud800https://login").encode()
    profiles = load(data)
    urls = profiles[0].payloads[0].content["URLs"]
    assert isinstance(urls, tuple)
    (url,) = urls
    assert isinstance(url, str)
    assert url.endswith("https://login.example.com")
    assert url.startswith("\ufffd")
    url.encode()
    (finding,) = profiles.findings
    assert (finding.code, finding.source.path) == ("SSO028", "Payload.URLs[0]")


def test_an_object_reference_is_no_value() -> None:
    data = binary(profile(REDIRECT | {"ExtensionData": {"id": plistlib.UID(5)}}))
    profiles = load(data)
    assert profiles[0].payloads[0].content["ExtensionData"] == {"id": None}
    (finding,) = profiles.findings
    assert finding.source.path == "PayloadContent[0].ExtensionData.id"
    assert finding.code == "SSO028"


# Order, channel, results.


def test_the_order_of_the_arguments_is_the_install_order() -> None:
    a, b, c = (xml(profile(PayloadIdentifier=name)) for name in "abc")
    assert [found.identifier for found in load(b, [c, a], b)] == ["b", "c", "a", "b"]


def test_what_can_be_read_is_read() -> None:
    profiles = load(b"hello!", XML, b"{", JSON)
    assert len(profiles) == 2
    assert codes(profiles.errors) == ["SSO004", "SSO009"]
    assert profiles.findings == ()


def test_nothing_read_is_an_error_with_everything_in_it() -> None:
    error = failure(b"hello!", b"{", b'{"Type": "com.apple.asset.x", "Payload": {}}')
    assert codes(error.findings) == ["SSO004", "SSO009", "SSO025"]
    assert len(str(error).splitlines()) == 3


def test_nothing_to_load_is_an_error() -> None:
    assert failure().findings == ()
    assert failure([]).findings == ()


@pytest.mark.parametrize("channel", [Channel.USER, "user"])
def test_the_channel_can_be_given(channel: Channel | str) -> None:
    profiles = load(XML, JSON, xml(profile(PayloadScope="System")), channel=channel)
    assert {found.channel for found in profiles} == {Channel.USER}
    device = load(xml(profile(PayloadScope="User")), channel="device")
    assert device[0].channel is Channel.DEVICE


@pytest.mark.parametrize(
    ("scope", "channel", "expected"),
    [
        ("User", "device", ["`PayloadScope` is `User`, and the given channel is `device`"]),
        ("System", "user", ["`PayloadScope` is `System`, and the given channel is `user`"]),
        ("User", "user", []),
        ("System", "device", []),
        (None, "user", []),
        ("User", None, []),
    ],
)
def test_a_channel_against_the_scope_is_reported(
    scope: str | None, channel: str | None, expected: list[str]
) -> None:
    loaded = load(xml(profile(**({"PayloadScope": scope} if scope else {}))), channel=channel)
    assert [finding.message for finding in loaded.findings] == expected
    assert {finding.code for finding in loaded.findings} <= {"SSO037"}


@pytest.mark.parametrize("channel", ["system", "", "User", "DEVICE", "`\n"])
def test_an_unknown_channel_is_refused(channel: str) -> None:
    with pytest.raises(DeviceError, match="known are `device` or `user`"):
        load(XML, channel=channel)


def test_results_are_a_sequence_of_profiles() -> None:
    profiles = load(XML, JSON)
    assert isinstance(profiles, Profiles)
    assert [found.kind.value for found in profiles] == ["profile", "declaration"]
    assert isinstance(profiles[0].payloads[0].content, Mapping)


def test_a_flood_of_findings_is_cut_short() -> None:
    profiles = load(xml(profile(*range(5000), REDIRECT)))
    assert len(profiles.errors) + len(profiles.findings) == 1001
    assert codes(profiles.findings) == ["SSO031"]


# Messages.

MAKERS: list[Callable[[bytes], bytes]] = [
    lambda data: data,
    lambda data: data[: len(data) // 2],
    lambda data: data.replace(SECRET.encode(), SECRET.encode() + b"<&"),
    lambda data: data.replace(SECRET.encode(), b"a<%s>b" % SECRET.encode()),
    lambda data: data.replace(SECRET.encode(), b"a<%s>b</%s>" % ((SECRET.encode(),) * 2)),
    lambda data: data.replace(SECRET.encode(), b"a&%s;b" % SECRET.encode()),
    lambda data: data.replace(SECRET.encode(), b"a</%s>b" % SECRET.encode()),
    lambda data: data.replace(SECRET.encode(), b"<string>%s</string>" % SECRET.encode()),
    lambda data: data.replace(b"<string>" + SECRET.encode(), b"<date>" + SECRET.encode()),
    lambda data: data.replace(b"string>", b"integer>"),
    lambda data: data.replace(b"</string>", b"</string>" + SECRET.encode()),
    lambda data: data.replace(b'"token": "', b'"token": '),
    lambda data: data.replace(b'"token": ', b'"token": "\\ud800", "token": '),
]


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize("data", [XML, BINARY, JSON, der(XML), xml([SECRET]), xml(REDIRECT)])
def test_messages_are_one_line_and_keep_secrets(
    data: bytes, maker: Callable[[bytes], bytes]
) -> None:
    try:
        profiles = load(maker(data))
    except LoadError as error:
        findings = error.findings
    else:
        findings = profiles.errors + profiles.findings
    for finding in findings:
        text = str(finding)
        assert SECRET not in text
        assert text.isprintable()
        assert (
            finding.message[0] == "`"
            or not finding.message[1].islower()
            or (finding.message[0].islower())
        )
        assert not finding.message.endswith(".")
        assert finding.code in set(CODES)


def test_nested_values_are_read_up_to_the_limit() -> None:
    # The root, `PayloadContent`, the payload and `x` are four levels.
    for write in (xml, binary):
        load(write(profile(REDIRECT | {"x": nested(97)})))
        assert codes(failure(write(profile(REDIRECT | {"x": nested(98)}))).findings) == ["SSO012"]
    load(json.dumps(DECLARATION | {"x": nested(99)}).encode())
    too_deep = json.dumps(DECLARATION | {"x": nested(100)}).encode()
    assert codes(failure(too_deep).findings) == ["SSO012"]


# Documentation and imports.


def test_the_codes_are_documented() -> None:
    page = Path(__file__).parents[1] / "docs" / "loading.md"
    rows = re.findall(
        r"^\| `(SSO\d{3})` \| (\w+) \| (.+) \|$", page.read_text("utf-8"), re.MULTILINE
    )
    assert rows == [(code.value, str(severity), text) for code, (severity, text) in CODES.items()]


def test_importing_the_loaders_loads_no_parser() -> None:
    script = (
        "import sys, ssoroute.loaders; "
        "print([m for m in ('asn1crypto', 'plistlib', 'pyexpat', 'json') if m in sys.modules])"
    )
    found = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"
