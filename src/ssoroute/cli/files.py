"""The files that commands read and write by their names; `-` is standard input."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext
from typing import BinaryIO

from ssoroute.atomic_file import NewFile
from ssoroute.cli.status import InputError
from ssoroute.model.quoting import cannot, one_line

__all__ = ["opened", "read_file", "standard_input", "unreadable", "write_bytes", "write_file"]


def standard_input() -> BinaryIO:
    """Standard input as bytes; `InputError` if it is closed."""
    if sys.stdin is None:
        raise InputError(["-: error: cannot be read: standard input is closed"])
    return sys.stdin.buffer


def opened(path: str) -> AbstractContextManager[BinaryIO]:
    """The file at `path` to read bytes from; `InputError` if it cannot be opened."""
    if path == "-":
        return nullcontext(standard_input())
    try:
        return open(path, "rb")
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise unreadable(path, error) from None


def read_file(path: str) -> bytes:
    """All bytes of the file at `path`; `InputError` if it cannot be read."""
    try:
        with opened(path) as file:
            return file.read()
    except OSError as error:
        raise unreadable(path, error) from None


def unreadable(path: str, error: OSError | ValueError) -> InputError:
    """The error that says why the file at `path` cannot be read."""
    return InputError([f"{one_line(path)}: error: {cannot('read', error)}"])


def write_file(path: str, text: str) -> None:
    """Replace the file at `path` by one with `text`; `InputError` if it cannot be written."""
    write_bytes(path, text.encode())


def write_bytes(path: str, data: bytes) -> None:
    """Replace the file at `path` by one with `data`; `InputError` if it cannot be written."""
    try:
        with NewFile(path) as new:
            new.file.write(data)
            new.finish()
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise InputError([f"{one_line(path)}: error: {cannot('written', error)}"]) from None
