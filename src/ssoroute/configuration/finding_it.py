"""Where the configuration file is: the nearest one, from the working directory upwards."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Final

__all__ = ["configuration_places", "find_configuration"]

_OWN_NAME: Final = "ssoroute.toml"
_PROJECT_NAME: Final = "pyproject.toml"
#: More folders than any path has.
_MOST: Final = 1000


def find_configuration(folder: str = "") -> str | None:
    """The path of the nearest configuration file, or None.

    It is `ssoroute.toml`, or a `pyproject.toml` with a table `tool.ssoroute`, in `folder` (if it is
    empty, the working directory) or above. In one folder `ssoroute.toml` is taken. Raises
    `InvalidInputError` if a `pyproject.toml` on the way cannot be read.
    """
    return next(filter(_counts, configuration_places(folder)), None)


def configuration_places(folder: str = "") -> Iterator[str]:
    """The paths where a configuration file for `folder` may be, the nearest first."""
    for _ in range(_MOST):
        yield os.path.join(folder, _OWN_NAME)
        yield os.path.join(folder, _PROJECT_NAME)
        if os.path.realpath(folder or ".") == os.path.realpath(os.path.join(folder, "..")):
            return
        folder = os.path.join(folder, "..")


def _counts(path: str) -> bool:
    is_own = os.path.basename(path) == _OWN_NAME
    return os.path.isfile(path) and (is_own or _has_table(path))


def _has_table(path: str) -> bool:
    from ssoroute.configuration.texts import table_of  # reads TOML, which few commands need

    return table_of(path) is not None
