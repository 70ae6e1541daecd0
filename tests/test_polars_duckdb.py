"""Decisions inside Polars and DuckDB are those of the router."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli_world import CREDENTIAL, REDIRECT, SSO, write_profile
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
