"""Files that grow: four times the bytes take about four times as long, whatever is in them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest

from loading_samples import cms, indefinite, tlv
from ssoroute.loaders import load
from ssoroute.loaders.settings_file import parse_settings
from ssoroute.model.errors import InvalidInputError
from ssoroute.model.finding import LoadError
from ssoroute.model.source import Source
from test_growth import Work, assert_linear

KB = 1000

#: Texts by their number of bytes; what is refused at once must be refused at every size.
TOML: dict[str, Callable[[int], bytes]] = {
    "a dotted key": lambda size: b"a." * (size // 2) + b"a = 1",
    "a dotted key of strings": lambda size: b'"a" . ' * (size // 6) + b"a = 1",
    "a dotted header": lambda size: b"[" + b"a." * (size // 2) + b"a]",
    "dots in a string": lambda size: b'a = "' + b"a." * (size // 2) + b'"',
    "dots in a long string": lambda size: b'a = """' + b'."a' * (size // 3) + b'"""',
    "quotes": lambda size: b'"' * size,
    "spaces and dots": lambda size: b" ." * (size // 2),
    "many dotted keys": lambda size: b"".join(
        b".".join([b"a"] * 20) + b".k%d = 1\n" % number for number in range(size // 50)
    ),
    "digits": lambda size: b"a = " + b"1" * size,
    "hexadecimal digits": lambda size: b"a = 0x" + b"f" * size,
}


@pytest.mark.parametrize("shape", TOML)
def test_toml(shape: str) -> None:
    def work_on(size: int) -> Work:
        data = TOML[shape](size)

        def work() -> None:
            with suppress(InvalidInputError):
                parse_settings(data, Source("a.toml"))

        return work

    assert_linear(work_on, 200 * KB)


def loads(make: Callable[[int], bytes], size: int) -> None:
    def work_on(size: int) -> Work:
        data = make(size)

        def work() -> None:
            with suppress(LoadError):
                load(data)

        return work

    assert_linear(work_on, size)


@pytest.mark.parametrize(
    "make",
    [
        lambda size: b"<!--" + b"<!DOCTYPE" * (size // 9) + b"--><plist/>",
        lambda size: b"<!-- -->" * (size // 8) + b"<plist/>",
        lambda size: b"<!DOCTYPE " + b"'a>[b' " * (size // 7) + b"><plist/>",
        lambda size: b" " * size + b"<!DOCTYPE plist [",
        lambda size: b"<plist><integer>" + b"9" * size + b"</integer></plist>",
        lambda size: b"<plist><integer>0x" + b"f" * size + b"</integer></plist>",
        lambda size: b"<plist><integer>" + b" " * size + b"x</integer></plist>",
        lambda size: b"<plist><string>" + b"\n" * size + b"</string></plist>",
        lambda size: b"[" + b"9" * size + b"]",
    ],
    ids=range(9),
)
def test_texts(make: Callable[[int], bytes]) -> None:
    loads(make, 200 * KB)


OID = bytes.fromhex("06092a864886f70d010702")
#: Containers that begin as CMS does, by their number of bytes.
CONTAINERS: dict[str, Callable[[int], bytes]] = {
    "a long type": lambda size: tlv(0x30, tlv(0x06, OID[2:] + b"\xff" * size + b"\1")),
    "a long type of the content": lambda size: cms(None, data=tlv(0x06, b"\xff" * size + b"\1")),
    "a long tag": lambda size: indefinite(0x30, OID, b"\xbf" + b"\xff" * size + b"\1\0"),
    "a long tag of indefinite length": lambda size: b"\x30\x80" + OID + b"\xbf" + b"\xff" * size,
    "a long integer": lambda size: cms(tlv(0x04, b"<plist/>"), version=b"\x7f" * size),
    "many values": lambda size: indefinite(0x30, OID, b"\4\0" * (size // 2)),
    "many levels": lambda size: b"\x30\x80" + OID + b"\x30\x80" * (size // 2),
    "levels of definite length": lambda size: cms(nested(size // 10)),
}


def nested(levels: int) -> bytes:
    """Octet strings in pieces, each in one piece of the one around it."""
    made = [b"\x24\x84" + (6 * level).to_bytes(4) for level in range(levels, 0, -1)]
    return b"".join(made) + b"\0\0\0\0\0\0"


@pytest.mark.parametrize("shape", CONTAINERS)
def test_containers(shape: str) -> None:
    loads(CONTAINERS[shape], 200 * KB)
