"""The rows of a log, between its reader and the router."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from ssoroute.model.asked_by import AskedBy, split_client
from ssoroute.model.nearest import first_of, nearest
from ssoroute.model.quoting import quote
from ssoroute.model.request import CHALLENGE_CODES, Request, RequestError
from ssoroute.replay.chunks import AskedRow, Failure, LeftOut, Remark
from ssoroute.replay.column_names import FIELDS
from ssoroute.replay.hours import hour_of

__all__ = [
    "INTEGER",
    "TUNNEL",
    "ByClient",
    "Entry",
    "Row",
    "Said",
    "asked",
    "entries_of_asked",
    "entry_of",
    "missing_column",
    "unused",
]

#: Names of columns that a message lists.
_SHOWN: Final = 12
#: The method that only opens a tunnel through a proxy: the app asks for the URLs inside it.
TUNNEL: Final = "CONNECT"
#: An integer as text.
INTEGER: Final = re.compile(r"[+-]?[0-9]{1,18}")
#: What proxies write as the scheme of such a tunnel.
_TUNNELS: Final = ("ssl", "tunnel", "tunnel_ssl")
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+._-]*")


class ByClient(NamedTuple):
    """A request that names its client, which decides what is handed to the system."""

    request: Request
    by: AskedBy


#: What a line or row of a log says.
Said: TypeAlias = Request | ByClient | RequestError | LeftOut


class Entry(NamedTuple):
    """A line or row of a log, with the hour of the day if the log has times."""

    number: int
    said: Said
    hour: int | None = None


def _read_members(value: object) -> Request | ByClient:
    """The request that a JSON object describes; `RequestError` says what is wrong with it."""
    members, by = split_client(value)
    request = Request.from_json(members)
    return request if by is None else ByClient(request, by)


def entry_of(number: int, members: dict[str, object]) -> Entry:
    """The entry that `members` make: those of a request, its client, and `scheme` and `time`."""
    hour = hour_of(members.pop("time", None))
    scheme = members.pop("scheme", None)
    if isinstance(scheme, str) and scheme.lower() in _TUNNELS:
        return Entry(number, LeftOut.TUNNEL)
    try:
        if scheme is not None:
            members["url"] = _whole(members.get("url"), scheme)
        return Entry(number, _read_members(members), hour)
    except RequestError as error:
        return Entry(number, error)


def _whole(url: object, scheme: object) -> object:
    """`url` with `scheme` in front of it, if it has none."""
    if not isinstance(scheme, str) or not _SCHEME.fullmatch(scheme):
        raise RequestError(f"`scheme` must be http or https, not {quote(scheme)}", "scheme")
    return f"{scheme.lower()}://{url}" if isinstance(url, str) and "://" not in url else url


def missing_column(name: str, columns: Sequence[str]) -> str:
    """The message about the missing column `name`, with the nearest or the first of those there.

    >>> missing_column("url", ["Url", "caller"])
    'the column `url` is missing; did you mean `Url`?'
    >>> missing_column("url", ["link", "caller"])
    'the column `url` is missing; found are link, caller; name it with --columns url=FIELD'
    """
    missing = f"the column {quote(name)} is missing"
    if not columns:
        return missing
    close = nearest(name, columns)
    if close:
        return f"{missing}; did you mean {quote(close)}?"
    return f"{missing}; found are {first_of(columns, _SHOWN)}; name it with --columns url=FIELD"


class Row(NamedTuple):
    """One row of a log: its `url` as given, the spelling that is `routed`, the other arguments of
    `Router.route`; or the `error` that says why the row is not a request.
    """

    number: int
    url: str | None
    routed: str
    arguments: tuple[Any, ...]
    error: RequestError | None = None
    hour: int | None = None

    @property
    def is_challenge(self) -> bool:
        """Whether the response code is that of a challenge; without arguments it is a load."""
        return any(code in CHALLENGE_CODES for code in self.arguments[1:2])


def unused(columns: Sequence[str], known: tuple[str, ...] = FIELDS) -> Remark | None:
    """A remark that lists the columns that are not `known`; None if all are."""
    names = [quote(column) for column in columns if column not in known]
    if not names:
        return None
    shown = ", ".join(names[:10]) + (" and others" if len(names) > 10 else "")  # noqa: PLR2004
    return Remark(f"not used: column{'s'[: len(names) > 1]} {shown}; known are {', '.join(known)}")


def asked(number: int, url: str, status: object, hour: int | None) -> list[AskedRow]:
    """The requests that led to one response: the load, and after a 401 or 407 the challenge."""
    load = AskedRow(number, url, 0, hour)
    if isinstance(status, str) and status.isascii() and status.isdigit():
        status = int(status[:4])
    if isinstance(status, int) and status in CHALLENGE_CODES:
        return [load, AskedRow(number, url, status, hour)]
    return [load]


def entries_of_asked(rows: Iterable[AskedRow]) -> Iterator[Entry]:
    """The entries that `rows` are."""
    for number, url, code, hour in rows:
        if isinstance(url, LeftOut):
            yield Entry(number, url)
        elif isinstance(url, Failure):
            yield Entry(number, RequestError(url.message, url.field))
        else:
            yield Entry(number, Request(url, response_code=code), hour)
