"""Reads a configuration file, and reports everything that is wrong with it at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from ssoroute.checks.rules import rules
from ssoroute.configuration.texts import Table, table_of
from ssoroute.configuration.values import CheckSettings, Configuration, PathSettings, Setting
from ssoroute.model.errors import DeviceError, InvalidInputError
from ssoroute.model.finding import Severity
from ssoroute.model.kinds import TOML
from ssoroute.model.members import MemberReader
from ssoroute.model.nearest import nearest
from ssoroute.model.platforms import parse_os
from ssoroute.model.profile import Channel
from ssoroute.model.quoting import one_line, quote
from ssoroute.model.source import Source

__all__ = ["read_configuration"]

_Value = TypeVar("_Value")
# What reads each member of a table.
_Readers = dict[str, Callable[[object, Source], Any]]


def read_configuration(path: str) -> Configuration:
    """The configuration in the file at `path`: a `pyproject.toml`, or the table alone.

    Raises `InvalidInputError` with everything that is wrong: unknown keys with the nearest one,
    values of a wrong kind, platforms and codes that do not exist.
    """
    table = table_of(path)
    if table is None:
        raise InvalidInputError(f"{one_line(path)}: has no table `tool.ssoroute`")
    reader = _TableReader(table)
    configuration = reader.read(path)
    if reader.problems:
        raise InvalidInputError(reader.problems)
    return configuration


class _TableReader:
    """Reads the table of one file."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._members = MemberReader(TOML)
        self._settings: list[Setting] = []
        self._folder = os.path.dirname(table.source.file)
        self._chosen: _Readers = {"select": self._codes, "ignore": self._codes}

    @property
    def problems(self) -> list[str]:
        return self._members.problems

    def read(self, path: str) -> Configuration:
        readers: _Readers = {
            "profiles": self._paths,
            "channel": self._channel,
            "os": self._os,
            "device": self._path,
            "user": self._text,
            "targets": self._targets,
            "tables": self._paths,
            "check": self._check,
        }
        known = self._table_of(readers, self._table.content, self._table.source)
        return Configuration(path, **known, settings=tuple(self._settings))

    def _note(self, source: Source, value: _Value) -> _Value:
        """Remember `value`, which counts, and return it."""
        around = self._table.source.path
        key = source.path.removeprefix(f"{around}.") if around else source.path
        shown = list(value) if isinstance(value, tuple) else value
        self._settings.append(Setting(key, shown, source, self._table.lines.get(source.path)))
        return value

    def _text(self, value: object, place: Source) -> str | None:
        text = self._members.string(value, place)
        return self._note(place, text) if text else None

    def _path(self, value: object, place: Source) -> str | None:
        text = self._members.string(value, place, "a path")
        return self._note(place, self._from_here(text)) if text else None

    def _paths(self, value: object, place: Source) -> tuple[str, ...]:
        return self._note(place, tuple(map(self._from_here, self._strings(value, place, "paths"))))

    def _strings(self, value: object, place: Source, what: str) -> tuple[str, ...]:
        items = self._members.array(value, place, f"an array of {what}")
        found = [self._members.string(item, there) for item, there in items]
        return tuple(item for item in found if item)

    def _from_here(self, path: str) -> str:
        return os.path.join(self._folder, path)

    def _channel(self, value: object, place: Source) -> str | None:
        channel = self._members.choice(value, place, Channel)
        return self._note(place, channel.value) if channel else None

    def _os(self, value: object, place: Source) -> str | None:
        text = self._members.string(value, place, "a platform such as `macOS@15.4`")
        return self._note(place, text) if text and self._is_os(text, place) else None

    def _targets(self, value: object, place: Source) -> tuple[str, ...]:
        found = self._strings(value, place, "platforms such as `macOS@15.4`")
        good = [self._is_os(text, place.item(number)) for number, text in enumerate(found)]
        return self._note(place, found) if all(good) else ()

    def _is_os(self, text: str, place: Source) -> bool:
        try:
            parse_os(text)
        except DeviceError as error:
            self._members.wrong(place, str(error))
            return False
        return True

    def _check(self, value: object, place: Source) -> CheckSettings:
        readers = self._chosen | {
            "severity": self._severity,
            "baseline": self._path,
            "severities": self._severities,
            "per_path": self._per_path,
        }
        return CheckSettings(**self._table_of(readers, value, place))

    def _table_of(self, readers: _Readers, value: object, place: Source) -> dict[str, Any]:
        """The members of a table, each read by its reader; others are reported."""
        known: dict[str, Any] = {}
        for name, member, there in self._members.table(value, place, "a table"):
            if name in readers:
                known[name] = readers[name](member, there)
            else:
                self._members.unknown(name, there, readers)
        return known

    def _codes(self, value: object, place: Source) -> tuple[str, ...]:
        codes = self._strings(value, place, "codes such as `SSO202`")
        good = [self._is_code(code, place.item(number)) for number, code in enumerate(codes)]
        found = tuple(code.upper() for code in codes)
        return self._note(place, found) if all(good) else ()

    def _is_code(self, code: str, place: Source) -> bool:
        if any(known.startswith(code.upper()) for known in rules()):
            return True
        close = nearest(code, rules())
        hint = f"did you mean {quote(close)}?" if close else "docs/check.md lists the codes"
        self._members.wrong(place, f"no code begins with {quote(code)}; {hint}")
        return False

    def _severity(self, value: object, place: Source) -> Severity | None:
        severity = self._members.choice(value, place, Severity)
        return self._note(place, severity) if severity else None

    def _severities(self, value: object, place: Source) -> Mapping[str, Severity]:
        found: dict[str, Severity] = {}
        for code, member, there in self._members.table(value, place, "a table of severities"):
            severity = self._severity(member, there)
            if self._is_code(code, there) and severity is not None:
                found[code.upper()] = severity
        return found

    def _per_path(self, value: object, place: Source) -> tuple[PathSettings, ...]:
        items = self._members.array(value, place, "an array of tables")
        return tuple(self._one_path(item, there) for item, there in items)

    def _one_path(self, value: object, place: Source) -> PathSettings:
        readers = {"path": self._text} | self._chosen | {"severities": self._severities}
        known = self._table_of(readers, value, place)
        if isinstance(value, Mapping) and "path" not in value:
            self._members.wrong(place, "`path` is missing: the files that it is about")
        return PathSettings(**(known | {"path": known.get("path") or ""}))
