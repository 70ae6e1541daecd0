"""Invariant: a text is a URL prefix for the library if and only if it is one for the oracle."""

from __future__ import annotations

from collections.abc import Iterator

import oracle
from case_table import load_rows
from ssoroute.model.patterns import URLPrefix
from ssoroute.model.urls import MalformedURLError
from worlds import strings_of

LONGEST = 300


def seeds() -> Iterator[bytes]:
    for row in load_rows():
        for text in strings_of(row.world, "URLs"):
            yield text.encode()


def check(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    expected = oracle.parse_prefix(text)
    try:
        prefix = URLPrefix.parse(text)
    except MalformedURLError as error:
        assert expected is None, (text, error)
        assert str(error).isprintable(), text
        return
    assert expected is not None, text
    assert prefix.parts.uniqueness_key == oracle.url_claim(expected), text
    assert prefix.parts.associated_host == oracle.domain_of(expected), text
