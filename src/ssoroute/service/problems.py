"""Errors as RFC 9457 says: `application/problem+json`, with all problems at once."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus

import msgspec
from starlette.responses import Response

__all__ = ["RefusedError", "problem"]


class RefusedError(Exception):
    """A request that is refused with `status`; `detail` says what to do about it."""

    def __init__(self, status: HTTPStatus, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


def problem(status: HTTPStatus, detail: str, problems: Iterable[str] = ()) -> Response:
    """The answer to a request that cannot be answered.

    `detail` says what to do about it. `problems` are all that is wrong, one line each.
    """
    body: dict[str, object] = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
    }
    found = list(problems)
    if found:
        body["problems"] = found
    return Response(msgspec.json.encode(body), status.value, media_type="application/problem+json")
