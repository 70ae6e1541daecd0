"""`ssoroute route`: what each line says, and what the exit status says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cli_world import CREDENTIAL, REDIRECT, corp, invoke, write_profile

__all__ = ["corp"]

P = "-pcorp.mobileconfig"
LOGIN = "https://login.example.com"
ELSEWHERE = "https://www.example.org/"

LINES = [
    ([LOGIN], "handle  com.example.app.sso  url_prefix https://login.example.com"),
    (
        ["https://login.example.com.evil.net/"],
        "handle  com.example.app.sso  url_prefix https://login.example.com (look-alike)",
    ),
    (["https://www.example.org/"], "do_not_handle  -  no_match"),
    (
        ["--code", "401", "https://a.example.com/"],
        "handle  com.example.kerberos  host .example.com",
    ),
    (["--code=407", "https://a.example.com/"], "handle  com.example.kerberos  host .example.com"),
    (["--code", "403", "https://a.example.com/"], "do_not_handle  -  no_match"),
    (["--code=-1", "https://a.example.com/"], "do_not_handle  -  no_match"),
    (
        ["--caller", "com.example.app.sso", LOGIN],
        "do_not_handle  com.example.app.sso  caller_is_extension https://login.example.com",
    ),
    (
        ["--locked", LOGIN],
        "cancel  com.example.app.sso  screen_locked https://login.example.com",
    ),
    (
        ["--locked", "--no-ui", LOGIN],
        "handle  com.example.app.sso  url_prefix https://login.example.com",
    ),
    (
        ["--locked", "--background", LOGIN],
        "handle  com.example.app.sso  url_prefix https://login.example.com",
    ),
    (
        ["--matching", "strict", "https://login.example.com.evil.net/"],
        "do_not_handle  com.example.app.sso  not_strict https://login.example.com (look-alike)",
    ),
    (
        ["https://appleid.apple.com/auth/authorize"],
        "handle  -  system_extension https://appleid.apple.com/auth/authorize",
    ),
    # The system's own schemes are routed unchanged, and have no rule where they name none.
    (["ssoid://com.example.app.sso"], "handle  com.example.app.sso  url_prefix"),
    (["realm://example.com"], "handle  com.example.kerberos  host"),
    # Spellings: a browser's is the default.
    (
        ["https://id.example.com:443/x/../t/1"],
        "handle  com.example.app.sso  url_prefix https://id.example.com/t/",
    ),
    (["--spelling", "app", "https://id.example.com:443/t/1"], "do_not_handle  -  no_match"),
    (["--spelling", "app", "http://["], "do_not_handle  -  no_match"),
    (["--os", "macOS@10.14", LOGIN], "do_not_handle  -  no_match"),
    (
        ["--os", "ios@17", LOGIN],
        "handle  com.example.app.sso  url_prefix https://login.example.com",
    ),
    (
        ["--os", "VISIONOS", LOGIN],
        "handle  com.example.app.sso  url_prefix https://login.example.com",
    ),
]


@pytest.mark.usefixtures("corp")
@pytest.mark.parametrize(("arguments", "line"), LINES)
def test_one_line_an_answer(arguments: list[str], line: str) -> None:
    result = invoke("route", P, *arguments)
    assert result.stdout == f"{line}  {arguments[-1]}\n"
    assert (result.stderr, result.exit_code) == ("", 0)


@pytest.mark.usefixtures("corp")
def test_answers_come_in_order() -> None:
    result = invoke("route", P, "https://www.example.org/", LOGIN, "https://www.example.org/")
    assert [line.split()[0] for line in result.stdout.splitlines()] == [
        "do_not_handle",
        "handle",
        "do_not_handle",
    ]


@pytest.mark.usefixtures("corp")
def test_json_holds_the_url_as_given() -> None:
    result = invoke("route", P, "--json", "HTTPS://Login.Example.com", "https://www.example.org")
    first, second = map(json.loads, result.stdout.splitlines())
    assert first == {
        "schema": 1,
        "url": "HTTPS://Login.Example.com",
        "outcome": "handle",
        "reason": "url_prefix",
        "extension": {"bundle_id": "com.example.app.sso", "team_id": "EXAMPLE123"},
        "rule": {
            "text": "https://login.example.com",
            "source": {"file": "corp.mobileconfig", "path": "PayloadContent[0].URLs[0]"},
        },
        "lookalike": False,
        "notes": [
            {
                "code": "domain_unknown",
                "text": "provided authsrv:login.example.com validates",
                "authority": "documented",
            }
        ],
    }
    assert second["reason"] == "no_match"


@pytest.mark.usefixtures("corp")
def test_what_no_browser_asks_is_an_error_and_the_rest_is_answered() -> None:
    result = invoke("route", P, "http://[", "https://www.example.org/")
    assert result.exit_code == 3
    assert result.stdout == (
        "error  -  `http://[` is not a URL to a browser  http://[\n"
        "do_not_handle  -  no_match  https://www.example.org/\n"
    )
    assert result.stderr == ""
    result = invoke("route", P, "--json", "https://www.example.org/", "http://[")
    assert result.exit_code == 3
    assert json.loads(result.stdout.splitlines()[1]) == {
        "schema": 1,
        "error": {"line": 2, "field": "url", "message": "`http://[` is not a URL to a browser"},
    }


HINTS = [
    ("login.example.com", "has no scheme; did you mean `https://login.example.com/`?"),
    (
        "login.example.com:443/x?y",
        "has no scheme; did you mean `https://login.example.com:443/x?y`?",
    ),
    ("example.com?x", "has no scheme; did you mean `https://example.com/?x`?"),
    ("missing.mobileconfig", "is neither a URL nor a file that exists"),
]


@pytest.mark.usefixtures("corp")
@pytest.mark.parametrize(("url", "hint"), HINTS)
@pytest.mark.parametrize("spelling", ["app", "browser"])
def test_a_text_that_is_almost_a_url_gets_a_hint(url: str, hint: str, spelling: str) -> None:
    result = invoke("route", P, "--spelling", spelling, url)
    assert (result.stdout, result.exit_code) == (f"error  -  `{url}` {hint}  {url}\n", 3)


@pytest.mark.parametrize("command", ["route", "explain"])
@pytest.mark.parametrize(
    "arguments",
    [
        ["corp.mobileconfig", LOGIN, ELSEWHERE],
        [LOGIN, "corp.mobileconfig", ELSEWHERE],
        [LOGIN, ELSEWHERE, "folder"],
        ["--", "-odd", LOGIN, ELSEWHERE],
        ["-", LOGIN, ELSEWHERE],
    ],
)
def test_a_file_among_the_urls_is_a_profile(command: str, arguments: list[str], corp: Path) -> None:
    Path("folder").mkdir()
    for name in ("-odd", "folder/corp.mobileconfig"):
        Path(name).write_bytes(corp.read_bytes())
    given = invoke(command, "--json", *arguments, stdin=corp.read_bytes())
    named = invoke(command, "--json", P, LOGIN, ELSEWHERE)
    assert given.exit_code == named.exit_code == 0
    decisions = [
        [found["outcome"] for line in result.stdout.splitlines() if (found := decision_of(line))]
        for result in (given, named)
    ]
    assert decisions[0] == decisions[1] == ["handle", "do_not_handle"]


def decision_of(line: str) -> Any:
    answer = json.loads(line)
    return answer.get("decision", answer)


@pytest.mark.usefixtures("corp")
@pytest.mark.parametrize("command", ["route", "explain"])
def test_profiles_are_all_arguments_or_none(command: str) -> None:
    result = invoke(command, P, LOGIN, "corp.mobileconfig")
    assert (result.stdout, result.exit_code) == ("", 2)
    assert "give all profiles with -p or all as arguments" in result.stderr
    result = invoke(command, "corp.mobileconfig")
    assert (result.stdout, result.exit_code) == ("", 2)
    assert "no URL: name " in result.stderr


@pytest.mark.parametrize("command", ["route", "explain"])
@pytest.mark.parametrize("name", ["missing.mobileconfig", "profiles/corp", "corp"])
def test_a_missing_profile_is_named(command: str, name: str) -> None:
    result = invoke(command, name, LOGIN)
    assert (result.stdout, result.exit_code) == ("", 2)
    assert f"`{name}` is neither a URL nor a file that exists" in result.stderr


@pytest.mark.usefixtures("corp")
def test_a_name_with_a_scheme_is_a_url_even_if_a_file_has_it() -> None:
    Path("https:").mkdir()
    Path("https:/login.example.com").write_text("x")
    assert Path(LOGIN.rstrip("/")).exists()
    result = invoke("route", P, "https://login.example.com")
    assert result.stdout.startswith("handle  ")


WITH_PASSWORDS = [
    "https://user:pass99@login.example.com/x?mail=a@b",
    "https://user:pass99@pass99@login.example.com/",
    "https:\\\\user:pass99@login.example.com",
    "https:user:pass99@login.example.com",
    " https://:pass99@login.example.com",
    "https://login.example.com:pass99@evil.example/x",
    "https://user:pass99/x@login.example.com/",
    "ssoid://user:pass99@com.example.app.sso",
]


@pytest.mark.usefixtures("corp")
@pytest.mark.parametrize("url", WITH_PASSWORDS)
@pytest.mark.parametrize("spelling", ["app", "browser"])
def test_a_password_is_routed_and_never_printed(url: str, spelling: str) -> None:
    Path("lines.jsonl").write_text(json.dumps({"url": url}))
    for arguments in (
        ("route", url),
        ("route", "--json", url),
        ("explain", url),
        ("explain", "--json", url),
        ("route", "--jsonl", "lines.jsonl"),
        ("bench", "--seconds", "0.1", "--requests", "lines.jsonl"),
    ):
        extra = () if arguments[0] == "bench" else ("--spelling", spelling)
        result = invoke(arguments[0], P, *extra, *arguments[1:])
        assert "pass99" not in result.output, arguments
        assert result.exit_code in (0, 3)


@pytest.mark.usefixtures("corp")
def test_a_password_is_part_of_what_is_routed() -> None:
    result = invoke("route", P, "https://login.example.com:pass99@evil.example/x")
    assert result.stdout == (
        "handle  com.example.app.sso  url_prefix https://login.example.com (look-alike)"
        "  https://login.example.com:***@evil.example/x\n"
    )


@pytest.mark.usefixtures("corp")
@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        ([LOGIN], 0),
        (["https://www.example.org/"], 1),
        (["--locked", LOGIN], 4),
        (["http://["], 3),
        (["-p", "missing.mobileconfig", LOGIN], 3),
        ([LOGIN, LOGIN], 2),
        ([], 2),
    ],
)
def test_exit_code(arguments: list[str], status: int) -> None:
    assert invoke("route", P, "--exit-code", *arguments).exit_code == status


MISUSE = [
    ([], "no URL: name one, or a file of requests with --jsonl"),
    (["--jsonl", "-", LOGIN], "with --jsonl the requests come from the file; leave out the URLs"),
    (
        ["--jsonl", "-", "--caller", "x"],
        "with --jsonl the line of a request says this; leave out --caller",
    ),
    (
        ["--jsonl", "-", "--code", "0"],
        "with --jsonl the line of a request says this; leave out --code",
    ),
    (
        ["--jsonl", "-", "--no-ui"],
        "with --jsonl the line of a request says this; leave out --no-ui",
    ),
    (["--jsonl", "-", "--exit-code"], "--exit-code takes exactly one URL"),
    (["--jsonl", "-", "-p", "-"], "standard input cannot be both the profile and the requests"),
    (["-p", "-", "-p", "-", LOGIN], "standard input (`-`) can be read only once"),
    (
        ["--os", "tvOS", LOGIN],
        (
            "Invalid value for '--os': unknown platform `tvOS`; known are macOS, iOS, iPadOS and"
            " visionOS"
        ),
    ),
    (
        ["--os", "macOS@fifteen", LOGIN],
        (
            "Invalid value for '--os': malformed version `fifteen`; a version is numbers with dots"
            " between them, such as 15.4 (the newest known are macOS 27.2, iOS 27.0, visionOS 27.0)"
        ),
    ),
]


@pytest.mark.usefixtures("corp")
@pytest.mark.parametrize(("arguments", "message"), MISUSE)
def test_misuse(arguments: list[str], message: str) -> None:
    result = invoke("route", P, *arguments)
    assert (result.stdout, result.exit_code) == ("", 2)
    assert result.stderr.splitlines()[-1] == f"Error: {message}"


def test_without_profiles_only_a_mac_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    result = invoke("route", LOGIN)
    assert result.exit_code == 2
    assert "no profiles: name them with -p/--profiles" in result.stderr


@pytest.mark.usefixtures("corp")
def test_refusals_are_told_once_with_both_places() -> None:
    write_profile(Path("second.mobileconfig"), REDIRECT, CREDENTIAL)
    result = invoke("route", P, "-p", "second.mobileconfig", LOGIN, LOGIN)
    assert result.exit_code == 0
    assert result.stderr == (
        "second.mobileconfig: PayloadContent[0].URLs[0]: refused:"
        " the URL `https://login.example.com` is already claimed;"
        " the other is corp.mobileconfig: PayloadContent[0].URLs[0] [iOS's code 54005]"
        " (and 2 more, see `ssoroute show`)\n"
    )


@pytest.mark.usefixtures("corp")
def test_unreadable_profiles_are_told_and_the_rest_is_answered() -> None:
    result = invoke("route", P, "-p", "missing.mobileconfig", LOGIN)
    assert result.exit_code == 3
    assert result.stdout.startswith("handle  com.example.app.sso  url_prefix ")
    assert result.stderr == (
        "missing.mobileconfig: error: cannot be read: no such file or directory [SSO001]\n"
    )


def test_nothing_readable_answers_nothing() -> None:
    result = invoke("route", "-p", "/does/not/exist", LOGIN)
    assert (result.stdout, result.exit_code) == ("", 3)


@pytest.mark.usefixtures("corp")
def test_information_only_when_asked_for() -> None:
    Path("folder").mkdir()
    Path("folder/a.plist").symlink_to("/dev/null")
    write_profile(Path("folder/b.plist"), REDIRECT)
    quiet = invoke("route", "-p", "folder", LOGIN)
    assert (quiet.stderr, quiet.exit_code) == ("", 0)
    told = invoke("route", "-p", "folder", "-v", LOGIN)
    assert told.stderr == "folder/a.plist: info: not a regular file; left out [SSO029]\n"
