"""`ssoroute device serve`: an emulated device that other programs ask, line by line."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from bad_lines import BAD_LINES
from cli_world import (
    CREDENTIAL,
    REDIRECT,
    ROOT,
    SSO,
    corp,
    environment,
    invoke,
    running,
    write_profile,
)

__all__ = ["corp"]

LOGIN: Final = "https://login.example.com/"
PAGE: Final = ROOT / "docs" / "device-serve.md"
pytestmark = pytest.mark.usefixtures("corp")


def session(*lines: object, options: tuple[str, ...] = (), status: int = 0) -> list[Any]:
    """The answers to the lines, which are JSON or bytes."""
    sent = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
    stdin = b"".join(line + b"\n" for line in sent)
    done = invoke("device", "serve", "--jsonl", *options, stdin=stdin)
    assert done.stderr == ""
    assert done.exit_code == status
    return [json.loads(line) for line in done.stdout.splitlines()]


def results(*lines: object, options: tuple[str, ...] = ()) -> list[Any]:
    return [answer["result"] for answer in session(*lines, options=options)]


def test_profiles_come_and_go() -> None:
    write_profile(Path("other.mobileconfig"), CREDENTIAL)
    route = {"op": "route", "url": LOGIN}
    found = results(
        route,
        {"op": "install", "path": "corp.mobileconfig"},
        route,
        {"op": "install", "path": "other.mobileconfig"},
        {"op": "install", "path": "corp.mobileconfig"},
        {"op": "remove", "profile": "corp"},
        route,
    )
    assert [found[i]["reason"] for i in (0, 2, 6)] == ["no_match", "url_prefix", "no_match"]
    source = {"file": "corp.mobileconfig", "path": ""}
    assert found[1] == {
        "installed": [{"profile": "corp", "source": source, "known": True, "replaced": None}],
        "refused": [],
        "findings": [],
    }
    assert (found[3]["installed"], found[3]["refused"][0]["code"]) == ([], 54007)
    assert found[4]["installed"][0]["replaced"] == {"profile": "corp", "source": source}
    assert found[5] == {"removed": {"profile": "corp", "source": source}}


def test_the_screen_is_that_of_the_device() -> None:
    found = results(
        {"op": "install", "path": "corp.mobileconfig"},
        {"op": "lock"},
        {"op": "route", "url": LOGIN},
        {"op": "explain", "url": LOGIN},
        {"op": "route", "url": LOGIN, "user_interface_enabled": False},
        {"op": "unlock"},
        {"op": "route", "url": LOGIN, "screen_locked": None},
    )
    assert [found[1], found[5]] == [{"locked": True}, {"locked": False}]
    assert (found[2]["outcome"], found[2]["reason"]) == ("cancel", "screen_locked")
    assert found[3]["decision"] == found[2]
    assert found[4]["outcome"] == found[6]["outcome"] == "handle"


def test_answers_are_those_of_route_and_explain() -> None:
    request = {"url": "https://user:hunter2@login.example.com", "caller": "com.apple.Safari"}
    route, explain = results(
        {"op": "route", **request},
        {"op": "explain", **request},
        options=("-p", "corp.mobileconfig"),
    )
    line = json.dumps(request)
    done = invoke("route", "-pcorp.mobileconfig", "--jsonl", "-", stdin=line)
    assert route == json.loads(done.stdout)
    arguments = ("--caller", "com.apple.Safari", "--json", request["url"])
    done = invoke("explain", "-pcorp.mobileconfig", *arguments)
    assert explain == json.loads(done.stdout)
    assert explain["hint"] is not None
    assert "hunter2" not in json.dumps([route, explain])
    (by_client,) = results(
        {"op": "route", "url": LOGIN, "client": "safari"}, options=("-p", "corp.mobileconfig")
    )
    assert (by_client["client"]["name"], by_client["outcome"]) == ("safari", "handle")


@pytest.mark.parametrize("id_", [7, -1, 0, "", "a-7", "ü\ud800", 2**63])
def test_an_id_is_repeated(id_: int | str) -> None:
    good, bad = session({"id": id_, "op": "lock"}, {"id": id_, "op": "loc"}, status=3)
    assert list(good) == ["schema", "id", "result"]
    assert list(bad) == ["schema", "id", "error"]
    assert good["id"] == bad["id"] == id_
    line = json.dumps({"id": id_, "url": LOGIN})
    answer = json.loads(invoke("route", "-pcorp.mobileconfig", "--jsonl", "-", stdin=line).stdout)
    assert (list(answer)[:2], answer["id"]) == (["schema", "id"], id_)


@pytest.mark.parametrize("id_", [True, 1.5, [], {}])
def test_an_id_is_a_string_or_an_integer(id_: object) -> None:
    (answer,) = session({"id": id_, "op": "lock"}, status=3)
    assert "id" not in answer
    assert answer["error"]["field"] == "id"
    assert answer["error"]["message"].startswith("`id` must be a string or an integer, not ")


@pytest.mark.parametrize(
    ("line", "field", "message"),
    [
        (b"[]", None, 'an operation is a JSON object such as {"op": "lock"}'),
        ({}, "op", "`op` is missing"),
        ({"op": 1}, "op", "`op` must be a non-empty string, not an integer"),
        ({"op": ""}, "op", "`op` must be a non-empty string, not an empty string"),
        ({"op": "instal"}, "op", "unknown operation `instal`; did you mean `install`?"),
        ({"op": "lock", "x": 1}, "x", "the operation `lock` has no member `x`; leave it out"),
        ({"op": "install"}, "path", "`path` is missing"),
        ({"op": "install", "file": "x"}, "file", "unknown member `file`; known are path,"),
        ({"op": "install", "name": "x"}, "name", "`name` goes with `base64`, which is missing"),
        ({"op": "install", "path": "x", "base64": "eA=="}, "path", "`path` and `base64` both give"),
        ({"op": "install", "base64": "?"}, None, "<bytes>: not Base64"),
        ({"op": "install", "path": "none"}, None, "none: error: cannot be read: no such file"),
        (
            {"op": "install", "path": "corp.mobileconfig", "channel": "usr"},
            "channel",
            "`channel` must be `device` or `user`, not `usr`",
        ),
        ({"op": "remove"}, "profile", "`profile` is missing"),
        ({"op": "remove", "profile": "x"}, "profile", "no profile `x` in the device channel"),
        ({"op": "route", "uri": "x"}, "uri", "unknown member `uri`; did you mean `url`?"),
        ({"op": "route", "url": "http://["}, "url", "`http://[` is not a URL to a browser"),
        ({"op": "explain", "url": "http://["}, "url", "`http://[` is not a URL to a browser"),
        ({"op": "explain", "url": "x", "client": "safari"}, "client", "unknown member `client`"),
        (
            {"op": "route", "url": LOGIN, "screen_locked": False},
            "screen_locked",
            "the device has a screen; use the operations `lock` and `unlock`",
        ),
    ],
)
def test_a_bad_line_is_one_error(line: object, field: str | None, message: str) -> None:
    before, answer, after = session({"op": "lock"}, line, {"op": "unlock"}, status=3)
    assert "result" in before
    assert "result" in after
    error = answer["error"]
    assert (error["line"], error["field"]) == (2, field)
    assert error["message"].startswith(message)
    assert error["problems"] == [error["message"]]


@pytest.mark.parametrize("line", [line for line, field, _ in BAD_LINES if field is None][:-1])
def test_a_line_that_is_no_object_is_one_error(line: bytes) -> None:
    if line in (b"[]", b"null"):
        return
    answers = session({"op": "lock"}, line, {"op": "unlock"}, status=3)
    assert ["error" in answer for answer in answers] == [False, True, False]


def test_all_problems_of_a_profile_are_said() -> None:
    Path("folder").mkdir()
    Path("folder/a.plist").write_text("<plist>")
    Path("folder/b.json").write_text("{")
    (answer,) = session({"op": "install", "path": "folder"}, status=3)
    first, second = answer["error"]["problems"]
    assert first.startswith("folder/a.plist")
    assert second.startswith("folder/b.json")
    assert answer["error"]["message"] == f"{first}; {second}"


def test_the_good_profiles_of_a_folder_are_installed() -> None:
    Path("folder").mkdir()
    write_profile(Path("folder/a.mobileconfig"), REDIRECT)
    Path("folder/b.json").write_text("{")
    (result,) = results({"op": "install", "path": "folder"})
    assert [found["profile"] for found in result["installed"]] == ["a"]
    assert [found["file"] for found in result["findings"]] == ["folder/b.json"]


def test_a_profile_can_come_inside_the_line() -> None:
    data = base64.b64encode(Path("corp.mobileconfig").read_bytes()).decode()
    installed, route, removed = results(
        {"op": "install", "base64": data, "name": "mine.mobileconfig", "channel": "user"},
        {"op": "route", "url": LOGIN},
        {"op": "remove", "profile": "corp", "channel": "user"},
    )
    assert installed["installed"][0]["source"]["file"] == "mine.mobileconfig"
    assert route["rule"]["source"]["file"] == "mine.mobileconfig"
    assert removed["removed"]["profile"] == "corp"


def test_reloading_begins_with_the_files_again() -> None:
    write_profile(Path("more.mobileconfig"), {**REDIRECT, "URLs": ["https://more.example/"]})
    with running("device", "serve", "--jsonl", "-pcorp.mobileconfig") as device:

        def ask(**line: object) -> Any:
            device.send(json.dumps(line).encode())
            return json.loads(device.stdout.readline())

        def reason(url: str) -> object:
            return ask(op="route", url=url)["result"]["reason"]

        ask(op="install", path="more.mobileconfig")
        ask(op="lock")
        assert reason("https://more.example/") == "screen_locked"
        write_profile(Path("corp.mobileconfig"), {**REDIRECT, "URLs": ["https://new.example/"]})
        assert reason("https://new.example/") == "no_match"
        found = ask(op="reload")["result"]
        assert [profile["profile"] for profile in found["installed"]] == ["corp"]
        assert reason("https://new.example/") == "screen_locked"
        assert reason("https://more.example/") == "no_match"
        Path("corp.mobileconfig").write_text("<plist>")
        assert ask(op="reload")["error"]["problems"][0].startswith("corp.mobileconfig")
        assert reason("https://new.example/") == "screen_locked"
        device.stdin.close()
        assert device.process.wait(timeout=30) == 3


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        ((), 2, "Error: the device speaks JSON Lines only; add --jsonl"),
        (
            ("--jsonl", "-p", "-"),
            2,
            "Error: standard input holds the lines; name profiles by their paths",
        ),
        (("--jsonl", "-p", "none"), 3, "none: error: cannot be read: no such file or directory"),
    ],
)
def test_misuse(arguments: tuple[str, ...], status: int, message: str) -> None:
    done = invoke("device", "serve", *arguments, stdin="")
    assert done.exit_code == status
    assert done.stderr.splitlines()[-1].startswith(message)


def test_secrets_are_not_shown() -> None:
    secret = {**REDIRECT, "ExtensionData": {"key": "hunter2"}, "RegistrationToken": "hunter2"}
    write_profile(Path("corp.mobileconfig"), secret)
    found = results(
        {"op": "install", "path": "corp.mobileconfig"},
        {"op": "explain", "url": LOGIN},
        {"op": "remove", "profile": "corp"},
    )
    assert "hunter2" not in json.dumps(found)
    assert SSO in json.dumps(found)


@pytest.mark.parametrize(
    ("language", "command", "file"),
    [("javascript", ("node",), "client.mjs"), ("go", ("go", "run"), "client.go")],
)
def test_the_clients_of_the_page_run(
    language: str, command: tuple[str, ...], file: str, tmp_path: Path
) -> None:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    text = PAGE.read_text(encoding="utf-8")
    blocks = dict(re.findall(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))
    (tmp_path / file).write_text(blocks[language], encoding="utf-8")
    script = tmp_path / "bin" / "ssoroute"
    script.parent.mkdir()
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m ssoroute "$@"\n')
    script.chmod(0o755)
    caches = {"GOCACHE": str(tmp_path / "cache"), "GO111MODULE": "off", "GOFLAGS": ""}
    path = f"{script.parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [*command, str(tmp_path / file)],
        capture_output=True,
        cwd=ROOT,
        env=environment(PATH=path, **caches),
        text=True,
        timeout=300,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout == blocks["text"]
