"""Loading: every format, every form, and what each fault is called."""

from __future__ import annotations

import base64
import json
import plistlib
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from loading_samples import (
    BINARY,
    CREDENTIAL,
    DECLARATION,
    JSON,
    REDIRECT,
    SECRET,
    SSO,
    WIFI,
    XML,
    asn1crypto_signed,
    ber,
    binary,
    cms,
    der,
    dumped,
    enveloped,
    indefinite,
    pieces,
    profile,
    tlv,
    xml,
)
from ssoroute.loaders import load
from ssoroute.loaders.files import Input
from ssoroute.loaders.findings import CODES
from ssoroute.model.errors import DeviceError
from ssoroute.model.finding import Finding, LoadError, Severity
from ssoroute.model.profile import AssociatedDomains, Channel, OtherPayload, ProfileKind, Profiles
from ssoroute.model.signature import NOT_CHECKED, UNSIGNED
from ssoroute.model.source import Source

HEADER = b'<?xml version="1.0" encoding="UTF-8"?>\n'


def codes(findings: tuple[Finding, ...]) -> list[str]:
    return [finding.code for finding in findings]


def failure(*sources: Input | Iterable[Input]) -> LoadError:
    with pytest.raises(LoadError) as caught:
        load(*sources)
    return caught.value


def pem(data: bytes, label: str = "PKCS7") -> bytes:
    return (
        f"-----BEGIN {label}-----\n".encode()
        + base64.encodebytes(data)
        + (f"-----END {label}-----\n".encode())
    )


def nested(levels: int) -> object:
    value: object = "x"
    for _ in range(levels):
        value = [value]
    return value


def deep_pieces(levels: int) -> bytes:
    data = tlv(0x04, XML)
    for _ in range(levels):
        data = tlv(0x24, data)
    return data


# Formats: the same profile, written in every way.

SAME: dict[str, bytes] = {
    "xml": XML,
    "xml without declaration": XML.removeprefix(HEADER),
    "xml without doctype": re.sub(rb"<!DOCTYPE[^>]*>\n", b"", XML),
    "xml with neither": XML[XML.index(b"<plist") :],
    "xml with a BOM": b"\xef\xbb\xbf" + XML,
    "xml after white space": b"\r\n \t\n" + XML,
    "xml after a BOM and white space": b"\xef\xbb\xbf\n\n" + XML,
    "xml with CRLF": XML.replace(b"\n", b"\r\n"),
    "xml with CR": XML.replace(b"\n", b"\r"),
    "xml on one line": XML.replace(b"\n", b"").replace(b"\t", b""),
    "xml without a final newline": XML.rstrip(),
    "xml with plist version 1": XML.replace(b'version="1.0">', b'version="1">'),
    "xml with comments": XML.replace(b"<dict>", b"<!-- note --><dict><!-- note -->"),
    "xml with an instruction": XML.replace(b"<plist", b"<?note x?><plist"),
    "xml with CDATA": XML.replace(
        b"<string>https://login.example.com<", b"<string><![CDATA[https://login.example.com]]><"
    ),
    "xml in UTF-16 LE": b"\xff\xfe" + XML.decode().replace("UTF-8", "UTF-16").encode("utf-16-le"),
    "xml in UTF-16 BE": b"\xfe\xff" + XML.decode().replace("UTF-8", "UTF-16").encode("utf-16-be"),
    "xml in UTF-16, declared as UTF-8": XML.decode().encode("utf-16"),
    "xml in UTF-16 without a BOM": XML.decode().encode("utf-16-le"),
    "xml in UTF-16 BE without a BOM": XML.decode().encode("utf-16-be"),
    "xml in UTF-16 after white space": ("\n " + XML.decode()).encode("utf-16"),
    "xml in ASCII": XML.replace(b"UTF-8", b"us-ascii"),
    "binary": BINARY,
    "der": der(XML),
    "der of version 3": cms(tlv(0x04, XML), version=3),
    "der by asn1crypto": asn1crypto_signed(XML),
    "der around binary": der(BINARY),
    "der with something behind": der(XML) + b"\n",
    "ber in pieces": ber(XML),
    "ber in tiny pieces": ber(XML, 3),
    "ber of version 3": cms(indefinite(0x24, *pieces(XML, 100)), version=3, outer=indefinite),
    "ber in one piece": cms(indefinite(0x24, tlv(0x04, XML)), outer=indefinite),
    "ber, indefinite outside only": cms(tlv(0x04, XML), outer=indefinite),
    "pieces of definite length": cms(tlv(0x24, *pieces(XML, 200))),
    "pieces in pieces": cms(
        indefinite(0x24, tlv(0x24, *pieces(XML[:500], 70)), indefinite(0x24, tlv(0x04, XML[500:])))
    ),
    "an empty piece": cms(indefinite(0x24, tlv(0x04), tlv(0x04, XML), tlv(0x24))),
    "pem": pem(der(XML)),
    "pem of cms": pem(ber(XML), "CMS"),
    "pem after text": b"Subject: profile\n\n" + pem(der(XML)),
    "pem with CRLF": pem(der(XML)).replace(b"\n", b"\r\n"),
    "base64": base64.b64encode(der(XML)),
    "base64 in lines": base64.encodebytes(ber(XML)),
    "signed twice": der(ber(XML)),
}


@pytest.mark.parametrize("name", SAME)
def test_every_format_gives_the_same_profile(name: str) -> None:
    profiles = load(SAME[name])
    (loaded,) = profiles
    assert profiles.errors == ()
    assert loaded.identifier == "com.example.profile"
    assert loaded.uuid == "11111111-0000-4000-8000-000000000000"
    assert loaded.display_name == "Example"
    assert loaded.channel is Channel.DEVICE
    assert loaded.kind is ProfileKind.PROFILE
    assert loaded.source == Source("<bytes>")
    (payload,) = loaded.payloads
    assert payload.source == Source("<bytes>", "PayloadContent[0]")
    assert payload.content == REDIRECT | {
        "URLs": ("https://login.example.com", "https://id.example.com/auth"),
        "ExtensionData": {"token": SECRET, "numbers": (1, 2.5, True)},
    }
    signed = not name.startswith(("xml", "binary"))
    assert loaded.signature == (NOT_CHECKED if signed else UNSIGNED)
    assert codes(profiles.findings) == (["SSO021"] if signed else [])


def test_values_keep_their_types() -> None:
    when = datetime(2024, 5, 6, 7, 8, 9)
    written = {
        "PayloadType": SSO,
        "real": 0.5,
        "integer": -(2**40),
        "no": False,
        "data": b"\0\xff",
        "date": when,
        "deep": {"a": [{"b": []}]},
        "text": "Grüße 🎉",
    }
    expected = written | {"date": when.replace(tzinfo=UTC), "deep": {"a": ({"b": ()},)}}
    for data in (xml(profile(written)), binary(profile(written))):
        content = load(data)[0].payloads[0].content
        assert content == expected
        assert content["no"] is False
        assert isinstance(content["integer"], int)


def test_xml_numbers_are_read_as_the_format_allows() -> None:
    numbers = b"<integer>0x1F</integer><integer> 7 </integer><real>1e3</real><real>nan</real>"
    data = XML.replace(
        b"<key>Type</key>", b"<key>n</key><array>" + numbers + b"</array><key>Type</key>"
    )
    values = load(data)[0].payloads[0].content["n"]
    assert isinstance(values, tuple)
    assert values[:3] == (31, 7, 1000.0)


# Declared encodings.


def test_a_declared_encoding_counts() -> None:
    text = XML.decode().replace("UTF-8", "ISO-8859-1").replace("Example<", "Büro<")
    assert load(text.encode("latin-1"))[0].display_name == "Büro"


@pytest.mark.parametrize("encoding", [b"rot13", b"idna", b"utf-7", b"nonsense", b"UTF-16"])
def test_other_encodings_are_refused_by_name(encoding: bytes) -> None:
    (finding,) = failure(XML.replace(b"UTF-8", encoding)).findings
    assert finding.code == "SSO005"
    assert encoding.decode() in finding.message


# Faults of formats: bytes, code, part of the message.

PLIST = b"<plist>%s</plist>"
OID = bytes.fromhex("06092a864886f70d010702")
DOCTYPE = b"<?xml version='1.0'?>\n<!-- <!DOCTYPE --><?p [?>\n\n<!DOCTYPE plist %s>"
DECLARES = "the DOCTYPE has declarations of its own, from the `[` at line 1, column"
LARGE = "the number in `<integer>` does not fit into 64 bits at line 1, column 8"
BAD: list[tuple[str, bytes, str, str]] = [
    ("nothing", b"", "SSO004", "empty"),
    ("white space", b" \r\n", "SSO004", "empty"),
    ("zeros", b"\0" * 64, "SSO004", "empty"),
    ("text", b"hello, world", "SSO004", "none of the known formats"),
    ("base64 of nothing known", base64.b64encode(b"hello, world!"), "SSO004", "none of the"),
    ("base64 in base64", base64.b64encode(base64.b64encode(b"\1\2\3")), "SSO004", "none of the"),
    ("zip", b"PK\x03\x04" + b"\0" * 40, "SSO004", "none of the"),
    ("a certificate", pem(b"\x30\x03\x02\x01\x01", "CERTIFICATE"), "SSO004", "none of the"),
    ("UTF-32", "<plist/>".encode("utf-32"), "SSO005", "UTF-32 text"),
    (
        "no UTF-8",
        XML.replace(b"Example", b"B\xfcro"),
        "SSO005",
        "invalid byte at line 12, column 11",
    ),
    ("half of UTF-16", b"\xff\xfe<\0", "SSO006", "not well-formed"),
    ("odd UTF-16", b"\xff\xfe<\0p\0l", "SSO005", "invalid byte at line 1, column 3"),
    ("a raw &", XML.replace(b"Example", b"A & B"), "SSO006", "at line"),
    ("a raw <", XML.replace(b"Example", b"a<b>c"), "SSO006", "inside an element opened at line"),
    ("a control character", XML.replace(b"Example", b"\1"), "SSO006", "invalid token"),
    ("nothing but a tag", b"<", "SSO006", "line 1, column 1"),
    ("two roots", XML + b"<plist/>", "SSO006", "junk after document element"),
    ("html", b"<html><body/></html>", "SSO007", "an HTML page"),
    ("html with a doctype", b"\n<!doctype html><HTML><br>", "SSO007", "an HTML page"),
    ("another root", b"<svg><plist/></svg>", "SSO007", "the root element is `<svg>`"),
    ("an empty plist", b"<plist/>", "SSO007", "holds no value"),
    ("an unknown element", PLIST % b"<dict><key>a</key><set/></dict>", "SSO007", "`<set>` is not"),
    ("an unknown element below text", PLIST % b"<string>a<b/></string>", "SSO007", "holds text"),
    ("a value without a key", PLIST % b"<dict><true/></dict>", "SSO007", "in place of `<key>`"),
    (
        "a key after a key",
        PLIST % b"<dict><key>a</key><key>b</key></dict>",
        "SSO007",
        "in place of a value",
    ),
    ("a key without a value", PLIST % b"<dict><key>a</key></dict>", "SSO007", "without a value"),
    ("a key in an array", PLIST % b"<array><key>a</key></array>", "SSO007", "outside a dict"),
    ("a key as the root", PLIST % b"<key>a</key>", "SSO007", "outside a dictionary"),
    ("two values", PLIST % b"<dict/><dict/>", "SSO007", "second value"),
    ("text between", PLIST % b"<dict>text</dict>", "SSO007", "text between the elements"),
    ("no integer", PLIST % b"<integer>hunter2-SECRET</integer>", "SSO007", "`<integer>` cannot"),
    ("an empty integer", PLIST % b"<integer/>", "SSO007", "`<integer>` cannot be read"),
    ("too many digits", PLIST % (b"<integer>%s</integer>" % (b"9" * 5000)), "SSO007", LARGE),
    ("too large", PLIST % b"<integer>18446744073709551616</integer>", "SSO007", LARGE),
    ("too small", PLIST % b"<integer>-9223372036854775809</integer>", "SSO007", LARGE),
    (
        "too many hex digits",
        PLIST % (b"<integer>0x%s</integer>" % (b"f" * 20_000)),
        "SSO007",
        LARGE,
    ),
    ("digits of another script", PLIST % "<integer>٣</integer>".encode(), "SSO007", "cannot be"),
    ("a separated integer", PLIST % b"<integer>1_000</integer>", "SSO007", "cannot be read"),
    ("no real", PLIST % b"<real>0,5</real>", "SSO007", "`<real>` cannot be read"),
    ("no date", PLIST % b"<date>2024-02-30T00:00:00Z</date>", "SSO007", "`<date>` cannot be"),
    ("a date without time", PLIST % b"<date>2024-02-03</date>", "SSO007", "`<date>` cannot be"),
    ("no base64", PLIST % b"<data>a</data>", "SSO007", "`<data>` cannot be read"),
    ("an entity", b'<!DOCTYPE plist [<!ENTITY a "b">]>' + PLIST % b"", "SSO007", DECLARES),
    ("a file", b'<!DOCTYPE p [<!ENTITY a SYSTEM "file:///etc/passwd">]>', "SSO007", DECLARES),
    ("a parameter", b'<!DOCTYPE plist [<!ENTITY % a "b">]>' + PLIST % b"", "SSO007", DECLARES),
    ("no declaration", DOCTYPE % b"[]" + PLIST % b"<dict/>", "SSO007", "`[` at line 4, column 17"),
    ("a subset after a URL", DOCTYPE % b'SYSTEM "a>[b"\n [', "SSO007", "`[` at line 5, column 2"),
    ("an unclosed comment", b"<!-- <!DOCTYPE p []><plist/>", "SSO006", "unclosed"),
    ("an unclosed DOCTYPE", b"<!DOCTYPE plist 'a [ ]><plist/>", "SSO006", "unclosed"),
    ("an undefined entity", XML.replace(b"Example", b"&nbsp;"), "SSO007", "an entity is not"),
    (
        "an undefined entity outside",
        XML.replace(b"<array>", b"&a;<array>"),
        "SSO007",
        "`&a;` is not",
    ),
    ("deep xml", PLIST % (b"<array>" * 101 + b"</array>" * 101), "SSO012", "more than 100"),
    ("deeper xml", PLIST % (b"<array>" * 100_000), "SSO012", "more than 100"),
    ("deep unknown elements", PLIST % (b"<a>" * 100_000), "SSO012", "more than 100"),
    ("an open object", b'{"Type": ', "SSO009", "expecting value at line 1, column 10"),
    ("an open string", b'{\n"Type', "SSO009", "unterminated string starting at line 2, column 1"),
    ("nothing but a bracket", b"[", "SSO009", "at line 1, column 2"),
    ("single quotes", b"{'a': 1}", "SSO009", "in double quotes at line 1"),
    ("more behind", b"{} {}", "SSO009", "extra data at line 1, column 4"),
    ("NaN", b'{"a": NaN}', "SSO009", "`NaN`"),
    ("-Infinity", b"[-Infinity]", "SSO009", "`-Infinity`"),
    ("a huge integer", b"[%s]" % (b"9" * 5000), "SSO009", "does not fit into 64 bits"),
    ("a large integer", b"[18446744073709551616]", "SSO009", "does not fit into 64 bits"),
    ("a small integer", b"[-9223372036854775809]", "SSO009", "does not fit into 64 bits"),
    ("deep json", b"[" * 102 + b"]" * 102, "SSO012", "more than 100"),
    ("deeper json", b"[" * 100_000 + b"]" * 100_000, "SSO012", "more than 100"),
    ("json in no UTF-8", b'{"a": "\xff"}', "SSO005", "line 1"),
    ("bare json text", b'"Type"', "SSO004", "none of the"),
    ("encrypted cms", enveloped(), "SSO011", "encrypted"),
    (
        "plain data in cms",
        cms(tlv(0x04, XML), kind=bytes.fromhex("06092a864886f70d010705")),
        "SSO010",
        "not signed data",
    ),
    ("a signature alone", cms(None), "SSO010", "a signature only"),
    ("a signature of version 3 alone", cms(None, version=3), "SSO010", "a signature only"),
    ("a number in cms", cms(tlv(0x02, b"\1")), "SSO010", "damaged CMS container"),
    ("pieces of numbers", cms(indefinite(0x24, tlv(0x02, b"\1"))), "SSO010", "not cut into"),
    ("pieces too deep", cms(b"\x24\x80" * 12 + b"\0\0" * 12), "SSO010", "damaged CMS container"),
    ("definite pieces too deep", cms(deep_pieces(12)), "SSO010", "not cut into"),
    ("a piece past its end", cms(tlv(0x24, b"\x04\x05ab")), "SSO010", "cut off"),
    ("half a piece", cms(tlv(0x24, b"\x04")), "SSO010", "cut off"),
    ("empty cms", cms(tlv(0x04)), "SSO004", "empty"),
    ("three signatures and more", der(der(der(der(XML)))), "SSO012", "more than 3 containers"),
    ("a long type", cms(None, data=tlv(0x06, b"\xff" * 70)), "SSO010", "identifier of 72 bytes"),
    ("a long tag", indefinite(0x30, OID, b"\xbf\x81\1\0"), "SSO010", "a tag of more than one"),
    ("a long length", tlv(0x30, OID, b"\xa0\x89" + b"\0" * 9), "SSO010", "a length of 9 bytes"),
    ("many levels in cms", b"\x30\x80" + OID + b"\x30\x80" * 20, "SSO010", "more than 10 levels"),
    ("an open pem block", pem(der(XML))[:300], "SSO010", "not closed"),
    ("a pem block of nothing", b"-----BEGIN CMS-----\n\n-----END CMS-----", "SSO010", "base64"),
    (
        "a pem block of other text",
        b"-----BEGIN CMS-----\n%%\n-----END CMS-----",
        "SSO010",
        "base64",
    ),
]


@pytest.mark.parametrize(
    ("data", "code", "text"), [row[1:] for row in BAD], ids=[r[0] for r in BAD]
)
def test_a_bad_file_is_called_by_its_fault(data: bytes, code: str, text: str) -> None:
    error = failure(data)
    errors = [finding for finding in error.findings if finding.severity is Severity.ERROR]
    (finding,) = errors
    assert (finding.code, finding.source) == (code, Source("<bytes>"))
    assert text in finding.message
    assert SECRET not in str(error)


def test_xml_places_are_those_of_the_original_file() -> None:
    broken = b"<plist>\n  <string>a<b>c</string>\n</plist>"
    for data, line in [(broken, 2), (b"\n\n" + broken, 4), (b"\xef\xbb\xbf\n" + broken, 3)]:
        (finding,) = failure(data).findings
        assert f"line {line}, column 18, inside an element opened at line {line}, column 12" in (
            finding.message
        )
        assert "&lt;" in finding.hint


TILDE = b"<plist version='1.0'>~\n<dict>\n</dict>\n</plist>\n"


@pytest.mark.parametrize(
    ("data", "position"),
    [
        (TILDE, (1, 22)),
        (TILDE.replace(b"~", b" \t~"), (1, 24)),
        (TILDE.replace(b"~", b"\n\n  \xc3\xa9~"), (3, 3)),
        (TILDE.replace(b"\n", b"\r\n").replace(b"~", b"\r\n ~"), (2, 2)),
        (PLIST % b"<integer>\n  x\n</integer>", (1, 8)),
        (PLIST % b"\n <dict>\n  <set/>\n</dict>", (3, 3)),
        (PLIST % b"<dict>\n<key>a</key>\n\t</dict>", (3, 2)),
        (PLIST % "<string>é&eacute;</string>".encode(), (1, 17)),
        (b"\n<svg/>", (2, 1)),
        (b"<plist>\n<dict>\n</plist>", (3, 3)),
        ("<plist>\r\n<!--é--></dict>".encode("utf-16"), (2, 11)),
        (b'{\r\n\t"a": tru}', (2, 7)),
        (b'{\r"a": tru}', (2, 6)),
        ("[\n é".encode(), (2, 2)),
        (b"[\n\n \xff", (3, 2)),
        ("[\n\u0a0a\ud800".encode("utf-16-le", "surrogatepass"), (2, 2)),
    ],
)
def test_a_fault_has_a_line_and_a_column(data: bytes, position: tuple[int, int]) -> None:
    (finding,) = failure(data).findings
    line, column = position
    assert (finding.line, finding.column) == position
    assert f"at line {line}, column {column}" in finding.message


def test_the_lines_of_a_profile_inside_a_file_are_not_lines_of_the_file() -> None:
    command = xml({"Command": {"RequestType": "InstallProfile", "Payload": b"<plist>\n<svg/>"}})
    (finding,) = failure(command).findings
    assert (finding.source.path, finding.line, finding.column) == ("Command.Payload", None, None)
    assert "line 2" in finding.message


# Forms: what a property list can hold.


def test_payloads_are_sorted_by_their_type() -> None:
    domains = {
        "PayloadType": "com.apple.associated-domains",
        "Configuration": [
            {"ApplicationIdentifier": "T.com.example", "AssociatedDomains": ["authsrv:a.example"]},
            {"ApplicationIdentifier": "T.com.other", "AssociatedDomains": []},
        ],
    }
    almost = {"PayloadType": SSO + ".more"}
    loaded = load(xml(profile(WIFI, REDIRECT, domains, CREDENTIAL, almost)))
    assert loaded.findings == loaded.errors == ()
    (found,) = loaded
    assert [str(payload.source) for payload in found.payloads] == [
        "<bytes>: PayloadContent[1]",
        "<bytes>: PayloadContent[3]",
    ]
    place = Source("<bytes>", "PayloadContent")
    assert found.other_payloads == (
        OtherPayload("com.apple.wifi.managed", "W", place.item(0)),
        OtherPayload(SSO + ".more", None, place.item(4)),
    )
    configuration = place.item(2).key("Configuration")
    assert found.associated_domains == (
        AssociatedDomains("T.com.example", ("authsrv:a.example",), configuration.item(0)),
        AssociatedDomains("T.com.other", (), configuration.item(1)),
    )


def test_a_profile_without_payloads_is_a_profile() -> None:
    for written in (profile(), profile(PayloadContent=None), profile(WIFI)):
        (found,) = load(xml(written))
        assert found.payloads == ()


@pytest.mark.parametrize(
    ("scope", "channel", "found"),
    [
        (None, Channel.DEVICE, []),
        ("System", Channel.DEVICE, []),
        ("User", Channel.USER, []),
        ("user", Channel.DEVICE, ["SSO022"]),
        ("", Channel.DEVICE, ["SSO022"]),
        (3, Channel.DEVICE, ["SSO022"]),
    ],
)
def test_the_scope_names_the_channel(scope: object, channel: Channel, found: list[str]) -> None:
    profiles = load(xml(profile(REDIRECT, PayloadScope=scope)))
    assert profiles[0].channel is channel
    assert codes(profiles.findings) == found


@pytest.mark.parametrize("value", ["", 5, [], {}, False])
def test_an_identifier_is_a_non_empty_string(value: object) -> None:
    profiles = load(xml(profile(REDIRECT, PayloadIdentifier=value, PayloadUUID=value)))
    assert (profiles[0].identifier, profiles[0].uuid) == (None, None)
    assert codes(profiles.findings) == ["SSO023", "SSO023"]


def test_a_profile_need_not_have_an_identifier() -> None:
    profiles = load(xml(profile(REDIRECT, PayloadIdentifier=None)))
    assert profiles[0].identifier is None
    assert profiles.findings == ()


def test_broken_payloads_are_reported_and_the_others_stay() -> None:
    loaded = load(xml(profile("text", REDIRECT, {"Type": "Redirect"}, {"PayloadType": 7})))
    kind = "`PayloadType` of a payload"
    assert [str(error).split(" [")[0] for error in loaded.errors] == [
        "<bytes>: PayloadContent[0]: error: a payload must be a dictionary, not a string",
        f"<bytes>: PayloadContent[2]: error: {kind} is missing; it must be a string",
        f"<bytes>: PayloadContent[3]: error: {kind} must be a string, not an integer",
    ]
    assert len(loaded[0].payloads) == 1


def test_broken_associated_domains_are_reported_and_the_rest_stays() -> None:
    domains = {
        "PayloadType": "com.apple.associated-domains",
        "Configuration": [
            "text",
            {"ApplicationIdentifier": "T.a", "AssociatedDomains": ["authsrv:a", 5, "authsrv:b"]},
            {"ApplicationIdentifier": 5, "AssociatedDomains": ["authsrv:a"]},
            {"ApplicationIdentifier": "T.b", "AssociatedDomains": "authsrv:a"},
            {"ApplicationIdentifier": "T.c"},
        ],
    }
    loaded = load(xml(profile(domains, {"PayloadType": "com.apple.associated-domains"})))
    assert [entry.entries for entry in loaded[0].associated_domains] == [("authsrv:a", "authsrv:b")]
    assert codes(loaded.findings) == ["SSO024"] * 6
    assert [finding.source.path for finding in loaded.findings] == [
        "PayloadContent[0].Configuration[0]",
        "PayloadContent[0].Configuration[1].AssociatedDomains[1]",
        "PayloadContent[0].Configuration[2]",
        "PayloadContent[0].Configuration[3]",
        "PayloadContent[0].Configuration[4]",
        "PayloadContent[1].Configuration",
    ]


@pytest.mark.parametrize(
    ("payload", "hint"),
    [
        (
            {"Configuration": [{"ApplicationIdentifer": "T.a", "AssociatedDomains": []}]},
            "rename `ApplicationIdentifer`: did you mean `ApplicationIdentifier`?",
        ),
        (
            {"Configuration": [{"ApplicationIdentifier": "T.a", "associateddomains": []}]},
            "rename `associateddomains`: did you mean `AssociatedDomains`?",
        ),
        (
            {"Configurations": [{"ApplicationIdentifier": "T.a", "AssociatedDomains": []}]},
            "rename `Configurations`: did you mean `Configuration`?",
        ),
        ({"Configuration": [{"ApplicationIdentifier": "T.a", "Domains": []}]}, ""),
        ({"Configuration": [{"ApplicationIdentifier": "T.a", "AssociatedDomains": "a"}]}, ""),
    ],
)
def test_a_misspelt_key_of_associated_domains_gets_a_hint(
    payload: dict[str, object], hint: str
) -> None:
    domains = {"PayloadType": "com.apple.associated-domains", **payload}
    (finding,) = load(xml(profile(domains))).findings
    assert (finding.code, finding.hint) == ("SSO024", hint)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ({}, "SSO013"),
        ([], "SSO013"),
        ("text", "SSO013"),
        ({"Label": "com.example.agent", "Program": "/bin/true"}, "SSO013"),
        ({"Type": "Redirect"}, "SSO013"),
        ({"PayloadContent": {"URLs": []}}, "SSO014"),
        ({"PayloadContent": b"encrypted?"}, "SSO014"),
        ({"PayloadContent": "text", "PayloadType": "Configuration"}, "SSO014"),
        ({"IsEncrypted": True, "PayloadContent": b"x"}, "SSO011"),
        ({"EncryptedPayloadContent": b"x", "PayloadType": "Configuration"}, "SSO011"),
        ({"Command": {"RequestType": "RemoveProfile"}}, "SSO013"),
        ({"Command": {"RequestType": 5}}, "SSO013"),
        ({"Command": {"RequestType": "InstallProfile"}}, "SSO014"),
        ({"Command": {"RequestType": "InstallProfile", "Payload": 5}}, "SSO014"),
        ({"Command": {"RequestType": "InstallProfile", "Payload": "a"}}, "SSO014"),
        ({"Command": {"RequestType": "InstallProfile", "Payload": b""}}, "SSO004"),
        ({"ProfileList": {}}, "SSO014"),
        ({"ProfileList": ["text"]}, "SSO014"),
        ({"ProfileList": []}, "SSO030"),
        ({"_computerlevel": {}}, "SSO014"),
        ({"_computerlevel": []}, "SSO030"),
        ({"_computerlevel": ["text"]}, "SSO014"),
    ],
)
def test_a_property_list_that_is_no_profile(written: object, code: str) -> None:
    for data in (xml(written), binary(written)):
        assert codes(failure(data).findings)[0] == code


def test_what_is_accepted_is_said_where_nothing_is() -> None:
    for data in (xml({}), b"hello, world"):
        (finding,) = failure(data).findings
        assert "configuration profiles" in finding.hint
        assert "ProfileList" in finding.hint


# Keys written twice.

TWICE = b"<key>Type</key><string>Credential</string>"


def test_of_a_repeated_key_the_last_one_counts() -> None:
    data = XML.replace(b"<key>Type</key>", TWICE + b"<key>Type</key>")
    profiles = load(data)
    assert profiles[0].payloads[0].content["Type"] == "Redirect"
    (finding,) = profiles.findings
    assert (finding.code, finding.severity) == ("SSO106", Severity.WARNING)
    assert finding.source == Source("<bytes>", "PayloadContent[0]")
    assert "`Type`" in finding.message


def test_repeated_keys_are_seen_in_every_format() -> None:
    # Objects: {"PayloadContent": [], "PayloadContent": []} with the same key object twice.
    twice_binary = binary({"PayloadContent": [], "PayloadContenu": []}).replace(b"enu", b"ent")
    twice_json = JSON.replace(b'"Identifier"', b'"Identifier": "first", "Identifier"', 1)
    nested_json = JSON.replace(b'"token"', b'"token": 1, "token"')
    for data, place in [
        (twice_binary, ""),
        (twice_json, ""),
        (nested_json, "Payload.ExtensionData"),
    ]:
        profiles = load(data)
        assert codes(profiles.findings) == ["SSO106"]
        assert profiles.findings[0].source.path == place
    assert load(twice_json)[0].identifier == "com.example.declaration"


# Declarations.

JSON_FORMS: dict[str, bytes] = {
    "plain": JSON,
    "with a BOM": b"\xef\xbb\xbf" + JSON,
    "UTF-16": JSON.decode().encode("utf-16"),
    "UTF-16 without a BOM": JSON.decode().encode("utf-16-be"),
    "after white space": b"\r\n\t " + JSON,
    "indented": json.dumps(DECLARATION, indent=2).encode(),
}


@pytest.mark.parametrize("name", JSON_FORMS)
def test_a_declaration_is_a_profile_of_one_payload(name: str) -> None:
    profiles = load(JSON_FORMS[name])
    (found,) = profiles
    assert profiles.findings == profiles.errors == ()
    assert found.kind is ProfileKind.DECLARATION
    assert found.identifier == "com.example.declaration"
    assert found.channel is Channel.DEVICE
    assert found.source == Source("<bytes>")
    (payload,) = found.payloads
    assert payload.source == Source("<bytes>", "Payload")
    assert payload.content == DECLARATION["Payload"] | {"URLs": ("https://login.example.com",)}


def test_a_list_of_declarations_keeps_what_is_one() -> None:
    other = {"Type": "com.apple.configuration.passcode.settings", "Payload": {}}
    broken = DECLARATION | {"Payload": []}
    written = [
        5,
        DECLARATION,
        other,
        {"a": 1},
        broken,
        DECLARATION | {"Identifier": 5},
        [JSON.decode()],
    ]
    profiles = load(json.dumps(written).encode())
    assert [found.identifier for found in profiles] == ["com.example.declaration", None]
    assert profiles[0].source.path == "[1]"
    assert profiles[0].payloads[0].source.path == "[1].Payload"
    assert [(error.code, error.source.path) for error in profiles.errors] == [
        ("SSO013", "[0]"),
        ("SSO013", "[3]"),
        ("SSO015", "[4].Payload"),
        ("SSO013", "[6]"),
    ]
    assert [(finding.code, finding.source.path) for finding in profiles.findings] == [
        ("SSO025", "[2]"),
        ("SSO023", "[5].Identifier"),
    ]


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ({"Type": "com.apple.configuration.wifi", "Payload": {}}, "SSO025"),
        ({}, "SSO013"),
        (profile(REDIRECT), "SSO013"),
        ({"Type": "Redirect", "Payload": []}, "SSO025"),
        ({"Type": "Redirect"}, "SSO013"),
        ({"Type": "com.apple.configuration.extensible-sso"}, "SSO015"),
        ([], "SSO030"),
        ([None], "SSO013"),
    ],
)
def test_json_that_is_no_declaration(written: object, code: str) -> None:
    assert codes(failure(json.dumps(written).encode()).findings) == [code]


def test_half_a_surrogate_pair_is_replaced() -> None:
    data = json.dumps(DECLARATION).replace("https://login", "\\ud800https://login").encode()
    profiles = load(data)
    urls = profiles[0].payloads[0].content["URLs"]
    assert isinstance(urls, tuple)
    (url,) = urls
    assert isinstance(url, str)
    assert url.endswith("https://login.example.com")
    assert url.startswith("\ufffd")
    url.encode()
    (finding,) = profiles.findings
    assert (finding.code, finding.source.path) == ("SSO028", "Payload.URLs[0]")


def test_an_object_reference_is_no_value() -> None:
    data = binary(profile(REDIRECT | {"ExtensionData": {"id": plistlib.UID(5)}}))
    profiles = load(data)
    assert profiles[0].payloads[0].content["ExtensionData"] == {"id": None}
    (finding,) = profiles.findings
    assert finding.source.path == "PayloadContent[0].ExtensionData.id"
    assert finding.code == "SSO028"


# Dumps of `profiles show -output stdout-xml`.


def test_a_dump_is_ordered_by_install_date() -> None:
    dump = {
        "_computerlevel": [
            dumped("2023-03-31 01:14:38 +0000", "third", REDIRECT),
            dumped("2023-03-31 03:14:36 +0200", "first"),
        ],
        "alice": [
            dumped("2023-03-30 20:14:37 -0500", "second", WIFI, CREDENTIAL),
            dumped("2023-03-31 01:14:38 +00:00", "third, too"),
        ],
        "Version": 1,
    }
    for data in (xml(dump), binary(dump)):
        profiles = load(data)
        assert profiles.findings == profiles.errors == ()
        assert [found.identifier for found in profiles] == [
            "first",
            "second",
            "third",
            "third, too",
        ]
        assert [found.channel.value for found in profiles] == ["device", "user", "device", "user"]
        assert profiles[2].source.path == "_computerlevel[0]"
        assert profiles[2].display_name == "THIRD"
        (payload,) = profiles[2].payloads
        assert payload.source.path == "_computerlevel[0].ProfileItems[0].PayloadContent"
        assert payload.content["Type"] == "Redirect"
        assert profiles[1].payloads[0].source.path == "alice[0].ProfileItems[1].PayloadContent"
        assert profiles[1].other_payloads[0].payload_type == "com.apple.wifi.managed"


@pytest.mark.parametrize(
    ("date", "place"),
    [
        (datetime(2020, 1, 1), 0),
        (datetime(2030, 1, 1), 1),
        ("2024-01-01T00:00:00Z", 0),
        ("2024-06-01 02:00:00 +0200", 1),
        ("2024-06-01 00:00:01 +0000", 1),
        ("0001-01-01 00:00:00 +9959", 0),
        ("9999-12-31 23:59:59 -9959", 1),
        ("2024-13-01 00:00:00 +0000", 1),
        ("yesterday", 1),
        ("", 1),
        (None, 1),
    ],
)
def test_dates_of_a_dump(date: datetime | str | None, place: int) -> None:
    dump = {"_ComputerLevel": [dumped("2024-06-01 00:00:00 +0000", "other"), dumped(date, "this")]}
    profiles = load(xml(dump))
    assert [found.identifier for found in profiles].index("this") == place
    unreadable = date in ("yesterday", "", None, "2024-13-01 00:00:00 +0000")
    assert codes(profiles.findings) == (["SSO026"] if unreadable else [])


def test_a_dump_without_any_date_keeps_its_order() -> None:
    profiles = load(xml({"_computerlevel": [dumped(None, "b"), dumped(None, "a")]}))
    assert [found.identifier for found in profiles] == ["b", "a"]
    assert profiles.findings == ()


def test_broken_parts_of_a_dump() -> None:
    wrong = dumped(None, "a", REDIRECT)
    wrong["ProfileItems"] += ["text", {"PayloadType": SSO, "PayloadContent": []}, {}]
    profiles = load(xml({"_computerlevel": [wrong, 5, {"ProfileItems": 5}]}))
    assert len(profiles) == 2
    assert len(profiles[0].payloads) == 1
    assert [error.source.path for error in profiles.errors] == [
        "_computerlevel[0].ProfileItems[1]",
        "_computerlevel[0].ProfileItems[2].PayloadContent",
        "_computerlevel[0].ProfileItems[3].PayloadContent",
        "_computerlevel[1]",
        "_computerlevel[2].ProfileItems",
    ]


# Managed preferences and MDM.


def test_managed_preferences_are_one_payload() -> None:
    keys = {key: value for key, value in REDIRECT.items() if not key.startswith("Payload")}
    for data in (xml(keys), binary(keys)):
        (found,) = load(data)
        (payload,) = found.payloads
        assert payload.source == Source("<bytes>")
        assert str(payload.source.key("URLs").item(0)) == "<bytes>: URLs[0]"
        assert payload.content["ExtensionIdentifier"] == "com.example.sso.extension"
        assert found.identifier is None


@pytest.mark.parametrize(
    "payload",
    [XML, BINARY, der(XML), ber(BINARY), base64.b64encode(XML).decode(), base64.b64encode(XML)],
    ids=["xml", "binary", "der", "ber", "text", "base64 data"],
)
def test_the_command_holds_a_whole_profile(payload: bytes | str) -> None:
    command = {
        "CommandUUID": "1",
        "Command": {"RequestType": "InstallProfile", "Payload": payload},
    }
    for data in (xml(command), binary(command)):
        (found,) = load(data)
        assert found.source == Source("<bytes>", "Command.Payload")
        assert found.payloads[0].source.path == "Command.Payload.PayloadContent[0]"
        assert found.identifier == "com.example.profile"


def test_faults_in_a_command_have_their_place() -> None:
    for inside in (b"hello!!", XML[:-50], der(XML)[:100], enveloped(), xml({})):
        command = {"Command": {"RequestType": "InstallProfile", "Payload": inside}}
        (finding,) = failure(xml(command)).findings
        assert finding.source == Source("<bytes>", "Command.Payload")


def test_commands_in_commands_end() -> None:
    data = XML
    for _ in range(5):
        data = xml({"Command": {"RequestType": "InstallProfile", "Payload": data}})
    assert codes(failure(data).findings) == ["SSO012"]


def test_a_profile_list_without_keys_says_so() -> None:
    bare = {"PayloadType": SSO, "PayloadIdentifier": "com.example.sso", "PayloadVersion": 1}
    domains = {"PayloadType": "com.apple.associated-domains"}
    answer = {
        "Status": "Acknowledged",
        "ProfileList": [
            profile(bare, WIFI, domains, IsEncrypted=True),
            profile(REDIRECT, PayloadIdentifier="other"),
            profile(PayloadContent=5),
        ],
    }
    profiles = load(xml(answer))
    assert [len(found.payloads) for found in profiles] == [0, 1]
    assert profiles[1].source.path == "ProfileList[1]"
    assert profiles[1].payloads[0].source.path == "ProfileList[1].PayloadContent[0]"
    assert [(found.code, found.source.path) for found in profiles.findings] == [
        ("SSO027", "ProfileList[0].PayloadContent[0]"),
        ("SSO027", "ProfileList[0].PayloadContent[2]"),
    ]
    assert [error.source.path for error in profiles.errors] == ["ProfileList[2].PayloadContent"]


# Order, channel, results.


def test_the_order_of_the_arguments_is_the_install_order() -> None:
    a, b, c = (xml(profile(PayloadIdentifier=name)) for name in "abc")
    assert [found.identifier for found in load(b, [c, a], b)] == ["b", "c", "a", "b"]


def test_what_can_be_read_is_read() -> None:
    profiles = load(b"hello!", XML, b"{", JSON)
    assert len(profiles) == 2
    assert codes(profiles.errors) == ["SSO004", "SSO009"]
    assert profiles.findings == ()


def test_nothing_read_is_an_error_with_everything_in_it() -> None:
    error = failure(b"hello!", b"{", b'{"Type": "com.apple.asset.x", "Payload": {}}')
    assert codes(error.findings) == ["SSO004", "SSO009", "SSO025"]
    assert len(str(error).splitlines()) == 3


def test_nothing_to_load_is_an_error() -> None:
    assert failure().findings == ()
    assert failure([]).findings == ()


@pytest.mark.parametrize("channel", [Channel.USER, "user"])
def test_the_channel_can_be_given(channel: Channel | str) -> None:
    profiles = load(XML, JSON, xml(profile(PayloadScope="System")), channel=channel)
    assert {found.channel for found in profiles} == {Channel.USER}
    device = load(xml(profile(PayloadScope="User")), channel="device")
    assert device[0].channel is Channel.DEVICE


@pytest.mark.parametrize(
    ("scope", "channel", "expected"),
    [
        ("User", "device", ["`PayloadScope` is `User`, and the given channel is `device`"]),
        ("System", "user", ["`PayloadScope` is `System`, and the given channel is `user`"]),
        ("User", "user", []),
        ("System", "device", []),
        (None, "user", []),
        ("User", None, []),
    ],
)
def test_a_channel_against_the_scope_is_reported(
    scope: str | None, channel: str | None, expected: list[str]
) -> None:
    loaded = load(xml(profile(**({"PayloadScope": scope} if scope else {}))), channel=channel)
    assert [finding.message for finding in loaded.findings] == expected
    assert {finding.code for finding in loaded.findings} <= {"SSO037"}


@pytest.mark.parametrize("channel", ["system", "", "User", "DEVICE", "`\n"])
def test_an_unknown_channel_is_refused(channel: str) -> None:
    with pytest.raises(DeviceError, match="known are `device` or `user`"):
        load(XML, channel=channel)


def test_results_are_a_sequence_of_profiles() -> None:
    profiles = load(XML, JSON)
    assert isinstance(profiles, Profiles)
    assert [found.kind.value for found in profiles] == ["profile", "declaration"]
    assert isinstance(profiles[0].payloads[0].content, Mapping)


def test_a_flood_of_findings_is_cut_short() -> None:
    profiles = load(xml(profile(*range(5000), REDIRECT)))
    assert len(profiles.errors) + len(profiles.findings) == 1001
    assert codes(profiles.findings) == ["SSO031"]


# Messages.

MAKERS: list[Callable[[bytes], bytes]] = [
    lambda data: data,
    lambda data: data[: len(data) // 2],
    lambda data: data.replace(SECRET.encode(), SECRET.encode() + b"<&"),
    lambda data: data.replace(SECRET.encode(), b"a<%s>b" % SECRET.encode()),
    lambda data: data.replace(SECRET.encode(), b"a<%s>b</%s>" % ((SECRET.encode(),) * 2)),
    lambda data: data.replace(SECRET.encode(), b"a&%s;b" % SECRET.encode()),
    lambda data: data.replace(SECRET.encode(), b"a</%s>b" % SECRET.encode()),
    lambda data: data.replace(SECRET.encode(), b"<string>%s</string>" % SECRET.encode()),
    lambda data: data.replace(b"<string>" + SECRET.encode(), b"<date>" + SECRET.encode()),
    lambda data: data.replace(b"string>", b"integer>"),
    lambda data: data.replace(b"</string>", b"</string>" + SECRET.encode()),
    lambda data: data.replace(b'"token": "', b'"token": '),
    lambda data: data.replace(b'"token": ', b'"token": "\\ud800", "token": '),
]


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize("data", [XML, BINARY, JSON, der(XML), xml([SECRET]), xml(REDIRECT)])
def test_messages_are_one_line_and_keep_secrets(
    data: bytes, maker: Callable[[bytes], bytes]
) -> None:
    try:
        profiles = load(maker(data))
    except LoadError as error:
        findings = error.findings
    else:
        findings = profiles.errors + profiles.findings
    for finding in findings:
        text = str(finding)
        assert SECRET not in text
        assert text.isprintable()
        assert (
            finding.message[0] == "`"
            or not finding.message[1].islower()
            or (finding.message[0].islower())
        )
        assert not finding.message.endswith(".")
        assert finding.code in set(CODES)


def test_nested_values_are_read_up_to_the_limit() -> None:
    # The root, `PayloadContent`, the payload and `x` are four levels.
    for write in (xml, binary):
        load(write(profile(REDIRECT | {"x": nested(97)})))
        assert codes(failure(write(profile(REDIRECT | {"x": nested(98)}))).findings) == ["SSO012"]
    load(json.dumps(DECLARATION | {"x": nested(99)}).encode())
    too_deep = json.dumps(DECLARATION | {"x": nested(100)}).encode()
    assert codes(failure(too_deep).findings) == ["SSO012"]


# Documentation and imports.


def test_the_codes_are_documented() -> None:
    page = Path(__file__).parents[1] / "docs" / "loading.md"
    rows = re.findall(
        r"^\| `(SSO\d{3})` \| (\w+) \| (.+) \|$", page.read_text("utf-8"), re.MULTILINE
    )
    assert rows == [(code.value, str(severity), text) for code, (severity, text) in CODES.items()]


def test_importing_the_loaders_loads_no_parser() -> None:
    script = (
        "import sys, ssoroute.loaders; "
        "print([m for m in ('asn1crypto', 'plistlib', 'pyexpat', 'json') if m in sys.modules])"
    )
    found = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"
