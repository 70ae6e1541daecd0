"""The bodies of requests: read fast, and refused with the words of the command line."""

from __future__ import annotations

import io
from typing import Literal, TypeVar

import msgspec

from ssoroute.loaders.uploads import uploaded
from ssoroute.model.errors import InvalidInputError
from ssoroute.model.quoting import quote
from ssoroute.model.request import Request
from ssoroute.model.spelling import Spelling, SpellingError
from ssoroute.model.urls import without_password
from ssoroute.service.refusals import refused_asks, refused_body

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


class Look(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Profiles and a device to look at; what is left out is that of the service.

    `sysdiagnose` is the name that the service gave to one that was sent before: its device and its
    profiles take the place of the service's, and `profiles` are installed after its own. `user` is
    the user who is logged in, if the profiles are those of several users.
    """

    profiles: list[Upload] | None = None
    os: str | None = None
    sysdiagnose: str | None = None
    user: str | None = None


class Compare(Look, forbid_unknown_fields=True, kw_only=True):
    """A page that every client asks for; `app` is the caller of clients that are parts of an app.

    The other members are those of `Look`.
    """

    url: str
    app: str | None = None
    screen_locked: bool = False


class Explain(Look, forbid_unknown_fields=True, kw_only=True):
    """A question for one explanation; the other members are those of `Look`."""

    request: Ask


_Body = TypeVar("_Body", Compare, Explain, Look)
_asks = msgspec.json.Decoder(Ask | list[Ask])


def read_asks(body: bytes) -> Ask | list[Ask]:
    """One request or a list of them; `InvalidInputError` says everything that is wrong."""
    try:
        found: Ask | list[Ask] = _asks.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise refused_asks(body) from None
    if isinstance(found, list) and len(found) > BATCH_LIMIT:
        raise InvalidInputError(f"a batch must hold at most {BATCH_LIMIT} requests")
    return found


def read_body(body: bytes, form: type[_Body]) -> _Body:
    """The body in the form `form`; `InvalidInputError` says everything that is wrong."""
    try:
        return msgspec.json.decode(body, type=form)
    except (msgspec.DecodeError, UnicodeDecodeError):
        fields = msgspec.structs.fields(form)
        required = [field.name for field in fields if field.required]
        raise refused_body(body, [field.name for field in fields], required) from None


def routed(ask: Ask) -> Request:
    """The request as it is routed; `InvalidInputError` if no browser would ask for its URL."""
    try:
        url = Spelling(ask.spelling).of(ask.url)
    except SpellingError as error:
        said = f"{quote(without_password(ask.url))} {error.message}"
        raise InvalidInputError(said) from None
    return Request(
        url,
        ask.caller,
        ask.response_code or 0,
        bool(ask.screen_locked),
        ask.user_interface_enabled is not False,
        bool(ask.background_session),
    )
