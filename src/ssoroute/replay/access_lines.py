"""Access logs of forward proxies: Squid's own format, and the one of Apache and NGINX.

Documented: Squid's `logformat squid`, Apache's `combined` and `common`, and NGINX's `combined`. A
forward proxy is asked for whole URLs, so the request line of Apache and NGINX has one. A web
server's log has paths, and cannot be replayed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from ssoroute.loaders.request_line import LINE_LIMIT, TOO_LONG
from ssoroute.replay.chunks import AccessLines, AskedRow, Failure, LeftOut, LogFormat
from ssoroute.replay.hours import hour_of, hour_of_access
from ssoroute.replay.line_blocks import numbered_lines
from ssoroute.replay.rows import TUNNEL, asked

__all__ = ["ACCESS_FORMATS", "requests_of_access"]

#: Time, duration, client, result and status, size, method, URL, and the rest.
_SQUID: Final = re.compile(
    r"\s*([0-9]{1,12}\.[0-9]{3})\s+-?[0-9]+ \S+ \S+/([0-9]{3}) [0-9]+ (\S+) (\S+)(?: .*)?"
)
#: Client, identity and user, time, request line with escapes, status and size, and the rest.
_COMBINED: Final = re.compile(
    r'\S+ .*?\[([^\]"]{1,40})\] "((?:[^"\\]++|\\.)*+)" ([0-9]{3}) (?:[0-9]+|-)(?: .*)?'
)
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_ESCAPE: Final = re.compile(r'\\(?:x([0-9A-Fa-f]{2})|([\\"]))')


def requests_of_access(lines: AccessLines) -> Iterator[AskedRow]:
    """The requests of each line; with the status 401 or 407 they are the load and the challenge."""
    read = ACCESS_FORMATS[lines.format]
    for number, data in numbered_lines(lines.first, lines.data):
        if len(data) > LINE_LIMIT:
            yield AskedRow(number, Failure(TOO_LONG))
            continue
        try:
            text = data.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            yield AskedRow(number, Failure(f"the line is not UTF-8 (byte {error.start + 1})"))
            continue
        yield from read(number, text.rstrip("\r"))


def _of_squid(number: int, text: str) -> list[AskedRow]:
    found = _SQUID.fullmatch(text)
    if found is None:
        return [AskedRow(number, Failure("not a line of Squid's native format"))]
    time, status, method, url = found.groups()
    if method == TUNNEL:
        return [AskedRow(number, LeftOut.TUNNEL)]
    if url.startswith("error:") or not _SCHEME.match(url) or method.startswith("ICP_"):
        return [AskedRow(number, LeftOut.PROXY)]
    return asked(number, url, status, hour_of(time))


def _of_combined(number: int, text: str) -> list[AskedRow]:
    found = _COMBINED.fullmatch(text)
    if found is None:
        return [AskedRow(number, Failure("not a line of the combined format"))]
    time, line, status = found.groups()
    method, _, rest = _unescaped(line).partition(" ")
    url = rest.rpartition(" ")[0] or rest
    if method == TUNNEL:
        return [AskedRow(number, LeftOut.TUNNEL)]
    if not url:  # a connection without a request is logged as "-"
        return [AskedRow(number, LeftOut.PROXY)]
    if not _SCHEME.match(url):
        fault = "the request line has no URL, only a path: this is not the log of a forward proxy"
        return [AskedRow(number, Failure(fault, "url"))]
    return asked(number, url, status, hour_of_access(time))


def _unescaped(text: str) -> str:
    """The request line without the escapes of Apache and NGINX; a byte that is not UTF-8 stays."""
    if "\\" not in text:
        return text
    data = _ESCAPE.sub(lambda found: found[2] or chr(int(found[1], 16)), text)
    try:
        return data.encode("latin-1").decode()
    except UnicodeError:
        return text


#: How a line of each format is read.
ACCESS_FORMATS: Final[Mapping[LogFormat, Callable[[int, str], list[AskedRow]]]] = {
    LogFormat.SQUID: _of_squid,
    LogFormat.COMBINED: _of_combined,
}
