"""The compiled twin: the same answers, and what `_compiled.c` promises about its memory."""

from __future__ import annotations

import gc
import inspect
import os
import pickle
import shutil
import subprocess
import sys
import threading
import weakref
from array import array
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from build import router_of, two_payloads
from case_table import Row
from fuzz.differential import fuzz
from fuzz.engines import ENGINES, SOURCE, build, compiled_module, compiler, engine, load
from on_worlds import on_worlds
from routed_rows import ROUTED, arguments, check
from ssoroute import Router
from ssoroute.model.decision import NO_MATCH, Decision
from ssoroute.routing import engine as _engine
from ssoroute.routing.index import Index
from ssoroute.routing.router import finder_of
from ssoroute.routing.wildcards import Wildcards
from worlds import requests_for, worlds

pytestmark = pytest.mark.skipif(
    compiled_module() is None, reason="no compiled module, and no C compiler to build it"
)

WORLD = two_payloads(
    ["https://h.example", "https://g.example/a", "https://g.example/a/b"],
    ["com.example.denied"],
    ["h.example", ".h.example"],
)
WILDCARDS: dict[str, Any] = {
    "payloads": [
        {
            "Type": "Redirect",
            "ExtensionIdentifier": "com.example.c",
            "TeamIdentifier": "TEAM000001",
            "URLs": ["https://w.example/*/x", "https://w.example/y"],
        }
    ]
}
KEY = bytes(range(56))
MISS = "https://www.example.com/" + "x" * 200


@pytest.fixture
def router() -> Router:
    with engine("compiled"):
        return router_of(WORLD)


@pytest.fixture(scope="session")
def allocations(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    if compiler() is None:
        pytest.skip("no C compiler to build the hooks with")
    path = tmp_path_factory.mktemp("hooks") / "allocations.so"
    build(Path(__file__).parent / "fuzz" / "allocations.c", path)
    return load("allocations", path)


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize("row", ROUTED, ids=lambda row: row.id)
def test_conformance(row: Row, name: str) -> None:
    with engine(name):
        check(row, router_of(row.world).route(**arguments(row)))


@on_worlds
@given(st.data())
def test_engines_agree_on_random_worlds(data: st.DataObject) -> None:
    world = data.draw(worlds(), label="world")
    routers = []
    for name in ENGINES:
        with engine(name):
            routers.append(router_of(world))
    pure, compiled = routers
    for request in data.draw(st.lists(requests_for(world), min_size=1, max_size=8), "requests"):
        decision = compiled.route(**request)
        assert decision == pure.route(**request)
        assert decision is compiled.route(**request)


def test_engines_agree_on_random_text() -> None:
    asked, _, matches = fuzz(seed=5, requests=20_000, seconds=60, explain_every=10)
    assert asked >= 20_000
    assert matches > asked / 10


@on_worlds
@given(st.text(), st.sampled_from([0, 401]))
def test_every_string_has_an_answer(url: str, code: int) -> None:
    for name in ENGINES:
        with engine(name):
            router = router_of(WORLD)
        assert router.route(url, None, code) is NO_MATCH or url.isascii()


def test_the_module_is_called_directly(router: Router) -> None:
    assert type(router.route).__name__ == "builtin_function_or_method"
    pure = inspect.signature(Router.route).parameters
    ours = inspect.signature(router.route).parameters
    assert [(p.name, p.default) for p in ours.values()] == [
        (p.name, p.default) for p in list(pure.values())[1:]
    ]


def test_a_subclass_may_have_a_route_of_its_own() -> None:
    class Counting(Router):
        calls = 0

        def route(self, *args: Any, **kwargs: Any) -> Decision:
            self.calls += 1
            return super().route(*args, **kwargs)

    with engine("compiled"):
        router = Counting(router_of(WORLD).installation)
    assert router.route("https://h.example/").outcome == "handle"
    assert router.calls == 1


@pytest.mark.parametrize(
    "call",
    [
        lambda route: route(),
        lambda route: route("a", None, 0, False, True, False, None),
        lambda route: route("a", url="b"),
        lambda route: route("a", code=1),
        lambda route: route("https://h.example/", ["unhashable"]),
    ],
)
def test_wrong_arguments_are_refused_alike(call: Callable[[Any], object]) -> None:
    for name in ENGINES:
        with engine(name):
            router = router_of(WORLD)
        with pytest.raises(TypeError):
            call(router.route)


@pytest.mark.parametrize(
    "given",
    [
        {"response_code": True},
        {"response_code": HTTPStatus.UNAUTHORIZED},
        {"response_code": 2**70},
        {"response_code": -(2**70)},
        {"response_code": 2**64 + 401},
        {"caller": "\ud800"},
        {"screen_locked": 1},
        {"screen_locked": True, "user_interface_enabled": False},
        {"screen_locked": True, "background_session": True},
        {"screen_locked": None, "user_interface_enabled": None},
    ],
)
@pytest.mark.parametrize("url", ["https://h.example/", "https://h.example.evil/", "realm://0"])
def test_odd_arguments_are_understood_alike(given: dict[str, Any], url: str) -> None:
    decisions = []
    for name in ENGINES:
        with engine(name):
            decisions.append(router_of(WORLD).route(url, **given))
    assert decisions[0] == decisions[1]


class Text(str):
    __slots__ = ()


URL = "`url` must be a string, not {}"
CODE = "`response_code` must be an integer, not {}; pass 0, 401 or 407"
CALLER = "`caller` must be a string or None, not {}; pass the bundle identifier of the app"


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize("rule", ["https://h.example", "https://miss.example/"])
@pytest.mark.parametrize(
    ("url", "rest", "message"),
    [
        (None, (), URL.format("None; pass the absolute URL as text")),
        (b"https://h.example/", (), URL.format("bytes; decode them")),
        (b"https://h.example/\xff", (), URL.format("bytes; decode them")),
        (b"", (), URL.format("bytes; decode them")),
        (bytearray(b"a"), (), URL.format("bytearray; pass the absolute URL as text")),
        (1, (), URL.format("int; pass the absolute URL as text")),
        (["https://h.example/"], (), URL.format("list; pass the absolute URL as text")),
        (("https://h.example/",), (), URL.format("tuple; pass the absolute URL as text")),
        ({}, (), URL.format("dict; pass the absolute URL as text")),
        (b"https://h.example/", (None, "401"), URL.format("bytes; decode them")),
        ("https://h.example/", (None, "401"), CODE.format("str")),
        ("https://miss.example/", (None, "401"), CODE.format("str")),
        ("https://miss.example/", (None, ""), CODE.format("str")),
        ("https://miss.example/", (None, None), CODE.format("None")),
        ("https://miss.example/é", (None, 0.0), CODE.format("float")),
        ("https://h.example/", (None, 401.0), CODE.format("float")),
        ("realm://0", (None, "401"), CODE.format("str")),
        ("https://h.example/", (["a"],), CALLER.format("list")),
        ("https://h.example/", (1,), CALLER.format("int")),
        ("https://h.example/", (b"com.example.a",), CALLER.format("bytes")),
        ("https://h.example/", (b"com.example.a", 407), CALLER.format("bytes")),
        ("https://h.example/", (b"com.example.a", 0, True), CALLER.format("bytes")),
        ("ssoid://com.example.a", (b"com.example.a",), CALLER.format("bytes")),
    ],
)
def test_wrong_types_are_named(
    name: str, rule: str, url: Any, rest: tuple[Any, ...], message: str
) -> None:
    with engine(name):
        router = router_of(WORLD)
    router.route(rule)  # a head that is missed before must not hide the error
    for _ in range(2):
        with pytest.raises(TypeError) as raised:
            router.route(url, *rest)
        assert str(raised.value) == message
        with pytest.raises(TypeError, match="must be"):
            router.explain(url, *rest)


@pytest.mark.parametrize("name", ENGINES)
def test_what_is_a_string_or_an_integer_is_taken(name: str) -> None:
    with engine(name):
        router = router_of(WORLD)
    url, denied = Text("https://h.example/"), Text("com.example.denied")
    assert router.route(url).outcome == "handle"
    assert router.route(url, denied).reason == "caller_denied"
    assert router.route(url, None, HTTPStatus.UNAUTHORIZED).reason == "host"
    # a caller is looked at only if a rule matches
    assert router.route("https://miss.example/", ["a"]) is NO_MATCH  # type: ignore[arg-type]


def test_a_miss_allocates_nothing(router: Router, allocations: ModuleType) -> None:
    for url in (MISS, "https://h.exampl", "http://h.example/", "", "x" * 8_000):
        router.route(url)
        assert allocations.count(router.route, url, 1_000) == 0


def test_a_hit_allocates_nothing(router: Router, allocations: ModuleType) -> None:
    for url in ("https://h.example/", "https://h.example?", "HTTPS://G.EXAMPLE/A/B"):
        router.route(url)
        assert allocations.count(router.route, url, 1_000) == 0


def test_the_hooks_do_see_allocations(allocations: ModuleType) -> None:
    assert allocations.count(lambda url: url + "x", MISS, 1_000) >= 1_000


def until_it_works(allocations: ModuleType, function: Callable[..., Any], *args: object) -> int:
    """Let one allocation after the other fail; the number of those that were met."""
    for place in range(1, 2_000):
        try:
            if allocations.fail(function, args, place) is None:
                return place - 1
        except MemoryError:
            continue
    raise AssertionError("it never works")


EMPTY: tuple[tuple[str, ...], tuple[int, ...]] = ((), ())


def table_parts() -> dict[str, Any]:
    """What empty tables are made of."""
    parts: dict[str, Any] = {"key": KEY, "wildcards": Wildcards({}).compiled_parts}
    return parts | dict.fromkeys(("urls", "heads", "hosts", "suffixes"), EMPTY)


def made_tables(**changed: Any) -> Any:
    """Empty tables but for what is given."""
    module = compiled_module()
    assert module is not None
    return module.Tables(**(table_parts() | changed))


def index_parts(rules: int) -> dict[str, Any]:
    """What an index of rules that are all of one payload is made of, but for its tables."""
    numbers = array("i", [0] * rules)
    parts: dict[str, Any] = {"ends": numbers, "owners": numbers, "watched": (frozenset[str](),)}
    parts |= {"ready": (NO_MATCH,) * rules, "no_match": NO_MATCH, "plain": True}
    return parts | dict.fromkeys(("decide", "lookalike", "for_caller"))


def made_index(tables: object, rules: int, **changed: Any) -> Any:
    """An index of rules that are all of one payload but for what is given."""
    module = compiled_module()
    assert module is not None
    return module.Index(**(index_parts(rules) | {"tables": tables} | changed))


def test_every_failed_allocation_is_a_memory_error(router: Router, allocations: ModuleType) -> None:
    strings = tuple(f"https://h{number}.example" for number in range(10))
    table = (strings, tuple(range(10)))
    wildcards = Wildcards({"https://h/*/a": 0, "https://h/*" + "a" * 300: 1, "https://g/*": 2})
    heads = (wildcards.heads, (0,) * len(wildcards.heads))

    module = compiled_module()
    assert module is not None
    # Made before, because an interpreter itself may not survive that its own allocations fail.
    tables, rest = table_parts(), index_parts(10)
    tables |= {"urls": table, "suffixes": table}
    tables |= {"heads": heads, "wildcards": wildcards.compiled_parts}

    def make() -> bool:
        module.Index(tables=module.Tables(**tables), **rest)
        return True

    assert until_it_works(allocations, make) >= 24
    urls = ("https://h.example/", MISS, "https://h.example.evil/")
    many = router._compiled.route_many
    many(urls, None, 0)
    assert until_it_works(allocations, many, urls, None, 0) >= 1
    column = ((None, array("i", [0, 18, 18]), b"https://h.example/", 0, 0), None, 2)
    callers = ((None, array("i", [0, 15, 15]), b"com.example.any", 0, 0), None, 2)
    arrow = router._compiled.route_arrow
    assert until_it_works(allocations, arrow, 2, column, callers, None, None, bytearray(8)) >= 5


@pytest.mark.parametrize(
    ("strings", "ranks"),
    [
        (("b", "a"), (0, 1)),
        (("aa", "a"), (0, 1)),
        (("a", "a"), (0, 1)),
        (("a", "A"), (0, 1)),
        (("a",), (0, 1)),
        (("", "a"), (0, 1)),
        (("a", "\u00e9"), (0, 1)),
        (("a", "\ud800"), (0, 1)),
        (("a", b"b"), (0, 1)),
        (("a", "b"), (0, -1)),
        (("a", "b"), (0, 2**31 - 1)),
        (("a", "b"), (0, 2**40)),
        (("a", "b"), (0, 2**70)),
    ],
)
def test_sorted_ascii_strings_are_wanted(strings: tuple[Any, ...], ranks: tuple[int, ...]) -> None:
    with pytest.raises((ValueError, OverflowError)):
        made_tables(urls=(strings, ranks))


def test_strings_that_have_their_bytes_elsewhere_are_copied() -> None:
    texts = tuple(f"https://h{number}.example/" for number in range(4))
    table = ((Text(texts[0]), texts[1], Text(texts[2]), texts[3]), (0, 1, 2, 3))
    tables = made_tables(urls=table)
    assert [tables.find_url(text + "x") for text in texts] == [0, 1, 2, 3]


@pytest.mark.parametrize("key", [b"", bytes(55), bytes(57), "x" * 56, None])
def test_a_key_of_the_right_length_is_needed(key: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        made_tables(key=key)


@pytest.mark.parametrize(
    ("ends", "owners", "watched"),
    [
        ([0], [0, 0], (frozenset(),)),
        ([0, 0], [0, 0, 0], (frozenset(),)),
        ([0, 0], [0, 1], (frozenset(),)),
        ([0, 0], [0, -1], (frozenset(),)),
        ([0, 0], [0, 0], ()),
        ([0, 0], [0, 0], ({"a"},)),
    ],
)
def test_every_rule_has_an_owner(ends: list[int], owners: list[int], watched: Any) -> None:
    tables = made_tables(urls=(("a", "b"), (0, 1)))
    assert made_index(tables, 2).route("A") is NO_MATCH
    with pytest.raises(ValueError, match="do not fit"):
        made_index(tables, 1)
    parts = {"ends": array("i", ends), "owners": array("i", owners), "watched": watched}
    with pytest.raises(ValueError, match="do not fit"):
        made_index(tables, 2, **parts)


NODES = (("a",), [1, 2, 2], [-1, 0], [2**31 - 1, 0], [2**31 - 1] * 2)


@pytest.mark.parametrize(
    ("place", "wrong"),
    [
        (0, ("",)),
        (0, ("\u00e9",)),
        (0, (b"a",)),
        (0, ()),
        (1, [1, 2]),
        (1, [0, 2, 2]),
        (1, [1, 3, 3]),
        (1, [1, 1, 2]),
        (1, [1, 2, 1]),
        (1, [1, 0, 2]),
        (1, [2, 2, 2]),
        (2, [0, 0]),
        (2, [-1, -1]),
        (2, [-1, 1]),
        (2, [-1]),
        (3, [0, -1]),
        (3, [0]),
        (4, [-1, 0]),
        (4, [0, 0, 0]),
    ],
)
def test_wildcards_are_a_tree(place: int, wrong: Any) -> None:
    heads = (("https://h/",), (0,))

    def made(parts: tuple[Any, ...]) -> Any:
        pieces, *numbers = parts
        return made_tables(heads=heads, wildcards=(pieces, *(array("i", n) for n in numbers)))

    assert made(NODES).find_url("https://h/xa") == 0
    with pytest.raises((ValueError, TypeError)):
        made((*NODES[:place], wrong, *NODES[place + 1 :]))


def test_the_ranks_of_wildcards_are_those_of_rules() -> None:
    parts = (NODES[0], *(array("i", numbers) for numbers in NODES[1:]))
    tables = made_tables(heads=(("https://h/",), (0,)), wildcards=parts)
    assert made_index(tables, 1).route("https://h/a") is NO_MATCH
    with pytest.raises(ValueError, match="do not fit"):
        made_index(tables, 0)


@pytest.mark.parametrize("tables", [None, EMPTY, object()])
def test_an_index_needs_tables_of_the_same_module(tables: Any) -> None:
    with pytest.raises(TypeError):
        made_index(tables, 0)


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize("matching", ["system", "strict"])
def test_a_router_is_freed_with_its_last_reference(name: str, matching: str) -> None:
    """Without the collector, so nothing in it leads back to itself."""

    def indexes() -> int:  # of both engines
        return sum(type(item).__name__ == "Index" for item in gc.get_objects())

    urls = ["https://h.example/", "https://h.example.evil/", "https://w.example/x", MISS]
    world = WORLD | {"matching": matching}
    world["profiles"] = [*WORLD["profiles"], WILDCARDS]
    gc.collect()
    before = indexes()
    gc.disable()
    try:
        with engine(name):
            router = router_of(world)
        assert indexes() == before + (2 if name == "compiled" else 1)
        for url in urls:
            for caller in (None, "com.example.denied"):
                router.route(url, caller)
                router.route(url, caller, 401, True)
        router.explain(urls[0])
        router.route_many(urls)
        reference = weakref.ref(router)
        del router
        assert reference() is None
        assert indexes() == before
    finally:
        gc.enable()


def test_a_method_outlives_its_router() -> None:
    with engine("compiled"):
        route = router_of(WORLD).route
    gc.collect()
    assert route("https://h.example/").outcome == "handle"
    assert route("realm://0").outcome == "handle"


def test_references_are_kept_in_balance(router: Router) -> None:
    hit, denied = "https://h.example/", "com.example.denied"
    route = router.route
    decisions = [route(hit), route(hit, denied), route(MISS), route("ssoid://com.example.a")]
    urls = (hit, MISS, "https://h.example.evil/", "\u00e9", "\ud800")
    column = ((None, array("i", [0, 18, 18]), b"https://h.example/", 0, 0), None, 2)
    callers = ((None, array("i", [0, 18, 18]), b"com.example.denied", 0, 0), None, 2)
    watched = [*decisions, hit, denied, MISS, *urls, urls, column, callers]
    compiled = router._compiled
    tables = made_tables(urls=(("https://h.example",), (0,)), suffixes=((".h.example",), (0,)))

    def calls() -> None:
        for _ in range(1_000):
            route(hit)
            route(url=hit, caller=denied)
            route(MISS, None, 401)
            route(hit, screen_locked=True)
            route("ssoid://com.example.a")
            compiled.route_many(urls, None, 0)
            compiled.route_arrow(2, column, callers, None, None, bytearray(8))
            tables.find_url(hit)
            tables.find_host("a.h.example")

    calls()
    before = [sys.getrefcount(item) for item in watched]
    blocks = sys.getallocatedblocks()
    calls()
    assert [sys.getrefcount(item) for item in watched] == before
    assert abs(sys.getallocatedblocks() - blocks) < 200


@pytest.mark.parametrize("count", [0, 1, 7, 60, 700])
def test_every_caller_that_is_denied_is_known(count: int) -> None:
    """Whatever the bits by which the compiled index passes over callers."""
    denied = [f"com.example.apps{number * number}"[: 14 + number % 9] for number in range(count)]
    denied += ["com.\u00e9.app", "x" * 8, "x" * 17] if count else []
    with engine("compiled"):
        router = router_of(two_payloads(["https://h.example"], denied, [".h.example"]))
    others = [f"com.example.ap{number}" for number in range(2_000)]
    others += ["", "x", "x" * 7, "x" * 9, "x" * 16, "com.e.app", "com.\u00e8.app", "\ud800"]
    for caller in others:
        is_denied = caller in denied
        found = router.route("https://h.example/", caller).reason
        assert found == ("caller_denied" if is_denied else "url_prefix")
    for caller in denied:
        assert router.route("https://h.example/", caller).reason == "caller_denied"
        assert router.route("https://h.example/", Text(caller)).reason == "caller_denied"


@pytest.mark.parametrize("name", ENGINES)
def test_threads_get_the_same_decision(name: str) -> None:
    with engine(name):
        router = router_of(WORLD)
    urls = ["https://h.example/", "https://h.example.evil/", "https://g.example/a/b/c", MISS]
    found: list[list[Any]] = []
    barrier = threading.Barrier(8)

    def work() -> None:
        barrier.wait()
        asked = [(url, caller) for url in urls for caller in (None, "com.example.denied")]
        found.append([router.route(*request) for _ in range(200) for request in asked])

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert len(found) == 8
    first = found[0]
    assert all(a is b for other in found for a, b in zip(first, other, strict=True))


@pytest.mark.parametrize("name", ENGINES)
def test_a_router_can_be_sent_to_another_process(name: str) -> None:
    with engine(name):
        router = router_of(WORLD)
        copy = pickle.loads(pickle.dumps(router))
    assert copy.matching == router.matching
    assert copy.installation == router.installation
    for url in ("https://h.example/", "https://h.example.evil/", MISS):
        assert copy.route(url) == router.route(url)
    assert ("route" in vars(copy)) == (name == "compiled")


def test_the_environment_forces_the_pure_engine() -> None:
    script = (
        "import ssoroute; router = ssoroute.Router.from_profiles([]);"
        "print(ssoroute.accelerated, 'route' in vars(router))"
    )
    found = subprocess.run(
        [sys.executable, "-c", script],
        env={"SSOROUTE_PURE": "1", "PYTHONPATH": str(SOURCE.parents[2])},
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.split() == ["False", "False"]
    assert _engine.accelerated == (_engine.compiled is not None)


def test_the_module_that_is_installed_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    name, module = "ssoroute.routing._compiled", ModuleType("_compiled")
    monkeypatch.delenv("SSOROUTE_PURE", raising=False)
    monkeypatch.setitem(sys.modules, name, module)
    assert _engine._compiled_module() is module
    monkeypatch.setitem(sys.modules, name, None)  # as if it were not installed
    assert _engine._compiled_module() is None


def test_an_error_of_the_string_itself_is_not_hidden() -> None:
    class Uncomparable(str):
        __slots__ = ()

        def __gt__(self, other: object) -> bool:
            raise TypeError("not comparable")

    with engine("pure"):
        router = router_of(WORLD)
    with pytest.raises(TypeError, match="not comparable"):
        router.route(Uncomparable("https://h.example/"))


ISOLATED = """
import sys
if sys.version_info >= (3, 13):
    import _interpreters as interpreters
    made = interpreters.create("isolated")
    run = interpreters.exec
else:
    import _xxsubinterpreters as interpreters
    made = interpreters.create(isolated=True)
    run = interpreters.run_string
failed = run(made, '''
import sys
sys.path[:] = PATH
from ssoroute.routing import _compiled
no_rules = ((), ())
tables = _compiled.Tables(
    key=bytes(56), urls=(("https://h/",), (7,)), heads=no_rules, hosts=no_rules,
    suffixes=no_rules, wildcards=((), bytes(4), b"", b"", b"")
)
assert tables.find_url("HTTPS://H/x") == 7
'''.replace("PATH", repr(sys.path)))
assert failed is None, failed
interpreters.destroy(made)
print("it runs")
"""


def test_it_runs_in_an_interpreter_with_a_lock_of_its_own() -> None:
    if sys.version_info < (3, 12):
        pytest.skip("Python before 3.12 has one lock for all interpreters")
    if not list(SOURCE.parent.glob("_compiled*.so")):
        pytest.skip("the compiled module is not built in place")
    path = os.pathsep.join([str(SOURCE.parents[2]), *sys.path])
    found = subprocess.run(
        [sys.executable, "-c", ISOLATED],
        env={"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.stdout == "it runs\n", found.stderr


def test_only_the_stable_abi_is_used(tmp_path: Path) -> None:
    if compiler() is None or shutil.which("nm") is None or sys.platform != "linux":
        pytest.skip("no compiler or no nm to look with")
    path = tmp_path / "_compiled.abi3.so"
    build(SOURCE, path)
    names = subprocess.run(
        ["nm", "-D", "--undefined-only", str(path)], capture_output=True, text=True, check=True
    ).stdout.split()
    private = {name for name in names if name.startswith("_Py")}
    # What the macros of the stable ABI stand for (PEP 384, Misc/stable_abi.toml).
    assert private <= {"_Py_Dealloc", "_Py_NoneStruct", "_Py_TrueStruct", "_Py_FalseStruct"}


def test_the_source_allocates_through_python_only() -> None:
    text = SOURCE.read_text(encoding="utf-8").replace("PyMem_", "").replace("Py_tp_", "")
    for name in ("malloc(", "calloc(", "realloc(", "strdup(", "__int128"):
        assert name not in text.replace("Calloc(", "").replace("Malloc(", "")


def test_a_finder_is_that_of_the_compiled_engine_alone(router: Router) -> None:
    class Other(Router):
        def route(self, *_arguments: Any, **_names: Any) -> Decision:
            return NO_MATCH

    assert type(finder_of(router)).__name__ == "PyCapsule"
    with engine("compiled"):
        assert finder_of(Other(router.installation)) is None
    with engine("pure"):
        assert finder_of(router_of(WORLD)) is None


def test_a_twin_needs_compiled_tables_and_the_module() -> None:
    activation = router_of(WORLD).activation
    made = {}
    for name in ENGINES:
        with engine(name):
            made[name] = Index(activation, strict=False)
    twins: dict[tuple[str, str], Any] = {}
    for asked in ENGINES:
        with engine(asked):
            twins |= {(name, asked): index.compiled_twin() for name, index in made.items()}
    assert twins.pop(("compiled", "compiled")).route("https://h.example/").outcome == "handle"
    assert twins == dict.fromkeys(
        [("pure", "pure"), ("pure", "compiled"), ("compiled", "pure")], None
    )
