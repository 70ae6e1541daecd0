"""Batches with columns for their decisions, in types that every engine supports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from ssoroute.routing.router import Router

__all__ = ["DECISION_FIELDS", "with_decisions"]

#: The added columns and the types of their values.
DECISION_FIELDS: Final = {
    "outcome": str,
    "reason": str,
    "extension": str,
    "rule": str,
    "lookalike": bool,
}


def with_decisions(router: Router, batch: Any) -> Any:
    """`batch` (a `pyarrow.RecordBatch`) with the columns of `Router.route_batch`, decoded."""
    decided = router.route_batch(batch)
    for name in DECISION_FIELDS:
        batch = batch.append_column(name, decided.column(name).dictionary_decode())
    return batch
