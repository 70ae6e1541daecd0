"""A request written as data can name the client that makes it, in place of what the client decides.

The members are `client` and `app`; the table of clients is in `asking/`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ssoroute.model.request import RequestError

__all__ = ["AskedBy", "split_client"]

#: What a client decides itself, so that no request of a client can say it.
DECIDED_BY_CLIENT: Final = ("caller", "user_interface_enabled")


@dataclass(frozen=True, slots=True)
class AskedBy:
    """The name of a client, and the bundle identifier of the app behind it, None if not given."""

    client: str
    app: str | None = None


def split_client(value: object) -> tuple[object, AskedBy | None]:
    """The JSON object `value` without `client` and `app`, and what these two say.

    The second is None if there is no `client`; null means absent. `RequestError` names the member
    that is of the wrong type or does not go with the others.

    >>> split_client({"url": "https://h/", "client": "safari"})
    ({'url': 'https://h/'}, AskedBy(client='safari', app=None))
    """
    if not isinstance(value, Mapping):
        return value, None
    rest = {name: member for name, member in value.items() if name not in ("client", "app")}
    client, app = value.get("client"), value.get("app")
    for name, member in (("client", client), ("app", app)):
        if member is not None and not isinstance(member, str):
            raise RequestError(f"`{name}` must be a string", name)
    if client is None:
        if app is not None:
            raise RequestError("`app` goes with `client`, which is missing", "app")
        return rest, None
    for name in DECIDED_BY_CLIENT:
        if rest.get(name) is not None:
            raise RequestError(f"the client decides `{name}`, leave it out", name)
    return rest, AskedBy(client, app)
