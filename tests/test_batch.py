"""Many requests at once get the answers that one after the other gets."""

from __future__ import annotations

import array
import random
import struct
import sys
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import pytest

from build import router_of, row_of, two_payloads
from fuzz.differential import Fuzz
from fuzz.engines import ENGINES, compiled_module, engine
from ssoroute import Request, RequestError, Router
from ssoroute.model.decision import NO_MATCH
from ssoroute.routing.batch import encoded
from worlds import strings_of

WORLD = two_payloads(["https://h.example"], ["com.example.denied", "com.\u00e9"], [".h.example"])
URLS = ["https://h.example/", None, "https://h.example.evil/", "https://a.h.example/", "\u00e9", ""]
CALLERS = [None, "com.example.denied", "com.example.other"]
URLS += ["ssoid://com.example.a", "https://h.example/\u00e9", "HTTPS://H.EXAMPLE/"]


@pytest.fixture(params=ENGINES)
def router(request: pytest.FixtureRequest) -> Router:
    if request.param == "compiled" and compiled_module() is None:
        pytest.skip("no compiled module, and no C compiler to build it")
    with engine(request.param):
        return router_of(WORLD)


def test_lists_are_routed_one_by_one(router: Router) -> None:
    codes = [401 if url == URLS[3] else 0 for url in URLS]
    callers = ["com.example.denied" if url == URLS[0] else None for url in URLS]
    assert router.route_many(URLS, callers, codes) == [
        NO_MATCH if url is None else router.route(url, caller, code)
        for url, caller, code in zip(URLS, callers, codes, strict=True)
    ]


def test_one_caller_or_code_stands_for_all(router: Router) -> None:
    urls = [url for url in URLS if url is not None]
    assert router.route_many(iter(urls), "com.example.denied") == [
        router.route(url, "com.example.denied") for url in urls
    ]
    assert router.route_many(urls, response_codes=407) == [
        router.route(url, None, 407) for url in urls
    ]
    assert router.route_many([]) == []
    assert router.route_many([URLS[0]], [None], [None]) == [router.route("https://h.example/")]


def test_callers_and_screens_count_where_no_caller_is_watched() -> None:
    pa = pytest.importorskip("pyarrow", reason="pyarrow (extra `arrow`) is not installed")
    world = {**WORLD, "profiles": [{"payloads": [WORLD["profiles"][0]["payloads"][1]]}]}
    columns = {
        "url": ["https://a.h.example/"] * 2,
        "caller": ["com.example.denied", None],
        "response_code": [401, 401],
        "screen_locked": [False, True],
    }
    for name in ENGINES:
        with engine(name):
            found = router_of(world).route_batch(pa.RecordBatch.from_pydict(columns))
        assert found.column("reason").to_pylist() == ["host", "screen_locked"]


def test_lengths_have_to_fit(router: Router) -> None:
    with pytest.raises(RequestError, match=r"^there are 9 URLs and 1 callers$"):
        router.route_many(URLS, ["a"])
    with pytest.raises(RequestError, match=r"^there are 9 URLs and 0 response_codes$"):
        router.route_many(URLS, None, [])


COLUMNS = tuple(field.name for field in fields(Request))


def rows_of(seed: int, count: int) -> list[list[Any]]:
    """Requests with and without nulls."""
    source, choose = Fuzz(seed), random.Random(seed)
    prefixes, hosts = strings_of(WORLD, "URLs"), strings_of(WORLD, "Hosts")
    rows = []
    for _ in range(count):
        url = source.near(prefixes, hosts).replace("\ud800", "")
        rest: list[Any] = [
            choose.choice([None, None, "com.example.denied", "COM.EXAMPLE.DENIED", "com.\u00e9"]),
            choose.choice([None, 0, 200, 401, 407]),
            *(choose.choice([None, None, True, False]) for _ in range(3)),
        ]
        rows.append([url if choose.random() < 0.9 else None, *rest])
    return rows


def answer(router: Router, row: list[Any]) -> dict[str, Any]:
    url, caller, code, locked, interface, background = row
    decision = NO_MATCH
    if url is not None:
        decision = router.route(
            url, caller, code or 0, bool(locked), interface is not False, bool(background)
        )
    return row_of(decision)


@pytest.mark.parametrize("text", ["string", "large_string", "dictionary", "string_view"])
def test_record_batches_are_routed_row_by_row(router: Router, text: str) -> None:
    pa = pytest.importorskip("pyarrow", reason="pyarrow (extra `arrow`) is not installed")
    kinds = {"string": pa.string(), "large_string": pa.large_string()}
    kinds |= {"dictionary": pa.dictionary(pa.int16(), pa.string())}
    if hasattr(pa, "string_view"):
        kinds |= {"string_view": pa.string_view()}
    rows = rows_of(3, 1_500)
    columns = [list(column) for column in zip(*rows, strict=True)]
    types = [kinds.get(text, pa.string())] * 2 + [pa.int64()] + [pa.bool_()] * 3
    arrays = [
        pa.array(c, pa.string()).cast(t) if pa.types.is_dictionary(t) else pa.array(c, t)
        for c, t in zip(columns, types, strict=True)
    ]
    batch = pa.RecordBatch.from_arrays(arrays, names=list(COLUMNS))
    expected = [answer(router, row) for row in rows]
    assert router.route_batch(batch).to_pylist() == expected
    for start, count in ((3, 700), (9, 1), (1_499, 1), (8, 0)):  # slices of the same buffers
        found = router.route_batch(batch.slice(start, count))
        assert found.to_pylist() == expected[start : start + count]


@pytest.mark.parametrize("index", ["int8", "uint16", "int64"])
@pytest.mark.parametrize("values", ["string", "large_string", "string_view"])
def test_a_dictionary_is_routed_once_for_all_rows(router: Router, index: str, values: str) -> None:
    pa = pytest.importorskip("pyarrow", reason="pyarrow (extra `arrow`) is not installed")
    if not hasattr(pa, values):
        pytest.skip("this pyarrow has no string views")
    urls = [*URLS[:20], None, "https://h.example/" + "x" * 40, "\u00e9"]
    choose = random.Random(5)
    rows: list[list[Any]] = []
    places = [choose.choice([*range(len(urls)), None]) for _ in range(900)]
    for place in places:
        url = None if place is None else urls[place]
        caller = choose.choice(CALLERS)
        rows.append([url, caller, choose.choice([0, 401]), None, None, None])
    items = pa.array(urls, getattr(pa, values)())
    columns = {
        "url": pa.DictionaryArray.from_arrays(pa.array(places, getattr(pa, index)()), items),
        "caller": pa.array([row[1] for row in rows]).dictionary_encode(),
        "response_code": pa.array([row[2] for row in rows]),
    }
    batch = pa.RecordBatch.from_pydict(columns)
    expected = [answer(router, row) for row in rows]
    assert router.route_batch(batch).to_pylist() == expected
    assert router.route_batch(batch.slice(13, 500)).to_pylist() == expected[13:513]


def test_decisions_as_numbers(router: Router) -> None:
    pa = pytest.importorskip("pyarrow", reason="pyarrow (extra `arrow`) is not installed")
    rows = rows_of(4, 800)
    columns = [list(column) for column in zip(*rows, strict=True)]
    types = [pa.string()] * 2 + [pa.int64()] + [pa.bool_()] * 3
    arrays = [pa.array(column, kind) for column, kind in zip(columns, types, strict=True)]
    batch = pa.RecordBatch.from_arrays(arrays, names=list(COLUMNS))
    decisions, numbers = router.number_batch(batch)
    assert decisions[0] is NO_MATCH
    assert len({id(decision) for decision in decisions}) == len(decisions)
    assert numbers.type == pa.int32()
    found = router.route_batch(batch).to_pylist()
    assert [decisions[number].reason.value for number in numbers.to_pylist()] == [
        row["reason"] for row in found
    ]


def test_columns_may_be_missing_or_null(router: Router) -> None:
    pa = pytest.importorskip("pyarrow", reason="pyarrow (extra `arrow`) is not installed")
    urls = pa.array(URLS)
    expected = [answer(router, [url, None, 0, None, None, None]) for url in URLS]
    nulls = pa.nulls(len(URLS))
    small = pa.array([0] * len(URLS), pa.int8())
    for extra in (
        {},
        dict.fromkeys(COLUMNS[1:], nulls),
        {"response_code": small, "background_session": nulls, "other": nulls},
    ):
        found = router.route_batch(pa.RecordBatch.from_pydict({"url": urls} | extra))
        assert found.to_pylist() == expected
        assert all(pa.types.is_dictionary(field.type) for field in found.schema)
        assert found.schema.names == ["outcome", "reason", "extension", "rule", "lookalike"]
    no_urls = pa.RecordBatch.from_pydict({"url": nulls})
    assert {row["reason"] for row in router.route_batch(no_urls).to_pylist()} == {"no_match"}
    empty = pa.RecordBatch.from_pydict({"url": pa.array([], pa.string())})
    assert router.route_batch(empty).to_pylist() == []


def test_wrong_columns_are_named(router: Router) -> None:
    pa = pytest.importorskip("pyarrow", reason="pyarrow (extra `arrow`) is not installed")
    urls = pa.array(["https://h.example/"])
    numbers = pa.array([1])
    for columns, message in (
        ({"uri": urls}, "the column `url` is missing"),
        ({"url": numbers}, "the column `url` must hold strings, not int64"),
        ({"url": urls, "caller": numbers}, "the column `caller` must hold strings, not int64"),
        (
            {"url": urls, "response_code": urls},
            "the column `response_code` must hold integers, not string",
        ),
        (
            {"url": urls, "screen_locked": numbers},
            "the column `screen_locked` must hold booleans, not int64",
        ),
    ):
        with pytest.raises(RequestError) as raised:
            router.route_batch(pa.RecordBatch.from_pydict(columns))
        assert str(raised.value) == message
    twice = pa.RecordBatch.from_arrays([urls, urls], names=["url", "url"])
    with pytest.raises(RequestError, match=r"^there are 2 columns `url`$"):
        router.route_batch(twice)


NOT_A_BATCH = "a batch must be a pyarrow.RecordBatch, not a {}; a table has `to_batches()`"


def test_only_a_record_batch_is_taken(router: Router) -> None:
    pa = pytest.importorskip("pyarrow", reason="pyarrow (extra `arrow`) is not installed")
    columns = {"url": ["https://h.example/"]}
    for given, name in (
        (pa.table(columns), "Table"),
        (pa.table({"url": pa.chunked_array([["a"], ["b"]])}), "Table"),
        (columns, "dict"),
        (None, "NoneType"),
    ):
        with pytest.raises(RequestError) as raised:
            router.route_batch(given)
        assert str(raised.value) == NOT_A_BATCH.format(name)


ROWS, CLAIMED = 7_001, 1_000_003


def received(columns: Mapping[str, Any], rows: int | None = None) -> Any:
    """A record batch that came in a message which says that it has `rows` rows in each column."""
    import pyarrow as pa

    batch = pa.RecordBatch.from_pydict(dict(columns))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    message = sink.getvalue().to_pybytes()
    if rows is not None:
        counts = ROWS.to_bytes(8, "little")
        assert message.count(counts) >= len(columns)
        message = message.replace(counts, rows.to_bytes(8, "little"))
    with pa.ipc.open_stream(message) as reader:
        return reader.read_next_batch()


def columns_of(text: str) -> dict[str, Any]:
    """All columns, with the strings in the layout `text`."""
    import pyarrow as pa

    urls = pa.array([f"https://h.example/{row}" for row in range(ROWS)])
    callers = pa.array(["com.example.denied", "com.example.other", None] * ROWS)[:ROWS]
    flags = pa.array([True, False] * ROWS)[:ROWS]
    columns = {"url": urls, "caller": callers, "response_code": pa.array([401] * ROWS)}
    columns |= dict.fromkeys(COLUMNS[3:], flags)
    for name in ("url", "caller"):
        if text == "dictionary":
            columns[name] = columns[name].dictionary_encode()
        elif text == "view":
            columns[name] = as_views(columns[name])
        elif text == "large":
            columns[name] = columns[name].cast(pa.large_string())
    return columns


def as_views(strings: Any) -> Any:
    import pyarrow as pa

    if not hasattr(pa, "string_view"):
        pytest.skip("this pyarrow has no string views")
    return pa.array(strings.to_pylist(), pa.string_view())


@pytest.mark.parametrize("name", COLUMNS)
@pytest.mark.parametrize("text", ["plain", "large", "dictionary", "view"])
def test_buffers_that_are_too_short_are_refused(router: Router, text: str, name: str) -> None:
    pa = pytest.importorskip("pyarrow", reason="pyarrow (extra `arrow`) is not installed")
    columns = columns_of(text)
    assert router.route_batch(received(columns)).num_rows == ROWS
    # URLs that are null need no buffers, so the other column alone is too short
    asked = {"url": pa.nulls(ROWS)} | {name: columns[name]}
    with pytest.raises(RequestError, match=f"^the column `{name}` is damaged: ") as raised:
        router.route_batch(received(asked, CLAIMED))
    assert raised.value.field == name


@pytest.mark.parametrize("name", ["url", "caller"])
@pytest.mark.parametrize("index", [-1, 2, 2**31 - 1])
def test_places_outside_of_a_dictionary_are_refused(router: Router, index: int, name: str) -> None:
    pa = pytest.importorskip("pyarrow", reason="pyarrow (extra `arrow`) is not installed")
    items = pa.array(["https://h.example/", "com.example.denied"])
    places = pa.array([0, 1, index], pa.int32())
    columns = {"url": pa.array(["https://h.example/"] * 3)}
    columns[name] = pa.DictionaryArray.from_arrays(places, items, safe=False)
    with pytest.raises(RequestError, match=f"^the column `{name}` is damaged: "):
        router.route_batch(pa.RecordBatch.from_pydict(columns))


@pytest.mark.parametrize("name", ["url", "caller"])
@pytest.mark.parametrize(
    "offsets", [[0, 19, 18], [0, -1, 18], [0, 2**31 - 1, 18], [4, 3, 18]], ids=str
)
def test_damaged_offsets_are_refused(router: Router, offsets: list[int], name: str) -> None:
    pa = pytest.importorskip("pyarrow", reason="pyarrow (extra `arrow`) is not installed")
    data = pa.py_buffer(b"https://h.example/")
    # pyarrow looks at the first and the last offset by itself, not at those between
    buffers = [None, pa.py_buffer(pa.array(offsets, pa.int32()).buffers()[1]), data]
    columns = {"url": pa.array(["https://h.example/"] * 2), "caller": pa.array(["a", "b"])}
    columns[name] = pa.Array.from_buffers(pa.string(), 2, buffers)
    with pytest.raises(RequestError, match=f"^the column `{name}` is damaged: "):
        router.route_batch(pa.RecordBatch.from_pydict(columns))


def test_what_is_no_utf_8_is_answered(router: Router) -> None:
    pa = pytest.importorskip("pyarrow", reason="pyarrow (extra `arrow`) is not installed")

    def column(*texts: bytes) -> Any:
        _, offsets, data = pa.array(texts, pa.binary()).buffers()
        return pa.Array.from_buffers(pa.string(), len(texts), [None, offsets, data])

    urls = column(b"https://h.example/", b"https://h.example/\xff", b"https://h.example/")
    callers = column(b"com.example.denied\xff", b"com.example.denied", b"com.example.denied")
    found = router.route_batch(pa.RecordBatch.from_pydict({"url": urls, "caller": callers}))
    reasons = found.column("reason").to_pylist()
    assert reasons == ["url_prefix", "no_match", "caller_denied"]


@pytest.mark.parametrize("rows", [0, 1, 7, 8, 9, 16, 1_003])
def test_numbers_become_the_same_columns_on_both_engines(
    monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    pa = pytest.importorskip("pyarrow", reason="pyarrow (extra `arrow`) is not installed")
    module = compiled_module()
    if module is None:
        pytest.skip("no compiled module, and no C compiler to build it")
    router = router_of(WORLD)
    asked = [(url, caller, code) for url in URLS if url for caller in CALLERS for code in (0, 401)]
    decisions = list(dict.fromkeys(router.route(*ask) for ask in asked))
    assert {bool(decision.extension) for decision in decisions} == {True, False}
    choose = random.Random(rows)
    picked = choose.choices(range(len(decisions)), k=rows)
    numbers = pa.array([0, 0, *picked], pa.int32())[2:]
    columns = []
    for used in (module, None):
        monkeypatch.setattr("ssoroute.routing.engine.compiled", used)
        columns.append(encoded(decisions, numbers))
        columns[-1].validate(full=True)
    assert columns[0] == columns[1]
    assert columns[0].schema == columns[1].schema
    assert [found.dictionary for found in columns[0]] == [found.dictionary for found in columns[1]]
    assert columns[0].to_pylist() == [row_of(decisions[number]) for number in picked]


def test_columns_that_do_not_fit_the_numbers_are_refused() -> None:
    module = compiled_module()
    if module is None:
        pytest.skip("no compiled module, and no C compiler to build it")
    sizes = (9, 9, 36, 36, 9, 2, 2)
    places = struct.pack("=iibbbB", 5, 6, 1, 2, 3, 3) + struct.pack("=iibbbB", 0, 0, 0, 4, 0, 0)
    numbers = array.array("i", [0, 1] * 4 + [1])
    columns = [bytearray(size) for size in sizes]
    module.spread(numbers, places, tuple(columns))
    assert columns[:2] == [bytearray([1, 0] * 4 + [0]), bytearray([2, 4] * 4 + [4])]
    assert columns[2].hex() == "0500000000000000" * 4 + "00000000" or sys.byteorder == "big"
    assert columns[5:] == [bytearray([0b01010101, 0])] * 2
    for short in range(7):
        cut = [bytearray(size - (place == short)) for place, size in enumerate(sizes)]
        with pytest.raises(ValueError, match="a buffer does not fit"):
            module.spread(numbers, places, tuple(cut))
    for wrong in (-1, 2, 2**31 - 1):
        for place in (0, 8):
            numbers[place], kept = wrong, numbers[place]
            with pytest.raises(ValueError, match="a number is unknown"):
                module.spread(numbers, places, tuple(columns))
            numbers[place] = kept
