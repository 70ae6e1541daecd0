"""A pickled router or explanation gives the same answers, and holds no secret."""

from __future__ import annotations

import pickle
from dataclasses import replace
from typing import Any

import pytest

from loading_samples import REDIRECT, profile, xml
from ssoroute.install.installation import install_all
from ssoroute.loaders import load
from ssoroute.model.device import Device
from ssoroute.model.finding import LoadError
from ssoroute.model.platforms import parse_os
from ssoroute.model.profile import Profiles
from ssoroute.routing.router import Router

SECRET = "S3CR3T-do-not-send"
MICROSOFT = "com.microsoft.azureauthenticator.ssoextension"
LOGIN = "https://login.example.com/"
BASE: dict[str, Any] = {
    "PayloadType": "com.apple.extensiblesso",
    "Type": "Redirect",
    "ExtensionIdentifier": MICROSOFT,
    "TeamIdentifier": "UBF8T346G9",
    "URLs": [LOGIN],
}
SSO = {"PlatformSSO": {"AuthenticationMethod": "Password", "RegistrationToken": SECRET}}

PAYLOADS: dict[str, dict[str, Any]] = {
    "token": {**BASE, **SSO, "RegistrationToken": SECRET},
    "extension data": {**BASE, "ExtensionData": {"secret": SECRET, "AppAllowList": "com.a"}},
    "unknown key": {**BASE, "Token": SECRET, "PlatformSSO": {"Token": SECRET}},
    "wrong Platform SSO": {**BASE, "PlatformSSO": [{"RegistrationToken": SECRET}]},
    "refused": {**BASE, "URLs": ["no URL"], "ExtensionData": {"secret": SECRET}},
    "refused for its token": {**BASE, "RegistrationToken": [SECRET]},
}


def loaded(payload: dict[str, Any]) -> Profiles:
    return load(xml(profile(payload)))


@pytest.mark.parametrize("name", PAYLOADS)
@pytest.mark.parametrize("os", ["macOS@27.0", "macOS@13.0", "macOS@10.14", "iOS@18.0"])
def test_a_pickle_holds_no_secret(name: str, os: str) -> None:
    platform, version = parse_os(os)
    router = Router.from_profiles(loaded(PAYLOADS[name]), platform=platform, version=version)
    explanation = router.explain(LOGIN, "com.a")
    for value in (router, explanation):
        assert SECRET.encode() not in pickle.dumps(value)
    copy = pickle.loads(pickle.dumps(router))
    assert copy.explain(LOGIN, "com.a").to_json() == explanation.to_json()
    again = pickle.loads(pickle.dumps(explanation))
    assert again.to_json() == explanation.to_json()
    assert [refusal.to_json() for refusal in copy.refused] == [
        refusal.to_json() for refusal in router.refused
    ]


def test_a_replaced_profile_leaves_its_keys_behind() -> None:
    old = loaded({**BASE, "ExtensionData": {"secret": SECRET}})[0]
    new = replace(loaded(BASE)[0], identifier=old.identifier)
    router = Router(install_all([old, new], Device()))
    assert len(router.installation.replaced) == 1
    assert SECRET.encode() not in pickle.dumps(router)


def test_what_has_no_secret_stays_as_it_is() -> None:
    router = Router.from_profiles(load(xml(profile(REDIRECT | {"ExtensionData": {}}))))
    copy = pickle.loads(pickle.dumps(router))
    (payload,) = router.activation.active
    assert copy.activation.active == (replace(payload, registration_token=None),)


def test_an_error_keeps_its_findings() -> None:
    with pytest.raises(LoadError) as caught:
        load(b"no profile")
    copy = pickle.loads(pickle.dumps(caught.value))
    assert copy.findings == caught.value.findings != ()
    assert str(copy) == str(caught.value)
    assert str(LoadError([])) == "nothing to load"
