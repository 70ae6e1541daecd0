"""Writing a file so that at every moment it is the old one or the new one, whole."""

from __future__ import annotations

import errno
import os
import secrets
from contextlib import suppress
from pathlib import Path

__all__ = ["replace_file"]


def replace_file(path: str | os.PathLike[str], text: str, *, private: bool = False) -> None:
    """Write `text` as UTF-8 to the file `path`, in place of what was there.

    With `private` only its owner may read the file. `OSError` where it cannot be written, and
    `ValueError` for a path with a NUL; then, and when it is interrupted, nothing is left behind.
    """
    path = Path(path)
    if "\0" in str(path):
        raise ValueError("embedded null byte")  # in the words of `open`, before anything is made
    if not path.name:
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    # The name is known before the file is there: whatever happens in between, it is taken away.
    new = path.with_name(f".ssoroute-{secrets.token_hex(8)}.new")
    mode = 0o600 if private else 0o666  # less what the process' mask takes away

    def opener(name: str, flags: int) -> int:
        return os.open(name, flags, mode)

    try:
        with open(new, "x", encoding="utf-8", newline="\n", opener=opener) as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    finally:
        with suppress(FileNotFoundError, NotADirectoryError):
            new.unlink()
    with suppress(OSError):  # not every system can open a folder, nor needs to
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
