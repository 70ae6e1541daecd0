"""The text of a configuration file: its table, and the lines of its keys."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ssoroute.loaders.files import read
from ssoroute.loaders.findings import Report, Unreadable
from ssoroute.loaders.text import decode
from ssoroute.loaders.toml_lines import lines_of_keys
from ssoroute.loaders.toml_text import read_toml
from ssoroute.model.errors import InvalidInputError
from ssoroute.model.kinds import TOML, must_be
from ssoroute.model.source import Source

__all__ = ["Table", "table_of"]

_LIMIT: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Table:
    """The table of the configuration, its place in the file, and the lines of all keys."""

    content: Mapping[str, Any]
    source: Source
    lines: Mapping[str, int]


def table_of(path: str) -> Table | None:
    """The configuration in the file at `path`; None if it is a `pyproject.toml` without one.

    Raises `InvalidInputError` if the file cannot be read, or is not TOML.
    """
    is_project = os.path.basename(path) == "pyproject.toml"
    report = Report()
    for source, data in read(path, _LIMIT, report):
        if is_project and b"ssoroute" not in data:
            return None
        try:
            content = read_toml(data)
        except Unreadable as fault:
            raise InvalidInputError(f"{source}: {fault.message}") from None
        lines = lines_of_keys(decode(data))
        if not is_project:
            return Table(content, source, lines)
        tool = content.get("tool")
        if not isinstance(tool, Mapping) or "ssoroute" not in tool:
            return None
        place = source.key("tool").key("ssoroute")
        table = tool["ssoroute"]
        if not isinstance(table, Mapping):
            raise InvalidInputError(f"{place}: {must_be('a table', table, TOML)}")
        return Table(table, place, lines)
    raise InvalidInputError(f"{found.source}: {found.message}" for found in report.findings)
