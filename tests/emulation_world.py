"""Profiles for the emulated device, and what is equal about two devices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ssoroute.emulation.emulated_device import EmulatedDevice
from ssoroute.install.installation import Accepted
from ssoroute.model.device import Device
from ssoroute.model.profile import (
    Channel,
    PayloadDictionary,
    Profile,
    ProfileKind,
    Value,
)
from ssoroute.model.source import Source

URL = "https://login.example.com/x"
SECRET = "s3cr3t"


def redirect(*urls: str, **keys: Value) -> dict[str, Value]:
    return {
        "Type": "Redirect",
        "ExtensionIdentifier": "com.example.sso",
        "TeamIdentifier": "EXAMPLE123",
        "URLs": urls or ("https://login.example.com/",),
        **keys,
    }


def profile(
    *contents: Mapping[str, Value],
    identifier: str | None = "com.example.a",
    channel: str = "device",
    kind: str = "profile",
    file: str = "a.mobileconfig",
) -> Profile:
    return Profile(
        tuple(
            PayloadDictionary(content, Source(file, f"PayloadContent[{number}]"))
            for number, content in enumerate(contents)
        ),
        Source(file),
        identifier,
        Channel(channel),
        ProfileKind(kind),
    )


A = profile(redirect())
B = profile(redirect("https://b.example.com/"), identifier="com.example.b", file="b.mobileconfig")


def mac(*profiles: Profile) -> EmulatedDevice:
    emulated = EmulatedDevice(Device("macOS", "15.4"))
    for item in profiles:
        assert isinstance(emulated.install(item), Accepted)
    return emulated


def assert_same(found: EmulatedDevice, expected: EmulatedDevice) -> None:
    assert found.device == expected.device
    assert found.router.matching == expected.router.matching
    assert found.locked == expected.locked
    assert found.installed == expected.installed
    assert found.router.installation == expected.router.installation


def content(state: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = state["profiles"][0]["payloads"][0]["content"]
    return found
