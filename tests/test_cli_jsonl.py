"""`ssoroute route --jsonl`: requests in, decisions out, line by line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bad_lines import BAD_LINES
from cli_world import corp, invoke, running
from ssoroute.loaders.request_line import LINE_LIMIT

__all__ = ["corp"]

P = "-pcorp.mobileconfig"
GOOD = b'{"url": "https://login.example.com"}'


def answers(stdin: bytes) -> tuple[list[Any], int]:
    result = invoke("route", P, "--jsonl", "-", stdin=stdin)
    assert result.stderr == ""
    return [json.loads(line) for line in result.stdout.splitlines()], result.exit_code


@pytest.mark.usefixtures("corp")
def test_every_member_counts() -> None:
    requests = [
        {"url": "https://a.example.com/", "response_code": 401},
        {"url": "https://login.example.com", "caller": "com.example.app.sso"},
        {"url": "https://login.example.com", "screen_locked": True},
        {
            "url": "https://login.example.com",
            "screen_locked": True,
            "user_interface_enabled": False,
        },
        {"url": "https://login.example.com", "screen_locked": True, "background_session": True},
        {"url": "https://login.example.com", "caller": None, "response_code": None},
        {"url": "https://login.example.com", "response_code": 2**64 - 1},
    ]
    lines, status = answers(b"\n".join(json.dumps(r).encode() for r in requests))
    assert [(line["outcome"], line["reason"]) for line in lines] == [
        ("handle", "host"),
        ("do_not_handle", "caller_is_extension"),
        ("cancel", "screen_locked"),
        ("handle", "url_prefix"),
        ("handle", "url_prefix"),
        ("handle", "url_prefix"),
        ("handle", "url_prefix"),
    ]
    assert status == 0


@pytest.mark.usefixtures("corp")
@pytest.mark.parametrize(("line", "field", "message"), BAD_LINES, ids=range(len(BAD_LINES)))
def test_a_bad_line_is_answered_in_its_place(line: bytes, field: str | None, message: str) -> None:
    lines, status = answers(GOOD + b"\n" + line + b"\n" + GOOD + b"\n")
    assert [entry.get("outcome") for entry in lines] == ["handle", None, "handle"]
    assert lines[1] == {"schema": 1, "error": {"line": 2, "field": field, "message": message}}
    assert status == 3


@pytest.mark.usefixtures("corp")
def test_a_bad_last_line_without_newline_is_answered() -> None:
    lines, status = answers(GOOD + b"\n" + b"x" * (LINE_LIMIT + 1))
    assert lines[1]["error"]["message"] == "the line is longer than 16777216 bytes"
    assert (len(lines), status) == (2, 3)


@pytest.mark.usefixtures("corp")
def test_edges_of_a_file() -> None:
    assert answers(b"") == ([], 0)
    assert len(answers(GOOD)[0]) == 1
    assert len(answers(b"\xef\xbb\xbf" + GOOD + b"\r\n")[0]) == 1
    lines, status = answers(GOOD + b"\n\n")
    assert (len(lines), status) == (2, 3)


@pytest.mark.usefixtures("corp")
def test_a_line_of_the_greatest_length_is_read() -> None:
    text = b'{"url": "https://login.example.com/' + b"a" * 1000 + b'"}'
    lines, status = answers(text + b" " * (LINE_LIMIT - len(text)) + b"\n")
    assert (lines[0]["outcome"], status) == ("handle", 0)


@pytest.mark.usefixtures("corp")
def test_spelling_of_the_app() -> None:
    Path("requests").write_bytes(b'{"url": "https://\\ud800/"}\n{"url": "https://id.example.com"}')
    result = invoke("route", P, "--jsonl", "requests", "--spelling", "app", "--json")
    first, second = map(json.loads, result.stdout.splitlines())
    assert (first["url"], first["reason"]) == ("https://\ud800/", "no_match")
    assert (second["reason"], result.exit_code) == ("no_match", 0)


@pytest.mark.usefixtures("corp")
@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("missing", "no such file or directory"),
        (".", "is a directory"),
        ("\0", "embedded null byte"),
    ],
)
def test_a_file_that_cannot_be_read(path: str, why: str) -> None:
    result = invoke("route", P, "--jsonl", path)
    shown = "\\x00" if path == "\0" else path
    assert result.stderr == f"{shown}: error: cannot be read: {why}\n"
    assert (result.stdout, result.exit_code) == ("", 3)


@pytest.mark.usefixtures("corp")
def test_each_answer_comes_before_the_next_request() -> None:
    with running("route", P, "--jsonl", "-") as command:
        for line, outcome in ((GOOD, "handle"), (b'{"url": "https://x.org"}', "do_not_handle")):
            command.send(line)
            assert json.loads(command.stdout.readline())["outcome"] == outcome
        command.stdin.close()
        assert command.process.wait(30) == 0
