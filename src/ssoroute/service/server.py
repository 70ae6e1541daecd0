"""The web server around the application, and the follower of files."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Collection, Sequence
from typing import Final

import uvicorn
import watchfiles

from ssoroute.service.app import Service, application

__all__ = ["run"]

_Say = Callable[[str], None]
#: Seconds that an idle connection is kept.
_KEEP_ALIVE: Final = 5
#: The most connections at a time; others get the status 503.
_CONNECTIONS: Final = 512
#: The most bytes of a request line and its headers.
_HEADER_LIMIT: Final = 64 * 1024


def run(
    service: Service,
    *,
    hosts: Collection[str] | None,
    host: str,
    port: int,
    uds: str | None,
    follow: Sequence[str],
    say: _Say,
) -> None:
    """Serve until interrupted. Follow the files in `follow` meanwhile; `say` gets what happens."""
    config = uvicorn.Config(
        application(service, hosts=hosts),
        host=host,
        port=port,
        uds=uds,
        lifespan="off",
        access_log=False,
        server_header=False,
        log_level="warning",
        timeout_keep_alive=_KEEP_ALIVE,
        limit_concurrency=_CONNECTIONS,
        h11_max_incomplete_event_size=_HEADER_LIMIT,
    )
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_run(_Server(config, say), service, follow, say))


class _Server(uvicorn.Server):
    """Says where it listens once it does."""

    def __init__(self, config: uvicorn.Config, say: _Say) -> None:
        super().__init__(config)
        self._say = say

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._say(f"serving on {self._address()}")

    def _address(self) -> str:
        if self.config.uds:
            return self.config.uds
        port = self.servers[0].sockets[0].getsockname()[1]
        host = self.config.host
        return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


async def _run(server: uvicorn.Server, service: Service, paths: Sequence[str], say: _Say) -> None:
    follower = asyncio.create_task(_follow(service, paths, say)) if paths else None
    await server.serve()
    if follower is not None:
        follower.cancel()


async def _follow(service: Service, paths: Sequence[str], say: _Say) -> None:
    async for _ in watchfiles.awatch(*paths):
        changed = await asyncio.to_thread(service.served.reload)
        problems = service.served.problems
        for line in problems:
            say(line)
        if problems:
            service.metrics.reloaded("failed")
            say("the configuration stays as it was")
        else:
            service.metrics.reloaded("changed" if changed else "unchanged")
