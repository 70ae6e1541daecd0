"""Flow files of mitmproxy, read by mitmproxy itself, which must be installed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from ssoroute.integrations.flow_record import asked_url, text_of
from ssoroute.model.quoting import counted
from ssoroute.replay.chunks import CHUNK_ROWS, Asked, Chunk, Failure, LogError, Remark
from ssoroute.replay.rows import TUNNEL, asked, tunnels_left_out

__all__ = ["read_flows"]


def read_flows(name: str, stream: BinaryIO) -> Iterator[Chunk]:
    """The requests of the HTTP flows in `stream`; their numbers count all flows.

    `LogError` if mitmproxy is missing, or after the flows before the first damaged one.
    """
    try:
        from mitmproxy.exceptions import FlowReadException
        from mitmproxy.http import HTTPFlow
        from mitmproxy.io import FlowReader
    except ImportError:
        raise LogError(
            "a flow file of mitmproxy is read by mitmproxy, which is not installed here"
            " (`pip install mitmproxy`)"
        ) from None

    rows: list[tuple[int, str | Failure, int]] = []
    others = tunnels = 0
    broken = None
    position = 0
    try:
        for number, flow in enumerate(FlowReader(stream).stream(), 1):
            position = _position(stream)
            if not isinstance(flow, HTTPFlow):
                others += 1
                continue
            if flow.request.method == TUNNEL:
                tunnels += 1
                continue
            url = text_of(flow.request.pretty_url)
            url = asked_url(url, flow.request.headers.get("upgrade", ""))
            rows += asked(number, url, flow.response and flow.response.status_code)
            if len(rows) >= CHUNK_ROWS:
                yield Chunk(name, position, Asked(rows))
                rows = []
    except FlowReadException as error:
        broken = LogError(f"the flow file is damaged from here on: {error}")
    if rows:
        yield Chunk(name, position, Asked(rows))
    for remark in _left_out(others, tunnels):
        yield Chunk(name, position, remark)
    if broken:
        raise broken


def _left_out(others: int, tunnels: int) -> Iterator[Remark]:
    if others:
        are = "is not an HTTP request and is" if others == 1 else "are not HTTP requests and are"
        yield Remark(f"{counted(others, 'flow')} {are} left out")
    if tunnels:
        yield tunnels_left_out(tunnels)


def _position(stream: BinaryIO) -> int:
    try:
        return stream.tell()
    except OSError:  # a pipe
        return 0
