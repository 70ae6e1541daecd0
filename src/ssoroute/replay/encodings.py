"""Logs in UTF-16, as programs for Windows write them, read as UTF-8."""

from __future__ import annotations

import codecs
from io import BufferedReader, RawIOBase
from typing import Any, BinaryIO, Final

from ssoroute.replay.chunks import LogError

__all__ = ["as_utf8"]

_PIECE: Final = 64 * 1024


def as_utf8(stream: BufferedReader) -> BufferedReader:
    r"""`stream`, or its text in UTF-8 if it begins with a byte order mark of UTF-16.

    `LogError` while it is read if it is not UTF-16 to its end.

    >>> from io import BytesIO
    >>> as_utf8(BufferedReader(BytesIO("url\n".encode("utf-16")))).read()
    b'url\n'
    """
    if stream.peek(2).startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return BufferedReader(_FromUtf16(stream))
    return stream


class _FromUtf16(RawIOBase):
    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-16")()
        self._waiting = b""
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        while not (self._waiting or self._ended):
            piece = self._stream.read(_PIECE)
            self._ended = not piece
            try:
                text = self._decoder.decode(piece, final=self._ended)
            except UnicodeDecodeError:
                raise LogError("the log is not UTF-16 to its end") from None
            self._waiting = text.encode()
        part, self._waiting = self._waiting[: len(buffer)], self._waiting[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)
