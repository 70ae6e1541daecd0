"""Starts `ssoroute serve` in a process of its own, for the tests of the service."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

ROOT = Path(__file__).parent.parent


class Serving(NamedTuple):
    """A running service: its address, and its process."""

    url: str
    process: subprocess.Popen[str]

    @property
    def netloc(self) -> str:
        return urlsplit(self.url).netloc


@contextmanager
def serving(*options: str) -> Iterator[Serving]:
    """A service on a free port, until the block ends."""
    command = [sys.executable, "-m", "ssoroute", "serve", "--port", "0", *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            assert process.stderr is not None
            said = []
            for line in process.stderr:
                if line.startswith("serving on "):
                    break
                said.append(line)
            else:
                raise AssertionError("".join(said))
            yield Serving(line.removeprefix("serving on ").strip(), process)
        finally:
            process.terminate()


class Answer(NamedTuple):
    status: int
    body: Any
    headers: dict[str, str]


def ask(service: Serving, method: str, path: str, body: object = None, **headers: str) -> Answer:
    connection = http.client.HTTPConnection(service.netloc, timeout=30)
    try:
        data = body if isinstance(body, bytes) else json.dumps(body) if body is not None else None
        connection.request(method, path, data, headers)
        response = connection.getresponse()
        text = response.read()
        kind = response.headers.get_content_type()
        value = json.loads(text) if kind.endswith("json") else text.decode()
        named = {name.lower(): item for name, item in response.getheaders()}
        return Answer(response.status, value, named)
    finally:
        connection.close()
