"""A table of expected routes: profiles, a device, and rows of request and answer."""

from __future__ import annotations

from dataclasses import dataclass

from ssoroute.model.asked_by import AskedBy
from ssoroute.model.device import Device
from ssoroute.model.errors import InvalidInputError
from ssoroute.model.profile import Channel
from ssoroute.model.quoting import one_line
from ssoroute.model.request import Request
from ssoroute.model.spelling import Spelling
from ssoroute.routing.router import Matching
from ssoroute.testing.expected import Expected

__all__ = ["RouteRow", "RouteTable", "TableError", "row_label"]


class TableError(InvalidInputError):
    """A table, or a profile that it names, cannot be read; `problems` names everything wrong."""


@dataclass(frozen=True, slots=True)
class RouteRow:
    """One request and what its answer should be.

    `number` counts the rows of the table from 1; `url` is the URL as the table has it, that of
    `request` is in the spelling in which it is routed. If the row names a client, that is
    `asked_by`, and the URL stays as the table has it: the client spells it.
    """

    number: int
    name: str | None
    url: str
    request: Request
    expected: Expected
    asked_by: AskedBy | None = None

    @property
    def label(self) -> str:
        """The name of the row in messages, on one printable line."""
        return row_label(self.number, self.name)


@dataclass(frozen=True, slots=True)
class RouteTable:
    """A table that was read; `profiles` are paths as they are opened from here."""

    file: str
    profiles: tuple[str, ...]
    rows: tuple[RouteRow, ...]
    channel: Channel | None
    device: Device
    matching: Matching
    spelling: Spelling
    user: str | None = None


def row_label(number: int, name: str | None) -> str:
    """The name in messages of the row with this number and name.

    >>> row_label(2, "sign in"), row_label(3, None)
    ('row 2 (sign in)', 'row 3')
    """
    return f"row {number} ({one_line(name)})" if name else f"row {number}"
