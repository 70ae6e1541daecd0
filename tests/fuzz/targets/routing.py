"""Invariant: for any URL, both engines and the explanation answer as the oracle does."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import oracle
from build import plain, router_of
from case_table import load_rows
from fuzz.engines import compiled_module, engine
from ssoroute.routing.router import Router

LONGEST = 400  # the oracle is slow where a prefix holds a `*`
CODES = (0, 0, 401, 407)


@cache
def worlds() -> list[dict[str, Any]]:
    """The worlds of the conformance table, each once."""
    found = {repr(row.world): dict(row.world) for row in load_rows()}
    return list(found.values())


@cache
def routers(number: int) -> list[Router]:
    made = []
    for name in ("pure", "compiled") if compiled_module() else ("pure",):
        with engine(name):
            made.append(router_of(worlds()[number]))
    return made


def seeds() -> Iterator[bytes]:
    numbers = {repr(world): number for number, world in enumerate(worlds())}
    for row in load_rows():
        if row.request is not None:
            place = numbers[repr(row.world)].to_bytes(2)
            code = {401: 2, 407: 3}.get(row.request["response_code"], 0)
            locked = 4 * row.request["screen_locked"]
            yield place + bytes([code + locked]) + row.request["url"].encode("utf-8", "replace")


def check(data: bytes) -> None:
    if len(data) < 3:
        return
    number = int.from_bytes(data[:2]) % len(worlds())
    request: dict[str, Any] = {
        "url": data[3:].decode("utf-8", "surrogateescape"),
        "response_code": CODES[data[2] % 4],
        "screen_locked": bool(data[2] & 4),
    }
    expected = oracle.answer(worlds()[number], request)
    expected.pop("place")
    for router in routers(number):
        decision = router.route(**request)
        assert plain(decision) == expected, (number, request, decision, expected)
        explained = router.explain(**request).decision
        assert (explained, explained.notes) == (decision, decision.notes), (number, request)
