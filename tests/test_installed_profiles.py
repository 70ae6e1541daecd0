"""What a device lists is installed: several users, and conflicts that are there already."""

from __future__ import annotations

import json
import plistlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cli_world import CREDENTIAL, REDIRECT, SSO, invoke
from ssoroute.emulation import EmulatedDevice
from ssoroute.install.refusal import Refusal, RefusalCode
from ssoroute.integrations.watched_setup import Setup, SetupError, Spec
from ssoroute.loaders import load
from ssoroute.model.errors import DeviceError
from ssoroute.routing.router import Router

LOGIN = "https://login.example.com/"


def listed(identifier: str, *payloads: dict[str, Any], day: int = 1) -> dict[str, Any]:
    """A profile as `profiles show -output stdout-xml` prints it."""
    return {
        "ProfileIdentifier": identifier,
        "ProfileInstallDate": f"2025-01-{day:02} 10:00:00 +0000",
        "ProfileItems": [
            {"PayloadType": "com.apple.extensiblesso", "PayloadContent": payload}
            for payload in payloads
        ],
    }


def dump(**levels: list[dict[str, Any]]) -> bytes:
    return plistlib.dumps({"_computerlevel": [], **levels})


OTHER = {**REDIRECT, "ExtensionIdentifier": "com.example.other"}
TWO_USERS = dump(asmith=[listed("a", REDIRECT)], jdoe=[listed("b", OTHER)])


@pytest.fixture
def two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    Path("two.plist").write_bytes(TWO_USERS)
    return "two.plist"


@pytest.mark.parametrize(("user", "extension"), [("asmith", SSO), ("jdoe", "com.example.other")])
def test_each_user_has_a_channel_of_their_own(user: str, extension: str) -> None:
    router = Router.from_profiles(load(TWO_USERS), user=user)
    decision = router.route(LOGIN)
    assert decision.extension is not None
    assert decision.extension.bundle_id == extension
    assert router.refused == ()
    assert router.installation.replaced == ()


@pytest.mark.parametrize(
    ("user", "message"),
    [
        (None, "the profiles are of 2 users, choose one of them: `asmith`, `jdoe`"),
        ("bob", "no profile is of the user `bob`; users are `asmith`, `jdoe`"),
    ],
)
def test_a_user_who_is_not_clear_is_an_error(user: str | None, message: str) -> None:
    with pytest.raises(DeviceError) as caught:
        Router.from_profiles(load(TWO_USERS), user=user)
    assert str(caught.value) == message


def test_the_only_user_needs_no_choice() -> None:
    router = Router.from_profiles(load(dump(jdoe=[listed("b", OTHER)])))
    assert router.route(LOGIN).extension is not None


def test_the_command_line_asks_for_the_user(two: str) -> None:
    result = invoke("route", "-p", two, LOGIN)
    assert result.exit_code == 2
    assert "choose one of them: `asmith`, `jdoe` (with --user)" in result.output
    result = invoke("route", "-p", two, "--user", "jdoe", LOGIN)
    assert (result.stderr, result.exit_code) == ("", 0)
    assert result.stdout.startswith("handle  com.example.other")


def test_show_shows_each_user(two: str) -> None:
    result = invoke("show", "-p", two)
    assert (result.stderr, result.exit_code) == ("", 0)
    assert "as it is for the user asmith" in result.stdout
    assert "as it is for the user jdoe" in result.stdout
    assert "(user channel of jdoe)" in result.stdout
    document = json.loads(invoke("show", "--json", "-p", two).stdout)
    assert [each["user"] for each in document["users"]] == ["asmith", "jdoe"]
    assert [len(each["active"]) for each in document["users"]] == [1, 1]


def test_check_looks_at_each_user(two: str) -> None:
    own = {**OTHER, "URLs": ["https://x.example.com/", "https://x.example.com/a"]}
    Path(two).write_bytes(dump(asmith=[listed("a", REDIRECT)], jdoe=[listed("b", own)]))
    result = invoke("check", two, "--select", "SSO409", "--severity", "info")
    assert "user jdoe" in result.stdout
    assert "already claimed" not in result.stdout


CLASH = dump(_computerlevel=[listed("a", REDIRECT), listed("b", OTHER, day=2)])


def test_a_conflict_of_installed_profiles_refuses_nothing() -> None:
    router = Router.from_profiles(load(CLASH))
    assert router.refused == ()
    decision = router.route(LOGIN)
    assert decision.extension is not None
    assert decision.extension.bundle_id == SSO  # the first wins
    first, second = router.installation.installed
    assert first.conflicts == ()
    assert [p.code for p in second.conflicts] == [RefusalCode.URL_CLAIMED] * 2
    assert len(router.activation.active) == 2


def test_a_profile_that_is_new_is_refused_by_an_installed_one() -> None:
    new = {**REDIRECT, "PayloadType": "com.apple.extensiblesso"}
    profile = plistlib.dumps({"PayloadIdentifier": "new", "PayloadContent": [new]})
    router = Router.from_profiles(load(CLASH, profile))
    assert [refusal.profile.identifier for refusal in router.refused] == ["new"]


def test_the_same_identifier_twice_replaces_nothing() -> None:
    data = dump(_computerlevel=[listed("a", REDIRECT), listed("a", CREDENTIAL, day=2)])
    installation = Router.from_profiles(load(data)).installation
    assert len(installation.installed) == 2
    assert installation.replaced == ()


def test_a_repeated_entry_of_an_installed_payload_does_no_harm() -> None:
    twice = {**REDIRECT, "URLs": [LOGIN, LOGIN]}
    router = Router.from_profiles(load(dump(_computerlevel=[listed("a", twice)])))
    assert router.route(LOGIN).extension is not None
    (installed,) = router.installation.installed
    assert [p.code for p in installed.conflicts] == [RefusalCode.URL_REPEATED]


def test_the_second_holder_of_a_url_keeps_it_when_the_first_goes() -> None:
    device = EmulatedDevice()
    device.install_all(load(CLASH))
    device.remove("a")
    new = {**REDIRECT, "PayloadType": "com.apple.extensiblesso"}
    profile = plistlib.dumps({"PayloadIdentifier": "new", "PayloadContent": [new]})
    (answer,) = device.install_all(load(profile))
    assert type(answer).__name__ == "Refusal"
    device.remove("b")
    (answer,) = device.install_all(load(profile))
    assert type(answer).__name__ == "Accepted"


def test_an_update_cannot_take_a_url_that_another_one_waits_for() -> None:
    device = EmulatedDevice()
    device.install_all(load(CLASH))
    first = device.installed[0]
    assert first.identifier == "a"
    answer = device.install(replace(first, installed=False))
    assert isinstance(answer, Refusal)
    assert {problem.code for problem in answer.problems} == {RefusalCode.URL_CLAIMED}
    assert [profile.identifier for profile in device.installed] == ["a", "b"]
    device.remove("a")
    device.remove("b")
    assert device.installed == ()


def test_those_who_wait_for_a_url_get_it_in_their_order() -> None:
    both, first, second = LOGIN, "https://one.example.com/", "https://two.example.com/"
    lists = {"a": [both], "b": [both, first], "c": [both, first, second]}
    payloads = {
        name: {**REDIRECT, "ExtensionIdentifier": f"com.example.{name}", "URLs": urls}
        for name, urls in lists.items()
    }
    device = EmulatedDevice()
    device.install_all(
        load(dump(_computerlevel=[listed(name, given) for name, given in payloads.items()]))
    )
    holders = []
    for gone in ("a", "b"):
        device.remove(gone)
        new = {**payloads["a"], "PayloadType": "com.apple.extensiblesso"}
        data = plistlib.dumps({"PayloadIdentifier": "new", "PayloadContent": [new]})
        (answer,) = device.install_all(load(data))
        assert isinstance(answer, Refusal)
        (problem,) = answer.problems
        holders.append(problem.other and problem.other.path.partition(".")[0])
    assert holders == ["_computerlevel[1]", "_computerlevel[2]"]


def test_conflicts_are_warnings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("dump.plist").write_bytes(CLASH)
    result = invoke("route", "-p", "dump.plist", LOGIN)
    assert result.exit_code == 0
    assert result.stderr == (
        "dump.plist: _computerlevel[1].ProfileItems[0].PayloadContent.URLs[0]: warning:"
        " installed, although the URL `https://login.example.com` is already claimed; the other is"
        " dump.plist: _computerlevel[0].ProfileItems[0].PayloadContent.URLs[0] [iOS's code 54005]"
        " (and 1 more, see `ssoroute show`)\n"
    )
    shown = " ".join(invoke("show", "-p", "dump.plist").stdout.split())
    assert "refused" not in shown
    assert "both are installed, the first wins" in shown
    checked = invoke("check", "dump.plist", "--select", "SSO401", "--format", "json")
    findings = json.loads(checked.stdout)["findings"]
    assert {finding["severity"] for finding in findings} == {"warning"}
    assert "both are installed, and the first wins" in findings[0]["message"]


def test_a_proxy_says_that_the_users_are_several(two: str) -> None:
    with pytest.raises(SetupError) as caught:
        Setup.read(Spec(profiles=(two,)))
    assert caught.value.problems == (
        "sso_profiles: the profiles are of 2 users, choose one of them: `asmith`, `jdoe`",
    )
