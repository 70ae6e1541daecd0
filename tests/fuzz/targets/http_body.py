"""Invariant: a body that the service takes gives the request that the command line reads in it."""

from __future__ import annotations

import json
from collections.abc import Iterator

from fuzz.problems import check_problems
from ssoroute.model.errors import InvalidInputError
from ssoroute.model.request import Request, RequestError
from ssoroute.service.messages import Ask, read_asks, routed

LONGEST = 3000


def seeds() -> Iterator[bytes]:
    ask = {"url": "https://h.example/", "caller": "com.example.app", "response_code": 401}
    more = {"screen_locked": True, "user_interface_enabled": None, "background_session": False}
    yield json.dumps(ask).encode()
    yield json.dumps(
        [ask | more, {"url": "https://h.example", "spelling": "app", "id": 1}]
    ).encode()
    yield b'{"url": 1, "caller": 2, "unknown": 3, "spelling": "x", "id": []}'
    yield b'[{"url": "\\ud800"}, null, [], {"url": "https://\xc3\xa9/", "response_code": 1e3}]'


def check(data: bytes) -> None:
    try:
        asks = read_asks(data)
    except InvalidInputError as error:
        check_problems(error.problems, data)
        return
    written = json.loads(data)
    if isinstance(asks, Ask):
        asks, written = [asks], [written]
    assert len(asks) == len(written), data
    for ask, members in zip(asks, written, strict=True):
        plain = {key: item for key, item in members.items() if key not in ("spelling", "id")}
        try:
            expected = Request.from_json(plain)
        except RequestError as error:
            raise AssertionError((data, str(error))) from None
        assert ask.url == expected.url, data
        try:
            found = routed(ask)
        except InvalidInputError as error:
            assert all(problem.isprintable() for problem in error.problems), data
            continue
        assert found.arguments[1:] == expected.arguments[1:], (data, found, expected)
