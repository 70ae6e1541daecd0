"""`python -m benchmarks.replay_peers NAME LOG RULES`: one log in Polars or DuckDB, as a process.

Each rule is a branch of a CASE, in order. The answers are counted by rule. That is less than what
`ssoroute replay` does: URLs are not spelled as a browser spells them, ports and user names in front
of a host are not looked at, and hosts are not counted.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

CHALLENGES: Final = (401, 407)


def with_polars(log: str, rules: Mapping[str, Any]) -> dict[int, int]:
    """How often each rule is chosen; -1 is none."""
    import polars as pl

    kinds = {"url": pl.String, "caller": pl.String, "response_code": pl.Int64}
    frame: Any
    if log.endswith(".parquet"):
        frame = pl.scan_parquet(log)
    elif log.endswith(".csv"):
        frame = pl.scan_csv(log, schema=kinds)
    else:
        frame = pl.scan_ndjson(log, schema=kinds)
    url, challenge = pl.col("url"), pl.col("response_code").is_in(CHALLENGES).fill_null(value=False)
    allowed = pl.col("caller").is_in(rules["denied"]).fill_null(value=False).not_()
    chosen: Any = pl
    for number, prefix in enumerate(rules["prefixes"]):
        chosen = chosen.when(allowed & challenge.not_() & url.str.starts_with(prefix)).then(number)
    for number, host in enumerate(rules["hosts"], len(rules["prefixes"])):
        has_host = (
            url.str.contains(f"{host}/", literal=True)
            if host.startswith(".")
            else url.str.starts_with(f"https://{host}/")
        )
        chosen = chosen.when(allowed & challenge & has_host).then(number)
    chosen = chosen.otherwise(-1).cast(pl.Int32).alias("rule")
    counted = frame.select(chosen).group_by("rule").len().collect(engine="streaming")
    return dict(counted.iter_rows())


def with_duckdb(log: str, rules: Mapping[str, Any]) -> dict[int, int]:
    """How often each rule is chosen; -1 is none."""
    import duckdb

    def text(value: str) -> str:
        return "'" + value.replace("'", "''") + "'"

    denied = ", ".join(map(text, rules["denied"])) or "''"
    cases = [
        f"WHEN allowed AND NOT challenge AND starts_with(url, {text(prefix)}) THEN {number}"
        for number, prefix in enumerate(rules["prefixes"])
    ]
    for number, host in enumerate(rules["hosts"], len(rules["prefixes"])):
        has_host = (
            f"contains(url, {text(host + '/')})"
            if host.startswith(".")
            else f"starts_with(url, {text(f'https://{host}/')})"
        )
        cases.append(f"WHEN allowed AND challenge AND {has_host} THEN {number}")
    source = text(log)
    if log.endswith(".jsonl"):
        columns = "{url: 'VARCHAR', caller: 'VARCHAR', response_code: 'BIGINT'}"
        source = f"read_json({source}, format='newline_delimited', columns={columns})"
    elif log.endswith(".csv"):
        source = f"read_csv({source}, header=true)"
    query = f"""
        SELECT CASE {" ".join(cases)} ELSE -1 END AS rule, count(*) FROM (
            SELECT url, coalesce(response_code IN {CHALLENGES}, false) AS challenge,
                   coalesce(caller NOT IN ({denied}), true) AS allowed FROM {source}
        ) GROUP BY rule
    """  # noqa: S608 - the rules are our own
    return dict(duckdb.connect().execute(query).fetchall())


def main() -> None:
    """Print how many rows were read, and how many had a rule."""
    name, log, rules = sys.argv[1:]
    way = {"polars": with_polars, "duckdb": with_duckdb}[name]
    counts = way(log, json.loads(Path(rules).read_text(encoding="utf-8")))
    print(json.dumps({"rows": sum(counts.values()), "missed": counts.get(-1, 0)}))


if __name__ == "__main__":
    main()
