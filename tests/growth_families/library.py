"""What is done with profiles and requests once they are read, with each option."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from dataclasses import replace
from itertools import islice, permutations
from pathlib import Path
from typing import Any, BinaryIO, Final

import pytest

from build import router_of
from fuzz.engines import compiled_module, engine
from growth_families.family import Family, Work, WorkOn, urls, written
from loading_samples import CREDENTIAL, REDIRECT, profile, xml
from ssoroute.checks import check
from ssoroute.checks.repairs import repair_all
from ssoroute.conversion import to_declaration, to_profile
from ssoroute.emulation.emulated_device import EmulatedDevice
from ssoroute.install.associated_domains import needs
from ssoroute.install.installation import Registry
from ssoroute.loaders import load
from ssoroute.model.device import Device
from ssoroute.model.request import Request
from ssoroute.model.spelling import Spelling, browser_url
from ssoroute.relations.difference import ChangeCounter, diff
from ssoroute.relations.overlap import relations
from ssoroute.replay import Log, Summary, chunks_of, run
from ssoroute.routing.holdings import held_to_json
from ssoroute.routing.router import Router
from ssoroute.testing.recording import recorded_table


def world(prefixes: Iterable[str], **keys: object) -> dict[str, Any]:
    payload = {
        "Type": "Redirect",
        "ExtensionIdentifier": "com.example.sso",
        "TeamIdentifier": "EXAMPLE123",
        "URLs": list(prefixes),
    }
    return {"platform": "macOS", "version": "15.4", "profiles": [{"payloads": [payload]}], **keys}


def many_profiles(size: int, **keys: object) -> dict[str, Any]:
    profiles = [
        {"identifier": f"p{number}", **world([url])["profiles"][0], **keys}
        for number, url in enumerate(urls(size))
    ]
    return {"platform": "macOS", "version": "27.0", "profiles": profiles}


def host_world(hosts: Iterable[str]) -> dict[str, Any]:
    payload = {
        "Type": "Credential",
        "ExtensionIdentifier": "com.example.kerberos",
        "TeamIdentifier": "apple",
        "Realm": "EXAMPLE.COM",
        "Hosts": list(hosts),
    }
    return {"platform": "macOS", "version": "15.4", "profiles": [{"payloads": [payload]}]}


def hosts(count: int) -> list[str]:
    return [f"h{number}.example.com" for number in range(count)]


def installing(given: Callable[[int], Mapping[str, Any]]) -> WorkOn:
    def work_on(size: int) -> Work:
        made = given(size)
        return lambda: router_of(made)

    return work_on


def approved(size: int) -> dict[str, Any]:
    known = {f"h{number}.example": "approved" for number in range(size)}
    prefixes = [f"https://h{number}.example/" for number in range(size)]
    return world(prefixes, associated_domains={"com.example.sso": known})


def installing_and_removing(size: int) -> Work:
    profiles = [
        load(xml(profile(REDIRECT | {"URLs": [url]}, PayloadIdentifier=url)))[0]
        for url in urls(size)
    ]

    def work() -> None:
        registry = Registry(Device())
        for one in profiles:
            registry.install(one)
        for one in profiles:
            registry.remove(one)

    return work


def emulating(size: int, *, installed: bool, same_url: bool = False) -> Work:
    """Install one profile after the other on an emulated device, and remove them the same way."""
    profiles = [
        replace(
            load(xml(profile(REDIRECT | {"URLs": [url, other]}, PayloadIdentifier=url)))[0],
            installed=installed,
        )
        for url in urls(size)
        for other in ["https://h.example/" if same_url else f"{url}2"]
    ]

    def work() -> None:
        device = EmulatedDevice()
        for one in profiles:
            device.install(one)
        for one in profiles:
            device.remove(one)

    return work


def emulating_without_names(size: int) -> Work:
    profiles = [
        replace(load(xml(profile(REDIRECT | {"URLs": [url]})))[0], identifier=None, uuid=url)
        for url in urls(size)
    ]

    def work() -> None:
        device = EmulatedDevice()
        device.install_all(profiles)
        for one in reversed(profiles):
            device.remove(one)

    return work


def comparing(size: int) -> Work:
    old, new = (router_of(world(urls(size)[skip:])) for skip in (0, 1))
    return lambda: diff(old, new)


WILD: Final[dict[str, Callable[[int], list[str]]]] = {
    "below one head": lambda n: [f"https://h.example/*a{number}/" for number in range(n)],
    "before plain ones": lambda n: (
        [f"https://h.example/*a{number}/" for number in range(n)]
        + [f"https://h.example/p{number}/" for number in range(n)]
    ),
    "of the same pieces": lambda n: [
        "https://h.example/" + "".join(f"*{piece}{piece}" for piece in pieces)
        for pieces in islice(permutations("abcdefgh"), n)
    ],
}


def comparing_wildcards(prefixes: Callable[[int], list[str]]) -> WorkOn:
    def work_on(size: int) -> Work:
        old, new = router_of({**world([]), "profiles": []}), router_of(world(prefixes(size)))
        return lambda: diff(old, new).to_json()

    return work_on


def comparing_callers(size: int) -> Work:
    denied = [f"com.example.app{number}" for number in range(size)]
    old = router_of(world(urls(1)))
    new = router_of(many_callers(denied))
    return lambda: diff(old, new)


def many_callers(denied: list[str]) -> dict[str, Any]:
    made = world(urls(1))
    made["profiles"][0]["payloads"][0]["DeniedBundleIdentifiers"] = denied
    return made


def comparing_hosts(size: int) -> Work:
    old, new = (router_of(host_world(hosts(size)[skip:])) for skip in (0, 1))
    return lambda: diff(old, new)


def counting_changes(size: int) -> Work:
    old, new = (router_of(world(urls(50)[skip:])) for skip in (0, 25))
    asked = [Request(urls(50)[number % 50]) for number in range(size)]

    def work() -> None:
        counter = ChangeCounter(old, new)
        for request in asked:
            counter.add(request)

    return work


def relating(size: int) -> Work:
    router = router_of(world(urls(size)))
    return lambda: list(relations(router.activation.active, router.device))


def profiles_with_listed_domains(size: int) -> Any:
    """So many extensions, each with a host of its own, and the entries of their apps."""
    entries = [
        {
            "ApplicationIdentifier": f"ABCDE12345.com.example.e{number}",
            "AssociatedDomains": [f"authsrv:h{number}.example"],
        }
        for number in range(size)
    ]
    payloads = [
        REDIRECT
        | {
            "ExtensionIdentifier": f"com.example.e{number}.sso",
            "TeamIdentifier": "ABCDE12345",
            "URLs": [f"https://h{number}.example/"],
        }
        for number in range(size)
    ]
    listed = {"PayloadType": "com.apple.associated-domains", "Configuration": entries}
    return load(xml(profile(*payloads, listed)))


def needing_what_is_listed(size: int) -> Work:
    installation = Router.from_profiles(profiles_with_listed_domains(size)).installation

    def work() -> None:
        assert all(need.listed for need in needs(installation))

    return work


def checking_what_is_listed(size: int) -> Work:
    profiles = profiles_with_listed_domains(size)
    return lambda: check(profiles)


def profiles_of_urls(size: int) -> Any:
    return load(xml(profile(REDIRECT | {"URLs": urls(size)})))


def checking(size: int) -> Work:
    profiles = profiles_of_urls(size)
    return lambda: check(profiles)


def checking_hosts(size: int) -> Work:
    profiles = load(xml(profile(CREDENTIAL | {"Hosts": hosts(size)})))
    return lambda: check(profiles)


def repairing(prefixes: Callable[[int], list[str]]) -> WorkOn:
    """Repairs of one Redirect payload."""

    def work_on(size: int) -> Work:
        data = xml(profile(REDIRECT | {"URLs": prefixes(size)}))
        profiles = load(data)
        return lambda: repair_all(profiles, {"<bytes>": data})

    return work_on


def converting(size: int) -> Work:
    (one,) = load(xml(profile(REDIRECT | {"URLs": urls(size), "ExtensionData": {"a": urls(size)}})))

    def work() -> None:
        (declaration,) = load(to_declaration(one).to_bytes())
        to_profile(declaration)

    return work


def checking_sites(size: int) -> Work:
    names = [f"h{number}.example" for number in range(size)]
    profiles = load(xml(profile(REDIRECT | {"URLs": [f"https://{name}/" for name in names]})))
    file = b'{"authsrv": {"apps": ["ABCDE12345.com.example.sso"]}}'
    return lambda: check(profiles, aasa=dict.fromkeys(names, file))


def checking_targets(size: int) -> Work:
    profiles = profiles_of_urls(1)
    targets = [f"macOS@15.{number}" for number in range(size)]
    return lambda: check(profiles, targets)


#: By shape: a prefix by its number, and what a URL has of it again and again.
WILDCARDS: Final[dict[str, tuple[Callable[[int], str], str]]] = {
    "a head each": (lambda n: f"https://h.example/{n}/*/login", "/abc/7/logi"),
    "one head": (lambda n: f"https://h.example/t/*/{n}/login", "/abc/7/logi"),
    "one head and shared pieces": (
        lambda n: f"https://h.example/t/*/v1/*/app/*/{n}/login",
        "/abc/7/logi",
    ),
    "nested pieces": (lambda n: f"https://h.example/t*{'a' * (n % 200 + 1)}*{n}z", "a"),
}


def routing_by_wildcards(engine_name: str, shape: str) -> WorkOn:
    """Prefixes and the URL grow at once, so their product would grow 64 times."""

    prefix, again = WILDCARDS[shape]

    def work_on(size: int) -> Work:
        with engine(engine_name):
            router = router_of(world(map(prefix, range(size))))
        asked = "https://h.example/t/v1/app/" + again * size
        return lambda: [router.route(asked) for _ in range(100)]

    return work_on


def with_router(size: int, work: Callable[[Any], object]) -> Work:
    router = router_of(world(urls(size)))
    return lambda: work(router)


def routing_many(size: int, **options: str) -> Work:
    router, asked = router_of(world(urls(100), **options)), urls(size)
    return lambda: router.route_many(asked)


def spelling(size: int) -> Work:
    asked = urls(size)
    return lambda: [browser_url(url) for url in asked]


def checking_keys(size: int) -> Work:
    unknown = {f"Key{number}": "x" for number in range(size)}
    profiles = load(xml(profile(REDIRECT | unknown)))
    return lambda: check(profiles)


def checking_callers(size: int) -> Work:
    denied = {"DeniedBundleIdentifiers": [f"com.example.app{number}" for number in range(size)]}
    profiles = load(xml(profile(REDIRECT | denied)))
    return lambda: check(profiles)


def recording(size: int) -> Work:
    router = router_of(world(urls(10)))
    answered = [(Request(url), router.route(url)) for url in urls(size)]
    return lambda: recorded_table(["x"], None, router.device, "system", Spelling.BROWSER, answered)


LINES: Final[dict[str, tuple[str, Callable[[int], str]]]] = {
    "replay, URLs": ("log.urls", lambda n: "https://login.example.com/tenant/1/\n" * n),
    "replay, other URLs each": ("log.urls", lambda n: "\n".join(urls(n))),
    "replay, JSON Lines": ("log.jsonl", lambda n: '{"url": "https://h.example/"}\n' * n),
    "replay, wrong JSON Lines": ("log.jsonl", lambda n: '{"ulr": 1}\n' * n),
    "replay, CSV": ("log.csv", lambda n: "time,url,caller\n" + "1,https://h/,a\n" * n),
    "replay, CSV with quotes": ("log.csv", lambda n: "url\n" + '"https://h/""x"\n' * n),
    "replay, a proxy's log": (
        "access.log",
        lambda n: (
            "1767323045.586 921 192.0.2.68 TCP_MISS/200 507 GET https://h/ - HIER_DIRECT/h -\n" * n
        ),
    ),
    "replay, a server's log": (
        "access.log",
        lambda n: (
            '192.0.2.1 - - [02/Jan/2026:03:04:05 +0000] "GET https://h/ HTTP/1.1" 200 1\n' * n
        ),
    ),
    "replay, many callers": (
        "log.jsonl",
        lambda n: "".join(f'{{"url": "https://h/", "caller": "c{i}"}}\n' for i in range(n)),
    ),
}


def replaying(name: str, make: Callable[[int], str]) -> WorkOn:
    router = router_of(world(urls(10)))

    def work_on(size: int) -> Work:
        data = make(size).encode()
        log = Log(name, lambda: nullcontext(io.BytesIO(data)))
        return lambda: replayed(router, log)

    return work_on


def replaying_row_groups(size: int) -> Work:
    """Parquet as a service writes it that ends a row group with every few requests."""
    pa = pytest.importorskip("pyarrow", reason="pyarrow (extra `arrow`) is not installed")
    pq = pytest.importorskip("pyarrow.parquet")
    columns = {name: ["x"] * size for name in ("caller", "method", "agent", "address", "cookie")}
    path = written(b"", ".parquet")
    pq.write_table(pa.table({"url": urls(size), **columns}), path, row_group_size=1)
    router = router_of(world(urls(10)))

    def opened() -> BinaryIO:
        return Path(path).open("rb")

    return lambda: replayed(router, Log(path, opened))


def replayed(router: Router, log: Log) -> None:
    summary = Summary(accelerated=True)
    for part in run(router, chunks_of([log]), jobs=1):
        summary.add(part)
    summary.to_json()


FAMILIES: Final = [
    Family("installing", 200, installing(lambda n: world(urls(n))), quick=True),
    Family("installing what is written twice", 100, installing(lambda n: world(urls(n) * 2))),
    Family("installing many profiles", 50, installing(many_profiles)),
    Family(
        "installing declarations", 50, installing(lambda n: many_profiles(n, kind="declaration"))
    ),
    Family(
        "installing in two channels", 50, installing(lambda n: many_profiles(n, channel="user"))
    ),
    Family("installing hosts", 200, installing(lambda n: host_world(hosts(n)))),
    Family("installing with approvals", 100, installing(approved)),
    Family("installing and removing", 20, installing_and_removing),
    Family("emulating", 100, lambda n: emulating(n, installed=False)),
    Family("emulating what is installed already", 100, lambda n: emulating(n, installed=True)),
    Family("emulating what all claim", 100, lambda n: emulating(n, installed=True, same_url=True)),
    Family("emulating profiles without names", 100, emulating_without_names),
    Family("strict tables", 200, installing(lambda n: world(urls(n), matching="strict"))),
    Family("comparing", 50, comparing),
    Family("comparing hosts", 50, comparing_hosts),
    *(
        Family(f"comparing wildcards {shape}", 200, comparing_wildcards(prefixes))
        for shape, prefixes in WILD.items()
    ),
    Family("comparing denied callers", 500, comparing_callers),
    Family("counting changes", 500, counting_changes),
    Family("relating", 50, relating),
    Family("checking", 50, checking),
    Family("checking hosts", 50, checking_hosts),
    Family("repairing", 20, repairing(lambda n: [url.upper() for url in urls(n)])),
    Family(
        "repairing, half of it in conflict",
        20,
        repairing(lambda n: urls(n) + [url.replace("https", "HTTPS") for url in urls(n)]),
    ),
    Family("converting", 200, converting),
    Family("checking with files of sites", 20, checking_sites),
    Family("checking for many systems", 5, checking_targets),
    *(
        Family(
            f"routing by wildcards with {shape}, {name}",
            100,
            routing_by_wildcards(name, shape),
        )
        for shape in WILDCARDS
        for name in ("pure", *(["compiled"] if compiled_module() else []))
    ),
    Family("routing many", 1000, routing_many, quick=True),
    Family("routing many, strictly", 1000, lambda n: routing_many(n, matching="strict")),
    Family("browser spelling", 500, spelling),
    Family(
        "explaining among many rules",
        200,
        lambda n: with_router(n, lambda r: r.explain("https://h/")),
    ),
    Family("holdings as JSON", 200, lambda n: with_router(n, held_to_json)),
    Family("needed domains that are listed", 100, needing_what_is_listed),
    Family("checking domains that are listed", 300, checking_what_is_listed),
    Family("needed domains", 200, lambda n: with_router(n, lambda r: needs(r.installation))),
    Family("a pickle", 200, lambda n: with_router(n, lambda r: pickle.loads(pickle.dumps(r)))),
    Family("checking unknown keys", 20, checking_keys),
    Family("checking denied callers", 20, checking_callers),
    Family("recording a table", 200, recording),
    Family("replay, many row groups", 100, replaying_row_groups, quick=True),
    *(
        Family(name, 500, replaying(*made), quick=name == "replay, URLs")
        for name, made in LINES.items()
    ),
]
