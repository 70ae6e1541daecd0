"""The rows of a log, between its reader and the router."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from typing import Any, Final, NamedTuple, TypeAlias

from ssoroute.model.asked_by import AskedBy, split_client
from ssoroute.model.quoting import quote
from ssoroute.model.request import CHALLENGE_CODES, Request, RequestError
from ssoroute.replay.chunks import AskedRow, Failure, LeftOut, Remark

__all__ = [
    "CLIENT_FIELDS",
    "FIELDS",
    "TUNNEL",
    "ByClient",
    "Entry",
    "Row",
    "Said",
    "asked",
    "entries_of_asked",
    "read_members",
    "unused",
]

#: The fields of a request, which are the names of columns.
FIELDS: Final = tuple(field.name for field in fields(Request))
#: The fields that name the client behind a request, in JSON Lines and CSV.
CLIENT_FIELDS: Final = ("client", "app")
#: The method that only opens a tunnel through a proxy: the app asks for the URLs inside it.
TUNNEL: Final = "CONNECT"


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


def read_members(value: object) -> Request | ByClient:
    """The request that a JSON object describes; `RequestError` says what is wrong with it."""
    members, by = split_client(value)
    request = Request.from_json(members)
    return request if by is None else ByClient(request, by)


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
