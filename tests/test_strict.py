"""Strict matching: which URLs a prefix means, and which hosts are beyond doubt."""

from __future__ import annotations

import pytest

from ssoroute.model.patterns import URLPrefix
from ssoroute.routing.strict import (
    holds_strictly,
    is_unambiguous_authority,
    is_unambiguous_host,
)


@pytest.mark.parametrize(
    ("prefix", "means", "does_not_mean"),
    [
        ("", ["", "/a", "?a"], [".evil/"]),
        ("/", ["/a"], []),
        ("/a", ["/a", "/a/b", "/a?b", "/a#b"], ["/ab", "/A"]),
        ("/ax", ["/ax"], []),
        ("/a/", ["/a/b"], []),
        ("/a?", ["/a?b"], ["/a"]),
        ("?", ["?b"], []),
        ("/*", [], ["/a"]),
    ],
)
def test_what_a_prefix_means(prefix: str, means: list[str], does_not_mean: list[str]) -> None:
    rule = URLPrefix.parse(f"https://h.example{prefix}")
    for tail in means:
        assert holds_strictly(rule, f"https://h.example{tail}") is True
    for tail in does_not_mean:
        assert holds_strictly(rule, f"https://h.example{tail}") is False


def test_a_prefix_means_a_host_in_any_case_and_no_userinfo() -> None:
    assert holds_strictly(URLPrefix.parse("https://h.example"), "https://H.example/a") is True
    with_user = "https://u@h.example/"
    assert holds_strictly(URLPrefix.parse(with_user), with_user) is False


@pytest.mark.parametrize(
    "authority", ["h.example:65535", "h.example:0", "h.example:", "h.example:000080"]
)
def test_an_authority_beyond_doubt(authority: str) -> None:
    assert is_unambiguous_authority(f"https://{authority}/") is True


@pytest.mark.parametrize(
    "url",
    [
        "https://h.example:65536/",
        f"https://h.example:{'1' * 5000}/",
        "https:/h.example/",
        "ftp://h.example/",
        "https://h.example/\u00e9",
        "https://u@h.example/",
    ],
)
def test_an_authority_in_doubt(url: str) -> None:
    assert is_unambiguous_authority(url) is False


CLEAR_HOSTS = ["h.example", "h_1.example", "xn--bcher-kva.example", "XN--BCHER-KVA.example"]
DOUBTFUL_HOSTS = [
    "xn--a.example",
    "xn--.example",
    "ab--cd.example",
    "h.1example",
    "h..example",
    "h.example.",
    "",
]


@pytest.mark.parametrize("host", [*CLEAR_HOSTS, *DOUBTFUL_HOSTS])
def test_a_host_beyond_doubt(host: str) -> None:
    assert is_unambiguous_host(host) is (host in CLEAR_HOSTS)
