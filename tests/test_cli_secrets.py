"""No command ever prints what a profile keeps secret, in whichever form it is written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cli_world import CREDENTIAL, REDIRECT, corp, invoke, run, write_profile

__all__ = ["corp"]

SECRET = "S3CR3T-do-not-print"
SSO = {"PlatformSSO": {"AuthenticationMethod": "Password"}}

PAYLOADS: dict[str, dict[str, Any]] = {
    "token": {**REDIRECT, "RegistrationToken": SECRET, **SSO},
    "token of Platform SSO": {
        **REDIRECT,
        "PlatformSSO": {"AuthenticationMethod": "Password", "RegistrationToken": SECRET},
    },
    "token as an array": {**REDIRECT, "RegistrationToken": [SECRET]},
    "token as a dictionary": {**REDIRECT, "RegistrationToken": {"a": SECRET, SECRET: 1}},
    "token as data": {**REDIRECT, "RegistrationToken": SECRET.encode()},
    "token of a wrong Platform SSO": {**REDIRECT, "PlatformSSO": [{"RegistrationToken": SECRET}]},
    "extension data": {**REDIRECT, "ExtensionData": {"secret": SECRET, "list": [SECRET]}},
    "extension data as a key": {**REDIRECT, "ExtensionData": {SECRET: 1}},
    "extension data as text": {**REDIRECT, "ExtensionData": SECRET},
    "extension data as an array": {**CREDENTIAL, "ExtensionData": [SECRET, {"a": SECRET}]},
    "unknown key": {**CREDENTIAL, "Password": SECRET},
    "SCEP": {
        "PayloadType": "com.apple.security.scep",
        "PayloadContent": {"Challenge": SECRET, "URL": f"https://x/{SECRET}"},
    },
    "SCEP in disorder": {"PayloadType": "com.apple.security.scep", "PayloadContent": [SECRET]},
    "SCEP flat": {"PayloadType": "com.apple.security.scep", "Challenge": [SECRET]},
    "PKCS12": {
        "PayloadType": "com.apple.security.pkcs12",
        "Password": SECRET,
        "PayloadContent": SECRET.encode(),
    },
}

DECLARATIONS: dict[str, Any] = {
    "declaration": {"RegistrationToken": SECRET},
    "declaration's group": {"PlatformSSO": {"RegistrationToken": [SECRET]}},
    "declaration's data": {"ExtensionData": SECRET},
}

COMMANDS = [
    ["route", "https://login.example.com", "https://x.org"],
    ["route", "--json", "https://login.example.com"],
    ["route", "--code=401", "-v", "https://a.example.com"],
    ["explain", "https://login.example.com"],
    ["explain", "--json", "https://login.example.com"],
    ["explain", "--os=macOS@13.0", "https://login.example.com"],
    ["explain", "--client=all", "https://login.example.com"],
    ["explain", "--client=urlsession", "--json", "https://a.example.com"],
    ["aasa"],
    ["aasa", "--json"],
    ["show", "-v"],
    ["show", "--json"],
    ["show", "--domains", "--json"],
    ["show", "--os=iOS"],
    ["show", "--keys"],
    ["show", "--keys", "--json"],
]


@pytest.mark.parametrize("name", [*PAYLOADS, *DECLARATIONS])
def test_secrets_are_never_printed(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if name in PAYLOADS:
        # twice, so that it is refused once
        write_profile(Path("a.mobileconfig"), PAYLOADS[name])
        write_profile(Path("b.mobileconfig"), PAYLOADS[name], CREDENTIAL, CREDENTIAL)
        paths = ["a.mobileconfig", "b.mobileconfig"]
    else:
        content = {
            "ExtensionComposedIdentifier": "com.example.app.sso (EXAMPLE123)",
            "Type": "Redirect",
            "URLs": ["https://login.example.com"],
            **DECLARATIONS[name],
        }
        declaration = {
            "Type": "com.apple.configuration.extensible-sso",
            "Identifier": "d",
            "ServerToken": SECRET,
            "Payload": content,
        }
        Path("d.json").write_text(json.dumps(declaration))
        paths = ["d.json"]
    profiles = [f"-p{path}" for path in paths]
    for command in (["check"], ["check", "--format=json"], ["check", "--format=sarif"]):
        result = invoke(*command, *paths)
        assert result.exit_code in (0, 1, 3)
        assert SECRET not in result.stdout + result.stderr, command
    result = invoke("diff", paths[0], paths[-1])
    assert result.exit_code in (0, 1, 3)
    assert SECRET not in result.stdout + result.stderr
    Path("log.jsonl").write_text('{"url": "https://login.example.com/"}\n')
    for command in (["replay", "--output=-"], ["replay", "--json"], ["bench", "--seconds=0.1"]):
        log = "--requests=log.jsonl" if command[0] == "bench" else "log.jsonl"
        result = invoke(*command, *profiles, log)
        assert result.exit_code in (0, 3)
        assert SECRET not in result.stdout + result.stderr, command
    for command in COMMANDS:
        result = invoke(*command, *profiles)
        assert result.exit_code in ((0, 1, 3) if command[0] == "aasa" else (0, 3))
        assert result.output
        assert SECRET not in result.stdout + result.stderr, command


@pytest.mark.parametrize(
    "text",
    [
        f"<plist><dict><key>RegistrationToken</key><string>{SECRET}</dict></plist>",
        f"<plist><dict><key>RegistrationToken</key><wrong>{SECRET}</wrong></dict></plist>",
        f'{{"Type": "com.apple.configuration.extensible-sso", "Payload": "{SECRET}"}}',
        f'{{"Payload": {{"RegistrationToken": "{SECRET}',
        SECRET,
    ],
)
def test_broken_files_are_not_quoted(text: str) -> None:
    done = run("show", "-v", "-p", "-", stdin=text.encode())
    assert done.returncode == 3
    assert SECRET.encode() not in done.stdout + done.stderr


@pytest.mark.usefixtures("corp")
def test_a_password_in_a_prefix_is_shown_by_no_view() -> None:
    urls = ["https://user:hunter2@login.example.com/t/", "https://id.example.com/t/"]
    write_profile(Path("odd.mobileconfig"), {**REDIRECT, "URLs": urls})
    Path("log.txt").write_text("https://user:hunter2@login.example.com/t/x\n")
    url = "https://user:hunter2@login.example.com/t/x"
    calls = [
        ("route", "odd.mobileconfig", url),
        ("route", "odd.mobileconfig", url, "--json"),
        ("explain", "odd.mobileconfig", url),
        ("explain", "odd.mobileconfig", url, "--json"),
        ("explain", "odd.mobileconfig", "https://user:x@login.example.com/"),
        ("show", "odd.mobileconfig"),
        ("show", "odd.mobileconfig", "--json"),
        ("show", "odd.mobileconfig", "--domains"),
        ("check", "odd.mobileconfig", "--severity", "info"),
        ("check", "odd.mobileconfig", "--format", "json"),
        ("diff", "corp.mobileconfig", "odd.mobileconfig"),
        ("diff", "corp.mobileconfig", "odd.mobileconfig", "--format", "json"),
        ("diff", "corp.mobileconfig", "odd.mobileconfig", "--by", "rule"),
        ("diff", "corp.mobileconfig", "odd.mobileconfig", "--format", "full"),
        ("aasa", "odd.mobileconfig"),
        ("replay", "-p", "odd.mobileconfig", "log.txt"),
        ("replay", "-p", "odd.mobileconfig", "log.txt", "--json"),
    ]
    for call in calls:
        result = invoke(*call)
        assert result.exit_code in {0, 1}, (call, result.output)
        assert "hunter2" not in result.output, call
