"""A log that marks an http request as a WebSocket handshake is read as `ws` or `wss`."""

from __future__ import annotations

import io
import json
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Final

import pytest

from cli_world import invoke
from ssoroute.replay import Log, chunks_of
from ssoroute.replay.chunks import Asked, AskedRow

FIELD: Final = Path(__file__).parents[2] / "shared" / "field"
URL: Final = "https://ws.example.com/v3/channel"

#: Authority, the members of an entry beside its URL, the request headers, the URL that was asked.
ENTRIES: list[tuple[str, dict[str, Any], Any, str]] = [
    ("reading", {"_resourceType": "websocket"}, [], "wss://ws.example.com/v3/channel"),
    ("reading", {"_resourceType": "WebSocket"}, None, "wss://ws.example.com/v3/channel"),
    ("reading", {}, [("Upgrade", "websocket")], "wss://ws.example.com/v3/channel"),
    ("reading", {}, [("upgrade", "WebSocket")], "wss://ws.example.com/v3/channel"),
    ("reading", {}, [("x", "y"), ("Upgrade", "h2c, websocket")], "wss://ws.example.com/v3/channel"),
    ("reading", {}, [("Upgrade", "h2c"), ("Upgrade", "websocket")], URL.replace("http", "ws")),
    ("documented", {"_resourceType": "fetch"}, [], URL),
    ("documented", {"_resourceType": ["websocket"]}, [], URL),
    ("documented", {}, [("Upgrade", "h2c")], URL),
    ("documented", {}, [("Connection", "websocket")], URL),
    ("documented", {}, [("Upgrade", None), (None, "websocket")], URL),
    ("documented", {}, "websocket", URL),
    ("documented", {}, ["Upgrade: websocket", None, 7], URL),
]


@pytest.mark.parametrize(("_authority", "members", "headers", "asked"), ENTRIES)
def test_entries_of_a_har(
    _authority: str, members: dict[str, Any], headers: Any, asked: str
) -> None:
    if isinstance(headers, list):
        headers = [
            {"name": header[0], "value": header[1]} if isinstance(header, tuple) else header
            for header in headers
        ]
    request = {"url": URL, "headers": headers}
    data = json.dumps({"log": {"entries": [{**members, "request": request}]}}).encode()
    log = Log("x.har", lambda: nullcontext(io.BytesIO(data)))
    (chunk,) = chunks_of([log])
    assert isinstance(chunk.body, Asked)
    assert chunk.body.rows == [AskedRow(1, asked)]


def test_a_url_that_is_not_text_is_read_as_before() -> None:
    entry = b'{"_resourceType": "websocket", "request": {"url": "https://h/\\ud83d"}}'
    data = b'{"log": {"entries": [' + entry + b"]}}"
    (chunk,) = chunks_of([Log("x.har", lambda: nullcontext(io.BytesIO(data)))])
    assert isinstance(chunk.body, Asked)
    assert chunk.body.rows == [AskedRow(1, "wss://h/\ud83d")]


@pytest.mark.skipif(not FIELD.is_dir(), reason="../shared is absent")
def test_a_log_of_the_field() -> None:
    """Reading: no prefix of http or https begins a handshake."""
    har, profile = FIELD / "01-websocket.har", FIELD / "01-websocket.mobileconfig"
    result = invoke("replay", "-p", str(profile), "--output", "-", str(har))
    (decision,) = map(json.loads, result.stdout.splitlines())
    assert decision["url"] == "wss://ws.example.com/v3/channel"
    assert (decision["outcome"], decision["reason"]) == ("do_not_handle", "no_match")
