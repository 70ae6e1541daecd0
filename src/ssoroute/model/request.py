"""What is asked: one request, and its form as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Final

from ssoroute.model.errors import SsorouteError
from ssoroute.model.kinds import JSON, must_be
from ssoroute.model.members import unknown_member

__all__ = ["CHALLENGE_CODES", "Request", "RequestError"]

# Documented and observed: any other code counts as a plain load.
CHALLENGE_CODES: Final = frozenset({401, 407})


class RequestError(SsorouteError, ValueError):
    """A request written as data is not one; `field` names the member at fault, if there is one."""

    def __init__(self, message: str, field: str | None = None) -> None:
        self.message = message
        self.field = field
        super().__init__(message)

    def __reduce__(self) -> tuple[type[RequestError], tuple[str, str | None]]:
        return type(self), (self.message, self.field)


@dataclass(frozen=True, slots=True)
class Request:
    """One request as the system sees it.

    `url` is the absolute URL in the spelling in which it is routed; `caller` the bundle identifier
    of the app that asks, None if it is unknown; `response_code` 0 for a plain load, 401 or 407
    if the caller got an authentication challenge.
    """

    url: str
    caller: str | None = None
    response_code: int = 0
    screen_locked: bool = False
    user_interface_enabled: bool = True
    background_session: bool = False

    @property
    def is_challenge(self) -> bool:
        """Whether the response code says that the caller got an authentication challenge."""
        return self.response_code in CHALLENGE_CODES

    @property
    def meets_locked_screen(self) -> bool:
        """Whether the screen counts as locked for this request.

        Documented and observed: it does not if the request may show no user interface, or if it
        comes from a background URLSession.
        """
        return self.screen_locked and self.user_interface_enabled and not self.background_session

    @property
    def arguments(self) -> tuple[str, str | None, int, bool, bool, bool]:
        """The parts in the order in which `Router.route` and `Router.explain` take them.

        >>> Request("https://h/", response_code=401).arguments
        ('https://h/', None, 401, False, True, False)
        """
        return (
            self.url,
            self.caller,
            self.response_code,
            self.screen_locked,
            self.user_interface_enabled,
            self.background_session,
        )

    @classmethod
    def from_json(cls, value: object) -> Request:
        """The request that the JSON object `value` describes; null means absent.

        `RequestError` names the member that is unknown, missing or of the wrong type.

        >>> Request.from_json({"url": "https://h/", "response_code": 401}).is_challenge
        True
        >>> Request.from_json({"uri": "https://h/"})
        Traceback (most recent call last):
        ssoroute.model.request.RequestError: unknown member `uri`; did you mean `url`?
        """
        if not isinstance(value, Mapping):
            raise RequestError('a request is a JSON object such as {"url": "https://…"}')
        arguments: dict[str, object] = {}
        for name, member in value.items():
            wanted = _TYPES.get(name)
            if wanted is None:
                raise RequestError(unknown_member(str(name), list(_TYPES)), name)
            if member is None:
                continue
            # True is an int to Python, and not to JSON
            if not isinstance(member, wanted) or (isinstance(member, bool) and wanted is not bool):
                raise RequestError(f"`{name}` {must_be(_WORDS[wanted], member, JSON)}", name)
            arguments[name] = member
        if "url" not in arguments:
            raise RequestError("`url` is missing", "url")
        return cls(**arguments)  # type: ignore[arg-type]  # checked one by one above

    def to_json(self) -> dict[str, object]:
        """The request as a JSON object with all its members, as `from_json` reads it."""
        return asdict(self)


_TYPES: Final[Mapping[str, type]] = {
    "url": str,
    "caller": str,
    "response_code": int,
    "screen_locked": bool,
    "user_interface_enabled": bool,
    "background_session": bool,
}
assert list(_TYPES) == [f.name for f in fields(Request)]  # noqa: S101 - one list, written twice
_WORDS: Final[Mapping[type, str]] = {str: "a string", int: "an integer", bool: "a boolean"}
