"""Values as the other format can hold them; what it cannot hold is reported."""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from ssoroute.conversion.converted import LeftOut
from ssoroute.model.profile import Value
from ssoroute.model.quoting import one_line
from ssoroute.model.source import Source

__all__ = ["NOTHING", "Report", "for_json", "for_property_list"]

#: Stands for a value that the other format cannot hold.
NOTHING: Final = object()
#: Characters that an XML property list cannot hold.
_NOT_IN_XML: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


class Report:
    """What is left out or changed, in the order in which it was met."""

    def __init__(self) -> None:
        self.left_out: list[LeftOut] = []

    def add(self, source: Source, why: str) -> None:
        """Report the part at `source`."""
        self.left_out.append(LeftOut(source, why))


def for_json(value: Value, source: Source, report: Report) -> Any:
    """`value` of a property list for JSON: data as base64 text, dates as text."""
    if isinstance(value, bytes):
        report.add(source, "changed to base64 text: JSON has no data")
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        report.add(source, "changed to text: JSON has no dates")
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, float) and not math.isfinite(value):
        report.add(source, "left out: JSON has no such number")
        return NOTHING
    return _inside(value, source, report, for_json)


def for_property_list(value: Value, source: Source, report: Report) -> Any:
    """`value` of JSON for an XML property list, which has no null and no control characters."""
    if value is None:
        report.add(source, "left out: a property list has no null")
        return NOTHING
    if isinstance(value, str):
        if _NOT_IN_XML.search(value):
            report.add(source, "left out: an XML property list cannot hold its control characters")
            return NOTHING
        if "\r" in value:
            report.add(source, "changed: an XML property list has line feeds for carriage returns")
    return _inside(value, source, report, for_property_list)


def _inside(
    value: Value, source: Source, report: Report, convert: Callable[[Value, Source, Report], Any]
) -> Any:
    if isinstance(value, Mapping):
        members = {}
        for name, member in value.items():
            place = source.key(one_line(name))
            if convert is for_property_list and _NOT_IN_XML.search(name):
                report.add(place, "left out: an XML property list cannot hold its name")
                continue
            new = convert(member, place, report)
            if new is not NOTHING:
                members[name] = new
        return members
    if isinstance(value, tuple):
        items = (convert(item, source.item(n), report) for n, item in enumerate(value))
        return [item for item in items if item is not NOTHING]
    return value
