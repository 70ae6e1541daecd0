"""Four times the input, about four times the time: nothing here is quadratic, whatever is asked.

Every test measures the same work on a small and on a four times larger input and compares; absolute
times are never asserted. A quadratic step would take sixteen times as long.
"""

from __future__ import annotations

import ctypes
import gc
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import pairwise
from time import thread_time

import pytest
from benchmarks import crafted

from build import router_of
from compiled_tables import compiled_tables
from fuzz.engines import ENGINES, compiled_module, engine
from ssoroute.model.decision import Reason
from ssoroute.model.globs import glob_prefix_matches
from ssoroute.model.patterns import HostPattern, URLPrefix
from ssoroute.model.spelling import SpellingError, browser_url
from ssoroute.model.urls import MalformedURLError, host_text, split_prefix
from ssoroute.relations.difference import diff
from ssoroute.relations.overlap import relations
from ssoroute.routing.prefix_table import NO_RANK
from ssoroute.routing.router import Router
from ssoroute.routing.strict import is_unambiguous_authority
from ssoroute.routing.wildcards import Wildcards

MB = 1_000_000
FACTOR = 4
ALLOWED = 8  # between 4, linear, and 16, quadratic
FLOOR = 0.002  # seconds; below it a clock and a scheduler are measured, not the library
ROUNDS = 3
ATTEMPTS = 4

Work = Callable[[], object]


@pytest.fixture(autouse=True, scope="module")
def freed_memory_is_kept() -> None:
    """Else each large text is a new mapping, and the system's clearing of its pages is measured."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(-3, 1 << 30)  # M_MMAP_THRESHOLD
        mallopt(-1, 1 << 30)  # M_TRIM_THRESHOLD


def router(
    *, urls: Sequence[str] = (), hosts: Sequence[str] = (), matching: str = "system"
) -> Router:
    """A router of one Redirect payload and one Credential payload, as far as they have rules."""
    payloads: list[dict[str, object]] = []
    if urls:
        payloads.append({"Type": "Redirect", "URLs": list(urls)})
    if hosts:
        payloads.append({"Type": "Credential", "Hosts": list(hosts), "Realm": "EXAMPLE.COM"})
    for payload in payloads:
        payload |= {"ExtensionIdentifier": "com.example.sso", "TeamIdentifier": "EXAMPLE123"}
    profile = {"identifier": "com.example.profile", "payloads": payloads}
    world = {"platform": "macOS", "version": "15.4", "matching": matching, "profiles": [profile]}
    made = router_of(world)
    assert not made.refused
    return made


def seconds(work: Work, rounds: int) -> float:
    """The least time that `work` takes, without looking through the objects of all other tests.

    It is the thread's own time: while others have the processor, the clock on the wall goes on, and
    what takes longer meets that more often.
    """
    best = float("inf")
    gc.disable()
    try:
        for _ in range(rounds):
            start = thread_time()
            work()
            best = min(best, thread_time() - start)
    finally:
        gc.enable()
    return best


def assert_linear(work_on: Callable[[int], Work], size: int, rounds: int = ROUNDS) -> None:
    """`work_on(size)` prepares work on an input of `size` and is not measured; the work is."""
    small, large = work_on(size // FACTOR), work_on(size)
    ratios = []
    for _ in range(ATTEMPTS):  # a busy machine is asked again
        before = max(seconds(small, rounds), FLOOR / ALLOWED)
        ratios.append(seconds(large, rounds) / before)
        if ratios[-1] <= ALLOWED:
            return
    pytest.fail(f"{FACTOR} times the input took {ratios} times as long")


def test_a_quadratic_step_is_noticed() -> None:
    def work_on(size: int) -> Work:
        return lambda: sum(1 for _ in range(size) for _ in range(size))

    with pytest.raises(pytest.fail.Exception, match="as long"):
        assert_linear(work_on, 1000)


# --- long URLs -----------------------------------------------------------------------------------

MANY = router(
    urls=[
        "https://login.example.com/",
        "https://open.example",
        "https://id.example.com/t/*/login",
        "https://wild.example/*a*a*a*a*a*a*a*a*b",
        "https://wild.example/*aaaaaaaaaaaaaaaaaaaab",
    ],
    hosts=["login.example.com", ".example.com", ".a.a.a.a"],
)
STRICT = router(urls=["https://login.example.com/"], hosts=[".example.com"], matching="strict")

LONG_URLS = {
    "hit": lambda n: "https://login.example.com/" + "a" * n,
    "miss": lambda n: "https://nowhere.example.com/" + "a" * n,
    "look-alike": lambda n: "https://open.example" + "a" * n,
    "long host": lambda n: "https://" + "a" * n + ".example.com/",
    "many labels": lambda n: "https://" + "a." * (n // 2) + "example.com/",
    "many other labels": lambda n: "https://" + "a." * (n // 2) + "a.b",
    "many empty labels": lambda n: "https://" + "." * n + "example.com/",
    "many @": lambda n: "https://" + "@" * n + "login.example.com/",
    "many colons": lambda n: "https://login.example.com" + ":" * n,
    "long port": lambda n: "https://login.example.com:" + "0" * n + "/",
    "long port, nearly": lambda n: "https://login.example.com:" + "0" * n + "x/",
    "long port, too large": lambda n: "https://login.example.com:" + "9" * n + "/",
    "opening brackets": lambda n: "https://" + "[" * n + "login.example.com/",
    "closing brackets": lambda n: "https://" + "]" * n + "login.example.com/",
    "nested brackets": lambda n: "https://" + "[" * (n // 2) + "]" * (n // 2) + ":1/",
    "many separators": lambda n: "://" * (n // 3),
    "slashes": lambda n: "https://login.example.com" + "/" * n,
    "questions": lambda n: "https://login.example.com" + "?" * n,
    "dot segments": lambda n: "https://login.example.com" + "/.." * (n // 3),
    "up and down": lambda n: "https://login.example.com" + "/a/.." * (n // 5),
    "percent": lambda n: "https://login.example.com/" + "%" * n,
    "percent-encoded host": lambda n: "https://" + "%61" * (n // 3) + "/",
    "not ASCII": lambda n: "https://login.example.com/" + "é" * (n // 2),
    "not ASCII host": lambda n: "https://" + "é" * (n // 2) + "/",
    "not ASCII labels": lambda n: "https://" + "é." * (n // 3) + "example/",
    "A-label": lambda n: "https://xn--" + "a" * n + ".example.com/",
    "many A-labels": lambda n: "https://" + "xn--bcher-kva." * (n // 14) + "example.com/",
    "one digit after another": lambda n: "https://" + "1." * (n // 2),
    "IPv6": lambda n: "https://[" + ":" * n + "]/",
    "tabs": lambda n: "\t" * n + "https://login.example.com/",
    "no scheme": lambda n: "a" * n,
    "no host": lambda n: "https:" + "a" * n,
    "special scheme": lambda n: "realm://" + "a" * n,
    "wildcards, many starts": lambda n: "https://wild.example/" + "a" * n,
    "wildcards, nearly": lambda n: "https://wild.example/" + ("a" * 20 + "c") * (n // 21),
}

every_long_url = pytest.mark.parametrize("shape", LONG_URLS)


@every_long_url
def test_route(shape: str) -> None:
    def work_on(size: int) -> Work:
        url = LONG_URLS[shape](size)
        return lambda: (MANY.route(url), MANY.route(url, response_code=401))

    assert_linear(work_on, MB)


@every_long_url
def test_strict_matching(shape: str) -> None:
    def work_on(size: int) -> Work:
        url = LONG_URLS[shape](size)
        return lambda: (
            STRICT.route(url),
            STRICT.route(url, response_code=401),
            is_unambiguous_authority(url),
        )

    # IDNA looks at each A-label: linear, and slow
    assert_linear(work_on, MB // 10 if shape == "many A-labels" else MB, rounds=2)


@every_long_url
def test_explain(shape: str) -> None:
    def work_on(size: int) -> Work:
        url = LONG_URLS[shape](size)
        return lambda: (MANY.explain(url), MANY.explain(url, response_code=401))

    assert_linear(work_on, MB // 4, rounds=2)


@every_long_url
def test_host_text(shape: str) -> None:
    def work_on(size: int) -> Work:
        url = LONG_URLS[shape](size)
        return lambda: host_text(url)

    assert_linear(work_on, MB)


@every_long_url
@pytest.mark.parametrize(
    ("parse", "error", "size", "rounds"),
    [(browser_url, SpellingError, MB, ROUNDS), (split_prefix, MalformedURLError, MB // 4, 2)],
)
def test_parsing(
    parse: Callable[[str], object], error: type[Exception], size: int, rounds: int, shape: str
) -> None:
    def work_on(size: int) -> Work:
        url = LONG_URLS[shape](size)

        def work() -> None:
            with suppress(error):
                parse(url)

        return work

    assert_linear(work_on, size, rounds)


# --- wildcards -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "piece"),
    [
        ("https://h/" + "*a" * 50 + "*b", "a"),
        ("https://h/" + "*ab" * 50 + "*c", "ab"),
        ("https://h/*" + "a" * 50 + "b", "a"),
        ("https://h/*" + "a" * 5000 + "b", "a"),
        ("https://h/*b" + "a" * 5000, "a"),
        ("https://h/*" + "ab" * 2500 + "c", "ab"),
        ("https://h/" + "*" * 1000 + "b", "a"),
        ("https://h/" + "*a" * 50 + "?", "a"),
    ],
)
def test_wildcards_against_hostile_urls(pattern: str, piece: str) -> None:
    made = router(urls=[pattern]) if "?" not in pattern else None

    def work_on(size: int) -> Work:
        url = "https://h/" + piece * (size // len(piece))
        if made is None:
            return lambda: glob_prefix_matches(pattern, url)
        return lambda: made.route(url)

    assert_linear(work_on, MB)


MANY_WILDCARDS = {
    "one head": lambda n: [f"https://h/t/*/{number}/login" for number in range(n)],
    "nested heads": lambda n: [f"https://h/{'a' * number}*b" for number in range(n)],
    "nested pieces": lambda n: [
        f"https://h/*{'a' * (number % 200 + 1)}*{number}b" for number in range(n)
    ],
    "all but the last piece": lambda n: [f"https://h/*a*a*a*b{number}" for number in range(n)],
    "the last piece first": lambda n: [
        f"https://h/*{'a' * (number % 200 + 1)}*h/{number}" for number in range(n)
    ],
}


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize("shape", MANY_WILDCARDS)
def test_many_wildcards_and_a_long_url(shape: str, name: str) -> None:
    """Both grow at once, so their product would grow sixteen times."""

    def work_on(size: int) -> Work:
        ranks = {text: rank for rank, text in enumerate(MANY_WILDCARDS[shape](size))}
        wildcards, url = Wildcards(ranks), "https://h/t/" + "a" * (40 * size)
        if name == "pure":
            return lambda: wildcards.find(url, NO_RANK)
        tables = compiled_tables({}, wildcards)
        return lambda: tables.find_url(url)

    assert_linear(work_on, 2_000 if name == "compiled" else 1_000, rounds=1)


def test_as_many_wildcards_as_the_url_is_long() -> None:
    def work_on(size: int) -> Work:
        pattern, url = "https://h/" + "*a" * size + "*b", "https://h/" + "a" * (2 * size)
        return lambda: glob_prefix_matches(pattern, url)

    assert_linear(work_on, MB // 4)


# --- many and long rules -------------------------------------------------------------------------

STEM = "https://login.example.com/" + "tenant/" * 10


def test_making_a_router_of_many_prefixes_that_share_a_stem() -> None:
    def work_on(size: int) -> Work:
        urls = [f"{STEM}{number}/" for number in range(size)]
        return lambda: router(urls=urls)

    assert_linear(work_on, 20_000, rounds=2)


def test_routing_by_many_prefixes_that_share_a_stem() -> None:
    """A hundred thousand rules cost little more than a few hundred."""
    few, many = (
        router(urls=[f"{STEM}{number}/" for number in range(size)]) for size in (400, 100_000)
    )
    requests = [f"{STEM}{number}/x" for number in range(0, 100_000, 50)]
    requests += [f"{STEM}{number}" for number in range(0, 100_000, 50)]

    def route_all(by: Router) -> Work:
        return lambda: [by.route(url) for url in requests]

    assert many.route(requests[7]).reason is Reason.URL_PREFIX
    assert seconds(route_all(many), 5) < ALLOWED * seconds(route_all(few), 5)


@pytest.mark.parametrize("ending", ["", "b", "~"])
@pytest.mark.parametrize(("step", "depth", "times"), [("a/", 200, 2000), ("a", 2000, 500)])
def test_nested_prefixes(step: str, depth: int, times: int, ending: str) -> None:
    """Many prefixes of one another, asked for what all of them or none but a few begin."""

    def work_on(size: int) -> Work:
        by = router(urls=["https://h/" + step * length for length in range(size)])
        url = "https://h/" + step * (size // 2) + ending
        return lambda: [by.route(url) for _ in range(times)]

    assert_linear(work_on, depth)


def test_the_way_up_a_chain_of_nested_prefixes_is_short() -> None:
    """Sixteen times the depth costs a few links more, not sixteen times as many."""

    def ask(depth: int) -> Work:
        index = compiled_tables({"https://h/" + "a" * length: length for length in range(depth)})
        url = "https://h/aaab"
        return lambda: [index.find_url(url) for _ in range(2_000)]

    deep, shallow = ask(4_000), ask(250)
    assert seconds(deep, 9) < 3 * seconds(shallow, 9)


def test_making_a_router_of_a_long_prefix() -> None:
    def work_on(size: int) -> Work:
        return lambda: router(urls=["https://h/" + "a/" * (size // 2)])

    assert_linear(work_on, MB)


@pytest.mark.parametrize(
    "labels", ["a.", "a" * 60 + ".", "."], ids=["short labels", "long labels", "empty labels"]
)
@pytest.mark.parametrize("first", ["", "b"], ids=["hit", "miss"])
def test_hosts_of_many_labels_against_suffixes_of_many_labels(labels: str, first: str) -> None:
    by = router(
        hosts=["." + labels * count + "example" for count in range(1, 200)]
        + [first + "." + labels * 20_000 + "example"]
        + ["." + labels * count + first + "example" for count in range(200, 400)]
    )

    def work_on(size: int) -> Work:
        url = "https://" + first + labels * size + "example/"
        return lambda: by.route(url, response_code=401)

    assert_linear(work_on, 500_000 if len(labels) < 10 else 50_000)


def test_suffixes_as_long_as_the_host() -> None:
    def work_on(size: int) -> Work:
        by = router(hosts=["." + "a." * size + "example", "." + "a." * (size - 1) + "b"])
        url = "https://" + "a." * (size + 1) + "example/"
        return lambda: by.route(url, response_code=401)

    assert_linear(work_on, 500_000)


@pytest.mark.parametrize("place", range(0, 20, 2))
def test_making_tables_of_texts_that_differ_in_one_place_only(place: int) -> None:
    """Wherever it is, the compiled tables tell them apart by their hash."""
    digits = "abcdefghijklmnopqrstuvwxyz"

    def name(number: int) -> str:
        word = "".join(digits[number // 26**power % 26] for power in range(4))
        return "x" * place + word + "x" * (20 - place)

    def work_on(size: int) -> Work:
        ranks = {name(number): number for number in range(size)}
        return lambda: compiled_tables(ranks)

    # Twice as many do not stay in a cache that others use as well, in which a quarter of them does.
    assert_linear(work_on, 8_000, rounds=3)


@pytest.mark.parametrize("kind", [crafted.linear, crafted.structured], ids=lambda k: k.__name__)
def test_heads_that_are_made_to_collide(kind: Callable[[int], Sequence[str]]) -> None:
    """Making the table, and asking it for each of them and for as many others."""

    def work_on(size: int) -> Work:
        hosts = kind(2 * size)
        ranks = {host: rank for rank, host in enumerate(hosts[:size])}
        return lambda: [*map(compiled_tables(ranks).find_host, hosts)]

    assert_linear(work_on, 16_000)


def test_the_crafted_hosts_do_collide() -> None:
    def linear(host: str) -> int:
        words = (int.from_bytes(host[at : at + 8].encode(), "little") for at in (0, 8, 16))
        return sum(a * b for a, b in zip(words, crafted.CONSTANTS, strict=True)) % 2**64

    assert {linear(host) for host in crafted.linear(1_000)} == {linear("m" * 24)}
    for kind in (crafted.linear, crafted.structured, crafted.ordinary):
        assert len(set(kind(5_000))) == 5_000


@pytest.mark.parametrize("name", ENGINES)
def test_making_an_index_lets_other_threads_run(name: str) -> None:
    """No step holds the interpreter lock for long; without turns it would be half a second."""
    if name == "compiled" and compiled_module() is None:
        pytest.skip("no compiled module, and no C compiler to build it")
    installation = router(hosts=crafted.linear(60_000)).installation
    longest = []
    gc.disable()  # a full collection of Python's own takes longer
    try:
        for _ in range(ATTEMPTS):
            ticks, done = [time.perf_counter()], threading.Event()

            def tick(ticks: list[float] = ticks, done: threading.Event = done) -> None:
                while not done.wait(0.0005):
                    ticks.append(time.perf_counter())

            thread = threading.Thread(target=tick)
            thread.start()
            with engine(name):
                Router(installation)
            done.set()
            thread.join()
            longest.append(max(later - before for before, later in pairwise(ticks)))
            if longest[-1] < 0.05:
                return
    finally:
        gc.enable()
    pytest.fail(f"other threads got no turn for {longest} seconds")


def test_making_a_router_of_many_suffixes() -> None:
    def work_on(size: int) -> Work:
        hosts = [f".tenant-{number}.login.example.com" for number in range(size)]
        return lambda: router(hosts=hosts)

    assert_linear(work_on, 20_000, rounds=2)


@pytest.mark.parametrize(
    ("response_code", "before", "repeated"),
    [
        (0, STEM, "a"),
        (401, "https://", "a."),
        (0, "realm://", "a"),
        (0, "ssoid://", "a"),
    ],
)
def test_explaining_a_long_url_among_many_payloads(
    response_code: int, before: str, repeated: str
) -> None:
    """Both grow at once: what is done for each payload must not depend on the length of the URL."""

    def work_on(size: int) -> Work:
        payloads = [
            {
                "Type": kind,
                "ExtensionIdentifier": f"com.example.{number}",
                "TeamIdentifier": "EXAMPLE123",
                "Realm": f"EXAMPLE-{number}",
                "URLs": [f"{STEM}{number}/"],
                "Hosts": [f".tenant-{number}.login.example.com"],
            }
            for number in range(size)
            for kind in ("Redirect", "Credential")
        ]
        world = {"platform": "macOS", "version": "15.4", "profiles": [{"payloads": payloads}]}
        by, url = router_of(world), before + repeated * (2000 * size)
        return lambda: by.explain(url, response_code=response_code)

    assert_linear(work_on, 400, rounds=2)


def test_the_plain_twins() -> None:
    prefix, pattern = URLPrefix.parse("https://h/*a*a*b"), HostPattern(".a.a")

    def work_on(size: int) -> Work:
        url, host = "https://h/" + "a" * size, "a." * size + "b"
        return lambda: (
            prefix.matches(url, wildcards=True),
            prefix.matches(url, wildcards=False),
            pattern.matches(host),
        )

    assert_linear(work_on, MB)


# --- rules against rules -------------------------------------------------------------------------

MANY_PREFIXES = {
    "on hosts of their own": lambda n: f"https://h{n}.test/",
    "on one host": lambda n: f"https://h.test/{n}/",
    "with a wildcard, on hosts of their own": lambda n: f"https://h{n}.test/*/x",
    "with a wildcard, below one head": lambda n: f"https://h.test/*/{n}/x",
}


@pytest.mark.parametrize("shape", [name for name in MANY_PREFIXES if "below" not in name])
def test_comparing_prefixes_with_the_same_in_another_order(shape: str) -> None:
    def work_on(size: int) -> Work:
        urls = [MANY_PREFIXES[shape](number) for number in range(size)]
        old, new = router(urls=urls), router(urls=urls[::-1])
        return lambda: diff(old, new)

    assert_linear(work_on, 4000, rounds=1)


@pytest.mark.parametrize("shape", MANY_PREFIXES)
def test_the_relations_of_two_payloads(shape: str) -> None:
    def work_on(size: int) -> Work:
        urls = [MANY_PREFIXES[shape](number) for number in range(size)]
        payloads = [
            {"Type": "Redirect", "ExtensionIdentifier": name, "TeamIdentifier": "T", "URLs": own}
            for name, own in (("com.a", urls), ("com.b", [f"{url}/y" for url in urls]))
        ]
        world = {"platform": "macOS", "version": "15.4", "profiles": [{"payloads": payloads}]}
        made = router_of(world)
        return lambda: list(relations(made.activation.active, made.device))

    assert_linear(work_on, 4000, rounds=1)
