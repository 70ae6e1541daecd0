"""Profiles as System Profiler lists them: JSON and property list, old and odd forms."""

from __future__ import annotations

import json
import plistlib
from typing import Any

from ssoroute.loaders import load
from ssoroute.model.profile import Channel

REDIRECT = """{
    ExtensionIdentifier = "com.example.app.sso";
    PlatformSSO =     {
        AuthenticationMethod = Password;
        EnableAuthorization = 1;
        LoginFrequency = 64800;
        UseSharedDeviceKeys = 0;
    };
    TeamIdentifier = ABCDE12345;
    Type = Redirect;
    URLs =     (
        "https://login.example.com/"
    );
    ScreenLockedBehavior = 1;
}"""


def profile(name: str, text: str | None = REDIRECT, date: str = "") -> dict[str, Any]:
    payload = {"_name": "com.apple.extensiblesso", "spconfigprofile_payload_uuid": "U-1"}
    if text is not None:
        payload["spconfigprofile_payload_data"] = text
    found = {
        "_name": name,
        "spconfigprofile_profile_identifier": f"com.example.{name}",
        "spconfigprofile_profile_uuid": "P-1",
        "_items": [payload, {"_name": "com.apple.wifi.managed"}],
    }
    return found | ({"spconfigprofile_install_date": date} if date else {})


def group(name: str, *profiles: object) -> dict[str, Any]:
    return {"_name": f"spconfigprofile_section_{name}configprofiles", "_items": list(profiles)}


def as_json(*groups: object) -> bytes:
    return json.dumps({"SPConfigurationProfileDataType": groups}).encode()


def as_spx(*groups: object) -> bytes:
    return plistlib.dumps([{"_dataType": "SPConfigurationProfileDataType", "_items": groups}])


def test_both_forms_give_the_same_profiles() -> None:
    written = [group("device", profile("corp")), group("user", profile("own"))]
    for data in (as_json(*written), as_spx(*written)):
        found = load(data)
        assert [p.identifier for p in found] == ["com.example.corp", "com.example.own"]
        assert [p.channel for p in found] == [Channel.DEVICE, Channel.USER]
        assert [o.payload_type for o in found[0].other_payloads] == ["com.apple.wifi.managed"]
        assert found.errors == found.findings == ()


def test_numbers_and_booleans_have_the_type_of_their_key() -> None:
    (found,) = load(as_json(group("device", profile("corp"))))
    content = found.payloads[0].content
    assert content["PlatformSSO"] == {
        "AuthenticationMethod": "Password",
        "EnableAuthorization": True,
        "LoginFrequency": 64800,
        "UseSharedDeviceKeys": False,
    }
    assert content["ScreenLockedBehavior"] == "1"  # a string by the table


def test_the_install_date_gives_the_order_and_a_localised_one_is_reported() -> None:
    late = profile("late", date="2025-03-01 10:00:00 +0000")
    early = profile("early", date="2025-01-01 10:00:00 +0000")
    odd = profile("odd", date="1. Januar 2025 um 10:00")
    found = load(as_json(group("device", late, odd, early)))
    assert [p.display_name for p in found] == ["early", "late", "odd"]
    assert [f.code for f in found.findings] == ["SSO026"]


def test_a_broken_payload_is_reported_and_the_rest_counts() -> None:
    found = load(as_json(group("device", profile("bad", "{ Type = "), profile("none", None))))
    assert [f.code for f in found.errors] == ["SSO032"]
    assert [f.code for f in found.findings] == ["SSO027"]
    assert str(found.errors[0].source).endswith(
        "[0]._items[0]._items[0].spconfigprofile_payload_data"
    )
    assert len(found) == 2
