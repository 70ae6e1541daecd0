"""The rows of a log, between its reader and the router."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, Final, NamedTuple, TypeAlias

from ssoroute.model.asked_by import AskedBy, split_client
from ssoroute.model.quoting import counted, quote
from ssoroute.model.request import CHALLENGE_CODES, Request, RequestError
from ssoroute.replay.chunks import Failure, Remark

__all__ = [
    "CLIENT_FIELDS",
    "FIELDS",
    "TUNNEL",
    "ByClient",
    "Read",
    "Row",
    "asked",
    "read_members",
    "tunnels_left_out",
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
Read: TypeAlias = Request | ByClient | RequestError


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


def unused(columns: Sequence[str], known: tuple[str, ...] = FIELDS) -> Remark | None:
    """A remark that lists the columns that are not `known`; None if all are."""
    names = [quote(column) for column in columns if column not in known]
    if not names:
        return None
    shown = ", ".join(names[:10]) + (" and others" if len(names) > 10 else "")  # noqa: PLR2004
    return Remark(f"not used: column{'s'[: len(names) > 1]} {shown}; known are {', '.join(known)}")


def tunnels_left_out(count: int) -> Remark:
    """A remark that `count` requests of the method `TUNNEL` are not routed.

    >>> tunnels_left_out(2).message
    '2 CONNECT requests are left out: they only open tunnels through the proxy'
    """
    what = "they only open tunnels" if count > 1 else "it only opens a tunnel"
    are = "are" if count > 1 else "is"
    return Remark(f"{counted(count, f'{TUNNEL} request')} {are} left out: {what} through the proxy")


def asked(number: int, url: str, status: object) -> list[tuple[int, str | Failure, int]]:
    """The requests that led to one response: the load, and after a 401 or 407 the challenge."""
    load: tuple[int, str | Failure, int] = (number, url, 0)
    if isinstance(status, int) and status in CHALLENGE_CODES:
        return [load, (number, url, status)]
    return [load]
