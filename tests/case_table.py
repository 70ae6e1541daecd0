"""The conformance table: `tests/cases/*.toml` as typed rows.

The format is described in `tests/cases/README.md`. Whatever is not understood is an error: a table
that is skipped in silence proves nothing.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CASES = Path(__file__).parent / "cases"

AUTHORITIES = {"documented", "observed", "reading"}
OUTCOMES = {"handle", "do_not_handle", "cancel"}
REASONS = {
    "no_match",
    "caller_is_extension",
    "caller_denied",
    "domain_not_approved",
    "screen_locked",
    "url_prefix",
    "host",
    "system_extension",
    "not_strict",
    "ambiguous_url",
}

SHORT_FORMS = {"prefix", "prefixes", "host", "hosts"}
OVERRIDES = {"platform", "version", "matching"}
ROW_KEYS = {"name", "section", "authority", "note", "world", "request", "expect", "refused"}
WORLD_KEYS = {
    "platform",
    "version",
    "matching",
    "installed_extensions",
    "associated_domains",
    "apple_account_urls",
    "profiles",
}
PROFILE_KEYS = {"identifier", "channel", "kind", "payloads"}
REQUEST_KEYS = {
    "url",
    "caller",
    "response_code",
    "screen_locked",
    "user_interface_enabled",
    "background_session",
}


class CaseTableError(Exception):
    """A table that cannot be trusted."""


@dataclass(frozen=True)
class Expect:
    """What a request must get."""

    outcome: str
    reason: str
    extension: str | None
    rule: str | None
    lookalike: bool


@dataclass(frozen=True)
class Refused:
    """How one profile must be refused; None among the codes is the refusal without a code."""

    profile: int
    code: int | None
    codes: tuple[int | None, ...]


@dataclass(frozen=True)
class Row:
    """One row: either `request` and `expect`, or `refused`."""

    id: str
    section: str
    authority: str
    world: Mapping[str, Any]
    request: Mapping[str, Any] | None
    expect: Expect | None
    refused: tuple[Refused, ...] | None
    note: str | None


def load_rows(folder: Path = CASES) -> list[Row]:
    """Load every table of the folder, in the order of the file names."""
    files = sorted(folder.glob("*.toml"))
    if not files:
        raise CaseTableError(f"no case table in `{folder}`")
    rows: list[Row] = []
    for file in files:
        rows += load_file(file)
    return rows


def load_file(file: Path) -> list[Row]:
    """Load one table."""
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise CaseTableError(f"`{file.name}`: {error}") from error
    only(table, {"worlds", "rows"}, file.name)
    written = table.get("rows", [])
    if not written:
        raise CaseTableError(f"`{file.name}` has no rows")
    worlds = table.get("worlds", {})
    rows: list[Row] = []
    seen: set[str] = set()
    used: set[str] = set()
    for number, row in enumerate(written):
        name = row.get("name")
        if not isinstance(name, str) or not name:
            raise CaseTableError(f"`{file.name}`: rows[{number}] has no name")
        if name in seen:
            raise CaseTableError(f"`{file.name}`: two rows are called `{name}`")
        seen.add(name)
        if isinstance(row.get("world"), str):
            used.add(row["world"])
        rows.append(read_row(row, worlds, f"{file.stem}: {name}"))
    if set(worlds) - used:
        raise CaseTableError(f"`{file.name}`: no row uses {sorted(set(worlds) - used)}")
    return rows


def only(table: Mapping[str, Any], allowed: set[str], where: str) -> None:
    unknown = set(table) - allowed
    if unknown:
        raise CaseTableError(f"{where}: unknown {sorted(unknown)}")


def read_row(row: Mapping[str, Any], worlds: Mapping[str, Any], where: str) -> Row:
    only(row, ROW_KEYS | SHORT_FORMS | OVERRIDES, where)
    if row.get("authority") not in AUTHORITIES:
        raise CaseTableError(f"{where}: authority is not one of {sorted(AUTHORITIES)}")
    if not str(row.get("section", "")).startswith("§"):
        raise CaseTableError(f"{where}: section is not like `§4.1`")
    if ("refused" in row) == ("expect" in row) or ("expect" in row) != ("request" in row):
        raise CaseTableError(f"{where}: wants either `request` and `expect`, or `refused`")
    world = read_world(row, worlds, where)
    return Row(
        id=where,
        section=row["section"],
        authority=row["authority"],
        world=world,
        request=read_request(row, where) if "request" in row else None,
        expect=read_expect(row["expect"], where) if "expect" in row else None,
        refused=read_refused(row["refused"], world, where) if "refused" in row else None,
        note=row.get("note"),
    )


def read_world(row: Mapping[str, Any], worlds: Mapping[str, Any], where: str) -> dict[str, Any]:
    short = sorted(SHORT_FORMS & set(row))
    if len(short) + ("world" in row) != 1:
        raise CaseTableError(f"{where}: wants exactly one of `world` and {sorted(SHORT_FORMS)}")
    if short:
        world = one_payload_world(short[0], row[short[0]])
    elif isinstance(row["world"], str):
        if row["world"] not in worlds:
            raise CaseTableError(f"{where}: no world is called `{row['world']}`")
        world = worlds[row["world"]]
    else:
        world = row["world"]
    only(world, WORLD_KEYS, where)
    for profile in world.get("profiles", []):
        only(profile, PROFILE_KEYS, where)
    overrides = {key: row[key] for key in OVERRIDES if key in row}
    return {
        "platform": "macOS",
        "version": "15.4",
        "matching": "system",
        "installed_extensions": None,
        "associated_domains": {},
        "apple_account_urls": [],
        **world,
        **overrides,
        "profiles": [
            {"identifier": None, "channel": "device", "kind": "profile", "payloads": [], **profile}
            for profile in world.get("profiles", [])
        ],
    }


def one_payload_world(form: str, value: object) -> dict[str, Any]:
    kind, key = ("Redirect", "URLs") if form.startswith("prefix") else ("Credential", "Hosts")
    payload = {
        "Type": kind,
        "ExtensionIdentifier": "com.example.sso",
        "TeamIdentifier": "EXAMPLE123",
        key: [value] if form in ("prefix", "host") else value,
    }
    return {"profiles": [{"identifier": "com.example.profile", "payloads": [payload]}]}


def read_request(row: Mapping[str, Any], where: str) -> dict[str, Any]:
    request = row["request"]
    only(request, REQUEST_KEYS, where)
    if not isinstance(request.get("url"), str):
        raise CaseTableError(f"{where}: the request has no url")
    return {
        "caller": None,
        "response_code": 401 if {"host", "hosts"} & set(row) else 0,
        "screen_locked": False,
        "user_interface_enabled": True,
        "background_session": False,
        **request,
    }


def read_expect(expect: Mapping[str, Any], where: str) -> Expect:
    only(expect, {"outcome", "reason", "extension", "rule", "lookalike"}, where)
    if expect.get("outcome") not in OUTCOMES:
        raise CaseTableError(f"{where}: outcome is not one of {sorted(OUTCOMES)}")
    if expect.get("reason") not in REASONS:
        raise CaseTableError(f"{where}: reason is not one of {sorted(REASONS)}")
    return Expect(
        outcome=expect["outcome"],
        reason=expect["reason"],
        extension=expect.get("extension"),
        rule=expect.get("rule"),
        lookalike=expect.get("lookalike", False),
    )


def read_refused(
    refused: list[Mapping[str, Any]], world: Mapping[str, Any], where: str
) -> tuple[Refused, ...]:
    found = []
    for entry in refused:
        only(entry, {"profile", "code", "codes"}, where)
        if entry.get("profile") not in range(len(world["profiles"])):
            raise CaseTableError(f"{where}: `refused` names no profile of the world")
        codes = tuple(None if code == "none" else code for code in entry.get("codes", []))
        if not codes or codes[0] != entry.get("code"):
            raise CaseTableError(f"{where}: the first of `codes` is not `code`")
        found.append(Refused(entry["profile"], entry.get("code"), codes))
    return tuple(found)
