"""Tables of expected routes: read them, run them, record them, assert one route (docs/testing.md).

>>> from ssoroute.testing import load_table, run_table
>>> result = run_table(load_table("examples/routes/entra.routes.toml"))
>>> len(result.rows), len(result.failed)
(8, 0)

Every name below is loaded from its module when it is first used, because pytest imports this
package with the plugin in every test run.
"""

from typing import TYPE_CHECKING

from ssoroute.lazy_names import lazy_names as _lazy_names

if TYPE_CHECKING:
    from ssoroute.testing.assertion import assert_route
    from ssoroute.testing.coverage import Coverage, RuleKind, Usable
    from ssoroute.testing.expected import Expected, Mismatch
    from ssoroute.testing.run import RowResult, TableResult, run_table
    from ssoroute.testing.table_reader import load_table
    from ssoroute.testing.tables import RouteRow, RouteTable, TableError

__all__ = [
    "Coverage",
    "Expected",
    "Mismatch",
    "RouteRow",
    "RouteTable",
    "RowResult",
    "RuleKind",
    "TableError",
    "TableResult",
    "Usable",
    "assert_route",
    "load_table",
    "run_table",
]

_HOMES = {
    "assertion": "assert_route",
    "coverage": "Coverage RuleKind Usable",
    "expected": "Mismatch Expected",
    "run": "RowResult TableResult run_table",
    "table_reader": "load_table",
    "tables": "RouteTable RouteRow TableError",
}
__getattr__, __dir__ = _lazy_names(globals(), _HOMES)
