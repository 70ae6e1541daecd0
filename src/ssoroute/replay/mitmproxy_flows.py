"""Flow files of mitmproxy, read by mitmproxy itself, which must be installed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from ssoroute.integrations.flow_record import asked_url, text_of
from ssoroute.replay.chunks import CHUNK_ROWS, Asked, AskedRow, Chunk, LeftOut, LogError
from ssoroute.replay.hours import hour_of
from ssoroute.replay.rows import TUNNEL, asked

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

    rows: list[AskedRow] = []
    broken = None
    position = 0
    try:
        for number, flow in enumerate(FlowReader(stream).stream(), 1):
            position = _position(stream)
            if not isinstance(flow, HTTPFlow):
                rows.append(AskedRow(number, LeftOut.OTHER_PROTOCOL))
            elif flow.request.method == TUNNEL:
                rows.append(AskedRow(number, LeftOut.TUNNEL))
            else:
                url = text_of(flow.request.pretty_url)
                url = asked_url(url, flow.request.headers.get("upgrade", ""))
                status = flow.response and flow.response.status_code
                rows += asked(number, url, status, hour_of(flow.request.timestamp_start))
            if len(rows) >= CHUNK_ROWS:
                yield Chunk(name, position, Asked(rows))
                rows = []
    except FlowReadException as error:
        broken = LogError(f"the flow file is damaged from here on: {error}")
    if rows:
        yield Chunk(name, position, Asked(rows))
    if broken:
        raise broken


def _position(stream: BinaryIO) -> int:
    try:
        return stream.tell()
    except OSError:  # a pipe
        return 0
