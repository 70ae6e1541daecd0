"""Every row of the conformance table, on the router and on the explanation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from build import profiles_of, router_of
from case_table import Row, load_rows
from ssoroute.model.decision import Decision
from ssoroute.routing.router import Router

ROWS = load_rows()
ROUTED = [row for row in ROWS if row.request is not None]
REFUSED = [row for row in ROWS if row.refused is not None]


def arguments(row: Row) -> dict[str, Any]:
    assert row.request is not None
    return dict(row.request)


def check(row: Row, decision: Decision) -> None:
    expect = row.expect
    assert expect is not None
    assert {
        "outcome": decision.outcome.value,
        "reason": decision.reason.value,
        "extension": decision.extension and decision.extension.bundle_id,
        "rule": decision.rule and decision.rule.text,
        "lookalike": decision.lookalike,
    } == {
        "outcome": expect.outcome,
        "reason": expect.reason,
        "extension": expect.extension,
        "rule": expect.rule,
        "lookalike": expect.lookalike,
    }


@pytest.mark.parametrize("row", ROUTED, ids=lambda row: row.id)
def test_router(row: Row) -> None:
    check(row, router_of(row.world).route(**arguments(row)))


@pytest.mark.parametrize("row", ROUTED, ids=lambda row: row.id)
def test_explanation(row: Row) -> None:
    router = router_of(row.world)
    explanation = router.explain(**arguments(row))
    check(row, explanation.decision)
    assert explanation.decision == router.route(**arguments(row))


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: row.id)
def test_refusals(row: Row) -> None:
    assert row.refused is not None
    router = router_of(row.world)
    assert refusals(router, row.world) == [
        (refused.profile, refused.code, list(refused.codes)) for refused in row.refused
    ]
    assert [refusal.domain for refusal in router.refused] == [
        "MCPayloadErrorDomain" if refused.code == 2004 else "MCExtensibleSingleSignOnErrorDomain"
        for refused in row.refused
    ]


def refusals(router: Router, world: Mapping[str, Any]) -> list[tuple[int, int | None, list[Any]]]:
    """Each refused profile: its place in the world, its code, all codes."""
    assert len(profiles_of(world)) == len(world["profiles"])
    return [
        (
            int(refusal.profile.source.file),
            refusal.code,
            [problem.code.number for problem in refusal.problems],
        )
        for refusal in router.refused
    ]
