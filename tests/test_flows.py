"""The parts of the mitmproxy addon that run without it: records, callers, changed files."""

from __future__ import annotations

import json
import logging
import os
import plistlib
from pathlib import Path
from typing import Any

import pytest

from cli_world import CREDENTIAL, REDIRECT, invoke, write_profile
from ssoroute import Router
from ssoroute import load as load_profiles
from ssoroute.integrations import flow_record
from ssoroute.integrations.caller_map import CallersError, app_of_process, read_callers
from ssoroute.integrations.watched_setup import Notice, SetupError, Spec, Watched
from written_json import plain_request

LOGIN = "https://login.example.com/"
INTRANET = "https://intranet.example.com/"


@pytest.fixture
def router(tmp_path: Path) -> Router:
    path = write_profile(
        tmp_path / "corp.mobileconfig",
        {**REDIRECT, "DeniedBundleIdentifiers": ["com.example.kiosk"]},
        CREDENTIAL,
    )
    return Router.from_profiles(load_profiles(path))


def test_a_record_is_a_decision_with_its_request(router: Router) -> None:
    record = flow_record.record_load(router, "https://login.example.com/x/../", None, "browser")
    decision = router.route(LOGIN).to_json("https://login.example.com/x/../")
    assert record == {
        **decision,
        "request": plain_request(LOGIN),
        "load": None,
    }
    assert record["outcome"] == "handle"
    assert flow_record.taken(record)


@pytest.mark.parametrize(
    ("url", "spelling", "routed"),
    [
        ("https://h:443/a/../b", "browser", "https://h/b"),
        ("https://h:443/a/../b", "app", "https://h:443/a/../b"),
        ("https://exa mple/", "browser", "https://exa mple/"),  # not a URL to a browser
    ],
)
def test_the_spelling_of_a_record(router: Router, url: str, spelling: str, routed: str) -> None:
    record = flow_record.record_load(router, url, None, spelling)
    assert (record["url"], record["request"]["url"]) == (url, routed)


def test_a_challenge_keeps_what_was_asked(router: Router) -> None:
    before = flow_record.record_load(router, INTRANET, "com.apple.Safari", "browser")
    record = flow_record.record_challenge(router, before, 407)
    assert (before["outcome"], record["outcome"]) == ("do_not_handle", "handle")
    assert record["reason"] == "host"
    assert record["request"] == {**before["request"], "response_code": 407}
    assert record["load"] == before
    # again, as for a flow from a file: one load, not two
    assert flow_record.record_challenge(router, record, 407) == record


@pytest.mark.parametrize(
    ("url", "upgrade", "asked"),
    [
        ("https://h/x", "", "https://h/x"),
        ("https://h/x", "WebSocket", "wss://h/x"),
        ("http://h/x", "websocket", "ws://h/x"),
        ("https://h/x", "h2c", "https://h/x"),
        ("https://h/x", "h2c, websocket", "wss://h/x"),
        ("HTTP://h/x", "websocket", "ws://h/x"),
        ("wss://h/x", "websocket", "wss://h/x"),
        ("httpx://h/x", "websocket", "httpx://h/x"),
    ],
)
def test_asked_url(url: str, upgrade: str, asked: str) -> None:
    assert flow_record.asked_url(url, upgrade) == asked


@pytest.mark.parametrize(
    ("value", "text"), [("https://h/\udce9", "https://h/\ufffd"), ("https://h/\u00e9",) * 2]
)
def test_bytes_that_are_not_utf_8_become_text(value: str, text: str) -> None:
    assert flow_record.text_of(value) == text
    json.dumps(text).encode()


@pytest.mark.parametrize(
    "record",
    [
        None,
        "x",
        {},
        {"url": 1, "request": {"url": "https://h/"}},
        {"url": "https://h/", "request": None},
        {"url": "https://h/", "request": {"url": "https://h/", "caller": 1}},
    ],
)
def test_an_invalid_record_is_ignored(record: object) -> None:
    assert flow_record.asked_before(record) is None


def test_a_record_has_the_url_and_the_caller_of_its_request(router: Router) -> None:
    record = flow_record.record_load(router, "https://h:443/", "com.apple.Safari", "browser")
    assert flow_record.asked_before(record) == ("https://h:443/", "com.apple.Safari")


def test_comments(router: Router) -> None:
    load = flow_record.record_load(router, LOGIN, None, "browser")
    one = flow_record.comment("", load)
    assert one == "ssoroute: handle com.example.app.sso url_prefix https://login.example.com"
    assert flow_record.comment(one, load) == one
    assert flow_record.comment("look here", load) == f"look here\n{one}"
    denied = flow_record.record_load(router, LOGIN, "com.example.kiosk", "browser")
    assert flow_record.comment(f"look here\n{one}", denied) == (
        "look here\nssoroute: do_not_handle com.example.app.sso caller_denied"
        " https://login.example.com"
    )
    lookalike = flow_record.record_load(
        router, "https://login.example.com.evil.net/", None, "browser"
    )
    assert flow_record.comment("", lookalike) == f"{one} (look-alike)"
    intranet = flow_record.record_load(router, INTRANET, None, "browser")
    assert flow_record.comment("", flow_record.record_challenge(router, intranet, 401)) == (
        "ssoroute: do_not_handle no_match; on 401 handle com.example.kerberos host .example.com"
    )


def test_tags(router: Router) -> None:
    load = flow_record.record_load(router, LOGIN, None, "browser")
    assert flow_record.tags(load) == ["load url_prefix com.example.app.sso"]
    assert flow_record.tags(flow_record.record_challenge(router, load, 401)) == [
        "load url_prefix com.example.app.sso",
        "challenge host com.example.kerberos",
    ]
    assert (
        flow_record.tags(flow_record.record_load(router, "https://www.example.org/", None, "app"))
        == []
    )
    apple = flow_record.record_load(router, "https://appleid.apple.com/auth/authorize", None, "app")
    assert flow_record.tags(apple) == ["load system_extension -"]
    assert flow_record.comment("", apple) == (
        "ssoroute: handle system_extension https://appleid.apple.com/auth/authorize"
    )


def test_a_tag_is_one_line_of_ascii(tmp_path: Path) -> None:
    evil = {**REDIRECT, "ExtensionIdentifier": "com.\u00e9vil\u2028x y"}
    profiles = load_profiles(write_profile(tmp_path / "a.mobileconfig", evil))
    record = flow_record.record_load(Router.from_profiles(profiles), LOGIN, None, "app")
    assert flow_record.tags(record) == ["load url_prefix com.?vil?x?y"]
    assert "com.?vil?x?y" in flow_record.comment("", record)


def test_an_answer_is_the_record(router: Router) -> None:
    record = flow_record.record_load(router, LOGIN, None, "app")
    assert json.loads(flow_record.answer(record)) == record


# --- callers


def test_callers_by_address() -> None:
    callers = read_callers(
        [
            "10.0.0.0/8=com.example.wide",
            "10.1.0.0/16 = com.example.narrow",
            "10.1.2.3=com.example.one",
            "fd00::/8=com.example.six",
        ]
    )
    assert callers.of_address("10.1.2.3") == "com.example.one"
    assert callers.of_address("::ffff:10.1.2.3") == "com.example.one"
    assert callers.of_address("10.1.2.4") == "com.example.narrow"
    assert callers.of_address("10.2.0.1") == "com.example.wide"
    assert callers.of_address("fd00::1%en0") == "com.example.six"
    assert callers.of_address("192.0.2.1") is None
    assert callers.of_address("") is None


def test_callers_by_process() -> None:
    callers = read_callers(
        ["process:curl=com.example.curl", "process:/opt/one/tool=com.example.one"]
    )
    assert callers.of_process("curl") == "com.example.curl"
    assert callers.of_process("/usr/bin/curl") == "com.example.curl"
    assert callers.of_process("C:\\Windows\\curl") == "com.example.curl"
    assert callers.of_process("/opt/one/tool") == "com.example.one"
    assert callers.of_process("/opt/two/tool") is None


def test_callers_from_files(tmp_path: Path) -> None:
    toml, as_json = tmp_path / "callers.toml", tmp_path / "callers.json"
    toml.write_text('"10.0.0.1" = "com.example.toml"\n"process:Safari" = "com.apple.Safari"\n')
    as_json.write_text('{"10.0.0.2": "com.example.json"}')
    callers = read_callers([str(toml), str(as_json), "10.0.0.3=com.example.inline"])
    found = [callers.of_address(f"10.0.0.{number}") for number in (1, 2, 3)]
    assert found == ["com.example.toml", "com.example.json", "com.example.inline"]
    assert callers.of_process("Safari") == "com.apple.Safari"


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        (
            "10.0.0.300=com.x",
            "a client must be an address, a network such as `10.0.0.0/24`, or `process:NAME`, not",
        ),
        ("Safari=com.x", "a client must be an address"),
        ("=com.x", "a client must be an address"),
        ("process:=com.x", "a client must be an address"),
        ("10.0.0.1/8=com.x", "a client must be an address"),
        (
            "10.0.0.1=",
            "the caller of `10.0.0.1` must be a bundle identifier such as `com.apple.Safari`",
        ),
        ("missing.toml", "missing.toml: cannot be read: no such file or directory"),
    ],
)
def test_invalid_entries_of_a_map_of_callers(entry: str, problem: str) -> None:
    with pytest.raises(CallersError) as raised:
        read_callers([entry])
    assert str(raised.value).startswith(problem)


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("a.json", "[]", "must be a table such as"),
        ("a.json", "{", "not JSON"),
        ("a.json", '{"10.0.0.1": "a", "10.0.0.1": "b"}', "`10.0.0.1` is written twice"),
        ("a.json", '{"10.0.0.1": 7}', "the caller of `10.0.0.1` must be"),
        ("a.json", '{"::1": "a", "0::1": "b"}', "`::1` is given twice"),
        ("a.toml", "10.0.0.1 =", "not TOML"),
        ("a.toml", '10.0.0.1 = "a"', "the caller of `10` must be"),
    ],
)
def test_invalid_files_of_callers(name: str, text: str, problem: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(CallersError) as raised:
        read_callers([str(path)])
    assert problem in str(raised.value)
    assert str(raised.value).startswith(f"{path}: ")


def test_all_errors_of_a_map_of_callers_are_reported() -> None:
    with pytest.raises(CallersError) as raised:
        read_callers(["a=b", "10.0.0.1=", "10.0.0.2=x", "10.0.0.2=y"])
    assert len(str(raised.value).split("\n")) == 3


def test_the_app_of_a_process(tmp_path: Path) -> None:
    def app(path: Path, content: bytes) -> None:
        (path / "Contents").mkdir(parents=True)
        (path / "Contents" / "Info.plist").write_bytes(content)

    outer = tmp_path / "Browser.app"
    helper = outer / "Contents" / "Helpers" / "Helper.app"
    app(outer, plistlib.dumps({"CFBundleIdentifier": "com.example.browser"}))
    app(helper, plistlib.dumps({"CFBundleIdentifier": "com.example.browser.helper"}))
    app(tmp_path / "Broken.app", b"<plist>")
    app(tmp_path / "Array.app", plistlib.dumps(["x"]))
    app(tmp_path / "Number.app", plistlib.dumps({"CFBundleIdentifier": 7}))
    assert app_of_process(f"{outer}/Contents/MacOS/Browser") == "com.example.browser"
    assert app_of_process(f"{helper}/Contents/MacOS/Helper") == "com.example.browser"
    for name in ("Broken", "Array", "Number", "Missing"):
        assert app_of_process(f"{tmp_path}/{name}.app/Contents/MacOS/x") is None
    assert app_of_process("/usr/bin/curl") is None
    assert app_of_process("Browser.app/x") is None
    assert app_of_process("") is None


# --- files that change


def outcome(watched: Watched, url: str = LOGIN) -> str:
    return watched.setup.router.route(url).outcome


def change(path: Path, *payloads: dict[str, Any]) -> None:
    """Write `path` again, with a later time."""
    before = path.stat().st_mtime_ns if path.exists() else 0
    write_profile(path, *payloads)
    os.utime(path, ns=(before + 10**9, before + 10**9))


def look_twice(watched: Watched) -> list[Notice]:
    """The first look sees a change, the second that it has ended."""
    assert watched.look() == []
    return watched.look()


OTHER = {**REDIRECT, "URLs": ["https://other.example.com"]}


def test_a_changed_profile_is_followed(tmp_path: Path) -> None:
    path = write_profile(tmp_path / "a.mobileconfig", OTHER)
    watched = Watched(Spec(profiles=(str(path),)))
    before = watched.setup
    assert (look_twice(watched), watched.setup) == ([], before)
    change(path, REDIRECT)
    assert watched.look() == []
    assert watched.setup is before  # it may still be written
    assert watched.look() == [
        Notice(logging.INFO, "the router follows the changed files; 1 installed")
    ]
    assert (before.router.route(LOGIN).outcome, outcome(watched)) == ("do_not_handle", "handle")
    assert look_twice(watched) == []


def test_a_file_that_keeps_changing_is_not_read_yet(tmp_path: Path) -> None:
    path = write_profile(tmp_path / "a.mobileconfig", OTHER)
    watched = Watched(Spec(profiles=(str(path),)))
    before = watched.setup
    for _ in range(3):
        change(path, REDIRECT)
        assert watched.look() == []
    assert watched.setup is before
    assert watched.look()
    assert outcome(watched) == "handle"


def test_files_of_a_folder_come_and_go(tmp_path: Path) -> None:
    write_profile(tmp_path / "a.mobileconfig", OTHER)
    watched = Watched(Spec(profiles=(str(tmp_path),)))
    (tmp_path / "deep").mkdir()
    new = tmp_path / "deep" / "b.mobileconfig"
    write_profile(new, {**REDIRECT, "ExtensionIdentifier": "com.example.b"})
    assert look_twice(watched)[0].text.endswith("2 installed")
    assert outcome(watched) == "handle"
    new.unlink()
    assert look_twice(watched)[0].text.endswith("1 installed")
    assert outcome(watched) == "do_not_handle"
    (tmp_path / "notes.txt").write_text("not read")
    (tmp_path / ".hidden.plist").write_text("not read")
    before = watched.setup
    look_twice(watched)
    assert watched.setup.router.route(LOGIN) == before.router.route(LOGIN)


def test_a_broken_file_changes_nothing_and_is_reported_once(tmp_path: Path) -> None:
    path = write_profile(tmp_path / "a.mobileconfig", REDIRECT)
    good = write_profile(tmp_path / "b.mobileconfig", CREDENTIAL)
    watched = Watched(Spec(profiles=(str(path), str(good))))
    before = watched.setup
    path.write_text("<plist><dict>")
    notices = look_twice(watched)
    assert {notice.level for notice in notices} == {logging.ERROR}
    assert notices[0].text.startswith(f"sso_profiles: {path}: error: ")
    assert notices[-1].text == "the router has not changed"
    assert watched.setup is before
    assert look_twice(watched) == []
    path.unlink()
    assert "no such file" in look_twice(watched)[0].text
    assert watched.setup is before
    change(path, OTHER)
    assert look_twice(watched)[0].level == logging.INFO
    assert outcome(watched) == "do_not_handle"


def test_the_device_and_the_callers_are_followed(tmp_path: Path) -> None:
    profile = write_profile(tmp_path / "a.mobileconfig", REDIRECT)
    device, callers = tmp_path / "d.json", tmp_path / "c.json"
    device.write_text("{}")
    callers.write_text("{}")
    watched = Watched(
        Spec(profiles=(str(profile),), device=str(device), callers=(str(callers), "::1=com.x"))
    )
    device.write_text('{"installed_extensions": []}')
    callers.write_text('{"10.0.0.1": "com.example.one"}')
    assert look_twice(watched)
    assert outcome(watched) == "do_not_handle"
    assert watched.setup.callers.of_address("10.0.0.1") == "com.example.one"
    device.write_text('{"installed_extension": []}')
    assert look_twice(watched)[0].text.startswith(f"sso_device: {device}: unknown member")


def test_findings_and_refusals_are_told_once(tmp_path: Path) -> None:
    first = write_profile(tmp_path / "a.mobileconfig", REDIRECT, PayloadScope="Nobody")
    write_profile(tmp_path / "b.mobileconfig", REDIRECT)
    watched = Watched(Spec(profiles=(str(tmp_path),)))
    scope, refused, *_ = watched.setup.notices
    assert (scope.level, refused.level) == (logging.WARNING, logging.WARNING)
    assert "PayloadScope" in scope.text
    assert refused.text.startswith("refused: ")
    assert "54005" in refused.text
    os.utime(first, ns=(1, 1))
    assert [notice.level for notice in look_twice(watched)] == [logging.INFO]


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        (Spec(profiles=("missing",)), "sso_profiles: missing: error: cannot be read"),
        (Spec(profiles=("a\0b",)), "sso_profiles: a\\x00b: error: cannot be read"),
        (Spec(os="BeOS"), "sso_os: unknown platform `BeOS`"),
        (Spec(os="macOS@x"), "sso_os: "),
        (Spec(os="macOS@"), "sso_os: "),
        (Spec(device="missing.toml"), "sso_device: missing.toml: cannot be read"),
        (Spec(callers=("x=y",)), "sso_caller_map: a client must be "),
    ],
)
def test_what_makes_no_setup(spec: Spec, problem: str) -> None:
    with pytest.raises(SetupError) as raised:
        Watched(spec)
    assert str(raised.value).startswith(problem)


def test_all_errors_are_reported(tmp_path: Path) -> None:
    device = tmp_path / "d.json"
    device.write_text('{"platform": "iOS"}')
    with pytest.raises(SetupError) as raised:
        Watched(Spec(("missing",), "macOS@15.4", str(device), ("x=y",)))
    places = [line.split(":")[0] for line in raised.value.problems]
    assert places == ["sso_profiles", "sso_os", "sso_caller_map"]


def test_a_broken_file_among_valid_ones_is_an_error_at_the_start(tmp_path: Path) -> None:
    write_profile(tmp_path / "a.mobileconfig", REDIRECT)
    (tmp_path / "b.mobileconfig").write_text("")
    with pytest.raises(SetupError, match=r"b\.mobileconfig: error: "):
        Watched(Spec(profiles=(str(tmp_path),)))


def test_a_dump_without_profiles_is_valid(tmp_path: Path) -> None:
    dump = tmp_path / "dump.plist"
    dump.write_bytes(plistlib.dumps({"_computerlevel": []}))
    watched = Watched(Spec(profiles=(str(dump),)))
    assert outcome(watched) == "do_not_handle"
    assert watched.setup.notices


def test_the_device_decides(tmp_path: Path) -> None:
    path = write_profile(tmp_path / "a.mobileconfig", {**REDIRECT, "URLs": ["https://h/*/x"]})
    url = "https://h/y/x"
    new = Watched(Spec((str(path),), "macos@15"))
    old = Watched(Spec((str(path),), "macOS@14"))
    strict = Watched(Spec((str(path),), "macOS", matching="strict"))
    assert [outcome(watched, url) for watched in (new, old)] == ["handle", "do_not_handle"]
    assert strict.setup.router.route(url).reason == "not_strict"


# --- the command


def test_the_path_of_the_addon() -> None:
    result = invoke("mitm-path")
    assert result.exit_code == 0
    path = Path(result.stdout.removesuffix("\n"))
    assert path.parts[-3:] == ("ssoroute", "integrations", "mitmproxy.py")
    assert "addons = [" in path.read_text(encoding="utf-8")


def test_the_addon_loads_without_mitmproxy_and_shadows_no_hook() -> None:
    from ssoroute.integrations import mitmproxy

    # mitmproxy would call each of these, wherever it is in the module
    for hook in ("load", "configure", "running", "done", "request", "response", "error", "update"):
        assert not hasattr(mitmproxy, hook)
