"""A profile that comes inside of a message, as Base64, with a name for its places."""

from __future__ import annotations

import base64
import binascii
import io

from ssoroute.model.errors import InvalidInputError
from ssoroute.model.quoting import one_line

__all__ = ["uploaded"]


class _NamedBytes(io.BytesIO):
    """Bytes that were a file, with its name."""

    name = ""


def uploaded(name: str, text: str) -> io.BytesIO:
    """The bytes that the Base64 `text` says, as an open file with that name.

    `InvalidInputError` if they are not Base64.

    >>> uploaded("corp.mobileconfig", "aGVsbG8=").read()
    b'hello'
    """
    try:
        file = _NamedBytes(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        raise InvalidInputError(f"{one_line(name)}: not Base64") from None
    file.name = name
    return file
