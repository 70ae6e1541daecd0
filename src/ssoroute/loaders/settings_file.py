"""The files that people write for this tool: TOML if the name ends in `.toml`, else JSON.

Devices, tables of expected routes and maps of callers are such files. They hold no profiles.
"""

from __future__ import annotations

import os
from typing import Final

from ssoroute.loaders.files import read
from ssoroute.loaders.findings import Report, Unreadable
from ssoroute.loaders.json_text import read_json
from ssoroute.loaders.toml_text import read_toml
from ssoroute.model.errors import InvalidInputError
from ssoroute.model.quoting import one_line
from ssoroute.model.source import Source

__all__ = ["parse_settings", "read_settings"]

_LIMIT: Final = 1024 * 1024


def read_settings(path: str | os.PathLike[str]) -> tuple[object, Source]:
    """The value that the file at `path` holds, and what to call the file.

    Raises `InvalidInputError` if it is a folder, cannot be read, is larger than 1 MiB, or is not
    TOML or JSON.
    """
    if os.path.isdir(path):
        raise InvalidInputError(f"{one_line(os.fspath(path))}: must be a file, not a folder")
    report = Report()
    for source, data in read(path, _LIMIT, report):
        return parse_settings(data, source), source
    raise InvalidInputError(f"{found.source}: {found.message}" for found in report.findings)


def parse_settings(data: bytes, source: Source) -> object:
    """The value that `data`, the content of the file `source`, holds.

    A member `$schema` at the top, by which an editor knows the file, is left out. Raises
    `InvalidInputError` if it is not TOML or JSON.

    >>> parse_settings(b"version = '15.4'", Source("laptop.toml"))
    {'version': '15.4'}
    """
    is_toml = source.file.lower().endswith(".toml")
    try:
        value = read_toml(data) if is_toml else read_json(data)
    except Unreadable as fault:
        raise InvalidInputError(f"{source}: {fault.message}") from None
    if isinstance(value, dict) and isinstance(value.get("$schema"), str):
        del value["$schema"]
    return value
