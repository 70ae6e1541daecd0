"""The parts of URLs and of rules, one by one: what is split, what is shown, what is refused."""

from __future__ import annotations

import pytest

from ssoroute.model.patterns import HostPattern, URLPrefix, lower_ascii
from ssoroute.model.source import Source
from ssoroute.model.urls import (
    MalformedURLError,
    PrefixParts,
    _is_ip_literal,
    authority_end,
    host_text,
    scheme_of,
    split_prefix,
    without_password,
)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("https://h.example", PrefixParts("https", None, "h.example", "", "")),
        ("HTTP://u@H.example:80/a", PrefixParts("HTTP", "u", "H.example", ":80", "/a")),
        ("https://[::1]:/", PrefixParts("https", None, "[::1]", ":", "/")),
    ],
)
def test_a_prefix_is_split(text: str, parts: PrefixParts) -> None:
    assert split_prefix(text) == parts
    assert isinstance(split_prefix(text).path, str)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\u00e9", "`\u00e9` is not a character of a URL (RFC 3986)"),
        ("https://h\u00e9.example/", "`\u00e9` is not a character of a URL (RFC 3986)"),
        ("https://h.example/ ", "` ` is not a character of a URL (RFC 3986)"),
        ("https://h.example/\u00a0", r"`\xa0` is not a character of a URL (RFC 3986)"),
        ("https://h.example/\n", r"`\n` is not a character of a URL (RFC 3986)"),
        ("https://h.example/\x7f", r"`\x7f` is not a character of a URL (RFC 3986)"),
        ("https://h.example/%", "a `%` is not followed by two hexadecimal digits"),
        ("//h.example/", "it has no scheme, only http and https are routed"),
        ("ssh://h.example/", "its scheme is `ssh`, only http and https are routed"),
        ("https://h.example/?a", "it has a query, the system accepts none in a prefix"),
        ("https://h.example/#a", "it has a fragment, the system accepts none in a prefix"),
    ],
)
def test_what_the_system_refuses_is_said(text: str, message: str) -> None:
    with pytest.raises(MalformedURLError) as caught:
        split_prefix(text)
    assert str(caught.value) == message


LITERALS = ["::1", "1::8:800:200c:417a", "v1.a:b", "fe80::1%25en0", "fe80::1%25en%20"]
#: RFC 6874 writes the `%` of a zone as `%25`.
NO_LITERALS = [
    "v1.",
    "fe80::1%25",
    "fe80::1%en0",
    "fe80::1%en0%251",
    "fe80::1%25%",
    "127.0.0.1",
    "",
]


@pytest.mark.parametrize("text", [*LITERALS, *NO_LITERALS])
def test_what_may_be_between_brackets(text: str) -> None:
    assert _is_ip_literal(text) is (text in LITERALS)


@pytest.mark.parametrize(
    ("url", "scheme", "host"),
    [
        ("https://u:p@H.example:8443/x@y", "https", "H.example"),
        ("https://h.example?a", "https", "h.example"),
        ("https://h.example#a:b", "https", "h.example"),
        ("https://", "https", ""),
        ("https:h.example", "https", ""),
        ("h.example", "", ""),
        ("", "", ""),
        ("realm://EXAMPLE.COM", "realm", "EXAMPLE.COM"),
        # a `:` is part of the host while a bracket is open, and brackets around all of it go
        ("https://[::1]/", "https", "::1"),
        ("https://[::1]:8443/", "https", "::1"),
        ("https://a[b:c]:8443/", "https", "a[b:c]"),
        ("https://a]:8443/", "https", "a]"),
        ("https://a]b:8443/", "https", "a]b"),
        ("https://a]]b[c:d]:8443/", "https", "a]]b[c:d]"),
        ("https://[[a]:b]:8443/", "https", "[a]:b"),
        ("https://[a]b:8443:1/", "https", "[a]b"),
        ("https://[a/", "https", "[a"),
    ],
)
def test_the_scheme_and_the_host_of_a_url(url: str, scheme: str, host: str) -> None:
    assert scheme_of(url) == scheme
    assert host_text(url) == host


@pytest.mark.parametrize(
    ("text", "end"),
    [("h/a?b#c", 1), ("h?a/b", 1), ("h#a?b/c", 1), ("h", 1), ("/", 0), ("", 0)],
)
def test_an_authority_ends_at_the_first_delimiter(text: str, end: int) -> None:
    assert authority_end(text, 0) == end


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://user:s3cr3t@h.example/", "https://user:***@h.example/"),
        ("  https://user:s3cr3t@h.example/", "https://user:***@h.example/"),
        ("https://:s3cr3t@h.example/", "https://:***@h.example/"),
        ("https://user:s3:cr3t@h.example/", "https://user:***@h.example/"),
        ("https://user:@h.example/", "https://user:***@h.example/"),
        # a `/` in the password makes the URL invalid
        ("https://user:s3/cr3t@h.example/", "https://user:***@h.example/"),
        ("https:\\\\user:s3/cr3t@h.example/", "https:\\\\user:***@h.example/"),
        ("https://user:s3/cr\n3t@h.example/", "https://user:***@h.example/"),
        ("https://user:5ecr3t/x@h.example/", "https://user:***@h.example/"),
        ("https://user:/cr3t@h.example/", "https://user:***@h.example/"),
        # the last `@` ends the userinfo
        ("https://user:s3@cr3t@h.example/a", "https://user:***@h.example/a"),
        # no password
        ("https://user@h.example/", "https://user@h.example/"),
        ("https://h.example:8443/a@b", "https://h.example:8443/a@b"),
        ("https://h.example:8443?a@b", "https://h.example:8443?a@b"),
        ("https://h.example:8443/a:b@c", "https://h.example:8443/a:b@c"),
        ("https://h.example/a:b@c", "https://h.example/a:b@c"),
        ("https://[::1]:8443/a@b", "https://[::1]:8443/a@b"),
        ("h.example", "h.example"),
        ("", ""),
    ],
)
def test_a_password_is_never_shown(url: str, shown: str) -> None:
    assert without_password(url) == shown


def test_only_ascii_is_lowered() -> None:
    capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    assert lower_ascii(f"@{capitals}[") == "@abcdefghijklmnopqrstuvwxyz["
    assert lower_ascii(f"\u212a@{capitals}[") == "\u212a@abcdefghijklmnopqrstuvwxyz["


def test_a_rule_as_json_says_where_it_is_written() -> None:
    place = Source("corp.mobileconfig", "Hosts[0]")
    written = {"file": "corp.mobileconfig", "path": "Hosts[0]"}
    for text, rule in (
        (".h.example", HostPattern(".h.example", place)),
        ("https://h.example/", URLPrefix.parse("https://h.example/", place)),
    ):
        assert rule.to_json() == {"text": text, "source": written}
    assert HostPattern("h").to_json() == {"text": "h", "source": None}
    assert URLPrefix.parse("https://h").to_json() == {"text": "https://h", "source": None}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://user:secret@h.example/", "https://user:***@h.example/"),
        ("https://user@h.example/", "https://user@h.example/"),
        ("https://h.example/@x:y", "https://h.example/@x:y"),
        ("https://h.example/", "https://h.example/"),
    ],
)
def test_a_prefix_is_shown_without_its_password(text: str, shown: str) -> None:
    assert str(URLPrefix.parse(text)) == shown


def test_two_rules_are_equal_by_text_and_place() -> None:
    prefix = URLPrefix.parse("https://h.example/")
    assert prefix == URLPrefix(prefix.text, parts=split_prefix("https://other.example/"))
    assert "parts" not in repr(prefix)


@pytest.mark.parametrize(
    ("prefix", "url", "wildcards", "expected"),
    [
        ("https://h.example/", "https://H.example/A", True, True),
        ("https://h.example/", "https://h.example/\u00e9", True, False),
        ("https://h.example/*/x", "https://h.example/a/x", True, True),
        ("https://h.example/*/x", "https://h.example/a/x", False, False),
        ("https://h.example/*/x", "https://h.example/*/xy", False, True),
    ],
)
def test_what_a_prefix_matches(prefix: str, url: str, wildcards: bool, expected: bool) -> None:
    assert URLPrefix.parse(prefix).matches(url, wildcards=wildcards) is expected


@pytest.mark.parametrize(
    ("prefix", "past", "inside"),
    [
        ("https://h.example", "https://h.example.evil.example/", "https://h.example/"),
        ("https://u*@h.example/", "https://u@h.example/", None),
        ("https://h.example/", None, "https://h.example/a"),
        ("https://h.example/*", None, "https://h.example/a"),
    ],
)
def test_a_match_that_runs_past_the_authority(
    prefix: str, past: str | None, inside: str | None
) -> None:
    rule = URLPrefix.parse(prefix)
    assert past is None or rule.runs_past_authority(past) is True
    assert inside is None or rule.runs_past_authority(inside) is False


@pytest.mark.parametrize(
    ("pattern", "matches", "does_not_match"),
    [
        ("h.example", ["H.Example"], ["h.examplex", "a.h.example"]),
        ("H.example", ["h.example"], []),
        (".h.example", ["a.H.example"], [".h.example"]),
        ("", [], [""]),
        ("\u212a", [], ["k"]),
        ("k", [], ["\u212a"]),
    ],
)
def test_what_a_host_pattern_matches(
    pattern: str, matches: list[str], does_not_match: list[str]
) -> None:
    assert all(HostPattern(pattern).matches(host) is True for host in matches)
    assert all(HostPattern(pattern).matches(host) is False for host in does_not_match)
