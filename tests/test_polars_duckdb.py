"""Decisions inside Polars and DuckDB are those of the router."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli_world import CREDENTIAL, REDIRECT, SSO, invoke, write_profile
from ssoroute import Router, load

pytest.importorskip("pyarrow", reason="the extra `arrow` is not installed")

ROWS: list[tuple[str | None, str | None, int | None, str, str | None]] = [
    ("https://login.example.com/x", None, None, "handle", SSO),
    ("https://login.example.com/x", SSO, 0, "do_not_handle", None),
    ("https://a.example.com/", None, 401, "handle", "com.example.kerberos"),
    (
        "https://b\N{LATIN SMALL LETTER U WITH DIAERESIS}cher.example/",
        "x",
        0,
        "do_not_handle",
        None,
    ),
    (None, None, None, "do_not_handle", None),
]


@pytest.fixture
def router(tmp_path: Path) -> Router:
    path = write_profile(tmp_path / "corp.mobileconfig", REDIRECT, CREDENTIAL)
    return Router.from_profiles(load(path))


def test_polars(router: Router) -> None:
    pl = pytest.importorskip("polars", reason="the extra `polars` is not installed")
    from ssoroute.integrations.polars import route

    frame = pl.DataFrame(
        [row[:3] for row in ROWS] * 1000,
        schema={"url": pl.String, "caller": pl.String, "code": pl.Int64},
        orient="row",
    )
    decision = route(router, pl.col("url"), pl.col("caller"), pl.col("code"))
    lazy = frame.lazy().select(decision.alias("d")).unnest("d")
    assert lazy.collect_schema().names() == [
        *("outcome", "reason", "extension", "rule", "lookalike"),
    ]
    for engine in ("in-memory", "streaming"):
        found = lazy.collect(engine=engine)
        assert found["outcome"].to_list() == [row[3] for row in ROWS] * 1000
        assert (
            found.filter(outcome="handle")["extension"].to_list()
            == [
                *(SSO, "com.example.kerberos"),
            ]
            * 1000
        )
    alone = frame.select(route(router, pl.col("url")).struct.field("outcome"))
    assert alone.to_series().to_list()[:3] == ["handle", "handle", "do_not_handle"]
    assert frame.clear().select(decision).height == 0


def test_duckdb(router: Router) -> None:
    duckdb = pytest.importorskip("duckdb", reason="the extra `duckdb` is not installed")
    pytest.importorskip("numpy", reason="the extra `duckdb` is not installed")
    from ssoroute.integrations.duckdb import register

    connection = duckdb.connect()
    register(connection, router)
    connection.execute(
        "CREATE TABLE log (place INTEGER, url VARCHAR, caller VARCHAR, code INTEGER)"
    )
    rows = [(place, *row[:3]) for place, row in enumerate(ROWS * 50)]
    connection.executemany("INSERT INTO log VALUES (?, ?, ?, ?)", rows)
    found = connection.execute(
        "SELECT d.outcome, d.extension FROM"
        " (SELECT place, sso_route(url, caller, code) AS d FROM log) ORDER BY place"
    ).fetchall()
    assert [outcome for outcome, _ in found] == [row[3] for row in ROWS] * 50
    assert [extension for outcome, extension in found if outcome == "handle"][:2] == [
        *(SSO, "com.example.kerberos"),
    ]


def test_decisions_without_urls_stand_beside_their_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    duckdb = pytest.importorskip("duckdb", reason="the extra `duckdb` is not installed")
    pl = pytest.importorskip("polars", reason="the extra `polars` is not installed")
    monkeypatch.chdir(tmp_path)
    write_profile(Path("corp.mobileconfig"), REDIRECT, CREDENTIAL)
    urls = [f"https://{'login' if n % 3 else 'www'}.example.com/{n}" for n in range(30_000)]
    urls[5] = "nothing"
    pl.DataFrame({"url": urls}).write_parquet("log.parquet", row_group_size=1_000)
    arguments = ("--without-urls", "--output=decisions.parquet", "log.parquet")
    assert invoke("replay", "-pcorp.mobileconfig", "--jobs=2", *arguments).exit_code == 3
    joined = "SELECT url, outcome FROM 'log.parquet' POSITIONAL JOIN 'decisions.parquet'"
    expected = [
        (url, None if url == "nothing" else "handle" if n % 3 else "do_not_handle")
        for n, url in enumerate(urls)
    ]
    assert duckdb.sql(joined).fetchall() == expected
    frames = [pl.read_parquet(name) for name in ("log.parquet", "decisions.parquet")]
    beside = pl.concat(frames, how="horizontal").select("url", "outcome")
    assert beside.rows() == expected
