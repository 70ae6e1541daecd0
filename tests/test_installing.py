"""Profiles come and go: what replaces what, who gets a freed claim, what a payload is read as."""

from __future__ import annotations

from typing import Any

import pytest

from ssoroute.install.activation import activate
from ssoroute.install.installation import Accepted, InstalledProfile, Registry, install_all
from ssoroute.install.read_payload import named_extension
from ssoroute.install.refusal import Refusal
from ssoroute.model.device import Device
from ssoroute.model.payload import Extension
from ssoroute.model.profile import Channel, PayloadDictionary, Profile, Value
from ssoroute.model.source import Source

MAC = Device("macOS", "15.4")
LOGIN, ID = "https://login.example.com/", "https://id.example.com/"


def redirect(*urls: str, name: str = "com.example.a", **keys: Value) -> dict[str, Value]:
    written: dict[str, Value] = {
        "Type": "Redirect",
        "ExtensionIdentifier": name,
        "TeamIdentifier": "EXAMPLE123",
        "URLs": urls,
    }
    return written | keys


def profile(*payloads: dict[str, Value], **keys: Any) -> Profile:
    """A profile in the file `0` unless `file` says otherwise."""
    file = keys.pop("file", "0")
    dictionaries = tuple(
        PayloadDictionary(payload, Source(file, f"[{number}]"))
        for number, payload in enumerate(payloads)
    )
    return Profile(dictionaries, Source(file), **keys)


def holders(registry: Registry) -> list[str | None]:
    return [installed.profile.identifier for installed in registry.snapshot().installed]


def test_a_replacement_is_kept_with_both_profiles() -> None:
    old = profile(redirect(LOGIN), identifier="a")
    new = profile(redirect(ID), identifier="a", file="1")
    other = profile(redirect("https://other.example/"), identifier="b")
    found = install_all([old, other, new], MAC)
    assert [(one.old, one.new) for one in found.replaced] == [(old, new)]
    assert [installed.profile for installed in found.installed] == [other, new]


def test_a_refused_profile_replaces_nothing() -> None:
    old = profile(redirect(LOGIN), identifier="a")
    new = profile(redirect("no URL"), identifier="a", file="1")
    found = install_all([old, new], MAC)
    assert [refusal.profile for refusal in found.refused] == [new]
    assert [installed.profile for installed in found.installed] == [old]
    assert found.replaced == ()


def test_a_profile_that_is_listed_twice_is_removed_twice() -> None:
    registry = Registry(MAC)
    first, last = (profile(redirect(url), identifier="a", installed=True) for url in (LOGIN, ID))
    for one in (first, last):
        answer = registry.install(one)
        assert isinstance(answer, Accepted)
        assert answer.replaced is None
    assert registry.remove("a") == last
    assert registry.remove("a") == first
    assert registry.remove("a") is None


def test_a_profile_is_found_in_its_channel() -> None:
    registry = Registry(MAC)
    one = profile(redirect(LOGIN), identifier="a", channel=Channel.USER)
    registry.install(one)
    assert registry.remove("a") is None
    assert registry.remove("a", Channel.USER) == one
    assert holders(registry) == []


def test_a_profile_without_an_identifier_is_found_by_its_equal() -> None:
    registry = Registry(MAC)
    one, other = profile(redirect(LOGIN)), profile(redirect(ID))
    for each in (one, other):
        registry.install(each)
    assert registry.remove(profile(redirect("https://x.example/"))) is None
    assert registry.remove(profile(redirect(ID))) == other
    assert registry.remove(profile(redirect(LOGIN))) == one


def test_of_equal_profiles_without_an_identifier_the_first_is_removed() -> None:
    registry = Registry(MAC)
    one, other = (profile(redirect(url), installed=True) for url in (LOGIN, ID))
    for each in (one, other, one):
        registry.install(each)
    assert registry.remove(one) == one
    assert [item.profile for item in registry.snapshot().installed] == [other, one]
    assert registry.remove(profile(redirect(LOGIN), installed=True, uuid="A")) is None


def test_a_registry_tells_what_comes_and_goes() -> None:
    changes: dict[int, InstalledProfile | None] = {}
    registry = Registry(MAC, changes)
    old, new = (profile(redirect(url), identifier="a") for url in (LOGIN, ID))
    registry.install(old)
    assert [item and item.profile for item in changes.values()] == [old]
    registry.install(profile(redirect("no URL"), identifier="a"))
    registry.install(new)
    assert [item and item.profile for item in changes.values()] == [None, new]
    registry.remove("a")
    assert [item and item.profile for item in changes.values()] == [None, None]


def waiting(*names: str) -> Registry:
    """A registry in which the first of the profiles holds a URL and the others wait for it."""
    registry = Registry(MAC)
    for name in names:
        registry.install(profile(redirect(LOGIN), identifier=name, installed=True))
    return registry


def test_an_update_is_refused_if_another_profile_waits_for_its_url() -> None:
    registry = waiting("a", "b")
    answer = registry.install(profile(redirect(LOGIN), identifier="a", file="new"))
    assert isinstance(answer, Refusal)
    (problem,) = answer.problems
    assert (problem.code.value[0], problem.source.file) == (54005, "new")
    assert holders(registry) == ["a", "b"]


def test_an_heir_can_be_updated() -> None:
    registry = waiting("a", "b")
    registry.remove("a")
    assert isinstance(
        registry.install(profile(redirect(LOGIN), identifier="b", file="new")), Accepted
    )
    assert holders(registry) == ["b"]


def test_one_that_waits_and_goes_inherits_nothing() -> None:
    registry = waiting("a", "b", "c")
    registry.remove("b")
    registry.remove("a")
    new = profile(redirect(LOGIN), identifier="new")
    assert isinstance(registry.install(new), Refusal)
    registry.remove("c")
    assert isinstance(registry.install(new), Accepted)


def test_one_that_waits_twice_for_a_url_inherits_it_once() -> None:
    registry = Registry(MAC)
    registry.install(profile(redirect(LOGIN), identifier="a", installed=True))
    twice = profile(redirect(LOGIN), redirect(LOGIN), identifier="b", installed=True)
    registry.install(twice)
    registry.remove("a")
    new = profile(redirect(LOGIN), identifier="new")
    assert isinstance(registry.install(new), Refusal)
    registry.remove("b")
    assert isinstance(registry.install(new), Accepted)


def test_a_freed_claim_goes_to_the_one_that_waits_and_is_freed_with_it() -> None:
    registry = Registry(MAC)
    for name in ("a", "b"):
        urls = redirect(LOGIN, f"https://{name}.example/", name=f"com.example.{name}")
        registry.install(profile(urls, identifier=name, installed=True))
    new = profile(redirect(LOGIN, name="com.example.new"), identifier="new")
    own = profile(redirect("https://b.example/", name="com.example.own"), identifier="own")
    assert isinstance(registry.install(new), Refusal)
    registry.remove("a")
    assert isinstance(registry.install(new), Refusal)
    assert isinstance(registry.install(own), Refusal)
    registry.remove("b")
    for one in (new, own):
        assert isinstance(registry.install(one), Accepted)


def test_a_removed_profile_gives_away_only_what_it_held() -> None:
    registry = Registry(MAC)
    for file in ("a", "b"):
        registry.install(profile(redirect(LOGIN), identifier=file, file=file, installed=True))
    registry.install(profile(redirect(ID), identifier="c", file="c"))
    registry.remove("c")
    answer = registry.install(profile(redirect(LOGIN), identifier="new", file="new"))
    assert isinstance(answer, Refusal)
    (problem,) = answer.problems
    assert problem.other is not None
    assert problem.other.file == "a"


def test_removed_profiles_leave_nothing_behind() -> None:
    """Two payloads of one profile wait for the same claim, and a third profile for it as well."""
    registry = Registry(MAC)
    registry.install(profile(redirect(LOGIN), identifier="a", file="a", installed=True))
    twice = (redirect(LOGIN, name="com.example.b"), redirect(LOGIN, name="com.example.c"))
    registry.install(profile(*twice, identifier="b", file="b", installed=True))
    registry.install(profile(redirect(LOGIN), identifier="c", file="c", installed=True))
    new = profile(redirect(LOGIN), identifier="new", file="new")
    for gone, holder in (("a", "b"), ("b", "c")):
        registry.remove(gone)
        answer = registry.install(new)
        assert isinstance(answer, Refusal)
        assert [p.other and p.other.file for p in answer.problems] == [holder]
    registry.remove("c")
    assert (registry._claims._holders, registry._claims._waiting) == ({}, {})
    assert isinstance(registry.install(new), Accepted)


def test_those_who_wait_twice_are_gone_at_once() -> None:
    registry = Registry(MAC)
    registry.install(profile(redirect(LOGIN), identifier="a", installed=True))
    twice = (redirect(LOGIN, name="com.example.b"), redirect(LOGIN, name="com.example.c"))
    registry.install(profile(*twice, identifier="b", installed=True))
    for gone in ("a", "b"):
        registry.remove(gone)
    assert (registry._claims._holders, registry._claims._waiting) == ({}, {})


def test_what_is_installed_is_read_as_far_as_it_can_be() -> None:
    repeated = profile(redirect(LOGIN, LOGIN), installed=True)
    wrong = profile(redirect(ID, ScreenLockedBehavior=1), installed=True)
    found = install_all([repeated, wrong], MAC)
    assert [len(installed.payloads) for installed in found.installed] == [1, 0]
    assert [len(installed.conflicts) for installed in found.installed] == [1, 1]
    assert found.refused == ()


@pytest.mark.parametrize(
    ("payload", "place", "message"),
    [
        (
            redirect(LOGIN, ScreenLockedBehavior=1),
            "0: [0].ScreenLockedBehavior",
            "`ScreenLockedBehavior` must be a non-empty string, not an integer",
        ),
        (redirect(""), "0: [0].URLs[0]", "the URL is empty"),
        (
            {"Type": "Redirect", "URLs": (LOGIN,), "TeamIdentifier": "T"},
            "0: [0]",
            "`ExtensionIdentifier` is missing",
        ),
    ],
)
def test_what_is_wrong_has_its_place(payload: dict[str, Value], place: str, message: str) -> None:
    (refusal,) = install_all([profile(payload)], MAC).refused
    found = [(str(problem.source), problem.message) for problem in refusal.problems]
    assert found == [(place, message)]


@pytest.mark.parametrize(
    ("content", "extension"),
    [
        ({"ExtensionIdentifier": "a.b"}, Extension("a.b")),
        ({"ExtensionIdentifier": "a.b", "TeamIdentifier": "T"}, Extension("a.b", "T")),
        ({"ExtensionIdentifier": "a.b", "TeamIdentifier": 1}, Extension("a.b")),
        ({"ExtensionIdentifier": "", "TeamIdentifier": "T"}, None),
        ({"TeamIdentifier": "T"}, None),
        ({"ExtensionComposedIdentifier": "a.b"}, Extension("a.b")),
        ({"ExtensionComposedIdentifier": "a.b (T)"}, Extension("a.b", "T")),
        ({"ExtensionComposedIdentifier": "a.b (T) c"}, None),
        ({"ExtensionComposedIdentifier": 1, "ExtensionIdentifier": "a.b"}, Extension("a.b")),
        ({"ExtensionComposedIdentifier": "a b", "ExtensionIdentifier": "a.b"}, None),
    ],
)
def test_which_extension_a_payload_names(
    content: dict[str, Value], extension: Extension | None
) -> None:
    assert named_extension(content) == extension


def test_what_the_merge_of_channels_leaves_out_is_kept_with_its_reason() -> None:
    shared: Value = {"AuthenticationMethod": "Password", "UseSharedDeviceKeys": True}
    found = activate(
        install_all(
            [
                profile(redirect(LOGIN, name="com.example.device")),
                profile(
                    redirect(ID, name="com.example.shared", PlatformSSO=shared),
                    channel=Channel.USER,
                ),
                profile(
                    redirect("https://u.example/", name="com.example.user"), channel=Channel.USER
                ),
            ],
            MAC,
        )
    )
    assert [payload.extension.bundle_id for payload in found.active] == ["com.example.user"]
    assert [(i.payload.extension.bundle_id, i.reason.value) for i in found.inactive] == [
        ("com.example.shared", "shared_device_keys_in_user_channel"),
        ("com.example.device", "replaced_by_user_channel"),
    ]


def test_a_payload_that_is_used_as_it_is_is_not_copied() -> None:
    installation = install_all([profile(redirect(LOGIN))], MAC)
    (payload,) = installation.payloads(Channel.DEVICE)
    assert activate(installation).active[0] is payload
