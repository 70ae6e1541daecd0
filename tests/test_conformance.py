"""Every row of the conformance table, on the router and on the explanation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from build import profiles_of, router_of
from case_table import Row
from routed_rows import ROUTED, ROWS, arguments, check
from ssoroute.routing.router import Router

REFUSED = [row for row in ROWS if row.refused is not None]


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
