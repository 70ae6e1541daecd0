"""Small profiles in every format, and the writers that make hostile ones.

Everything is made here; nothing is a copy of a real profile.
"""

from __future__ import annotations

import json
import plistlib
import struct
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

SSO = "com.apple.extensiblesso"

#: A value that no message may ever show.
SECRET = "hunter2-SECRET"

REDIRECT: dict[str, Any] = {
    "PayloadType": SSO,
    "PayloadUUID": "11111111-0000-4000-8000-000000000001",
    "ExtensionIdentifier": "com.example.sso.extension",
    "TeamIdentifier": "ABCDE12345",
    "Type": "Redirect",
    "URLs": ["https://login.example.com", "https://id.example.com/auth"],
    "ExtensionData": {"token": SECRET, "numbers": [1, 2.5, True]},
    "RegistrationToken": SECRET,
}
CREDENTIAL: dict[str, Any] = {
    "PayloadType": SSO,
    "ExtensionIdentifier": "com.example.kerberos",
    "TeamIdentifier": "apple",
    "Type": "Credential",
    "Realm": "EXAMPLE.COM",
    "Hosts": ["example.com", ".example.com"],
}
WIFI: dict[str, Any] = {"PayloadType": "com.apple.wifi.managed", "PayloadUUID": "W", "Key": SECRET}


def profile(*payloads: object, **keys: object) -> dict[str, Any]:
    """A configuration profile; a keyword replaces or adds one of its keys, None removes it."""
    written: dict[str, Any] = {
        "PayloadType": "Configuration",
        "PayloadIdentifier": "com.example.profile",
        "PayloadUUID": "11111111-0000-4000-8000-000000000000",
        "PayloadDisplayName": "Example",
        "PayloadVersion": 1,
        "PayloadContent": list(payloads),
    } | keys
    return {key: value for key, value in written.items() if value is not None}


def xml(value: Any) -> bytes:
    return plistlib.dumps(value, sort_keys=False)


def binary(value: Any) -> bytes:
    return plistlib.dumps(value, fmt=plistlib.FMT_BINARY, sort_keys=False)


XML = xml(profile(REDIRECT))
BINARY = binary(profile(REDIRECT))

DECLARATION: dict[str, Any] = {
    "Type": "com.apple.configuration.extensible-sso",
    "Identifier": "com.example.declaration",
    "ServerToken": "1",
    "Payload": {
        "ExtensionComposedIdentifier": "com.example.sso.extension (ABCDE12345)",
        "Type": "Redirect",
        "URLs": ["https://login.example.com"],
        "ExtensionData": {"token": SECRET},
    },
}
JSON = json.dumps(DECLARATION).encode()


def dumped(date: str | datetime | None, name: str, *keys: dict[str, Any]) -> dict[str, Any]:
    """A profile as `profiles show -output stdout-xml` prints it."""
    written: dict[str, Any] = {
        "ProfileIdentifier": name,
        "ProfileDisplayName": name.upper(),
        "ProfileUUID": "U",
        "ProfileItems": [
            {
                "PayloadType": item.get("PayloadType", SSO),
                "PayloadContent": {
                    key: value for key, value in item.items() if not key.startswith("Payload")
                },
            }
            for item in keys
        ],
    }
    if date is not None:
        written["ProfileInstallDate"] = date
    return written


# CMS containers, written by hand: in DER, and in BER as some signers write it.

_SIGNED = bytes.fromhex("06092a864886f70d010702")
_ENVELOPED = bytes.fromhex("06092a864886f70d010703")
_DATA = bytes.fromhex("06092a864886f70d010701")


def tlv(tag: int, *contents: bytes) -> bytes:
    """A value of definite length."""
    body = b"".join(contents)
    if len(body) < 0x80:
        return bytes([tag, len(body)]) + body
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8)
    return bytes([tag, 0x80 | len(size)]) + size + body


def indefinite(tag: int, *contents: bytes) -> bytes:
    """A value that an end marker closes."""
    return bytes([tag, 0x80]) + b"".join(contents) + b"\0\0"


def cms(
    octets: bytes | None,
    *,
    version: int | bytes = 1,
    outer: Callable[..., bytes] = tlv,
    kind: bytes = _SIGNED,
    data: bytes = _DATA,
) -> bytes:
    """Signed data without a signature around the octet string `octets`, written as given."""
    content = b"" if octets is None else outer(0xA0, octets)
    signed = outer(
        0x30,
        tlv(0x02, version if isinstance(version, bytes) else bytes([version])),
        tlv(0x31),
        outer(0x30, data, content),
        tlv(0x31),
    )
    return outer(0x30, kind, outer(0xA0, signed))


def der(data: bytes) -> bytes:
    return cms(tlv(0x04, data))


def pieces(data: bytes, size: int) -> list[bytes]:
    return [tlv(0x04, data[start : start + size]) for start in range(0, len(data), size)]


def ber(data: bytes, size: int = 1000) -> bytes:
    """Indefinite lengths everywhere, the content cut into pieces."""
    return cms(indefinite(0x24, *pieces(data, size)), outer=indefinite)


def enveloped() -> bytes:
    recipient = tlv(0x31)
    algorithm = tlv(0x30, bytes.fromhex("060960864801650304012a"))
    encrypted = tlv(0x30, _DATA, algorithm, tlv(0x80, b"x" * 16))
    body = tlv(0x30, tlv(0x02, b"\0"), recipient, encrypted)
    return tlv(0x30, _ENVELOPED, tlv(0xA0, body))


def asn1crypto_signed(data: bytes) -> bytes:
    """The same, written by asn1crypto (version 3, with certificates left out)."""
    from asn1crypto import cms as structures

    signed = structures.SignedData(
        {
            "version": "v3",
            "digest_algorithms": [{"algorithm": "sha256"}],
            "encap_content_info": {"content_type": "data", "content": data},
            "signer_infos": [],
        }
    )
    info = structures.ContentInfo({"content_type": "signed_data", "content": signed})
    return bytes(info.dump())


# Binary property lists from raw objects.


def sized(kind: int, size: int) -> bytes:
    """The first bytes of an object of `kind` whose size does not fit into them."""
    return bytes([kind << 4 | 0xF, 0x13]) + struct.pack(">Q", size)


def array(*references: int, width: int = 1) -> bytes:
    return sized(0xA, len(references)) + b"".join(ref.to_bytes(width) for ref in references)


def dictionary(keys: Sequence[int], values: Sequence[int]) -> bytes:
    return sized(0xD, len(keys)) + bytes([*keys, *values])


def ascii_string(text: bytes) -> bytes:
    return sized(0x5, len(text)) + text


def bplist(objects: Sequence[bytes], offsets: Sequence[int] | None = None, **trailer: int) -> bytes:
    """A binary property list of these objects, the first the root; `trailer` changes numbers."""
    body = b"bplist00"
    starts = []
    for written in objects:
        starts.append(len(body))
        body += written
    starts = list(starts if offsets is None else offsets)
    numbers = {
        "offset_size": 4,
        "ref_size": 1,
        "count": len(starts),
        "root": 0,
        "table": len(body),
    } | trailer
    table = b"".join(start.to_bytes(4) for start in starts)
    return body + table + struct.pack(">6xBBQQQ", *numbers.values())
