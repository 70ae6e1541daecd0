"""What a device says about itself: the texts of its tools, archives, sites, and files of facts."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import tarfile
from collections.abc import Callable
from typing import Final

from growth_families.family import LONG, ONE_TEXT, Family, Work, WorkOn, urls, written
from growth_families.forms import dump, report_as_plist
from loading_samples import REDIRECT, profile, xml
from ssoroute.integrations.caller_map import read_callers
from ssoroute.loaders.app_sso import read_app_sso
from ssoroute.loaders.device_text import device_lines
from ssoroute.loaders.findings import Report, Unreadable
from ssoroute.loaders.locations import locate_in
from ssoroute.loaders.log_events import read_log
from ssoroute.loaders.pluginkit import read_pluginkit
from ssoroute.loaders.rmd_inspect import read_rmd_inspect
from ssoroute.loaders.settings_file import parse_settings
from ssoroute.loaders.site_file import SiteFileError, read_site_file
from ssoroute.loaders.sw_vers import read_sw_vers
from ssoroute.loaders.swcutil import DomainApproval, read_swcutil
from ssoroute.loaders.sysdiagnose import device_files
from ssoroute.model.device import Approval, Device
from ssoroute.model.errors import SsorouteError
from ssoroute.model.payload import Extension
from ssoroute.model.source import Source
from ssoroute.real_device.join import read_sources
from ssoroute.real_device.join_approvals import Approvals
from ssoroute.real_device.masking import masked_app_sso, masked_dump, masked_system_profiler
from ssoroute.real_device.recognise import recognise

HERE: Final = Source("x.txt")
TEXT_READERS: Final[dict[str, Callable[[bytes], object]]] = {
    "swcutil": lambda data: read_swcutil(data, HERE, Report()),
    "pluginkit": lambda data: read_pluginkit(data, HERE, Report()),
    "sw_vers": lambda data: read_sw_vers(data, HERE, Report()),
    "app-sso": lambda data: read_app_sso(data, HERE, Report()),
    "rmd_inspect": lambda data: read_rmd_inspect(data, HERE, Report()),
    "log": lambda data: list(read_log(data, HERE)),
}
ENTRY: Final = (
    f"{'-' * 80}\nService:              authsrv\nApp ID:               ABCDE12345.com.example.app\n"
    "Domain:               h%d.example\nSite/Fmwk Approval:   approved\n"
)
HANDLED: Final = "Handling SSO request, requested operation: get https://a.example/x?y"
RMD_ITEM: Final = """{
    active = 1; "declaration-type" = "com.apple.configuration.extensible-sso";
    identifier = "com.example.%d"; serverToken = "1";
}"""


def on(read: Callable[[bytes], object], make: Callable[[int], str | bytes]) -> WorkOn:
    """Reading what `make` makes; what is refused is refused at every size."""

    def work_on(size: int) -> Work:
        made = make(size)
        data = made.encode() if isinstance(made, str) else made

        def work() -> None:
            with contextlib.suppress(SsorouteError, SiteFileError, Unreadable):
                read(data)

        return work

    return work_on


def reading(tool: str, make: Callable[[int], str]) -> WorkOn:
    return on(TEXT_READERS[tool], make)


def swcutil(size: int) -> str:
    return "".join(ENTRY % number for number in range(size))


def pluginkit(size: int) -> str:
    line = "+    com.example.e%d(1.2)\t0A1B-2C\t2026-01-02\t/Applications/A B.app\n"
    return "".join(line % number for number in range(size))


def app_sso(size: int) -> str:
    members = json.dumps({f"member{number}": number for number in range(size)}, indent=2)
    return f"Device Configuration:\n {members}\nLogin Configuration:\n(null)\n"


def rmd_inspect(size: int) -> str:
    items = ",".join(RMD_ITEM % number for number in range(size))
    return f"{{ configurations = ({items}); }}"


def archive(size: int, *, compressed: bool = True, name: str = "swcutil_show_%d.txt") -> Work:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive_:
        for number in range(size):
            info = tarfile.TarInfo("sysdiagnose_x/" + name % number)
            info.size = 10
            archive_.addfile(info, io.BytesIO(b"0123456789"))
    data = buffer.getvalue()
    path = written(gzip.compress(data, 1) if compressed else data)
    return lambda: list(device_files(path, Report()))


def joining(size: int) -> Work:
    sources = {
        "sw_vers.txt": b"ProductName:\tmacOS\nProductVersion:\t15.4.1\n",
        "profiles.xml": dump(size),
        "swcutil_show.txt": swcutil(size).encode(),
        "pluginkit.txt": pluginkit(size).encode(),
        "rmd_inspect_system.txt": rmd_inspect(size).encode(),
    }
    return lambda: read_sources(
        [(Source(name), data) for name, data in sources.items()], Report(), "x"
    )


def writing_a_device(size: int) -> Work:
    device = Device(
        installed_extensions=[f"com.example.e{number}" for number in range(size)],
        associated_domains={"com.example.a": {f"h{n}.example": "approved" for n in range(size)}},
        apple_account_urls=urls(size),
    )
    return lambda: list(device_lines(device))


def approvals_of_many_apps(size: int) -> Work:
    """Each extension asks for what is known about it, whatever else is known."""
    known = {f"com.example.e{number}.app": {"h.example": "approved"} for number in range(size)}
    extensions = [Extension(f"com.example.e{number}.app.sso", "T") for number in range(size)]

    def work() -> None:
        device = Device(associated_domains=known)
        for extension in extensions:
            assert device.approval(extension, "h.example") is Approval.APPROVED

    return work


APP_IDS: Final[dict[str, Callable[[int], str]]] = {
    "of an app each": lambda n: f"EXAMPLE123.com.example.e{n}",
    "of a team each": lambda n: f"{n:010}.com.example",
    "of names of any length": lambda n: f"EXAMPLE123.com.example.e{n}{'.e' * (n % 50)}",
}


def joining_approvals(shape: str) -> WorkOn:
    """So many App IDs, and an extension for each."""

    def work_on(size: int) -> Work:
        app_ids = [APP_IDS[shape](number) for number in range(size)]
        approvals = Approvals()
        for app_id in app_ids:
            entry = DomainApproval(
                app_id, "h.example", Approval.APPROVED, None, None, Source(app_id)
            )
            approvals.add(entry, [])
        names = [f"{app_id.partition('.')[2]}.sso{n}" for n, app_id in enumerate(app_ids)]
        extensions = [Extension(name, "0000000000") for name in names]

        def work() -> None:
            approvals.known(extensions, {})
            approvals.teams_of(names)

        return work

    return work_on


def joining_listings(size: int) -> Work:
    """A file for each profile, and a dump of all of them."""
    sources = [
        (Source(f"{n}.stub"), xml(profile(REDIRECT | {"URLs": [url]}, PayloadIdentifier=url)))
        for n, url in enumerate(urls(size))
    ]
    sources.append((Source("profiles.xml"), dump(size)))
    return lambda: read_sources(sources, Report(), "x")


def site(size: int) -> str:
    apps = [f"EXAMPLE123.com.example.e{number}" for number in range(size)]
    return json.dumps({"authsrv": {"apps": apps}})


def callers(size: int) -> Work:
    addresses = [f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}=com.example.e{n}" for n in range(size)]
    networks = [f"11.{n >> 8 & 255}.{n & 255}.0/24=com.example.e{n}" for n in range(size)]
    return lambda: read_callers([*addresses, *networks])


def toml(make: Callable[[int], str]) -> WorkOn:
    return on(lambda data: parse_settings(data, Source("a.toml")), make)


def locating(make: Callable[[int], bytes], path: str) -> WorkOn:
    def work_on(size: int) -> Work:
        data, paths = make(size), {path % number for number in range(size)}
        assert len(locate_in(data, paths)) == size
        return lambda: locate_in(data, paths)

    return work_on


def json_urls(size: int) -> bytes:
    return json.dumps({"Payload": {"URLs": urls(size)}}, indent=1).encode()


FAMILIES: Final = [
    Family("swcutil, many entries", 50, reading("swcutil", swcutil), quick=True),
    Family(
        "swcutil, entries without fields", 500, reading("swcutil", lambda n: f"{'-' * 80}\n" * n)
    ),
    Family("swcutil, empty sections", 500, reading("swcutil", lambda n: "==== A ====\n" * n)),
    Family("pluginkit, many extensions", 100, reading("pluginkit", pluginkit), quick=True),
    Family(
        "pluginkit, fields of one",
        500,
        reading("pluginkit", lambda n: "     a.b(1)\n" + "  A = B\n" * n),
    ),
    Family("sw_vers, many lines", 500, reading("sw_vers", lambda n: "A: B\n" * n)),
    Family("app-sso, many members", 200, reading("app-sso", app_sso)),
    Family(
        "app-sso, too deep", 2000, reading("app-sso", lambda n: "Device Configuration:\n" + "[" * n)
    ),
    Family("rmd_inspect, many declarations", 20, reading("rmd_inspect", rmd_inspect), quick=True),
    Family("rmd_inspect, too deep", 2000, reading("rmd_inspect", lambda n: "(" * n)),
    Family("log, many lines", 200, reading("log", lambda n: f"x|{HANDLED}\n" * n), quick=True),
    Family(
        "log, lines of JSON",
        200,
        reading("log", lambda n: (json.dumps({"eventMessage": HANDLED}) + "\n") * n),
    ),
    Family(
        "log, lines of no interest", 500, reading("log", lambda n: "2026-01-02|1|I|nothing\n" * n)
    ),
    *(
        Family(
            f"{tool}, a long line", LONG, reading(tool, lambda n: "a: (= " * n), tolerance=ONE_TEXT
        )
        for tool in TEXT_READERS
    ),
    Family("recognising a source", 500, on(recognise, lambda n: "A: B\n" * n)),
    Family("archive, many files", 20, archive, quick=True),
    Family("archive, not compressed", 20, lambda n: archive(n, compressed=False)),
    Family("archive, long names", 10, lambda n: archive(n, name="x/" * 60 + "%d.txt")),
    Family("joining sources", 10, joining, quick=True),
    *(Family(f"joining approvals {shape}", 100, joining_approvals(shape)) for shape in APP_IDS),
    Family("joining many listings", 50, joining_listings),
    Family("masking a dump", 20, on(masked_dump, dump)),
    Family("masking a report of System Profiler", 20, on(masked_system_profiler, report_as_plist)),
    Family("masking the state of Platform SSO", 200, on(masked_app_sso, app_sso)),
    Family("writing a device file", 100, writing_a_device),
    Family("approvals of many apps", 100, approvals_of_many_apps),
    Family("site file, many apps", 100, on(read_site_file, site), quick=True),
    Family("site file, too deep", 2000, on(read_site_file, lambda n: "[" * n)),
    Family("callers, addresses and networks", 50, callers),
    Family(
        "toml, many keys", 200, toml(lambda n: "".join(f"k{i} = 1\n" for i in range(n))), quick=True
    ),
    Family("toml, many tables", 100, toml(lambda n: "[[routes]]\nurl = 'x'\n" * n)),
    Family("toml, a long array", 500, toml(lambda n: f"a = [{'1, ' * n}]")),
    Family("toml, a long string", LONG, toml(lambda n: f'a = "{"x" * n}"'), tolerance=ONE_TEXT),
    Family("toml, repeated keys", 200, toml(lambda n: "a = 1\n" * n)),
    Family("places in JSON", 100, locating(json_urls, "Payload.URLs[%d]")),
]
