"""Tables of expected routes, and what runs, records and asserts them (docs/testing.md).

>>> from ssoroute.testing import load_table, run_table
>>> result = run_table(load_table("examples/routes/entra.routes.toml"))
>>> len(result.rows), len(result.failed)
(8, 0)

Every name below is loaded from its module when it is first used: the pytest plugin lives here, and
is loaded with every test run of everyone who has this library installed.
"""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ssoroute.testing.assertion import assert_route
    from ssoroute.testing.coverage import Coverage, RuleKind, Usable
    from ssoroute.testing.expected import Difference, Expected
    from ssoroute.testing.run import RowResult, TableResult, run_table
    from ssoroute.testing.table_reader import load_table
    from ssoroute.testing.tables import RouteTable, Row, TableError

__all__ = [
    "Coverage",
    "Difference",
    "Expected",
    "RouteTable",
    "Row",
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
    "expected": "Difference Expected",
    "run": "RowResult TableResult run_table",
    "table_reader": "load_table",
    "tables": "RouteTable Row TableError",
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}


def __getattr__(name: str) -> object:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module `ssoroute.testing` has no attribute `{name}`")
    value: object = getattr(_import_module(f"ssoroute.testing.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
