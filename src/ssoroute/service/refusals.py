"""Why a body is refused: the plain way of reading one, which names each member at fault.

`messages` reads bodies fast. What that refuses is read again here, for the words alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Final

from ssoroute.model.errors import InvalidInputError
from ssoroute.model.kinds import JSON, must_be
from ssoroute.model.members import MemberReader
from ssoroute.model.request import Request, RequestError
from ssoroute.model.source import Source
from ssoroute.model.spelling import Spelling

__all__ = ["refused_asks", "refused_body"]

#: Nobody reads more problems of one body.
_LIMIT: Final = 100
_BODY: Final = Source("the body")
_NOT_JSON: Final = "the body is not JSON"


def refused_asks(body: bytes) -> InvalidInputError:
    """Why `body` is neither a request nor a list of them."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return InvalidInputError(_NOT_JSON)
    problems: list[str] = []
    for number, item in enumerate(value if isinstance(value, list) else [value]):
        place = f"[{number}]: " if isinstance(value, list) else ""
        problems += (f"{place}{problem}" for problem in _ask_problems(item))
    return InvalidInputError(problems[:_LIMIT] or "the body must be a request or a list of them")


def refused_body(body: bytes, members: Iterable[str], required: Iterable[str]) -> InvalidInputError:
    """Why `body` is not an object with `members`, of which `required` must be there."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return InvalidInputError(_NOT_JSON)
    reader, known, missing = MemberReader(JSON), list(members), list(required)
    for name, member, place in reader.table(value, _BODY, "an object"):
        if name not in known:
            reader.unknown(name, _BODY, known)
        elif name in missing or member is not None:  # null means absent
            _CHECKS[name](reader, member, place)
        if name in missing:
            missing.remove(name)
    for name in missing if isinstance(value, dict) else ():
        reader.wrong(_BODY, f"`{name}` is missing; it must be {_WANTED[name]}")
    return InvalidInputError(
        reader.problems[:_LIMIT] or "the body must be as /openapi.json describes it"
    )


def _ask_problems(item: object) -> list[str]:
    problems = []
    if isinstance(item, dict):
        if item.get("spelling", "browser") not in list(Spelling):
            problems.append("`spelling` must be `app` or `browser`")
        name = item.get("id")
        if isinstance(name, bool) or not isinstance(name, str | int | None):
            problems.append(f"`id` {must_be('a string or an integer', name, JSON)}")
        # the members that only the service knows
        item = {key: part for key, part in item.items() if key not in ("spelling", "id")}
    try:
        Request.from_json(item)
    except RequestError as error:
        problems.append(error.message)
    return problems


def _request(reader: MemberReader, value: object, place: Source) -> None:
    for problem in _ask_problems(value):
        reader.wrong(place, problem)


def _string(reader: MemberReader, value: object, place: Source) -> None:
    if not isinstance(value, str):
        reader.must_be(place, _WANTED[place.path], value)


def _boolean(reader: MemberReader, value: object, place: Source) -> None:
    if not isinstance(value, bool):
        reader.must_be(place, "a boolean", value)


def _uploads(reader: MemberReader, value: object, place: Source) -> None:
    wanted = 'an object such as {"name": "corp.mobileconfig", "base64": "…"}'
    for upload, there in reader.array(value, place, f"an array, each item {wanted}"):
        missing = ["name", "base64"]
        for name, member, here in reader.table(upload, there, wanted):
            if name not in ("name", "base64"):
                reader.unknown(name, there, ("name", "base64"))
                continue
            missing.remove(name)
            if not isinstance(member, str):
                reader.must_be(here, "a string", member)
        for name in missing if isinstance(upload, dict) else ():
            reader.wrong(there, f"`{name}` is missing; it must be a string")


_CHECKS: Final[dict[str, Callable[[MemberReader, object, Source], None]]] = {
    "request": _request,
    "profiles": _uploads,
    "os": _string,
    "sysdiagnose": _string,
    "user": _string,
    "url": _string,
    "app": _string,
    "screen_locked": _boolean,
}
_WANTED: Final = {
    "request": 'an object such as {"url": "https://login.example.com/"}',
    "url": "an absolute URL as a string",
    "os": 'a string such as "macOS@15.4"',
    "sysdiagnose": "the name that POST /v1/sysdiagnose answered",
    "user": "the name of a user as a string",
    "app": "a bundle identifier as a string",
}
