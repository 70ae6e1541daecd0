"""Comments in profiles that end findings: where they are written, and what they end."""

from __future__ import annotations

import base64
import codecs
import json
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from check_world import commented, findings, named, profile, redirect
from cli_world import invoke
from loading_samples import asn1crypto_signed
from ssoroute.checks.engine import run
from ssoroute.loaders import load

IGNORE: Final = "<!-- ssoroute: ignore SSO202 the vendor asks for it -->"
OPEN: Final = "https://login.example.com"


def text_of(urls: str) -> bytes:
    """A profile with one payload, whose array of URLs has the content `urls`."""
    return f"""<plist><dict>
<key>PayloadType</key><string>Configuration</string>
<key>PayloadIdentifier</key><string>a</string>
<key>PayloadUUID</key><string>11111111-1111-1111-1111-111111111111</string>
<key>PayloadVersion</key><integer>1</integer>
<key>PayloadContent</key><array><dict>
<key>PayloadType</key><string>com.apple.extensiblesso</string>
<key>PayloadIdentifier</key><string>a.b</string>
<key>PayloadUUID</key><string>22222222-2222-2222-2222-222222222222</string>
<key>PayloadVersion</key><integer>1</integer>
<key>ExtensionIdentifier</key><string>com.example.app.sso</string>
<key>TeamIdentifier</key><string>EXAMPLE123</string>
<key>Type</key><string>Redirect</string>
<key>URLs</key><array>{urls}</array>
</dict></array></dict></plist>""".encode()


def codes_of(urls: str) -> list[str]:
    found = findings(named(text_of(urls), "a.mobileconfig"))
    return [f"{f.code} {f.source.path.rpartition('.')[2]}" for f in found if f.code != "SSO801"]


@pytest.mark.parametrize(
    "urls",
    [
        f"{IGNORE}<string>{OPEN}</string>",
        f"\n\t{IGNORE} <string>{OPEN}</string>\n",
        f"\r\n{IGNORE}\r\n<string>{OPEN}</string>\r\n",
        f"<!-- a word for people -->{IGNORE}<!-- and one more -->\n<string>{OPEN}</string>",
        f"<!--ssoroute:ignore sso202 lower case-->\n<string>{OPEN}</string>",
        f"<!-- ssoroute: ignore SSO202\n  on two\n  lines -->\n<string>{OPEN}</string>",
        f"<string>https://a.example/</string>{IGNORE}<string>{OPEN}</string>",
    ],
    ids=["same line", "space", "line before", "among others", "lower case", "lines", "between"],
)
def test_a_comment_before_a_value_ends_the_finding(urls: str) -> None:
    assert codes_of(urls) == []


@pytest.mark.parametrize(
    ("urls", "left"),
    [
        (f"<string>{OPEN}</string>{IGNORE}", ["SSO202 URLs[0]", "SSO123 "]),
        (
            f"<string>{OPEN}</string> {IGNORE}\n<string>https://a.example/</string>",
            ["SSO202 URLs[0]", "SSO123 "],
        ),
        (
            f"{IGNORE}<string>{OPEN}</string><string>https://a.example</string>",
            ["SSO202 URLs[1]"],
        ),
        (f"<string>{OPEN}{IGNORE}</string>", ["SSO202 URLs[0]"]),
        (f"<string><![CDATA[{OPEN}/{IGNORE}]]></string>", ["SSO201 URLs[0]"]),
    ],
    ids=["behind the last", "end of the line", "only the next", "in a text", "in CDATA"],
)
def test_a_comment_elsewhere_does_not(urls: str, left: list[str]) -> None:
    assert codes_of(urls) == left


AROUND: Final = {
    "the file": b"<plist>",
    "the root": b"<dict>\n<key>PayloadType</key><string>Conf",
    "the payloads": b"<key>PayloadContent</key>",
    "the array of payloads": b"<array><dict>",
    "the payload": b"<dict>\n<key>PayloadType</key><string>com.",
    "the key": b"<key>URLs</key>",
    "the array": b"<array><string>",
}


@pytest.mark.parametrize("place", AROUND.values(), ids=AROUND)
def test_a_comment_ends_findings_inside_its_value(place: bytes) -> None:
    data = text_of(f"<string>{OPEN}</string><string>https://a.example</string>")
    changed = data.replace(place, IGNORE.encode() + place)
    assert changed != data
    found = findings(named(changed, "a.mobileconfig"))
    assert [finding.code for finding in found] == ["SSO801"]


def test_a_comment_before_a_neighbour_ends_nothing() -> None:
    data = text_of(f"<string>{OPEN}</string>")
    changed = data.replace(b"<key>Type</key>", IGNORE.encode() + b"<key>Type</key>")
    found = findings(named(changed, "a.mobileconfig"))
    assert sorted(f.code for f in found) == ["SSO123", "SSO202", "SSO801"]


def in_pem(data: bytes) -> bytes:
    body = base64.encodebytes(asn1crypto_signed(data))
    return b"-----BEGIN PKCS7-----\n" + body + b"-----END PKCS7-----\n"


@pytest.mark.parametrize(
    "wrap",
    [
        asn1crypto_signed,
        in_pem,
        lambda data: codecs.BOM_UTF16_LE + data.decode().encode("utf-16-le"),
        lambda data: codecs.BOM_UTF8 + data,
    ],
    ids=["signed", "pem", "utf-16", "byte order mark"],
)
def test_the_wrapping_of_a_profile_does_not_count(wrap: Any) -> None:
    data = wrap(text_of(f"{IGNORE}<string>{OPEN}</string><!-- ssoroute: ignore SSO203 x -->"))
    found = {f.code: f for f in findings(named(data, "a.mobileconfig"))}
    assert sorted(found.keys() - {"SSO021"}) == ["SSO123", "SSO801"]
    assert (found["SSO123"].line is None) is ("SSO021" in found)


def test_the_place_of_a_finding_about_a_comment_is_the_comment() -> None:
    data = text_of(f"\n  é<!-- ssoroute: ignore SSO203 x -->\n<string>{OPEN}/</string>\n")
    data = data.replace("é".encode(), b"<!-- \xc3\xa9 -->")
    (found,) = [f for f in findings(named(data, "a.mobileconfig")) if f.code == "SSO123"]
    assert (found.line, found.column) == (15, 13)
    assert found.source.path == "PayloadContent[0].URLs[0]"


def test_a_comment_in_one_file_ends_nothing_in_another() -> None:
    first = commented(" ssoroute: ignore SSO401 the other one is old ", name="a.mobileconfig")
    second = profile(redirect(), name="b.mobileconfig")
    found = [f for f in findings(first, second) if f.code in ("SSO401", "SSO123")]
    assert [(f.code, f.source.file) for f in found] == [
        ("SSO123", "a.mobileconfig"),
        ("SSO401", "b.mobileconfig"),
    ]


def test_what_cannot_be_read_is_never_ignored() -> None:
    data = text_of("<string>https://a.example/</string>")
    wrong = data.replace(
        b"<array><dict>", b"<array><!-- ssoroute: ignore SSO014 x --><true/><dict>"
    )
    found = findings(named(wrong, "a.mobileconfig"))
    assert [f.code for f in found if f.severity != "info"] == ["SSO014", "SSO121"]


@given(st.text("<!->ignore SSO202,: \n\tx", max_size=40))
def test_every_comment_gets_an_answer(words: str) -> None:
    if "--" in words or words.endswith("-"):
        return
    for finding in findings(commented(f" ssoroute:{words}", OPEN)):
        assert str(finding).isprintable()


def test_ignored_findings_are_given_beside_the_others() -> None:
    left, ignored = run(load(commented(" ssoroute: ignore SSO202 x ", OPEN)), [], {})
    assert [f.code for f in ignored] == ["SSO202"]
    assert "SSO202" not in {f.code for f in left}


def test_the_command_counts_what_it_ignores(tmp_path: Path) -> None:
    path = tmp_path / "a.mobileconfig"
    path.write_bytes(commented(" ssoroute: ignore SSO202 x ", OPEN).getvalue())
    said = invoke("check", str(path))
    assert said.exit_code == 0
    assert "1 finding ignored by comments" in said.stdout
    for each in ((), ("--each",)):
        answer = json.loads(invoke("check", *each, "--format", "json", str(path)).stdout)
        assert answer["ignored"] == 1
        assert [f["code"] for f in answer["findings"]] == ["SSO801"]
