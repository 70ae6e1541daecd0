"""Reads a table of expected routes: TOML if its name ends in `.toml`, else JSON.

docs/testing.md describes the form. All problems are reported at once, each with its place and with
what must be written there.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, Final

from ssoroute.asking.asked import client_asked_by
from ssoroute.loaders.device_file import device_members, read_device_members, read_extension
from ssoroute.loaders.settings_file import read_settings
from ssoroute.model.asked_by import AskedBy, split_client
from ssoroute.model.decision import Outcome, Reason
from ssoroute.model.device import Device
from ssoroute.model.errors import DeviceError, InvalidInputError
from ssoroute.model.members import MemberReader
from ssoroute.model.platforms import Platform
from ssoroute.model.profile import Channel
from ssoroute.model.quoting import one_line
from ssoroute.model.request import Request, RequestError
from ssoroute.model.source import Source
from ssoroute.model.spelling import Spelling, SpellingError, browser_url
from ssoroute.routing.router import Matching
from ssoroute.testing.expected import MEMBERS, Expected
from ssoroute.testing.tables import RouteRow, RouteTable, TableError, row_label

__all__ = ["load_table"]

_TABLE: Final = ("profiles", "channel", "user", "device", "matching", "spelling", "routes")
_REQUEST: Final[Mapping[str, tuple[type, str]]] = {
    "url": (str, "a URL such as `https://login.example.com/`"),
    "caller": (str, "a bundle identifier"),
    "response_code": (int, "an integer such as 401"),
    "screen_locked": (bool, "a boolean"),
    "user_interface_enabled": (bool, "a boolean"),
    "background_session": (bool, "a boolean"),
}
assert list(_REQUEST) == [f.name for f in fields(Request)]  # noqa: S101 - one list, written twice
_CLIENT: Final[Mapping[str, str]] = {
    "client": "the name of a client such as `safari`",
    "app": "the bundle identifier of the app behind the client",
}
_EXTENSION: Final = 'a bundle identifier, {"bundle_id", "team_id"}, or false for none'
_RULE: Final = "a URL prefix or host as the profile has it, or false for none"


def load_table(path: str | os.PathLike[str]) -> RouteTable:
    """The table in the file at `path`; `TableError` if it cannot be read or is invalid.

    Reads the table and the device file that it may name, not yet the profiles.
    """
    try:
        document, source = read_settings(path)
    except InvalidInputError as error:
        raise TableError(error.problems) from None
    reader = MemberReader()
    table = _TableReader(reader, os.path.dirname(path)).table(document, source)
    if table is None:
        raise TableError(reader.problems)
    return table


class _TableReader:
    """Reads one table; `reader` collects the problems. Paths are relative to `folder`."""

    def __init__(self, reader: MemberReader, folder: str) -> None:
        self._read = reader
        self._folder = folder

    def table(self, value: object, source: Source) -> RouteTable | None:
        """The table, or None if anything is wrong with it."""
        checks: Mapping[str, Callable[[object, Source], object]] = {
            "profiles": self._profiles,
            "channel": lambda value, place: self._read.choice(value, place, Channel),
            "user": lambda value, place: self._read.string(value, place, "the name of a user"),
            "device": self._device,
            "matching": lambda value, place: self._read.choice(value, place, Matching),
            "spelling": lambda value, place: self._read.choice(value, place, Spelling),
        }
        written: dict[str, Any] = {"device": None, "channel": None}
        routes: tuple[object, Source] | None = None
        wanted = f"a table of {', '.join(_TABLE)}"
        for name, member, place in self._read.table(value, source, wanted):
            if name == "routes":
                routes = member, place  # its URLs are read in the spelling, which may come later
            elif name in checks:
                written[name] = checks[name](member, place)
            else:
                self._read.unknown(name, source, _TABLE)
        if isinstance(value, dict):
            if "profiles" not in value:
                self._read.wrong(source, "`profiles` is missing; write their paths")
            if routes is None:
                self._read.wrong(source, "`routes` is missing; write rows")
        spelling = written.get("spelling") or Spelling.BROWSER
        device = written["device"] or Device()
        rows = self._rows(*routes, spelling, device.platform) if routes else ()
        if self._read.problems:
            return None
        return RouteTable(
            source.file,
            written["profiles"],
            rows,
            written["channel"],
            device,
            written.get("matching") or Matching.SYSTEM,
            spelling,
            written.get("user"),
        )

    def _profiles(self, value: object, place: Source) -> tuple[str, ...]:
        wanted = "a path, relative to the table's folder"
        if isinstance(value, str):
            paths = [self._read.string(value, place, wanted)]
        else:
            items = list(self._read.array(value, place, f"{wanted}, or an array of them"))
            paths = [self._read.string(item, there, wanted) for item, there in items]
        if value == []:
            self._read.wrong(place, f"must be {wanted}, not an empty array")
        return tuple(_tidy_path(self._folder, path) for path in paths)

    def _device(self, value: object, place: Source) -> Device | None:
        if not isinstance(value, (str, dict)):
            self._read.must_be(place, "the path of a device file, or a table of its members", value)
            return None
        if isinstance(value, dict):
            before = len(self._read.problems)
            members = read_device_members(value, place, self._read)
            return Device(**members) if len(self._read.problems) == before else None
        try:
            return Device(**device_members(_tidy_path(self._folder, value)))
        except DeviceError as error:
            for line in error.problems:
                self._read.wrong(place, line)
            return None

    def _rows(
        self, value: object, place: Source, spelling: Spelling, platform: Platform
    ) -> tuple[RouteRow, ...]:
        wanted = "an array of rows, each with a `url` and what is expected"
        if value == []:
            self._read.wrong(place, f"must be {wanted}, not an empty array")
        return tuple(
            row
            for number, (item, _) in enumerate(self._read.array(value, place, wanted), 1)
            if (row := self._row(number, item, place.file, spelling, platform))
        )

    def _row(
        self, number: int, value: object, file: str, spelling: Spelling, platform: Platform
    ) -> RouteRow | None:
        given = value.get("name") if isinstance(value, dict) else None
        here = Source(file, row_label(number, given if isinstance(given, str) else None))
        before = len(self._read.problems)
        members = self._members_of_row(value, here)
        request = {key: members[key] for key in _REQUEST if key in members}
        expected = {key: members[key] for key in MEMBERS if key in members}
        if isinstance(value, dict):
            if "url" not in request:
                self._read.wrong(here, f"`url` is missing; it must be {_REQUEST['url'][1]}")
            if not expected:
                known = ", ".join(MEMBERS)
                self._read.wrong(here, f"nothing is expected; write at least one of {known}")
        url = request.get("url")
        asked_by = self._asked_by(members, request, platform, here, before)
        if isinstance(url, str) and asked_by is None and spelling is Spelling.BROWSER:
            try:
                request["url"] = browser_url(url)
            except SpellingError as error:
                self._read.wrong(here, f"url: {error}")
        if len(self._read.problems) > before or not isinstance(url, str):
            return None
        return RouteRow(
            number, members.get("name"), url, Request(**request), Expected(**expected), asked_by
        )

    def _asked_by(
        self,
        members: Mapping[str, Any],
        request: Mapping[str, Any],
        platform: Platform,
        here: Source,
        before: int,
    ) -> AskedBy | None:
        """The client that a row names; `before` are the problems before those of the row."""
        try:
            _, by = split_client(members)
            if by is not None and len(self._read.problems) == before:
                client_asked_by(Request(**request), by, platform)
        except RequestError as error:
            self._read.wrong(here, f"{error.field}: {error}")
            return None
        return by

    def _members_of_row(self, value: object, here: Source) -> dict[str, Any]:
        members: dict[str, Any] = {}
        known = ("name", *_REQUEST, *_CLIENT, *MEMBERS)
        for key, member, _ in self._read.table(value, here, "a table with a `url`"):
            there = Source(here.file, f"{here.path}: {one_line(key)}")
            if key not in known:
                self._read.unknown(key, here, known)
            elif member is None:
                continue  # as in a request: null means absent
            elif key == "name":
                members[key] = self._read.string(member, there, "a non-empty string")
            elif key in _CLIENT:
                members[key] = self._read.string(member, there, _CLIENT[key])
            elif key in _REQUEST:
                members[key] = self._part_of_request(key, member, there)
            else:
                members[key] = self._expected(key, member, there)
        return members

    def _part_of_request(self, key: str, value: object, place: Source) -> object:
        kind, wanted = _REQUEST[key]
        # True is an int to Python, and not to the formats
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            self._read.must_be(place, wanted, value)
        return value

    def _expected(self, key: str, value: object, place: Source) -> object:
        if key == "outcome":
            return self._read.choice(value, place, Outcome)
        if key == "reason":
            return self._read.choice(value, place, Reason)
        if value is False:
            return False
        if key == "rule":
            return self._read.string(value, place, _RULE)
        return read_extension(value, place, _EXTENSION, self._read)


def _tidy_path(folder: str, path: str) -> str:
    """`path`, relative to `folder`, without detours, if it leads to the same file.

    >>> _tidy_path("examples/routes", "../profiles")
    'examples/profiles'
    """
    joined = os.path.join(folder, path)
    short = os.path.normpath(joined)
    try:
        # `..` may follow a symbolic link
        return short if os.path.samefile(short, joined) else joined
    except (OSError, ValueError):
        return joined
