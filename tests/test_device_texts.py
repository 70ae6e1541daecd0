"""The texts that a device's tools print: what each parser takes from them, odd forms, hostile ones.

The samples are made up after descriptions; no public dump of a device with SSO profiles is known.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssoroute.loaders.app_sso import read_app_sso
from ssoroute.loaders.findings import Report
from ssoroute.loaders.log_events import read_log
from ssoroute.loaders.pluginkit import read_pluginkit
from ssoroute.loaders.rmd_inspect import read_rmd_inspect
from ssoroute.loaders.sw_vers import read_sw_vers
from ssoroute.loaders.swcutil import read_swcutil
from ssoroute.model.source import Source

HERE = Source("x.txt")
LINE = "-" * 80


def entry(**fields: str) -> str:
    names = {
        "service": "Service",
        "app": "App ID",
        "domain": "Domain",
        "user": "User Approval",
        "site": "Site/Fmwk Approval",
        "checked": "Last Checked",
        "error": "Error",
    }
    given = {
        "service": "authsrv",
        "app": "ABCDE12345.com.example.app",
        "domain": "login.example.com",
        "user": "unspecified",
        "site": "approved",
    } | fields
    lines = [f"{names[key] + ':':<22}{value}" for key, value in given.items() if value != "-"]
    return "\n".join([LINE, *lines, ""])


def approvals(text: str | bytes) -> tuple[Sequence[tuple[str, str, str | None]], list[str]]:
    report = Report()
    data = text if isinstance(text, bytes) else text.encode()
    found = [(e.app_id, e.host, e.approval) for e in read_swcutil(data, HERE, report)]
    return found, [f"{f.source}: {f.message}" for f in report.findings]


APP = "ABCDE12345.com.example.app"
HOST = "login.example.com"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (entry(), [(APP, HOST, "approved")]),
        (entry(site="denied"), [(APP, HOST, "not_approved")]),
        (entry(site="unspecified"), [(APP, HOST, None)]),
        (entry(site="zugelassen"), [(APP, HOST, None)]),
        (entry(user="denied"), [(APP, HOST, "not_approved")]),
        (entry(user="approved"), [(APP, HOST, "approved")]),
        (entry(user="-"), [(APP, HOST, "approved")]),
        (entry(domain="Login.Example.com:8443"), [(APP, "login.example.com:8443", "approved")]),
        (entry(domain="login.example.com?mode=managed"), [(APP, HOST, "approved")]),
        (entry(domain="login.example.com?mode=developer+managed"), [(APP, HOST, "approved")]),
        (entry(service="applinks"), []),
        (entry(checked="1. Januar 2026 um 03:04:05 MEZ"), [(APP, HOST, "approved")]),
        (entry().replace(" " * 6, " "), [(APP, HOST, "approved")]),
        (entry().replace("\n", "\r\n"), [(APP, HOST, "approved")]),
        ("==== DATABASE ====\n(empty)\n", []),
        (
            (
                f"==== NEW SECTION ====\nWhat: ever\n==== DATABASE ====\n{entry()}{LINE}\n"
                "==== NETWORK ====\nService: authsrv of the network\n"
            ),
            [(APP, HOST, "approved")],
        ),
        (
            entry() + entry(app="ABCDE12345.com.example.app.sso", domain="id.example.com"),
            [(APP, HOST, "approved"), (f"{APP}.sso", "id.example.com", "approved")],
        ),
        ("", []),
    ],
)
def test_swcutil(text: str, wanted: list[tuple[str, str, str | None]]) -> None:
    assert approvals(text) == (wanted, [])


def test_swcutil_names_the_line_that_decides() -> None:
    (found,) = read_swcutil(entry(user="denied").encode(), HERE, Report())
    assert str(found.source) == "x.txt: line 5"
    (found,) = read_swcutil(entry(domain="a.example?mode=managed").encode(), HERE, Report())
    assert (str(found.source), found.mode) == ("x.txt: line 6", "managed")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (entry(app="-"), "x.txt: line 2: an entry without `App ID:` is ignored"),
        (entry(domain="-"), "x.txt: line 2: an entry without `Domain:` is ignored"),
        (
            entry(app="nothing"),
            ("x.txt: line 3: `nothing` is not an App ID such as `TEAM.bundle.id`; ignored"),
        ),
        (entry(domain="a b"), "x.txt: line 4: `a b` is not a host; ignored"),
        (
            entry(site="-"),
            ("x.txt: line 2: an entry without `Site/Fmwk Approval:`, so its approval is unknown"),
        ),
    ],
)
def test_swcutil_reports_what_it_does_not_understand(text: str, message: str) -> None:
    good = entry(domain="good.example.com")
    found, messages = approvals(text + good)
    assert messages == [message]
    assert (APP, "good.example.com", "approved") in found


def test_a_truncated_swcutil_keeps_what_is_whole() -> None:
    data = (entry() + entry(domain="über.example")).encode()
    for length in range(len(data)):
        approvals(data[:length])
    found, _ = approvals(data[:-90])
    assert found[0] == (APP, HOST, "approved")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("+    com.example.app.sso(1.2)\n", [("com.example.app.sso", True)]),
        ("     com.example.app.sso(1.2)\n (1 plug-in)\n", [("com.example.app.sso", True)]),
        ("-    com.example.app.sso((null))\n", [("com.example.app.sso", False)]),
        (
            "!    com.example.app.sso(1)\n?    com.example.b.c(2)\n",
            [("com.example.app.sso", True), ("com.example.b.c", True)],
        ),
        (
            "+    com.example.app.sso(1.2)\t0A1B-2C\t2026-01-02\t/Applications/A B.app\n",
            [("com.example.app.sso", True)],
        ),
        (
            (
                "     com.example.app.sso(1.2)\r\n            Path = /Applications/A.app\r\n"
                "            Parent Bundle = /A = B\r\n"
            ),
            [("com.example.app.sso", True)],
        ),
        ("(no matches)\n", []),
    ],
)
def test_pluginkit(text: str, wanted: list[tuple[str, bool]]) -> None:
    report = Report()
    found = read_pluginkit(text.encode(), HERE, report)
    assert [(e.bundle_id, e.usable) for e in found] == wanted
    assert report.findings == []


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("ProductName:\tmacOS\nProductVersion:\t15.4.1\nBuildVersion:\t24E263\n", "macOS 15.4.1"),
        ("ProductName: Mac OS X\r\nProductVersion: 10.15.7\r\n", "macOS 10.15.7"),
        ("ProductName:\t\tiPhone OS\nProductVersion:\t\t18.2\n", "iOS 18.2"),
        (
            "ProductName: iPad\nProductVersion: 18.2",
            ("x.txt: line 1: `ProductName` is `iPad`, which is not a platform with SSO"),
        ),
        ("hello", "x.txt: not the output of `sw_vers`: no `ProductName:`"),
        (
            "ProductName: macOS\nProductVersion:",
            ("x.txt: not the output of `sw_vers`: no `ProductVersion:`"),
        ),
    ],
)
def test_sw_vers(text: str, wanted: str) -> None:
    report = Report()
    found = read_sw_vers(text.encode(), HERE, report)
    messages = [f"{f.source}: {f.message}" for f in report.findings]
    assert (f"{found.platform} {found.version}" if found else messages[0]) == wanted


PLATFORM_SSO = """Time: 2026-01-02 03:04:05 +0000
Device Configuration:
 {
  "extensionIdentifier" : "com.example.app.sso",
  "loginType" : "POLoginTypePassword (1)",
  "registrationCompleted" : true,
  "sharedDeviceKeys" : false
}
Login Configuration:
(null)
User Configuration:
 { "userName": "jdoe" }
SSO Tokens:
(null)
"""


def test_app_sso() -> None:
    found = read_app_sso(PLATFORM_SSO.encode(), HERE, Report())
    assert found is not None
    assert (found.extension_identifier, found.login_type, found.registration_completed) == (
        "com.example.app.sso",
        "POLoginTypePassword",
        True,
    )
    assert str(found.source) == "x.txt: line 2"
    assert "jdoe" not in repr(found)


def test_app_sso_without_a_configuration_or_cut() -> None:
    assert read_app_sso(b"Device Configuration:\n(null)\n", HERE, Report()) is None
    report = Report()
    assert read_app_sso(PLATFORM_SSO[:120].encode(), HERE, report) is None
    (finding,) = report.findings
    assert finding.message == "what follows `Device Configuration:` is not a JSON object"


RMD = """{
    configurations =     (
                {
            active = 1;
            "declaration-type" = "com.apple.configuration.extensible-sso";
            identifier = "com.example.sso";
            serverToken = "token-1";
        },
                {
            active = 0;
            "declaration-type" = "com.apple.configuration.passcode.settings";
        }
    );
}"""


def test_rmd_inspect() -> None:
    (found,) = read_rmd_inspect(RMD.encode(), HERE, Report())
    assert (found.identifier, found.active, found.server_token) == (
        "com.example.sso",
        True,
        "token-1",
    )
    assert str(found.source) == "x.txt: configurations[0]"


def test_logs() -> None:
    lines = [
        "2026-01-02|1|I|Handling SSO request, requested operation: get https://a.example/x?y",
        "2026-01-02|1|I|value in config SECRET",
        "2026-01-02|1|I|Ignoring this SSO request...",
        '{"eventMessage":"The requested URL is not registered for AppSSO handling"}',
        "Attempting to perform auth without a user gesture.",
        "something else",
    ]
    log = "\n".join(lines)
    found = [(str(e.kind), e.hosts, e.source.path) for e in read_log(log.encode(), HERE)]
    assert found == [
        ("handled", ("a.example",), "line 1"),
        ("ignored", ("a.example",), "line 3"),
        ("not_registered", (), "line 4"),
        ("no_gesture", (), "line 5"),
    ]


READERS: list[Callable[[bytes], object]] = [
    lambda data: read_swcutil(data, HERE, Report()),
    lambda data: read_pluginkit(data, HERE, Report()),
    lambda data: read_sw_vers(data, HERE, Report()),
    lambda data: read_app_sso(data, HERE, Report()),
    lambda data: read_rmd_inspect(data, HERE, Report()),
    lambda data: list(read_log(data, HERE)),
]


@given(st.binary(max_size=60), st.integers(0, 400))
def test_any_bytes_are_answered(data: bytes, cut: int) -> None:
    for start in ((entry() + PLATFORM_SSO).encode()[:cut], RMD.encode()[:cut]):
        for read in READERS:
            read(start + data)


@pytest.mark.parametrize(
    "data",
    [
        b" " * 300_000,
        b"a " * 150_000,
        b"-" * 300_000,
        b"((" * 9,
        b"= " * 150_000,
        b":\n" * 100_000,
        b"https://" * 30_000,
        b"com.a." * 50_000,
    ],
)
def test_long_lines_are_answered_soon(data: bytes) -> None:
    for read in READERS:
        start = time.perf_counter()
        read(data)
        assert time.perf_counter() - start < 5
