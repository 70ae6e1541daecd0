"""The conformance table of clients, `tests/cases/clients/*.toml`, as typed rows.

The format is described in `tests/cases/README.md`. Whatever is not understood is an error.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from case_table import CASES, OVERRIDES, SHORT_FORMS, CaseTableError, only, read_world

AUTHORITIES = {"documented", "observed", "vendor", "reading"}
ROW_KEYS = {
    "name",
    "section",
    "authority",
    "client",
    "app",
    "url",
    "locked",
    "background",
    "world",
    "expect",
    "unknown",
}
EXPECT_KEYS = {
    "kind",
    "url",
    "caller",
    "code",
    "ui",
    "background",
    "answer",
    "outcome",
    "reason",
    "denied_after_yes",
    "text",
}


@dataclass(frozen=True)
class Row:
    """What a client hands over for a page, and what the system answers; or why nothing is known."""

    id: str
    authority: str
    client: str
    app: str | None
    url: str
    locked: bool
    background: bool
    world: Mapping[str, Any]
    expect: tuple[Mapping[str, Any], ...] | None
    unknown: str | None


def load_rows(folder: Path = CASES / "clients") -> list[Row]:
    """Load every table of the folder."""
    rows: list[Row] = []
    for file in sorted(folder.glob("*.toml")):
        table = tomllib.loads(file.read_text(encoding="utf-8"))
        only(table, {"worlds", "rows"}, file.name)
        rows += (read_row(row, table.get("worlds", {}), file.stem) for row in table["rows"])
    if not rows:
        raise CaseTableError(f"no rows in `{folder}`")
    if len({row.id for row in rows}) < len(rows):
        raise CaseTableError("two rows have the same name")
    return rows


def read_row(row: Mapping[str, Any], worlds: Mapping[str, Any], file: str) -> Row:
    where = f"{file}: {row.get('name')}"
    only(row, ROW_KEYS | SHORT_FORMS | OVERRIDES, where)
    if row.get("authority") not in AUTHORITIES or not str(row.get("section")).startswith("§"):
        raise CaseTableError(f"{where}: wants an authority and a section")
    if ("expect" in row) == ("unknown" in row):
        raise CaseTableError(f"{where}: wants either `expect` or `unknown`")
    for handover in row.get("expect", ()):
        only(handover, EXPECT_KEYS, where)
    return Row(
        id=where,
        authority=row["authority"],
        client=row["client"],
        app=row.get("app"),
        url=row["url"],
        locked=row.get("locked", False),
        background=row.get("background", False),
        world=read_world(row, worlds, where),
        expect=tuple(row["expect"]) if "expect" in row else None,
        unknown=row.get("unknown"),
    )
