"""Invariant: JSON gives profiles that install and route, or findings; never both nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator

from fuzz.loaded import loads_or_says_why
from loading_samples import DECLARATION, JSON

LONGEST = 4000


def seeds() -> Iterator[bytes]:
    yield JSON
    yield json.dumps([DECLARATION, DECLARATION]).encode("utf-16")
    yield json.dumps([DECLARATION, {"Type": "com.apple.configuration.x", "Payload": {}}]).encode()
    payload = {
        "Type": "Credential",
        "ExtensionComposedIdentifier": "com.example.kerberos (apple)",
        "Realm": "EXAMPLE.COM",
        "Hosts": [".example.com"],
        "DeniedBundleIdentifiers": ["com.example.denied"],
        "PlatformSSO": {"AuthenticationMethod": "Password", "RegistrationToken": "x"},
    }
    yield json.dumps(DECLARATION | {"Payload": payload}).encode()


def check(data: bytes) -> None:
    # Any other first byte is another format, which another target reads.
    if data.lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n")[:1] in (b"{", b"["):
        loads_or_says_why(data)
