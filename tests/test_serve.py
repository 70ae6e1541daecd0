"""`ssoroute serve` over HTTP: answers, problems, limits, reload, log and metrics."""

from __future__ import annotations

import base64
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("uvicorn", reason="uvicorn (extra `serve`) is not installed")

from serving import ROOT, Serving, ask, serving

PROFILES = ROOT / "examples" / "profiles"
LOGIN = "https://login.microsoftonline.com/"
MICROSOFT = "com.microsoft.CompanyPortalMac.ssoextension"
SECRET = "hunter2-registration-token"


@pytest.fixture(scope="module")
def service() -> Iterator[Serving]:
    with serving("-p", str(PROFILES), "--os", "macOS@15.4") as running:
        yield running


def test_one_request(service: Serving) -> None:
    answer = ask(service, "POST", "/v1/route", {"url": LOGIN, "caller": "com.apple.Safari"})
    assert answer.status == 200
    assert answer.body["outcome"] == "handle"
    assert answer.body["extension"] == {"bundle_id": MICROSOFT, "team_id": "UBF8T346G9"}
    assert answer.headers["etag"] == f'"{answer.body["configuration"]}"'


def test_a_list_of_requests_keeps_order_and_ids(service: Serving) -> None:
    asked = [{"url": LOGIN, "id": "a"}, {"url": "nope", "id": 2}, {"url": "https://example.org/"}]
    body = ask(service, "POST", "/v1/route", asked).body
    assert [item.get("outcome") for item in body["decisions"]] == [
        "handle",
        None,
        "do_not_handle",
    ]
    assert [item.get("id") for item in body["decisions"]] == ["a", 2, None]
    assert body["decisions"][1]["error"].startswith("`nope` is")


def test_the_spelling_can_be_that_of_an_app(service: Serving) -> None:
    url = "HTTPS://intranet.example.com:443"
    answer = ask(service, "POST", "/v1/explain", {"request": {"url": url, "spelling": "app"}})
    assert answer.body["request"]["url"] == url


def test_an_explanation_on_another_device_and_profiles(service: Serving) -> None:
    profile = base64.b64encode((PROFILES / "kerberos.mobileconfig").read_bytes()).decode()
    asked = {
        "request": {"url": "https://intranet.example.com/", "response_code": 401},
        "os": "iOS@17",
        "profiles": [{"name": "mine.mobileconfig", "base64": profile}],
    }
    body = ask(service, "POST", "/v1/explain", asked).body
    assert body["decision"]["outcome"] == "handle"
    assert body["device"]["platform"] == "iOS"
    assert body["decision"]["rule"]["source"]["file"] == "mine.mobileconfig"


def test_what_the_device_holds(service: Serving) -> None:
    body = ask(service, "GET", "/v1/profiles").body
    assert [item["identifier"] for item in body["installed"]][:1] == ["com.example.entra"]
    assert "findings" in ask(service, "POST", "/v1/look", {}).body
    assert ask(service, "GET", "/v1/device").body["device"]["version"] == "15.4"


def test_every_client_is_compared(service: Serving) -> None:
    body = ask(service, "POST", "/v1/clients", {"url": LOGIN, "app": "com.example.app"}).body
    found = {client["name"]: client["handovers"] for client in body["clients"]}
    assert [one["decision"]["outcome"] for one in found["safari"]] == ["handle"]
    assert found["webview"][0]["request"]["caller"] == "com.example.app"
    assert [one["kind"] for one in found["own-stack"]] == ["nothing"]
    assert body["unknown"] == ["safari-view"]


def test_the_experiments_are_listed(service: Serving) -> None:
    body = ask(service, "GET", "/v1/experiments").body
    assert all(one["steps"] and one["look_for"] for one in body["experiments"])


def test_an_uploaded_profile_is_checked(service: Serving) -> None:
    data = (PROFILES / "entra.mobileconfig").read_bytes().replace(b"https://sts.", b"ftp://sts.")
    body = ask(service, "POST", "/v1/check?os=macOS@15.4", data).body
    assert "SSO201" in {finding["code"] for finding in body["findings"]}


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"uri": LOGIN}, "unknown member `uri`; did you mean `url`?"),
        ({}, "`url` is missing"),
        ({"url": LOGIN, "spelling": "x"}, "`spelling` must be `app` or `browser`"),
        ([{"url": LOGIN}, {}], "[1]: `url` is missing"),
        (b"{", "the body is not JSON"),
        (b'{"url": "https://h.example/\xca"}', "the body is not JSON"),
        ([{"url": LOGIN}] * 10_001, "a batch must hold at most 10000 requests"),
    ],
)
def test_an_invalid_body_is_a_problem(service: Serving, body: object, problem: str) -> None:
    answer = ask(service, "POST", "/v1/route", body)
    assert answer.status == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem in answer.body["problems"]


def test_paths_and_methods_that_do_not_exist_are_problems(service: Serving) -> None:
    assert ask(service, "GET", "/nope").status == 404
    answer = ask(service, "GET", "/v1/route")
    assert (answer.status, answer.body["title"]) == (405, "Method Not Allowed")


def test_another_host_is_refused(service: Serving) -> None:
    assert ask(service, "GET", "/v1/device", None, Host="evil.example").status == 421
    assert ask(service, "GET", "/v1/device", None, Host="localhost").status == 200


def test_a_body_that_is_too_large_is_refused(service: Serving) -> None:
    assert ask(service, "POST", "/v1/check", b"x" * (16 * 1024 * 1024 + 1)).status == 413


def test_a_service_does_not_install_by_default(service: Serving) -> None:
    data = (PROFILES / "okta.mobileconfig").read_bytes()
    assert ask(service, "POST", "/v1/profiles", data).status == 403
    assert ask(service, "DELETE", "/v1/profiles/com.example.okta").status == 403


def test_every_answer_has_security_headers(service: Serving) -> None:
    for path in ("/", "/page.js", "/v1/device", "/nope"):
        headers = ask(service, "GET", path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in headers


def test_no_answer_shows_a_folder_of_the_server(service: Serving) -> None:
    bodies = [
        ask(service, "GET", "/v1/profiles").body,
        ask(service, "POST", "/v1/look", {}).body,
        ask(service, "POST", "/v1/explain", {"request": {"url": LOGIN}}).body,
        ask(service, "POST", "/v1/route", {"url": LOGIN}).body,
    ]
    assert str(PROFILES) not in json.dumps(bodies)


def test_a_real_device_is_served() -> None:
    (folder,) = (ROOT / "examples" / "device").iterdir()
    with serving("--sysdiagnose", str(folder)) as running:
        device = ask(running, "GET", "/v1/device").body["device"]
        answer = ask(running, "POST", "/v1/route", {"url": LOGIN}).body
    assert (device["platform"], device["version"]) == ("macOS", "15.4")
    assert answer["outcome"] == "handle"


def test_profiles_are_installed_and_removed_where_that_is_allowed() -> None:
    with serving("-p", str(PROFILES / "entra.mobileconfig"), "--allow-install") as running:
        before = ask(running, "GET", "/v1/device").headers["etag"]
        data = (PROFILES / "kerberos.mobileconfig").read_bytes()
        body = ask(running, "POST", "/v1/profiles", data).body
        assert [item["identifier"] for item in body["installed"]] == [
            "com.example.entra",
            "com.example.kerberos",
        ]
        assert ask(running, "GET", "/v1/device").headers["etag"] != before
        path = "/v1/profiles/com.example.kerberos"
        assert ask(running, "DELETE", path).status == 200
        assert ask(running, "DELETE", path).status == 404
        assert ask(running, "GET", "/v1/device").headers["etag"] == before


def test_the_log_and_the_metrics_hold_no_url(tmp_path: Path) -> None:
    log = tmp_path / "decisions.jsonl"
    url = "https://user:secretpw@login.microsoftonline.com/path?query=1"
    with serving("-p", str(PROFILES), "--log", str(log)) as running:
        digest = ask(running, "POST", "/v1/route", {"url": url, "caller": "com.x"}).body[
            "configuration"
        ]
        metrics = ask(running, "GET", "/metrics").body
    (line,) = map(json.loads, log.read_text().splitlines())
    assert line == {
        "id": 1,
        "configuration": digest,
        "outcome": "do_not_handle",
        "reason": "no_match",
        "extension": None,
        "caller": "com.x",
        "host": "login.microsoftonline.com",
    }
    assert log.stat().st_mode & 0o077 == 0
    assert 'ssoroute_decisions_total{extension="",outcome="do_not_handle"} 1.0' in metrics
    assert "microsoftonline" not in metrics


def test_a_secret_of_a_profile_is_in_no_answer(tmp_path: Path) -> None:
    text = (PROFILES / "okta.mobileconfig").read_text()
    assert "RegistrationToken" in text or "</dict>" in text
    planted = text.replace(
        "<key>Type</key>",
        f"<key>RegistrationToken</key><string>{SECRET}</string>"
        f"<key>ExtensionData</key><dict><key>k</key><string>{SECRET}</string></dict>"
        "<key>Type</key>",
        1,
    )
    (tmp_path / "p.mobileconfig").write_text(planted)
    with serving("-p", str(tmp_path)) as running:
        answers = [
            ask(running, "GET", "/v1/profiles"),
            ask(running, "POST", "/v1/look", {}),
            ask(running, "POST", "/v1/explain", {"request": {"url": LOGIN}}),
            ask(running, "POST", "/v1/check", planted.encode()),
            ask(running, "POST", "/v1/check", planted.replace("</plist>", "<").encode()),
        ]
    assert SECRET not in json.dumps([answer.body for answer in answers])


@contextmanager
def changing(path: Path, contents: list[bytes], pause: float) -> Iterator[None]:
    """Replace the file at `path` again and again, until the block ends."""
    done = threading.Event()

    def write() -> None:
        number = 0
        while not done.wait(pause):
            number += 1
            other = path.with_suffix(".new")
            other.write_bytes(contents[number % len(contents)])
            other.replace(path)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        done.set()
        writer.join()


def test_no_request_sees_half_a_change(tmp_path: Path) -> None:
    """Readers and a writer for some seconds: every answer is whole, and none fails."""
    path = tmp_path / "p.mobileconfig"
    first = (PROFILES / "entra.mobileconfig").read_bytes()
    second = first.replace(b"com.microsoft.CompanyPortalMac", b"com.example.other")
    path.write_bytes(first)
    seen: dict[str, set[str]] = {}
    failed: list[object] = []
    with serving("-p", str(path), "--watch") as running:
        until = time.monotonic() + 10

        def read() -> None:
            asked = [{"url": LOGIN}, {"url": "https://sts.windows.net/"}] * 50
            while time.monotonic() < until:
                answer = ask(running, "POST", "/v1/route", asked)
                if answer.status != 200:
                    failed.append(answer)
                    continue
                found = {item["extension"]["bundle_id"] for item in answer.body["decisions"]}
                seen.setdefault(answer.body["configuration"], set()).update(found)

        with changing(path, [second, first], 0.3):
            readers = [threading.Thread(target=read) for _ in range(3)]
            for reader in readers:
                reader.start()
            for reader in readers:
                reader.join()
    assert not failed
    assert sorted(map(sorted, seen.values())) == [
        ["com.example.other.ssoextension"],
        ["com.microsoft.CompanyPortalMac.ssoextension"],
    ]


def wait_for(condition: Any) -> None:
    until = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.1)


def test_a_broken_profile_keeps_the_last_good_router(tmp_path: Path) -> None:
    path = tmp_path / "p.mobileconfig"
    good = (PROFILES / "entra.mobileconfig").read_bytes()
    path.write_bytes(good)
    with serving("-p", str(path), "--watch") as running:
        path.write_bytes(good[:-40])
        wait_for(lambda: ask(running, "GET", "/healthz").status == 503)
        health = ask(running, "GET", "/healthz").body
        assert health["status"] == "stale"
        assert health["problems"][0].startswith("p.mobileconfig: error: ")
        answer = ask(running, "POST", "/v1/route", {"url": LOGIN})
        assert answer.body["outcome"] == "handle"
        path.write_bytes(good)
        wait_for(lambda: ask(running, "GET", "/healthz").status == 200)


def test_a_unix_socket(tmp_path: Path) -> None:
    if not hasattr(__import__("socket"), "AF_UNIX"):
        pytest.skip("this system has no Unix sockets")
    import socket

    path = tmp_path / "s.sock"
    command = [sys.executable, "-m", "ssoroute", "serve", "-p", str(PROFILES), "--uds", str(path)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == f"serving on {path}\n"
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
            client.sendall(b"GET /v1/device HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert client.makefile("rb").readline() == b"HTTP/1.1 200 OK\r\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--host", "0.0.0.0"), "--host 0.0.0.0 can be reached by others; add --allow-remote"),  # noqa: S104 - refused
        (("--watch", "-p", "-"), "--watch cannot follow standard input"),
    ],
)
def test_misuse(options: tuple[str, ...], message: str) -> None:
    profiles = () if "-p" in options else ("-p", str(PROFILES))
    command = [sys.executable, "-m", "ssoroute", "serve", *profiles, *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert message in " ".join(done.stderr.split())
