"""Runs tables: asks the router every row and keeps the results."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ssoroute.asking.asked import answer_asked_by
from ssoroute.asking.client import Handover
from ssoroute.loaders import load
from ssoroute.model.decision import Decision
from ssoroute.model.errors import DeviceError
from ssoroute.model.finding import Finding, LoadError, Severity
from ssoroute.model.profile import Profiles
from ssoroute.model.request import Request
from ssoroute.routing.explanation import Explanation
from ssoroute.routing.router import Router
from ssoroute.testing.expected import Mismatch
from ssoroute.testing.tables import RouteRow, RouteTable, TableError

__all__ = ["RowResult", "TableResult", "load_router", "run_row", "run_table"]


@dataclass(frozen=True, slots=True)
class RowResult:
    """The answer to one row, and how it differs from the expected one.

    `explanation` is set if the row failed. `handover` is what the client of the row hands
    over, None if the row names no client.
    """

    row: RouteRow
    decision: Decision
    mismatches: tuple[Mismatch, ...]
    explanation: Explanation | None
    handover: Handover | None = None

    @property
    def request(self) -> Request | None:
        """What was asked, None if the client of the row asks nothing."""
        return self.handover.request if self.handover else self.row.request

    @property
    def passed(self) -> bool:
        """Whether the answer is the expected one."""
        return not self.mismatches


@dataclass(frozen=True, slots=True)
class TableResult:
    """The results of a table; `findings` are those of loading its profiles."""

    table: RouteTable
    router: Router
    findings: tuple[Finding, ...]
    rows: tuple[RowResult, ...]

    @property
    def failed(self) -> tuple[RowResult, ...]:
        """The rows whose answer is not the expected one."""
        return tuple(row for row in self.rows if not row.passed)


def run_table(table: RouteTable, router: Router | None = None) -> TableResult:
    """Load the profiles of `table` and run its rows; `TableError` if a profile is unreadable.

    With a `router`, that is asked instead: do the rows hold on another device as well?
    """
    findings: tuple[Finding, ...] = ()
    if router is None:
        router, findings = load_router(table)
    return TableResult(table, router, findings, tuple(run_row(router, row) for row in table.rows))


def load_router(table: RouteTable) -> tuple[Router, tuple[Finding, ...]]:
    """The router of the profiles and the device of `table`, and the findings of loading.

    `TableError` if any profile cannot be read, because half of the profiles would prove nothing.
    """
    try:
        profiles = load(*table.profiles, channel=table.channel)
        errors, findings = profiles.errors, profiles.findings
    except LoadError as error:
        # without an error, the files can be read and hold no profile
        profiles, findings = Profiles(), error.findings
        errors = tuple(found for found in findings if found.severity is Severity.ERROR)
    if errors:
        raise TableError([f"{table.file}: profiles: {found}" for found in errors])
    try:
        router = Router.from_profiles(
            profiles, device=table.device, matching=table.matching, user=table.user
        )
    except DeviceError as error:  # the profiles are those of other users, or of several
        raise TableError([f"{table.file}: user: {error}"]) from None
    return router, tuple(findings)


def run_row(router: Router, row: RouteRow) -> RowResult:
    """Ask `router` one row."""
    if row.asked_by is None:
        handover, decision = None, router.route(*row.request.arguments)
    else:
        handover, decision = answer_asked_by(router, row.request, row.asked_by)
    mismatches = row.expected.mismatches(decision)
    result = RowResult(row, decision, mismatches, None, handover)
    if mismatches and result.request is not None:
        return replace(result, explanation=router.explain(*result.request.arguments))
    return result
