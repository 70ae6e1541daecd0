"""What somebody gets wrong on the first day with the library, and what the error says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cli_world import CREDENTIAL, REDIRECT, write_profile
from ssoroute import (
    Device,
    DeviceError,
    EmulatedDevice,
    LoadError,
    Profiles,
    Router,
    check,
    effective_keys,
    load,
)

PATH = "examples/profiles/entra.mobileconfig"
ENTRA = load(PATH)
# the same claims under another identifier, which the device refuses
TWICE = (
    Path(PATH)
    .read_bytes()
    .replace(b"<string>com.example.entra</string>", b"<string>com.example.twice</string>")
)
LOADED = "`profiles` must be loaded profiles, not {}; pass ssoroute.load(path)"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Router.from_profiles(PATH), LOADED.format("str")),  # type: ignore[arg-type]
        (lambda: Router.from_profiles(Path(PATH)), LOADED.format("PosixPath")),  # type: ignore[arg-type]
        (lambda: Router.from_profiles(b"<plist>"), LOADED.format("bytes")),  # type: ignore[arg-type]
        (lambda: Router.from_profiles(None), LOADED.format("None")),  # type: ignore[arg-type]
        (lambda: check(PATH), LOADED.format("str")),  # type: ignore[arg-type]
        (lambda: EmulatedDevice().install_all(PATH), LOADED.format("str")),  # type: ignore[arg-type]
        (
            lambda: Router.from_profiles(ENTRA[0]),  # type: ignore[arg-type]
            "`profiles` must be several profiles; pass a list with the one",
        ),
        (
            lambda: Router.from_profiles([PATH]),  # type: ignore[list-item]
            (
                "item 0 of `profiles` must be a Profile, not str;"
                " pass what ssoroute.load(path) returns"
            ),
        ),
        (
            lambda: Router(ENTRA),  # type: ignore[arg-type]
            (
                "a router is made of an Installation, not of Profiles;"
                " use Router.from_profiles(profiles)"
            ),
        ),
        (
            lambda: EmulatedDevice().install("corp.mobileconfig"),  # type: ignore[arg-type]
            "`profile` must be a Profile, not str; use install_all(ssoroute.load(path))",
        ),
        (
            lambda: EmulatedDevice().install(ENTRA),  # type: ignore[arg-type]
            "`profile` must be a Profile, not Profiles; use install_all(ssoroute.load(path))",
        ),
        (
            lambda: Router.from_profiles(ENTRA).route(None),  # type: ignore[arg-type]
            "`url` must be a string, not None; pass the absolute URL as text",
        ),
        (
            lambda: Router.from_profiles(ENTRA, device="macOS@15.4"),  # type: ignore[arg-type]
            (
                '`device` must be a Device, not str; pass os="macOS@15.4",'
                " or ssoroute.load_device(path) for a device file"
            ),
        ),
        (
            lambda: EmulatedDevice("macOS"),  # type: ignore[arg-type]
            (
                '`device` must be a Device, not str; pass os="macOS@15.4",'
                " or ssoroute.load_device(path) for a device file"
            ),
        ),
        (
            lambda: check(ENTRA, Device()),  # type: ignore[arg-type]
            "`targets` must be a list of devices, not Device",
        ),
    ],
)
def test_a_wrong_argument_is_told_what_to_pass(call: Callable[[], object], message: str) -> None:
    with pytest.raises(TypeError) as raised:
        call()
    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: Router.from_profiles(ENTRA, version=15.4),  # type: ignore[arg-type]
            'a version must be a string such as "15.4", not float',
        ),
        (
            lambda: Device(platform=15),  # type: ignore[arg-type]
            'a platform must be a string such as "macOS", not int',
        ),
        (
            lambda: Device(os=15.4),  # type: ignore[arg-type]
            '`os` must be a string such as "macOS@15.4", not float',
        ),
        (
            lambda: Device(os="macOS 15.4"),
            "a platform and its version are written macOS@15.4, not `macOS 15.4`",
        ),
        (
            lambda: Router.from_profiles(ENTRA, os="macOS@15.4", version="15"),
            "`os` replaces `platform` and `version`; leave them out",
        ),
        (
            lambda: Router.from_profiles(ENTRA, device=Device(), os="iOS", version="15"),
            "`device` already has a platform and a version; leave out `os` and `version`",
        ),
    ],
)
def test_a_wrong_device_is_told_what_to_write(call: Callable[[], object], message: str) -> None:
    with pytest.raises(DeviceError) as raised:
        call()
    assert str(raised.value) == message


def test_a_system_may_be_given_wherever_a_device_is() -> None:
    wanted = Device("macOS", "15.4")
    assert Device(os="macOS@15.4") == wanted
    assert Router.from_profiles(ENTRA, os="macos@15.4").device == wanted
    assert EmulatedDevice(os="macOS@15.4").device == wanted
    assert check(ENTRA, os="macOS@15.4") == check(ENTRA, [wanted])
    payload = ENTRA[0].payloads[0]
    given = effective_keys(payload, ENTRA[0], os="macOS@15.4")
    assert given.by_path == effective_keys(payload, ENTRA[0], wanted).by_path


def test_a_router_says_in_short_what_it_is() -> None:
    router = Router.from_profiles([*ENTRA, *load(TWICE)], os="macOS@15.4")
    assert repr(router) == "<Router macOS 15.4, profiles: 1, refused: 1>"
    strict = Router.from_profiles([], os="iOS@17", matching="strict")
    assert repr(strict) == "<Router iOS 17.0, profiles: 0, refused: 0, strict>"


def test_strict_loading_raises_everything_that_is_wrong(tmp_path: Path) -> None:
    good = write_profile(tmp_path / "good.mobileconfig", REDIRECT)
    write_profile(tmp_path / "scope.mobileconfig", CREDENTIAL, PayloadScope="Nobody")
    (tmp_path / "torn.mobileconfig").write_text("<plist><dict>")
    lenient = load(tmp_path)
    assert (len(lenient), len(lenient.errors), len(lenient.findings)) == (2, 1, 1)
    with pytest.raises(LoadError) as raised:
        load(tmp_path, strict=True)
    assert [problem.partition(": ")[0] for problem in raised.value.problems] == [
        str(tmp_path / "scope.mobileconfig"),
        str(tmp_path / "torn.mobileconfig"),
    ]
    assert [finding.severity for finding in raised.value.findings] == ["warning", "error"]
    assert load(good, strict=True) == load(good)
    assert isinstance(load(good, strict=True), Profiles)
