"""Loading: dumps, managed preferences, commands and lists of profiles."""

from __future__ import annotations

import base64
from datetime import datetime

import pytest

from loading_findings import codes, failure
from loading_samples import (
    BINARY,
    CREDENTIAL,
    REDIRECT,
    SSO,
    WIFI,
    XML,
    ber,
    binary,
    der,
    dumped,
    enveloped,
    profile,
    xml,
)
from ssoroute.loaders import load
from ssoroute.model.source import Source

# Dumps of `profiles show -output stdout-xml`.


def test_a_dump_is_ordered_by_install_date() -> None:
    dump = {
        "_computerlevel": [
            dumped("2023-03-31 01:14:38 +0000", "third", REDIRECT),
            dumped("2023-03-31 03:14:36 +0200", "first"),
        ],
        "alice": [
            dumped("2023-03-30 20:14:37 -0500", "second", WIFI, CREDENTIAL),
            dumped("2023-03-31 01:14:38 +00:00", "third, too"),
        ],
        "Version": 1,
    }
    for data in (xml(dump), binary(dump)):
        profiles = load(data)
        assert profiles.findings == profiles.errors == ()
        assert [found.identifier for found in profiles] == [
            "first",
            "second",
            "third",
            "third, too",
        ]
        assert [found.channel.value for found in profiles] == ["device", "user", "device", "user"]
        assert profiles[2].source.path == "_computerlevel[0]"
        assert profiles[2].display_name == "THIRD"
        (payload,) = profiles[2].payloads
        assert payload.source.path == "_computerlevel[0].ProfileItems[0].PayloadContent"
        assert payload.content["Type"] == "Redirect"
        assert profiles[1].payloads[0].source.path == "alice[0].ProfileItems[1].PayloadContent"
        assert profiles[1].other_payloads[0].payload_type == "com.apple.wifi.managed"


@pytest.mark.parametrize(
    ("date", "place"),
    [
        (datetime(2020, 1, 1), 0),
        (datetime(2030, 1, 1), 1),
        ("2024-01-01T00:00:00Z", 0),
        ("2024-06-01 02:00:00 +0200", 1),
        ("2024-06-01 00:00:01 +0000", 1),
        ("0001-01-01 00:00:00 +9959", 0),
        ("9999-12-31 23:59:59 -9959", 1),
        ("2024-13-01 00:00:00 +0000", 1),
        ("yesterday", 1),
        ("", 1),
        (None, 1),
    ],
)
def test_dates_of_a_dump(date: datetime | str | None, place: int) -> None:
    dump = {"_ComputerLevel": [dumped("2024-06-01 00:00:00 +0000", "other"), dumped(date, "this")]}
    profiles = load(xml(dump))
    assert [found.identifier for found in profiles].index("this") == place
    unreadable = date in ("yesterday", "", None, "2024-13-01 00:00:00 +0000")
    assert codes(profiles.findings) == (["SSO026"] if unreadable else [])


def test_a_dump_without_any_date_keeps_its_order() -> None:
    profiles = load(xml({"_computerlevel": [dumped(None, "b"), dumped(None, "a")]}))
    assert [found.identifier for found in profiles] == ["b", "a"]
    assert profiles.findings == ()


def test_broken_parts_of_a_dump() -> None:
    wrong = dumped(None, "a", REDIRECT)
    wrong["ProfileItems"] += ["text", {"PayloadType": SSO, "PayloadContent": []}, {}]
    profiles = load(xml({"_computerlevel": [wrong, 5, {"ProfileItems": 5}]}))
    assert len(profiles) == 2
    assert len(profiles[0].payloads) == 1
    assert [error.source.path for error in profiles.errors] == [
        "_computerlevel[0].ProfileItems[1]",
        "_computerlevel[0].ProfileItems[2].PayloadContent",
        "_computerlevel[0].ProfileItems[3].PayloadContent",
        "_computerlevel[1]",
        "_computerlevel[2].ProfileItems",
    ]


# Managed preferences and MDM.


def test_managed_preferences_are_one_payload() -> None:
    keys = {key: value for key, value in REDIRECT.items() if not key.startswith("Payload")}
    for data in (xml(keys), binary(keys)):
        (found,) = load(data)
        (payload,) = found.payloads
        assert payload.source == Source("<bytes>")
        assert str(payload.source.key("URLs").item(0)) == "<bytes>: URLs[0]"
        assert payload.content["ExtensionIdentifier"] == "com.example.sso.extension"
        assert found.identifier is None


@pytest.mark.parametrize(
    "payload",
    [XML, BINARY, der(XML), ber(BINARY), base64.b64encode(XML).decode(), base64.b64encode(XML)],
    ids=["xml", "binary", "der", "ber", "text", "base64 data"],
)
def test_the_command_holds_a_whole_profile(payload: bytes | str) -> None:
    command = {
        "CommandUUID": "1",
        "Command": {"RequestType": "InstallProfile", "Payload": payload},
    }
    for data in (xml(command), binary(command)):
        (found,) = load(data)
        assert found.source == Source("<bytes>", "Command.Payload")
        assert found.payloads[0].source.path == "Command.Payload.PayloadContent[0]"
        assert found.identifier == "com.example.profile"


def test_faults_in_a_command_have_their_place() -> None:
    for inside in (b"hello!!", XML[:-50], der(XML)[:100], enveloped(), xml({})):
        command = {"Command": {"RequestType": "InstallProfile", "Payload": inside}}
        (finding,) = failure(xml(command)).findings
        assert finding.source == Source("<bytes>", "Command.Payload")


def test_commands_in_commands_end() -> None:
    data = XML
    for _ in range(5):
        data = xml({"Command": {"RequestType": "InstallProfile", "Payload": data}})
    assert codes(failure(data).findings) == ["SSO012"]


def test_a_profile_list_without_keys_says_so() -> None:
    bare = {"PayloadType": SSO, "PayloadIdentifier": "com.example.sso", "PayloadVersion": 1}
    domains = {"PayloadType": "com.apple.associated-domains"}
    answer = {
        "Status": "Acknowledged",
        "ProfileList": [
            profile(bare, WIFI, domains, IsEncrypted=True),
            profile(REDIRECT, PayloadIdentifier="other"),
            profile(PayloadContent=5),
        ],
    }
    profiles = load(xml(answer))
    assert [len(found.payloads) for found in profiles] == [0, 1]
    assert profiles[1].source.path == "ProfileList[1]"
    assert profiles[1].payloads[0].source.path == "ProfileList[1].PayloadContent[0]"
    assert [(found.code, found.source.path) for found in profiles.findings] == [
        ("SSO027", "ProfileList[0].PayloadContent[0]"),
        ("SSO027", "ProfileList[0].PayloadContent[2]"),
    ]
    assert [error.source.path for error in profiles.errors] == ["ProfileList[2].PayloadContent"]
