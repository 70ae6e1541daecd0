"""Invariant: both engines, the explanation and the oracle give every request the same decision.

    python tests/fuzz/differential.py [--requests N] [--seconds S] [--seed SEED] [--decisions]

Random worlds out of the alphabet of `tests/worlds.py`, and requests near their rules or of random
text. It ends when the requests are made or the time is over, and prints its seed and its counts; a
difference ends it with status 1 and all that is needed to see it again. The engines and the
explanation give equal notes as well. With `--decisions`, one request in 200 is explained and asked
of the oracle: many more requests in the same time.
"""

from __future__ import annotations

import argparse
import random
import secrets
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any
from unittest.mock import patch

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2] / "src")]

import oracle
from build import plain, router_of
from fuzz.engines import compiled_module, engine
from ssoroute.model.decision import NO_MATCH, Decision
from ssoroute.model.request import Request
from ssoroute.routing.explain import explain
from ssoroute.routing.router import Matching, Router
from worlds import (
    APPLE_URLS,
    APPS,
    DOMAINS,
    EXTENSIONS,
    HOSTS,
    LABELS,
    PLATFORMS,
    REALMS,
    SCHEMES,
    TAILS,
    TEAMS,
    URL_HOSTS,
    URL_PATHS,
    USERINFOS,
    VERSIONS,
    strings_of,
)

REQUESTS_PER_WORLD = 400
SELDOM = 200  # with `--decisions`, one request in so many is explained and asked of the oracle
PORTS = ["", "", "", ":443", ":8443", ":", ":x"]
PIECES = [*"aAzZ09./?#@:[]*%\\ \t\0~", "://", "https://", "HTTP://", "realm:", "\u212a", "\u00e9"]
PIECES += ["\ud800", "\U0001f600", "h.example", ".test", "ssoid://", "host://", "com.example.a"]


class Fuzz:
    """Worlds and requests out of one seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def some(self, items: list[Any], most: int) -> list[Any]:
        return self.random.choices(items, k=self.random.randint(1, most))

    def url(self) -> str:
        choose = self.random.choice
        scheme = choose(["https", "https", "https", "http"])
        userinfo = choose([""] * 8 + ["u@", "*@"])
        return f"{scheme}://{userinfo}{choose(URL_HOSTS)}{choose(PORTS[:5])}{choose(URL_PATHS)}"

    def long_url(self) -> str:
        depth = self.random.randint(1, 40)
        return "https://h.example/" + "".join(self.random.choices("abA/", k=depth)) + "/"

    def payload(self) -> dict[str, Any]:
        choose = self.random.choice
        payload: dict[str, Any] = {
            "ExtensionIdentifier": choose(EXTENSIONS),
            "TeamIdentifier": choose(TEAMS),
        }
        if self.random.random() < 0.6:
            make = self.long_url if self.random.random() < 0.3 else self.url
            urls = [make() for _ in range(self.random.choice([1, 2, 3, 8, 30]))]
            payload |= {
                "Type": "Redirect",
                "URLs": list({url.lower(): url for url in urls}.values()),
            }
        else:
            hosts = self.some([host for host in HOSTS if host], 6)
            hosts = list({host.lower(): host for host in hosts}.values())
            payload |= {"Type": "Credential", "Hosts": hosts}
            if self.random.random() < 0.5:
                payload["Realm"] = choose(REALMS)
        if self.random.random() < 0.4:
            payload["DeniedBundleIdentifiers"] = self.some(APPS + EXTENSIONS, 3)
        if self.random.random() < 0.3:
            payload["ScreenLockedBehavior"] = choose(["Cancel", "DoNotHandle"])
        return payload

    def world(self) -> dict[str, Any]:
        choose = self.random.choice
        platform = choose(PLATFORMS)
        states = ["approved", "not_approved"]
        domains = {
            extension: {domain: choose(states) for domain in self.some(DOMAINS, 4)}
            for extension in self.some(EXTENSIONS, 2)
        }
        return {
            "platform": platform,
            "version": choose(VERSIONS[platform]),
            "matching": choose(["system", "system", "system", "strict"]),
            "associated_domains": domains if self.random.random() < 0.2 else {},
            "apple_account_urls": self.some(APPLE_URLS, 1) if self.random.random() < 0.3 else [],
            "profiles": [
                {
                    "kind": choose(["profile"] * 15 + ["declaration"]),
                    "payloads": [self.payload()],
                }
                for _ in range(self.random.randint(1, 8))
            ],
        }

    def near(self, prefixes: list[str], hosts: list[str]) -> str:
        """Make a URL near a rule."""
        choose, kind = self.random.choice, self.random.random()
        if kind < 0.1 or not (prefixes or hosts):
            return "".join(self.random.choices(PIECES, k=self.random.randint(0, 12)))
        if kind < 0.15:
            name = choose([*EXTENSIONS, *REALMS, *hosts])
            return f"{choose(['ssoid', 'realm', 'host', 'Realm'])}://{name}{choose(TAILS)}"
        if prefixes and (kind < 0.6 or not hosts):
            url = choose(prefixes).replace("*", choose(["", "42", "a/b"]))
        else:
            host = choose(hosts)
            url = f"https://{choose(LABELS) if host.startswith('.') else ''}{host}{choose(PORTS)}/"
        return self.changed(url)

    def changed(self, url: str) -> str:
        choose, kind = self.random.choice, self.random.random()
        place = self.random.randrange(len(url) + 1)
        if kind < 0.08:
            url = url[:place]
        elif kind < 0.16:
            url = url[:place] + choose(PIECES) + url[place + 1 :]
        elif kind < 0.24:
            url = choose([url.upper(), url.swapcase(), url.title()])
        elif kind < 0.3:
            scheme, mark, rest = url.partition("://")
            url = choose([choose(SCHEMES) + mark + rest, scheme + mark + choose(USERINFOS) + rest])
        return url + choose(TAILS) if self.random.random() < 0.5 else url

    def arguments(self, url: str) -> tuple[Any, ...]:
        choose = self.random.choice
        if self.random.random() < 0.5:
            return (url,)
        caller = choose([None, *APPS, *EXTENSIONS])
        code = choose([0, 0, 200, 401, 401, 407])
        if self.random.random() < 0.9:
            return (url, caller, code)
        flags = (self.random.random() < 0.5 for _ in range(3))
        return (url, caller, code, *flags)


def walked(router: Router, arguments: tuple[Any, ...]) -> Decision:
    """The decision of the explanation's walk; "what would change it" is asked of nothing here."""
    return explain(
        router.installation,
        router.activation,
        Request(*arguments),
        strict=router.matching is Matching.STRICT,
        route=lambda _: NO_MATCH,
        route_on=lambda _device, _without: lambda _: NO_MATCH,
    ).decision


def fuzz(seed: int, requests: int, seconds: float, explain_every: int = 1) -> tuple[int, int, int]:
    """Compare the engines; the numbers of requests, worlds and matches.

    One request in `explain_every` is explained as well, and asked of the oracle.
    """
    source = Fuzz(seed)
    asked = worlds = matches = 0
    end = time.monotonic() + seconds
    while asked < requests and time.monotonic() < end:
        world = source.world()
        routers = []
        for name in ("pure", "compiled"):
            with engine(name):
                routers.append(router_of(world))
        pure, compiled = routers
        worlds += 1
        active = oracle.active_payloads(world)  # once for all requests of a world
        prefixes = [*strings_of(world, "URLs"), *world["apple_account_urls"]]
        hosts = strings_of(world, "Hosts")
        rows = [source.arguments(source.near(prefixes, hosts)) for _ in range(REQUESTS_PER_WORLD)]
        for row, arguments in enumerate(rows):
            expected, found = pure.route(*arguments), compiled.route(*arguments)
            if found is not expected and (found, found.notes) != (expected, expected.notes):
                raise AssertionError(difference(world, arguments, expected, found))
            matches += expected.extension is not None
            if row % explain_every == 0:
                told = walked(pure, arguments)
                if (told, told.notes) != (expected, expected.notes):
                    raise AssertionError(difference(world, arguments, expected, told))
                with patch.object(oracle, "active_payloads", lambda _, active=active: active):
                    said = oracle.answer(world, asdict(Request(*arguments)))
                if plain(expected) != {name: said[name] for name in plain(expected)}:
                    raise AssertionError(difference(world, arguments, said, expected))
        asked += len(rows)
        urls = [arguments[0] for arguments in rows]
        if compiled.route_many(urls) != pure.route_many(urls):
            raise AssertionError(difference(world, (urls,), "route_many", "differs"))
    return asked, worlds, matches


def difference(world: object, arguments: object, expected: object, found: object) -> str:
    return f"world = {world!r}\narguments = {arguments!r}\nexpected: {expected!r}\nfound: {found!r}"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--requests", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=secrets.randbits(32))
    parser.add_argument(
        "--decisions", action="store_true", help="explain, and ask the oracle, one in 200"
    )
    options = parser.parse_args()
    if compiled_module() is None:
        print("SKIPPED: no compiled module, and no compiler to build it")
        return 0
    start = time.monotonic()
    print(f"seed {options.seed}", flush=True)
    try:
        every = SELDOM if options.decisions else 1
        asked, worlds, matches = fuzz(options.seed, options.requests, options.seconds, every)
    except AssertionError as error:
        print(error)
        return 1
    took = time.monotonic() - start
    explained_too = f"{100 / every:g} % of them explained and asked of the oracle"
    print(
        f"{asked} requests in {worlds} worlds, {explained_too}, "
        f"{matches} matched something; {took:.0f} s"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
