"""Laws that hold for every set of profiles, and the known answers that other validators miss."""

from __future__ import annotations

import io
import json
import random
import subprocess
import sys
import time
from importlib import resources
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from publicsuffixlist import PublicSuffixList

import ssoroute
from check_world import SSO, credential, declaration, domains, findings, profile, psso, redirect
from ssoroute.checks import check
from ssoroute.checks.rules import rules
from ssoroute.checks.suffixes import is_public_suffix
from ssoroute.checks.vendor_table import known_extensions
from ssoroute.loaders import load
from ssoroute.model.device import Device
from ssoroute.model.errors import DeviceError
from ssoroute.model.finding import Severity
from ssoroute.model.keys import keys
from ssoroute.model.profile import Profiles
from ssoroute.routing.router import Router

URLS: Final = (
    "https://login.example.com",
    "https://login.example.com/",
    "https://LOGIN.example.com/a",
    "https://login.example.com/A/",
    "http://login.example.com/a",
    "https://*.example.com/",
    "https://login.example.com/*/b",
    "https://login.example.com/*",
    "https://login.example.com:8443",
    "https://user:secret@login.example.com/",
    "https://appleid.apple.com/auth/authorize/x",
    "HTTPS://login.example.com/",
    "https://login.example.com/a/../b",
    "https://login.example.com/?x",
    "ftp://login.example.com/",
    "",
    7,
)
HOSTS: Final = (
    "example.com",
    "EXAMPLE.com",
    ".example.com",
    "www.example.com",
    ".www.example.com",
    "*.example.com",
    "https://example.com",
    "example.com:443",
    "example.com.",
    "::1",
    ".com",
    "bücher.example",
    "",
    7,
)
#: Every key in either spelling, and some that are none.
NAMES: Final = sorted(
    {
        name
        for key in keys().values()
        for path in (key.path, key.declaration)
        for name in path.split(".")
        if name
    }
    | {"URls", "Payload", "PayloadUUID", "AlwaysUseLoginUI", "\x7f", "a.b", "[0]"}
)
METHODS: Final = (None, "", "Password", "SmartCard", "OpenID", "Passkey", 7)


def lists(values: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.lists(st.sampled_from(values), max_size=3), st.sampled_from([None, "text", 7, {}])
    )


payloads = st.builds(
    lambda is_redirect, urls, hosts, extension, team, type_, method, shared, denied, behavior: (
        redirect if is_redirect else credential
    )(
        URLs=urls,
        Hosts=hosts,
        ExtensionIdentifier=extension,
        TeamIdentifier=team,
        **({"Type": type_} if type_ != "right" else {}),
        **(
            {"PlatformSSO": {"AuthenticationMethod": method, "UseSharedDeviceKeys": shared}}
            if method is not None
            else {}
        ),
        DeniedBundleIdentifiers=denied,
        ScreenLockedBehavior=behavior,
    ),
    st.booleans(),
    lists(URLS),
    lists(HOSTS),
    st.sampled_from(["com.example.a.sso", "com.example.b.sso", "", None, 7]),
    st.sampled_from(["EXAMPLE123", "", None, 7]),
    st.sampled_from(["right", "right", "right", "redirect", "", None, 7]),
    st.sampled_from(METHODS),
    st.booleans(),
    lists(("com.example.kiosk", "", 7)),
    st.sampled_from([None, "Cancel", "cancel", "", 7]),
)
sets = st.lists(
    st.tuples(
        st.lists(payloads, min_size=1, max_size=3),
        st.sampled_from(["System", "User"]),
        st.sampled_from(["one", "two", None]),
    ),
    min_size=1,
    max_size=3,
)
devices = st.sampled_from(
    [Device(), Device("macOS", "13.1"), Device("iOS", "17"), Device("visionOS", "1.0")]
)


def loaded(given_sets: list[Any]) -> Profiles:
    files = [
        profile(*content, name=f"{number}.mobileconfig", PayloadScope=scope, PayloadIdentifier=name)
        for number, (content, scope, name) in enumerate(given_sets)
    ]
    return load(*files)


@given(sets, devices)
def test_a_profile_is_refused_exactly_where_an_error_says_so(
    given_sets: list[Any], device: Device
) -> None:
    profiles = loaded(given_sets)
    found = check(profiles, [device])
    errors = {f.source for f in found if f.severity is Severity.ERROR}
    refusals = Router.from_profiles(profiles, device=device).refused
    for refusal in refusals:
        for problem in refusal.problems:
            inside = [e for e in errors if e.file == problem.source.file]
            assert any(
                e.path.startswith(problem.source.path) or problem.source.path.startswith(e.path)
                for e in inside
            ), (problem, found)
    refused = {refusal.profile.source.file for refusal in refusals}
    for finding in found:
        if finding.code in ("SSO101", "SSO102", "SSO110", "SSO201", "SSO401", "SSO402", "SSO406"):
            assert finding.source.file in refused, finding


@given(sets, devices)
def test_every_witness_is_what_the_router_says(given_sets: list[Any], device: Device) -> None:
    profiles = loaded(given_sets)
    router = Router.from_profiles(profiles, device=device)
    refused = {refusal.profile.source.file for refusal in router.refused}
    for finding in check(profiles, [device]):
        assert "secret" not in repr(finding)
        request = finding.witness
        if request is None or {finding.source.file} <= refused:
            continue
        decision = router.route(request.url, response_code=request.response_code)
        assert decision.rule is not None
        if decision.reason is ssoroute.Reason.SYSTEM_EXTENSION:
            assert finding.code in {"SSO404", "SSO405"}
        elif finding.code == "SSO202":
            assert decision.lookalike
            assert decision.rule.source == finding.source
        else:
            assert decision.rule.source in {finding.source, *finding.related}
            if finding.code in ("SSO403", "SSO404", "SSO405"):
                assert decision.rule.source in finding.related


@given(sets, devices)
def test_every_finding_is_one_of_the_table(given_sets: list[Any], device: Device) -> None:
    found = check(loaded(given_sets), [device, Device("macOS", "15")])
    assert len(set(found)) == len(found)
    for finding in found:
        assert finding.code in rules()
        assert finding.message == finding.message.strip()
        assert finding.message.isprintable()
        assert finding.hint.isprintable()


anything: Final = st.recursive(
    st.one_of(
        st.booleans(),
        st.integers(-9, 4000),
        st.floats(allow_nan=False, allow_infinity=False),
        st.binary(max_size=2),
        st.text("a.*/:@[]%${}<>\u00e9\x7f \u202e", max_size=6),
        st.sampled_from(["Redirect", "Password", "AccessKey", "OpenID", "https://h", ".com", ""]),
        st.datetimes(),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(NAMES), inner, max_size=4)
    ),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(NAMES), anything, max_size=8), devices)
def test_every_profile_gets_an_answer(content: dict[str, Any], device: Device) -> None:
    for payload in (content, {**redirect(), **content}, {**credential(), **content}):
        found = check(load(profile({**payload, "PayloadType": SSO})), [device])
        for finding in found:
            assert str(finding).isprintable()
            assert finding.line is None  # an open file has no lines


@given(st.dictionaries(st.sampled_from(NAMES), anything, max_size=8), devices)
def test_every_declaration_gets_an_answer(content: dict[str, Any], device: Device) -> None:
    kept = json.loads(json.dumps(content, default=str))
    for finding in check(load(declaration(**kept)), [device]):
        assert str(finding).isprintable()


def codes(*files: io.BytesIO, targets: tuple[str, ...] = ()) -> list[str]:
    return sorted(f.code for f in findings(*files, targets=targets) if f.severity != "info")


# Known answers that other validators miss.


def test_two_payloads_with_the_same_urls_in_one_profile() -> None:
    assert codes(profile(redirect(), redirect(ExtensionIdentifier="com.example.b.sso"))) == [
        "SSO401"
    ]


def test_hosts_with_a_star() -> None:
    assert codes(profile(credential("*.example.com", "example.com"))) == ["SSO302"]


def test_a_credential_payload_with_urls_misspelt_and_no_hosts() -> None:
    assert codes(profile(credential(Hosts=None, Urls=["https://login.example.com/"]))) == [
        "SSO105",
        "SSO110",
    ]


@pytest.mark.parametrize("type_", ["Redirect", "Credential"])
def test_nothing_is_said_of_extensions_that_nobody_knows(type_: str) -> None:
    payload = redirect() if type_ == "Redirect" else credential(Realm="lower.example")
    for team in ("EXAMPLE123", "apple", "UBF8T346G9", None):
        found = findings(profile({**payload, **({"TeamIdentifier": team} if team else {})}))
        assert not [f for f in found if f.code.startswith("SSO9")]


def test_the_table_of_vendors_holds_what_vendor_documents_confirm() -> None:
    assert known_extensions() == (
        "com.apple.AppSSOKerberos.KerberosExtension",
        "com.microsoft.CompanyPortalMac.ssoextension",
        "com.microsoft.azureauthenticator.ssoextension",
        "com.okta.mobile.auth-service-extension",
        "com.pingidentity.pingid.desktop.ssoe",
        "com.fleetdm.fleet-desktop.pssoextension",
        "com.iru.Access.SSOExtension",
    )


def test_a_sound_profile_is_clean() -> None:
    whole = profile(
        psso(EnableRegistrationDuringSetup=True, LoginPolicy=["RequireAuthentication"]),
        domains("authsrv:login.example.com"),
        credential("example.com", ".example.com", Realm="EXAMPLE.COM"),
    )
    assert codes(whole) == []


# Targets.


def test_a_finding_for_one_of_two_targets_names_it() -> None:
    found = findings(profile(redirect(TeamIdentifier=None)), targets=("macOS@15.4", "iOS@18"))
    (finding,) = [f for f in found if f.code == "SSO602"]
    assert finding.message == "`TeamIdentifier` is missing, and macOS 15.4 needs it"


def test_a_message_that_names_no_target_is_completed() -> None:
    user = {"PayloadScope": "User"}
    files = (profile(redirect()), profile(credential(), name="b.mobileconfig", **user))
    found = findings(*files, targets=("macOS@15.4", "macOS@10.15", "macOS@26"))
    (finding,) = [f for f in found if f.code == "SSO407"]
    assert finding.message.endswith("`com.example.app.sso (EXAMPLE123)` (macOS 15.4, macOS 26.0)")


def test_equal_targets_count_once() -> None:
    assert findings(profile(redirect()), targets=("macOS@15", "macos@15.0")) == findings(
        profile(redirect()), targets=("macOS@15",)
    )


@pytest.mark.parametrize("targets", ["macOS", ["tvOS"], ["macOS@x"]])
def test_a_target_that_does_not_exist(targets: Any) -> None:
    with pytest.raises(DeviceError):
        check([], targets)


def test_profiles_can_be_any_iterable_and_none() -> None:
    assert check([]) == []
    assert check(iter(load(profile(redirect())))) == check(load(profile(redirect())))


# Costs.


def test_the_time_grows_with_the_profiles_and_no_faster() -> None:
    def seconds(count: int) -> float:
        files = [
            profile(
                redirect(*(f"https://h{n}-{i}.example.com/t/" for i in range(10))),
                name=f"{n}.mobileconfig",
            )
            for n in range(count)
        ]
        profiles = load(*files)
        best = 1e9
        for _ in range(3):
            start = time.thread_time()
            check(profiles)
            best = min(best, time.thread_time() - start)
        return best

    seconds(20)
    assert seconds(400) < 4 * 3 * max(seconds(100), 0.02)


def test_the_time_grows_with_the_wildcards_and_no_faster() -> None:
    def seconds(count: int) -> float:
        first = redirect(*(f"https://h.example/x{n}/*/y" for n in range(count)))
        urls = [f"https://h.example/x{n}/*/z" for n in range(count)]
        second = redirect(*urls, ExtensionIdentifier="com.example.b.sso")
        profiles = load(profile(first, second))
        start = time.thread_time()
        found = check(profiles)
        assert sum(finding.code == "SSO207" for finding in found) == 2 * count
        return time.thread_time() - start

    seconds(50)
    assert seconds(4000) < 4 * 2.5 * max(seconds(1000), 0.05)


def test_importing_the_package_of_the_checks_loads_no_rule() -> None:
    script = (
        "import ssoroute.checks, sys;"
        "print([n for n in sys.modules"
        " if n == 'publicsuffixlist' or n.startswith('ssoroute.checks.')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_public_suffixes_are_loaded_only_where_a_suffix_is() -> None:
    data = profile(redirect(), credential("example.com")).getvalue()
    script = (
        "import sys; from ssoroute.loaders import load; from ssoroute.checks import check;"
        "check(load(sys.stdin.buffer)); print('publicsuffixlist' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], input=data, capture_output=True, check=True
    )
    assert done.stdout == b"False\n"


def test_public_suffixes_are_those_of_the_whole_list() -> None:
    """The rules of one top-level domain answer as all of them, in every spelling of a domain."""
    whole = PublicSuffixList(accept_unknown=False)
    text = resources.files("publicsuffixlist").joinpath("public_suffix_list.dat").read_text("utf-8")
    names = [line.strip("!*.") for line in text.splitlines() if line and line[:2] != "//"]
    international = [rule for rule in names if not rule.isascii()]
    assert len(international) > 100
    for rule in random.Random(1).sample(names, 300) + international:
        encoded = rule.encode("idna").decode()
        for domain in (rule, encoded, f"a.{encoded}", rule.partition(".")[2], f"{rule}."):
            assert is_public_suffix(domain) == whole.is_public(domain), domain
