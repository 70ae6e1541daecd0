"""Invariant: a HAR gives one row an entry, as the json module counts them, or a printable error."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ssoroute.replay.chunks import Asked, LogError
from ssoroute.replay.har import read_har

LONGEST = 4000
EXAMPLE = Path(__file__).parents[3] / "examples" / "logs" / "browser.har"


def seeds() -> Iterator[bytes]:
    yield EXAMPLE.read_bytes()
    yield b'{"log": {"version": "1.2", "entries": [null, {"request": {"url": "https://h/"}}]}}'
    entry = b'{"request": {"url": "https://h/"}, "response": {"status": 401}}'
    yield b'\xef\xbb\xbf{"x": 1.5e3, "log": {"entries": [' + entry + b", " + entry + b"]}}"


def check(data: bytes) -> None:
    numbers: set[int] = set()
    try:
        for chunk in read_har("x.har", io.BytesIO(data)):
            assert isinstance(chunk.body, Asked)
            numbers |= {row[0] for row in chunk.body.rows}
    except LogError as error:
        assert str(error).isprintable(), data
        return
    try:
        document = json.loads(data.decode("utf-8-sig"), object_pairs_hook=once)
    except (ValueError, RecursionError):
        return  # it is read up to the end of the entries, whatever comes behind
    entries = document["log"]["entries"]
    assert numbers == set(range(1, len(entries) + 1)), data


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose members have different names; nothing says which of two equal ones counts."""
    if len(dict(pairs)) != len(pairs):
        raise ValueError
    return dict(pairs)
