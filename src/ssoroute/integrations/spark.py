"""Routing with Spark: `mapInArrow` around `Router.route_batch` (extra `spark`; docs/scale.md)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from ssoroute.integrations.arrow import DECISION_FIELDS, with_decisions

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from ssoroute.routing.router import Router

__all__ = ["route_dataframe"]

_TYPES: Final = {str: "string", bool: "boolean"}


def route_dataframe(frame: DataFrame, router: Router) -> DataFrame:
    """`frame` with the columns of the decisions beside its own.

    Both kinds of columns are those of `Router.route_batch`, decoded; URLs are routed as they are.
    The router is broadcast: each worker gets it once.
    """
    from pyspark.sql.types import StructType

    shipped = frame.sparkSession.sparkContext.broadcast(router)

    def answers(batches: Iterator[Any]) -> Iterator[Any]:
        for batch in batches:
            yield with_decisions(shipped.value, batch)

    schema = StructType(list(frame.schema.fields))
    for name, kind in DECISION_FIELDS.items():
        schema.add(name, _TYPES[kind])
    return frame.mapInArrow(answers, schema)
