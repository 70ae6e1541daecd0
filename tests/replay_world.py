"""Logs for the tests of `replay`, and how they run it."""

from __future__ import annotations

import io
import json
from contextlib import nullcontext
from typing import Any

from cli_world import invoke
from ssoroute.replay import Chunk, Log, chunks_of

P = "-pcorp.mobileconfig"
LOGIN, ELSEWHERE = "https://login.example.com/", "https://www.example.org/"


def replay(*arguments: str, stdin: bytes = b"") -> tuple[list[Any], str, int]:
    """The decisions of a replay to standard output, standard error, and the status."""
    result = invoke("replay", P, "--jobs", "1", "--output", "-", *arguments, stdin=stdin)
    return (
        [json.loads(line) for line in result.stdout.splitlines()],
        result.stderr,
        result.exit_code,
    )


def outcomes(lines: list[Any]) -> list[tuple[str, str]]:
    return [(line["url"], line["reason"]) for line in lines]


def chunks(data: bytes, name: str = "-") -> list[Chunk]:
    return list(chunks_of([Log(name, lambda: nullcontext(io.BytesIO(data)))]))


def har(*entries: object) -> dict[str, object]:
    return {"log": {"version": "1.2", "pages": [{"id": "a]}"}], "entries": entries, "after": 1.5}}


def entry(url: object, status: object) -> dict[str, object]:
    return {"request": {"url": url}, "response": {"status": status, "text": '"]}{[,'}}
