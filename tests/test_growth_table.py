"""One promise: eight times the input takes at most about eight times the time, whatever it is.

One row a family of input. Each is measured at a size and at twice, four and eight times that, and
fails if the largest takes more than 1.5 times its share (3 times for one long text). The time is
the thread's own, the least of several rounds. `--growth` runs every row, the default run those that
are quick.
"""

from __future__ import annotations

import atexit
import base64
import contextlib
import io
import json
import os
import shutil
import tempfile
import tracemalloc
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import pytest

from build import router_of
from loading_samples import CREDENTIAL, DECLARATION, REDIRECT, binary, der, profile, xml
from ssoroute.checks import check
from ssoroute.loaders import load
from ssoroute.loaders.device_file import read_device_members
from ssoroute.loaders.settings_file import parse_settings
from ssoroute.model.errors import SsorouteError
from ssoroute.model.finding import LoadError
from ssoroute.model.members import MemberReader
from ssoroute.model.source import Source
from ssoroute.relations.difference import diff
from ssoroute.replay.chunks import LogError
from ssoroute.replay.har import read_har
from ssoroute.testing.table_reader import load_table
from test_growth import Work, seconds

DOUBLINGS = (1, 2, 4, 8)
TOLERANCE = 1.5
FLOOR = 0.001  # seconds that the smallest takes; below it the clock is measured
# One long text: small ones use memory again that large ones get anew from the system, and expat
# reads an unfinished comment again with every MiB. A quadratic step would take 64 times as long.
ONE_TEXT = 3.0
LONG = 50_000  # characters of one text
MOST = 256  # times the size that a row begins with
ATTEMPTS = 12
FOLDER = tempfile.mkdtemp(prefix="growth-")
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)


@dataclass(frozen=True)
class Family:
    """A kind of input; `work_on(n)` prepares the work on `n` pieces of it."""

    name: str
    size: int
    work_on: Callable[[int], Work]
    quick: bool = False
    memory: bool = False
    tolerance: float = TOLERANCE


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


def urls(count: int) -> list[str]:
    return [f"https://login.example.com/tenant/{number}/" for number in range(count)]


def in_xml(text: Callable[[int], str]) -> Callable[[int], bytes]:
    head, tail = "<plist><dict><key>a</key>", "</dict></plist>"
    return lambda n: (head + text(n) + tail).encode()


TEXTS: dict[str, tuple[int, Callable[[int], bytes]]] = {
    "xml, comments": (2000, in_xml(lambda n: "<!-- x -->" * n + "<true/>")),
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
    handle, path = tempfile.mkstemp(".json", dir=FOLDER)
    os.write(handle, json.dumps(value).encode())
    os.close(handle)

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


def world(prefixes: Iterable[str]) -> dict[str, Any]:
    payload = {
        "Type": "Redirect",
        "ExtensionIdentifier": "com.example.sso",
        "TeamIdentifier": "EXAMPLE123",
        "URLs": list(prefixes),
    }
    return {"platform": "macOS", "version": "15.4", "profiles": [{"payloads": [payload]}]}


def installing(size: int) -> Work:
    given = world(urls(size))
    return lambda: router_of(given)


def refusing(size: int) -> Work:
    given = world(urls(size) * 2)
    return lambda: router_of(given)


def comparing(size: int) -> Work:
    old, new = (router_of(world(urls(size)[skip:])) for skip in (0, 1))
    return lambda: diff(old, new)


def checking(size: int) -> Work:
    profiles = load(xml(profile(REDIRECT | {"URLs": urls(size)})))
    return lambda: check(profiles)


def routing_many(size: int) -> Work:
    router, asked = router_of(world(urls(100))), urls(size)
    return lambda: router.route_many(asked)


FAMILIES = [
    *(
        Family(
            f"{form}, {what}",
            size,
            loading(lambda n, write=write, make=make: write(make(n))),  # type: ignore[misc]
            quick=form == "xml",
            memory=(form, what) == ("xml", "many keys"),
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
    Family("har, many entries", 500, har, quick=True, memory=True),
    Family(
        "har, a long string", LONG, lambda n: reading_har(b'{"x": "' + b"x" * n), tolerance=ONE_TEXT
    ),
    Family("har, too deep", 2000, lambda n: reading_har(b'{"log": ' + b"[" * n)),
    Family("har, white space", LONG, lambda n: reading_har(b"{" + b" " * n), tolerance=ONE_TEXT),
    Family("a route table", 100, route_table, quick=True),
    Family("a route table, all wrong", 100, wrong_table),
    Family("a device file", 100, device_file, quick=True),
    Family("installing", 200, installing, quick=True, memory=True),
    Family("installing what is written twice", 100, refusing),
    Family("comparing", 50, comparing),
    Family("checking", 50, checking),
    Family("routing many", 1000, routing_many),
]


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_the_time_grows_with_the_input(family: Family, request: pytest.FixtureRequest) -> None:
    if not (family.quick or request.config.getoption("--growth")):
        pytest.skip("runs with --growth")
    size = enough(family)
    works = [family.work_on(size * times) for times in DOUBLINGS]
    least = [float("inf")] * len(works)
    for _ in range(ATTEMPTS):  # a busy machine is asked again; the least of all rounds counts
        least = [min(one, seconds(work, 1)) for one, work in zip(least, works, strict=True)]
        if least[-1] <= allowed(least, family.tolerance):
            return
    pytest.fail(f"8 times the input: {least} seconds for {DOUBLINGS} times the size")


def enough(family: Family) -> int:
    """A size that takes long enough to be measured, or so large that a limit ends the work soon."""
    size = family.size
    while size < MOST * family.size and seconds(family.work_on(size), 1) < FLOOR:
        size *= 2
    return size


def allowed(least: list[float], tolerance: float = TOLERANCE) -> float:
    """How long the largest may take: its share of the two smallest, times `tolerance`."""
    share = max(least[0], least[1] / DOUBLINGS[1])
    return tolerance * DOUBLINGS[-1] * max(share, FLOOR / DOUBLINGS[-1])


@pytest.mark.parametrize(
    "family", [family for family in FAMILIES if family.memory], ids=lambda family: family.name
)
def test_the_memory_grows_with_the_input(family: Family) -> None:
    small, large = (peak(family.work_on(family.size * times)) for times in (1, DOUBLINGS[-1]))
    assert large <= TOLERANCE * DOUBLINGS[-1] * small, (small, large)


def peak(work: Work) -> int:
    """The most bytes that Python's objects have during the work, the second time."""
    work()
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_quadratic_row_is_noticed() -> None:
    def work_on(size: int) -> Work:
        return lambda: sum(1 for _ in range(size) for _ in range(size))

    least = [seconds(work_on(150 * times), 2) for times in DOUBLINGS]
    assert least[-1] > allowed(least)
