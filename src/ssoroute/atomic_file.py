"""Atomic file replacement: readers see the old file or the new one, never a part.

The new file is written beside the old one, under a name of its own, and renamed. While it is
written it is locked, so that a later run can recognise the leftovers of a killed one and remove
them. Devices and pipes are written in place. Symbolic links are followed: their target is replaced.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, Self

if TYPE_CHECKING:
    from threading import Thread

__all__ = ["NewFile", "replace_file"]

_MOST_LINKS: Final = 40
#: The bits of a mode that say who may read, write and execute.
_PERMISSIONS: Final = 0o777


def replace_file(path: str | os.PathLike[str], text: str, *, private: bool = False) -> None:
    """Write `text` as UTF-8 to the file `path`, in place of what was there.

    With `private` only its owner may read the file; else a new file has the mode that the umask
    allows, and an old one keeps its mode and, if possible, its owner. `OSError` if the file cannot
    be written, `ValueError` for a path with a NUL; then, and after an interrupt, the old file is
    unchanged and nothing else is left behind.
    """
    data = text.encode()
    with NewFile(path, private=private) as new:
        new.file.write(data)
        new.finish()


class NewFile:
    """A file that takes the place of `path` when it is finished; write into `file`.

    A device or a pipe gets the bytes as they are written. Leaving the context before `finish`
    removes what was written and leaves the old file as it was.
    """

    file: BinaryIO

    def __init__(self, path: str | os.PathLike[str], *, private: bool = False) -> None:
        given = Path(path)
        if "\0" in str(given):
            raise ValueError("embedded null byte")  # in the words of `open`, before anything else
        self._new: Path | None = None
        self._back: Thread | None = None
        self._failed: OSError | None = None
        self._target = target = _target(given)
        if isinstance(target, int):
            self.file = os.fdopen(os.dup(target), "wb")
            return
        old = _status(target)
        if not target.name or (old is not None and stat.S_ISDIR(old.st_mode)):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(given))
        if old is not None and stat.S_ISSOCK(old.st_mode):
            raise OSError(errno.EOPNOTSUPP, "it is a socket", str(given))
        if old is not None and not stat.S_ISREG(old.st_mode):
            self.file = os.fdopen(os.open(target, os.O_WRONLY), "wb")
            return
        beginning = _beginning(target.name)
        _remove_leftovers(target.parent, beginning)
        # The name is known before the file is there: whatever happens in between, `discard` works.
        self._new = target.with_name(f"{beginning}{os.urandom(8).hex()}.new")
        try:
            # A file that has another owner or a narrower mode than this one is never readable by
            # others while it is written.
            self.file = os.fdopen(
                _locked(self._new, 0o600 if private or old is not None else 0o666), "wb"
            )
            if old is not None:
                _take_over(self.file.fileno(), old, private=private)
        except BaseException:
            self.discard()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.discard()

    def write_back(self) -> None:
        """Have the disk get what was written so far, in a thread: then `finish` waits for less.

        Does nothing if an earlier call still runs, or if the system has no such call. `OSError` if
        an earlier one failed.
        """
        if self._new is None or not hasattr(os, "fdatasync"):
            return
        if self._back is not None and self._back.is_alive():
            return
        self._end_write_back()
        self.file.flush()

        from threading import Thread  # few files are so long

        self._back = Thread(target=self._sync_data, args=(self.file.fileno(),))
        self._back.start()

    def _sync_data(self, descriptor: int) -> None:
        try:
            os.fdatasync(descriptor)
        except OSError as error:
            self._failed = error  # the system tells of it only once

    def _end_write_back(self) -> None:
        if self._back is not None:
            self._back.join()
        if self._failed is not None:
            raise self._failed

    def finish(self) -> None:
        """Put the file in its place; `OSError` if that fails."""
        self.file.flush()
        if self._new is None or isinstance(self._target, int):
            self.file.close()
            return
        self._end_write_back()
        os.fsync(self.file.fileno())
        # Windows renames no open file. Elsewhere the lock is kept until the file has its place.
        if os.name == "nt":
            self.file.close()
        self._new.replace(self._target)
        self._new = None
        self.file.close()
        _sync_folder(self._target.parent)

    def discard(self) -> None:
        """Remove what was written; does nothing after `finish`."""
        if self._new is not None:
            with suppress(OSError):
                self._new.unlink()
        if hasattr(self, "file"):
            with suppress(OSError):
                self._end_write_back()
            with suppress(OSError):
                self.file.close()
        if self._new is not None and os.name == "nt":  # an open file cannot be removed there
            with suppress(OSError):
                self._new.unlink(missing_ok=True)


def _target(path: Path) -> Path | int:
    """The file that `path` leads to through symbolic links, or the open descriptor that it names.

    A descriptor (`/dev/stdout`) is not opened again: what it writes to may have no name any more,
    and another program may continue to write there.
    """
    for _ in range(_MOST_LINKS):
        folder = Path(os.path.realpath(path.parent))
        if str(folder) in (f"/proc/{os.getpid()}/fd", "/dev/fd") and path.name.isdecimal():
            return int(path.name)
        path = folder / path.name if path.name != ".." else Path(os.path.realpath(path))
        if not path.is_symlink():
            return path
        path = folder / path.readlink()
    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except FileNotFoundError:
        return None


def _take_over(descriptor: int, old: os.stat_result, *, private: bool) -> None:
    """Give the open file the owner and the mode of `old`, as far as the system allows it."""
    if not hasattr(os, "fchown"):  # Windows
        return
    mode = 0o600 if private else old.st_mode & _PERMISSIONS
    new = os.fstat(descriptor)
    if (new.st_uid, new.st_gid) != (old.st_uid, old.st_gid):
        try:
            os.fchown(descriptor, old.st_uid, old.st_gid)
        except OSError:
            try:
                os.fchown(descriptor, -1, old.st_gid)
            except OSError:
                # The bits of the old group are not for this process' own group.
                mode = mode & ~0o070 | (mode & 0o007) << 3
    with suppress(OSError):  # a file system without modes
        os.fchmod(descriptor, mode)


def _beginning(name: str) -> str:
    """How the names of new files begin that are to become the file `name`."""
    return f".ssoroute-{hashlib.sha256(os.fsencode(name)).hexdigest()[:16]}-"


def _locked(path: Path, mode: int) -> int:
    """A descriptor of the new file `path`, locked for as long as it is open."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    while True:
        descriptor = os.open(path, flags, mode)
        try:
            if _lock(descriptor, wait=True) is None or os.fstat(descriptor).st_nlink:
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # another run took it for a leftover before it was locked


def _lock(descriptor: int, *, wait: bool) -> bool | None:
    """Whether the file is now locked by this process; None if it cannot be locked at all."""
    try:
        import fcntl
    except ImportError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _remove_leftovers(folder: Path, beginning: str) -> None:
    """Remove what killed runs left in `folder`: files with our names that no process has locked."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(beginning) and entry.is_file(follow_symlinks=False):
                with suppress(OSError):
                    _remove_leftover(Path(entry.path))


def _remove_leftover(path: Path) -> None:
    if os.name == "nt":
        path.unlink()  # refused while a process has it open
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        if _lock(descriptor, wait=False):
            path.unlink()
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    with suppress(OSError):  # not every system can open a folder, nor needs to
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
