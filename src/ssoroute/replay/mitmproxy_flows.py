"""Flow files of mitmproxy, read by mitmproxy itself, which must be installed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from ssoroute.integrations.flow_record import asked_url, text_of
from ssoroute.replay.chunks import CHUNK_ROWS, Asked, Chunk, Failure, LogError, Remark
from ssoroute.replay.rows import asked

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
    others = 0
    broken = None
    position = 0
    flows = enumerate(FlowReader(stream).stream(), 1)
    while True:
        try:
            number, flow = next(flows)
        except StopIteration:
            break
        except FlowReadException as error:
            broken = LogError(f"the flow file is damaged from here on: {error}")
            break
        position = _position(stream)
        # CONNECT only opens a tunnel through the proxy: the app asks for a URL inside it
        if not isinstance(flow, HTTPFlow) or flow.request.method == "CONNECT":
            others += 1
            continue
        url = text_of(flow.request.pretty_url)
        url = asked_url(url, flow.request.headers.get("upgrade", ""))
        rows += asked(number, url, flow.response and flow.response.status_code)
        if len(rows) >= CHUNK_ROWS:
            yield Chunk(name, position, Asked(rows))
            rows = []
    if rows:
        yield Chunk(name, position, Asked(rows))
    if others:
        yield Chunk(
            name, position, Remark(f"{others} flows are not HTTP requests and are left out")
        )
    if broken:
        raise broken


def _position(stream: BinaryIO) -> int:
    try:
        return stream.tell()
    except OSError:  # a pipe
        return 0
