"""Routing in DuckDB: a vectorised function around `Router.route_batch` (extra `duckdb`;
docs/scale.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ssoroute.integrations.arrow import DECISION_FIELDS, with_decisions

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from ssoroute.routing.router import Router

__all__ = ["register"]

_TYPES = {str: "VARCHAR", bool: "BOOLEAN"}


def register(connection: DuckDBPyConnection, router: Router, name: str = "sso_route") -> None:
    """Add the function `name(url, caller, response_code)` to `connection`.

    It answers with a struct of `outcome`, `reason`, `extension`, `rule` and `lookalike`, as in
    `Router.route_batch`. URLs are routed as they are; a null URL matches nothing, and a null caller
    or response code is absent.
    """
    import duckdb
    import pyarrow as pa

    def answer(url: Any, caller: Any, response_code: Any) -> Any:
        columns = {"url": url, "caller": caller, "response_code": response_code}
        table = pa.table(columns).combine_chunks()
        batches = [with_decisions(router, batch) for batch in table.to_batches()]
        decided = pa.Table.from_batches(batches).select(list(DECISION_FIELDS)).combine_chunks()
        return pa.chunked_array(decided.to_struct_array())

    fields = {field: duckdb.type(_TYPES[kind]) for field, kind in DECISION_FIELDS.items()}
    create: Any = connection.create_function  # its type hints reject the names of enumerations
    create(
        name,
        answer,
        [duckdb.type("VARCHAR"), duckdb.type("VARCHAR"), duckdb.type("INTEGER")],
        duckdb.struct_type(fields),
        type="arrow",
        null_handling="special",
    )
