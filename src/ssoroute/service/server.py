"""The web server around the application, and the follower of files."""

from __future__ import annotations

import asyncio
import contextlib
import os
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
#: Milliseconds in which changes are put together before the files are read again.
_DEBOUNCE: Final = 400
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
        asyncio.run(_run(_Server(config, say), service, _watched(follow), say))


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


def _watched(paths: Sequence[str]) -> list[tuple[list[str], bool]]:
    """What to watch for changes of `paths`: folders, and whether what is below them counts.

    A file is often replaced by another one, so it is watched through its folder.
    """
    folders = [path for path in paths if os.path.isdir(path)]
    beside = list({os.path.dirname(path) or "." for path in paths if path not in folders})
    return [(found, below) for found, below in ((folders, True), (beside, False)) if found]


async def _run(
    server: uvicorn.Server, service: Service, watched: list[tuple[list[str], bool]], say: _Say
) -> None:
    followers = [
        asyncio.create_task(_follow(service, folders, say, recursive=recursive))
        for folders, recursive in watched
    ]
    await server.serve()
    for follower in followers:
        follower.cancel()


async def _follow(service: Service, folders: Sequence[str], say: _Say, *, recursive: bool) -> None:
    async for _ in watchfiles.awatch(*folders, recursive=recursive, debounce=_DEBOUNCE):
        changed = await asyncio.to_thread(service.served.reload)
        problems = service.served.problems
        for line in problems:
            say(line)
        if problems:
            service.metrics.reloaded("failed")
            say("the configuration stays as it was")
        else:
            service.metrics.reloaded("changed" if changed else "unchanged")
