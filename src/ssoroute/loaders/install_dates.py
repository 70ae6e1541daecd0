"""The dates at which profiles were installed, and the order that follows from them."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from ssoroute.loaders.findings import Code, Report
from ssoroute.model.profile import Profile, Value

__all__ = ["in_install_order"]

_DATE: Final = re.compile(
    r"\s*(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)(?:\.\d+)?\s*(?:Z|([+-])(\d\d):?(\d\d))\s*",
    re.ASCII,
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
#: Where profiles without a date go: after all others.
_LAST: Final = math.inf


def in_install_order(
    dated: Sequence[tuple[Value, Profile]], key: str, report: Report
) -> list[Profile]:
    """The profiles of `dated`, each with its date as written under `key`, by date.

    Equal dates stay as written. A profile whose date cannot be read goes last, and is reported if
    another one has a date.
    """
    timed = [(_seconds(date), profile) for date, profile in dated]
    if any(time != _LAST for time, _ in timed):
        for time, profile in timed:
            if time == _LAST:
                message = f"no readable `{key}`; taken as the last one installed"
                report.add(Code.INSTALL_DATE, profile.source, message)
    return [profile for _, profile in sorted(timed, key=lambda pair: pair[0])]


def _seconds(date: Value) -> float:
    """Seconds since 1970 of an install date, `_LAST` if it cannot be read.

    >>> _seconds("1970-01-01 02:00:01 +0200"), _seconds("yesterday")
    (1.0, inf)
    """
    if isinstance(date, datetime):
        return (date - _EPOCH).total_seconds()
    match = _DATE.fullmatch(date) if isinstance(date, str) else None
    if match is None:
        return _LAST
    year, month, day, hour, minute, second = map(int, match.groups()[:6])
    try:
        local = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return _LAST
    sign, hours, minutes = match.groups()[6:]
    offset = (int(hours) * 60 + int(minutes)) * 60 if sign else 0
    return (local - _EPOCH).total_seconds() - (-offset if sign == "-" else offset)
