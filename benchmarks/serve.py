"""What a decision costs over HTTP, beside an endpoint of bare Starlette that does nothing.

    python -m benchmarks.serve

Both answer the same client in turns, in one run, so their ratio means something on a busy machine.
The figures of docs/serve.md come from here.
"""

from __future__ import annotations

import http.client
import json
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

ROUNDS: Final = 30
CALLS: Final = 200
BATCH: Final = 1_000
#: Requests of the memory test, and how much the process may grow meanwhile.
REPLAYED: Final = 36_000
TARGET: Final = 1.3

BARE: Final = """
import sys, uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
async def answer(request):
    await request.body()
    return Response(b'{}', media_type='application/json')
app = Starlette(routes=[Route('/v1/route', answer, methods=['POST'])])
where = {'uds': sys.argv[1]} if '/' in sys.argv[1] else {'port': int(sys.argv[1])}
uvicorn.run(app, log_level='warning', access_log=False, lifespan='off', **where)
"""
BODY: Final = json.dumps({"url": "https://login.microsoftonline.com/", "caller": "com.x"})
MANY: Final = json.dumps([{"url": f"https://login.microsoftonline.com/{n}"} for n in range(BATCH)])


class Unix(http.client.HTTPConnection):
    """A connection over a Unix socket; the host is its path."""

    def connect(self) -> None:
        """Connect to the socket."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.host)


def seconds(connection: http.client.HTTPConnection, body: str = BODY) -> float:
    """How long one answer takes."""
    start = time.perf_counter()
    connection.request("POST", "/v1/route", body)
    response = connection.getresponse()
    response.read()
    taken = time.perf_counter() - start
    assert response.status == 200, response.status
    return taken


@contextmanager
def running(*command: str) -> Iterator[subprocess.Popen[bytes]]:
    """A server, until the block ends."""
    with subprocess.Popen([sys.executable, *command], stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.terminate()


def connected(path: str) -> http.client.HTTPConnection:
    """A connection to a server that may not listen yet: a path, or a port."""
    until = time.monotonic() + 20
    while True:
        connection = (
            Unix(path) if "/" in path else http.client.HTTPConnection("127.0.0.1", int(path))
        )
        try:
            seconds(connection)
        except OSError:
            assert time.monotonic() < until, "the server does not listen"
            time.sleep(0.05)
        else:
            return connection


def free_port() -> str:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return str(found.getsockname()[1])


def memory(process: subprocess.Popen[bytes]) -> int:
    """The resident memory of a process, in KiB."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS:")).split()[1])


def main() -> int:
    """Measure and print; 1 if a ratio is above 1.5 times its target."""
    worst = 0.0
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        for name, ours, bare in (
            ("Unix socket", f"{folder}/ours", f"{folder}/bare"),
            ("TCP", free_port(), free_port()),
        ):
            where = ("--uds", ours) if "/" in ours else ("--port", ours)
            serve = ("-m", "ssoroute", "serve", "-p", "examples/profiles", *where)
            process = stack.enter_context(running(*serve))
            stack.enter_context(running("-c", BARE, bare))
            one, other = connected(ours), connected(bare)
            mine: list[float] = []
            theirs: list[float] = []
            for _ in range(ROUNDS):
                mine += [seconds(one) for _ in range(CALLS)]
                theirs += [seconds(other) for _ in range(CALLS)]
            ratio = statistics.median(mine) / statistics.median(theirs)
            worst = max(worst, ratio)
            for who, taken in (("ssoroute", mine), ("bare Starlette", theirs)):
                cuts = statistics.quantiles(taken, n=100)
                print(
                    f"{name}, {who}: median {statistics.median(taken) * 1e6:.0f} µs,"
                    f" p99 {cuts[98] * 1e6:.0f} µs"
                )
            print(f"{name}, ratio of the medians: {ratio:.2f} (target {TARGET})")
            batch = min(seconds(one, MANY) for _ in range(20))
            print(f"{name}, batches of {BATCH}: {BATCH / batch:,.0f} decisions a second")
        before = memory(process)
        for _ in range(REPLAYED):
            seconds(one)
        print(f"memory: {before} KiB, after {REPLAYED:,} more requests {memory(process)} KiB")
    return int(worst > 1.5 * TARGET)


if __name__ == "__main__":
    sys.exit(main())
