"""The pytest plugin: `sso_router`, `assert_route`, and tables of routes as tests.

docs/testing.md describes it. pytest loads this module in every test run of everyone who has this
library installed, so it imports the rest of the library only when something is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ssoroute.testing.table_files import is_table

if TYPE_CHECKING:
    from ssoroute.model.decision import Decision
    from ssoroute.model.device import Device
    from ssoroute.routing.router import Router
    from ssoroute.testing.run import RowResult
    from ssoroute.testing.tables import RouteRow

__all__ = ["RouteFile", "RouteItem", "assert_route", "sso_router"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options, and the same settings of the configuration file."""
    group = parser.getgroup("ssoroute", "routes to SSO extensions")
    group.addoption(
        "--sso-profiles",
        action="append",
        default=[],
        metavar="PATH",
        help="a profile, or a folder of them, for `sso_router`; repeat it in install order",
    )
    group.addoption(
        "--sso-os",
        metavar="NAME[@VERSION]",
        help="the platform and version of `sso_router`, such as macOS@15.4",
    )
    parser.addini("sso_profiles", "profiles for `sso_router`, in install order", type="paths")
    parser.addini("sso_os", "the platform and version of `sso_router`, such as macOS@15.4")


@pytest.fixture(scope="session")
def sso_router(pytestconfig: pytest.Config) -> Router:
    """The router of `--sso-profiles` and `--sso-os`, or of `sso_profiles` and `sso_os`."""
    from ssoroute.loaders import load
    from ssoroute.model.errors import DeviceError
    from ssoroute.model.finding import LoadError
    from ssoroute.routing.router import Router

    given = pytestconfig.getoption("--sso-profiles")
    start = pytestconfig.invocation_params.dir
    paths = [start / path for path in given] or pytestconfig.getini("sso_profiles")
    if not paths:
        pytest.fail(
            "`sso_router` needs profiles: give --sso-profiles PATH, or set `sso_profiles` in the"
            " configuration file",
            pytrace=False,
        )
    try:
        device = _device(pytestconfig.getoption("--sso-os") or pytestconfig.getini("sso_os"))
        profiles = load(*(_nearby(path, start) for path in paths))
    except (DeviceError, LoadError) as error:
        pytest.fail(str(error), pytrace=False)
    if profiles.errors:
        pytest.fail("\n".join(map(str, profiles.errors)), pytrace=False)
    try:
        return Router.from_profiles(profiles, device=device)
    except DeviceError as error:  # a dump of several users
        pytest.fail(str(error), pytrace=False)


@pytest.fixture(scope="session")
def assert_route(sso_router: Router) -> Callable[..., Decision]:
    """`ssoroute.testing.assert_route` on `sso_router`: `assert_route(url, outcome="handle")`."""
    from functools import partial

    from ssoroute.testing.assertion import assert_route

    return partial(assert_route, sso_router)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> RouteFile | None:
    """Take `*.routes.toml` and `*.routes.json` as tables of routes."""
    if is_table(file_path.name):
        return RouteFile.from_parent(parent, path=file_path)
    return None


class RouteFile(pytest.File):
    """A table of routes; its rows are tests."""

    def collect(self) -> Iterator[RouteItem]:
        """Read the table and its profiles; all problems are one error."""
        from ssoroute.testing.run import load_router
        from ssoroute.testing.table_reader import load_table
        from ssoroute.testing.tables import TableError

        try:
            table = load_table(_nearby(self.path, self.config.invocation_params.dir))
            router, _ = load_router(table)
        except TableError as error:
            raise self.CollectError(str(error)) from None
        for row in table.rows:
            yield RouteItem.from_parent(self, name=row.label, row=row, router=router)


class RouteItem(pytest.Item):
    """One row of a table."""

    def __init__(
        self,
        *,
        row: RouteRow,
        router: Router,
        **given: Any,
    ) -> None:
        super().__init__(**given)
        self.row = row
        self.router = router

    def runtest(self) -> None:
        """Ask the router, and compare."""
        from ssoroute.testing.run import run_row

        result = run_row(self.router, self.row)
        if not result.passed:
            raise RouteFailure(result)

    def repr_failure(
        self,
        excinfo: pytest.ExceptionInfo[BaseException],
        *args: Any,
        **kwargs: Any,
    ) -> Any:
        """Show the mismatches and the explanation in place of a traceback."""
        if isinstance(excinfo.value, RouteFailure):
            return str(excinfo.value)
        return super().repr_failure(excinfo, *args, **kwargs)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """The file and the label of the row; its line is not known."""
        return self.path, None, f"{self.path.name}: {self.row.label}"


class RouteFailure(Exception):  # noqa: N818 - pytest shows this name
    """A row whose answer is not the expected one."""

    def __init__(self, result: RowResult) -> None:
        from ssoroute.testing.failure import failure_text

        super().__init__(failure_text(result))


def _device(text: str) -> Device:
    """The device that `NAME[@VERSION]` names; the newest macOS if `text` is empty."""
    from ssoroute.model.device import Device

    return Device(os=text or None)


def _nearby(path: Path, start: Path) -> Path:
    """`path` relative to the folder `start` if it is inside, for messages."""
    return path.relative_to(start) if path.is_relative_to(start) else path
