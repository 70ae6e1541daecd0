"""The table of clients, from `clients.toml` beside this file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from ssoroute.asking.client import Client, ClientError
from ssoroute.asking.way import Caller, HandsOver, Only, Way
from ssoroute.model.authority import Authority
from ssoroute.model.nearest import did_you_mean
from ssoroute.model.packaged import packaged_text
from ssoroute.model.platforms import Platform, Version
from ssoroute.model.quoting import quote
from ssoroute.model.spelling import Spelling

__all__ = ["client_named", "client_of_caller", "clients"]


@cache
def clients() -> tuple[Client, ...]:
    """Every client that is known, in the order of the table (docs/clients.md).

    >>> [client.name for client in clients()][:3]
    ['safari', 'webview', 'safari-view']
    """
    import tomllib

    found: dict[str, Client] = {}
    table = tomllib.loads(packaged_text("asking/clients.toml"))
    for name, row in table.items():
        found[name] = Client(name, row["title"], tuple(_ways(row["ways"])))
    return tuple(_with_browsers(client, found) for client in found.values())


def client_named(name: str) -> Client:
    """The client called `name`; `ClientError` names the nearest one.

    >>> client_named("crome")
    Traceback (most recent call last):
    ssoroute.asking.client.ClientError: unknown client `crome`, did you mean `chrome`?
    """
    for client in clients():
        if client.name == name:
            return client
    hint = did_you_mean(name, [client.name for client in clients()])
    raise ClientError(f"unknown client {quote(name)}, {hint}")


def client_of_caller(caller: str, platform: Platform) -> Client | None:
    """The client whose caller has this bundle identifier on `platform`, or None.

    >>> client_of_caller("com.google.Chrome", Platform.MACOS).name
    'chrome'
    """
    for client in clients():
        for way in client.ways:
            if way.platform is platform and way.has_own_identifier and way.caller == caller:
                return client
    return None


def _with_browsers(client: Client, found: Mapping[str, Client]) -> Client:
    names = dict.fromkeys(name for way in client.ways for name in way.browsers)
    if not names:
        return client
    return Client(client.name, client.title, client.ways, tuple(found[name] for name in names))


def _ways(rows: list[dict[str, Any]]) -> Iterator[Way]:
    for row in rows:
        for platform in row["platforms"]:
            yield _way(Platform(platform), row)


def _way(platform: Platform, row: Mapping[str, Any]) -> Way:
    members = {name: value for name, value in row.items() if name != "platforms"}
    members["hands_over"] = HandsOver(row["hands_over"])
    members["what"] = " ".join(row["what"].split())
    members["authority"] = Authority(row["authority"])
    if "only" in row:
        members["only"] = Only(**row["only"])
    if "spelling" in row:
        members["spelling"] = Spelling(row["spelling"])
    if row.get("caller") in list(Caller):
        members["caller"] = Caller(row["caller"])
    if "system" in row:
        members["system"] = Version.parse(row["system"])
    for name in ("browsers", "conditions", "notes", "readings"):
        members[name] = tuple(row.get(name, ()))
    return Way(platform=platform, **members)
