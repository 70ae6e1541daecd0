"""Invariant: a browser's URL is ASCII, its own browser spelling, and has a printable error else."""

from __future__ import annotations

from collections.abc import Iterator

from case_table import load_rows
from ssoroute.model.spelling import Spelling, SpellingError, browser_url
from ssoroute.model.urls import host_text, scheme_of
from ssoroute.routing.strict import is_unambiguous_authority

LONGEST = 1000


def seeds() -> Iterator[bytes]:
    for row in load_rows():
        if row.request is not None:
            yield row.request["url"].encode("utf-8", "replace")


def check(data: bytes) -> None:
    url = data.decode("utf-8", "surrogateescape")
    try:
        found = browser_url(url)
    except SpellingError as error:
        assert str(error).isprintable(), url
        assert Spelling.APP.other_of(url) is None, url
        return
    assert browser_url(found) == found, (url, found)
    assert Spelling.BROWSER.of(url) == Spelling.APP.other_of(url) == found, url
    if scheme_of(found) in ("http", "https"):
        assert found.isascii(), (url, found)
        assert host_text(found), (url, found)
    if is_unambiguous_authority(url):
        assert host_text(found) == host_text(url).lower(), (url, found)
