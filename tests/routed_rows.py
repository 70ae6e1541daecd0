"""The rows of the conformance table that ask a request, and what their decisions must be."""

from __future__ import annotations

from typing import Any

from build import row_of
from case_table import Row, load_rows
from ssoroute.model.decision import Decision

__all__ = ["ROUTED", "ROWS", "arguments", "check"]

ROWS = load_rows()
ROUTED = [row for row in ROWS if row.request is not None]


def arguments(row: Row) -> dict[str, Any]:
    assert row.request is not None
    return dict(row.request)


def check(row: Row, decision: Decision) -> None:
    expect = row.expect
    assert expect is not None
    assert row_of(decision) == {
        "outcome": expect.outcome,
        "reason": expect.reason,
        "extension": expect.extension,
        "rule": expect.rule,
        "lookalike": expect.lookalike,
    }
