"""`ssoroute clients`, `explain --client`, `client` on a line of `route --jsonl`, and the hint."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bad_lines import BAD_CLIENTS
from cli_world import REDIRECT, SSO, invoke, run, write_profile
from test_clients import NAMES

P = "-pdenied.mobileconfig"
URL = "https://login.example.com/"
MICROSOFT = "https://login.microsoftonline.com"
OKTA = "https://HOST/idp/idx/authenticators/sso_extension/transactions/…/verify"


@pytest.fixture(autouse=True)
def _profiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    urls = ["https://login.example.com", MICROSOFT]
    denied = ["com.example.denied", "com.google.Chrome"]
    write_profile(
        Path("denied.mobileconfig"), REDIRECT | {"URLs": urls, "DeniedBundleIdentifiers": denied}
    )
    write_profile(Path("open.mobileconfig"), REDIRECT | {"URLs": urls})


# The table


def test_clients_lists_all() -> None:
    result = invoke("clients")
    assert result.exit_code == 0
    blocks = result.stdout.split("\n\n")
    assert [block.partition(":")[0] for block in blocks] == NAMES


def test_clients_shows_one() -> None:
    assert invoke("clients", "firefox").stdout == (
        "firefox: Mozilla Firefox\n"
        "  macOS: [observed]\n"
        "    hands over one fixed URL, for https pages whose host is in a preference:\n"
        "      https://login.microsoftonline.com/common\n"
        "    asks canPerformAuthorization first; only for https pages; caller org.mozilla.firefox;"
        " code 0; no\n"
        "      user interface; from macOS 13.3 on; from release 131 on\n"
        "    if the host of the page is in the browser's preference\n"
        "    if the policy MicrosoftEntraSSO is on; it is off by default\n"
        "    if the window is not a private window\n"
        "  iOS: [vendor]\n"
        "    hands over the URL of every navigation of the main frame\n"
        "    browser spelling; caller org.mozilla.ios.Firefox; code 0; user interface\n"
        "    note: as in any app with a WKWebView\n"
    )


def test_clients_as_json() -> None:
    document = json.loads(invoke("clients", "--json").stdout)
    assert list(document) == ["schema", "clients"]
    assert [client["name"] for client in document["clients"]] == NAMES
    one = json.loads(invoke("clients", "firefox", "--json").stdout)["clients"]
    assert [client["title"] for client in one] == ["Mozilla Firefox"]
    assert one[0]["ways"][0] == {
        "platform": "macOS",
        "label": None,
        "hands_over": "fixed",
        "what": "one fixed URL, for https pages whose host is in a preference",
        "url": "https://login.microsoftonline.com/common",
        "only": "https pages",
        "spelling": None,
        "caller": "org.mozilla.firefox",
        "asks_first": True,
        "challenge": False,
        "user_interface": False,
        "system": "13.3",
        "release": "131",
        "conditions": [
            "the host of the page is in the browser's preference",
            "the policy MicrosoftEntraSSO is on; it is off by default",
            "the window is not a private window",
        ],
        "notes": [],
        "readings": [],
        "authority": "observed",
    }


def test_an_unknown_client_has_a_nearest_name() -> None:
    result = invoke("clients", "fire")
    assert result.exit_code == 2
    assert "unknown client `fire`, did you mean `firefox`?" in result.stderr


# One client


def test_a_denied_app_is_told_yes() -> None:
    result = invoke("explain", P, "--client", "msal", "--app", "com.example.denied", URL)
    assert result.exit_code == 0
    told, _, explained = result.stdout.partition("\nrequest 2\n")
    assert told == (
        "https://login.example.com/\n"
        "  asked by msal, an app with Microsoft's library MSAL, app com.example.denied,"
        " on macOS 27.2\n"
        "\n"
        "what the client hands to the system\n"
        "  1. question: https://login.microsoftonline.com/common\n"
        "     canPerformAuthorization: is there an extension for this URL? [observed]\n"
        "     the answer is yes [observed]\n"
        "  2. request: https://login.microsoftonline.com/common\n"
        "     caller com.example.denied, code 0, unknown whether with user interface\n"
        "     if the answer is yes: one fixed URL, whatever its authority or cloud [observed]\n"
        "     do_not_handle (caller_denied): com.example.app.sso (EXAMPLE123) does not get the"
        " request,\n"
        "       because the caller is denied\n"
        "     the answer was yes although the caller is denied; the client gets an error"
        " [observed]\n"
        "\n"
        "notes\n"
        "  a profile that lists national clouds only does not match this URL [observed]\n"
        "  from some version on, MSAL on macOS can reach its broker without the system"
        " [observed]\n"
    )
    assert explained.startswith(
        "https://login.microsoftonline.com/common\n  caller com.example.denied\n"
    )


def test_a_client_that_never_asks() -> None:
    result = invoke("explain", P, "--client", "own-stack", URL)
    assert result.exit_code == 0
    assert result.stdout == (
        "https://login.example.com/\n"
        "  asked by own-stack, a program with a network stack of its own"
        " (curl, Java, Go, Electron, Python),\n"
        "    on macOS 27.2\n"
        "\n"
        "what the client hands to the system\n"
        "  1. nothing: the program loads the URL without asking the system [vendor]\n"
    )


def test_a_request_that_does_not_follow_has_no_explanation() -> None:
    result = invoke("explain", P, "--client", "firefox", "http://www.example.org/")
    assert "it asks for https pages only" in result.stdout
    result = invoke("explain", P, "--client", "chrome", "https://www.example.org/")
    assert "not asked, because the answer is no" in result.stdout
    assert "payloads, in the order" not in result.stdout


def test_the_explanation_follows() -> None:
    alone = invoke("explain", P, "--caller=com.google.Chrome", "--no-ui", URL).stdout
    hint = (
        "  hint: com.google.Chrome is the caller of the client chrome: `ssoroute explain"
        " --client chrome`\n    shows what it really asks\n"
    )
    assert hint in alone
    both = invoke("explain", P, "--client", "chrome", URL).stdout
    assert both.endswith("\nrequest 2\n" + alone.replace(hint, ""))


def test_several_pages() -> None:
    result = invoke("explain", P, "--client", "own-stack", URL, "https://www.example.org/")
    assert result.stdout.count("asked by own-stack") == 2
    assert "\n\nhttps://www.example.org/\n" in result.stdout


def test_one_client_as_json() -> None:
    result = invoke("explain", P, "--client=urlsession", "--app=com.example.x", "--json", URL)
    found = json.loads(result.stdout)
    assert list(found) == ["schema", "url", "app", "device", "client", "handovers"]
    assert (found["schema"], found["url"], found["app"]) == (1, URL, "com.example.x")
    assert found["device"] == {"platform": "macOS", "version": "27.2", "matching": "system"}
    assert found["client"] == {"name": "urlsession", "title": "an app with URLSession"}
    first, second = found["handovers"]
    assert list(first) == [
        "kind",
        "text",
        "request",
        "authority",
        "way",
        "answer",
        "decision",
        "denied_after_yes",
        "explanation",
    ]
    assert first["request"]["caller"] == second["request"]["caller"] == "com.example.x"
    assert [one["request"]["response_code"] for one in (first, second)] == [0, 401]
    assert [one["decision"]["outcome"] for one in (first, second)] == ["handle", "do_not_handle"]
    assert first["explanation"]["steps"][0]["verdict"] == "selected"


def test_what_is_unknown_is_null() -> None:
    result = invoke("explain", P, "--client=edge", "--json", URL)
    question, request = json.loads(result.stdout)["handovers"]
    assert question["answer"] == "yes"
    assert question["explanation"] is None
    assert request["answer"] is None
    assert request["request"]["user_interface_enabled"] is None
    assert request["denied_after_yes"] is False


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--client=crome"], "unknown client `crome`, did you mean `chrome`?"),
        (
            ["--client=chrome", "--os=visionOS"],
            "nothing is known about the client `chrome` on visionOS; it is known on macOS and iOS",
        ),
        (["--app=com.example.x"], "--app goes with --client"),
        (
            ["--client=safari", "--app=com.example.x"],
            "the client `safari` has its own caller, leave out --app",
        ),
        (
            ["--client=safari", "--background"],
            "the client `safari` has no background session, leave out --background",
        ),
        (
            ["--client=safari", "--caller=x"],
            "with --client the client decides this, leave out --caller",
        ),
        (["--client=all", "--code=401"], "with --client the client decides this, leave out --code"),
        (["--client=all", "--no-ui"], "with --client the client decides this, leave out --no-ui"),
        (
            ["--client=all", "--spelling=app"],
            "with --client the client decides this, leave out --spelling",
        ),
    ],
)
@pytest.mark.parametrize("form", [[], ["--json"]])
def test_misuse(arguments: list[str], message: str, form: list[str]) -> None:
    result = invoke("explain", P, *arguments, *form, URL)
    assert result.exit_code == 2
    assert result.stderr.rstrip().endswith(f"rror: {message}")
    assert not result.stdout


# All clients


def test_all_at_a_glance() -> None:
    result = invoke("explain", P, "--client=all", "--app=com.example.denied", URL)
    assert result.exit_code == 0
    rule = "url_prefix https://login.example.com"
    fixed = f"{MICROSOFT}"
    lines = [
        "https://login.example.com/",
        "  asked by every client, app com.example.denied, on macOS 27.2",
        "",
        "client             code  outcome        extension            why",
        f"safari             0     handle         com.example.app.sso  {rule}",
        (
            "webview            0     do_not_handle  com.example.app.sso  caller_denied"
            " https://login.example.com"
        ),
        (
            "web-auth-session   -     not asked      -                    it depends on the default"
            " browser; name that browser as the app"
        ),
        (
            "urlsession         0     do_not_handle  com.example.app.sso  caller_denied"
            " https://login.example.com"
        ),
        "urlsession         401   do_not_handle  -                    no_match",
        (
            "own-stack          -     not asked      -                    the program loads the URL"
            " without asking the system"
        ),
        (
            "chrome (Entra ID)  0     do_not_handle  com.example.app.sso  caller_denied"
            " https://login.example.com (canPerformAuthorization said yes)"
        ),
        f"chrome (Okta)      -     not asked      -                    it asks for {OKTA} only",
        f"edge               0     handle         com.example.app.sso  url_prefix {fixed}",
        f"firefox            0     handle         com.example.app.sso  url_prefix {fixed}",
        (
            f"msal               0     do_not_handle  com.example.app.sso  caller_denied {fixed}"
            " (canPerformAuthorization said yes)"
        ),
        (
            "platform-sso       -     not asked      -                    the system speaks to the"
            " identity provider itself"
        ),
        "",
        "nothing is known on macOS about: safari-view",
    ]
    assert result.stdout.splitlines() == lines


def test_all_as_json() -> None:
    result = invoke("explain", P, "--client=all", "--os=visionOS", "--json", URL)
    found = json.loads(result.stdout)
    assert list(found) == ["schema", "url", "app", "device", "clients", "unknown"]
    assert [client["name"] for client in found["clients"]] == [
        "safari",
        "webview",
        "urlsession",
        "own-stack",
    ]
    assert found["unknown"] == [
        "safari-view",
        "web-auth-session",
        "chrome",
        "edge",
        "firefox",
        "msal",
        "platform-sso",
    ]
    assert found["clients"][0]["handovers"][0]["decision"]["outcome"] == "handle"


def test_nothing_dangerous_reaches_the_terminal() -> None:
    result = invoke("explain", P, "--client=all", "--app=a\x1b[31mb", "https://h/\x1b[31m")
    assert "\x1b" not in result.stdout
    result = invoke("explain", P, "--client=a\x1b[31mb", URL)
    assert "\x1b" not in result.stderr


# Lines of requests


def answers(*lines: dict[str, Any]) -> list[dict[str, Any]]:
    stdin = "".join(json.dumps(line) + "\n" for line in lines)
    result = invoke("route", P, "--jsonl", "-", stdin=stdin)
    assert result.exit_code == (3 if "error" in result.stdout else 0)
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_a_line_names_its_client() -> None:
    safari, never = answers(
        {"url": "https://LOGIN.example.com", "client": "safari"},
        {"url": "https://LOGIN.example.com", "client": "own-stack", "app": None},
    )
    assert safari["url"] == never["url"] == "https://LOGIN.example.com"
    assert safari["outcome"] == "handle"
    assert list(safari)[-1] == "client"
    assert list(safari["client"]) == [
        "name",
        "app",
        "kind",
        "text",
        "request",
        "authority",
        "way",
    ]
    assert safari["client"]["request"] == {
        "url": URL,
        "caller": "com.apple.Safari",
        "response_code": 0,
        "screen_locked": False,
        "user_interface_enabled": True,
        "background_session": False,
    }
    assert (never["outcome"], never["reason"]) == ("do_not_handle", "no_match")
    assert never["client"]["kind"] == "nothing"
    assert never["client"]["text"] == "the program loads the URL without asking the system"
    assert never["client"]["request"] is None


def test_a_line_without_a_client_is_answered_as_before() -> None:
    (answer,) = answers({"url": URL, "client": None, "app": None})
    assert "client" not in answer


@pytest.mark.parametrize(
    ("line", "field", "message"),
    [
        ({"client": "crome"}, "client", "unknown client `crome`, did you mean `chrome`?"),
        *BAD_CLIENTS,
        (
            {"client": "safari", "app": "com.example.x"},
            "app",
            "the client `safari` has its own caller, leave out `app`",
        ),
        (
            {"client": "safari", "background_session": True},
            "background_session",
            "the client `safari` has no background session",
        ),
        (
            {"client": "safari-view"},
            "client",
            "nothing is known about the client `safari-view` on macOS; it is known on iOS",
        ),
    ],
)
def test_a_line_with_a_wrong_client(line: dict[str, Any], field: str, message: str) -> None:
    error, other = answers({"url": URL, **line}, {"url": URL})
    assert error["error"] == {"line": 1, "field": field, "message": message}
    assert other["outcome"] == "handle"


# The hint


def test_route_hints_at_the_client_of_a_caller() -> None:
    result = invoke("route", P, "--caller=com.google.Chrome", URL)
    rule = "https://login.example.com"
    assert result.stdout == f"do_not_handle  {SSO}  caller_denied {rule}  {URL}\n"
    assert result.stderr == (
        "hint: com.google.Chrome is the caller of the client chrome:"
        " `ssoroute explain --client chrome` shows what it really asks\n"
    )


@pytest.mark.parametrize(
    "arguments",
    [["--caller=com.example.x"], ["--caller=com.google.Chrome", "--json"], ["--os=iOS"]],
)
def test_route_hints_at_nothing_else(arguments: list[str]) -> None:
    assert not invoke("route", P, *arguments, URL).stderr


def test_the_hint_is_a_member_in_explain_only() -> None:
    explained = json.loads(invoke("explain", P, "--caller=com.apple.Safari", "--json", URL).stdout)
    assert explained["hint"].startswith("com.apple.Safari is the caller of the client safari:")
    other = json.loads(invoke("explain", P, "--caller=com.example.x", "--json", URL).stdout)
    assert other["hint"] is None
    assert list(explained) == list(other)


def test_route_does_not_load_the_clients() -> None:
    result = run("route", P, URL, PYTHONPROFILEIMPORTTIME="1")
    assert result.returncode == 0
    assert b"ssoroute.routing.router" in result.stderr
    assert b"ssoroute.asking" not in result.stderr
