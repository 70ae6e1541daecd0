"""The rows of a log, between its reader and the router."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, Final, NamedTuple

from ssoroute.model.quoting import quote
from ssoroute.model.request import CHALLENGE_CODES, Request, RequestError
from ssoroute.replay.chunks import Failure, Remark

__all__ = ["FIELDS", "Row", "asked", "unused"]

#: The fields of a request, which are the names of columns.
FIELDS: Final = tuple(field.name for field in fields(Request))


class Row(NamedTuple):
    """One row of a log: its `url` as given, the spelling that is `routed`, the other arguments of
    `Router.route`; or the `error` that says why the row is not a request.
    """

    number: int
    url: str | None
    routed: str
    arguments: tuple[Any, ...]
    error: RequestError | None = None


def unused(columns: Sequence[str]) -> Remark | None:
    """What to say about columns that are not fields of a request."""
    names = [quote(column) for column in columns if column not in FIELDS]
    if not names:
        return None
    shown = ", ".join(names[:10]) + (" and others" if len(names) > 10 else "")  # noqa: PLR2004
    return Remark(f"not used: column{'s'[: len(names) > 1]} {shown}; known are {', '.join(FIELDS)}")


def asked(number: int, url: str, status: object) -> list[tuple[int, str | Failure, int]]:
    """The requests that led to one response: the load, and after a 401 or 407 the challenge."""
    load: tuple[int, str | Failure, int] = (number, url, 0)
    if isinstance(status, int) and status in CHALLENGE_CODES:
        return [load, (number, url, status)]
    return [load]
