"""The compiled module answers lines and columns as the plain reader and the router do."""

from __future__ import annotations

import array
import io
import itertools
import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli_world import CREDENTIAL, REDIRECT, SSO
from plain_urls import PLAIN_URL
from ssoroute import Router, load
from ssoroute.replay import Answered, Log, OutputForm, Summary, chunks_of, compiled, run
from ssoroute.replay.chunks import Lines
from ssoroute.replay.compiled import BatchAnswers
from ssoroute.replay.tally import Tally
from ssoroute.routing.router import finder_of

pa = pytest.importorskip("pyarrow", reason="the extra `arrow` is not installed")

if compiled.scan is None:
    pytest.skip("the compiled reader is not built", allow_module_level=True)


@pytest.fixture(scope="module")
def router(tmp_path_factory: pytest.TempPathFactory) -> Router:
    from cli_world import write_profile

    path = tmp_path_factory.mktemp("profiles") / "corp.mobileconfig"
    denying = {**REDIRECT, "DeniedBundleIdentifiers": ["com.example.denied"]}
    return Router.from_profiles(load(write_profile(path, denying, CREDENTIAL)))


def answers(
    router: Router, name: str, data: bytes, form: OutputForm | None, size: int, jobs: int = 1
) -> tuple[dict[str, Any], list[dict[str, Any]], list[Answered]]:
    """The summary, the written rows, and the parts in which they came."""
    log = Log(name, lambda: nullcontext(io.BytesIO(data)))
    summary = Summary(accelerated=True)
    rows: list[dict[str, Any]] = []
    parts = list(run(router, chunks_of([log], size), form=form, jobs=jobs))
    for part in parts:
        summary.add(part)
        if part.output is not None:
            rows += part.output.to_pylist()
    return summary.to_json(), rows, parts


def plain(
    router: Router, name: str, data: bytes, form: OutputForm | None, size: int
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiled, "scan", None)
        found, rows, _ = answers(router, name, data, form, size)
    return found, rows


URLS = [
    "https://login.example.com/",
    "https://login.example.com/a?b=c&d=%20#e",
    "https://login.example.com.evil.example/x",
    "https://a.example.com/",
    "https://www.example.org/a/b",
    "HTTPS://www.example.org:8443/../x",
    "https://xn--bcher-kva.example/",
    "https://b\N{LATIN SMALL LETTER U WITH DIAERESIS}cher.example/\N{SNOWMAN}",
    "https://h/\N{GRINNING FACE}",
    "nothing",
    "",
]
GOOD: list[bytes] = [
    # A surrogate escape is odd, even in a pair.
    *(json.dumps({"url": url}).encode() for url in URLS if max(url, default="") < "\U00010000"),
    *(json.dumps({"url": url}, ensure_ascii=False).encode() for url in URLS),
    b'{"url":"https:\\/\\/login.example.com\\/\\u0026x"}',
    b' { "caller" : null , "url" : "https://h/" , "response_code" : 401 } \r',
    json.dumps({"url": URLS[0], "caller": SSO}).encode(),
    json.dumps({"url": URLS[0], "caller": "com.example.denied"}).encode(),
    json.dumps({"url": URLS[2], "caller": "com.example.denied", "response_code": 401}).encode(),
    json.dumps({"url": URLS[3], "response_code": 407, "caller": "x"}).encode(),
    json.dumps({"url": URLS[4], "response_code": 401}).encode(),
    json.dumps({"url": URLS[5], "response_code": 407}).encode(),
    json.dumps({"url": URLS[0], "screen_locked": True}).encode(),
    json.dumps({"url": URLS[0], "screen_locked": True, "user_interface_enabled": False}).encode(),
    json.dumps({"url": URLS[0], "screen_locked": True, "background_session": True}).encode(),
    b'{"url": "https://h/", "response_code": -0}',
    b'{"url": "https://h/", "response_code": 999999999999999999}',
]
ODD: list[bytes] = [
    b"",
    b" ",
    b"{}",
    b"[]",
    b"null",
    b'{"url": null}',
    b'{"url": 1}',
    b'{"uri": "https://h/"}',
    b'{"url": "https://h/", "url": "https://i/"}',
    b'{"url": "https://h/", "time": 1}',
    b'{"url": "https://h/",}',
    b'{"url": "https://h/"} x',
    b'{"url": "https://h/"}{"url": "https://h/"}',
    b'{"url": "https://h/"',
    b'{"url": "https://h/',
    b'{"url": "https://h/\\',
    b'{"url": "https://h/\\u12',
    b'{"url": "https://h/\\u12g4"}',
    b'{"url": "https://h/\\x"}',
    b'{"url": "https://h/\\ud83d\\ude00"}',
    b'{"url": "https://h/\\ud83d"}',
    b'{"url": "https://h/\x01"}',
    b'{"url": "https://h/\xff"}',
    b'{"url": "https://h/\xed\xa0\x80"}',
    b'{"url": "https://h/", "caller": 1}',
    b'{"url": "https://h/", "response_code": 401.0}',
    b'{"url": "https://h/", "response_code": 4e2}',
    b'{"url": "https://h/", "response_code": 0401}',
    b'{"url": "https://h/", "response_code": "401"}',
    b'{"url": "https://h/", "response_code": 9999999999999999999999}',
    b'{"url": "https://h/", "response_code": NaN}',
    b'{"url": "https://h/", "response_code": -}',
    b'{"url": "https://h/", "screen_locked": 1}',
    b'{"url": "https://h/", "screen_locked": truely}',
    b'\xef\xbb\xbf{"url": "https://h/"}',
    b'{"\\u0075rl": "https://h/"}',
    b'\x0b{"url": "https://h/"}',
]


@pytest.mark.parametrize("form", [None, OutputForm.PARQUET])
@pytest.mark.parametrize("line", [*GOOD, *ODD], ids=repr)
def test_each_line_of_json_has_one_answer(
    router: Router, line: bytes, form: OutputForm | None
) -> None:
    data = b"\n".join([GOOD[0], line, GOOD[2]])
    found, rows, _ = answers(router, "log.jsonl", data, form, 1 << 20)
    assert (found, rows) == plain(router, "log.jsonl", data, form, 1 << 20)


@pytest.mark.parametrize("line", GOOD, ids=repr)
def test_valid_lines_are_read(router: Router, line: bytes) -> None:
    """Without this the other tests might compare the plain reader with itself."""
    data = line + b"\n" + GOOD[0]
    _, _, parts = answers(router, "log.jsonl", data, OutputForm.PARQUET, 1 << 20)
    assert len(parts) == 1
    found = compiled.answer_lines(router, Lines(1, data), None)
    assert found is not None
    assert all(left.arguments is not None for left in found[1])


@given(
    lines=st.lists(st.sampled_from([*GOOD, *GOOD, *ODD]), max_size=30),
    size=st.integers(1, 400),
    ends=st.booleans(),
    form=st.sampled_from([None, OutputForm.PARQUET]),
)
def test_logs_of_json(
    router: Router, lines: list[bytes], size: int, ends: bool, form: OutputForm | None
) -> None:
    data = b"\n".join(lines) + b"\n" * ends
    found, rows, _ = answers(router, "log.jsonl", data, form, size)
    assert (found, rows) == plain(router, "log.jsonl", data, form, size)


CSV_LINES: list[bytes] = [
    b"https://login.example.com/,,,x",
    b'"https://login.example.com/","com.example.a",401,"a,b"',
    b'"https://h/""x""",,,',
    b'https://h/"x,,,',
    b'https://h/,"a"b,,',
    b'https://h/,,,"several\nlines"',
    b'"https://h/\r\n",,,',
    b"https://login.example.com/,com.example.denied,,",
    b"https://a.example.com/,,401,\r",
    b"https://www.example.org/,,401,",
    b"HTTPS://www.example.org/,,407,",
    b"https://a.example.com/,, 401 ,",
    b"https://a.example.com/,,+401,",
    b"https://a.example.com/,,0401,",
    b"https://a.example.com/,,four,",
    b"https://h/,,,\xff",
    b"https://h/\xff,,,",
    "https://b\N{LATIN SMALL LETTER U WITH DIAERESIS}cher.example/,,,".encode(),
    b"https://h/\r,,,",
    b"https://h/,,",
    b"https://h/,,,,",
    b",,,",
    b"",
    b" ",
    b'"',
    b'"never closed',
    b"nothing,,,",
    b"https://h/\0,,,",
    b"\xef\xbb\xbfhttps://h/,,,",
]


@pytest.mark.parametrize("form", [None, OutputForm.PARQUET])
@pytest.mark.parametrize("line", CSV_LINES, ids=repr)
def test_each_line_of_csv_has_one_answer(
    router: Router, line: bytes, form: OutputForm | None
) -> None:
    data = b"\n".join([b"url,caller,response_code,note", CSV_LINES[0], line, CSV_LINES[1]])
    found, rows, _ = answers(router, "log.csv", data, form, 1 << 20)
    assert (found, rows) == plain(router, "log.csv", data, form, 1 << 20)


@given(
    header=st.sampled_from([b"url,caller,response_code,note", b'"note","url"', b"url"]),
    lines=st.lists(
        st.sampled_from(CSV_LINES) | st.text('",a \r\n\0', max_size=8).map(str.encode), max_size=20
    ),
    size=st.integers(1, 200),
)
def test_logs_of_csv(router: Router, header: bytes, lines: list[bytes], size: int) -> None:
    data = b"\n".join([header, *lines])
    found, rows, _ = answers(router, "log.csv", data, OutputForm.PARQUET, size)
    whole = plain(router, "log.csv", data, OutputForm.PARQUET, 1 << 20)
    assert (found, rows) == whole == plain(router, "log.csv", data, OutputForm.PARQUET, size)


@pytest.fixture(params=[True, False], ids=["AVX2", "without AVX2"])
def _width(request: pytest.FixtureRequest) -> Iterator[None]:
    """The same with and without the instructions for many characters at a time."""
    if compiled.scan.use_avx2(request.param) is not request.param:
        pytest.skip("the processor has no AVX2")
    yield
    compiled.scan.use_avx2(True)


CHARACTERS: Final = [chr(code) for code in range(1, 128)] + ["\u00e9", "\u2603"]


@pytest.mark.usefixtures("_width")
@pytest.mark.parametrize("size", [30, 33, 34, 40, 66, 67, 100])
def test_a_character_at_any_place_makes_a_url_odd_or_not(router: Router, size: int) -> None:
    path = "https://id.example.com/" + "a/b" * 40
    host = "https://" + "a-b.c" * 7 + "/" + "x" * 40
    urls = [
        text[:place] + odd + text[place + 1 :]
        for text in (path[:size], host[: 40 + size])
        for place in range(8, min(size, len(text)))
        for odd in CHARACTERS
    ]
    _, numbers = answered_columns(router, pa.array(urls, pa.string()))
    is_plain = [bool(re.fullmatch(PLAIN_URL, url)) for url in urls]
    assert [number >= 0 for number in numbers] == is_plain
    assert 0 < is_plain.count(True) < len(urls)


@pytest.mark.usefixtures("_width")
@pytest.mark.parametrize("length", range(1, 70))
def test_hosts_of_any_length(router: Router, length: int) -> None:
    choose = random.Random(length)
    urls = [
        f"https://{''.join(choose.choices('aaaz09..-A', k=length))}/{'b' * choose.choice([0, 40])}"
        for _ in range(400)
    ]
    urls += [f"https://{'a' * length}{end}" for end in ("", "/", "/" + "b" * 40, ":8/" + "b" * 40)]
    _, numbers = answered_columns(router, pa.array(urls, pa.string()))
    assert [number >= 0 for number in numbers] == [
        bool(re.fullmatch(PLAIN_URL, url)) for url in urls
    ]


@given(
    st.lists(
        st.from_regex(PLAIN_URL, fullmatch=True)
        | st.from_regex(r"https?://[a-z0-9.-]{0,8}/[a-zA-Z./%?#-]{0,8}", fullmatch=True)
        | st.text('htps:/.-%?#aZ0_\N{SNOWMAN}\n "', max_size=12).map("http://".__add__)
        | st.text(max_size=5)
        | st.none(),
        max_size=20,
    ),
    st.integers(0, 3),
)
def test_plain_urls_are_those_of_the_expression(
    router: Router, urls: list[str | None], first: int
) -> None:
    column = pa.array(urls, pa.string())[first:]
    tally, numbers = answered_columns(router, column)
    is_plain = [bool(url and re.fullmatch(PLAIN_URL, url)) for url in urls[first:]]
    assert [number >= 0 for number in numbers] == is_plain
    assert tally.unmatched_loads == Counter(
        url.split("/")[2][:255]
        for url, number in zip(urls[first:], numbers, strict=True)
        if url and number == 0
    )


def answered_columns(router: Router, urls: Any) -> tuple[Tally, list[int]]:
    """The tally of a column of URLs, and the number of each row."""
    numbers = array.array("i", bytes(4 * len(urls)))
    validity, offsets, text = urls.buffers()
    column = ((validity, offsets or bytes(4), text, urls.offset, 0), None, len(urls))
    found = BatchAnswers.begin(router)
    assert found is not None
    assert found.answer(len(urls), (column, None, None, None), numbers) == numbers.count(-1)
    tally = Tally()
    assert max(numbers, default=0) < len(found.count(tally))
    return tally, numbers.tolist()


def test_plain_urls_of_every_length_and_character(router: Router) -> None:
    """The compiled reader takes sixteen characters at a time; each place and character counts."""
    urls = [f"https://h.example/{'a' * length}" for length in range(60)]
    for place in (0, 1, 14, 15, 16, 17, 30, 31, 33):
        rest = "a" * 34
        urls += [
            f"https://h.example/{rest[:place]}{chr(code)}{rest[place + 1 :]}"
            for code in range(1, 256)
        ]
        urls += [f"https://h.example/{rest[:place]}{two}{rest[place:]}" for two in ("/.", "/%")]
        urls += [f"https://h.example/?{rest[:place]}{two}{rest[place:]}" for two in ("/.", "#?")]
    _, numbers = answered_columns(router, pa.array(urls, pa.string()))
    expected = [re.fullmatch(PLAIN_URL, url) is None for url in urls]
    assert [number < 0 for number in numbers] == expected
    assert 100 < sum(expected) < len(urls)


def test_many_hosts_are_counted(router: Router) -> None:
    urls = [f"https://h{number % 5_000}.example/" for number in range(12_000)]
    urls += ["https://" + "a" * 300 + ".example/"] * 3
    tally, _ = answered_columns(router, pa.array(urls, pa.string()))
    hosts = tally.unmatched_loads
    assert tally.kinds.total() == hosts.total() == 12_003
    assert len(hosts) == 5_001
    assert (hosts["h0.example"], hosts["h4999.example"], hosts["a" * 255]) == (3, 2, 3)


@pytest.mark.parametrize("name", ["log.jsonl", "log.csv", "log.urls"])
def test_hosts_that_collide_are_left_to_python(router: Router, name: str) -> None:
    lines = GOOD if name == "log.jsonl" else [b"url", *(url.encode() for url in URLS[:8])]
    data = b"\n".join(lines)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiled, "scan", Refusing(compiled.scan))
        found, _, _ = answers(router, name, data, None, 1 << 20)
    assert found == plain(router, name, data, None, 1 << 20)[0]


class Refusing:
    """The compiled module, whose table of hosts has collided."""

    def __init__(self, scan: Any) -> None:
        self._scan = scan

    def __getattr__(self, name: str) -> Any:
        return (lambda *_: None) if name.startswith("answer") else getattr(self._scan, name)


CALLERS = [f"com.example.app{number}" for number in range(300)]


def test_each_watched_caller_has_its_own_number(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """More callers and rules than the first tables of the compiled module have room for."""
    from cli_world import write_profile

    prefixes = [f"https://login{number}.example.com/" for number in range(40)]
    denying = {**REDIRECT, "URLs": prefixes, "DeniedBundleIdentifiers": CALLERS}
    path = tmp_path_factory.mktemp("profiles") / "corp.mobileconfig"
    router = Router.from_profiles(load(write_profile(path, denying)))
    rows = [(prefix, caller) for prefix in prefixes for caller in [*CALLERS, SSO, "x", ""]]
    lines = [json.dumps({"url": url, "caller": caller}).encode() for url, caller in rows]
    data = b"\n".join(lines)
    found, _, _ = answers(router, "log.jsonl", data, None, 1 << 20)
    assert found == plain(router, "log.jsonl", data, None, 1 << 20)[0]
    assert found["reasons"]["caller_denied"] == 40 * 300
    assert found["reasons"]["caller_is_extension"] == 40
    assert found["reasons"]["url_prefix"] == 80


@given(
    lines=st.lists(
        st.sampled_from(URLS) | st.text(' ,"\r\t\x00\u3000h:/', max_size=6), max_size=20
    ),
    bad=st.booleans(),
    size=st.integers(1, 200),
)
def test_logs_of_urls(router: Router, lines: list[str], bad: bool, size: int) -> None:
    data = "\n".join(lines).encode() + b"\n\xff\n" * bad
    found, rows, _ = answers(router, "log.urls", data, OutputForm.PARQUET, size)
    assert (found, rows) == plain(router, "log.urls", data, OutputForm.PARQUET, size)


@pytest.mark.parametrize("name", ["log.jsonl", "log.csv"])
def test_threads_answer_in_order(router: Router, name: str) -> None:
    chance = random.Random(7)
    lines = [chance.choice(GOOD) if chance.random() < 0.99 else b"{" for _ in range(5_000)]
    if name == "log.csv":
        lines = [b"url", *(b"https://h/%d" % n if n % 97 else b"" for n in range(5_000))]
    data = b"\n".join(lines)
    one = answers(router, name, data, OutputForm.PARQUET, 20_000)
    expected = plain(router, name, data, OutputForm.PARQUET, 20_000)
    assert one[:2] == expected
    for jobs in (2, 3):
        found = answers(router, name, data, OutputForm.PARQUET, 20_000, jobs=jobs)
        assert found[:2] == expected
        assert len(found[2]) > 10


def test_buffers_that_do_not_fit_are_refused(router: Router) -> None:
    scan = compiled.scan
    small = [bytearray(4) for _ in range(9)]
    with pytest.raises(ValueError, match="a buffer is too small"):
        scan.scan_lines(b'{"url": "https://h/"}', b"", 1, tuple(small))
    finder, key, numbers = finder_of(router), bytes(64), bytearray(8)
    answers = scan.begin_answers(finder, key)
    offsets = array.array("i", [0, 11, 11])
    text = b"http://a.b/"

    def texts(*column: Any, rows: int = 1) -> Any:
        return column, None, rows

    urls = texts(None, offsets, text, 0, 0)
    two = texts(None, offsets, text, 0, 0, rows=2)
    found = b"https://login.example.com/"
    matching = texts(None, array.array("i", [0, len(found)]), found, 0, 0)

    def answer(*given: Any) -> Any:
        return scan.answer_columns(answers, *given)

    assert answer(1, urls, None, None, None, numbers) == 0
    assert scan.counted_answers(answers) == ([(None, None, 1)], [{"a.b": 1}, {}, {}])
    for places in ([0, -1], [0, 12], [5, 1]):
        bad = texts(None, array.array("i", places), text, 0, 0)
        with pytest.raises(ValueError, match="do not fit"):
            answer(1, bad, None, None, None, numbers)
        with pytest.raises(ValueError, match="do not fit"):
            answer(1, matching, bad, None, None, numbers)
    codes = (None, bytes(8), 0, 8)
    bits = (None, b"\0", 0, 0)
    for wrong in (
        (3, texts(None, offsets, text, 0, 0, rows=3), None, None, None, bytearray(12)),
        (2, two, None, codes, None, numbers),
        (9, texts(None, bytes(40), text, 0, 0, rows=9), None, None, bits, bytearray(36)),
        (1, texts(None, offsets, text, 2, 0), None, None, None, numbers),
        (1, texts(None, offsets, text, -1, 0), None, None, None, numbers),
        (2, texts(b"", offsets, text, 0, 0, rows=2), None, None, None, numbers),
    ):
        with pytest.raises(ValueError, match="too short for its rows"):
            answer(*wrong)
    for wrong in (
        (1, texts(None, offsets, text, 0, 9), None, None, None, numbers),
        (1, urls, None, (None, bytes(8), 0, 3), None, numbers),
        (1, urls, None, (None, bytes(8), -1, 8), None, numbers),
        (1, urls, None, None, (None, b"\0", 0, 1), numbers),
    ):
        with pytest.raises(ValueError, match="another layout"):
            answer(*wrong)
    for wrong in (
        (-1, urls, None, None, None, numbers),
        (3, urls, None, None, None, numbers),
    ):
        with pytest.raises(ValueError, match="wrong length"):
            answer(*wrong)
    with pytest.raises(ValueError, match="another length"):
        answer(2, urls, None, None, None, numbers)
    with pytest.raises(ValueError, match="too short for its rows"):
        answer(2, two, (urls[0], (None, bytes(4), 0, 4), 1), None, None, numbers)
    with pytest.raises(ValueError, match="another layout"):
        answer(2, two, (urls[0], (None, bytes(4), 0, 0), 1), None, None, numbers)
    first_of_one = (matching[0], (None, bytes(2), 0, 1), 1)
    for kind, index in itertools.product("bhiq", (-1, 1, 127)):
        indices = array.array(kind, [0, index])
        of_one = (urls[0], (None, indices, 0, indices.itemsize), 1)
        with pytest.raises(ValueError, match="do not fit"):
            answer(2, of_one, None, None, None, numbers)
        with pytest.raises(ValueError, match="do not fit"):
            answer(2, first_of_one, of_one, None, None, numbers)
    with pytest.raises(TypeError, match="must be a tuple"):
        answer(1, [], None, None, None, numbers)
    with pytest.raises(ValueError, match="wrong length"):
        scan.answer_lines(finder, b"", b"", None, bytes(15))
    with pytest.raises(ValueError, match="wrong length"):
        scan.begin_answers(finder, bytes(15))
    with pytest.raises(ValueError, match="PyCapsule_GetPointer"):
        scan.answer_lines(key, b"", b"", None, key)
