"""Loading: every format gives the same profile, and what each fault is called."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime

import pytest

from loading_findings import codes, failure
from loading_samples import (
    BINARY,
    REDIRECT,
    SECRET,
    SSO,
    XML,
    asn1crypto_signed,
    ber,
    binary,
    cms,
    der,
    enveloped,
    indefinite,
    pieces,
    profile,
    tlv,
    xml,
)
from ssoroute.loaders import load
from ssoroute.model.finding import Severity
from ssoroute.model.profile import Channel, ProfileKind
from ssoroute.model.signature import NOT_CHECKED, UNSIGNED
from ssoroute.model.source import Source

HEADER = b'<?xml version="1.0" encoding="UTF-8"?>\n'


def pem(data: bytes, label: str = "PKCS7") -> bytes:
    return (
        f"-----BEGIN {label}-----\n".encode()
        + base64.encodebytes(data)
        + (f"-----END {label}-----\n".encode())
    )


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


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("rot13", "the encoding `rot13`"),
        ("utf-7", "the encoding `utf-7`"),
        ("UTF-16", "the encoding `UTF-16`"),
        ("KOI8-R", "the encoding `KOI8-R`"),
        ("ISO-8859-15", "the encoding `ISO-8859-15`"),
        ("nonsense", "an unknown encoding"),
        (SECRET, "an unknown encoding"),
        (f"UTF\x90 {SECRET}\n", "an unknown encoding"),
    ],
)
def test_other_encodings_are_refused(name: str, said: str) -> None:
    data = XML.replace(b"UTF-8", name.encode("latin-1"))
    (finding,) = failure(data).findings
    assert finding.code == "SSO005"
    assert finding.message == f"the XML declaration names {said}"


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
