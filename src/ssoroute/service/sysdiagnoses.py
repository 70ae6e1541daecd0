"""Sysdiagnoses that clients send: read while they arrive, and held in memory under a secret name.

An archive may have hundreds of megabytes. A thread reads it as a stream, so neither the disk nor
the memory ever holds it; what is kept is what its files say about SSO.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import secrets
from collections import OrderedDict
from http import HTTPStatus
from typing import BinaryIO, Final, cast

from starlette.types import Message, Receive

from ssoroute.loaders.findings import Report
from ssoroute.loaders.sysdiagnose import archive_files
from ssoroute.model.errors import InvalidInputError
from ssoroute.model.source import Source
from ssoroute.real_device import RealDevice, read_sources
from ssoroute.service.problems import RefusedError

__all__ = ["ARCHIVE_LIMIT", "Sysdiagnoses"]

#: The most bytes that an archive may have.
ARCHIVE_LIMIT: Final = 2 * 1024 * 1024 * 1024
#: How many seconds a client may take until the next piece of an archive.
_PATIENCE: Final = 30.0
#: How many archives are read at a time, and how many of them are held.
_AT_A_TIME: Final = 2
_HELD: Final = 4
_NAME: Final = "sysdiagnose"


class Sysdiagnoses:
    """The devices of the last sysdiagnoses that were sent."""

    def __init__(self) -> None:
        self._held: OrderedDict[str, RealDevice] = OrderedDict()
        self._reading = 0

    def named(self, name: str) -> RealDevice:
        """The device that `read` gave this name; `InvalidInputError` if it is no longer held."""
        found = self._held.get(name)
        if found is None:
            raise InvalidInputError(
                "the body: sysdiagnose: this sysdiagnose is not held any more; send it again"
            )
        self._held.move_to_end(name)
        return found

    async def read(self, receive: Receive) -> tuple[str, RealDevice]:
        """The device of the archive that `receive` brings, and the name under which it is held.

        `LoadError` if it is not a sysdiagnose, `RefusedError` if it is too large or too slow, or if
        others are being read.
        """
        if self._reading >= _AT_A_TIME:
            detail = "other sysdiagnoses are being read; send this one again in a moment"
            raise RefusedError(HTTPStatus.SERVICE_UNAVAILABLE, detail)
        self._reading += 1
        try:
            body = _Body(receive, asyncio.get_running_loop())
            real = await asyncio.to_thread(_device_in, body)
        finally:
            self._reading -= 1
        name = secrets.token_urlsafe(16)
        self._held[name] = real
        while len(self._held) > _HELD:
            self._held.popitem(last=False)
        return name, real


def _device_in(body: _Body) -> RealDevice:
    report = Report()
    try:
        # `_Body` has what the reader of archives needs of a file.
        files = archive_files(cast("BinaryIO", body), Source(_NAME), report)
        return read_sources(files, report, _NAME)
    finally:
        body.drain()  # a client that is still sending does not read the answer


class _Body:
    """The body of a request as a file that a thread reads once, while it arrives."""

    def __init__(self, receive: Receive, loop: asyncio.AbstractEventLoop) -> None:
        self._receive = receive
        self._loop = loop
        self._waiting = bytearray()
        self._more = True
        self._received = 0
        self._at = 0
        self._first = b""

    def read(self, size: int = -1, /) -> bytes:
        """At most `size` bytes, and fewer only at the end."""
        while self._more and (size < 0 or len(self._waiting) < size):
            self._waiting += self._next()
        end = len(self._waiting) if size < 0 else size
        data = bytes(self._waiting[:end])
        del self._waiting[:end]
        if not self._at:
            self._first = data
        self._at += len(data)
        return data

    def seek(self, offset: int, /) -> int:
        """Back to the start, after the first `read` alone."""
        if offset or self._at != len(self._first):
            raise OSError("the body of a request cannot be read twice")
        self._waiting[:0] = self._first
        self._at = 0
        return 0

    def tell(self) -> int:
        """How many bytes were read."""
        return self._at

    def drain(self) -> None:
        """Take the rest, and keep nothing of it."""
        self._waiting.clear()
        while self._more:
            self._next()

    async def _message(self) -> Message:
        return await self._receive()

    def _next(self) -> bytes:
        arrived = asyncio.run_coroutine_threadsafe(self._message(), self._loop)
        try:
            message = arrived.result(_PATIENCE)
        except concurrent.futures.TimeoutError:
            arrived.cancel()
            self._more = False
            raise RefusedError(HTTPStatus.REQUEST_TIMEOUT, "the body took too long") from None
        self._more = bool(message.get("more_body", False))
        piece: bytes = message.get("body", b"")
        self._received += len(piece)
        if self._received > ARCHIVE_LIMIT:
            self._more = False
            detail = f"the body must have at most {ARCHIVE_LIMIT} bytes"
            raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail)
        return piece
