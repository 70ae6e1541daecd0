"""Where the configuration file is: the nearest one, from the working directory upwards."""

from __future__ import annotations

import os
from typing import Final

__all__ = ["find_configuration"]

_OWN_NAME: Final = "ssoroute.toml"
_PROJECT_NAME: Final = "pyproject.toml"
#: More folders than any path has.
_MOST: Final = 1000


def find_configuration() -> str | None:
    """The path of the nearest configuration file, or None.

    It is `ssoroute.toml`, or a `pyproject.toml` with a table `tool.ssoroute`, in the working
    directory or above. In one folder `ssoroute.toml` is taken. Raises `InvalidInputError` if a
    `pyproject.toml` on the way cannot be read.
    """
    folder = ""
    for _ in range(_MOST):
        own, project = (os.path.join(folder, name) for name in (_OWN_NAME, _PROJECT_NAME))
        if os.path.isfile(own):
            return own
        if os.path.isfile(project) and _has_table(project):
            return project
        if os.path.realpath(folder or ".") == os.path.realpath(os.path.join(folder, "..")):
            return None
        folder = os.path.join(folder, "..")
    return None


def _has_table(path: str) -> bool:
    from ssoroute.configuration.texts import table_of  # reads TOML, which few commands need

    return table_of(path) is not None
