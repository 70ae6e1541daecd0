"""Signed profiles: CMS containers in DER or BER, as they are, in PEM or in base64.

`asn1crypto` takes the container apart. It is imported only for a signed profile, and it sees only
what `_check_headers` has passed. `signature_check` checks the signature, if the caller asks for it.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass
from typing import Final, NamedTuple

from ssoroute.loaders.findings import Code, Unreadable
from ssoroute.model.quoting import quote

__all__ = ["SignedData", "from_base64", "from_pem", "is_cms", "open_container"]

# Documented (RFC 5652): a ContentInfo is a SEQUENCE that begins with the OID of its type; those of
# CMS begin with 1.2.840.113549.1.7 or 1.2.840.113549.1.9.16.
_OIDS: Final = (bytes.fromhex("06092a864886f70d0107"), bytes.fromhex("060b2a864886f70d010910"))
_SEQUENCE: Final = b"\x30"
_PEM: Final = re.compile(
    rb"-----BEGIN (?P<label>PKCS7|PKCS #7 SIGNED DATA|CMS)-----(?P<body>[^-]*)"
    rb"(?P<end>-----END (?P=label)-----)?"
)
_BASE64: Final = re.compile(rb"[A-Za-z0-9+/]+={0,2}")
_SIGNED: Final = "1.2.840.113549.1.7.2"
# Enveloped data, encrypted data, and authenticated enveloped data (RFC 5083).
_ENCRYPTED: Final = frozenset(
    {"1.2.840.113549.1.7.3", "1.2.840.113549.1.7.6", "1.2.840.113549.1.9.16.1.23"}
)
_EXPLICIT: Final = 0xA0  # the tag [0] around a content, and that of the certificates
_SET: Final = 0x31  # the tag of the set of signers
#: Certificates and signers of one container; signers of profiles write a handful.
_MOST_VALUES: Final = 32
#: The bits of a first byte after which a tag of several bytes follows. CMS has none.
_LONG_TAG: Final = 0x1F
#: The other first bytes, but that of the marker at the end of a value.
_SHORT: Final = frozenset(byte for byte in range(1, 256) if byte & _LONG_TAG != _LONG_TAG)
#: Bytes of an object identifier with its header; those of contents have 13 at most.
_LONGEST_TYPE: Final = 64
#: How deep values of indefinite length may be nested; signers need six levels.
_DEPTH: Final = 10
#: Bytes of a length; four are enough for all that is ever loaded.
_LONGEST_LENGTH: Final = 8

# The first byte of an octet string in one piece, and of one cut into pieces.
_WHOLE: Final = 0x04
_CUT: Final = 0x24
_INDEFINITE: Final = 0x80
_END_OF_CONTENTS: Final = b"\0\0"
#: How deep pieces may be cut into pieces. One level is what signers write.
_CUT_DEPTH: Final = 8


def is_cms(data: bytes) -> bool:
    """Whether `data` begins as a CMS container does."""
    return data.startswith(_SEQUENCE) and any(oid in data[:20] for oid in _OIDS)


def from_pem(data: bytes) -> bytes | None:
    """The container in the first PEM block of `data`, or None if there is none.

    Raises `Unreadable` if the block is broken.
    """
    block = _PEM.search(data)
    if block is None:
        return None
    if block["end"] is None:
        label = block["label"].decode()
        message = f"the PEM block is not closed by `-----END {label}-----`"
        raise Unreadable(Code.BAD_CONTAINER, message)
    decoded = from_base64(block["body"])
    if decoded is None:
        raise Unreadable(Code.BAD_CONTAINER, "the PEM block does not hold base64 text")
    return decoded


def from_base64(data: bytes) -> bytes | None:
    r"""The bytes that `data` holds in base64, or None if it is not base64.

    >>> from_base64(b"YWJj\nZGU=\n")
    b'abcde'
    """
    compact = b"".join(data.split())
    if not _BASE64.fullmatch(compact):
        return None
    try:
        return binascii.a2b_base64(compact, strict_mode=True)
    except binascii.Error:
        return None


@dataclass(frozen=True, slots=True)
class SignedData:
    """A signed CMS container: the content, its type, and what comes after them.

    `rest` holds certificates and signers as they are; `after_content` takes them apart.
    """

    content: bytes
    content_type: str
    rest: bytes

    def after_content(self) -> tuple[list[bytes], list[bytes]]:
        """The certificates and the signers, each in BER.

        Raises `Unreadable` or `ValueError` if they are damaged.
        """
        certificates: list[bytes] = []
        signers: list[bytes] = []
        data = self.rest
        while data:
            (part,) = _parts(data)
            data = data[len(part.whole) :]
            if part.first == _EXPLICIT:
                certificates += _each(part.contents)
            elif part.first == _SET:
                signers += _each(part.contents)
        return certificates, signers


def open_container(data: bytes) -> SignedData:
    """What the CMS container `data` signs. The signature is not checked.

    Raises `Unreadable` if it is damaged, encrypted, or holds no content.
    """
    # Documented (RFC 5652): ContentInfo { type, [0] SignedData { version, digest algorithms,
    # EncapsulatedContentInfo { type, [0] OCTET STRING }, … } }. The classes of asn1crypto.cms do
    # not read octet strings cut into pieces of definite length, so its parser is used alone.
    try:
        kind, content = _content_info(_parts(data)[0].contents)
        if kind != _SIGNED:
            raise _not_signed(kind)
        if content is None:
            raise _damaged("it is empty")
        before = _parts(content.contents, 3)
        content_type, octets = _content_info(before[2].contents)
    except RecursionError:
        raise Unreadable(Code.TOO_DEEP, "the CMS container is nested too deep") from None
    except (ValueError, TypeError, LookupError, OverflowError):
        # The messages of asn1crypto count bytes, which does not help a user.
        raise _damaged("its structure cannot be read") from None
    if octets is None:
        message = "the CMS container holds a signature only, not the profile"
        raise Unreadable(Code.BAD_CONTAINER, message)
    rest = content.contents[sum(len(part.whole) for part in before) :]
    if octets.first == _WHOLE:
        return SignedData(octets.contents, content_type, rest)
    if octets.first == _CUT:
        return SignedData(_join(octets.contents), content_type, rest)
    raise _damaged("its content is not an octet string")


def _each(data: bytes) -> list[bytes]:
    """The values in `data` one by one, at most `_MOST_VALUES`; `ValueError` if there are more."""
    values: list[bytes] = []
    while data:
        if len(values) == _MOST_VALUES:
            raise ValueError("too many values")
        (part,) = _parts(data)
        values.append(part.whole)
        data = data[len(part.whole) :]
    return values


class _Part(NamedTuple):
    """One BER value: its first byte (class, form and tag), its contents, and all of its bytes."""

    first: int
    contents: bytes
    whole: bytes


def _parts(data: bytes, count: int = 1) -> list[_Part]:
    """The first `count` values of `data`; raises `ValueError` if they are damaged."""
    from asn1crypto import parser

    parts = []
    for _ in range(count):
        _check_headers(data)
        _, _, _, header, contents, trailer = parser.parse(data)
        parts.append(_Part(header[0], contents, header + contents + trailer))
        data = data[len(parts[-1].whole) :]
    return parts


def _check_headers(data: bytes) -> None:
    """Refuse a first value that asn1crypto would need quadratic time or much recursion for.

    To find the end of a value of indefinite length it reads all headers inside, and so does this.
    """
    place, depth, end = 0, 0, len(data) - 1
    while True:
        # Most values are short: this line alone halves the time for a million of them.
        while depth and place < end and data[place + 1] < _INDEFINITE and data[place] in _SHORT:
            place += 2 + data[place + 1]
        if depth and data.startswith(_END_OF_CONTENTS, place):
            place, depth = place + 2, depth - 1
        else:
            first, size, place = _header(data, place, len(data))
            if first & _LONG_TAG == _LONG_TAG:
                raise _damaged("a tag of more than one byte")
            if size is None:
                depth += 1
                if depth > _DEPTH:
                    raise _damaged(f"values nested more than {_DEPTH} levels deep")
            else:
                place += size
        if depth == 0:
            return


def _content_info(data: bytes) -> tuple[str, _Part | None]:
    """The type of a content, as a dotted number, and what is inside its explicit tag, if any."""
    from asn1crypto import core, parser

    _check_headers(data)
    length = parser.peek(data)
    if length > _LONGEST_TYPE:
        raise _damaged(f"an object identifier of {length} bytes")
    kind: str = core.ObjectIdentifier.load(data[:length]).native
    if length == len(data):
        return kind, None
    tagged = _parts(data[length:])[0]
    if tagged.first != _EXPLICIT:
        raise ValueError("not a content")
    return kind, _parts(tagged.contents)[0]


def _damaged(what: str) -> Unreadable:
    return Unreadable(Code.BAD_CONTAINER, f"damaged CMS container: {what}")


def _not_signed(kind: str) -> Unreadable:
    if kind in _ENCRYPTED:
        message = "the profile is encrypted; only the device can read it"
        hint = "load the profile from before it was encrypted"
        return Unreadable(Code.ENCRYPTED, message, hint)
    message = f"the CMS container holds content of type {quote(kind)}, not signed data"
    return Unreadable(Code.BAD_CONTAINER, message)


def _join(data: bytes) -> bytes:
    """The octet string whose pieces `data` holds, each a whole one or cut again (BER)."""
    pieces: list[bytes] = []
    ends: list[int | None] = [len(data)]  # where each open piece ends; None: at its marker
    place = 0
    while ends:
        if ends[-1] is None and data.startswith(_END_OF_CONTENTS, place):
            place += 2
            ends.pop()
            continue
        if ends[-1] == place:
            ends.pop()
            continue
        # An inner piece of definite length ends inside all that are around it.
        limit = next(end for end in reversed(ends) if end is not None)
        first, length, place = _header(data, place, limit)
        if first == _WHOLE and length is not None:
            pieces.append(data[place : place + length])
            place += length
        elif first == _CUT and len(ends) <= _CUT_DEPTH:
            ends.append(None if length is None else place + length)
        else:
            raise _damaged("its content is not cut into octet strings")
    return b"".join(pieces)


def _header(data: bytes, place: int, limit: int) -> tuple[int, int | None, int]:
    """First byte, length (None: indefinite) and start of the contents of the value at `place`."""
    if place + 2 > limit:
        raise _damaged("its content is cut off")
    first, size = data[place], data[place + 1]
    place += 2
    if size == _INDEFINITE:
        return first, None, place
    if size > _INDEFINITE:
        octets = size - _INDEFINITE
        if octets > _LONGEST_LENGTH:
            raise _damaged(f"a length of {octets} bytes")
        size = int.from_bytes(data[place : place + octets])
        place += octets
    if place + size > limit:
        raise _damaged("its content is cut off")
    return first, size, place
