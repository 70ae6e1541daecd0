"""Reads a table of expected routes: TOML where its name ends in `.toml`, else JSON.

docs/testing.md describes the form. Whatever is wrong is reported at once, each with its place, its
value and what was wanted.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Mapping
from dataclasses import fields
from enum import StrEnum
from typing import Any, Final, Literal, TypeVar

from ssoroute.asking.asked import client_asked_by
from ssoroute.loaders.device_file import DeviceReader, device_members, parse_document, shown
from ssoroute.loaders.files import read
from ssoroute.loaders.findings import Report
from ssoroute.model.asked_by import AskedBy, split_client
from ssoroute.model.decision import Outcome, Reason
from ssoroute.model.device import Device
from ssoroute.model.errors import DeviceError
from ssoroute.model.payload import Extension
from ssoroute.model.platforms import Platform
from ssoroute.model.profile import Channel
from ssoroute.model.quoting import one_line, quote
from ssoroute.model.request import Request, RequestError
from ssoroute.model.source import Source
from ssoroute.model.spelling import Spelling, SpellingError, browser_url
from ssoroute.routing.router import Matching
from ssoroute.testing.expected import MEMBERS, Expected
from ssoroute.testing.tables import RouteTable, Row, TableError, row_label

__all__ = ["load_table", "parse_table"]

_Choice = TypeVar("_Choice", bound=StrEnum)

_LIMIT: Final = 16 * 1024 * 1024
_TABLE: Final = ("profiles", "channel", "device", "matching", "spelling", "routes")
_REQUEST: Final[Mapping[str, tuple[type, str]]] = {
    "url": (str, "a URL such as `https://login.example.com/`"),
    "caller": (str, "a bundle identifier"),
    "response_code": (int, "an integer such as 401"),
    "screen_locked": (bool, "true or false"),
    "user_interface_enabled": (bool, "true or false"),
    "background_session": (bool, "true or false"),
}
assert list(_REQUEST) == [f.name for f in fields(Request)]  # noqa: S101 - one list, written twice
_CLIENT: Final[Mapping[str, str]] = {
    "client": "the name of a client such as `safari`",
    "app": "the bundle identifier of the app behind the client",
}
_EXTENSION: Final = 'a bundle identifier, {"bundle_id", "team_id"}, or false for none'
_RULE: Final = "a URL prefix or host as the profile has it, or false for none"


def load_table(path: str | os.PathLike[str]) -> RouteTable:
    """The table in the file at `path`; `TableError` where it cannot be read or is wrong.

    Reads the table and the device file that it may name, not yet the profiles.
    """
    if os.path.isdir(path):
        raise TableError([f"{one_line(os.fspath(path))}: a folder, wanted is one file"])
    report = Report()
    for source, data in read(path, _LIMIT, report):
        return parse_table(data, source, os.path.dirname(path))
    raise TableError([f"{found.source}: {found.message}" for found in report.findings])


def parse_table(data: bytes, source: Source, folder: str) -> RouteTable:
    """The table that `data` holds; paths in it are relative to `folder`.

    `source` says what to call it, and by its ending how to read it.
    """
    try:
        document = parse_document(source, data)
    except DeviceError as error:
        raise TableError(error.problems) from None
    reader = _TableReader(folder)
    table = reader.table(document, source)
    if table is None:
        raise TableError(reader.problems)
    return table


class _TableReader(DeviceReader):
    """Reads one table; `problems` are the lines to report."""

    def __init__(self, folder: str) -> None:
        super().__init__()
        self._folder = folder

    def table(self, value: object, source: Source) -> RouteTable | None:
        """The table, None where anything is wrong with it."""
        checks: Mapping[str, Callable[[object, Source], object]] = {
            "profiles": self._profiles,
            "channel": lambda value, place: self._choice(value, place, Channel),
            "device": self._device,
            "matching": lambda value, place: self._choice(value, place, Matching),
            "spelling": lambda value, place: self._choice(value, place, Spelling),
        }
        written: dict[str, Any] = {"device": None, "channel": None}
        routes: tuple[object, Source] | None = None
        for name, member, place in self._table(value, source, f"a table of {', '.join(_TABLE)}"):
            if name == "routes":
                routes = member, place  # its URLs are read in the spelling, which may come later
            elif name in checks:
                written[name] = checks[name](member, place)
            else:
                self._unknown_member(name, source, _TABLE)
        if isinstance(value, dict):
            if "profiles" not in value:
                self.problems.append(f"{source}: `profiles` is missing, wanted are their paths")
            if routes is None:
                self.problems.append(f"{source}: `routes` is missing, wanted are rows")
        spelling = written.get("spelling") or Spelling.BROWSER
        device = written["device"] or Device()
        rows = self._rows(*routes, spelling, device.platform) if routes else ()
        if self.problems:
            return None
        return RouteTable(
            source.file,
            written["profiles"],
            rows,
            written["channel"],
            device,
            written.get("matching") or Matching.SYSTEM,
            spelling,
        )

    def _profiles(self, value: object, place: Source) -> tuple[str, ...]:
        wanted = "a path, relative to the table's folder"
        if isinstance(value, str):
            paths = [self._string(value, place, wanted)]
        else:
            items = list(self._array(value, place, f"{wanted}, or an array of them"))
            paths = [self._string(item, there, wanted) for item, there in items]
        if value == []:
            self.problems.append(f"{place}: an empty array, wanted is {wanted}")
        return tuple(_tidy_path(self._folder, path) for path in paths)

    def _device(self, value: object, place: Source) -> Device | None:
        if not isinstance(value, (str, dict)):
            wanted = "the members of a device file, or the path of one"
            self.problems.append(f"{place}: {shown(value)}, wanted are {wanted}")
            return None
        if isinstance(value, dict):
            before = len(self.problems)
            members = self.members(value, place)
            return Device(**members) if len(self.problems) == before else None
        try:
            return Device(**device_members(_tidy_path(self._folder, value)))
        except DeviceError as error:
            self.problems += (f"{place}: {line}" for line in error.problems)
            return None

    def _rows(
        self, value: object, place: Source, spelling: Spelling, platform: Platform
    ) -> tuple[Row, ...]:
        wanted = "an array of rows, each with a `url` and what is expected"
        if value == []:
            self.problems.append(f"{place}: an empty array, wanted is {wanted}")
        return tuple(
            row
            for number, (item, _) in enumerate(self._array(value, place, wanted), 1)
            if (row := self._row(number, item, place.file, spelling, platform))
        )

    def _row(
        self, number: int, value: object, file: str, spelling: Spelling, platform: Platform
    ) -> Row | None:
        given = value.get("name") if isinstance(value, dict) else None
        here = Source(file, row_label(number, given if isinstance(given, str) else None))
        before = len(self.problems)
        members = self._members_of_row(value, here)
        request = {key: members[key] for key in _REQUEST if key in members}
        expected = {key: members[key] for key in MEMBERS if key in members}
        if isinstance(value, dict):
            if "url" not in request:
                self.problems.append(f"{here}: `url` is missing, wanted is {_REQUEST['url'][1]}")
            if not expected:
                wanted = ", ".join(MEMBERS)
                self.problems.append(f"{here}: nothing is expected, wanted is any of {wanted}")
        url = request.get("url")
        asked_by = self._asked_by(members, request, platform, here, before)
        if isinstance(url, str) and asked_by is None and spelling is Spelling.BROWSER:
            try:
                request["url"] = browser_url(url)
            except SpellingError as error:
                self.problems.append(f"{here}: url: {error}")
        if len(self.problems) > before or not isinstance(url, str):
            return None
        return Row(
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
            if by is not None and len(self.problems) == before:
                client_asked_by(Request(**request), by, platform)
        except RequestError as error:
            self.problems.append(f"{here}: {error.field}: {error}")
            return None
        return by

    def _members_of_row(self, value: object, here: Source) -> dict[str, Any]:
        members: dict[str, Any] = {}
        known = ("name", *_REQUEST, *_CLIENT, *MEMBERS)
        for key, member, _ in self._table(value, here, "a table with a `url`"):
            there = Source(here.file, f"{here.path}: {one_line(key)}")
            if key not in known:
                self._unknown_member(key, here, known)
            elif member is None:
                continue  # as in a request: null means absent
            elif key == "name":
                members[key] = self._string(member, there, "a name with something in it")
            elif key in _CLIENT:
                members[key] = self._string(member, there, _CLIENT[key])
            elif key in _REQUEST:
                members[key] = self._part_of_request(key, member, there)
            else:
                members[key] = self._expected(key, member, there)
        return members

    def _part_of_request(self, key: str, value: object, place: Source) -> object:
        kind, wanted = _REQUEST[key]
        # True is an int to Python, and not to the formats
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            self.problems.append(f"{place}: {shown(value)}, wanted is {wanted}")
        return value

    def _expected(self, key: str, value: object, place: Source) -> object:
        if key == "outcome":
            return self._choice(value, place, Outcome)
        if key == "reason":
            return self._choice(value, place, Reason)
        if value is False:
            return False
        if key == "rule":
            return self._string(value, place, _RULE)
        return self._expected_extension(value, place)

    def _expected_extension(self, value: object, place: Source) -> Extension | Literal[False]:
        if isinstance(value, dict):
            bundle_id, team_id = self._extension(value, place, _EXTENSION)
        else:
            bundle_id, team_id = self._string(value, place, _EXTENSION), None
        return Extension(bundle_id, team_id)

    def _choice(self, value: object, place: Source, choices: type[_Choice]) -> _Choice | None:
        known = [choice.value for choice in choices]
        if isinstance(value, str) and value in known:
            return choices(value)
        hint = _did_you_mean(value, known) or f"wanted is any of {', '.join(known)}"
        self.problems.append(f"{place}: {shown(value)}, {hint}")
        return None

    def _unknown_member(self, name: str, place: Source, known: tuple[str, ...]) -> None:
        hint = _did_you_mean(name, known) or f"known are {', '.join(known)}"
        self.problems.append(f"{place}: unknown member {quote(name)}, {hint}")


def _tidy_path(folder: str, path: str) -> str:
    """`path`, relative to `folder`, without detours where they lead nowhere else.

    >>> _tidy_path("examples/routes", "../profiles")
    'examples/profiles'
    """
    joined = os.path.join(folder, path)
    short = os.path.normpath(joined)
    try:
        # a symbolic link may stand before `..`
        return short if os.path.samefile(short, joined) else joined
    except (OSError, ValueError):
        return joined


def _did_you_mean(value: object, known: tuple[str, ...] | list[str]) -> str:
    nearest = difflib.get_close_matches(str(value)[:40], known, n=1)
    return f"did you mean `{nearest[0]}`?" if nearest else ""
