"""What clients send to `ssoroute serve`: sysdiagnoses, and bodies that are refused in our words."""

from __future__ import annotations

import gzip
import http.client
import io
import json
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest

pytest.importorskip("uvicorn", reason="uvicorn (extra `serve`) is not installed")

from serving import ROOT, Serving, ask, serving

PASSWORD = "hunter2-of-jane"
LOGIN = "https://login.microsoftonline.com/"
(FOLDER,) = (ROOT / "examples" / "device").iterdir()


@pytest.fixture(scope="module")
def service() -> Iterator[Serving]:
    with serving("-p", "examples/profiles/kerberos.mobileconfig", "--os", "macOS@15.4") as running:
        yield running


def archive(*, mode: Literal["w:gz", "w:"] = "w:gz", padding: int = 0) -> bytes:
    """The made-up sysdiagnose of the examples as an archive, with `padding` bytes at its start."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode) as tar:
        if padding:
            entry = tarfile.TarInfo("sysdiagnose_x/system_logs.tracev3")
            entry.size = padding
            tar.addfile(entry, io.BytesIO(b"\0" * padding))
        tar.add(FOLDER, FOLDER.name)
    return file.getvalue()


@pytest.mark.parametrize("mode", ["w:gz", "w:"])
def test_a_sysdiagnose_answers_as_on_the_command_line(
    service: Serving, mode: Literal["w:gz", "w:"], tmp_path: Path
) -> None:
    path = tmp_path / "sysdiagnose.tar"
    path.write_bytes(archive(mode=mode))
    sent = ask(service, "POST", "/v1/sysdiagnose", path.read_bytes())
    assert sent.status == 200
    assert sent.body["device"]["version"] == "15.4"
    assert list(sent.body["missing"]) == ["extensions"]
    asked = {"request": {"url": LOGIN}, "sysdiagnose": sent.body["sysdiagnose"]}
    body = ask(service, "POST", "/v1/explain", asked).body
    command = [sys.executable, "-m", "ssoroute", "explain", "--json", LOGIN]
    printed = subprocess.run(
        [*command, "--sysdiagnose", str(path)], capture_output=True, text=True, check=True
    )
    wanted = json.loads(printed.stdout)
    same = ("decision", "device", "questions", "changes", "afterwards", "device_facts", "log_facts")
    found = {name: body[name] for name in same}
    assert without_folders(found) == without_folders({name: wanted[name] for name in same})


def without_folders(value: object) -> object:
    """`value` with the names of files alone, as the service answers."""
    if isinstance(value, dict):
        return {
            name: item.rpartition("/")[2]
            if name == "file" and isinstance(item, str)
            else without_folders(item)
            for name, item in value.items()
            if name != "configuration"
        }
    return [without_folders(item) for item in value] if isinstance(value, list) else value


def test_a_sysdiagnose_goes_with_profiles_and_another_system(service: Serving) -> None:
    name = ask(service, "POST", "/v1/sysdiagnose", archive()).body["sysdiagnose"]
    body = ask(service, "POST", "/v1/look", {"sysdiagnose": name, "os": "macOS@26.0"}).body
    assert body["device"]["version"] == "26.0"
    assert body["device"]["associated_domains"]
    assert len(body["installed"]) == 2
    assert ask(service, "GET", "/v1/device").body["device"]["associated_domains"] == {}


def test_what_is_not_a_sysdiagnose_is_a_problem(service: Serving) -> None:
    answer = ask(service, "POST", "/v1/sysdiagnose", b"<plist>")
    assert answer.status == 400
    assert answer.body["problems"] == [
        (
            "sysdiagnose: error: not a sysdiagnose: neither a folder nor a tar archive"
            " (.tar.gz or .tar) [SSO033]; name a profile or a dump with --profiles"
        )
    ]
    bomb = gzip.compress(b"\0" * (64 * 1024 * 1024))
    assert ask(service, "POST", "/v1/sysdiagnose", bomb).status == 400
    unknown = ask(service, "POST", "/v1/look", {"sysdiagnose": "x"})
    assert unknown.body["problems"] == [
        "the body: sysdiagnose: this sysdiagnose is not held any more; send it again"
    ]


def test_a_large_sysdiagnose_is_read_while_it_arrives_and_others_are_answered(
    service: Serving,
) -> None:
    """More than any other body may have, in pieces, while other requests are answered."""
    data = archive(mode="w:", padding=40 * 1024 * 1024)
    connection = http.client.HTTPConnection(service.netloc, timeout=60)
    slowest = 0.0
    done = threading.Event()

    def others() -> None:
        nonlocal slowest
        while not done.is_set():
            start = time.monotonic()
            assert ask(service, "POST", "/v1/route", {"url": LOGIN}).status == 200
            slowest = max(slowest, time.monotonic() - start)

    reader = threading.Thread(target=others)
    reader.start()
    try:
        pieces = (data[at : at + 65536] for at in range(0, len(data), 65536))
        connection.request("POST", "/v1/sysdiagnose", pieces, encode_chunked=True)
        answer = connection.getresponse()
        assert answer.status == 200
        assert json.loads(answer.read())["device"]["version"] == "15.4"
    finally:
        done.set()
        reader.join()
        connection.close()
    assert slowest < 10  # a hang, not a slow machine


@pytest.mark.parametrize(
    ("path", "body", "problems"),
    [
        ("explain", {}, [("the body: `request` is missing; it must be an object such as"
                         ' {"url": "https://login.example.com/"}')]),
        ("explain", {"request": {"uri": LOGIN}},
         ["the body: request: unknown member `uri`; did you mean `url`?"]),
        ("explain", {"request": {"url": LOGIN, "id": True, "spelling": "curl"}},
         ["the body: request: `spelling` must be `app` or `browser`",
          "the body: request: `id` must be a string or an integer, not a boolean"]),
        ("explain", {"request": {"url": LOGIN}, "os": 15.4, "user": ["a"]},
         ['the body: os: must be a string such as "macOS@15.4", not a real number',
          "the body: user: must be the name of a user as a string, not an array"]),
        ("explain", {"request": {"url": LOGIN}, "os": "macOS 15"},
         ["a platform and its version are written macOS@15.4, not `macOS 15`"]),
        ("look", {"profiles": {"name": "a"}},
         [('the body: profiles: must be an array, each item an object such as {"name":'
          ' "corp.mobileconfig", "base64": "…"}, not an object')]),
        ("look", {"profiles": [{"name": 1}, {"base64": "", "name": "a", "text": ""}]},
         ["the body: profiles[0].name: must be a string, not an integer",
          "the body: profiles[0]: `base64` is missing; it must be a string",
          "the body: profiles[1]: unknown member `text`; known are name, base64"]),
        ("look", {"profile": []}, ["the body: unknown member `profile`; did you mean `profiles`?"]),
        ("look", [], ["the body: must be an object, not an array"]),
        ("look", b"{", ["the body is not JSON"]),
        ("look", {"profiles": [{"name": "a.mobileconfig", "base64": "?"}]},
         ["a.mobileconfig: not Base64"]),
        ("clients", {"app": 1, "screen_locked": "no"},
         ["the body: app: must be a bundle identifier as a string, not an integer",
          "the body: screen_locked: must be a boolean, not a string",
          "the body: `url` is missing; it must be an absolute URL as a string"]),
        ("route", [{"url": LOGIN, "id": 1.5}],
         ["[0]: `id` must be a string or an integer, not a real number"]),
    ],
)  # fmt: skip
def test_a_refused_body_is_told_what_to_write(
    service: Serving, path: str, body: object, problems: list[str]
) -> None:
    answer = ask(service, "POST", f"/v1/{path}", body)
    assert answer.status == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.body["problems"] == problems


def test_an_installation_does_not_hold_up_other_requests() -> None:
    """While a large profile becomes a router, questions are answered."""
    urls = "".join(f"<string>https://h{n}.example/</string>" for n in range(60_000))
    text = (ROOT / "examples" / "profiles" / "entra.mobileconfig").read_text()
    large = text.replace("<string>https://login.microsoftonline.com</string>", urls).encode()
    with serving("-p", "examples/profiles/kerberos.mobileconfig", "--allow-install") as running:
        start = time.monotonic()
        ask(running, "GET", "/healthz")
        answers: list[int] = []

        def install() -> None:
            answers.append(ask(running, "POST", "/v1/profiles", large).status)

        writer = threading.Thread(target=install)
        writer.start()
        answered = 0
        while writer.is_alive():
            assert ask(running, "GET", "/healthz").status == 200
            answered += 1
        writer.join()
        took = time.monotonic() - start
    assert answers == [200]
    assert answered >= 5, f"{answered} answers in {took:.1f} s"


def test_a_password_in_a_url_is_in_no_answer_and_in_no_log(tmp_path: Path) -> None:
    log = tmp_path / "decisions.jsonl"
    url = f"https://jane:{PASSWORD}@login.microsoftonline.com/"
    odd = f"https://jane:{PASSWORD}@login.microsoftonline.com:99999/"
    with serving("-p", "examples/profiles", "--log", str(log), "--log-urls") as running:
        answers = [
            ask(running, "POST", "/v1/route", {"url": url}),
            ask(running, "POST", "/v1/route", [{"url": url}, {"url": odd}]),
            ask(running, "POST", "/v1/route", {"url": odd}),
            ask(running, "POST", "/v1/explain", {"request": {"url": url}}),
            ask(running, "POST", "/v1/explain", {"request": {"url": odd}}),
            ask(running, "POST", "/v1/clients", {"url": url}),
        ]
    assert [answer.status for answer in answers] == [200, 200, 400, 200, 400, 400]
    assert answers[0].body["url"] == "https://jane:***@login.microsoftonline.com/"
    assert answers[-1].body["problems"] == ["the body: url: the page of a client has no password"]
    assert PASSWORD not in json.dumps([answer.body for answer in answers]) + log.read_text()
    assert "jane:***@login" in log.read_text()


def test_lists_are_answered_beside_each_other_and_logged_line_by_line(tmp_path: Path) -> None:
    log = tmp_path / "decisions.jsonl"
    answers: list[list[str]] = []
    with serving("-p", "examples/profiles", "--log", str(log)) as running:

        def send(host: str) -> None:
            body = ask(running, "POST", "/v1/route", [{"url": f"https://{host}/"}] * 1000).body
            answers.append([decision["url"] for decision in body["decisions"]])

        clients = [threading.Thread(target=send, args=(f"h{n}.example",)) for n in range(4)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
    assert sorted(answers) == [[f"https://h{n}.example/"] * 1000 for n in range(4)]
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line["id"] for line in lines] == list(range(1, 4001))
    hosts = [line["host"] for line in lines]
    assert [hosts.count(f"h{n}.example") for n in range(4)] == [1000] * 4
