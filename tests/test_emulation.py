"""An emulated device: its own rules, and that it is at all times what a new device would be.

The slow model of the last part keeps the plain profiles that are installed, and asks the oracle
about the world that they make, each time from nothing.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from emulation_world import URL, A, B, mac, profile, redirect
from ssoroute.emulation import emulated_device as emulation
from ssoroute.emulation.emulated_device import EmulatedDevice, NotInstalledError
from ssoroute.install.installation import Accepted, Installation, Registry
from ssoroute.install.refusal import Refusal
from ssoroute.model.decision import Outcome, Reason
from ssoroute.model.device import Device
from ssoroute.model.errors import DeviceError, SsorouteError
from ssoroute.model.profile import (
    Channel,
)
from ssoroute.model.source import Source
from ssoroute.routing.router import Matching, Router

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


def cut_short(change: Callable[..., object]) -> Callable[..., object]:
    """`change`, which Ctrl-C cuts short when it is done."""

    def cut(*arguments: object) -> object:
        change(*arguments)
        raise KeyboardInterrupt

    return cut


def test_a_change_that_is_cut_short_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    emulated = mac(A)
    with monkeypatch.context() as patch:
        patch.setattr(Registry, "remove", cut_short(Registry.remove))
        with pytest.raises(KeyboardInterrupt):
            emulated.remove("com.example.a")
        patch.setattr(Registry, "_put", cut_short(Registry._put))
        with pytest.raises(KeyboardInterrupt):
            emulated.install(replace(B, identifier="com.example.a"))
    assert emulated.installed == (A,)
    assert isinstance(emulated.install(replace(B, identifier="com.example.c")), Accepted)
    assert isinstance(emulated.install(replace(A, identifier="com.example.c")), Refusal)
    emulated.remove("com.example.c")
    assert emulated.installed == (A,)
    assert [item.profile for item in emulated.router.installation.installed] == [A]


def test_a_router_whose_making_is_cut_short_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    emulated = mac(A)
    emulated.lock()

    def interrupted(*_: object, **__: object) -> Router:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(emulation, "Router", interrupted)
        emulated.unlock()
        with pytest.raises(KeyboardInterrupt):
            emulated.route(URL)
        assert emulated.installed == (A,)
        assert not emulated.locked
    assert emulated.route(URL).outcome is Outcome.HANDLE


def test_a_router_is_made_when_somebody_asks_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []

    class Counted(Router):
        def __init__(self, installation: Installation, *, matching: Matching | str) -> None:
            made.append(len(installation.installed))
            super().__init__(installation, matching=matching)

    monkeypatch.setattr(emulation, "Router", Counted)
    emulated = mac(A, B)
    emulated.remove("com.example.b")
    assert (len(emulated.installed), repr(emulated), emulated.device.platform.value) == (
        1,
        "<EmulatedDevice macOS 15.4, profiles: 1, unlocked>",
        "macOS",
    )
    emulated.to_json()
    assert made == [0]  # that of the empty device
    first = emulated.router
    emulated.route(URL)
    emulated.explain(URL)
    emulated.lock()
    assert emulated.router is first
    assert isinstance(emulated.install(replace(A, identifier="com.example.clash")), Refusal)
    assert emulated.router is first
    assert made == [0, 1]


def test_what_a_signal_changes_while_a_router_is_made_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    emulated = mac(A)

    class Signalled(Router):
        def __init__(self, installation: Installation, *, matching: Matching | str) -> None:
            super().__init__(installation, matching=matching)
            emulated.lock()

    with monkeypatch.context() as patch:
        patch.setattr(emulation, "Router", Signalled)
        assert emulated.route(URL).outcome is Outcome.HANDLE
    assert emulated.locked
    assert emulated.route(URL).outcome is Outcome.CANCEL


def test_a_change_that_is_cut_short_when_it_counts_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    emulated = mac(A)
    settled = EmulatedDevice._settled

    def cut(device: EmulatedDevice) -> object:
        if device._now.changes:
            raise KeyboardInterrupt
        return settled(device)

    with monkeypatch.context() as patch:
        patch.setattr(EmulatedDevice, "_settled", cut)
        with pytest.raises(KeyboardInterrupt):
            emulated.install(B)
    assert emulated.installed == (A, B)
    assert isinstance(emulated.install(replace(B, identifier="com.example.clash")), Refusal)


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
