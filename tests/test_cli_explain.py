"""`ssoroute explain`: the words and the JSON about one request."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli_world import CREDENTIAL, REDIRECT, corp, invoke, write_profile
from ssoroute import Router, load
from written_json import no_match

__all__ = ["corp"]

P = "-pcorp.mobileconfig"

HANDLED = """\
https://login.example.com
  a browser requests https://login.example.com/

handle (url_prefix): com.example.app.sso (EXAMPLE123) gets the request
  by https://login.example.com in corp.mobileconfig: PayloadContent[0].URLs[0]
  on macOS 15.4, matching `system`

payloads, in the order in which the device asks them
  1. selected: com.example.app.sso (EXAMPLE123), Redirect
     https://login.example.com begins the URL [observed]
     corp.mobileconfig: PayloadContent[0]
  2. not reached: com.example.kerberos (apple), Credential
     an earlier one was selected [observed]
     corp.mobileconfig: PayloadContent[1]

questions after the selection
  is the caller the extension itself (Redirect only)? unknown [observed]
  is the caller listed in DeniedBundleIdentifiers? no [observed]
  are all associated domains known as not approved (Redirect only)? unknown [observed]
  is the screen locked, and ScreenLockedBehavior DoNotHandle? no [documented]
  is the screen locked, and ScreenLockedBehavior Cancel? no [documented]

notes
  provided authsrv:login.example.com validates [documented]

after routing
  unknown: no list is documented by which com.example.app.sso takes or declines a request

what would change the answer
  if no domain of com.example.app.sso (EXAMPLE123) is approved
    do_not_handle (domain_not_approved): com.example.app.sso (EXAMPLE123) does not get the request,
      because none of its domains is approved
  if com.example.app.sso (EXAMPLE123) is not installed
    do_not_handle (no_match): no extension gets the request, because no active payload matches it
  with the screen locked
    cancel (screen_locked): the request ends with an error, because the screen is locked
      (com.example.app.sso (EXAMPLE123) would have got it)
  after a challenge (response code 401)
    handle (host): com.example.kerberos (apple) gets the request
  with http in place of https
    do_not_handle (no_match): no extension gets the request, because no active payload matches it
"""

NEAR_MISS = """\
https://id.example.com/s
  response code 403 (counts as 0), caller com.example.browser, no user interface, background session

do_not_handle (no_match): no extension gets the request, because no active payload matches it
  on macOS 27.2 (the newest known), matching `strict`

payloads, in the order in which the device asks them
  1. not matched: com.example.app.sso (EXAMPLE123), Redirect
     no prefix begins the URL [observed]
     nearest: https://id.example.com/t/ agrees up to `https://id.example.com/`
     corp.mobileconfig: PayloadContent[0]
  2. not asked: com.example.kerberos (apple), Credential
     Type Credential, asked only after a challenge (401 or 407) [documented]
     corp.mobileconfig: PayloadContent[1]

what would change the answer
  after a challenge (response code 401)
    handle (host): com.example.kerberos (apple) gets the request
"""

LOOKALIKE = """\
handle (url_prefix): com.example.app.sso (EXAMPLE123) gets the request
  by https://login.example.com in corp.mobileconfig: PayloadContent[0].URLs[0]
  look-alike: the host continues past the prefix, so this may be a different site
"""

CANCELLED = """\
https://a.example.com/
  response code 401 (a challenge), screen locked

cancel (screen_locked): the request ends with an error, because the screen is locked
(com.example.kerberos (apple) would have got it)
  by .example.com in corp.mobileconfig: PayloadContent[1].Hosts[0]
"""

SPELLINGS = """\
the other spelling routes differently
  an app requests https://id.example.com:443/t/x
    do_not_handle (no_match): no extension gets the request, because no active payload matches it
"""


@pytest.mark.usefixtures("corp")
def test_a_request_that_is_handled() -> None:
    result = invoke("explain", P, "--os", "macOS@15.4", "https://login.example.com")
    assert (result.stdout, result.stderr, result.exit_code) == (HANDLED, "", 0)


@pytest.mark.usefixtures("corp")
def test_a_near_miss() -> None:
    result = invoke(
        "explain",
        P,
        "--code=403",
        "--caller=com.example.browser",
        "--no-ui",
        "--background",
        "--matching=strict",
        "https://id.example.com/s",
    )
    assert (result.stdout, result.exit_code) == (NEAR_MISS, 0)


@pytest.mark.usefixtures("corp")
@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["https://login.example.com.evil.net/"], LOOKALIKE),
        (["--code", "401", "--locked", "https://a.example.com/"], CANCELLED),
        (["https://id.example.com:443/t/x"], SPELLINGS),
        (
            ["https://appleid.apple.com/auth/authorize"],
            "handle (system_extension): the system's own extension gets the request\n",
        ),
        (
            ["--caller", "com.example.app.sso", "https://login.example.com/"],
            "  is the caller the extension itself (Redirect only)? yes [observed]\n\nnotes\n",
        ),
    ],
)
def test_what_is_said(arguments: list[str], text: str) -> None:
    assert text in invoke("explain", P, *arguments).stdout


@pytest.mark.usefixtures("corp")
@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        (
            ["--caller", "com.example.app.sso", "https://login.example.com/"],
            (
                "do_not_handle (caller_is_extension): com.example.app.sso (EXAMPLE123) does not get"
                " the request,\nbecause it is the caller itself"
            ),
        ),
        (
            ["--caller", "com.example.denied", "https://login.example.com/"],
            (
                "do_not_handle (caller_denied): com.example.app.sso (EXAMPLE123) does not get the"
                " request, because\nthe caller is denied"
            ),
        ),
        (
            ["--device", "none.json", "https://login.example.com/"],
            (
                "do_not_handle (domain_not_approved): com.example.app.sso (EXAMPLE123) does not get"
                " the request,\nbecause none of its domains is approved"
            ),
        ),
        (
            ["--locked", "https://login.example.com/"],
            (
                "do_not_handle (screen_locked): com.example.app.sso (EXAMPLE123) does not get the"
                " request, because\nthe screen is locked"
            ),
        ),
        (
            ["--matching", "strict", "https://login.example.com.evil.net/"],
            (
                "do_not_handle (not_strict): not handed to com.example.app.sso (EXAMPLE123): the"
                " system would, but\nthe rule does not hold strictly"
            ),
        ),
        (
            ["--matching", "strict", "--code", "401", "https://1.example.com\\@b.example.com/"],
            "handle (host): com.example.kerberos (apple) gets the request",
        ),
        (
            [
                "--matching=strict",
                "--spelling=app",
                "--code=401",
                "https://1.example.com\\@b.example.com/",
            ],
            (
                "do_not_handle (ambiguous_url): not handed to com.example.kerberos (apple): the"
                " system would, but URL\nparsers disagree about the host"
            ),
        ),
    ],
)
def test_every_answer_in_words(arguments: list[str], answer: str) -> None:
    keys = {
        "DeniedBundleIdentifiers": ["com.example.denied"],
        "ScreenLockedBehavior": "DoNotHandle",
    }
    write_profile(Path("denies.mobileconfig"), {**REDIRECT, **keys}, CREDENTIAL)
    Path("none.json").write_text(
        json.dumps(
            {
                "associated_domains": {
                    "com.example.app.sso": {
                        "login.example.com": "not_approved",
                        "id.example.com": "not_approved",
                    }
                }
            }
        )
    )
    result = invoke("explain", "-pdenies.mobileconfig", *arguments)
    assert answer in result.stdout
    assert all(len(line) <= 100 for line in result.stdout.splitlines())


@pytest.mark.usefixtures("corp")
def test_several_requests_stand_apart() -> None:
    result = invoke("explain", P, "--os=macOS@15.4", *["https://login.example.com"] * 2)
    assert result.stdout == HANDLED + "\n" + HANDLED


@pytest.mark.usefixtures("corp")
def test_inactive_payloads_and_prefixes_are_reported() -> None:
    write_profile(Path("odd.mobileconfig"), {**REDIRECT, "URLs": ["HTTPS://odd.example.com"]})
    result = invoke("explain", "-podd.mobileconfig", "https://odd.example.com/")
    assert (
        "  1. inactive: com.example.app.sso (EXAMPLE123), Redirect\n"
        "     prefix HTTPS://odd.example.com: the system removes a prefix whose scheme is not in"
        " lower case\n"
        "       [observed]\n"
    ) in result.stdout


@pytest.mark.usefixtures("corp")
def test_nothing_installed() -> None:
    write_profile(Path("empty.mobileconfig"))
    result = invoke("explain", "-pempty.mobileconfig", "https://login.example.com/")
    assert "the device asks them\n  none is installed\n" in result.stdout


@pytest.mark.usefixtures("corp")
def test_json() -> None:
    result = invoke("explain", P, "--json", "https://id.example.com:443/t/x", "http://[", "x:y")
    handled, error, unmatched = map(json.loads, result.stdout.splitlines())
    assert list(handled) == [
        "schema",
        "request",
        "device",
        "decision",
        "steps",
        "questions",
        "changes",
        "causes",
        "afterwards",
        "spelling",
        "hint",
    ]
    assert handled["request"]["url"] == "https://id.example.com/t/x"
    assert handled["decision"]["url"] == "https://id.example.com:443/t/x"
    assert handled["decision"]["outcome"] == "handle"
    assert handled["spelling"] == {
        "used": "browser",
        "url": "https://id.example.com/t/x",
        "other": no_match("https://id.example.com:443/t/x"),
    }
    assert error["error"] == {
        "line": 2,
        "field": "url",
        "message": "`http://[` is not a URL to a browser",
    }
    assert unmatched["spelling"] == {"used": "browser", "url": "x:y", "other": None}
    assert result.exit_code == 3


@pytest.mark.usefixtures("corp")
def test_the_browser_is_the_other_spelling_of_an_app() -> None:
    result = invoke("explain", P, "--json", "--spelling=app", "https://id.example.com:443/t/x")
    spelling = json.loads(result.stdout)["spelling"]
    assert spelling["used"] == "app"
    assert spelling["other"]["url"] == "https://id.example.com/t/x"
    assert spelling["other"]["outcome"] == "handle"
    # What no browser asks has one spelling only.
    result = invoke("explain", P, "--json", "--spelling=app", "http://[")
    assert json.loads(result.stdout)["spelling"]["other"] is None


@pytest.mark.usefixtures("corp")
def test_an_unroutable_url_is_told_and_the_rest_explained() -> None:
    result = invoke("explain", P, "--os=macOS@15.4", "http://[", "https://login.example.com")
    assert result.stdout.endswith(HANDLED)
    assert result.stderr == "URL 1: error: `http://[` is not a URL to a browser\n"
    assert result.exit_code == 3
    assert invoke("explain", P).exit_code == 2


@pytest.mark.parametrize("url", ["https://login.example.com/", "https://u:hunter2@h.example/"])
def test_the_text_of_an_explanation_is_what_the_command_prints(url: str, corp: Path) -> None:
    printed = invoke("explain", P, "--os", "macOS@15.4", "--spelling", "app", url).stdout
    router = Router.from_profiles(load(corp), platform="macOS", version="15.4")
    text = str(router.explain(url))
    assert text + "\n" == printed
    assert "payloads, in the order" in text
    assert "hunter2" not in text
