"""A value that is made of files, and is made again when they change."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Generic, NamedTuple, TypeVar

from ssoroute.loaders.files import ENDINGS
from ssoroute.model.errors import InvalidInputError

__all__ = ["FollowedFiles", "Looked"]

_Value = TypeVar("_Value")
#: The time of the last change, the size and the inode of a file; None if it does not exist.
_State = tuple[int, int, int] | None


class Looked(NamedTuple):
    """What a look at the files did: it replaced the value, or there were `problems`."""

    replaced: bool
    problems: tuple[str, ...] = ()


class FollowedFiles(Generic[_Value]):
    """Holds what `read` makes of the files and folders in `paths`.

    `current` is one immutable value. `look` replaces it by one assignment if the files have changed
    and can be read, else it keeps the old one. At the start, errors of `read` are raised.
    """

    def __init__(self, paths: Sequence[str], read: Callable[[], _Value]) -> None:
        self._paths = tuple(paths)
        self._read = read
        # Taken before the files are read: a change in between is seen at the next look.
        self._tried = self._seen = _states(self._paths)
        self.current = read()

    def look(self) -> Looked | None:
        """Follow changes of the files; None if there are none. Never raises.

        A change counts when two calls in a row see the same state, because a file may still be
        written during the first. An error is reported once and changes nothing.
        """
        before, self._seen = self._seen, _states(self._paths)
        if self._seen != before or self._seen == self._tried:
            return None
        self._tried = self._seen
        try:
            self.current = self._read()
        except InvalidInputError as error:
            return Looked(replaced=False, problems=error.problems)
        except Exception as error:  # noqa: BLE001 - an exception would end the thread
            return Looked(replaced=False, problems=(f"reading raised {type(error).__name__}",))
        return Looked(replaced=True)


def _states(paths: tuple[str, ...]) -> dict[str, _State]:
    return {name: _state(name) for path in paths for name in (path, *_below(path))}


def _state(path: str) -> _State:
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _below(path: str) -> Iterator[str]:
    """The files that `load` would read from `path`; none if it is not a folder."""
    if not os.path.isdir(path):
        return
    for folder, folders, names in os.walk(path):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if not name.startswith(".") and name.lower().endswith(ENDINGS):
                yield os.path.join(folder, name)
