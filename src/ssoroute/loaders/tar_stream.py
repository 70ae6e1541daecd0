"""Tar archives as a stream: one member after another, nothing kept, nothing written.

Python's own `tarfile` reads extended headers of any size into memory, and here the archive comes
from somebody else. So this reads no more than it is asked for: names of at most 64 KiB, and the
content of a member only up to the caller's limit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

__all__ = ["DamagedTarError", "TarMember", "is_tar", "tar_members"]

_BLOCK: Final = 512
_NAME_LIMIT: Final = 64 * 1024
_CHUNK: Final = 256 * 1024


class DamagedTarError(Exception):
    """The stream is not a tar archive, or not one from here on; the message says why."""


class _Stream(Protocol):
    def read(self, size: int, /) -> bytes: ...


@dataclass(slots=True)
class TarMember:
    """One member: its name as written, and its size; `read` takes its content."""

    name: str
    size: int
    is_file: bool
    is_link: bool
    _stream: _Stream
    _left: int

    def read(self) -> bytes:
        """The content that was not read yet."""
        content = _read(self._stream, self.size)
        self._left -= len(content)
        return content

    def _skip(self) -> None:
        while self._left:
            self._left -= len(_read(self._stream, min(self._left, _CHUNK)))


def is_tar(start: bytes) -> bool:
    """Whether a file that begins with the block `start` is a tar archive, by its checksum."""
    return len(start) >= _BLOCK and _checksum(start[:_BLOCK])


def tar_members(stream: _Stream) -> Iterator[TarMember]:
    """The members of the archive, in its order; each must be read before the next is asked for.

    Raises `DamagedTarError` if the archive ends early or is damaged.
    """
    long_name: str | None = None
    long_size: int | None = None
    while True:
        header = stream.read(_BLOCK)
        if not header.strip(b"\0"):
            if header:
                return  # a block of zeros is the end
            raise DamagedTarError("it ends early")
        if len(header) < _BLOCK:
            raise DamagedTarError("it ends early")
        if not _checksum(header):
            raise DamagedTarError("a header is damaged")
        kind = header[156:157]
        size = _number(header[124:136])
        if kind in b"LKxg":
            content = _extension(stream, size)
            if kind == b"L":
                long_name = content.split(b"\0")[0].decode("utf-8", "replace")
            elif kind == b"x":
                long_name, long_size = _pax(content, long_name, long_size)
            continue
        if long_size is not None:
            size = long_size
        is_file = kind in b"0\0"
        member = TarMember(
            long_name if long_name is not None else _name(header),
            size,
            is_file,
            kind in b"12",
            stream,
            _padded(size) if kind not in b"123456" else 0,
        )
        long_name = long_size = None
        yield member
        member._skip()  # noqa: SLF001 - it is part of the same walk


def _padded(size: int) -> int:
    return -(-size // _BLOCK) * _BLOCK


def _extension(stream: _Stream, size: int) -> bytes:
    if size > _NAME_LIMIT:
        raise DamagedTarError(f"a name of {size} bytes")
    return _read(stream, _padded(size))[:size]


def _read(stream: _Stream, size: int) -> bytes:
    pieces = []
    while size:
        piece = stream.read(min(size, _CHUNK))
        if not piece:
            raise DamagedTarError("it ends early")
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def _name(header: bytes) -> str:
    name = header[:100].split(b"\0")[0]
    prefix = header[345:500].split(b"\0")[0] if header[257:262] == b"ustar" else b""
    if header[257:265] == b"ustar  \0":  # the older GNU format has other fields there
        prefix = b""
    return (prefix + b"/" + name if prefix else name).decode("utf-8", "replace")


def _checksum(header: bytes) -> bool:
    try:
        written = _number(header[148:156])
    except DamagedTarError:
        return False
    return written == sum(header) - sum(header[148:156]) + 8 * ord(" ")


def _number(field: bytes) -> int:
    if field[:1] == b"\x80":  # the base-256 form, for numbers with too many octal digits
        return int.from_bytes(field[1:], "big")
    try:
        return int(field.split(b"\0")[0].strip() or b"0", 8)
    except ValueError:
        raise DamagedTarError("a header is damaged") from None


def _pax(content: bytes, name: str | None, size: int | None) -> tuple[str | None, int | None]:
    """The path and the size among the records `LENGTH KEY=VALUE` of an extended header."""
    at = 0
    while at < len(content):
        length, space, _rest = content[at : at + 20].partition(b" ")
        if not space or not length.isdigit() or int(length) <= len(length) + 1:
            raise DamagedTarError("an extended header is damaged")
        key, _equals, value = content[at + len(length) + 1 : at + int(length) - 1].partition(b"=")
        if key == b"path":
            name = value.decode("utf-8", "replace")
        elif key == b"size" and value.isdigit() and len(value) < 20:  # noqa: PLR2004 - 64 bits
            size = int(value)
        at += int(length)
    return name, size
