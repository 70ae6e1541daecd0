"""A device from a file, TOML or JSON (docs/command-line.md, "Device files").

All members are optional, and their names are those of `Device`. All problems are reported at once,
each with its place and with what must be written there.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from ssoroute.loaders.settings_file import read_settings
from ssoroute.model.device import Approval, Device
from ssoroute.model.errors import DeviceError, InvalidInputError
from ssoroute.model.kinds import TOML, must_be
from ssoroute.model.members import MemberReader
from ssoroute.model.payload import Extension
from ssoroute.model.platforms import Platform, Version
from ssoroute.model.quoting import quote
from ssoroute.model.source import Source
from ssoroute.model.urls import MalformedURLError, split_prefix

__all__ = ["device_members", "load_device", "read_device_members", "read_extension"]

#: What follows `authsrv:` in an associated domain.
_HOST: Final = re.compile(r"(?:\[[^\[\]\s]+\]|[^\s/?#@:\[\]]+)(?::[0-9]+)?")
_Parsed = TypeVar("_Parsed", Platform, Version)
_APPROVALS: Final = "`approved` or `not_approved` (leave out unknown hosts)"


def load_device(path: str | os.PathLike[str]) -> Device:
    """The device described in the file at `path`: TOML if its name ends in `.toml`, else JSON.

    Raises `DeviceError` if it cannot be read or is invalid, with one line for each problem.
    """
    return Device(**device_members(path))


def device_members(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The members of `Device` that the file at `path` gives, checked, and only those.

    `DeviceError` as for `load_device`.
    """
    try:
        document, source = read_settings(path)
    except InvalidInputError as error:
        raise DeviceError(error.problems) from None
    reader = MemberReader()
    members = read_device_members(document, source, reader)
    if reader.problems:
        raise DeviceError(reader.problems)
    return members


def read_device_members(value: object, source: Source, reader: MemberReader) -> dict[str, Any]:
    """The checked members of the table `value` at `source`; `reader` collects the problems."""
    return _DeviceReader(reader).members(value, source)


def read_extension(
    value: object, place: Source, wanted: str, reader: MemberReader
) -> Extension | None:
    """The extension that a bundle identifier or a table with `bundle_id` and `team_id` names.

    `wanted` says in messages what may be written; None if `value` is wrong, which is reported.
    """
    if isinstance(value, str):
        bundle_id = reader.string(value, place, wanted)
        return Extension(bundle_id) if bundle_id else None
    parts: dict[str, str] = {}
    before = len(reader.problems)
    for name, member, there in reader.table(value, place, wanted):
        if name in ("bundle_id", "team_id"):
            parts[name] = reader.string(member, there)
        else:
            reader.unknown(name, place, ("bundle_id", "team_id"))
    if len(reader.problems) > before:
        return None
    if "bundle_id" not in parts:
        reader.wrong(place, "`bundle_id` is missing")
        return None
    return Extension(parts["bundle_id"], parts.get("team_id"))


class _DeviceReader:
    """Checks the table of a device member by member."""

    def __init__(self, reader: MemberReader) -> None:
        self._read = reader

    def members(self, value: object, source: Source) -> dict[str, Any]:
        """The checked members of the file's outermost table."""
        checks: Mapping[str, Callable[[object, Source], object]] = {
            "platform": self._platform,
            "version": self._version,
            "installed_extensions": self._extensions,
            "associated_domains": self._associated_domains,
            "apple_account_urls": self._apple_account_urls,
        }
        table = self._read.table(value, source, f"a table with any of {', '.join(checks)}")
        members = {}
        for name, member, place in table:
            if name in checks:
                members[name] = checks[name](member, place)
            else:
                self._read.unknown(name, source, checks)
        return members

    def _platform(self, value: object, place: Source) -> Platform | None:
        text = self._read.string(value, place, "a platform such as `macOS`")
        return self._parsed(Platform.parse, text, place)

    def _version(self, value: object, place: Source) -> Version | None:
        text = self._read.string(value, place, 'a string such as "15.4"')
        return self._parsed(Version.parse, text, place)

    def _extensions(self, value: object, place: Source) -> list[Extension]:
        found = []
        wanted = 'a bundle identifier or {"bundle_id", "team_id"}'
        for item, there in self._read.array(value, place, f"an array, each item {wanted}"):
            if extension := read_extension(item, there, wanted, self._read):
                found.append(extension)
        return found

    def _associated_domains(self, value: object, place: Source) -> dict[str, dict[str, Approval]]:
        found: dict[str, dict[str, Approval]] = {}
        wanted = 'a table such as {"com.example.sso": {"login.example.com": "approved"}}'
        for bundle_id, hosts, there in self._read.table(value, place, wanted):
            approvals = found[bundle_id] = {}
            for host, approval, here in self._read.table(
                hosts, there, 'a table such as {"login.example.com": "approved"}'
            ):
                self._approval(approvals, host, approval, here)
        return found

    def _approval(
        self, approvals: dict[str, Approval], host: str, value: object, place: Source
    ) -> None:
        if isinstance(value, dict):
            hint = "in TOML, write the host between quotes"
            self._read.wrong(place, f"{must_be(_APPROVALS, value, TOML)}; {hint}")
        elif not isinstance(value, str):
            self._read.must_be(place, _APPROVALS, value)
        elif value not in list(Approval):
            self._read.wrong(place, f"must be {_APPROVALS}, not {quote(value)}")
        elif not _HOST.fullmatch(host):
            self._read.wrong(place, f"a host must be `host` or `host:port`, not {quote(host)}")
        elif host.lower() in approvals:
            self._read.wrong(place, f"{quote(host)} is given twice (case does not count)")
        else:
            approvals[host.lower()] = Approval(value)

    def _apple_account_urls(self, value: object, place: Source) -> list[str]:
        wanted = "an http(s) URL prefix without `*`"
        found = []
        for item, there in self._read.array(value, place, f"an array, each item {wanted}"):
            text = self._read.string(item, there, wanted)
            if "*" in text:
                self._read.wrong(there, f"must be {wanted}, not {quote(text)}")
                continue
            try:
                split_prefix(text)
            except MalformedURLError as error:
                if text:
                    self._read.wrong(there, f"must be {wanted}, not {quote(text)}: {error}")
            else:
                found.append(text)
        return found

    def _parsed(self, parse: Callable[[str], _Parsed], text: str, place: Source) -> _Parsed | None:
        try:
            return parse(text) if text else None
        except DeviceError as error:
            self._read.wrong(place, str(error))
            return None
