"""An emulated device: its own rules, and that it is at all times what a new device would be.

The slow model of the last part keeps the plain profiles that are installed, and asks the oracle
about the world that they make, each time from nothing.
"""

from __future__ import annotations

import json
import os
import stat
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

import oracle
import worlds
from build import device_of, profiles_of
from ssoroute.emulation import emulated_device as emulation
from ssoroute.emulation.emulated_device import EmulatedDevice, NotInstalledError
from ssoroute.emulation.saved_state import StateError
from ssoroute.install.installation import Accepted, Registry
from ssoroute.install.refusal import Refusal
from ssoroute.model.decision import Outcome, Reason
from ssoroute.model.device import Device
from ssoroute.model.errors import DeviceError, SsorouteError
from ssoroute.model.payload import Extension
from ssoroute.model.profile import (
    AssociatedDomains,
    Channel,
    OtherPayload,
    PayloadDictionary,
    Profile,
    ProfileKind,
    Value,
)
from ssoroute.model.signature import NOT_CHECKED
from ssoroute.model.source import Source
from ssoroute.routing.router import Router

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


# ---------------------------------------------------------------------------------------------
# Installing and removing


def test_a_new_device_has_nothing() -> None:
    emulated = EmulatedDevice()
    assert (emulated.installed, emulated.locked) == ((), False)
    assert emulated.route(URL).reason is Reason.NO_MATCH
    assert emulated.device == Device()
    assert repr(mac(A)) == "<EmulatedDevice macOS 15.4, profiles: 1, unlocked>"


def test_install_update_and_remove() -> None:
    emulated = mac(A, B)
    new = profile(redirect("https://new.example.com/"), file="new.mobileconfig")
    assert emulated.install(new) == Accepted(new, replaced=A)
    assert emulated.installed == (B, new)
    assert emulated.route(URL).outcome is Outcome.DO_NOT_HANDLE
    assert emulated.route("https://new.example.com/").outcome is Outcome.HANDLE
    assert emulated.remove("com.example.a") == new
    assert [*emulated.installed] == [B]
    assert emulated.route("https://new.example.com/").reason is Reason.NO_MATCH
    # what the removed one claimed is free
    assert isinstance(emulated.install(replace(new, identifier=None)), Accepted)


def test_a_refusal_says_why_and_changes_nothing() -> None:
    emulated = mac(A, B)
    router = emulated.router
    update = profile(redirect("https://b.example.com/"), file="new.mobileconfig")
    answer = emulated.install(update)
    assert isinstance(answer, Refusal)
    assert (answer.code, answer.domain) == (54005, "MCExtensibleSingleSignOnErrorDomain")
    (problem,) = answer.problems
    assert problem.source == Source("new.mobileconfig", "PayloadContent[0].URLs[0]")
    assert problem.other == Source("b.mobileconfig", "PayloadContent[0].URLs[0]")
    assert problem.witness is not None
    assert emulated.route(problem.witness.url).extension is not None
    assert emulated.router is router
    assert emulated.installed == (A, B)


def test_install_all_changes_the_router_once() -> None:
    emulated = EmulatedDevice(Device("macOS", "15.4"))
    answers = emulated.install_all(item for item in (A, A, B, replace(B, identifier="c")))
    assert [type(answer) for answer in answers] == [Accepted, Accepted, Accepted, Refusal]
    assert emulated.installed == (A, B)
    router = emulated.router
    assert emulated.install_all([]) == ()
    assert emulated.router is router


def test_the_channels_of_a_mac_are_apart() -> None:
    user = replace(A, channel=Channel.USER)
    emulated = mac(A, user)
    assert emulated.installed == (A, user)
    assert emulated.remove("com.example.a", "user") == user
    with pytest.raises(
        NotInstalledError, match=r"no profile `com\.example\.a` in the user channel"
    ):
        emulated.remove("com.example.a", "user")
    with pytest.raises(DeviceError, match="unknown channel `both`; known are device and user"):
        emulated.remove("com.example.a", "both")
    assert [*emulated.installed] == [A]


def test_ios_has_one_channel() -> None:
    user = replace(A, channel=Channel.USER)
    emulated = EmulatedDevice(Device("iOS", "18.0"))
    assert emulated.install(user) == Accepted(A)
    assert emulated.install(A) == Accepted(A, replaced=A)
    assert emulated.remove("com.example.a", "user") == A
    emulated.install(replace(user, identifier=None))
    assert emulated.remove(replace(user, identifier=None)) == replace(A, identifier=None)
    assert emulated.installed == ()


def test_a_profile_without_an_identifier_is_removed_by_its_equal() -> None:
    first = profile(identifier=None, file="same")
    emulated = mac(first, replace(first), A)
    assert emulated.remove(profile(identifier=None, file="same")) is first
    assert emulated.installed == (first, A)
    emulated.remove(first)
    with pytest.raises(NotInstalledError, match=r"no such profile is installed \(same\)"):
        emulated.remove(first)


def test_a_profile_with_an_identifier_is_removed_by_it() -> None:
    emulated = mac(A)
    assert emulated.remove(profile(identifier="com.example.a", file="another")) is A
    with pytest.raises(KeyError):
        emulated.remove(A)
    with pytest.raises(SsorouteError):
        emulated.remove(A)


def test_before_the_payload_a_profile_is_installed_and_does_nothing() -> None:
    emulated = EmulatedDevice(Device("macOS", "10.14"))
    assert emulated.install(A) == Accepted(A, known=False)
    assert emulated.route(URL).reason is Reason.NO_MATCH
    assert emulated.remove("com.example.a") == A


def test_a_declaration_that_the_system_does_not_know_replaces_only_its_like() -> None:
    emulated = mac(A)
    declaration = profile(redirect(), kind="declaration", file="declaration.json")
    assert emulated.install(declaration) == Accepted(declaration, known=False)
    assert emulated.install(declaration) == Accepted(declaration, declaration, known=False)
    assert emulated.installed == (A, declaration)
    assert emulated.remove("com.example.a") == A
    assert emulated.remove("com.example.a") == declaration


def test_answers_are_data() -> None:
    emulated = mac(A)
    answer = emulated.install(A)
    assert isinstance(answer, Accepted)
    assert json.loads(json.dumps(answer.to_json())) == {
        "profile": "com.example.a",
        "source": {"file": "a.mobileconfig", "path": ""},
        "known": True,
        "replaced": {
            "profile": "com.example.a",
            "source": {"file": "a.mobileconfig", "path": ""},
        },
    }
    assert Accepted(A).to_json()["replaced"] is None


def test_a_device_that_runs_for_weeks_does_not_grow() -> None:
    def held(registry: Registry) -> list[int]:
        return [len(value) for value in vars(registry).values() if isinstance(value, dict)]

    emulated = mac(A, B)
    before = held(emulated._registry)  # type: ignore[arg-type]
    clash = replace(A, identifier="com.example.clash")
    for number in range(50):
        emulated.install(profile(redirect(f"https://{number}.example.com/"), identifier="x"))
        assert isinstance(emulated.install(clash), Refusal)
        emulated.install(A)
    emulated.remove("x")
    assert held(emulated._registry) == before  # type: ignore[arg-type]
    installation = emulated.router.installation
    assert (installation.refused, installation.replaced) == ((), ())


def test_a_change_that_is_cut_short_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    emulated = mac(A)

    def interrupted(*_: object, **__: object) -> Router:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(emulation, "Router", interrupted)
        with pytest.raises(KeyboardInterrupt):
            emulated.install(B)
        with pytest.raises(KeyboardInterrupt):
            emulated.remove("com.example.a")
    assert emulated.installed == (A,)
    assert isinstance(emulated.install(replace(B, identifier="com.example.c")), Accepted)
    assert isinstance(emulated.install(replace(A, identifier="com.example.c")), Refusal)


# ---------------------------------------------------------------------------------------------
# Requests


def test_the_lock_is_honoured() -> None:
    emulated = mac(A)
    assert emulated.route(URL).outcome is Outcome.HANDLE
    emulated.lock()
    assert emulated.locked
    decision = emulated.route(URL)
    assert (decision.outcome, decision.reason) == (Outcome.CANCEL, Reason.SCREEN_LOCKED)
    assert emulated.route(URL, user_interface_enabled=False).outcome is Outcome.HANDLE
    assert emulated.route(URL, background_session=True).outcome is Outcome.HANDLE
    explanation = emulated.explain(URL)
    assert explanation.request.screen_locked
    assert explanation.decision == decision
    emulated.install(B)
    assert emulated.locked
    emulated.unlock()
    assert emulated.route(URL).outcome is Outcome.HANDLE


def test_every_argument_reaches_the_router() -> None:
    emulated = mac(profile(redirect(DeniedBundleIdentifiers=("com.example.kiosk",))))
    assert emulated.route(URL, "com.example.kiosk").reason is Reason.CALLER_DENIED
    assert emulated.route(URL, None, 401).reason is Reason.NO_MATCH
    request = emulated.explain(URL, "app", 407, False, True).request
    assert (request.caller, request.response_code) == ("app", 407)
    assert (request.user_interface_enabled, request.background_session) == (False, True)


def test_matching_is_the_routers() -> None:
    emulated = EmulatedDevice(Device("macOS", "15.4"), matching="strict")
    emulated.install(profile(redirect("https://login.example.com")))
    assert emulated.route("https://login.example.com.evil.net/").reason is Reason.NOT_STRICT
    with pytest.raises(DeviceError, match="unknown matching `loose`"):
        EmulatedDevice(matching="loose")


def test_requests_of_other_threads_see_whole_states() -> None:
    """There is no state in between: both URLs change together."""
    pair = profile(redirect("https://one.example.com/"), redirect("https://two.example.com/"))
    emulated = mac()
    seen: list[object] = []
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            router = emulated.router
            outcomes = {router.route(f"https://{n}.example.com/").outcome for n in ("one", "two")}
            if len(outcomes) != 1:
                seen.append(outcomes)
            try:
                emulated.route("https://one.example.com/")
            except Exception as error:
                seen.append(error)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(100):
        emulated.install(pair)
        emulated.lock()
        emulated.unlock()
        emulated.remove(pair)
    done.set()
    for thread in threads:
        thread.join()
    assert seen == []


def test_changes_of_several_threads_all_count() -> None:
    emulated = mac()

    def change(number: int) -> None:
        for turn in range(10):
            url = f"https://{number}.example.com/{turn}"
            emulated.install(profile(redirect(url), identifier=f"{number}.{turn}"))

    threads = [threading.Thread(target=change, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(emulated.installed) == 40
    assert emulated.route("https://3.example.com/9").outcome is Outcome.HANDLE


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


def assert_same(found: EmulatedDevice, expected: EmulatedDevice) -> None:
    assert found.device == expected.device
    assert found.router.matching == expected.router.matching
    assert found.locked == expected.locked
    assert found.installed == expected.installed
    assert found.router.installation == expected.router.installation


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


def content(state: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = state["profiles"][0]["payloads"][0]["content"]
    return found


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


# ---------------------------------------------------------------------------------------------
# The device against the slow model

PROFILES = worlds.profiles()


class Life(RuleBasedStateMachine):
    """A device, and beside it the plain profiles that should be installed on it."""

    def __init__(self) -> None:
        super().__init__()
        self.world: dict[str, Any] = {}
        self.numbers: list[int] = []  # the number of each profile, in order
        self.came = 0
        self.locked = False
        self.emulated = EmulatedDevice()

    @initialize(world=worlds.worlds())
    def start(self, world: dict[str, Any]) -> None:
        first = world.pop("profiles")
        self.world = {**world, "profiles": []}
        self.emulated = EmulatedDevice(device_of(self.world), matching=world["matching"])
        for written in first:
            self.install(written)

    def build(self, written: dict[str, Any]) -> Profile:
        (built,) = profiles_of({"profiles": [written]})
        place = str(self.came)
        return replace(
            built,
            source=Source(place),
            payloads=tuple(
                replace(item, source=Source(place, item.source.path)) for item in built.payloads
            ),
        )

    def identity(self, written: Mapping[str, Any]) -> tuple[object, ...] | None:
        if written["identifier"] is None:
            return None
        declarations = oracle.is_known(self.world, oracle.DECLARATIONS)
        unknown = written["kind"] == "declaration" and not declarations
        return oracle.channel_of(self.world, written), written["identifier"], unknown

    def places(self, identity: tuple[object, ...] | None) -> list[int]:
        installed = enumerate(self.world["profiles"])
        return [at for at, item in installed if identity and self.identity(item) == identity]

    def forget(self, place: int) -> int:
        self.world = {
            **self.world,
            "profiles": [p for at, p in enumerate(self.world["profiles"]) if at != place],
        }
        return self.numbers.pop(place)

    @rule(written=PROFILES)
    def install(self, written: dict[str, Any]) -> None:
        after = {**self.world, "profiles": [*self.world["profiles"], written]}
        refused = oracle.refusals(after)
        answer = self.emulated.install(self.build(written))
        if refused:
            (refusal,) = refused
            assert refusal["profile"] == len(self.world["profiles"])
            assert isinstance(answer, Refusal)
            found = [problem.code.number for problem in answer.problems]
            assert (found[0], set(found)) == (refusal["code"], set(refusal["codes"]))
        else:
            assert isinstance(answer, Accepted)
            old = [self.forget(place) for place in self.places(self.identity(written))]
            replaced = [str(number) for number in old]
            assert replaced == ([answer.replaced.source.file] if answer.replaced else [])
            self.world = {**self.world, "profiles": [*self.world["profiles"], written]}
            self.numbers.append(self.came)
        self.came += 1

    @rule(data=st.data())
    def reinstall_something(self, data: st.DataObject) -> None:
        if self.world["profiles"]:
            self.install(data.draw(st.sampled_from(self.world["profiles"]), "installed"))

    @rule(data=st.data())
    def remove_something(self, data: st.DataObject) -> None:
        if self.world["profiles"]:
            place = data.draw(st.integers(0, len(self.numbers) - 1), "place")
            profile = self.emulated.installed[place]
            assert self.emulated.remove(profile) is profile
            assert profile.source.file == str(self.forget(place))

    @rule(
        identifier=st.sampled_from(["one", "two", "three"]),
        channel=st.sampled_from(["device", "user"]),
    )
    def remove(self, identifier: str, channel: str) -> None:
        where = oracle.channel_of(self.world, {"channel": channel})
        places = [
            place
            for unknown in (False, True)
            for place in self.places((where, identifier, unknown))
        ]
        if places:
            removed = self.emulated.remove(identifier, channel)
            assert removed.source.file == str(self.forget(places[0]))
        else:
            with pytest.raises(NotInstalledError):
                self.emulated.remove(identifier, channel)

    @rule()
    def lock(self) -> None:
        self.emulated.lock()
        self.locked = True

    @rule()
    def unlock(self) -> None:
        self.emulated.unlock()
        self.locked = False

    @rule()
    def save_and_restore(self) -> None:
        text = json.dumps(self.emulated.to_json(), allow_nan=False)
        restored = EmulatedDevice.from_json(json.loads(text))
        assert_same(restored, self.emulated)
        self.emulated = restored

    @rule(data=st.data())
    def route(self, data: st.DataObject) -> None:
        request = data.draw(worlds.requests_for(self.world), "request")
        request["screen_locked"] = self.locked
        expected = oracle.answer(self.world, request)
        asked = {key: value for key, value in request.items() if key != "screen_locked"}
        decision = self.emulated.route(**asked)
        extension, place = decision.extension, expected["place"]
        assert {
            "outcome": decision.outcome.value,
            "reason": decision.reason.value,
            "extension": extension
            and {"bundle_id": extension.bundle_id, "team_id": extension.team_id},
            "rule": decision.rule and decision.rule.text,
            "lookalike": decision.lookalike,
        } == {key: value for key, value in expected.items() if key != "place"}
        if decision.rule and decision.rule.source:
            assert decision.rule.source.file == str(self.numbers[place[0]])
        assert self.emulated.explain(**asked).decision == decision

    @invariant()
    def the_installed_profiles_are_the_models(self) -> None:
        files = [item.source.file for item in self.emulated.installed]
        assert files == [str(number) for number in self.numbers]
        assert self.emulated.locked == self.locked


Life.TestCase.settings = settings(
    settings.get_profile("ssoroute"),
    # a life is long: many requests of one world, for each of which the oracle starts from nothing
    max_examples=max(settings.get_profile("ssoroute").max_examples // 5, 1),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    stateful_step_count=20,
)
TestLife = Life.TestCase
