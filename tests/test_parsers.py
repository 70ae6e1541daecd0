"""URLs on which parsers disagree: what each side of the library makes of them, and where all agree.

The verdicts of a row stand for four routers: app spelling by system and strict matching, browser
spelling by system and strict matching. Each is two letters, for a plain load and after a challenge:

- `R` handled by the Redirect payload, `C` handled by the Credential payload, `-` nobody
- `n` not handled, reason `not_strict`; `a` not handled, reason `ambiguous_url`
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import urlsplit

import ada_url
import idna
import pytest
import rfc3986
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from build import router_of
from ssoroute.model.decision import Decision, Outcome, Reason
from ssoroute.model.spelling import SpellingError, browser_url
from ssoroute.model.urls import MalformedURLError, host_text, split_prefix
from ssoroute.routing.strict import is_unambiguous_authority, is_unambiguous_host

PROFILE = {
    "identifier": "com.example.profile",
    "payloads": [
        {
            "Type": "Redirect",
            "ExtensionIdentifier": "com.example.redirect",
            "TeamIdentifier": "EXAMPLE123",
            "URLs": [
                "https://good.example/",
                "https://open.example",  # no slash: runs on inside the host
                "https://127.0.0.1/",
                "https://xn--bcher-kva.example/",
            ],
        },
        {
            "Type": "Credential",
            "ExtensionIdentifier": "com.example.credential",
            "TeamIdentifier": "EXAMPLE123",
            "Realm": "EXAMPLE.COM",
            "Hosts": [
                "good.example",
                ".good.example",
                "open.example",
                "127.0.0.1",
                "::1",
                "xn--bcher-kva.example",
                "xn--strae-oqa.example",
                "strasse.example",
            ],
        },
    ],
}
ROUTERS = {
    matching: router_of(
        {"platform": "macOS", "version": "15.4", "matching": matching, "profiles": [PROFILE]}
    )
    for matching in ("system", "strict")
}

A64 = "a" * 64


SAME = "same"


class Row(NamedTuple):
    """A request URL and what is made of it."""

    url: str
    #: the browser spelling, `SAME` if it is that of the app, None if a browser refuses it
    browser: str | None
    #: `host_text` of the URL as the app wrote it
    host: str
    #: whether parsers agree about the host of the URL as the app wrote it
    clear: bool
    #: app system, app strict, browser system, browser strict
    verdicts: str

    @property
    def requested(self) -> str | None:
        """What a browser requests."""
        return self.url if self.browser == SAME else self.browser


ROWS = [
    # nothing odd
    Row("https://good.example/", SAME, "good.example", True, "RC RC RC RC"),
    Row("HTTPS://GOOD.EXAMPLE/", "https://good.example/", "GOOD.EXAMPLE", True, "RC RC RC RC"),
    Row("https://good.example", "https://good.example/", "good.example", True, "-C -C RC RC"),
    Row("https://open.example", "https://open.example/", "open.example", True, "RC RC RC RC"),
    Row("http://good.example/", SAME, "good.example", True, "-C -C -C -C"),
    Row("https://evil.example/", SAME, "evil.example", True, "-- -- -- --"),
    Row(
        "https://open.example.evil.example/", SAME, "open.example.evil.example", True, "R- n- R- n-"
    ),
    Row("https://a.b.good.example/", SAME, "a.b.good.example", True, "-C -C -C -C"),
    # userinfo
    Row("https://good.example@evil.example/", SAME, "evil.example", False, "-- -- -- --"),
    Row("https://open.example@evil.example/", SAME, "evil.example", False, "R- n- R- n-"),
    Row("https://open.example:443@evil.example/", SAME, "evil.example", False, "R- n- R- n-"),
    Row("https://evil.example@good.example/", SAME, "good.example", False, "-C -a -C -a"),
    Row("https://@good.example/", "https://good.example/", "good.example", False, "-C -a RC RC"),
    Row(
        "https://a@b@good.example/",
        "https://a%40b@good.example/",
        "good.example",
        False,
        "-C -a -C -a",
    ),
    Row(
        "https://evil.example?@good.example/",
        "https://evil.example/?@good.example/",
        "evil.example",
        True,
        "-- -- -- --",
    ),
    Row(
        "https://good.example?@evil.example/",
        "https://good.example/?@evil.example/",
        "good.example",
        True,
        "-C -C RC RC",
    ),
    Row(
        "https://open.example#@evil.example/",
        "https://open.example/#@evil.example/",
        "open.example",
        True,
        "RC RC RC RC",
    ),
    # backslash
    Row(
        "https://good.example\\@evil.example/",
        "https://good.example/@evil.example/",
        "evil.example",
        False,
        "-- -- RC RC",
    ),
    Row(
        "https://evil.example\\@good.example/",
        "https://evil.example/@good.example/",
        "good.example",
        False,
        "-C -a -- --",
    ),
    Row(
        "https://open.example\\.evil.example/",
        "https://open.example/.evil.example/",
        "open.example\\.evil.example",
        False,
        "R- n- RC RC",
    ),
    Row("https:\\\\good.example\\", "https://good.example/", "", False, "-- -- RC RC"),
    Row("https://good.example\\", "https://good.example/", "good.example\\", False, "-- -- RC RC"),
    # slashes, schemes
    Row("https:good.example/", "https://good.example/", "", False, "-- -- RC RC"),
    Row("https:/good.example/", "https://good.example/", "", False, "-- -- RC RC"),
    Row("https:///good.example/", "https://good.example/", "", False, "-- -- RC RC"),
    Row("//good.example/", None, "", False, "-- --"),
    Row("good.example", None, "", False, "-- --"),
    Row("", None, "", False, "-- --"),
    Row("https://", None, "", False, "-- --"),
    Row("://good.example/", None, "good.example", False, "-C -a"),
    Row("evil://good.example/", SAME, "good.example", False, "-C -a -C -a"),
    Row(
        "https:evil.example?https://good.example/",
        "https://evil.example/?https://good.example/",
        "good.example",
        False,
        "-C -a -- --",
    ),
    Row("host://good.example", SAME, "good.example", False, "CC CC CC CC"),
    Row("HOST://good.example", None, "good.example", False, "-C -a"),
    Row("realm://EXAMPLE.COM", SAME, "EXAMPLE.COM", False, "CC CC CC CC"),
    Row("ssoid://com.example.redirect", SAME, "com.example.redirect", False, "RR RR RR RR"),
    # tab, newline, space, NUL
    Row("https://go\tod.example/", "https://good.example/", "go\tod.example", False, "-- -- RC RC"),
    Row("https://good.example\n/", "https://good.example/", "good.example\n", False, "-- -- RC RC"),
    Row(
        "https://good.example\r\n",
        "https://good.example/",
        "good.example\r\n",
        False,
        "-- -- RC RC",
    ),
    Row("ht\ntps://good.example/", "https://good.example/", "good.example", False, "-C -a RC RC"),
    Row(" https://good.example/", "https://good.example/", "good.example", False, "-C -a RC RC"),
    Row("\0https://good.example/", "https://good.example/", "good.example", False, "-C -a RC RC"),
    Row("https://good.example /", None, "good.example ", False, "-- --"),
    Row("https://good.example/\0", "https://good.example/", "good.example", True, "RC RC RC RC"),
    Row(
        "https://good.example\0.evil.example/", None, "good.example\0.evil.example", False, "-- --"
    ),
    Row(
        "https://open.example\0.evil.example/", None, "open.example\0.evil.example", False, "R- n-"
    ),
    # percent-encoded host
    Row("https://%67ood.example/", "https://good.example/", "%67ood.example", False, "-- -- RC RC"),
    Row("https://good%2Eexample/", "https://good.example/", "good%2Eexample", False, "-- -- RC RC"),
    Row(
        "https://open.example%2f.evil.example/",
        None,
        "open.example%2f.evil.example",
        False,
        "R- n-",
    ),
    Row("https://good.example%00/", None, "good.example%00", False, "-- --"),
    Row(
        "https://good.example%40evil.example/", None, "good.example%40evil.example", False, "-- --"
    ),
    Row("https://good.example%/", None, "good.example%", False, "-- --"),
    # IPv4: a number at the end of a host is an address to some and a name to others
    Row("https://127.0.0.1/", SAME, "127.0.0.1", False, "RC aa RC aa"),
    Row("https://0x7f.1/", "https://127.0.0.1/", "0x7f.1", False, "-- -- RC aa"),
    Row("https://2130706433/", "https://127.0.0.1/", "2130706433", False, "-- -- RC aa"),
    Row("https://127.1/", "https://127.0.0.1/", "127.1", False, "-- -- RC aa"),
    Row("https://0177.0.0.1/", "https://127.0.0.1/", "0177.0.0.1", False, "-- -- RC aa"),
    Row("https://127.0.0.1./", "https://127.0.0.1/", "127.0.0.1.", False, "-- -- RC aa"),
    Row("https://127.0.0.0x1/", "https://127.0.0.1/", "127.0.0.0x1", False, "-- -- RC aa"),
    Row("https://\uff11\uff12\uff17.1/", "https://127.0.0.1/", "１２７.1", False, "-- -- RC aa"),  # noqa: RUF001
    Row("https://127.0.0.256/", None, "127.0.0.256", False, "-- --"),
    Row("https://127.0.0.0.1/", None, "127.0.0.0.1", False, "-- --"),
    Row("https://a.good.example.1/", None, "a.good.example.1", False, "-- --"),
    Row("https://127.0.0.1.evil.example/", SAME, "127.0.0.1.evil.example", True, "-- -- -- --"),
    # IPv6 and zone identifiers
    Row("https://[::1]/", SAME, "::1", False, "-C -a -C -a"),
    Row("https://[0:0::1]/", "https://[::1]/", "0:0::1", False, "-- -- -C -a"),
    Row(
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:7f00:1]/",
        "::ffff:127.0.0.1",
        False,
        "-- -- -- --",
    ),
    Row("https://[::1%25en0]/", None, "::1%25en0", False, "-- --"),
    Row("https://[::1%en0]/", None, "::1%en0", False, "-- --"),
    Row("https://[good.example]/", None, "good.example", False, "-C -a"),
    Row("https://good.example]/", None, "good.example]", False, "-- --"),
    Row("https://[good.example/", None, "[good.example", False, "-- --"),
    # trailing dots, empty labels
    Row("https://good.example./", SAME, "good.example.", False, "-- -- -- --"),
    Row("https://open.example./", SAME, "open.example.", False, "R- n- R- n-"),
    Row("https://.good.example/", SAME, ".good.example", False, "-- -- -- --"),
    Row("https://a..good.example/", SAME, "a..good.example", False, "-C -a -C -a"),
    Row("https://./", SAME, ".", False, "-- -- -- --"),
    # ports
    Row("https://good.example:443/", "https://good.example/", "good.example", True, "-C -C RC RC"),
    Row("https://good.example:/", "https://good.example/", "good.example", True, "-C -C RC RC"),
    Row(
        "https://good.example:000443/", "https://good.example/", "good.example", True, "-C -C RC RC"
    ),
    Row("https://open.example:8443/", SAME, "open.example", True, "RC nC RC nC"),
    Row("https://good.example:65535/", SAME, "good.example", True, "-C -C -C -C"),
    Row("https://good.example:65536/", None, "good.example", False, "-C -a"),
    Row("https://good.example:18446744073709552059/", None, "good.example", False, "-C -a"),
    Row("https://open.example:65536/", None, "open.example", False, "RC na"),
    Row("https://good.example:443x/", None, "good.example", False, "-C -a"),
    Row("https://good.example:+443/", None, "good.example", False, "-C -a"),
    Row("https://good.example:\uff14\uff14\uff13/", None, "good.example", False, "-- --"),
    Row("https://good.example:80:443/", None, "good.example", False, "-C -a"),
    Row("https://open.example:80:443/", None, "open.example", False, "RC na"),
    # overlong labels and hosts
    Row(f"https://{A64}.good.example/", SAME, f"{A64}.good.example", True, "-C -C -C -C"),
    Row(
        f"https://{'a.' * 200}good.example/", SAME, f"{'a.' * 200}good.example", True, "-C -C -C -C"
    ),
    # lone surrogates
    Row("https://good.example/\ud800", None, "good.example", False, "-- --"),
    Row("https://go\udc80od.example/", None, "go\udc80od.example", False, "-- --"),
    Row("https://open.example\udfff/", None, "open.example\udfff", False, "-- --"),
    # IDNA
    Row("https://xn--bcher-kva.example/", SAME, "xn--bcher-kva.example", True, "RC RC RC RC"),
    Row(
        "https://XN--BCHER-KVA.example/",
        "https://xn--bcher-kva.example/",
        "XN--BCHER-KVA.example",
        True,
        "RC RC RC RC",
    ),
    Row(
        "https://b\u00fccher.example/",
        "https://xn--bcher-kva.example/",
        "b\u00fccher.example",
        False,
        "-- -- RC RC",
    ),
    Row(
        "https://bu\u0308cher.example/",
        "https://xn--bcher-kva.example/",
        "bu\u0308cher.example",
        False,
        "-- -- RC RC",
    ),
    Row(
        "https://stra\u00dfe.example/",
        "https://xn--strae-oqa.example/",
        "stra\u00dfe.example",
        False,
        "-- -- -C -C",
    ),
    Row(
        "https://\uff47ood.example/",
        "https://good.example/",
        "\uff47ood.example",
        False,
        "-- -- RC RC",
    ),
    Row(
        "https://good\u3002example/",
        "https://good.example/",
        "good\u3002example",
        False,
        "-- -- RC RC",
    ),
    Row(
        "https://go\u00adod.example/",
        "https://good.example/",
        "go\u00adod.example",
        False,
        "-- -- RC RC",
    ),
    Row(
        "https://open.example\u2100.evil.example/",  # would be `a/c`
        None,
        "open.example\u2100.evil.example",
        False,
        "-- --",
    ),
    Row("https://ab--cd.good.example/", SAME, "ab--cd.good.example", False, "-C -a -C -a"),
    # path: the app's text is compared as it is
    Row("https://evil.example/https://good.example/", SAME, "evil.example", True, "-- -- -- --"),
    Row("https://good.example/..", "https://good.example/", "good.example", True, "RC RC RC RC"),
    Row(
        "https://good.example;.evil.example/",
        SAME,
        "good.example;.evil.example",
        False,
        "-- -- -- --",
    ),
]


def letter(decision: Decision) -> str:
    """A decision as the verdict of a row has it."""
    if decision.outcome is Outcome.HANDLE:
        assert decision.extension is not None
        return {"com.example.redirect": "R", "com.example.credential": "C"}[
            decision.extension.bundle_id
        ]
    return {Reason.NO_MATCH: "-", Reason.NOT_STRICT: "n", Reason.AMBIGUOUS_URL: "a"}[
        decision.reason
    ]


def verdict(url: str, matching: str) -> str:
    router = ROUTERS[matching]
    return letter(router.route(url)) + letter(router.route(url, response_code=401))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: ascii(row.url)[:80])
def test_row(row: Row) -> None:
    assert host_text(row.url) == row.host
    assert is_unambiguous_authority(row.url) is row.clear
    verdicts = [verdict(row.url, "system"), verdict(row.url, "strict")]
    if row.requested is None:
        with pytest.raises(SpellingError):
            browser_url(row.url)
    else:
        assert browser_url(row.url) == row.requested
        verdicts += [verdict(row.requested, "system"), verdict(row.requested, "strict")]
    assert " ".join(verdicts) == row.verdicts
    # the law: what strict matching handles, system matching handles by the same extension
    for system, strict in zip(verdicts[::2], verdicts[1::2], strict=True):
        assert all(b in (a, "n", "a") for a, b in zip(system, strict, strict=True))


def test_rows_are_distinct() -> None:
    assert len({row.url for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: ascii(row.url)[:80])
def test_what_strict_matching_handles_has_one_host(row: Row) -> None:
    """No verdict of strict matching but on a host on which the parsers agree."""
    if row.url.startswith(("ssoid:", "host:", "realm:")):
        return
    app, browser = verdict(row.url, "strict"), row.requested
    if {"R", "C"} & set(app) and browser is not None:
        assert host_text(row.url).lower() == host_text(browser)


# --- the subset on which parsers agree -----------------------------------------------------------

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
LABELS = st.text(LETTERS + "0123456789-_", min_size=1, max_size=70)
WORDS = st.sampled_from(
    ["login", "example", "0x7f", "1", "127", "-", "--", "a--", "_tcp", "xn", "x-n--a", "localhost"]
)
A_LABELS = st.sampled_from(
    ["xn--bcher-kva", "XN--BCHER-KVA", "xn--strae-oqa", "xn--e1afmkfd", "xn--fiqs8s", "xn--mgbh0fb"]
)
ANY_A_LABELS = st.text(LETTERS + "0123456789-", max_size=12).map("xn--".__add__)
HOSTS = st.lists(LABELS | WORDS | A_LABELS | ANY_A_LABELS, min_size=1, max_size=5).map(".".join)
PORTS = st.just("") | st.just(":") | st.integers(0, 70000).map(":{}".format) | st.just(":00080")
PRINTABLE = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=20)
TAILS = st.just("") | st.tuples(st.sampled_from("/?#"), PRINTABLE).map("".join)
SCHEMES = st.sampled_from(["http://", "https://", "HTTPS://", "hTtP://"])


def hosts_read(url: str) -> dict[str, str | None]:
    """What each parser takes for the host of `url`, in lower case."""
    reference = rfc3986.uri_reference(url)
    return {
        "host_text": host_text(url).lower(),
        "urllib": urlsplit(url).hostname,
        "rfc3986": (reference.host or "").lower(),
        "ada-url": ada_url.URL(url).hostname,
        "browser_url": host_text(browser_url(url)),
        "expression": (re.match(r"(?:[^:/?#]+:)?//([^/?#:]*)", url) or [""] * 2)[1].lower(),
    }


@settings(max_examples=1000)
@given(SCHEMES, HOSTS, PORTS, TAILS)
def test_parsers_agree_on_unambiguous_authorities(
    scheme: str, host: str, port: str, tail: str
) -> None:
    url = scheme + host + port + tail
    assume(is_unambiguous_authority(url))
    assert set(hosts_read(url).values()) == {host.lower()}


@settings(max_examples=1000)
@given(SCHEMES | st.just(""), HOSTS | PRINTABLE, PORTS, TAILS)
def test_the_parts_of_a_prefix_are_those_of_rfc_3986(
    scheme: str, host: str, port: str, tail: str
) -> None:
    text = scheme + host + port + tail
    reference = rfc3986.uri_reference(text)
    try:
        parts = split_prefix(text)
    except MalformedURLError:
        return
    assert reference.scheme == parts.scheme
    userinfo = "" if parts.userinfo is None else f"{parts.userinfo}@"
    assert reference.authority == f"{userinfo}{parts.host}{parts.port}"
    assert (reference.path or "") == parts.path


def test_a_port_of_six_digits_is_refused_by_one_parser_and_read_as_another_host_by_none() -> None:
    found = hosts_read("https://login.example.com:000443/")
    assert found.pop("rfc3986") == ""
    assert set(found.values()) == {"login.example.com"}


@settings(max_examples=300)
@given(st.text(min_size=1, max_size=20))
def test_parsers_agree_on_the_a_labels_of_idna_2008(text: str) -> None:
    try:
        label = idna.alabel(text).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return
    if not is_unambiguous_host(label):
        # it was ASCII before, and no host of the subset
        assert label.lower() == text.lower()
        return
    assert set(hosts_read(f"https://{label}/").values()) == {label.lower()}


@pytest.mark.parametrize(
    ("label", "accepted"),
    [
        ("xn--bcher-kva", True),
        ("XN--BCHER-KVA", True),
        ("xn--strae-oqa", True),
        ("xn--i28h", False),  # an emoji, no label of IDNA 2008
        ("xn--a", False),  # Punycode of nothing
        ("xn--", False),
        ("xn--bcher-", False),  # ASCII in disguise
        ("xn--bcher-KVA", True),
        (f"xn--{A64}", False),
        ("ab--c", False),
    ],
)
def test_a_labels(label: str, accepted: bool) -> None:
    assert is_unambiguous_host(f"{label}.example") is accepted
    assert is_unambiguous_host(f"login.{label}") is accepted


@settings(max_examples=500)
@given(
    SCHEMES,
    st.text("ab.-_@:\\[]%/?#0123\t é\u00adxn", max_size=15),
    TAILS,
)
def test_the_subset_lets_nothing_odd_in(scheme: str, authority: str, tail: str) -> None:
    url = scheme + authority + tail
    if is_unambiguous_authority(url):
        found = hosts_read(url)
        if re.search(r":[0-9]{6,}$", re.split("[/?#]", url.partition("://")[2])[0]):
            del found["rfc3986"]  # takes five digits at most
        assert len(set(found.values())) == 1
