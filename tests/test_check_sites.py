"""SSO803: what a site's `apple-app-site-association` file says of the extension."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import pytest

from check_world import credential, findings, profile, redirect
from ssoroute.checks import check
from ssoroute.loaders import load
from ssoroute.model.finding import Finding

HOST: Final = "login.example.com"
GOOD: Final = json.dumps({"authsrv": {"apps": ["EXAMPLE123.com.example.app.sso"]}}).encode()


def site(data: bytes, host: str = HOST) -> list[Finding]:
    found = findings(profile(redirect()), aasa={host: data})
    return [finding for finding in found if finding.code == "SSO803"]


@pytest.mark.parametrize(
    "apps",
    [
        ["EXAMPLE123.com.example.app.sso"],
        ["EXAMPLE123.com.example.app"],
        ["OTHER12345.com.example.other", "EXAMPLE123.com.example.app.sso", 7],
    ],
)
def test_the_extension_or_its_app_is_listed(apps: list[object]) -> None:
    assert site(json.dumps({"authsrv": {"apps": apps}}).encode()) == []


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            b'{"authsrv": {"apps": ["EXAMPLE123.com.example.other"]}}',
            "the file of `login.example.com` does not list `EXAMPLE123.com.example.app.sso`",
        ),
        (
            b'{"authsrv": {"apps": ["OTHER12345.com.example.app.sso"]}}',
            "the file of `login.example.com` does not list `EXAMPLE123.com.example.app.sso`",
        ),
        (
            b'{"webcredentials": {"apps": ["EXAMPLE123.com.example.app.sso"]}}',
            "the file of `login.example.com` has no list under `authsrv.apps`",
        ),
        (b"[]", "the file of `login.example.com` has no list under `authsrv.apps`"),
        (b"<html>", "the file is not JSON"),
        (b"\xff\xfe\xfd", "the file is not JSON"),
        (b"[" * 100_000, "the file is not JSON"),
        (
            b'"' + b"a" * 131_071 + b'"',
            "the file is larger than 128 KiB, and devices do not read it",
        ),
    ],
)
def test_what_is_wrong_with_a_file(data: bytes, message: str) -> None:
    (finding,) = site(data)
    assert (finding.severity, finding.message) == ("warning", message)


def test_the_largest_file_is_read() -> None:
    assert site(GOOD + b" " * (128 * 1024 - len(GOOD))) == []


def test_a_finding_names_both_places(tmp_path: Path) -> None:
    file = tmp_path / "apple-app-site-association"
    file.write_text("{}")
    stream = profile(redirect())
    (finding,) = [
        f for f in check(load(stream), aasa={"LOGIN.example.com": file}) if "803" in f.code
    ]
    assert finding.source.file == str(file)
    assert findings(stream, aasa={HOST: b'{"authsrv": {"apps": []}}'})[-1].related[0].path == (
        "PayloadContent[0].URLs"
    )


def test_a_host_that_nothing_needs_is_a_warning() -> None:
    (finding,) = site(GOOD, host="www.example.com")
    assert (finding.severity, finding.message) == (
        "warning",
        "no URL prefix needs `authsrv:www.example.com`",
    )


def test_credential_payloads_need_no_file() -> None:
    found = findings(profile(credential(HOST)), aasa={HOST: b"{}"})
    assert [f.message for f in found if f.code == "SSO803"] == [
        "no URL prefix needs `authsrv:login.example.com`"
    ]


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    found = check(load(profile(redirect())), aasa={HOST: tmp_path / "none"})
    assert [(f.code, f.severity) for f in found if f.source.file.endswith("none")] == [
        ("SSO001", "error")
    ]
