"""`ssoroute aasa`: what each site must serve, and what is missing in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli_world import CREDENTIAL, REDIRECT, corp, invoke, write_profile

__all__ = ["corp"]

P = "-pcorp.mobileconfig"
pytestmark = pytest.mark.usefixtures("corp")


def test_each_host_has_a_file_that_lists_the_extension() -> None:
    done = invoke("aasa", "corp.mobileconfig")
    assert done.exit_code == 0
    assert (
        done.stdout
        == """\
https://login.example.com/.well-known/apple-app-site-association
  for com.example.app.sso (EXAMPLE123): https://login.example.com
{
  "authsrv": {
    "apps": [
      "EXAMPLE123.com.example.app.sso"
    ]
  }
}

https://id.example.com/.well-known/apple-app-site-association
  for com.example.app.sso (EXAMPLE123): https://id.example.com/t/
{
  "authsrv": {
    "apps": [
      "EXAMPLE123.com.example.app.sso"
    ]
  }
}
"""
    )


def test_several_extensions_share_the_file_of_a_host() -> None:
    other = {
        "Type": "Redirect",
        "ExtensionIdentifier": "com.example.other",
        "TeamIdentifier": "OTHERTEAM1",
        "URLs": ["https://user:hunter2@login.example.com:443/other", "http://h.example:8080/"],
    }
    write_profile(Path("other.mobileconfig"), other)
    value = json.loads(invoke("aasa", P, "-p", "other.mobileconfig", "--json").stdout)
    assert value["schema"] == 1
    files = value["files"]
    assert [(file["host"], file["url"], file["content"]["authsrv"]["apps"]) for file in files] == [
        (
            "login.example.com",
            "https://login.example.com/.well-known/apple-app-site-association",
            ["EXAMPLE123.com.example.app.sso", "OTHERTEAM1.com.example.other"],
        ),
        (
            "id.example.com",
            "https://id.example.com/.well-known/apple-app-site-association",
            ["EXAMPLE123.com.example.app.sso"],
        ),
        (
            "h.example:8080",
            "https://h.example:8080/.well-known/apple-app-site-association",
            ["OTHERTEAM1.com.example.other"],
        ),
    ]
    assert files[0]["extensions"][1] == {
        "extension": {"bundle_id": "com.example.other", "team_id": "OTHERTEAM1"},
        "entry": "authsrv:login.example.com",
        "prefixes": [
            {
                "text": "https://user:***@login.example.com:443/other",
                "source": {"file": "other.mobileconfig", "path": "PayloadContent[0].URLs[0]"},
            }
        ],
    }
    only = invoke("aasa", P, "-p", "other.mobileconfig", "--extension", "com.example.other")
    assert "EXAMPLE123" not in only.stdout
    assert "hunter2" not in only.output


def test_the_file_of_a_host_satisfies_the_check() -> None:
    done = invoke("aasa", P, "--host", "Login.example.com")
    assert json.loads(done.stdout) == {"authsrv": {"apps": ["EXAMPLE123.com.example.app.sso"]}}
    Path("site").write_text(done.stdout)
    site = "login.example.com=site"
    checked = invoke("check", "--select", "SSO803", "--aasa", site, "corp.mobileconfig")
    assert checked.exit_code == 0


def test_an_extension_without_a_team_is_not_in_the_file() -> None:
    payload = {key: value for key, value in REDIRECT.items() if key != "TeamIdentifier"}
    write_profile(Path("corp.mobileconfig"), payload)
    done = invoke("aasa", P, "--os", "iOS@18", "--host", "id.example.com")
    assert done.exit_code == 1
    assert json.loads(done.stdout) == {"authsrv": {"apps": []}}
    assert done.stderr == (
        "error: no payload names the team of `com.example.app.sso`; add --team TEAM\n"
    )
    done = invoke("aasa", P, "--os", "iOS@18", "--host", "id.example.com", "--team", "TEAM123456")
    assert done.exit_code == 0
    assert json.loads(done.stdout) == {"authsrv": {"apps": ["TEAM123456.com.example.app.sso"]}}


def test_what_a_refused_profile_needs_is_missing_and_reported() -> None:
    again = {**REDIRECT, "URLs": ["https://login.example.com", "https://more.example/"]}
    write_profile(Path("again.mobileconfig"), again)
    done = invoke("aasa", P, "-p", "again.mobileconfig")
    assert done.exit_code == 1
    assert "more.example" not in done.stdout
    first, second = done.stderr.splitlines()
    assert first.startswith("again.mobileconfig: PayloadContent[0].URLs[0]: refused: ")
    assert second == "warning: the files do not confirm what only refused profiles need"


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (
            ("--extension", "com.example.app.so"),
            3,
            (
                "error: no installed URL prefix is for the extension `com.example.app.so`;"
                " did you mean `com.example.app.sso`?"
            ),
        ),
        (
            ("--host", "ligon.example.com"),
            3,
            (
                "error: no installed URL prefix needs the host `ligon.example.com`;"
                " did you mean `login.example.com`?"
            ),
        ),
        (
            ("--host", "id.example.com", "--json"),
            2,
            "Error: --host prints the file itself, which is JSON; leave out --json",
        ),
    ],
)
def test_what_is_not_there_is_reported(
    arguments: tuple[str, ...], status: int, message: str
) -> None:
    done = invoke("aasa", P, *arguments)
    assert done.exit_code == status
    assert done.stderr.splitlines()[-1] == message
    assert done.stdout == ""


def test_credential_payloads_need_no_file() -> None:
    write_profile(Path("corp.mobileconfig"), CREDENTIAL)
    done = invoke("aasa", P)
    assert done.stdout == "no host needs a file: no Redirect payload is installed\n"
    assert done.exit_code == 0
