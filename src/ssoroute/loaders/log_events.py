"""Lines of logs that show what became of requests: Microsoft's `SSOExtension.log`, and WebKit's.

They never decide anything; they are shown beside a decision as evidence. Observed: Microsoft's log
divides its columns by `|`; WebKit's lines come from the unified log (subsystem `com.apple.WebKit`,
category `AppSSO`), as text or as JSON lines. Values of the extension's configuration are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ssoroute.loaders.text import printed_lines
from ssoroute.model.source import Source
from ssoroute.model.urls import host_text

__all__ = ["EventKind", "LogEvent", "is_log", "read_log"]


class EventKind(StrEnum):
    """What a line of a log shows."""

    HANDLED = "handled"
    IGNORED = "ignored"
    NOT_REGISTERED = "not_registered"
    SUBFRAME = "subframe"
    NO_GESTURE = "no_gesture"


#: Observed by administrators (Microsoft's) and visible in WebKit's source: the words of each line.
_PHRASES: Final = {
    "Handling SSO request, requested operation": EventKind.HANDLED,
    "Ignoring this SSO request": EventKind.IGNORED,
    "The requested URL is not registered for AppSSO handling": EventKind.NOT_REGISTERED,
    "Attempting to perform subframe navigation for non-Apple authorization URL": EventKind.SUBFRAME,
    "Attempting to perform auth without a user gesture": EventKind.NO_GESTURE,
}
_URL: Final = re.compile(r"\bhttps?:\\?/\\?/[^\s|\"'<>,;\\]{1,2000}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class LogEvent:
    """What one line shows; `hosts` are those of the URLs on it and, for `ignored`, before it."""

    kind: EventKind
    hosts: tuple[str, ...]
    source: Source


def is_log(text: str) -> bool:
    """Whether `text` has a line that shows something."""
    return any(phrase in text for phrase in _PHRASES)


def read_log(data: bytes, source: Source) -> Iterator[LogEvent]:
    r"""What the lines of a log show; all other lines are passed over.

    >>> log = b"t|1|Handling SSO request, requested operation: x, https://a.example/\n" + (
    ...     b"t|1|Ignoring this SSO request...\n")
    >>> [(str(e.kind), e.hosts) for e in read_log(log, Source("SSOExtension.log"))]
    [('handled', ('a.example',)), ('ignored', ('a.example',))]
    """
    current: tuple[str, ...] = ()
    for number, line in printed_lines(data):
        hosts = tuple(dict.fromkeys(_host(url[0]) for url in _URL.finditer(line)))
        kind = next((kind for phrase, kind in _PHRASES.items() if phrase in line), None)
        if kind is EventKind.HANDLED:
            current = hosts
        elif hosts and kind is None:
            current = current or hosts  # the URL may be on a line of its own
        if kind is EventKind.IGNORED:
            hosts = hosts or current  # Reading: it is about the request that was begun last
        if kind is not None:
            yield LogEvent(kind, hosts, source.line(number))


def _host(url: str) -> str:
    return (host_text(url.replace("\\/", "/")) or "").lower()
