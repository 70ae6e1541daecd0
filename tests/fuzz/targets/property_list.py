"""Invariant: a property list is read as plistlib reads it, or refused with a reason."""

from __future__ import annotations

import plistlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from fuzz.loaded import loads_or_says_why
from loading_samples import BINARY, CREDENTIAL, REDIRECT, XML, binary, dumped, profile, xml
from ssoroute.loaders.binary_plist import read_binary_plist
from ssoroute.loaders.findings import Unreadable
from ssoroute.loaders.xml_plist import read_xml_plist

LONGEST = 4000
EXAMPLES = Path(__file__).parents[3] / "examples" / "profiles"


def seeds() -> Iterator[bytes]:
    yield from (XML, BINARY, binary(REDIRECT), XML.decode().encode("utf-16"))
    yield xml(profile(REDIRECT, CREDENTIAL, PayloadScope="User"))
    yield xml({"_computerlevel": [dumped("2024-01-01 00:00:00 +0000", "a", REDIRECT)]})
    values = [1, -1, 2**63, 1.5, True, b"data", datetime(2024, 1, 2, 3, 4, 5), {"é": []}]
    yield xml(values)
    yield binary(values)
    for path in sorted(EXAMPLES.glob("*.mobileconfig")):
        yield path.read_bytes()


def check(data: bytes) -> None:
    loads_or_says_why(data)
    is_binary = data.startswith(b"bplist")
    try:
        ours = read_binary_plist(data) if is_binary else read_xml_plist(data)
    except Unreadable as error:
        assert error.message.isprintable(), data
        return
    try:
        form = plistlib.FMT_BINARY if is_binary else plistlib.FMT_XML
        theirs = plistlib.loads(data, fmt=form)
    except Exception:
        return  # it knows fewer encodings, and refuses white space around numbers
    assert comparable(ours) == comparable(theirs), (data, ours, theirs)


def comparable(value: Any) -> Any:
    """A value with dates without zones and numbers as text, since NaN is not equal to itself."""
    if isinstance(value, dict):
        return {key: comparable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [comparable(item) for item in value]
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    return repr(value) if isinstance(value, float) else value
