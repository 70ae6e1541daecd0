"""The public names, types and JSON are a contract; they change with a major version only."""

from __future__ import annotations

import ast
import importlib
import json
from dataclasses import FrozenInstanceError, fields, is_dataclass, replace
from pathlib import Path

import pytest

import ssoroute
from written_json import no_match

ENTRA = Path(__file__).parent.parent / "examples" / "profiles" / "entra.mobileconfig"
LOGIN = "https://login.microsoftonline.com/common/oauth2/v2.0/authorize"


def test_public_names_are_sorted_and_there() -> None:
    assert sorted(ssoroute.__all__) == ssoroute.__all__
    for name in ssoroute.__all__:
        assert getattr(ssoroute, name) is not None


def test_every_public_name_comes_from_where_the_type_checker_sees_it() -> None:
    tree = ast.parse(Path(ssoroute.__file__).read_text(encoding="utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    seen = {
        alias.name: node.module
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert sorted(seen) == ssoroute.__all__
    for name, module in seen.items():
        assert module is not None
        assert getattr(ssoroute, name) is getattr(importlib.import_module(module), name)
    assert set(ssoroute.__all__) <= set(dir(ssoroute))
    with pytest.raises(AttributeError, match="`nothing`"):
        ssoroute.nothing  # noqa: B018 - asked for what is not there


def test_every_public_name_is_documented() -> None:
    for name in ssoroute.__all__:
        value = getattr(ssoroute, name)
        if isinstance(value, type) or callable(value):
            assert value.__doc__, name
            assert not value.__doc__.startswith(f"{name}("), name


@pytest.fixture
def router() -> ssoroute.Router:
    return ssoroute.Router.from_profiles(ssoroute.load(ENTRA), platform="macOS", version="15.4")


def test_a_decision(router: ssoroute.Router) -> None:
    decision = router.route(LOGIN, caller="com.apple.Safari")
    assert decision.outcome is ssoroute.Outcome.HANDLE
    assert decision.reason is ssoroute.Reason.URL_PREFIX
    assert decision.extension == ssoroute.Extension(
        bundle_id="com.microsoft.CompanyPortalMac.ssoextension", team_id="UBF8T346G9"
    )
    assert decision.rule is not None
    assert decision.rule.text == "https://login.microsoftonline.com"
    assert decision.rule.source == ssoroute.Source(str(ENTRA), "PayloadContent[0].URLs[0]")
    assert decision.lookalike is False


def test_equal_requests_get_the_same_decision(router: ssoroute.Router) -> None:
    assert router.route(LOGIN) is router.route(LOGIN + "?x")
    assert hash(router.route(LOGIN)) == hash(router.route(LOGIN))


def test_values_are_frozen(router: ssoroute.Router) -> None:
    decision = router.route(LOGIN)
    for value in (decision, decision.extension, decision.rule, router.device):
        assert is_dataclass(value)
        with pytest.raises(FrozenInstanceError):
            setattr(value, fields(value)[0].name, None)


def test_decision_json(router: ssoroute.Router) -> None:
    written = json.loads(json.dumps(router.route(LOGIN).to_json(LOGIN)))
    assert written == {
        "schema": 1,
        "url": LOGIN,
        "outcome": "handle",
        "reason": "url_prefix",
        "extension": {
            "bundle_id": "com.microsoft.CompanyPortalMac.ssoextension",
            "team_id": "UBF8T346G9",
        },
        "rule": {
            "text": "https://login.microsoftonline.com",
            "source": {"file": str(ENTRA), "path": "PayloadContent[0].URLs[0]"},
        },
        "lookalike": False,
        "notes": [
            {
                "code": "domain_unknown",
                "text": "provided authsrv:login.microsoftonline.com validates",
                "authority": "documented",
            }
        ],
    }


def test_decision_json_where_nothing_matched(router: ssoroute.Router) -> None:
    assert router.route("https://h/").to_json("https://h/") == no_match("https://h/")


def test_refused_profiles_name_code_places_and_witness() -> None:
    profiles = [*ssoroute.load(ENTRA), *ssoroute.load(ENTRA.read_bytes())]
    first, second = profiles
    router = ssoroute.Router.from_profiles([first, replace(second, identifier="another")])
    (refusal,) = router.refused
    assert refusal.code == 54005
    assert refusal.domain == "MCExtensibleSingleSignOnErrorDomain"
    problem = refusal.problems[0]
    assert str(problem.source) == "<bytes>: PayloadContent[0].URLs[0]"
    assert str(problem.other) == f"{ENTRA}: PayloadContent[0].URLs[0]"
    assert problem.witness == ssoroute.Request("https://login.microsoftonline.com")
    assert len(refusal.problems) == 7


@pytest.mark.parametrize(
    ("platform", "version", "message"),
    [
        ("tvOS", "15", "unknown platform `tvOS`; known are macOS, iOS, iPadOS and visionOS"),
        (
            "macOS",
            "15.x",
            (
                "malformed version `15.x`; a version is numbers with dots between them,"
                " such as 15.4 (the newest known are macOS 27.2, iOS 27.0, visionOS 27.0)"
            ),
        ),
    ],
)
def test_an_unknown_device_is_an_error_that_lists_what_is_known(
    platform: str, version: str, message: str
) -> None:
    with pytest.raises(ssoroute.DeviceError) as caught:
        ssoroute.Router.from_profiles([], platform=platform, version=version)
    assert str(caught.value) == message


@pytest.mark.parametrize("platform", ["macos", "MACOS", "iPadOS", "IOS", "visionos"])
def test_a_platform_is_named_in_any_case(platform: str) -> None:
    assert ssoroute.Router.from_profiles([], platform=platform).device.version >= (
        ssoroute.Version.parse("27")
    )


@pytest.mark.parametrize(
    "url",
    ["", ":", "://", "\ud800", "\0", "https://", "ssoid://", "realm://", "host://", "a" * 70_000],
)
@pytest.mark.parametrize("code", [0, 401, -1, 10**30])
def test_every_string_gets_an_answer(router: ssoroute.Router, url: str, code: int) -> None:
    assert router.route(url, response_code=code).reason is ssoroute.Reason.NO_MATCH
    assert router.explain(url, response_code=code).decision == router.route(url, None, code)


def test_a_miss_does_not_hide_what_system_callers_ask() -> None:
    """A world without URL prefixes: an ordinary miss first, then the special schemes."""
    kerberos = ENTRA.with_name("kerberos.mobileconfig")
    router = ssoroute.Router.from_profiles(
        ssoroute.load(kerberos), device=ssoroute.Device(apple_account_urls=[])
    )
    for _ in range(2):
        assert router.route("https://h/").outcome is ssoroute.Outcome.DO_NOT_HANDLE
        assert router.route("").outcome is ssoroute.Outcome.DO_NOT_HANDLE
        for url in (
            "ssoid://com.apple.AppSSOKerberos.KerberosExtension",
            "host://www.example.com",
            "realm://example.com",
            "realm://0",
        ):
            assert router.route(url).outcome is ssoroute.Outcome.HANDLE
