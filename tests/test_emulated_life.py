"""The emulated device against the slow model, over random lives."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

import oracle
import worlds
from build import device_of, profiles_of
from emulation_world import assert_same
from ssoroute.emulation.emulated_device import EmulatedDevice, NotInstalledError
from ssoroute.install.installation import Accepted
from ssoroute.install.refusal import Refusal
from ssoroute.model.profile import (
    Profile,
)
from ssoroute.model.source import Source

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
