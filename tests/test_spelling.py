"""What a browser makes of a URL: `browser_url`, the data of the URL Standard, and some laws."""

from __future__ import annotations

import copy
import json
import pickle
import re
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ssoroute.model.errors import SsorouteError
from ssoroute.model.spelling import SpellingError, browser_url
from ssoroute.model.urls import host_text

DATA = Path(__file__).parent / "data" / "urltestdata" / "urltestdata.json"

_STRIPPED = "".join(map(chr, range(0x21)))  # C0 control or space


class Case(NamedTuple):
    """One input of the data that means the same with any base URL; `href` is None for a failure."""

    input: str
    href: str | None
    is_web: bool


def _load() -> list[Case]:
    cases = []
    for entry in json.loads(DATA.read_text("utf-8")):
        if isinstance(entry, str):  # a comment
            continue
        text = re.sub("[\t\n\r]", "", entry["input"].strip(_STRIPPED))
        absolute = re.match("[A-Za-z][A-Za-z0-9+.-]*:", text)
        without_base = entry.get("base") in (None, "about:blank")
        # with a base of the same scheme `http:x` is relative, `http://x` is not
        if absolute and (without_base or re.match("(?i)https?://", text)):
            href = None if entry.get("failure") else entry["href"]
            is_web = re.match("(?i)https?:", text) is not None
            cases.append(Case(entry["input"], href, is_web))
    return cases


CASES = _load()
WEB = [case for case in CASES if case.is_web]
OTHERS = [case for case in CASES if not case.is_web]

#: Where `ada-url` is laxer than the data: from version 4 it leaves a host that is all ASCII as it
#: is (in lower case), also where a label that begins with `xn--` is no Punycode. The host stays
#: the same text, and strict mode calls it ambiguous.
LAXER = {
    "http://a.b.c.xn--pokxncvks": "http://a.b.c.xn--pokxncvks/",
    "http://10.0.0.xn--pokxncvks": "http://10.0.0.xn--pokxncvks/",
    "http://a.b.c.XN--pokxncvks": "http://a.b.c.xn--pokxncvks/",
    "http://a.b.c.Xn--pokxncvks": "http://a.b.c.xn--pokxncvks/",
    "http://10.0.0.XN--pokxncvks": "http://10.0.0.xn--pokxncvks/",
    "http://10.0.0.xN--pokxncvks": "http://10.0.0.xn--pokxncvks/",
    "https://xn--/": "https://xn--/",
    "file://xn--/p": "file://xn--/p",
}


def rewritten(url: str) -> str | None:
    """The browser spelling of `url`, None if a browser refuses it."""
    try:
        return browser_url(url)
    except SpellingError:
        return None


def test_the_data_is_there() -> None:
    assert len(WEB) == 369
    assert len(OTHERS) == 267
    assert sum(case.href is None for case in WEB) == 202


@pytest.mark.parametrize("case", WEB, ids=lambda case: ascii(case.input))
def test_web_urls_are_spelled_as_the_data_says(case: Case) -> None:
    found = rewritten(case.input)
    if any("\ud800" <= character <= "\udfff" for character in case.input):
        assert found is None  # the data has U+FFFD there, we refuse
    elif case.input in LAXER:
        assert found in (case.href, LAXER[case.input])
    else:
        assert found == case.href


@pytest.mark.parametrize("case", OTHERS, ids=lambda case: ascii(case.input))
def test_other_urls_are_spelled_as_the_data_says(case: Case) -> None:
    found = rewritten(case.input)
    if case.input in LAXER:
        assert found in (case.href, LAXER[case.input])
    else:
        assert found == case.href


def test_every_exception_is_in_the_data() -> None:
    failures = {case.input for case in CASES if case.href is None}
    assert LAXER.keys() <= failures


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        # scheme, host, path
        ("HTTPS://Login.Example.COM", "https://login.example.com/"),
        ("https:login.example.com", "https://login.example.com/"),
        ("https:\\\\login.example.com\\a", "https://login.example.com/a"),
        ("  https://h/ \n", "https://h/"),
        ("ht\ntps://lo\tgin.example/a\r\nb", "https://login.example/ab"),
        ("https://h/a/./b/../%2e%2E/c", "https://h/c"),
        ("https://h/A%2fb c", "https://h/A%2fb%20c"),
        # ports
        ("https://h:443/", "https://h/"),
        ("https://h:00443/", "https://h/"),
        ("https://h:80/", "https://h:80/"),
        ("http://h:80/", "http://h/"),
        ("https://h:/", "https://h/"),
        ("https://h:0/", "https://h:0/"),
        ("https://h:65535/", "https://h:65535/"),
        # userinfo, query and fragment stay
        ("https://user:pw@h", "https://user:pw@h/"),
        ("https://a@b@h/", "https://a%40b@h/"),
        ("https://@h/", "https://h/"),
        ("https://h?q=1#f", "https://h/?q=1#f"),
        ("https://h/?#", "https://h/?#"),
        ("https://h#/../x", "https://h/#/../x"),
        # IPv4 and IPv6
        ("https://0x7f.1", "https://127.0.0.1/"),
        ("https://2130706433", "https://127.0.0.1/"),
        ("https://0177.0.0.1", "https://127.0.0.1/"),
        ("https://127.0.0.1.", "https://127.0.0.1/"),
        ("https://[0:0::1]/", "https://[::1]/"),
        ("https://[::127.0.0.1]", "https://[::7f00:1]/"),
        # IDNA, not transitional
        ("https://%6cogin.example", "https://login.example/"),
        ("https://b\u00fccher.example", "https://xn--bcher-kva.example/"),
        ("https://\uff4cogin.example", "https://login.example/"),
        ("https://login\u3002example", "https://login.example/"),
        ("https://lo\u00adgin.example", "https://login.example/"),
        ("https://stra\u00dfe.example", "https://xn--strae-oqa.example/"),
        # what WHATWG does not touch
        ("https://h./", "https://h./"),
        ("https://a..b/", "https://a..b/"),
        ("https://" + "a" * 64 + ".example/", "https://" + "a" * 64 + ".example/"),
        # a URL of the system stays as it is, whatever it holds
        ("ssoid://Com.Example.SSO", "ssoid://Com.Example.SSO"),
        ("host://Login.Example.com", "host://Login.Example.com"),
        ("realm://EXAMPLE.COM", "realm://EXAMPLE.COM"),
        ("realm:\ud800\n", "realm:\ud800\n"),
        # other schemes
        ("WSS://H:443/../x", "wss://h/x"),
        ("Mailto:a@example.com", "mailto:a@example.com"),
    ],
)
def test_spelling(url: str, expected: str) -> None:
    assert browser_url(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        " ",
        "login.example.com",
        "//login.example.com/",
        "/auth",
        "?x",
        "https://",
        "https:",
        "https://:443/",
        "https://user@/",
        "https://h:65536/",
        "https://h:4x/",
        "https://h:-1/",
        "https://256.0.0.1/",
        "https://1.2.3.4.5/",
        "https://a.0x/",
        "https://[::1%25en0]/",
        "https://[h]/",
        "https://[::1/",
        "https://a b/",
        "https://a%00b/",
        "https://a\0b/",
        "https://a%2fb/",
        "https://a%/",
        "https://a<b/",
        "https://\u00ad/",
        "https://a\u2100b/",  # would be `a/c`
        "https://a\uff05b/",  # would be `%`
        "https://xn--\u00fc/",
        "https://\ud800/",
        "https://h/\udfff",
        # would become a URL of the system
        "SSOID://com.example.sso",
        " host://login.example.com",
        "re\nalm://EXAMPLE.COM",
    ],
)
def test_refused(url: str) -> None:
    with pytest.raises(SpellingError) as caught:
        browser_url(url)
    message = str(caught.value)
    assert message.isprintable()
    assert message.startswith("`")
    assert caught.value.url == url


def test_the_error_is_a_value_error_of_the_library() -> None:
    with pytest.raises(SpellingError, match=r"^`nowhere` is not a URL to a browser$") as caught:
        browser_url("nowhere")
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, SsorouteError)
    for again in (copy.copy(caught.value), pickle.loads(pickle.dumps(caught.value))):
        assert (str(again), again.url) == (str(caught.value), "nowhere")


def test_messages_stay_short() -> None:
    with pytest.raises(SpellingError) as caught:
        browser_url("x" * 1_000_000)
    assert len(str(caught.value)) < 200


PIECES = st.sampled_from(
    [
        *("https", "http", "HTTPS", "foo", "data", "file", "javascript", "ssoid", "host", "blob"),
        *(":", "/", "//", "://", "\\", "@", "?", "#", "%", "%2e", "%2F", "%41", "%00", "%ff"),
        *(".", "..", "a", "b", "example.com", "xn--", "xn--a", "xn--bcher-kva", "-", "--"),
        *("0x7f", "1", "127", "256", "0", "09", "[", "]", "[::1]", "[::ffff:1.2.3.4]", ":443"),
        *("\t", "\n", "\r", " ", "\0", "\x1f", "\x7f", "\ud800", "\udfff", "é", "ß", "\u00ad"),
        *("\uff45", "\u3002", "\u2100", "\uff05", "\u200d", "\u0130", "\u212a", "\U0001f4a9"),
        *("|", "^", "'", '"', "<", "`", "{", "C:", "C|", ":80", ":65536", "user:pw@", "\u05d0"),
    ]
)
MIXED = st.lists(PIECES | st.text(max_size=3), max_size=10).map("".join)
ANYTHING = (
    st.text()
    | MIXED
    | MIXED.map("https://".__add__)
    | MIXED.map("https://h/".__add__)
    | MIXED.map("foo:".__add__)
)


@settings(max_examples=1000)
@given(ANYTHING)
@example("https://h/\\..\\%2e")
@example("foo:/..//p")
@example("data: x  #y ")
def test_a_browser_spelling_is_its_own_browser_spelling(url: str) -> None:
    found = rewritten(url)
    if found is not None:
        assert browser_url(found) == found


@settings(max_examples=500)
@given(ANYTHING)
def test_a_web_url_becomes_ascii_with_a_plain_authority(url: str) -> None:
    found = rewritten(url)
    if found is not None and re.match("https?:", found):
        assert found.isascii()
        assert re.match(r"https?://[^/?#\\]+/", found)
        assert host_text(found)
        assert host_text(found) == host_text(found).lower()


@settings(max_examples=300)
@given(ANYTHING)
def test_nothing_becomes_a_url_of_the_system(url: str) -> None:
    found = rewritten(url)
    if found is not None and found.startswith(("ssoid:", "host:", "realm:")):
        assert found == url
