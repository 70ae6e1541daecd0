"""Invariant: the content of a CMS container is what asn1crypto's own classes read, or refused."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from asn1crypto import cms

from fuzz.loaded import loads_or_says_why
from loading_samples import XML, asn1crypto_signed, ber, der
from ssoroute.loaders.findings import Unreadable
from ssoroute.loaders.signed import open_container

LONGEST = 4000


def seeds() -> Iterator[bytes]:
    small = b"<plist><dict/></plist>"
    yield from (der(XML), ber(XML, 100), asn1crypto_signed(XML))
    yield from (der(small), ber(small, 3), asn1crypto_signed(small))
    yield b"-----BEGIN CMS-----\n" + base64.encodebytes(der(small)) + b"-----END CMS-----\n"
    yield base64.b64encode(der(small))


def check(data: bytes) -> None:
    loads_or_says_why(data)
    try:
        ours = open_container(data).content
    except Unreadable as error:
        assert error.message.isprintable(), data
        return
    assert len(ours) <= len(data), data
    try:
        theirs = cms.ContentInfo.load(data)["content"]["encap_content_info"]["content"].native
    except Exception:
        return  # it reads no pieces of a definite length
    assert theirs is None or ours == theirs, (data, ours, theirs)
