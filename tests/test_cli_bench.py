"""`ssoroute bench` measures the requests of the profiles; its figures are times, so they vary."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli_world import CREDENTIAL, REDIRECT, invoke, run, write_profile

REQUESTS = b"""\
{"url": "https://login.example.com/"}
{"url": "https://www.example.org/"}
{"url": "https://a.example.com/", "response_code": 401}
"""


@pytest.fixture(autouse=True)
def corp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_profile(Path("corp.mobileconfig"), REDIRECT, CREDENTIAL)


def test_requests_are_made_up_from_the_rules() -> None:
    result = invoke("bench", "-p", "corp.mobileconfig", "--seconds", "0.1", "--json")
    assert result.exit_code == 0
    measured = json.loads(result.stdout)
    assert (measured["schema"], measured["rules"]) == (1, 3)
    assert measured["engine"] in ("compiled", "pure Python")
    assert {cost["kind"]: cost["requests"] for cost in measured["costs"]} == {
        "all": 60,
        "plain, matches": 2,
        "plain, matches nothing": 54,
        "challenge, matches": 1,
        "challenge, matches nothing": 3,
    }
    assert all(0 < cost["least"] <= cost["median"] for cost in measured["costs"])


def test_requests_of_a_file_are_measured() -> None:
    Path("log.jsonl").write_bytes(REQUESTS)
    result = invoke("bench", "-p", "corp.mobileconfig", "--seconds", "0.1", "--requests=log.jsonl")
    assert result.exit_code == 0
    first, *costs = result.stdout.splitlines()
    assert first.startswith("3 rules, ")
    assert sorted(line.split("  ")[0] for line in costs) == [
        "all",
        "challenge, matches",
        "plain, matches",
        "plain, matches nothing",
    ]


def test_a_bad_line_is_told_and_the_rest_is_measured() -> None:
    arguments = ["-p", "corp.mobileconfig", "--seconds", "0.1", "--requests", "-", "--json"]
    done = run("bench", *arguments, stdin=b'{"uri": 1}\n' + REQUESTS)
    assert done.returncode == 3
    assert b"line 1: error: unknown member `uri`; did you mean `url`?" in done.stderr
    assert json.loads(done.stdout)["costs"][0]["requests"] == 3


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["--seconds", "0"], 2),
        (["--requests", "none.jsonl"], 3),
        (["--requests", "/dev/null"], 3),
    ],
)
def test_what_cannot_be_measured(arguments: list[str], status: int) -> None:
    done = run("bench", "-p", "corp.mobileconfig", *arguments)
    assert (done.returncode, done.stdout) == (status, b"")
    assert b"error" in done.stderr
