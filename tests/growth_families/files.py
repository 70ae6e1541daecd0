"""Files: profiles in every format, texts made to be slow, tables, logs as HAR, device files."""

from __future__ import annotations

import base64
import contextlib
import io
import json
from collections.abc import Callable
from typing import Any, Final

from growth_families.family import LONG, ONE_TEXT, TOLERANCE, Family, Work, urls, written
from loading_samples import CREDENTIAL, DECLARATION, REDIRECT, binary, der, profile, xml
from ssoroute.loaders import load
from ssoroute.loaders.device_file import read_device_members
from ssoroute.loaders.settings_file import parse_settings
from ssoroute.model.errors import SsorouteError
from ssoroute.model.finding import LoadError
from ssoroute.model.members import MemberReader
from ssoroute.model.source import Source
from ssoroute.replay.chunks import LogError
from ssoroute.replay.har import read_har
from ssoroute.testing.table_reader import load_table


def loading(make: Callable[[int], bytes]) -> Callable[[int], Work]:
    def work_on(size: int) -> Work:
        data = make(size)

        def work() -> None:
            with contextlib.suppress(LoadError):
                load(data)

        return work

    return work_on


FORMATS: dict[str, Callable[[Any], bytes]] = {
    "xml": xml,
    "binary": binary,
    "signed": lambda value: der(xml(value)),
    "base64": lambda value: base64.b64encode(der(xml(value))),
}
CONTENTS: dict[str, tuple[int, Callable[[int], dict[str, Any]]]] = {
    "many keys": (500, lambda n: profile(REDIRECT | {f"Key{i}": "x" for i in range(n)})),
    "a long string": (20_000, lambda n: profile(REDIRECT | {"Key": "x" * n})),
    "a long array": (500, lambda n: profile(REDIRECT | {"Key": [f"item {i}" for i in range(n)]})),
    "many payloads": (40, lambda n: profile(*[CREDENTIAL] * n)),
    "many URLs": (100, lambda n: profile(REDIRECT | {"URLs": urls(n)})),
    "many dictionaries": (100, lambda n: profile(REDIRECT | {"Key": [{"a": {"b": 1}}] * n})),
}


def in_xml(text: Callable[[int], str]) -> Callable[[int], bytes]:
    head, tail = "<plist><dict><key>a</key>", "</dict></plist>"
    return lambda n: (head + text(n) + tail).encode()


TEXTS: dict[str, tuple[int, Callable[[int], bytes]]] = {
    "xml, comments": (2000, in_xml(lambda n: "<!-- x -->" * n + "<true/>")),
    "xml, comments for checks": (500, in_xml(lambda n: "<!-- ssoroute: x -->" * n + "<true/>")),
    "xml, comments for checks behind a value": (
        500,
        in_xml(lambda n: "<true/>" + "<!-- ssoroute: x -->" * n + "\n<key>b</key><true/>"),
    ),
    "xml, one long comment": (LONG, in_xml(lambda n: "<!--" + "x - " * n + "--><true/>")),
    "xml, entities of the language": (
        2000,
        in_xml(lambda n: "<string>" + "&amp;&#65;" * n + "</string>"),
    ),
    "xml, undefined entities": (2000, in_xml(lambda n: "<string>" + "&x;" * n + "</string>")),
    "xml, declared entities": (
        500,
        lambda n: b"<!DOCTYPE plist [" + b'<!ENTITY a "b">' * n + b"]><plist/>",
    ),
    "xml, repeated keys": (1000, in_xml(lambda n: "<true/>" + "<key>a</key><true/>" * n)),
    "xml, repeated keys of many names": (
        500,
        in_xml(lambda n: "<true/>" + "".join(f"<key>{i}</key><true/>" * 2 for i in range(n))),
    ),
    "xml, too deep": (2000, in_xml(lambda n: "<array>" * n)),
    "xml, processing instructions": (1000, in_xml(lambda n: "<?a b?>" * n + "<true/>")),
    "xml, attributes": (
        200,
        in_xml(lambda n: "<true " + " ".join(f'a{i}="b"' for i in range(n)) + "/>"),
    ),
    "xml, CDATA": (2000, in_xml(lambda n: "<string>" + "<![CDATA[x]]>" * n + "</string>")),
    "xml, white space": (LONG, in_xml(lambda n: " \n" * n + "<true/>")),
    "json, too deep": (2000, lambda n: b"[" * n),
    "json, repeated keys": (1000, lambda n: b'{"a": 1' + b', "a": 1' * n + b"}"),
    "json, many members": (1000, lambda n: json.dumps({str(i): i for i in range(n)}).encode()),
    "json, many declarations": (50, lambda n: json.dumps([DECLARATION] * n).encode()),
    "json, escapes": (5000, lambda n: b'{"Type": "' + b"\\u0041" * n + b'"}'),
    "json, a long number": (100, lambda n: b"[" + b"1" * n + b"]"),
    "base64 of nothing": (LONG, lambda n: b"YWJj" * n),
    "pem that never ends": (LONG, lambda n: b"-----BEGIN CMS-----" + b"A" * n),
    "pem that begins again and again": (2000, lambda n: b"-----BEGIN CMS-----\n" * n),
    "zero bytes": (LONG, lambda n: b"\0" * n),
}


def har(size: int) -> Work:
    entry = {"request": {"url": "https://login.example.com/"}, "response": {"status": 401}}
    return reading_har(json.dumps({"log": {"entries": [entry] * size}}).encode())


def reading_har(data: bytes) -> Work:
    def work() -> None:
        with contextlib.suppress(LogError):
            for _ in read_har("x.har", io.BytesIO(data)):
                pass

    return work


def route_table(size: int) -> Work:
    row = {"url": "https://login.example.com/", "outcome": "handle"}
    return reading_table({"profiles": "x", "routes": [row] * size})


def wrong_table(size: int) -> Work:
    return reading_table({"profiles": "x", "routes": [{"ulr": 1, "outcome": "x"}] * size})


def reading_table(value: object) -> Work:
    path = written(json.dumps(value), ".json")

    def work() -> None:
        with contextlib.suppress(SsorouteError):
            load_table(path)

    return work


def device_file(size: int) -> Work:
    domains = {f"h{number}.example": "approved" for number in range(size)}
    value = {
        "installed_extensions": [f"com.example.e{number}" for number in range(size)],
        "associated_domains": {"com.example.a": domains},
        "apple_account_urls": urls(size),
    }
    data, source = json.dumps(value).encode(), Source("d.json")
    return lambda: read_device_members(parse_settings(data, source), source, MemberReader())


FAMILIES: Final = [
    *(
        Family(
            f"{form}, {what}",
            size,
            loading(lambda n, write=write, make=make: write(make(n))),  # type: ignore[misc]
            quick=form == "xml",
            tolerance=ONE_TEXT if what == "a long string" else TOLERANCE,
        )
        for form, write in FORMATS.items()
        for what, (size, make) in CONTENTS.items()
    ),
    *(
        Family(
            name,
            size,
            loading(make),
            quick=name.endswith(("keys", "deep", "comment")),
            tolerance=ONE_TEXT if size == LONG else TOLERANCE,
        )
        for name, (size, make) in TEXTS.items()
    ),
    Family("har, many entries", 500, har, quick=True),
    Family(
        "har, a long string", LONG, lambda n: reading_har(b'{"x": "' + b"x" * n), tolerance=ONE_TEXT
    ),
    Family("har, too deep", 2000, lambda n: reading_har(b'{"log": ' + b"[" * n)),
    Family("har, white space", LONG, lambda n: reading_har(b"{" + b" " * n), tolerance=ONE_TEXT),
    Family("a route table", 100, route_table, quick=True),
    Family("a route table, all wrong", 100, wrong_table),
    Family("a device file", 100, device_file, quick=True),
]
