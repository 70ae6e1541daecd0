"""One URL on each line, as a shell pipeline makes them; white space around it is ignored."""

from __future__ import annotations

from collections.abc import Iterator

from ssoroute.loaders.request_line import LINE_LIMIT, TOO_LONG
from ssoroute.model.request import Request, RequestError
from ssoroute.replay.chunks import UrlLines
from ssoroute.replay.line_blocks import numbered_lines
from ssoroute.replay.rows import Entry

__all__ = ["requests_of_urls"]


def requests_of_urls(lines: UrlLines) -> Iterator[Entry]:
    """The number and the request, or error, of each line."""
    for number, data in numbered_lines(lines.first, lines.data):
        try:
            yield Entry(number, _request(data, first=number == 1))
        except RequestError as error:
            yield Entry(number, error)


def _request(data: bytes, *, first: bool) -> Request:
    if len(data) > LINE_LIMIT:
        raise RequestError(TOO_LONG)
    try:
        url = data.decode("utf-8-sig" if first else "utf-8").strip()
    except UnicodeDecodeError as error:
        raise RequestError(f"the line is not UTF-8 (byte {error.start + 1})") from None
    if not url:
        raise RequestError("the line is blank")
    return Request(url)
