"""Between the network and the answers: hosts, sizes, times, security headers."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from http import HTTPStatus
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ssoroute.service.problems import problem

__all__ = ["BODY_LIMIT", "Guard"]

#: The most bytes that a body may have.
BODY_LIMIT: Final = 16 * 1024 * 1024
#: How many seconds a client may take to send a body.
_PATIENCE: Final = 30.0
_HEADERS: Final = (
    (
        b"content-security-policy",
        b"; ".join(
            (
                b"default-src 'none'",
                b"script-src 'self'",
                b"style-src 'self'",
                b"connect-src 'self'",
                b"img-src 'self' data:",
                b"base-uri 'none'",
                b"form-action 'none'",
                b"frame-ancestors 'none'",
            )
        ),
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)


class Guard:
    """Refuses foreign hosts and bodies that are too large or too slow; adds security headers."""

    def __init__(
        self, app: ASGIApp, *, hosts: Collection[str] | None, streamed: Collection[str] = ()
    ) -> None:
        """`hosts` are the names that a `Host` header may have; None takes any (a Unix socket).

        The application itself bounds the bodies for the paths in `streamed`.
        """
        self._app = app
        self._hosts = hosts
        self._streamed = streamed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, as ASGI has it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_HEADERS]
            await send(message)

        headers = dict(scope["headers"])
        if self._hosts is not None and _name(headers.get(b"host", b"")) not in self._hosts:
            refusal = problem(
                HTTPStatus.MISDIRECTED_REQUEST, "the Host header must name this service"
            )
            await refusal(scope, receive, send_with_headers)
            return
        if scope["method"] in ("GET", "HEAD") or scope["path"] in self._streamed:
            await self._app(scope, receive, send_with_headers)
            return
        try:
            body = await asyncio.wait_for(_body(receive), _PATIENCE)
        except _TooLargeError:
            detail = f"the body must have at most {BODY_LIMIT} bytes"
            refusal = problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail)
        except TimeoutError:
            refusal = problem(HTTPStatus.REQUEST_TIMEOUT, "the body took too long")
        else:

            async def receive_body() -> Message:
                return {"type": "http.request", "body": body, "more_body": False}

            await self._app(scope, receive_body, send_with_headers)
            return
        await refusal(scope, receive, send_with_headers)


class _TooLargeError(Exception):
    """The body is larger than the limit."""


async def _body(receive: Receive) -> bytes:
    parts, size = [], 0
    while True:
        message = await receive()
        part = message.get("body", b"")
        size += len(part)
        if size > BODY_LIMIT:
            raise _TooLargeError
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


def _name(host: bytes) -> str:
    """The name in a `Host` header, without its port."""
    text = host.decode("latin-1").lower()
    if text.startswith("["):
        return text.partition("]")[0] + "]"
    return text.partition(":")[0]
