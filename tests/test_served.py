"""What a service has installed: it does not grow with the number of installations."""

from __future__ import annotations

import pytest

from check_world import profile, redirect
from ssoroute.loaders import load
from ssoroute.model.device import given_device
from ssoroute.model.profile import Profile
from ssoroute.service.configuration import Configuration, Served

LOGIN, ID = "https://login.example.com/", "https://id.example.com/"


def one(*urls: str, name: str) -> Profile:
    """A profile with the identifier `name`, which claims `urls`."""
    (loaded,) = load(profile(redirect(*urls), PayloadIdentifier=name))
    return loaded


def names(served: Served) -> list[str | None]:
    """The identifiers of all profiles of the configuration, refused ones too."""
    return [item.identifier for item in served.current.profiles]


@pytest.fixture(params=["macOS@15.4", "iOS@18"])
def served(request: pytest.FixtureRequest) -> Served:
    """A service with one profile in a file, which claims `ID`."""
    files = Configuration((one(ID, name="file"),), given_device(None, os=request.param))
    return Served(lambda: files)


def test_an_update_forgets_the_older_version(served: Served) -> None:
    for number in range(5):
        served.install([one(f"{LOGIN}{number}", name="a")])
        assert served.current.router.route(f"{LOGIN}{number}").outcome == "handle"
        assert served.current.router.route(f"{LOGIN}{number - 1}").outcome == "do_not_handle"
    served.install([one(LOGIN, name="b")])
    assert names(served) == ["file", "a", "b"]
    for _ in range(3):
        served.install([one(LOGIN, name="b")])
    served.install([one("https://c.example/", name="c")])
    assert names(served) == ["file", "a", "b", "c"]


def test_a_refused_profile_is_shown_until_the_next_one_comes(served: Served) -> None:
    for _ in range(3):
        served.install([one(ID, name="a")])
        assert names(served) == ["file", "a"]
        assert len(served.current.router.refused) == 1
    served.install([one(LOGIN, name="b")])
    assert names(served) == ["file", "b"]
    assert served.remove("b")
    assert not served.remove("a")


def test_an_update_of_a_profile_of_a_file_stays(served: Served) -> None:
    served.install([one(LOGIN, name="file")])
    served.install([one(ID, name="a")])
    assert names(served) == ["file", "file", "a"]
    assert served.current.router.route(ID).outcome == "handle"
    assert served.remove("file")
    assert [item.profile.identifier for item in served.current.router.refused] == ["a"]
