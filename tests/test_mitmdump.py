"""From end to end: clients, `mitmdump` with the addon, and an origin server, all on loopback.

Skipped where `mitmdump` is not installed beside the Python that runs the tests.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from cli_world import CREDENTIAL, REDIRECT, ROOT, invoke, write_profile

MITMDUMP = Path(sys.executable).parent / "mitmdump"
if not MITMDUMP.exists():
    pytest.skip("mitmdump is not installed", allow_module_level=True)

KIOSK = {**REDIRECT, "DeniedBundleIdentifiers": ["com.example.kiosk"]}
PLAIN = {**REDIRECT, "URLs": ["http://login.example.com"]}
OTHER = {**REDIRECT, "URLs": ["http://other.example.com"]}
READ = "import json, sys; from mitmproxy.io import FlowReader; print(json.dumps([[f.request.url, f.comment, f.metadata.get('ssoroute'), f.marked] for f in FlowReader(open(sys.argv[1], 'rb')).stream()]))"  # noqa: E501 - a program in one line


class Origin(BaseHTTPRequestHandler):
    """Answers with the headers that it got; paths below `/401` are challenged."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = json.dumps({name.lower(): value for name, value in self.headers.items()}).encode()
        self.send_response(401 if self.path.startswith("/401") else 200)
        self.send_header("Content-Length", str(len(body)))
        if self.path.startswith("/401"):
            self.send_header("WWW-Authenticate", "Negotiate")
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        while self.rfile.readline() != b"0\r\n":  # a body of chunks, each of one line
            pass
        self.rfile.readline()
        self.do_GET()

    def log_message(self, *_args: object) -> None:
        pass


class Answer(NamedTuple):
    status: int
    tags: list[str]
    body: dict[str, Any]


class Proxy:
    """A running `mitmdump`; what it prints is read as it comes."""

    def __init__(self, process: subprocess.Popen[str], conf: Path) -> None:
        self.process = process
        self.conf = conf
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.port = int(self.wait_for(r"proxy listening at 127\.0\.0\.1:(\d+)")[1])

    def _read(self) -> None:
        assert self.process.stdout is not None
        self.lines.extend(self.process.stdout)

    def wait_for(self, pattern: str, seconds: float = 60) -> re.Match[str]:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = re.search(pattern, "".join(self.lines))
            if found:
                return found
            time.sleep(0.02)
        raise AssertionError(f"nothing like {pattern} in:\n{''.join(self.lines)}")

    def get(self, url: str, tunnel_headers: dict[str, str] | None = None, **named: str) -> Answer:
        """Ask for `url` by way of the proxy."""
        scheme, _, rest = url.partition("://")
        host, _, path = rest.partition("/")
        headers = {"Host": host} | {name.replace("_", "-"): value for name, value in named.items()}
        if scheme == "https":
            context = ssl.create_default_context(cafile=str(self.conf / "mitmproxy-ca-cert.pem"))
            context.verify_flags &= ~ssl.VerifyFlags.VERIFY_X509_STRICT
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                "127.0.0.1", self.port, timeout=60, context=context
            )
            connection.set_tunnel(host, 443, tunnel_headers or {})
            target = f"/{path}"
        else:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            target = url
        try:
            connection.request("GET", target, headers=headers)
            response = connection.getresponse()
            tags = response.headers.get_all("X-SSO-Route") or []
            return Answer(response.status, tags, json.loads(response.read()))
        finally:
            connection.close()


@pytest.fixture(scope="module")
def origin() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Origin)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


def arguments(conf: Path, *options: str) -> list[str]:
    """How `mitmdump` is started with the addon: by the path that the command prints."""
    addon = invoke("mitm-path").stdout.strip()
    settings = [part for option in options for part in ("--set", option)]
    return [str(MITMDUMP), "-s", addon, "--set", f"confdir={conf}", *settings]


def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.endswith("_proxy")}
    return kept | {"PYTHONPATH": str(ROOT / "src"), "PYTHONUNBUFFERED": "1"}


@contextmanager
def mitmdump(folder: Path, origin: int, *options: str) -> Iterator[Proxy]:
    """A proxy that asks the one origin, whatever the host is; its flows go to `flows`."""
    conf = folder / "conf"
    process = subprocess.Popen(
        [
            *arguments(conf, "upstream_cert=false", "connection_strategy=lazy", *options),
            *("--listen-host", "127.0.0.1", "--listen-port", "0", "-w", str(folder / "flows")),
            *("--map-remote", f"|^https?://[^/]+/|http://127.0.0.1:{origin}/"),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment(),
        text=True,
    )
    try:
        proxy = Proxy(process, conf)
        yield proxy
        assert not [line for line in proxy.lines if "Traceback" in line], proxy.lines
    finally:
        process.terminate()
        process.wait(30)
        assert process.stdout is not None
        process.stdout.close()


def flows_of(folder: Path) -> list[list[Any]]:
    """URL, comment, record and mark of each flow that mitmproxy has written."""
    done = subprocess.run(
        [sys.executable, "-c", READ, str(folder / "flows")],
        capture_output=True,
        check=True,
        env=environment(),
    )
    found: list[list[Any]] = json.loads(done.stdout)
    return found


def test_loads_and_challenges_are_decided_and_tagged(tmp_path: Path, origin: int) -> None:
    profile = write_profile(tmp_path / "a.mobileconfig", KIOSK, CREDENTIAL)
    options = [f"sso_profiles={profile}", "sso_os=macOS@15.4", "sso_mark=tag-header"]
    options.append("sso_caller_header=X-SSO-Caller")
    with mitmdump(tmp_path, origin, *options) as proxy:
        login = proxy.get("https://login.example.com/auth?token=S3CR3T")
        assert login.status == 200
        assert login.tags == ["load url_prefix com.example.app.sso"]
        assert login.body["x-sso-route"] == "load url_prefix com.example.app.sso"

        denied = proxy.get("https://login.example.com/", X_SSO_Caller="com.example.kiosk")
        assert (denied.status, denied.tags) == (200, [])
        assert not {"x-sso-route", "x-sso-caller"} & set(denied.body)

        tunnelled = proxy.get(
            "https://login.example.com/", tunnel_headers={"X-SSO-Caller": "com.example.kiosk"}
        )
        assert (tunnelled.status, tunnelled.tags) == (200, [])

        challenged = proxy.get("http://intranet.example.com/401")
        assert challenged.status == 401
        assert challenged.tags == ["challenge host com.example.kerberos"]

        elsewhere = proxy.get("http://www.example.org/401")
        assert (elsewhere.status, elsewhere.tags) == (401, [])
    assert not [line for line in proxy.lines if "ssoroute: " in line]

    written = flows_of(tmp_path)
    outcomes = [(record["url"], record["reason"]) for _, _, record, _ in written]
    assert outcomes == [
        ("https://login.example.com/auth?token=S3CR3T", "url_prefix"),
        ("https://login.example.com/", "caller_denied"),
        ("https://login.example.com/", "caller_denied"),
        ("http://intranet.example.com/401", "host"),
        ("http://www.example.org/401", "no_match"),
    ]
    assert written[3][1] == (
        "ssoroute: do_not_handle no_match; on 401 handle com.example.kerberos host .example.com"
    )


def test_what_an_extension_would_take_is_answered(tmp_path: Path, origin: int) -> None:
    profile = write_profile(tmp_path / "a.mobileconfig", KIOSK, CREDENTIAL)
    callers = "sso_caller_map=127.0.0.0/8=com.apple.Safari"
    options = [f"sso_profiles={profile}", "sso_mark=answer", callers]
    with mitmdump(tmp_path, origin, *options) as proxy:
        login = proxy.get("https://login.example.com/auth")
        assert login.status == 403
        assert login.body["outcome"] == "handle"
        assert login.body["request"]["caller"] == "com.apple.Safari"
        challenged = proxy.get("http://intranet.example.com/401")
        assert (challenged.status, challenged.body["reason"]) == (403, "host")
        assert proxy.get("http://intranet.example.com/").status == 200


def test_a_large_body_that_is_streamed_does_not_break_an_answer(
    tmp_path: Path, origin: int
) -> None:
    # by its own address: what is streamed goes on its way before `--map-remote` sees it
    url = f"http://127.0.0.1:{origin}/"
    profile = write_profile(tmp_path / "a.mobileconfig", {**REDIRECT, "URLs": [url]})
    options = [f"sso_profiles={profile}", "sso_mark=answer", "stream_large_bodies=10"]
    with mitmdump(tmp_path, origin, *options) as proxy:
        connection = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=60)
        chunks = iter([b"x" * 8, b"y" * 8])
        headers = {"Transfer-Encoding": "chunked"}
        try:
            connection.request("POST", url, chunks, headers, encode_chunked=True)
            assert connection.getresponse().status == 200
        finally:
            connection.close()
        assert proxy.get(url).status == 403


def test_changed_profiles_are_followed_and_no_request_is_dropped(
    tmp_path: Path, origin: int
) -> None:
    profile = write_profile(tmp_path / "a.mobileconfig", PLAIN)
    ended = threading.Event()
    handled: set[bool] = set()

    def ask_on() -> int:
        count = 0
        while not ended.is_set():
            answer = proxy.get("http://login.example.com/")
            assert answer.status == 200
            handled.add(bool(answer.tags))
            count += 1
        return count

    with (
        mitmdump(tmp_path, origin, f"sso_profiles={profile}", "sso_mark=tag-header") as proxy,
        ThreadPoolExecutor() as pool,
    ):
        clients = [pool.submit(ask_on) for _ in range(3)]
        try:
            time.sleep(0.5)
            assert handled == {True}
            write_profile(profile, OTHER)
            proxy.wait_for("ssoroute: the router follows the changed files; 1 installed")
            time.sleep(0.2)
            handled.clear()
            time.sleep(0.3)
            assert handled == {False}
            profile.write_text("<plist>")
            proxy.wait_for("ssoroute: the router has not changed")
            assert handled == {False}
        finally:
            ended.set()
        asked = [client.result(60) for client in clients]
    assert min(asked) > 5
    assert sum("the router has not changed" in line for line in proxy.lines) == 1
    written = flows_of(tmp_path)
    assert len(written) == sum(asked)
    assert all(record for _, _, record, _ in written)


def test_recorded_flows_are_decided_anew(tmp_path: Path, origin: int) -> None:
    profile = write_profile(tmp_path / "a.mobileconfig", PLAIN)
    with mitmdump(tmp_path, origin, f"sso_profiles={profile}", "sso_mark=mark") as proxy:
        proxy.get("http://login.example.com/", X_SSO_Caller="com.example.one")
    ((_, _, before, mark),) = flows_of(tmp_path)
    assert (before["outcome"], mark) == ("handle", ":key:")
    (tmp_path / "flows").rename(tmp_path / "recorded")
    write_profile(profile, OTHER)
    subprocess.run(
        [
            *arguments(tmp_path / "conf", f"sso_profiles={profile}"),
            *("-nr", str(tmp_path / "recorded"), "-w", str(tmp_path / "flows")),
        ],
        check=True,
        timeout=60,
        stdout=subprocess.DEVNULL,
        env=environment(),
    )
    ((_, comment, after, _),) = flows_of(tmp_path)
    assert comment == "ssoroute: do_not_handle no_match"
    assert after["request"] == before["request"]


def test_mitmdump_does_not_start_with_wrong_options(tmp_path: Path) -> None:
    options = ["sso_mark=loud", "sso_profiles=missing.mobileconfig", "sso_os=BeOS"]
    done = subprocess.run(
        [*arguments(tmp_path, *options), "--listen-host", "127.0.0.1", "--listen-port", "0"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=environment(),
    )
    assert done.returncode == 1
    said = done.stdout + done.stderr
    assert "sso_mark: unknown `loud`; known are off, mark, tag-header, answer" in said
    assert "sso_profiles: missing.mobileconfig: error: cannot be read" in said
    assert "sso_os: unknown platform `BeOS`" in said
