"""Loading: whatever the bytes, the answer is profiles or a `LoadError`, and it comes soon."""

from __future__ import annotations

import base64
import functools
import json
import time
from contextlib import suppress
from pathlib import Path
from xml.parsers import expat

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from loading_samples import (
    BINARY,
    CREDENTIAL,
    DECLARATION,
    JSON,
    REDIRECT,
    SSO,
    XML,
    array,
    ascii_string,
    asn1crypto_signed,
    ber,
    binary,
    bplist,
    cms,
    der,
    dictionary,
    dumped,
    indefinite,
    profile,
    sized,
    xml,
)
from ssoroute.loaders import load
from ssoroute.loaders.doctype import check_doctype
from ssoroute.loaders.findings import Unreadable
from ssoroute.model.finding import Finding, LoadError

CORPUS = Path(__file__).parents[2] / "shared" / "corpus"

DUMP = xml({"_computerlevel": [dumped("2024-01-01 00:00:00 +0000", "a", REDIRECT)]})
COMMAND = xml({"Command": {"RequestType": "InstallProfile", "Payload": der(XML)}})
DOMAINS = xml(
    profile(
        {
            "PayloadType": "com.apple.associated-domains",
            "Configuration": [
                {"ApplicationIdentifier": "T.a.b", "AssociatedDomains": ["authsrv:a.example"]}
            ],
        },
        CREDENTIAL,
        PayloadScope="User",
    )
)
SAMPLES: dict[str, bytes] = {
    "xml": XML,
    "xml utf-16": XML.decode().encode("utf-16"),
    "binary": BINARY,
    "json": JSON,
    "json list": json.dumps([DECLARATION, DECLARATION]).encode(),
    "der": der(XML),
    "der v3": asn1crypto_signed(XML),
    "ber": ber(XML, 100),
    "pem": b"-----BEGIN CMS-----\n" + base64.encodebytes(der(XML)) + b"-----END CMS-----\n",
    "base64": base64.b64encode(der(XML)),
    "dump": DUMP,
    "command": COMMAND,
    "domains": DOMAINS,
    "list": xml({"ProfileList": [profile(REDIRECT, {"PayloadType": SSO})]}),
    "preferences": binary({k: v for k, v in REDIRECT.items() if not k.startswith("Payload")}),
}


def findings(data: bytes) -> tuple[Finding, ...]:
    """Everything that is said about `data`, which may be anything; loading twice says it twice."""
    try:
        profiles = load(data)
    except LoadError as error:
        said = error.findings
        assert said
    else:
        assert len(profiles)
        said = profiles.errors + profiles.findings
    for finding in said:
        assert str(finding).isprintable()
    return said


# Truncation: at every length, for every format.


@pytest.mark.parametrize("name", SAMPLES)
def test_every_beginning_of_a_file_is_answered(name: str) -> None:
    data = SAMPLES[name]
    assert len(load(data))
    for length in range(len(data)):
        findings(data[:length])


@pytest.mark.parametrize("name", ["xml", "binary", "json", "der", "ber"])
def test_every_real_truncation_is_an_error(name: str) -> None:
    data = SAMPLES[name].rstrip()
    # A container may lose what follows its content: that is the signature, which is not checked.
    kept = data.index(XML[-20:]) + 20 if name in {"der", "ber"} else len(data) - 1
    for length in range(kept):
        with pytest.raises(LoadError):
            load(data[:length])


@pytest.mark.parametrize("name", SAMPLES)
def test_every_single_byte_changed_is_answered(name: str) -> None:
    data = bytearray(SAMPLES[name])
    for place in range(len(data)):
        before = data[place]
        for changed in {0, 0xFF, before ^ 1, before ^ 0x80, ord("<")}:
            data[place] = changed
            findings(bytes(data))
        data[place] = before


# Binary property lists.


def shared_arrays(levels: int) -> bytes:
    """An array of the same array twice, of the same array twice, …: 2^levels items."""
    return bplist([array(n + 1, n + 1) for n in range(levels)] + [b"\x09"])


MEGABYTE = b"x" * (1 << 20)
INT = b"\x10\x05"


@functools.cache
def hostile() -> dict[str, tuple[bytes, str]]:
    many = [8 + 10 + 3 * 250] * 250
    big = ascii_string(MEGABYTE)
    overlapping = bplist(
        [array(*range(1, 251)), big], offsets=[8, *[8 + len(array(*range(1, 251)))] * 250]
    )
    return {
        "a cycle of one": (bplist([array(0)]), "SSO008"),
        "a cycle of two": (bplist([array(1), array(0)]), "SSO008"),
        "a cycle through a dictionary": (
            bplist([dictionary([1], [2]), ascii_string(b"a"), array(0)]),
            "SSO008",
        ),
        "2^40 items by sharing": (shared_arrays(40), "SSO008"),
        "2^90 items by sharing": (shared_arrays(90), "SSO008"),
        "2^16 empty arrays": (
            bplist([array(*[n + 1] * 16) for n in range(4)] + [array()]),
            "SSO008",
        ),
        "strings that overlap": (overlapping, "SSO008"),
        "arrays that overlap": (
            bplist([array(*range(1, 251)), array(*[251] * 250), INT], offsets=[8, *many, 8]),
            "SSO008",
        ),
        "99 levels": (bplist([array(n + 1) for n in range(99)] + [INT]), "SSO013"),
        "101 levels": (bplist([array(n + 1) for n in range(101)] + [INT]), "SSO012"),
        "200 levels": (bplist([array(n + 1) for n in range(200)] + [INT]), "SSO012"),
        "200 levels through a shared end": (
            bplist([array(101, 1), *(array(n + 1) for n in range(1, 200)), INT]),
            "SSO012",
        ),
        "no objects": (bplist([], root=0), "SSO008"),
        "2^63 objects": (bplist([INT], count=1 << 63), "SSO008"),
        "a root that does not exist": (bplist([INT], root=1), "SSO008"),
        "a table at 2^64": (bplist([INT], table=(1 << 64) - 1), "SSO008"),
        "a table in the header": (bplist([INT], table=0), "SSO008"),
        "offsets of no size": (bplist([INT], offset_size=0), "SSO008"),
        "offsets of 255 bytes": (bplist([INT], offset_size=255), "SSO008"),
        "references of no size": (bplist([array(1), INT], ref_size=0), "SSO008"),
        "references of 16 bytes": (bplist([array(1), INT], ref_size=16), "SSO008"),
        "an offset outside": (bplist([INT], offsets=[1 << 30]), "SSO008"),
        "an offset in the header": (bplist([INT], offsets=[3]), "SSO008"),
        "an offset in the table": (bplist([INT], offsets=[10]), "SSO008"),
        "a reference to nothing": (bplist([array(9)]), "SSO008"),
        "an array of 2^62": (bplist([sized(0xA, 1 << 62)]), "SSO008"),
        "a dictionary of 2^63": (bplist([sized(0xD, 1 << 63)]), "SSO008"),
        "a string of 2^40": (bplist([sized(0x5, 1 << 40)]), "SSO008"),
        "data past the end": (bplist([b"\x4f\x10\xff" + b"x" * 10]), "SSO008"),
        "a size that is not an integer": (bplist([b"\x5f\x33" + b"\0" * 8]), "SSO008"),
        "a size of 16 bytes": (bplist([b"\x5f\x14" + b"\0" * 16]), "SSO008"),
        "a size at the end": (bplist([b"\x5f"]), "SSO008"),
        "an integer of 32 KB": (bplist([b"\x1f" + b"\xff" * 32768]), "SSO008"),
        "an integer of 65 bits": (bplist([b"\x14" + b"\0" * 7 + b"\1" + b"\0" * 8]), "SSO008"),
        "an integer of -2^63 - 1": (
            bplist([b"\x14" + b"\xff" * 8 + b"\x7f" + b"\xff" * 7]),
            "SSO008",
        ),
        "a key that is a number": (bplist([dictionary([1], [1]), INT]), "SSO008"),
        "a key that is an array": (bplist([dictionary([1], [1]), array()]), "SSO008"),
        "a set": (bplist([b"\xc1\x01", INT]), "SSO008"),
        "an ordered set": (bplist([b"\xb1\x01", INT]), "SSO008"),
        "a URL": (bplist([b"\x0c"]), "SSO008"),
        "text that is no ASCII": (bplist([b"\x51\xff"]), "SSO008"),
        "half a surrogate pair": (bplist([b"\x61\xd8\x00"]), "SSO008"),
        "a date beyond the calendar": (bplist([b"\x33" + b"\x7f" * 8]), "SSO008"),
        "a date that is not a number": (bplist([b"\x33\x7f\xf8" + b"\0" * 6]), "SSO008"),
        "a reference of 16 bytes in an archive": (bplist([b"\x8f" + b"\xff" * 16]), "SSO008"),
        "a header alone": (b"bplist00", "SSO008"),
        "another version": (b"bplist15" + BINARY[8:], "SSO008"),
        "zeros": (b"bplist00" + b"\0" * 100, "SSO008"),
        "ones": (b"bplist00" + b"\xff" * 100, "SSO008"),
    }


@pytest.mark.parametrize("name", hostile())
def test_a_hostile_binary_property_list_is_refused(name: str) -> None:
    data, code = hostile()[name]
    started = time.perf_counter()
    said = findings(data)
    assert time.perf_counter() - started < 5
    assert [finding.code for finding in said] == [code]


def test_honest_sharing_is_read() -> None:
    shared = ["https://login.example.com"] * 50
    data = binary(profile(REDIRECT | {"URLs": shared, "a": shared, "b": {"c": shared}}, WIDE))
    assert load(data)[0].payloads[0].content["a"] == tuple(shared)


WIDE = {
    "PayloadType": "com.example.wide",
    "items": [{"k": i, "v": [i, str(i)]} for i in range(999)],
}


# Size: 16 MB of the worst, in seconds.


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a comment", b"<plist><!--" + b"x" * (8 << 20) + b"--></plist>"),
        ("an attribute", b'<plist a="' + b"x" * (8 << 20) + b'"/>'),
        ("white space", b" " * (8 << 20) + b"x"),
        ("no base64", b"a" * (8 << 20) + b" " * 1000 + b"!"),
        ("many openings of pem", b"%" + b"-----BEGIN CMS-----" * 400_000),
        ("many brackets", b"[" * (8 << 20)),
        ("many elements", b"<plist>" + b"<a/>" * (1 << 20)),
        ("many arrays", b"<plist><array>" + b"<array/>" * (1 << 19) + b"</array></plist>"),
        ("many keys", b"<plist><dict>" + b"<key>a</key><true/>" * (1 << 18) + b"</dict></plist>"),
        ("many bytes of nothing", b"\0" * (8 << 20)),
        ("many pieces", cms(indefinite(0x24, b"\x04\0" * (1 << 20)), outer=indefinite)),
        ("many markers", b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02" + b"0\x80" * 999),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_large_file_is_answered_soon(name: str, data: bytes) -> None:
    assert name
    started = time.perf_counter()
    findings(data)
    assert time.perf_counter() - started < 20


# A DOCTYPE with declarations of its own.

PROLOG = [
    "<!DOCTYPE",
    " plist",
    " SYSTEM ",
    "'a>[b'",
    '"a\'"',
    "[",
    "]>",
    ">",
    "<!--",
    "-->",
    "<?p ",
    "?>",
    "\n",
]


def has_internal_subset(text: str) -> bool:
    """Whether expat reaches an internal subset in `text`."""
    seen: list[bool] = []
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = lambda *declaration: seen.append(bool(declaration[3]))
    with suppress(expat.ExpatError):
        parser.Parse(text.encode(), True)
    return seen == [True]


@given(st.lists(st.sampled_from(PROLOG), max_size=12).map("".join))
@example("<!-- [ --><?p <!DOCTYPE a []?>\n<!DOCTYPE plist SYSTEM 'a>[b' []><plist/>")
@example("<!DOCTYPE plist SYSTEM 'a>[b'><plist a='<!DOCTYPE a []'/>")
def test_what_expat_takes_for_an_internal_subset_is_refused(prolog: str) -> None:
    refused = False
    try:
        check_doctype(prolog)
    except Unreadable:
        refused = True
    assert refused or not has_internal_subset(prolog)
    if "[" not in prolog:
        assert not refused


def test_attributes_that_multiply_with_elements_are_refused_at_once() -> None:
    attributes = b"".join(b"a%d CDATA '%s' " % (n, b"x" * 100) for n in range(5000))
    data = b"<!DOCTYPE plist [<!ATTLIST true %s>]><plist><array>" % attributes + b"<true/>" * 90_000
    started = time.perf_counter()
    (finding,) = findings(data + b"</array></plist>")
    assert time.perf_counter() - started < 5
    assert (finding.code, finding.line, finding.column) == ("SSO007", 1, 17)


# Fuzzing: random bytes, and the samples with random changes.

FUZZ = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@FUZZ
@given(st.binary(max_size=300))
@example(b"0\x80\x06\x09*\x86H\x86\xf7\x0d\x01\x07")
@example(b"<?xml \xff?>")
@example(b"[\xed\xa0\x80]")
def test_random_bytes_are_answered(data: bytes) -> None:
    findings(data)


STARTS = [
    b"bplist00",
    b"<plist>",
    b"{",
    b"[",
    b"\xff\xfe<\0",
    b"-----BEGIN CMS-----\n",
    der(b"")[:40],
]


@FUZZ
@given(st.sampled_from(STARTS), st.binary(max_size=200))
def test_random_bytes_after_a_good_start_are_answered(start: bytes, data: bytes) -> None:
    findings(start + data)


@st.composite
def mutated(draw: st.DrawFn, samples: list[bytes]) -> bytes:
    data = bytearray(draw(st.sampled_from(samples)))
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(data)))
        stop = min(len(data), start + draw(st.sampled_from([0, 0, 1, 1, 2, 8, 40])))
        other = draw(st.sampled_from(samples))
        begin = draw(st.integers(0, len(other)))
        data[start:stop] = draw(
            st.one_of(
                st.binary(max_size=8),
                st.just(other[begin : begin + 50]),
                st.sampled_from(
                    [b"<dict>", b"</dict>", b"<array/>", b"&#0;", b"\xff", b"[", b"{}"]
                ),
            )
        )
    return bytes(data)


@FUZZ
@given(mutated(list(SAMPLES.values())))
def test_changed_samples_are_answered(data: bytes) -> None:
    findings(data)


PLIST_VALUES = st.recursive(
    st.one_of(
        st.booleans(),
        st.integers(-(2**63), 2**64 - 1),
        st.text("abc<&é\t", max_size=5),
        st.binary(),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.sampled_from(
                [
                    "PayloadContent",
                    "PayloadType",
                    "PayloadScope",
                    "Configuration",
                    "Command",
                    "RequestType",
                    "Payload",
                    "ProfileList",
                    "_computerlevel",
                    "ProfileItems",
                    "ProfileInstallDate",
                    "ExtensionIdentifier",
                    "Type",
                    "ApplicationIdentifier",
                    "AssociatedDomains",
                    "PayloadIdentifier",
                    "IsEncrypted",
                    "alice",
                ]
            ),
            st.one_of(
                inner, st.sampled_from([SSO, "com.apple.associated-domains", "InstallProfile"])
            ),
            max_size=5,
        ),
    ),
    max_leaves=20,
)


@FUZZ
@given(PLIST_VALUES)
def test_the_right_keys_with_the_wrong_values_are_answered(value: object) -> None:
    said = findings(xml(value))
    assert [finding.code for finding in findings(binary(value))] == [f.code for f in said]


@FUZZ
@given(
    st.recursive(
        st.one_of(st.none(), st.floats(), st.text(max_size=5), st.just(DECLARATION["Type"])),
        lambda inner: st.one_of(
            st.lists(inner, max_size=4),
            st.dictionaries(st.sampled_from(["Type", "Payload", "Identifier"]), inner),
        ),
        max_leaves=20,
    )
)
def test_json_of_any_shape_is_answered(value: object) -> None:
    findings(json.dumps(value).encode())


def test_a_changed_corpus_is_answered() -> None:
    if not CORPUS.is_dir():
        pytest.skip(f"the corpus of real profiles is not there: {CORPUS}")
    files = [path.read_bytes() for path in sorted(CORPUS.iterdir()) if path.suffix != ".md"]

    @FUZZ
    @given(mutated(files))
    def answered(data: bytes) -> None:
        findings(data)

    answered()
    for data in files:
        for length in range(0, len(data), 97):
            findings(data[:length])
