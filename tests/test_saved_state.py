"""The state of an emulated device, saved and restored."""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from emulation_world import SECRET, A, B, assert_same, content, mac, profile, redirect
from ssoroute.emulation.emulated_device import EmulatedDevice
from ssoroute.emulation.saved_state import StateError
from ssoroute.install.installation import Accepted
from ssoroute.model.device import Device
from ssoroute.model.errors import DeviceError
from ssoroute.model.payload import Extension
from ssoroute.model.profile import (
    AssociatedDomains,
    Channel,
    OtherPayload,
    Profile,
    ProfileKind,
    Value,
)
from ssoroute.model.signature import NOT_CHECKED
from ssoroute.model.source import Source

# ---------------------------------------------------------------------------------------------
# The state, saved and restored

EVERYTHING: dict[str, Value] = {
    "text": "é\n\ud800",
    "numbers": (0, -1, 2**63, 1.0, 0.1, -0.0, float("inf"), float("-inf")),
    "others": (True, False, None, b"", b"\x00\xff"),
    "dates": (datetime(2024, 2, 29, 1, 2, 3, 4, UTC), datetime(1, 1, 1)),
    "empty": ((), {}),
    "look-alikes": ({"$data": "AA=="}, {"$dictionary": {"$date": 1}}, {"$data": 1, "x": 2}),
    "": {"$number": "nan"},
}


def everything() -> EmulatedDevice:
    """A device on which nothing has its default."""
    device = Device(
        "macOS",
        "15.4.1",
        [Extension("com.example.sso", "EXAMPLE123"), "com.example.b"],
        {"com.example.sso": {"login.example.com": "approved", "x:8443": "not_approved"}},
        ["https://apple.example.com/"],
    )
    rich = Profile(
        payloads=A.payloads,
        source=Source("ü/a.mobileconfig", "[0]"),
        identifier="com.example.rich",
        channel=Channel.USER,
        kind=ProfileKind.PROFILE,
        display_name="Rich",
        uuid="0000",
        signature=NOT_CHECKED,
        associated_domains=(AssociatedDomains("T.a", ("authsrv:h",), Source("a", "b")),),
        other_payloads=(OtherPayload("com.apple.vpn", None, Source("a", "c")),),
    )
    emulated = EmulatedDevice(device, matching="strict")
    secret = redirect("https://s.example.com/", ExtensionData=EVERYTHING, RegistrationToken=SECRET)
    for item in (rich, profile(secret), profile(identifier=None), replace(B, identifier=None)):
        assert isinstance(emulated.install(item), Accepted)
    emulated.lock()
    return emulated


def test_everything_comes_back() -> None:
    emulated = everything()
    state = emulated.to_json()
    restored = EmulatedDevice.from_json(json.loads(json.dumps(state, allow_nan=False)))
    assert_same(restored, emulated)
    assert restored.to_json() == state
    data = restored.installed[1].payloads[0].content["ExtensionData"]
    assert repr(data) == repr(EVERYTHING)  # 1.0 is not 1, and neither is True
    nan = EmulatedDevice.from_json(mac(profile(redirect(x=float("nan")))).to_json())
    assert repr(nan.installed[0].payloads[0].content["x"]) == "nan"


def test_merged_extension_data_comes_back() -> None:
    device = profile(redirect(PlatformSSO={"AuthenticationMethod": "Password"}))
    user = profile(redirect(ExtensionData={"a": b"1"}, RegistrationToken="t"), channel="user")
    emulated = mac(device, user)
    (active,) = EmulatedDevice.from_json(emulated.to_json()).router.activation.active
    assert (active.extension_data, active.registration_token) == ({"a": b"1"}, "t")


def test_save_and_load(tmp_path: Path) -> None:
    emulated = everything()
    path = tmp_path / "gerät — 設定.json"
    emulated.save(path)
    assert_same(EmulatedDevice.load(path), emulated)
    assert_same(EmulatedDevice.load(str(path)), emulated)
    assert [*tmp_path.iterdir()] == [path]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no permission bits")
def test_only_the_owner_reads_the_file(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text("old")
    path.chmod(0o644)
    umask = os.umask(0)
    try:
        mac(A).save(path)
    finally:
        os.umask(umask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("name", ["fsync", "replace"])
@pytest.mark.parametrize("error", [OSError("full"), KeyboardInterrupt()])
def test_a_save_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, error: BaseException
) -> None:
    path = tmp_path / "state.json"
    mac(A).save(path)
    before = path.read_bytes()

    def failing(*_: object) -> None:
        raise error

    with monkeypatch.context() as patch:
        if name == "replace":
            patch.setattr(Path, name, failing)
        else:
            patch.setattr(os, name, failing)
        with pytest.raises(type(error)):
            mac(A, B).save(path)
    assert path.read_bytes() == before
    assert [*tmp_path.iterdir()] == [path]


def test_where_nothing_can_be_saved(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing" / "state.json", Path()):
        with pytest.raises(OSError, match=r"."):
            mac(A).save(path)
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match=r"."):
        mac(A).save(tmp_path / "file" / "state.json")
    assert [item.name for item in tmp_path.iterdir()] == ["file"]
    with pytest.raises(FileNotFoundError):
        EmulatedDevice.load(tmp_path / "missing")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not JSON: Expecting value at line 1, column 1"),
        (b'{"schema": 1,', "not JSON: "),
        (b"\xff\xfe", "not JSON in ASCII: byte 0 is 0xff"),
        (b'{"schema": NaN}', "not JSON that can be read: a number that JSON does not have"),
        (b"[" * 100_000, "not JSON that can be read: nested too deep"),
        (b"[]", "the state: must be an object, not an array"),
    ],
)
def test_a_file_that_is_no_state(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "state.json"
    path.write_bytes(content)
    with pytest.raises(StateError) as caught:
        EmulatedDevice.load(path)
    assert str(caught.value).startswith(message)
    assert caught.value.__context__ is None  # the error of the parser holds the whole file


Damage = Callable[[dict[str, Any]], object]
MEMBERS = "schema, device, matching, locked, profiles"
CONTENT = "profiles[0].payloads[0].content"
PLACE = "profiles[0]: a.mobileconfig: PayloadContent[0]"
CODE = "[MCPayloadErrorDomain 2004]"


@pytest.mark.parametrize(
    ("damage", "problems"),
    [
        (lambda s: s.pop("schema"), ["schema: is missing; it must be `1`"]),
        (lambda s: s.update(schema=2), ["schema: must be `1`, not `2`"]),
        (lambda s: s.update(schema=True), ["schema: must be `1`, not a boolean"]),
        (
            lambda s: s.update(extra=1),
            [f"holds an unknown member; known are {MEMBERS}"],
        ),
        (lambda s: s.update(locked="yes"), ["locked: must be a boolean, not a string"]),
        (
            lambda s: s.update(matching="x"),
            ["matching: must be `system` or `strict`, not a string"],
        ),
        (lambda s: s.update(profiles=None), ["profiles: must be an array, not null"]),
        (
            lambda s: s.update(profiles=[1]),
            ["profiles[0]: must be an object, not an integer"],
        ),
        (lambda s: s.update(device=[]), ["device: must be an object, not an array"]),
        (
            lambda s: s["device"].pop("platform"),
            ["device.platform: is missing; it must be a string"],
        ),
        (
            lambda s: s["device"].update(platform="BeOS"),
            ["device: unknown platform `BeOS`; known are macOS, iOS, iPadOS and visionOS"],
        ),
        (
            lambda s: s["device"].update(associated_domains={"a": 1}, installed_extensions=[{}]),
            [
                "device.installed_extensions[0].bundle_id: is missing; it must be a string",
                "device.installed_extensions[0].team_id: is missing; it must be a string",
                "device.associated_domains.a: must be an object, not an integer",
            ],
        ),
        (
            lambda s: s["profiles"][0].update(channel="both", kind=1, payloads=[{}]),
            [
                f"{CONTENT}: is missing; it must be an object",
                "profiles[0].payloads[0].source: is missing; it must be an object",
                "profiles[0].channel: must be `device` or `user`, not a string",
                "profiles[0].kind: must be `profile` or `declaration`, not an integer",
            ],
        ),
        (
            lambda s: content(s).update(ExtensionData={"$data": SECRET + "!"}),
            [f"{CONTENT}: holds `$data` that is not Base64"],
        ),
        (
            lambda s: content(s).update(ExtensionData={SECRET: {"$date": SECRET}}),
            [f"{CONTENT}: holds a `$date` that is not a date in ISO 8601"],
        ),
        (
            lambda s: content(s).update(ExtensionData={"$number": SECRET}),
            [f"{CONTENT}: holds a `$number` that is not nan, inf or -inf"],
        ),
        (
            lambda s: content(s).update(ExtensionData={"$dictionary": [SECRET]}),
            [f"{CONTENT}: holds a dictionary whose names are not strings"],
        ),
        (
            lambda s: s["profiles"][0]["payloads"][0].update(content={"$data": "AAAA"}),
            [f"{CONTENT}: must be a dictionary, not a single value"],
        ),
        (
            lambda s: content(s).update(x={1, 2}),
            [f"{CONTENT}: holds a value that JSON does not have"],
        ),
        (
            lambda s: content(s).update(ExtensionData=SECRET, Type=1),
            [
                f"{PLACE}.Type: `Type` must be a non-empty string, not an integer {CODE}",
                f"{PLACE}.ExtensionData: `ExtensionData` must be a dictionary, not a string {CODE}",
            ],
        ),
        (
            lambda s: s.update(profiles=s["profiles"] * 2),
            ["profiles[1]: `com.example.a` is listed twice"],
        ),
    ],
)
def test_a_state_that_is_none(damage: Damage, problems: list[str]) -> None:
    state: dict[str, Any] = mac(A).to_json()
    damage(state)
    with pytest.raises(StateError) as caught:
        EmulatedDevice.from_json(state)
    # a list, with one problem on each line
    assert list(caught.value.problems) == [f"the state: {problem}" for problem in problems]
    assert str(caught.value) == "\n".join(caught.value.problems)
    assert SECRET not in str(caught.value)
    assert isinstance(caught.value, DeviceError)


def test_a_state_that_goes_deeper_than_python() -> None:
    state: dict[str, Any] = mac(A).to_json()
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    content(state)["x"] = deep
    with pytest.raises(StateError, match="nested too deep"):
        EmulatedDevice.from_json(state)
    while deep:  # what is this deep must be taken apart by hand
        deep = deep.pop()
