"""Rows are asked of the router; mismatches, coverage, and why a row failed."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from cli_world import CREDENTIAL, REDIRECT, SSO, corp, write_profile
from ssoroute import Router, load
from ssoroute.testing import (
    Coverage,
    TableError,
    TableResult,
    assert_route,
    load_table,
    run_table,
)
from ssoroute.testing.coverage import percent
from ssoroute.testing.failure import failure_text

__all__ = ["corp"]

LOGIN = "https://login.example.com/"
pytestmark = pytest.mark.usefixtures("corp")


def ran(*rows: dict[str, Any], **members: object) -> TableResult:
    document = {"profiles": "corp.mobileconfig", "routes": rows} | members
    Path("t.routes.json").write_text(json.dumps(document))
    return run_table(load_table("t.routes.json"))


def mismatches(row: dict[str, Any]) -> list[str]:
    (result,) = ran(row).rows
    assert result.passed == (not result.mismatches) == (result.explanation is None)
    return [str(mismatch) for mismatch in result.mismatches]


EXPECTED: list[tuple[dict[str, Any], list[str]]] = [
    ({"url": LOGIN, "outcome": "handle", "reason": "url_prefix"}, []),
    ({"url": LOGIN, "extension": SSO, "rule": "https://login.example.com"}, []),
    ({"url": LOGIN, "extension": {"bundle_id": SSO}}, []),
    ({"url": LOGIN, "extension": {"bundle_id": SSO, "team_id": "EXAMPLE123"}}, []),
    ({"url": "https://x.org", "extension": False, "rule": False}, []),
    ({"url": "ssoid://" + SSO, "extension": SSO, "rule": False}, []),
    ({"url": LOGIN, "caller": SSO, "reason": "caller_is_extension"}, []),
    ({"url": LOGIN, "screen_locked": True, "outcome": "cancel"}, []),
    ({"url": "https://a.example.com", "response_code": 407, "rule": ".example.com"}, []),
    (
        {
            "url": LOGIN,
            "outcome": "cancel",
            "reason": "host",
            "extension": False,
            "rule": False,
        },
        [
            "outcome: expected cancel, found handle",
            "reason: expected host, found url_prefix",
            f"extension: expected none, found {SSO} (EXAMPLE123)",
            "rule: expected none, found https://login.example.com",
        ],
    ),
    ({"url": LOGIN, "extension": "x"}, [f"extension: expected x, found {SSO}"]),
    (
        {"url": LOGIN, "extension": {"bundle_id": SSO, "team_id": "X"}},
        [f"extension: expected {SSO} (X), found {SSO} (EXAMPLE123)"],
    ),
    ({"url": "https://x.org", "extension": SSO}, [f"extension: expected {SSO}, found none"]),
    ({"url": LOGIN, "rule": LOGIN}, [f"rule: expected {LOGIN}, found https://login.example.com"]),
]


@pytest.mark.parametrize(("row", "wrong"), EXPECTED, ids=range(len(EXPECTED)))
def test_what_is_expected_is_compared(row: dict[str, Any], wrong: list[str]) -> None:
    assert mismatches(row) == wrong


def test_the_device_and_the_matching_of_the_table_count() -> None:
    row = {"url": "https://login.example.com.evil.net/", "reason": "not_strict"}
    assert ran(row).failed
    assert not ran(row, matching="strict").failed
    row = {"url": LOGIN, "reason": "no_match"}
    assert ran(row).failed
    assert not ran(row, device={"platform": "macOS", "version": "10.14"}).failed
    assert ran(row, channel="user", device={"version": "11.0"}).failed
    assert not ran(row, channel="user", device={"version": "10.15"}).failed


def test_a_profile_that_cannot_be_read_ends_the_table() -> None:
    # Half of the profiles would prove nothing.
    row = {"url": LOGIN, "outcome": "handle"}
    with pytest.raises(TableError) as caught:
        ran(row, profiles=["corp.mobileconfig", "missing"])
    (line,) = caught.value.problems
    assert line.startswith("t.routes.json: profiles: missing: error: cannot be read")
    Path("junk").write_text("junk")
    with pytest.raises(TableError):
        ran(row, profiles=["junk"])


def test_no_profile_at_all_is_an_answer() -> None:
    Path("empty.plist").write_text("<plist><dict><key>_computerlevel</key><array/></dict></plist>")
    result = ran({"url": LOGIN, "reason": "no_match"}, profiles="empty.plist")
    assert not result.failed
    assert result.findings
    assert Coverage.of([result]).share == 1


def uses(*rows: dict[str, Any], **members: object) -> set[str]:
    coverage = Coverage.of([ran(*rows, **members)])
    return {f"{item.kind} {item.text}" for item in coverage.used}


def test_coverage_counts_prefixes_hosts_and_denied_callers() -> None:
    denied = REDIRECT | {"DeniedBundleIdentifiers": ["com.a", "com.b", "com.a"]}
    write_profile(Path("corp.mobileconfig"), denied, CREDENTIAL)
    login = {"url": LOGIN, "outcome": "handle"}
    result = ran(login, login, login | {"caller": "com.b", "outcome": "do_not_handle"})
    coverage = Coverage.of([result])
    assert [str(item) for item in coverage.used] == [
        "url_prefix https://login.example.com in corp.mobileconfig: PayloadContent[0].URLs[0]",
        "denied_caller com.b in corp.mobileconfig: PayloadContent[0].DeniedBundleIdentifiers[1]",
    ]
    assert [f"{item.kind} {item.text}" for item in coverage.unused] == [
        "url_prefix https://id.example.com/t/",
        "denied_caller com.a",
        "host .example.com",
    ]
    assert (coverage.total, coverage.share) == (5, Fraction(2, 5))


def test_a_denied_caller_is_used_where_it_decides() -> None:
    denied = REDIRECT | {"DeniedBundleIdentifiers": ["com.a"]}
    kerberos = CREDENTIAL | {"DeniedBundleIdentifiers": ["com.a"]}
    write_profile(Path("corp.mobileconfig"), denied, kerberos)
    no = {"caller": "com.a", "outcome": "do_not_handle"}
    prefix = "url_prefix https://login.example.com"
    assert uses({"url": LOGIN} | no) == {prefix, "denied_caller com.a"}
    assert uses({"url": "ssoid://" + SSO} | no) == {"denied_caller com.a"}
    assert uses({"url": "https://x.org/"} | no) == set()
    coverage = Coverage.of([ran({"url": "realm://EXAMPLE.COM"} | no)])
    (caller,) = coverage.used
    assert caller.source.path == "PayloadContent[1].DeniedBundleIdentifiers[0]"
    # Documented: macOS takes DeniedBundleIdentifiers from 12.0 on.
    old = Coverage.of([ran({"url": LOGIN, "outcome": "handle"}, device={"version": "11.0"})])
    assert old.total == 3


def test_a_rule_is_used_also_where_the_row_failed_or_was_not_handled() -> None:
    row = {"url": LOGIN, "screen_locked": True, "outcome": "handle"}
    assert uses(row) == {"url_prefix https://login.example.com"}


def test_what_is_inactive_is_not_counted() -> None:
    row = {"url": LOGIN, "reason": "no_match"}
    result = ran(row, device={"installed_extensions": ["com.example.kerberos"]})
    assert Coverage.of([result]).total == 1


def test_the_prefixes_of_the_system_are_not_counted() -> None:
    row = {"url": "https://appleid.apple.com/auth/authorize", "reason": "system_extension"}
    assert uses(row) == set()


def test_tables_are_counted_together_whatever_they_call_the_file() -> None:
    Path("sub").mkdir()
    Path("sub/link").symlink_to(Path("corp.mobileconfig").resolve())
    first = ran({"url": LOGIN, "outcome": "handle"})
    second = ran({"url": "https://id.example.com/t/", "outcome": "handle"}, profiles="sub/link")
    assert (Coverage.of([first]).share, Coverage.of([second]).share) == (Fraction(1, 3),) * 2
    assert Coverage.of([first, second]).share == Fraction(2, 3)
    assert Coverage.of([]).share == 1


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (Fraction(0), "0"),
        (Fraction(1), "100"),
        (Fraction(1, 2), "50"),
        (Fraction(1, 8), "12.5"),
        (Fraction(1, 3), "33.33"),
        (Fraction(2, 3), "66.66"),
        (Fraction(10**9 - 1, 10**9), "99.99"),
        (Fraction(1, 10**9), "0"),
        (Fraction(801, 10000), "8.01"),
    ],
)
def test_a_percentage_is_rounded_down(share: Fraction, text: str) -> None:
    assert percent(share) == text


def test_a_failure_tells_the_way_of_the_request() -> None:
    row = {
        "url": "HTTPS://id.example.com/T",
        "caller": "com.a\x1b",
        "response_code": 200,
        "screen_locked": True,
        "user_interface_enabled": False,
        "background_session": True,
        "outcome": "handle",
    }
    (failed,) = ran(row, device={"version": "15.4"}).failed
    assert failure_text(failed) == (
        "outcome: expected handle, found do_not_handle\n"
        "HTTPS://id.example.com/T, response code 200 (counts as 0), caller com.a\\x1b,"
        " screen locked, no user interface, background session\n"
        "  a browser requests https://id.example.com/T\n"
        "  do_not_handle (no_match)\n"
        "  on macOS 15.4, matching `system`\n"
        f"  not matched: {SSO} (EXAMPLE123), Redirect: no prefix begins the URL [observed]\n"
        "    nearest: https://id.example.com/t/ agrees up to `https://id.example.com/T`"
    )


def test_a_failure_tells_who_took_the_request_and_who_should_have() -> None:
    write_profile(
        Path("corp.mobileconfig"),
        REDIRECT | {"URLs": ["https://login.example.com"], "ExtensionIdentifier": "com.first"},
        REDIRECT | {"URLs": ["https://login.example.com/a"], "ExtensionIdentifier": "com.second"},
        REDIRECT | {"URLs": ["https://third.example.com"], "ExtensionIdentifier": "com.third"},
    )
    (failed,) = ran({"url": LOGIN + "a", "extension": "com.third"}).failed
    assert failure_text(failed).splitlines()[5:] == [
        (
            "  selected: com.first (EXAMPLE123), Redirect:"
            " https://login.example.com begins the URL [observed]"
        ),
        (
            "  not reached: com.second (EXAMPLE123), Redirect: an earlier one was selected;"
            " https://login.example.com/a would also match [observed]"
        ),
        "  not reached: com.third (EXAMPLE123), Redirect: an earlier one was selected [observed]",
    ]


def test_a_failure_tells_the_question_that_ended_the_request() -> None:
    (failed,) = ran({"url": LOGIN, "caller": SSO, "outcome": "handle"}).failed
    assert failure_text(failed).endswith(
        "\n  is the caller the extension itself (Redirect only)? yes [observed]"
    )


def test_a_failure_stays_short() -> None:
    payloads = [REDIRECT | {"URLs": [f"https://h{number}.example.com"]} for number in range(20)]
    write_profile(Path("corp.mobileconfig"), *payloads)
    (failed,) = ran({"url": "https://h17.example.co/", "outcome": "handle"}).failed
    lines = failure_text(failed).splitlines()
    assert len(lines) == 4 + 5 + 1 + 1  # the nearest miss of the first only
    assert lines[5] == (
        "    nearest: https://h17.example.com agrees up to `https://h17.example.co`"
    )
    assert lines[-1] == "  and 15 more, see `ssoroute explain`"


def test_a_failure_without_any_payload() -> None:
    Path("empty.plist").write_text("<plist><dict><key>_computerlevel</key><array/></dict></plist>")
    (failed,) = ran({"url": LOGIN, "outcome": "handle"}, profiles="empty.plist").failed
    assert failure_text(failed).endswith("\n  no payload is installed")


def test_assert_route_returns_the_decision_or_tells_why_not() -> None:
    router = Router.from_profiles(load("corp.mobileconfig"))
    decision = assert_route(router, LOGIN, outcome="handle", extension=SSO)
    assert decision == router.route(LOGIN)
    with pytest.raises(AssertionError) as caught:
        assert_route(router, LOGIN, caller=SSO, reason="url_prefix", rule=False)
    assert str(caught.value).splitlines()[:3] == [
        "reason: expected url_prefix, found caller_is_extension",
        "rule: expected none, found https://login.example.com",
        f"{LOGIN}, caller {SSO}",
    ]


def test_assert_route_routes_as_a_browser_unless_told_otherwise() -> None:
    router = Router.from_profiles(load("corp.mobileconfig"))
    assert_route(router, "https://id.example.com/x/../t/", outcome="handle")
    assert_route(router, "https://id.example.com/x/../t/", spelling="app", reason="no_match")


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({}, TypeError, "nothing is expected; give at least one of outcome, reason"),
        ({"outcome": "handel"}, ValueError, "unknown outcome 'handel'; known are handle, do_not_"),
        ({"reason": ""}, ValueError, "unknown reason ''; known are url_prefix, host,"),
        ({"rule": False, "spelling": "x"}, ValueError, "unknown spelling 'x'; known are"),
    ],
)
def test_assert_route_refuses_what_nothing_can_meet(
    arguments: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        assert_route(Router.from_profiles([]), LOGIN, **arguments)
