"""The caller: the bundle identifier of the app behind a client of a proxy.

A proxy sees an address, and sometimes a process; the system decides by bundle identifier. The user
of the proxy gives the map from one to the other (docs/mitmproxy.md, "The caller").
"""

from __future__ import annotations

import ipaddress
import plistlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Final, TypeAlias, TypeVar

from ssoroute.loaders.settings_file import read_settings
from ssoroute.model.errors import InvalidInputError
from ssoroute.model.kinds import must_be
from ssoroute.model.members import MemberReader
from ssoroute.model.quoting import quote
from ssoroute.model.source import Source

__all__ = ["Callers", "CallersError", "app_of_process", "is_entry", "read_callers"]

_Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
_Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
_Key = TypeVar("_Key")

#: More of an app's `Info.plist` is not read.
_LIMIT: Final = 16 * 1024 * 1024
_PROCESS: Final = "process:"
_CLIENT: Final = "an address, a network such as `10.0.0.0/24`, or `process:NAME`"
_TABLE: Final = 'a table such as {"10.0.0.7": "com.apple.Safari"}'


class CallersError(InvalidInputError):
    """A map of callers is invalid."""


@dataclass(frozen=True, slots=True)
class Callers:
    """Bundle identifiers by the client's address, its network, or the name of its process."""

    addresses: Mapping[_Address, str] = field(default_factory=dict)
    #: The narrowest network first.
    networks: tuple[tuple[_Network, str], ...] = ()
    processes: Mapping[str, str] = field(default_factory=dict)

    def of_address(self, address: str) -> str | None:
        """The caller behind `address`: the address itself, else the narrowest network around it.

        >>> callers = read_callers(["10.0.0.0/24=com.example.kiosk"])
        >>> callers.of_address("10.0.0.7"), callers.of_address("10.0.1.7")
        ('com.example.kiosk', None)
        """
        if not self.addresses and not self.networks:
            return None
        try:
            found = _address(address)
        except ValueError:
            return None
        if found in self.addresses:
            return self.addresses[found]
        return next((caller for network, caller in self.networks if found in network), None)

    def of_process(self, process: str) -> str | None:
        """The caller of `process`, by its path, else by its name without folders."""
        name = process.replace("\\", "/").rpartition("/")[2]
        return self.processes.get(process) or self.processes.get(name)


def is_entry(text: str) -> bool:
    """Whether `text` is an entry `CLIENT=BUNDLE`; if not, it is the path of a file of them."""
    return "=" in text


def read_callers(given: Iterable[str]) -> Callers:
    """The map that `given` makes: entries `CLIENT=BUNDLE`, and files of them (TOML or JSON).

    A client is an IP address, a network, or `process:` with the name or path of a process.
    Raises `CallersError` with all that is wrong.
    """
    reader = _CallerMapReader()
    for text in given:
        if is_entry(text):
            client, _, caller = text.partition("=")
            reader.add(client.strip(), caller.strip(), "")
        else:
            for client, value, source in reader.entries(text):
                reader.add(client, value, f"{source}: ")
    if reader.problems:
        raise CallersError(reader.problems)
    networks = sorted(reader.networks.items(), key=lambda item: -item[0].prefixlen)
    return Callers(reader.addresses, tuple(networks), reader.processes)


@lru_cache(maxsize=256)
def app_of_process(process: str) -> str | None:
    """The bundle identifier of the app whose folder has the program at the path `process`.

    Reading: a helper inside an app counts as the app, so the outermost folder `NAME.app` counts.
    None if the program is not in an app, or the app's `Info.plist` cannot be read.
    """
    path = PurePosixPath(process)
    folders = [folder for folder in path.parents if folder.suffix.lower() == ".app"]
    if not folders or not path.is_absolute():
        return None
    try:
        with Path(folders[-1], "Contents", "Info.plist").open("rb") as file:
            found = plistlib.loads(file.read(_LIMIT)).get("CFBundleIdentifier")
    except Exception:  # noqa: BLE001 - plistlib raises many kinds of errors
        return None
    return found if isinstance(found, str) and found else None


def _address(text: str) -> _Address:
    """The address in `text`; an IPv4 address inside IPv6 counts as IPv4, a zone is dropped."""
    address = ipaddress.ip_address(text.partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


class _CallerMapReader:
    """Collects entries; `problems` are the lines to report."""

    def __init__(self) -> None:
        self.addresses: dict[_Address, str] = {}
        self.networks: dict[_Network, str] = {}
        self.processes: dict[str, str] = {}
        self.problems: list[str] = []

    def add(self, client: str, caller: object, place: str) -> None:
        """Take one entry; `place` is put before a problem with it."""
        if not isinstance(caller, str) or not caller:
            wanted = must_be("a bundle identifier such as `com.apple.Safari`", caller)
            self.problems.append(f"{place}the caller of {quote(client)} {wanted}")
        elif client.startswith(_PROCESS) and client != _PROCESS:
            self._put(self.processes, client.removeprefix(_PROCESS), caller, place)
        else:
            try:
                if "/" in client:
                    self._put(self.networks, ipaddress.ip_network(client), caller, place)
                else:
                    self._put(self.addresses, _address(client), caller, place)
            except ValueError:
                self.problems.append(f"{place}a client must be {_CLIENT}, not {quote(client)}")

    def _put(self, table: dict[_Key, str], key: _Key, caller: str, place: str) -> None:
        if key in table:
            self.problems.append(f"{place}{quote(str(key))} is given twice")
        else:
            table[key] = caller

    def entries(self, path: str) -> Iterator[tuple[str, object, Source]]:
        """The entries of the file at `path`."""
        try:
            document, source = read_settings(path)
        except InvalidInputError as error:
            self.problems += error.problems
            return
        reader = MemberReader()
        for client, caller, _ in reader.table(document, source, _TABLE):
            yield client, caller, source
        self.problems += reader.problems
