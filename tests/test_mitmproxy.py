"""The addon inside mitmproxy, with mitmproxy's own test helpers; skipped where it is missing."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cli_world import CREDENTIAL, REDIRECT, write_profile
from ssoroute.integrations import flow_record
from ssoroute.integrations.mitmproxy import METADATA, TAG, SsoRoute

# Without types here, so that mypy says the same with mitmproxy and without.
taddons: Any = pytest.importorskip("mitmproxy.test.taddons", reason="mitmproxy is not installed")
tflow: Any = pytest.importorskip("mitmproxy.test.tflow")
tutils: Any = pytest.importorskip("mitmproxy.test.tutils")
exceptions: Any = pytest.importorskip("mitmproxy.exceptions")
http: Any = pytest.importorskip("mitmproxy.http")
mitm_io: Any = pytest.importorskip("mitmproxy.io")
mode_specs: Any = pytest.importorskip("mitmproxy.proxy.mode_specs")

LOGIN = "https://login.example.com/auth?token=S3CR3T"
INTRANET = "https://intranet.example.com/"
ELSEWHERE = "https://www.example.org/"


class World:
    """The addon in a proxy, and the hooks in the order in which mitmproxy calls them."""

    def __init__(self, addon: SsoRoute, context: Any) -> None:
        self.addon = addon
        self.context = context

    def set(self, **options: object) -> None:
        self.context.configure(self.addon, **options)

    def flow(self, url: str = LOGIN, **headers: str) -> Any:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        flow = tflow.tflow(req=http.Request.make("GET", url, headers=names))
        flow.request.headers["host"] = url.split("/")[2]
        flow.live = True
        return flow

    def asked(self, url: str = LOGIN, **headers: str) -> Any:
        """A flow whose request has come."""
        flow = self.flow(url, **headers)
        self.addon.requestheaders(flow)
        self.addon.request(flow)
        return flow

    def answered(self, flow: Any, status: int = 200) -> Any:
        """`flow` with the response of the server."""
        flow.response = http.Response.make(status, b"from the server")
        self.addon.responseheaders(flow)
        self.addon.response(flow)
        return flow


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    denied = {**REDIRECT, "DeniedBundleIdentifiers": ["com.example.kiosk"]}
    return write_profile(tmp_path / "corp.mobileconfig", denied, CREDENTIAL)


@contextmanager
def proxy(**options: object) -> Iterator[World]:
    """A proxy with the addon and its `options`."""
    addon = SsoRoute()
    with taddons.context(addon) as context:
        world = World(addon, context)
        world.set(**options)
        yield world
        addon.done()
    context.master.event_loop.close()  # mitmproxy 11 leaves it open


@pytest.fixture
def world(profile: Path) -> Iterator[World]:
    with proxy(sso_profiles=[str(profile)], sso_caller_header="X-SSO-Caller") as world:
        yield world


def messages(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "ssoroute"]


# --- decisions


def test_a_load_is_decided_when_its_headers_are_there(world: World) -> None:
    flow = world.flow(LOGIN)
    world.addon.requestheaders(flow)
    record = flow.metadata[METADATA]
    assert (record["outcome"], record["reason"]) == ("handle", "url_prefix")
    assert record["url"] == LOGIN
    assert record["load"] is None
    assert flow.comment == (
        "ssoroute: handle com.example.app.sso url_prefix https://login.example.com"
    )
    assert flow.marked == ""
    assert flow.response is None


@pytest.mark.parametrize("status", [401, 407])
def test_a_challenge_is_decided_when_its_headers_are_there(world: World, status: int) -> None:
    flow = world.asked(INTRANET)
    assert flow.metadata[METADATA]["outcome"] == "do_not_handle"
    flow.response = http.Response.make(status)
    world.addon.responseheaders(flow)
    record = flow.metadata[METADATA]
    assert (record["outcome"], record["reason"]) == ("handle", "host")
    assert record["request"]["response_code"] == status
    assert record["load"]["outcome"] == "do_not_handle"
    assert flow.comment.endswith(f"; on {status} handle com.example.kerberos host .example.com")


@pytest.mark.parametrize("status", [200, 302, 403, 500])
def test_other_responses_decide_nothing(world: World, status: int) -> None:
    flow = world.answered(world.asked(INTRANET), status)
    assert flow.metadata[METADATA]["request"]["response_code"] == 0
    assert flow.response.content == b"from the server"


def test_a_challenge_is_about_the_request_that_the_client_made(world: World) -> None:
    flow = world.asked(INTRANET)
    flow.request.url = "http://127.0.0.1:8000/"  # as `map_remote` does
    world.answered(flow, 401)
    assert flow.metadata[METADATA]["url"] == INTRANET
    assert flow.metadata[METADATA]["outcome"] == "handle"


def test_metadata_go_into_a_file_and_back(world: World) -> None:
    flow = world.answered(world.asked(INTRANET, X_SSO_Caller="com.apple.Safari\udce9"), 401)
    file = io.BytesIO()
    mitm_io.FlowWriter(file).add(flow)
    file.seek(0)
    (again,) = mitm_io.FlowReader(file).stream()
    assert again.metadata[METADATA] == flow.metadata[METADATA]
    json.dumps(again.metadata[METADATA])
    assert again.comment == flow.comment


def test_a_flow_from_a_file_keeps_its_url_and_its_caller_by_default(
    world: World,
) -> None:
    flow = world.asked(LOGIN, X_SSO_Caller="com.example.kiosk")
    flow.request.url = "http://127.0.0.1:8000/"
    again = flow.copy()
    assert not again.live
    world.addon.requestheaders(again)
    assert again.metadata[METADATA] == flow.metadata[METADATA]
    assert again.comment.count("ssoroute: ") == 1


def test_invalid_metadata_are_ignored(world: World) -> None:
    for wrong in (1, {}, {"url": 7}, {"url": LOGIN, "request": {"x": 1}}):
        flow = world.flow(LOGIN)
        flow.live = False
        flow.metadata[METADATA] = wrong
        world.addon.requestheaders(flow)
        assert flow.metadata[METADATA]["outcome"] == "handle"


@pytest.mark.parametrize(("spelling", "outcome"), [("browser", "handle"), ("app", "do_not_handle")])
def test_spelling(world: World, spelling: str, outcome: str) -> None:
    world.set(sso_spelling=spelling)
    flow = world.asked("https://id.example.com/x/../t/")
    assert flow.metadata[METADATA]["outcome"] == outcome


def test_the_name_that_the_client_gives_counts_where_the_target_is_an_address(
    world: World,
) -> None:
    flow = world.flow("https://192.0.2.1/auth")  # as in transparent and local mode
    flow.request.headers["host"] = "login.example.com"
    world.addon.requestheaders(flow)
    assert flow.metadata[METADATA]["url"] == "https://login.example.com/auth"
    assert flow.metadata[METADATA]["outcome"] == "handle"


def test_a_websocket_handshake_is_decided_as_wss(world: World) -> None:
    flow = world.asked("https://login.example.com/chat", Upgrade="websocket")
    assert flow.metadata[METADATA]["url"] == "wss://login.example.com/chat"
    assert flow.metadata[METADATA]["outcome"] == "do_not_handle"
    assert world.answered(flow, 401).metadata[METADATA]["reason"] == "host"


def test_bytes_that_are_not_text(world: World) -> None:
    flow = world.flow(LOGIN)
    flow.request.data.path = b"/auth/\xe9"
    flow.request.data.headers.add("X-SSO-Caller", "x")
    world.addon.requestheaders(flow)
    assert flow.metadata[METADATA]["url"].endswith("/auth/\ufffd")
    json.dumps(flow.metadata[METADATA]).encode()


def test_matching_and_device(world: World, tmp_path: Path) -> None:
    lookalike = "https://login.example.com.evil.net/"
    assert world.asked(lookalike).metadata[METADATA]["outcome"] == "handle"
    world.set(sso_matching="strict")
    assert world.asked(lookalike).metadata[METADATA]["reason"] == "not_strict"
    device = tmp_path / "d.json"
    device.write_text('{"installed_extensions": []}')
    world.set(sso_device=str(device))
    assert world.asked(LOGIN).metadata[METADATA]["reason"] == "no_match"
    world.set(sso_device="", sso_os="macOS@10.14")
    assert world.asked(LOGIN).metadata[METADATA]["reason"] == "no_match"


# --- callers


def caller_of(flow: Any) -> object:
    return flow.metadata[METADATA]["request"]["caller"]


def test_the_caller_of_the_header_is_taken_and_removed(world: World) -> None:
    flow = world.asked(LOGIN, x_sso_caller=" com.example.kiosk ")
    assert caller_of(flow) == "com.example.kiosk"
    assert flow.metadata[METADATA]["reason"] == "caller_denied"
    assert "X-SSO-Caller" not in flow.request.headers


def test_of_several_headers_the_first_counts_and_all_go(world: World) -> None:
    flow = world.flow(LOGIN)
    flow.request.headers.add("X-SSO-Caller", "com.example.one")
    flow.request.headers.add("x-sso-caller", "com.example.two")
    world.addon.requestheaders(flow)
    assert caller_of(flow) == "com.example.one"
    assert "X-SSO-Caller" not in flow.request.headers


def test_an_empty_header_names_no_caller(world: World) -> None:
    flow = world.asked(LOGIN, X_SSO_Caller="")
    assert caller_of(flow) is None
    assert "X-SSO-Caller" not in flow.request.headers


def test_another_header_or_none(world: World) -> None:
    world.set(sso_caller_header="X-App")
    flow = world.asked(LOGIN, X_App="com.example.one", X_SSO_Caller="com.example.two")
    assert caller_of(flow) == "com.example.one"
    assert "X-SSO-Caller" in flow.request.headers
    world.set(sso_caller_header="")
    flow = world.asked(LOGIN, X_App="com.example.one")
    assert caller_of(flow) is None
    assert "X-App" in flow.request.headers


def test_a_tunnel_is_not_decided_and_names_the_caller_of_what_comes_through_it(
    world: World,
) -> None:
    tunnel = tflow.tflow(
        req=tutils.treq(method=b"CONNECT", authority=b"login.example.com:443", path=b"")
    )
    tunnel.request.headers["X-SSO-Caller"] = "com.example.tunnel"
    world.addon.http_connect(tunnel)
    assert METADATA not in tunnel.metadata
    assert "X-SSO-Caller" not in tunnel.request.headers
    flow = world.flow(LOGIN)
    flow.client_conn = tunnel.client_conn
    world.addon.requestheaders(flow)
    assert caller_of(flow) == "com.example.tunnel"
    own = world.flow(LOGIN, X_SSO_Caller="com.example.own")
    own.client_conn = tunnel.client_conn
    world.addon.requestheaders(own)
    assert caller_of(own) == "com.example.own"
    stranger = world.asked(LOGIN)
    assert caller_of(stranger) is None


def test_the_caller_of_the_map(world: World, tmp_path: Path) -> None:
    file = tmp_path / "callers.toml"
    file.write_text('"::1" = "com.example.six"\n')
    world.set(sso_caller_map=["127.0.0.0/8=com.example.loopback", str(file)])
    flow = world.flow(LOGIN)
    flow.client_conn.peername = ("127.0.0.9", 1234)
    world.addon.requestheaders(flow)
    assert caller_of(flow) == "com.example.loopback"
    flow.client_conn.peername = ("::1", 1234, 0, 0)
    world.addon.requestheaders(flow)
    assert caller_of(flow) == "com.example.six"


def test_the_map_wins_over_the_header(world: World) -> None:
    world.set(sso_caller_map=["127.0.0.1=com.example.machine"])
    flow = world.flow(LOGIN, X_SSO_Caller="com.example.claimed")
    flow.client_conn.peername = ("127.0.0.1", 1234)
    world.addon.requestheaders(flow)
    assert caller_of(flow) == "com.example.machine"
    assert "X-SSO-Caller" not in flow.request.headers
    other = world.flow(LOGIN, X_SSO_Caller="com.example.claimed")
    other.client_conn.peername = ("127.0.0.2", 1234)
    world.addon.requestheaders(other)
    assert caller_of(other) == "com.example.claimed"


def test_no_header_counts_that_the_user_has_not_named(profile: Path) -> None:
    with proxy(sso_profiles=[str(profile)]) as world:
        flow = world.asked(LOGIN, X_SSO_Caller="com.example.kiosk")
        assert caller_of(flow) is None
        assert flow.metadata[METADATA]["outcome"] == "handle"


class Stream:
    """What mitmproxy has for a captured connection, as far as it is asked."""

    def __init__(self, process: str | None) -> None:
        self.process = process

    def get_extra_info(self, name: str, default: object = None) -> object:
        return self.process if name == "process_name" else default


def captured(world: World, process: str | None) -> Any:
    """A decided flow of local capture mode, of a client that is `process`."""
    flow = world.flow(LOGIN)
    client = flow.client_conn
    client.peername = ("127.0.0.1", 1234)
    client.proxy_mode = mode_specs.ProxyMode.parse("local")
    handler = SimpleNamespace(
        client=client, transports={client: SimpleNamespace(writer=Stream(process))}
    )
    proxyserver = SimpleNamespace(name="proxyserver", connections={client.id: handler})
    world.context.master.addons.lookup["proxyserver"] = proxyserver
    world.addon.requestheaders(flow)
    return flow


def test_the_caller_of_the_process(world: World, tmp_path: Path) -> None:
    world.set(sso_caller_map=["process:curl=com.example.curl", "127.0.0.1=com.example.machine"])
    assert caller_of(captured(world, "/usr/bin/curl")) == "com.example.curl"
    assert caller_of(captured(world, "/usr/bin/wget")) == "com.example.machine"
    assert caller_of(captured(world, None)) == "com.example.machine"
    app = tmp_path / "Tool.app" / "Contents"
    app.mkdir(parents=True)
    (app / "Info.plist").write_bytes(
        b"<plist><dict><key>CFBundleIdentifier</key><string>com.example.tool</string></dict></plist>"
    )
    assert caller_of(captured(world, f"{app}/MacOS/Tool")) == "com.example.tool"


def test_local_capture_without_a_process(world: World) -> None:
    flow = world.flow(LOGIN)
    flow.client_conn.proxy_mode = mode_specs.ProxyMode.parse("local")
    world.addon.requestheaders(flow)
    assert caller_of(flow) is None
    assert flow.metadata[METADATA]["outcome"] == "handle"


# --- what becomes of it


def test_mark(world: World) -> None:
    world.set(sso_mark="mark")
    assert world.asked(LOGIN).marked == ":key:"
    assert world.asked(ELSEWHERE).marked == ""
    assert world.answered(world.asked(INTRANET), 401).marked == ":key:"
    flow = world.flow(LOGIN)
    flow.marked = ":grapes:"
    world.addon.requestheaders(flow)
    assert flow.marked == ":grapes:"


def test_tags(world: World) -> None:
    world.set(sso_mark="tag-header")
    flow = world.asked(LOGIN)
    assert flow.request.headers.get_all(TAG) == ["load url_prefix com.example.app.sso"]
    world.answered(flow)
    assert flow.response.headers.get_all(TAG) == ["load url_prefix com.example.app.sso"]
    flow = world.answered(world.asked(INTRANET), 401)
    assert TAG not in flow.request.headers
    assert flow.response.headers.get_all(TAG) == ["challenge host com.example.kerberos"]
    flow = world.answered(world.asked(ELSEWHERE))
    assert TAG not in flow.request.headers
    assert TAG not in flow.response.headers


@pytest.mark.parametrize("mark", ["off", "mark", "tag-header", "answer"])
def test_only_the_addon_can_tag(world: World, mark: str) -> None:
    world.set(sso_mark=mark)
    flow = world.flow(ELSEWHERE, X_SSO_Route="load forged")
    flow.request.trailers = http.Headers(((b"x-sso-route", b"load forged"),))
    world.addon.requestheaders(flow)
    world.addon.request(flow)
    assert TAG not in flow.request.headers
    assert TAG not in flow.request.trailers
    flow.response = http.Response.make(200, b"", {TAG: "load forged"})
    flow.response.trailers = http.Headers(((b"x-sso-route", b"load forged"),))
    world.addon.responseheaders(flow)
    world.addon.response(flow)
    assert TAG not in flow.response.headers
    assert TAG not in flow.response.trailers


def test_a_load_is_answered(world: World) -> None:
    world.set(sso_mark="answer")
    flow = world.asked(LOGIN)
    assert flow.response.status_code == 403
    assert flow.response.headers["content-type"] == "application/json"
    assert flow.response.headers["cache-control"] == "no-store"
    assert flow.response.headers[TAG] == "load url_prefix com.example.app.sso"
    assert json.loads(flow.response.content) == flow.metadata[METADATA]
    assert world.asked(ELSEWHERE).response is None


def test_a_challenge_is_answered(world: World) -> None:
    world.set(sso_mark="answer")
    flow = world.answered(world.asked(INTRANET), 401)
    assert flow.response.status_code == 403
    assert json.loads(flow.response.content)["reason"] == "host"
    flow = world.answered(world.asked(ELSEWHERE), 401)
    assert flow.response.content == b"from the server"


def test_a_flow_that_cannot_be_answered_continues(world: World) -> None:
    world.set(sso_mark="answer")
    streamed = world.flow(LOGIN)
    streamed.request.stream = True
    world.addon.requestheaders(streamed)
    world.addon.request(streamed)
    assert streamed.response is None
    challenged = world.asked(INTRANET)
    challenged.response = http.Response.make(401, b"from the server")
    challenged.response.stream = True
    world.addon.responseheaders(challenged)
    world.addon.response(challenged)
    assert challenged.response.status_code == 401
    by_another = world.flow(LOGIN)
    world.addon.requestheaders(by_another)
    by_another.response = http.Response.make(200, b"from an addon")
    world.addon.request(by_another)
    assert by_another.response.content == b"from an addon"
    from_a_file = world.flow(LOGIN)
    from_a_file.live = False
    world.addon.requestheaders(from_a_file)
    world.addon.request(from_a_file)
    assert from_a_file.response is None


# --- options


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"sso_mark": "loud"}, "sso_mark: unknown `loud`; known are off, mark, tag-header, answer"),
        ({"sso_spelling": "x"}, "sso_spelling: unknown `x`; known are browser, app"),
        ({"sso_matching": "x"}, "sso_matching: unknown `x`; known are system, strict"),
        ({"sso_caller_header": "a b"}, "sso_caller_header: `a b` is not the name of a header"),
        ({"sso_os": "BeOS"}, "sso_os: unknown platform `BeOS`"),
        ({"sso_profiles": ["missing"]}, "sso_profiles: missing: error: cannot be read"),
        ({"sso_device": "missing.toml"}, "sso_device: missing.toml: cannot be read"),
        ({"sso_caller_map": ["x=y"]}, "sso_caller_map: `x` is no client"),
    ],
)
def test_a_wrong_option_is_refused_and_the_old_ones_stay(
    world: World, options: dict[str, object], problem: str
) -> None:
    with pytest.raises(exceptions.OptionsError) as raised:
        world.set(**options)
    assert str(raised.value).startswith(problem)
    assert world.asked(LOGIN, X_SSO_Caller="com.x").metadata[METADATA]["outcome"] == "handle"


def test_all_wrong_options_are_reported(world: World) -> None:
    with pytest.raises(exceptions.OptionsError) as raised:
        world.set(sso_mark="x", sso_spelling="x", sso_os="x", sso_profiles=["missing"])
    assert len(str(raised.value).split("\n")) == 4


def test_a_home_folder_is_written_out(
    world: World, profile: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(profile.parent))
    world.set(sso_profiles=["~/corp.mobileconfig"])
    assert world.asked(LOGIN).metadata[METADATA]["outcome"] == "handle"


def test_options_of_others_change_nothing(world: World) -> None:
    before = world.addon._watched
    world.set(sso_mark="mark")
    world.context.options.update(http2=False)
    assert world.addon._watched is before


def test_findings_and_refusals_are_logged(
    world: World, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    write_profile(tmp_path / "more.mobileconfig", REDIRECT)
    world.set(sso_profiles=[str(tmp_path)])
    logged = messages(caplog)
    assert len(logged) == 2  # one for each URL
    assert all(line.startswith(f"ssoroute: refused: {tmp_path}/more.") for line in logged)
    for _ in range(3):
        world.asked(LOGIN)
    assert messages(caplog) == logged


def test_no_profiles_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    with proxy(sso_mark="answer") as world:
        world.addon.running()
        assert messages(caplog) == ["ssoroute: sso_profiles is empty, so no profile is installed"]
        assert world.asked(LOGIN).response is None


# --- robustness


def test_an_exception_does_not_stop_the_flow_and_is_logged_once_without_secrets(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_router: object, url: str, *_rest: object) -> None:
        raise RuntimeError(url)

    monkeypatch.setattr(flow_record, "record_load", fail)
    world.set(sso_mark="answer")
    for _ in range(3):
        flow = world.answered(world.asked(LOGIN, X_SSO_Caller="com.x"), 401)
        assert METADATA not in flow.metadata
        assert "X-SSO-Caller" not in flow.request.headers
        assert flow.response.content == b"from the server"
    (logged,) = messages(caplog)
    assert logged.startswith(
        "ssoroute: a flow continues undecided: RuntimeError in test_mitmproxy.py"
    )
    assert "S3CR3T" not in caplog.text


def test_nothing_about_requests_is_logged(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    world.set(sso_mark="tag-header")
    for url in (LOGIN, INTRANET, ELSEWHERE):
        world.answered(world.asked(url, Cookie="S3CR3T"), 401)
    assert messages(caplog) == []


def test_a_changed_profile_is_followed_during_requests(world: World, profile: Path) -> None:
    async def requests_until(outcome: str) -> int:
        count, end = 0, time.monotonic() + 20
        while time.monotonic() < end:
            flow = world.asked(LOGIN)
            count += 1
            if flow.metadata[METADATA]["outcome"] == outcome:
                return count
            await asyncio.sleep(0.01)
        raise AssertionError(f"no request was {outcome} within 20 s")

    async def run() -> None:
        world.addon.running()
        assert await requests_until("handle") == 1
        write_profile(profile, {**REDIRECT, "URLs": ["https://other.example.com"]})
        assert await requests_until("do_not_handle") > 1
        os.truncate(profile, 100)
        await asyncio.sleep(2)
        assert await requests_until("do_not_handle") == 1
        write_profile(profile, REDIRECT)
        os.utime(profile, (1, 1))
        await requests_until("handle")

    asyncio.run(run())
