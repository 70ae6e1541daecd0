"""Profiles that are not files: bytes with a name for their places."""

from __future__ import annotations

import base64
import binascii
import io

from ssoroute.model.errors import InvalidInputError
from ssoroute.model.quoting import one_line

__all__ = ["named_bytes", "uploaded"]


class _NamedBytes(io.BytesIO):
    """Bytes that were a file, with its name."""

    name = ""


def named_bytes(name: str, data: bytes) -> io.BytesIO:
    """`data` as an open file with that name.

    >>> named_bytes("corp.mobileconfig", b"hello").read()
    b'hello'
    """
    file = _NamedBytes(data)
    file.name = name
    return file


def uploaded(name: str, text: str) -> io.BytesIO:
    """The bytes that the Base64 `text` says, as an open file with that name.

    `InvalidInputError` if they are not Base64.

    >>> uploaded("corp.mobileconfig", "aGVsbG8=").read()
    b'hello'
    """
    try:
        return named_bytes(name, base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        raise InvalidInputError(f"{one_line(name)}: not Base64") from None
