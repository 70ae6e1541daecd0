"""The bodies of requests: read fast, and refused with the words of the command line."""

from __future__ import annotations

import io
import json
from typing import Literal, TypeVar

import msgspec

from ssoroute.loaders.uploads import uploaded
from ssoroute.model.errors import InvalidInputError
from ssoroute.model.quoting import one_line
from ssoroute.model.request import Request, RequestError
from ssoroute.model.spelling import Spelling, SpellingError

__all__ = [
    "BATCH_LIMIT",
    "Ask",
    "Compare",
    "Explain",
    "Look",
    "Upload",
    "read_asks",
    "read_body",
    "routed",
]

#: The most requests that one body may hold.
BATCH_LIMIT = 10_000


class Ask(msgspec.Struct, forbid_unknown_fields=True):
    """One request, as `ssoroute route --jsonl` reads it, with the spelling of its URL."""

    url: str
    caller: str | None = None
    response_code: int | None = 0
    screen_locked: bool | None = False
    user_interface_enabled: bool | None = True
    background_session: bool | None = False
    spelling: Literal["browser", "app"] = "browser"
    id: str | int | None = None


class Upload(msgspec.Struct, forbid_unknown_fields=True):
    """A profile that comes with the question: a name for its places, its bytes in Base64."""

    name: str
    base64: str

    def file(self) -> io.BytesIO:
        """The bytes as a file with the name; `InvalidInputError` if they are not Base64."""
        return uploaded(self.name, self.base64)


class Look(msgspec.Struct, forbid_unknown_fields=True):
    """Profiles and a device to look at; what is left out is that of the service."""

    profiles: list[Upload] | None = None
    os: str | None = None


class Compare(msgspec.Struct, forbid_unknown_fields=True):
    """A page that every client asks for, with profiles and a device if they are not the service's.

    `app` is the caller of the clients that are parts of an app.
    """

    url: str
    app: str | None = None
    screen_locked: bool = False
    profiles: list[Upload] | None = None
    os: str | None = None


class Explain(msgspec.Struct, forbid_unknown_fields=True):
    """A question for one explanation, with profiles and a device if they are not the service's."""

    request: Ask
    profiles: list[Upload] | None = None
    os: str | None = None


_Body = TypeVar("_Body", Compare, Explain, Look)
_asks = msgspec.json.Decoder(Ask | list[Ask])


def read_asks(body: bytes) -> Ask | list[Ask]:
    """One request or a list of them; `InvalidInputError` says everything that is wrong."""
    try:
        found: Ask | list[Ask] = _asks.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise _reason(body) from None
    if isinstance(found, list) and len(found) > BATCH_LIMIT:
        raise InvalidInputError(f"a batch must hold at most {BATCH_LIMIT} requests")
    return found


def _reason(body: bytes) -> InvalidInputError:
    """Why `body` is refused: the plain way, which names each member at fault."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return InvalidInputError("the body is not JSON")
    problems = []
    for number, item in enumerate(value if isinstance(value, list) else [value]):
        place = f"[{number}]: " if isinstance(value, list) else ""
        if isinstance(item, dict):
            spelling = item.get("spelling", "browser")
            if spelling not in list(Spelling):
                problems.append(f"{place}`spelling` must be `app` or `browser`")
        try:
            Request.from_json(_without_ours(item))
        except RequestError as error:
            problems.append(f"{place}{error.message}")
    return InvalidInputError(problems[:100] or "the body must be a request or a list of them")


def _without_ours(item: object) -> object:
    """A request without the members that only the service knows."""
    if not isinstance(item, dict):
        return item
    return {name: part for name, part in item.items() if name not in ("spelling", "id")}


def read_body(body: bytes, form: type[_Body]) -> _Body:
    """The body in the form `form`; `InvalidInputError` if it is not one."""
    try:
        return msgspec.json.decode(body, type=form)
    except UnicodeDecodeError:
        raise InvalidInputError("the body is not JSON") from None
    except msgspec.DecodeError as error:
        raise InvalidInputError(one_line(str(error))) from None


def routed(ask: Ask) -> Request:
    """The request as it is routed; `InvalidInputError` if no browser would ask for its URL."""
    try:
        url = Spelling(ask.spelling).of(ask.url)
    except SpellingError as error:
        raise InvalidInputError(str(error)) from None
    return Request(
        url,
        ask.caller,
        ask.response_code or 0,
        bool(ask.screen_locked),
        ask.user_interface_enabled is not False,
        bool(ask.background_session),
    )
