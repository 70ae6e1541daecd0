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
    ("prefix", "url", "holds"),
    [
        ("https://h.example", "https://h.example", True),
        ("https://h.example", "https://H.example/a", True),
        ("https://h.example", "https://h.example?a", True),
        ("https://h.example/", "https://h.example/a", True),
        ("https://h.example/a", "https://h.example/a", True),
        ("https://h.example/a", "https://h.example/a/b", True),
        ("https://h.example/a", "https://h.example/a?b", True),
        ("https://h.example/a", "https://h.example/a#b", True),
        ("https://h.example/ax", "https://h.example/ax", True),
        ("https://h.example/a/", "https://h.example/a/b", True),
        ("https://h.example/a?", "https://h.example/a?b", True),
        ("https://h.example?", "https://h.example?b", True),
        ("https://h.example", "https://h.example.evil/", False),
        ("https://h.example/a", "https://h.example/ab", False),
        ("https://h.example/a", "https://h.example/A", False),
        ("https://h.example/a?", "https://h.example/a", False),
        ("https://h.example/*", "https://h.example/a", False),
        ("https://u@h.example/", "https://u@h.example/", False),
    ],
)
def test_what_a_prefix_means(prefix: str, url: str, holds: bool) -> None:
    assert holds_strictly(URLPrefix.parse(prefix), url) is holds


@pytest.mark.parametrize(
    ("url", "is_clear"),
    [
        ("https://h.example:65535/", True),
        ("https://h.example:0/", True),
        ("https://h.example:/", True),
        ("https://h.example:000080/", True),
        ("https://h.example:65536/", False),
        (f"https://h.example:{'1' * 5000}/", False),
        ("https:/h.example/", False),
        ("ftp://h.example/", False),
        ("https://h.example/\u00e9", False),
        ("https://u@h.example/", False),
    ],
)
def test_whether_an_authority_is_beyond_doubt(url: str, is_clear: bool) -> None:
    assert is_unambiguous_authority(url) is is_clear


@pytest.mark.parametrize(
    ("host", "is_clear"),
    [
        ("h.example", True),
        ("h_1.example", True),
        ("xn--bcher-kva.example", True),
        ("XN--BCHER-KVA.example", True),
        ("xn--a.example", False),
        ("xn--.example", False),
        ("ab--cd.example", False),
        ("h.1example", False),
        ("h..example", False),
        ("h.example.", False),
        ("", False),
    ],
)
def test_whether_a_host_is_beyond_doubt(host: str, is_clear: bool) -> None:
    assert is_unambiguous_host(host) is is_clear
