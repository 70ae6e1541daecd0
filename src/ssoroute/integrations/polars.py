"""Routing in Polars: an expression around `Router.route_batch` (extra `polars`; docs/scale.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ssoroute.integrations.arrow import DECISION_FIELDS, with_decisions

if TYPE_CHECKING:
    import polars as pl

    from ssoroute.routing.router import Router

__all__ = ["route"]


def route(
    router: Router,
    url: pl.Expr,
    caller: pl.Expr | None = None,
    response_code: pl.Expr | None = None,
) -> pl.Expr:
    """The decisions about columns of requests, as a struct with the fields of a decision.

    It runs lazily and in the streaming engine, batch by batch. URLs are routed as they are. The
    fields are `outcome`, `reason`, `extension`, `rule` and `lookalike`, as in
    `Router.route_batch`; a null URL matches nothing.
    """
    import polars as pl

    columns = {"url": url, "caller": caller, "response_code": response_code}
    given = [column.alias(name) for name, column in columns.items() if column is not None]
    kinds = {str: pl.String, bool: pl.Boolean}
    result = pl.Struct({name: kinds[kind] for name, kind in DECISION_FIELDS.items()})

    def answer(requests: pl.Series) -> pl.Series:
        return _answer(router, requests)

    return pl.struct(given).map_batches(answer, return_dtype=result, is_elementwise=True)


def _answer(router: Router, requests: pl.Series) -> pl.Series:
    import polars as pl
    import pyarrow as pa

    table = requests.struct.unnest().to_arrow(compat_level=pl.CompatLevel.oldest())
    batches: list[Any] = [with_decisions(router, batch) for batch in table.to_batches()]
    if not batches:
        empty = pa.RecordBatch.from_pylist([], table.schema)
        batches = [with_decisions(router, empty)]
    decided = pa.Table.from_batches(batches).select(list(DECISION_FIELDS))
    frame = pl.from_arrow(decided)
    assert isinstance(frame, pl.DataFrame)  # noqa: S101 - a table becomes a frame
    return frame.to_struct(requests.name)
