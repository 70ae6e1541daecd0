"""A device from a file, TOML or JSON (docs/command-line.md, "Device files").

All members are optional, and their names are those of `Device`. Whatever is wrong is reported at
once, each with its place, its value and what was wanted.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeVar

from ssoroute.loaders.files import read
from ssoroute.loaders.findings import Report, Unreadable
from ssoroute.loaders.json_text import read_json
from ssoroute.loaders.text import decode
from ssoroute.loaders.values import Dictionary
from ssoroute.model.device import Approval, Device
from ssoroute.model.errors import DeviceError
from ssoroute.model.payload import Extension
from ssoroute.model.platforms import Platform, Version
from ssoroute.model.quoting import one_line, quote
from ssoroute.model.source import Source
from ssoroute.model.urls import MalformedURLError, split_prefix

__all__ = ["DeviceReader", "device_members", "load_device", "parse_document", "shown"]

_LIMIT: Final = 16 * 1024 * 1024
#: What stands after `authsrv:` in an associated domain.
_HOST: Final = re.compile(r"(?:\[[^\[\]\s]+\]|[^\s/?#@:\[\]]+)(?::[0-9]+)?")
_Parsed = TypeVar("_Parsed", Platform, Version)
_WANTED_APPROVAL: Final = "wanted is `approved` or `not_approved` (leave out what is unknown)"


def load_device(path: str | os.PathLike[str]) -> Device:
    """The device described in the file at `path`: TOML where its name ends in `.toml`, else JSON.

    `DeviceError` where it cannot be read or is wrong, with one line for each thing.
    """
    return Device(**device_members(path))


def device_members(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The members of `Device` that the file at `path` gives, checked, and only those.

    `DeviceError` as for `load_device`.
    """
    if os.path.isdir(path):
        raise DeviceError(f"{Source(os.fspath(path))}: a folder, wanted is one file")
    report = Report()
    for source, data in read(path, _LIMIT, report):
        reader = DeviceReader()
        members = reader.members(parse_document(source, data), source)
        if reader.problems:
            raise DeviceError(reader.problems)
        return members
    raise DeviceError(f"{found.source}: {found.message}" for found in report.findings)


def parse_document(source: Source, data: bytes) -> object:
    """What the TOML or JSON file `source` with the content `data` holds; `DeviceError` if nothing.

    It is TOML where the file's name ends in `.toml`.
    """
    try:
        if source.file.lower().endswith(".toml"):
            return tomllib.loads(decode(data))
        return read_json(data)
    except Unreadable as error:
        raise DeviceError(f"{source}: {error.message}") from None
    except RecursionError:
        raise DeviceError(f"{source}: values are nested too deep") from None
    except ValueError as error:  # tomllib's own, and its too long numbers
        text = str(error)
        raise DeviceError(f"{source}: not TOML: {one_line(text[:1].lower() + text[1:])}") from None


class DeviceReader:
    """Checks one file member by member; `problems` are the lines to report."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def members(self, value: object, source: Source) -> dict[str, Any]:
        """The checked members of the file's outermost table."""
        checks: Mapping[str, Callable[[object, Source], object]] = {
            "platform": self._platform,
            "version": self._version,
            "installed_extensions": self._extensions,
            "associated_domains": self._associated_domains,
            "apple_account_urls": self._apple_account_urls,
        }
        table = self._table(value, source, f"a table with any of {', '.join(checks)}")
        members = {}
        for name, member, place in table:
            if name in checks:
                members[name] = checks[name](member, place)
            else:
                self._unknown(name, source, tuple(checks))
        return members

    def _platform(self, value: object, place: Source) -> Platform | None:
        text = self._string(value, place, "a platform such as `macOS`")
        return self._parsed(Platform.parse, text, place)

    def _version(self, value: object, place: Source) -> Version | None:
        text = self._string(value, place, 'a string such as "15.4"')
        return self._parsed(Version.parse, text, place)

    def _extensions(self, value: object, place: Source) -> list[Extension]:
        found = []
        wanted = 'a bundle identifier or {"bundle_id", "team_id"}'
        for item, there in self._array(value, place, f"an array, each item {wanted}"):
            if isinstance(item, str):
                bundle_id, team_id = self._string(item, there, wanted), None
            else:
                bundle_id, team_id = self._extension(item, there, wanted)
            if bundle_id:
                found.append(Extension(bundle_id, team_id))
        return found

    def _extension(self, item: object, place: Source, wanted: str) -> tuple[str, str | None]:
        parts: dict[str, str] = {}
        before = len(self.problems)
        for name, member, there in self._table(item, place, wanted):
            if name in ("bundle_id", "team_id"):
                parts[name] = self._string(member, there, "a string with something in it")
            else:
                self._unknown(name, place, ("bundle_id", "team_id"))
        if "bundle_id" not in parts and len(self.problems) == before:
            self.problems.append(f"{place}: `bundle_id` is missing, wanted is {wanted}")
        return parts.get("bundle_id", ""), parts.get("team_id")

    def _associated_domains(self, value: object, place: Source) -> dict[str, dict[str, Approval]]:
        found: dict[str, dict[str, Approval]] = {}
        wanted = 'a table such as {"com.example.sso": {"login.example.com": "approved"}}'
        for bundle_id, hosts, there in self._table(value, place, wanted):
            approvals = found[bundle_id] = {}
            for host, approval, here in self._table(
                hosts, there, 'a table such as {"login.example.com": "approved"}'
            ):
                self._approval(approvals, host, approval, here)
        return found

    def _approval(
        self, approvals: dict[str, Approval], host: str, value: object, place: Source
    ) -> None:
        if isinstance(value, dict):
            hint = "; in TOML, write the host between quotes"
            self.problems.append(f"{place}: {shown(value)}, {_WANTED_APPROVAL}{hint}")
        elif not isinstance(value, str) or value not in list(Approval):
            self.problems.append(f"{place}: {shown(value)}, {_WANTED_APPROVAL}")
        elif not _HOST.fullmatch(host):
            self.problems.append(
                f"{place}: {quote(host)} is no host, wanted is `host` or `host:port`"
            )
        elif host.lower() in approvals:
            self.problems.append(f"{place}: {quote(host)} is given twice (case does not count)")
        else:
            approvals[host.lower()] = Approval(value)

    def _apple_account_urls(self, value: object, place: Source) -> list[str]:
        wanted = "an http(s) URL prefix without `*`"
        found = []
        for item, there in self._array(value, place, f"an array, each item {wanted}"):
            text = self._string(item, there, wanted)
            if "*" in text:
                self.problems.append(f"{there}: {quote(text)}, wanted is {wanted}")
                continue
            try:
                split_prefix(text)
            except MalformedURLError as error:
                if text:
                    self.problems.append(f"{there}: {quote(text)}: {error}; wanted is {wanted}")
            else:
                found.append(text)
        return found

    def _parsed(self, parse: Callable[[str], _Parsed], text: str, place: Source) -> _Parsed | None:
        try:
            return parse(text) if text else None
        except DeviceError as error:
            self.problems.append(f"{place}: {error}")
            return None

    def _string(self, value: object, place: Source, wanted: str) -> str:
        """The text, empty where it is none, or nothing stands in it (both are reported)."""
        if isinstance(value, str) and value:
            return value
        self.problems.append(f"{place}: {shown(value)}, wanted is {wanted}")
        return ""

    def _array(self, value: object, place: Source, wanted: str) -> Iterator[tuple[object, Source]]:
        if isinstance(value, list):
            yield from ((item, place.item(number)) for number, item in enumerate(value))
        else:
            self.problems.append(f"{place}: {shown(value)}, wanted is {wanted}")

    def _table(
        self, value: object, place: Source, wanted: str
    ) -> Iterator[tuple[str, object, Source]]:
        if not isinstance(value, dict):
            self.problems.append(f"{place}: {shown(value)}, wanted is {wanted}")
            return
        if isinstance(value, Dictionary):
            self.problems += (
                f"{place}: the member {quote(name)} is written twice"
                for name in sorted(value.repeated)
            )
        for name, member in value.items():
            yield name, member, place.key(one_line(name))

    def _unknown(self, name: str, place: Source, known: tuple[str, ...]) -> None:
        self.problems.append(f"{place}: unknown member {quote(name)}; known are {', '.join(known)}")


def shown(value: object) -> str:
    """`value` in the words of JSON and TOML: scalars as they are, the rest by its kind."""
    if value is None:
        return "null"
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "an array"
    if isinstance(value, bool):
        return "`true`" if value else "`false`"
    if isinstance(value, int) and value.bit_length() > 64:  # noqa: PLR2004 - as the formats have it
        return "a very large integer"
    return quote(str(value))
