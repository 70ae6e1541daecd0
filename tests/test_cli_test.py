"""`ssoroute test`: text, JSON, JUnit, coverage, exit status."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from cli_world import CREDENTIAL, REDIRECT, SSO, corp, invoke, run, write_profile
from written_json import plain_request

__all__ = ["corp"]

LOGIN = "https://login.example.com/"
HANDLED = {"url": LOGIN, "outcome": "handle"}
pytestmark = pytest.mark.usefixtures("corp")


def table(*rows: dict[str, Any], name: str = "t.routes.json", **members: object) -> str:
    document = {"profiles": "corp.mobileconfig", "routes": rows} | members
    Path(name).write_text(json.dumps(document))
    return name


def test_all_rows_pass() -> None:
    result = invoke("test", table(HANDLED))
    assert (result.stdout, result.stderr, result.exit_code) == (
        (
            "t.routes.json: 1 of 1 row passed\n"
            "coverage: 1 of 3 prefixes, hosts and denied callers (33.33 %)\n"
            "  never used: url_prefix https://id.example.com/t/"
            " in corp.mobileconfig: PayloadContent[0].URLs[1]\n"
            "  never used: host .example.com in corp.mobileconfig: PayloadContent[1].Hosts[0]\n"
        ),
        "",
        0,
    )


def test_only_what_failed_is_shown_with_its_explanation() -> None:
    wrong = {"name": "the old page", "url": LOGIN, "caller": "a\x1b[31m", "reason": "no_match"}
    result = invoke("test", table(HANDLED, wrong, device={"version": "15.4"}))
    assert result.stdout.splitlines()[:10] == [
        "t.routes.json: row 2 (the old page) failed",
        "  reason: expected no_match, found url_prefix",
        "  https://login.example.com/, caller a\\x1b[31m",
        f"    handle (url_prefix): {SSO} (EXAMPLE123)",
        "    by https://login.example.com in corp.mobileconfig: PayloadContent[0].URLs[0]",
        "    on macOS 15.4, matching `system`",
        f"    selected: {SSO} (EXAMPLE123), Redirect: https://login.example.com begins the URL",
        "        [observed]",
        "",
        "t.routes.json: 1 of 2 rows passed",
    ]
    assert (result.stderr, result.exit_code) == ("", 1)


def test_no_line_is_too_long_for_a_terminal() -> None:
    result = invoke("test", table(*[HANDLED | {"outcome": "cancel"}] * 3))
    assert max(map(len, result.stdout.splitlines())) <= 100


def test_unreadable_tables_and_profiles_do_not_stop_the_others() -> None:
    good = table(HANDLED)
    bad = table({"url": 1}, name="bad.json")
    lost = table(HANDLED, name="lost.json", profiles=["corp.mobileconfig", "gone"])
    failing = table(HANDLED | {"outcome": "cancel"}, name="failing.json")
    result = invoke("test", bad, good, lost, failing, "missing.toml")
    assert result.stderr.splitlines() == [
        "bad.json: row 1: url: must be a URL such as `https://login.example.com/`, not an integer",
        (
            "bad.json: row 1: nothing is expected; write at least one of"
            " outcome, reason, extension, rule"
        ),
        "lost.json: profiles: gone: error: cannot be read: no such file or directory [SSO001]",
        "missing.toml: cannot be read: no such file or directory",
    ]
    assert "t.routes.json: 1 of 1 row passed\n" in result.stdout
    assert "failing.json: 0 of 1 row passed\n" in result.stdout
    assert result.exit_code == 3


def test_nothing_is_said_about_coverage_where_nothing_ran() -> None:
    result = invoke("test", "missing", "--fail-under", "100")
    assert (result.stdout, result.exit_code) == ("", 3)


@pytest.mark.parametrize(
    ("limit", "status"),
    [("33.33", 0), ("33.333333333333333333333", 0), ("33.4", 1), ("0", 0), ("100", 1), ("34", 1)],
)
def test_coverage_is_compared_exactly(limit: str, status: int) -> None:
    result = invoke("test", table(HANDLED), "--fail-under", limit)
    assert result.exit_code == status
    assert (f"  too little: must be at least {limit} %\n" in result.stdout) == bool(status)


def test_two_thirds_are_less_than_what_is_shown_rounded_up() -> None:
    second = {"url": "https://id.example.com/t/", "outcome": "handle"}
    name = table(HANDLED, second)
    assert "(66.66 %)" in invoke("test", name).stdout
    assert invoke("test", name, "--fail-under", "66.67").exit_code == 1
    assert invoke("test", name, "--fail-under", "66.6666666666666666").exit_code == 0


def test_where_there_is_nothing_to_use() -> None:
    name = table(HANDLED | {"outcome": "do_not_handle"}, device={"version": "10.14"})
    result = invoke("test", name, "--fail-under", "100")
    assert result.stdout.endswith("coverage: no prefix, host or denied caller is active\n")
    assert result.exit_code == 0


@pytest.mark.parametrize("limit", ["101", "-1", "1/3", "1e1", "nan", "", "90%", "100.5", "٩٠"])
def test_a_limit_is_a_percentage(limit: str) -> None:
    done = run("test", "--fail-under", limit, "x")
    assert done.returncode == 2
    assert b"must be a percentage such as 90 or 99.5, not" in done.stderr


MISUSE: list[tuple[list[str], str]] = [
    ([], "no table: name a table or a folder, or write a table with --record"),
    (["t", "--os", "iOS"], "--os is for --record; a table has its own"),
    (["t", "-p", "x"], "--profiles is for --record; a table has its own"),
    (["t", "--matching", "system"], "--matching is for --record; a table has its own"),
    (["t", "--force"], "--force is for --record; a table has its own"),
    (
        ["--junit", "a.routes.toml", "b.routes.toml"],
        "--junit writes XML, but `a.routes.toml` looks like a table",
    ),
    (["--record", "t.toml", "--json"], "--json has no effect with --record; leave it out"),
    (
        ["--record", "t.toml", "--fail-under", "1"],
        "--fail-under has no effect with --record; leave it out",
    ),
    (["--record", "t.toml", "u.toml"], "--record writes one table and runs none; leave out u.toml"),
    (["--record", "t.json"], "--record writes TOML; `t.json` must end in .toml"),
    (
        ["--record", "t.toml", "-p", "x"],
        "--record needs requests; name their file with --requests",
    ),
    (
        ["--record", "t.toml", "--requests", "-"],
        "a table names its profiles by their paths; name them with -p/--profiles",
    ),
    (
        ["--record", "t.toml", "--requests", "x", "-p", "-"],
        "a table names its profiles by their paths; name them with -p/--profiles",
    ),
]


@pytest.mark.parametrize(("arguments", "message"), MISUSE, ids=range(len(MISUSE)))
def test_misuse(arguments: list[str], message: str) -> None:
    before = set(Path().iterdir())
    result = invoke("test", *arguments)
    assert result.exit_code == 2
    assert f"Error: {message}\n" in result.stderr
    assert set(Path().iterdir()) == before


def test_findings_and_refusals_are_reported_once() -> None:
    write_profile(Path("copy.mobileconfig"), REDIRECT, PayloadScope="Nobody")
    profiles = ["corp.mobileconfig", "copy.mobileconfig"]
    names = [table(HANDLED, name=name, profiles=profiles) for name in ("a.json", "b.json")]
    result = invoke("test", *names)
    assert [line.partition(":")[0] for line in result.stderr.splitlines()] == [
        "copy.mobileconfig",
        "copy.mobileconfig",
    ]
    assert "[SSO022]" in result.stderr
    assert "refused: the URL `https://login.example.com` is already claimed" in result.stderr
    assert result.exit_code == 0


def test_json() -> None:
    named = {"name": "n", "url": "https://LOGIN.example.com", "extension": False}
    name = table(HANDLED | {"rule": "https://login.example.com", "extension": SSO}, named)
    result = invoke("test", name, "missing", "--json", "--fail-under", "33.4")
    report = json.loads(result.stdout)
    assert result.exit_code == 3
    assert list(report) == ["schema", "passed", "failed", "tables", "coverage"]
    assert (report["schema"], report["passed"], report["failed"]) == (1, 1, 1)
    first, second = report["tables"]
    assert second == {
        "file": "missing",
        "errors": ["missing: cannot be read: no such file or directory"],
        "rows": [],
    }
    assert (first["file"], first["errors"]) == (name, [])
    good, bad = first["rows"]
    assert good == {
        "number": 1,
        "name": None,
        "passed": True,
        "request": plain_request(LOGIN),
        "client": None,
        "handover": None,
        "expected": {
            "outcome": "handle",
            "extension": {"bundle_id": SSO, "team_id": None},
            "rule": "https://login.example.com",
        },
        "decision": json.loads(invoke("route", "-pcorp.mobileconfig", "--json", LOGIN).stdout),
        "mismatches": [],
        "explanation": None,
    }
    assert (bad["number"], bad["name"], bad["passed"]) == (2, "n", False)
    assert bad["request"]["url"] == bad["decision"]["url"] == "https://LOGIN.example.com"
    assert bad["expected"] == {"extension": False}
    assert bad["mismatches"] == [
        {"member": "extension", "expected": "none", "found": f"{SSO} (EXAMPLE123)"}
    ]
    assert bad["explanation"]["request"]["url"] == LOGIN
    assert bad["explanation"]["steps"][0]["verdict"] == "selected"
    assert report["coverage"] == {
        "used": 1,
        "total": 3,
        "percent": "33.33",
        "fail_under": "33.4",
        "enough": False,
        "unused": [
            {
                "kind": "url_prefix",
                "text": "https://id.example.com/t/",
                "source": {"file": "corp.mobileconfig", "path": "PayloadContent[0].URLs[1]"},
            },
            {
                "kind": "host",
                "text": ".example.com",
                "source": {"file": "corp.mobileconfig", "path": "PayloadContent[1].Hosts[0]"},
            },
        ],
    }


def test_junit() -> None:
    name = table(HANDLED, {"name": '<&\x00\ud800">', "url": LOGIN, "reason": "no_match"})
    result = invoke("test", name, "missing\x1b", "--junit", "out.xml", "--fail-under", "90")
    assert result.exit_code == 3
    root = ET.fromstring(Path("out.xml").read_text(encoding="utf-8"))
    counts = [(e.get("tests"), e.get("failures"), e.get("errors")) for e in [root, *root]]
    assert counts == [("4", "2", "1"), ("2", "1", "0"), ("1", "0", "1"), ("1", "1", "0")]
    assert [suite.get("name") for suite in root] == [name, "missing\\x1b", "coverage"]
    assert [(case.get("classname"), case.get("name")) for case in root.iter("testcase")] == [
        (name, "row 1"),
        (name, 'row 2 (<&\\x00\\ud800">)'),
        ("missing\\x1b", "table"),
        ("coverage", "coverage"),
    ]
    row, coverage = root.iter("failure")
    assert row.get("message") == "reason: expected no_match, found url_prefix"
    assert (row.text or "").splitlines()[1] == LOGIN
    assert coverage.get("message") == "coverage must be at least 90 %, not 33.33 %"
    assert (coverage.text or "").count("never used: ") == 2
    (error,) = root.iter("error")
    assert error.get("message") == "missing\\x1b: cannot be read: no such file or directory"


def test_junit_where_all_is_well_has_no_failure_and_no_limit_no_coverage() -> None:
    result = invoke("test", table(HANDLED), "--junit", "out.xml")
    assert result.exit_code == 0
    root = ET.fromstring(Path("out.xml").read_text(encoding="utf-8"))
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("1", "0", "0")


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("no/out.xml", "no such file or directory"),
        (".", "is a directory"),
        ("\0", "embedded null byte"),
    ],
)
def test_junit_that_cannot_be_written(path: str, why: str) -> None:
    result = invoke("test", table(HANDLED), "--junit", path)
    shown = "\\x00" if path == "\0" else path
    assert result.stderr == f"{shown}: error: cannot be written: {why}\n"
    assert result.stdout.startswith("t.routes.json: 1 of 1 row passed\n")
    assert result.exit_code == 3


SECRET = "S3CR3T-do-not-print"


def test_secrets_are_never_printed_or_written() -> None:
    secrets = {
        "ExtensionData": {"key": SECRET, SECRET: 1},
        "RegistrationToken": SECRET,
        "PlatformSSO": {"AuthenticationMethod": "Password", "RegistrationToken": SECRET},
    }
    # twice, so that it is refused once
    write_profile(Path("corp.mobileconfig"), REDIRECT | secrets, CREDENTIAL | secrets)
    write_profile(Path("copy.mobileconfig"), REDIRECT | secrets)
    name = table(
        HANDLED | {"outcome": "cancel"}, profiles=["corp.mobileconfig", "copy.mobileconfig"]
    )
    for arguments in (
        ["test", "-v", name, "--junit", "out.xml"],
        ["test", "-v", name, "--json"],
        ["test", "--record", "r.toml", "-v", "-p", "corp.mobileconfig", "--requests", "-"],
    ):
        result = invoke(*arguments, stdin=json.dumps({"url": LOGIN}))
        assert result.exit_code in (0, 1)
        assert SECRET not in result.output + result.stderr
    assert SECRET not in Path("out.xml").read_text() + Path("r.toml").read_text()


def test_as_a_process() -> None:
    done = run("test", table(HANDLED))
    assert (done.returncode, done.stderr) == (0, b"")
    done = run("test", "--record", "r.toml", "-pcorp.mobileconfig", "--requests=-", stdin=b"x")
    assert done.stderr == b"-: line 1: error: not JSON: expecting value at column 1\n"
    assert done.returncode == 3
    assert run("test").returncode == 2


def test_a_folder_means_all_tables_in_it() -> None:
    for folder in ("routes/b", "routes/.hidden"):
        Path(folder).mkdir(parents=True)
    profiles = str(Path("corp.mobileconfig").resolve())
    for name in ("routes/z.routes.json", "routes/b/a.routes.JSON", "routes/.hidden/c.routes.json"):
        table(HANDLED, name=name, profiles=profiles)
    Path("routes/notes.json").write_text("[]")
    result = invoke("test", "routes")
    assert [line for line in result.stdout.splitlines() if "passed" in line] == [
        "routes/z.routes.json: 1 of 1 row passed",
        "routes/b/a.routes.JSON: 1 of 1 row passed",
    ]
    assert (result.stderr, result.exit_code) == ("", 0)


def test_a_folder_without_tables_is_an_error() -> None:
    Path("routes").mkdir()
    result = invoke("test", "routes", table(HANDLED))
    assert result.stderr == "routes: error: the folder holds no *.routes.toml or *.routes.json\n"
    assert result.exit_code == 3
