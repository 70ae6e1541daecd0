"""Parquet in and out, by columns; the plain way, row by row, gives the same answers."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from cli_world import SSO, corp, invoke
from ssoroute.replay import compiled, parquet
from ssoroute.replay.chunks import LogError, RowGroup

pa = pytest.importorskip("pyarrow", reason="the extra `arrow` is not installed")
pq = pytest.importorskip("pyarrow.parquet", reason="the extra `arrow` is not installed")

__all__ = ["corp"]

P = "-pcorp.mobileconfig"
ROWS: list[dict[str, Any]] = [
    {"url": "https://login.example.com/"},
    {"url": "https://login.example.com/", "caller": SSO},
    {"url": "HTTPS://LOGIN.example.com"},
    {"url": "https://login.example.com.evil.example/"},
    {"url": "https://a.example.com/", "response_code": 401},
    {"url": "https://login.example.com/", "screen_locked": True},
    {"url": "https://login.example.com/", "screen_locked": True, "user_interface_enabled": False},
    {"url": None},
    {"url": "nothing"},
    {"url": "https://www.example.org/"},
    {"url": "https://www.example.org:8443/b\N{SNOWMAN}"},
]
KINDS = pa.schema(
    [
        ("url", pa.string()),
        ("caller", pa.dictionary(pa.int8(), pa.string())),
        ("response_code", pa.int16()),
        ("screen_locked", pa.bool_()),
        ("user_interface_enabled", pa.bool_()),
        ("background_session", pa.null()),
    ]
)


def replay(log: str, output: str, *arguments: str) -> tuple[dict[str, Any], int]:
    result = invoke("replay", P, "--json", "--output", output, *arguments, log)
    found: dict[str, Any] = json.loads(result.stdout)
    return found, result.exit_code


@pytest.mark.usefixtures("corp")
def test_columns_in_and_out() -> None:
    pq.write_table(pa.Table.from_pylist(ROWS, KINDS), "log.parquet", row_group_size=4)
    summary, status = replay("log.parquet", "out.parquet")
    table = pq.read_table("out.parquet")
    assert table.schema.names == [
        *("url", "outcome", "reason", "extension", "rule", "lookalike", "error"),
    ]
    assert table.column("url").to_pylist() == [row["url"] for row in ROWS]
    assert table.column("reason").to_pylist() == [
        *("url_prefix", "caller_is_extension", "url_prefix", "url_prefix", "host"),
        *("screen_locked", "url_prefix", None, None, "no_match", "no_match"),
    ]
    assert table.column("outcome").to_pylist() == [
        *("handle", "do_not_handle", "handle", "handle", "handle", "cancel", "handle"),
        *(None, None, "do_not_handle", "do_not_handle"),
    ]
    assert table.column("lookalike").to_pylist() == [
        *(False, False, False, True, False, False, False, None, None, False, False),
    ]
    assert table.column("extension").to_pylist()[3:5] == [SSO, "com.example.kerberos"]
    assert table.column("rule").to_pylist()[3:5] == ["https://login.example.com", ".example.com"]
    assert table.column("error").to_pylist() == [
        *[None] * 7,
        "`url` is missing",
        "`nothing` is not a URL to a browser",
        *[None] * 2,
    ]
    assert (summary["requests"], summary["errors"], status) == (9, 2, 3)
    assert [error["line"] for error in summary["first_errors"]] == [8, 9]
    assert summary["unmatched_hosts"] == {
        "loads": {"exact": True, "hosts": [{"host": "www.example.org", "count": 2}]},
        "challenges": {"exact": True, "hosts": []},
    }
    assert summary["lookalikes"]["hosts"] == [
        {
            "rule": "https://login.example.com",
            "extension": SSO,
            "host": "login.example.com.evil.example",
            "count": 1,
        }
    ]


def urls(count: int) -> list[str]:
    """Plain URLs and odd ones."""
    data = json.loads((Path(__file__).parent / "data/urltestdata/urltestdata.json").read_text())
    odd = [case["input"] for case in data if isinstance(case, dict)]
    odd = [url for url in odd if url.isascii() or url.isprintable()]
    chance = random.Random(6)
    hosts = ("login.example.com", "id.example.com", "www.example.org", "a.example.com.evil.net")
    return [
        chance.choice(odd)
        if chance.random() < 0.3
        else f"https://{chance.choice(hosts)}/{chance.choice(('t/', 'x', '.x', '%2e/'))}"
        for _ in range(count)
    ]


@pytest.mark.usefixtures("corp")
@pytest.mark.parametrize("spelling", ["app", "browser"])
def test_the_ways_agree(spelling: str) -> None:
    rows = [
        {"url": url, "response_code": 401 * (number % 7 == 0)}
        for number, url in enumerate(urls(3_000))
    ]
    pq.write_table(pa.Table.from_pylist(rows), "log.parquet")
    Path("log.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    summaries: list[dict[str, Any]] = []
    tables: list[list[dict[str, Any]]] = []
    texts: list[str] = []
    for log in ("log.parquet", "log.jsonl"):
        for output in ("out.parquet", "out.jsonl"):
            summary, _ = replay(log, output, "--spelling", spelling)
            del summary["first_errors"]
            summaries.append(summary)
            if output == "out.parquet":
                tables.append(pq.read_table(output).to_pylist())
            else:
                texts.append(Path(output).read_text().replace("log.parquet", "log.jsonl"))
    assert all(summary == summaries[0] for summary in summaries)
    assert summaries[0]["requests"] > 2_000
    assert tables[0] == tables[1]
    assert texts[0] == texts[1]
    lines = [json.loads(line) for line in texts[0].splitlines()]
    assert [line.get("reason") for line in lines] == [row["reason"] for row in tables[0]]


@pytest.mark.usefixtures("corp")
@pytest.mark.parametrize("is_pure", [False, True])
def test_decisions_without_urls_say_nothing_of_the_log(
    monkeypatch: pytest.MonkeyPatch, is_pure: bool
) -> None:
    rows = [{"url": f"{url}?secret", "response_code": 0} for url in urls(3_000)]
    rows[7]["url"] = "secret"
    pq.write_table(pa.Table.from_pylist(rows), "log.parquet", row_group_size=900)
    Path("log.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    if is_pure:
        monkeypatch.setattr(compiled, "scan", None)
    for log in ("log.parquet", "log.jsonl"):
        whole = replay(log, "out.parquet")
        assert replay(log, "less.parquet", "--without-urls", "--jobs=2") == whole
        table = pq.read_table("less.parquet")
        expected = pq.read_table("out.parquet").drop_columns(["url"])
        assert table.schema == expected.schema
        assert len(table) == len(rows)  # each stands where its request stands
        assert table.drop_columns(["error"]) == expected.drop_columns(["error"])
        errors = table.column("error").to_pylist()
        assert [error is None for error in errors] == [
            error is None for error in expected.column("error").to_pylist()
        ]
        assert set(errors) == {None, "`url` is missing or invalid"}
        assert b"secret" not in Path("less.parquet").read_bytes()


@pytest.mark.usefixtures("corp")
def test_what_is_no_request_has_an_error_without_its_text() -> None:
    Path("log.jsonl").write_text(
        '{"url": "https://h/"}\nsecret\n{"url": "https://h/", "secret": 1}\n'
    )
    replay("log.jsonl", "out.parquet", "--without-urls")
    assert pq.read_table("out.parquet").column("error").to_pylist() == [
        *(None, "not a request", "not a request")
    ]


@pytest.mark.usefixtures("corp")
@pytest.mark.parametrize("output", [[], ["--output=out.jsonl"], ["--output=-"]])
def test_urls_can_be_left_out_of_parquet_only(output: list[str]) -> None:
    Path("log.jsonl").write_text('{"url": "https://h/"}\n')
    result = invoke("replay", P, *output, "--without-urls", "log.jsonl")
    assert result.stderr.endswith("--without-urls needs an --output that ends in .parquet\n")
    assert result.exit_code == 2


@pytest.mark.usefixtures("corp")
def test_bytes_that_are_no_text_are_errors() -> None:
    texts = [b"https://login.example.com/", b"https://h/\xff", None]
    claimed = pa.Array.from_buffers(pa.string(), len(texts), pa.array(texts, pa.binary()).buffers())
    pq.write_table(pa.table({"url": claimed}), "log.parquet")
    for output in ("out.parquet", "out.jsonl"):
        summary, status = replay("log.parquet", output)
        assert (summary["requests"], summary["errors"], status) == (1, 2, 3)
        assert [error["message"] for error in summary["first_errors"]] == [
            "the URL is not UTF-8",
            "`url` is missing",
        ]


UNUSABLE = [
    ({"url": [1]}, "the column `url` must have strings, not `int64`"),
    (
        {"url": ["x"], "response_code": ["401"]},
        "the column `response_code` must have integers, not `string`",
    ),
    (
        {"url": ["x"], "screen_locked": [1]},
        "the column `screen_locked` must have booleans, not `int64`",
    ),
    (
        {"caller": ["x"]},
        "the column `url` is missing; found are caller; name it with --columns url=FIELD",
    ),
]


@pytest.mark.usefixtures("corp")
@pytest.mark.parametrize(("columns", "message"), UNUSABLE)
def test_columns_that_cannot_be_used(columns: dict[str, Any], message: str) -> None:
    pq.write_table(pa.table(columns), "log.parquet")
    result = invoke("replay", P, "log.parquet")
    assert result.stderr == f"log.parquet: error: {message}\n"
    assert result.exit_code == 3


@pytest.mark.usefixtures("corp")
def test_a_damaged_file_is_an_error() -> None:
    Path("log.parquet").write_bytes(b"PAR1 and no more")
    result = invoke("replay", P, "log.parquet")
    assert result.stderr.startswith("log.parquet: error: the Parquet file is damaged: ")
    assert result.exit_code == 3


@pytest.mark.usefixtures("corp")
def test_columns_that_are_not_used_are_reported() -> None:
    pq.write_table(pa.table({"url": ["https://h/"], "time": [1]}), "log.parquet")
    result = invoke("replay", P, "log.parquet")
    assert result.stderr.startswith("log.parquet: warning: not used: column `time`; known are url")
    assert result.exit_code == 0


def batched_log(count: int) -> Any:
    """A log of one row group with plain and odd URLs and times, which is read in many batches."""
    rows = [
        {"url": url, "at": datetime(2026, 1, 1, number % 24, tzinfo=UTC)}
        for number, url in enumerate([*urls(count), None])
    ]
    kinds = pa.schema([("url", pa.string()), ("at", pa.timestamp("s", "UTC"))])
    table = pa.Table.from_pylist(rows, kinds)
    pq.write_table(table, "log.parquet", row_group_size=2 * count)
    return table


@pytest.mark.usefixtures("corp")
@pytest.mark.parametrize("refused", ["nothing", "each batch", "the second batch"])
@pytest.mark.parametrize("output", [None, "out.parquet"])
def test_the_batches_of_a_row_group_are_counted_together(
    monkeypatch: pytest.MonkeyPatch, refused: str, output: str | None
) -> None:
    table = batched_log(2_000)
    named = ["replay", P, "--json", "--jobs=1", "--columns", "time=at"]
    expected = invoke(*named, "--output=plain.jsonl", "log.parquet")  # row by row
    monkeypatch.setattr(parquet, "_PART_ROWS", 300)
    answer, calls = compiled.BatchAnswers.answer, [0]

    def refusing(self: Any, *given: Any) -> int | None:
        calls[0] += 1
        is_refused = refused == "each batch" or (refused != "nothing" and calls[0] == 2)
        return None if is_refused else answer(self, *given)

    monkeypatch.setattr(compiled.BatchAnswers, "answer", refusing)
    found = invoke(*named, *([f"--output={output}"] if output else []), "log.parquet")
    assert (found.stdout, found.exit_code) == (expected.stdout, expected.exit_code)
    assert json.loads(found.stdout)["hours"][23]
    if compiled.scan is not None:
        assert calls[0] == {"nothing": 7, "each batch": 8, "the second batch": 9}[refused]
    if output is not None:
        lines = [json.loads(line) for line in Path("plain.jsonl").read_text().splitlines()]
        written = pq.read_table(output)
        assert written.column("url") == table.column("url")
        assert written.column("reason").to_pylist() == [line.get("reason") for line in lines]
        assert written.column("error").to_pylist() == [
            line["error"]["message"] if "error" in line else None for line in lines
        ]


@pytest.mark.usefixtures("corp")
@pytest.mark.parametrize("output", ["out.jsonl", "out.parquet"])
def test_what_was_read_before_the_damage_is_answered(
    monkeypatch: pytest.MonkeyPatch, output: str
) -> None:
    batched_log(2_000)
    read = parquet._batches

    def damaged(*given: Any) -> Iterator[Any]:
        yield from islice(read(*given), 2)
        raise pa.ArrowInvalid("a page ends early")

    monkeypatch.setattr(parquet, "_PART_ROWS", 300)
    monkeypatch.setattr(parquet, "_batches", damaged)
    result = invoke("replay", P, "--json", "--jobs=1", "--output", output, "log.parquet")
    assert "log.parquet: error: the Parquet file is damaged: a page ends early\n" in result.stderr
    found = json.loads(result.stdout)
    assert found["requests"] + found["errors"] == 600
    assert result.exit_code == 3


def test_a_file_that_is_replaced_is_not_read_by_what_the_old_one_said(tmp_path: Path) -> None:
    path = tmp_path / "log.parquet"

    def write(*urls: str) -> None:
        columns = {"url": urls, "caller": ["x"] * len(urls)}
        pq.write_table(pa.table(columns), tmp_path / "new.parquet", row_group_size=1)
        (tmp_path / "new.parquet").replace(path)

    def read(group: RowGroup) -> list[list[str]]:
        return [part.batch.column("url").to_pylist() for part in parquet.batches_of_group(group)]

    write("https://a/", "https://b/")
    with path.open("rb") as stream:
        chunks = list(parquet.read_parquet("log.parquet", stream))
    first, second = (chunk.body for chunk in chunks)
    assert isinstance(first, RowGroup)
    assert isinstance(second, RowGroup)
    assert [read(first), read(second)] == [[["https://a/"]], [["https://b/"]]]
    write("https://another.example/" + "x" * 1000)
    assert read(first) == [["https://another.example/" + "x" * 1000]]
    with pytest.raises(LogError, match="replaced while it was read"):
        read(second)


@pytest.mark.usefixtures("corp")
@pytest.mark.parametrize("callers", [2, 40_000])
def test_callers_that_the_file_has_once_are_read_as_they_are(callers: int) -> None:
    """With many callers, only the first pages of the file name them by a dictionary."""
    rows = [
        {
            "url": f"https://login.example.com/{n}",
            "caller": SSO if n % 5 else f"{'c' * 60}{n % callers}",
        }
        for n in range(50_000)
    ]
    pq.write_table(pa.Table.from_pylist(rows), "log.parquet", dictionary_pagesize_limit=10_000)
    pq.write_table(pa.Table.from_pylist(rows), "plain.parquet", use_dictionary=False)
    one, other = (invoke("replay", P, "--json", name) for name in ("log.parquet", "plain.parquet"))
    assert one.stdout == other.stdout
    assert json.loads(one.stdout)["requests"] == 50_000
