"""Bytes of sources: files, folders, open files, and bytes themselves.

No source is read beyond a limit, and in a folder only regular files are opened.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from functools import partial
from typing import BinaryIO, Final, TypeAlias

from ssoroute.loaders.findings import Code, Report, Unreadable
from ssoroute.model.quoting import cannot, printable, quote
from ssoroute.model.source import Source

__all__ = ["ENDINGS", "MOST_BYTES", "Input", "flatten", "read"]

#: The endings of the files that are read from a folder.
ENDINGS: Final = (".mobileconfig", ".plist", ".xml", ".json", ".tpl")
#: The most bytes of a file, unless the caller says another number.
MOST_BYTES: Final = 16 * 1024 * 1024
_CHUNK: Final = 1 << 20

#: One thing that can be loaded: a path of a file or folder, bytes, or an open binary file.
Input: TypeAlias = str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO


def flatten(sources: Iterable[Input | Iterable[Input]]) -> list[Input]:
    """The sources one by one, lists of them unpacked.

    Raises `TypeError` for something that is not a source, before anything is read.

    >>> flatten(["a.plist", ["b.plist", b""]])
    ['a.plist', 'b.plist', b'']
    """
    flat: list[Input] = []
    for source in sources:
        if _is_input(source):
            flat.append(source)  # type: ignore[arg-type] # `_is_input` has looked
        elif isinstance(source, Iterable) and not isinstance(source, (Mapping, AbstractSet)):
            items = list(source)
            for item in items:
                if not _is_input(item):
                    raise _no_source(item)
            flat += items  # type: ignore[arg-type] # each of them has been looked at
        else:
            raise _no_source(source)
    return flat


def read(source: Input, max_bytes: int, report: Report) -> Iterator[tuple[Source, bytes]]:
    """The bytes of one source, or of each file if it is a folder, and what to call them.

    Files that cannot be read are reported and left out.
    """
    if isinstance(source, (bytes, bytearray, memoryview)):
        yield from _guarded(Source("<bytes>"), partial(_copy, source, max_bytes), report)
    elif isinstance(source, (str, os.PathLike)):
        path = os.fspath(source)
        if os.path.isdir(path):
            yield from _folder(path, max_bytes, report)
        else:
            reader = partial(_file, path, max_bytes, regular=False)
            yield from _guarded(Source(printable(path)), reader, report)
    else:
        yield from _guarded(Source(_name_of(source)), partial(_stream, source, max_bytes), report)


def _is_input(source: object) -> bool:
    return isinstance(source, (str, os.PathLike, bytes, bytearray, memoryview)) or callable(
        getattr(source, "read", None)
    )


def _no_source(source: object) -> TypeError:
    kind = type(source).__name__
    return TypeError(f"a source is a path, bytes or an open binary file, not {quote(kind)}")


def _guarded(
    place: Source, reader: Callable[[], bytes], report: Report
) -> Iterator[tuple[Source, bytes]]:
    """The result of `reader`; an error of the operating system becomes a finding."""
    try:
        data = reader()
    except Unreadable as fault:
        report.unreadable(place, fault)
    except (OSError, ValueError) as error:
        # ValueError: a path with a NUL, a closed file, a released memoryview.
        report.add(Code.CANNOT_READ, place, cannot("read", error))
    else:
        yield place, data


def _too_large(max_bytes: int) -> Unreadable:
    message = f"larger than {max_bytes} bytes"
    return Unreadable(
        Code.TOO_LARGE, message, "raise `max_bytes` (`--max-bytes`) if that is intended"
    )


def _copy(data: bytes | bytearray | memoryview, max_bytes: int) -> bytes:
    if memoryview(data).nbytes > max_bytes:
        raise _too_large(max_bytes)
    return bytes(data)


def _stream(stream: BinaryIO, max_bytes: int) -> bytes:
    pieces: list[bytes] = []
    left = max_bytes + 1
    while left > 0:
        # A pipe or socket returns less than was asked for; a non-blocking one returns None.
        piece: object = stream.read(min(left, _CHUNK))
        if isinstance(piece, str):
            raise TypeError("an open file must be binary: open it with mode 'rb'")
        if not piece:
            break
        if not isinstance(piece, (bytes, bytearray, memoryview)):
            raise _no_source(stream)
        pieces.append(bytes(piece))
        left -= len(pieces[-1])
    if left <= 0:
        raise _too_large(max_bytes)
    return b"".join(pieces)


def _file(path: str, max_bytes: int, *, regular: bool) -> bytes:
    """The bytes of the file at `path`; with `regular`, never of one that could block."""

    def without_waiting(name: str, flags: int) -> int:
        return os.open(name, flags | getattr(os, "O_NONBLOCK", 0))

    with open(path, "rb", opener=without_waiting if regular else None) as file:
        if regular and not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError("not a regular file")
        return _stream(file, max_bytes)


def _folder(folder: str, max_bytes: int, report: Report) -> Iterator[tuple[Source, bytes]]:
    """The files of a folder and of those below, by relative path, which is the install order."""
    names = sorted(_names(folder, report))
    if not names:
        message = "the folder holds no file that ends in one of " + " ".join(ENDINGS)
        report.add(Code.EMPTY_FOLDER, Source(printable(folder)), message)
    for name in names:
        path = os.path.join(folder, *name.split("/"))
        reader = partial(_file, path, max_bytes, regular=True)
        yield from _guarded(Source(printable(path)), reader, report)


def _names(folder: str, report: Report) -> Iterator[str]:
    """The relative paths (with `/`) of the files in `folder` that have a known ending."""
    pending = [""]
    while pending:
        prefix = pending.pop()
        try:
            with os.scandir(os.path.join(folder, *prefix.split("/"))) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            place = Source(printable(os.path.join(folder, prefix)))
            report.add(Code.CANNOT_READ, place, cannot("read", error))
            continue
        for entry in found:
            if entry.name.startswith("."):
                continue
            name = prefix + entry.name
            mode = _mode(entry)
            if not stat.S_ISDIR(mode):
                if _to_be_read(entry, mode, report):
                    yield name
            elif entry.is_symlink():
                # It can lead back here, and would give one file two names.
                message = "a symbolic link to a folder is not followed"
                place = Source(printable(entry.path))
                report.add(Code.SKIPPED, place, message, "name that folder itself")
            else:
                pending.append(name + "/")


def _mode(entry: os.DirEntry[str]) -> int:
    """The mode of `entry` or of its target; that of a regular file if unknown: reading says why."""
    try:
        return os.stat(entry.path).st_mode
    except OSError:
        return stat.S_IFREG


def _to_be_read(entry: os.DirEntry[str], mode: int, report: Report) -> bool:
    has_ending = entry.name.lower().endswith(ENDINGS)
    if has_ending and not stat.S_ISREG(mode):
        report.add(Code.SKIPPED, Source(printable(entry.path)), "not a regular file; left out")
        return False
    return has_ending


def _name_of(stream: BinaryIO) -> str:
    name = getattr(stream, "name", None)
    if name == "<stdin>":
        return "-"
    return printable(name) if isinstance(name, str) else "<stream>"
