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
    ("prefix", "url"),
    [
        ("https://h.example", "https://h.example"),
        ("https://h.example", "https://H.example/a"),
        ("https://h.example", "https://h.example?a"),
        ("https://h.example/", "https://h.example/a"),
        ("https://h.example/a", "https://h.example/a"),
        ("https://h.example/a", "https://h.example/a/b"),
        ("https://h.example/a", "https://h.example/a?b"),
        ("https://h.example/a", "https://h.example/a#b"),
        ("https://h.example/ax", "https://h.example/ax"),
        ("https://h.example/a/", "https://h.example/a/b"),
        ("https://h.example/a?", "https://h.example/a?b"),
        ("https://h.example?", "https://h.example?b"),
    ],
)
def test_what_a_prefix_means(prefix: str, url: str) -> None:
    assert holds_strictly(URLPrefix.parse(prefix), url) is True


@pytest.mark.parametrize(
    ("prefix", "url"),
    [
        ("https://h.example", "https://h.example.evil/"),
        ("https://h.example/a", "https://h.example/ab"),
        ("https://h.example/a", "https://h.example/A"),
        ("https://h.example/a?", "https://h.example/a"),
        ("https://h.example/*", "https://h.example/a"),
        ("https://u@h.example/", "https://u@h.example/"),
    ],
)
def test_what_a_prefix_does_not_mean(prefix: str, url: str) -> None:
    assert holds_strictly(URLPrefix.parse(prefix), url) is False


@pytest.mark.parametrize(
    "url",
    [
        "https://h.example:65535/",
        "https://h.example:0/",
        "https://h.example:/",
        "https://h.example:000080/",
    ],
)
def test_an_authority_beyond_doubt(url: str) -> None:
    assert is_unambiguous_authority(url) is True


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


@pytest.mark.parametrize(
    "host", ["h.example", "h_1.example", "xn--bcher-kva.example", "XN--BCHER-KVA.example"]
)
def test_a_host_beyond_doubt(host: str) -> None:
    assert is_unambiguous_host(host) is True


@pytest.mark.parametrize(
    "host",
    [
        "xn--a.example",
        "xn--.example",
        "ab--cd.example",
        "h.1example",
        "h..example",
        "h.example.",
        "",
    ],
)
def test_a_host_in_doubt(host: str) -> None:
    assert is_unambiguous_host(host) is False
