"""The files that are tables of expected routes, and the files that a table names."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

__all__ = ["files_named_in", "is_table", "tables_in"]


def is_table(name: str) -> bool:
    """Whether a file of this name is a table.

    >>> is_table("corp.routes.toml"), is_table("corp.toml")
    (True, False)
    """
    return name.lower().endswith((".routes.toml", ".routes.json"))


def tables_in(folder: str) -> Iterator[str]:
    """The paths of the tables in `folder` and the folders in it, in order; hidden ones left out.

    >>> list(tables_in("examples"))
    ['examples/routes/entra.routes.toml', 'examples/routes/wishful.routes.toml']
    """
    for above, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if is_table(name) and not name.startswith("."):
                yield os.path.join(above, name)


def files_named_in(table: str) -> list[str]:
    """The paths of the profiles and the device file that the file `table` names, right or wrong.

    An empty list if it cannot be read.

    >>> files_named_in("examples/routes/wishful.routes.toml")
    ['examples/routes/../profiles/kerberos.mobileconfig']
    """
    # pytest loads this module in every test run.
    from ssoroute.loaders.settings_file import read_settings
    from ssoroute.model.errors import InvalidInputError

    try:
        document, _ = read_settings(table)
    except InvalidInputError:
        return []
    if not isinstance(document, Mapping):
        return []
    profiles = document.get("profiles")
    named = [*profiles] if isinstance(profiles, list) else [profiles]
    named.append(document.get("device"))
    folder = os.path.dirname(table)
    return [os.path.join(folder, path) for path in named if isinstance(path, str) and path]
