"""The files that are tables of expected routes, by their names."""

from __future__ import annotations

import os
from collections.abc import Iterator

__all__ = ["is_table", "tables_in"]


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
