"""The hour of the day, in UTC, at which a request of a log was made."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

__all__ = ["hour_of", "hour_of_access"]

#: A larger number counts milliseconds: as seconds it is beyond the year 5000.
_MOST_SECONDS: Final = 10**11
_MOST: Final = 1000 * _MOST_SECONDS
_NUMBER: Final = re.compile(r"[0-9]{1,16}(?:\.[0-9]{1,9})?")
_ACCESS: Final = re.compile(
    r"[0-9]{2}/[A-Za-z]{3}/[0-9]{4}:([0-9]{2}):([0-9]{2}):[0-9]{2} ([+-])([0-9]{2})([0-9]{2})"
)


def hour_of(time: object) -> int | None:
    """The hour of `time`: ISO 8601, or seconds or milliseconds since 1970; None if it is neither.

    A time without a zone is taken as UTC.

    >>> hour_of("2026-01-02T03:04:05+02:00"), hour_of(1767323045), hour_of("yesterday")
    (1, 3, None)
    """
    if isinstance(time, str):
        text = time.strip()
        if not _NUMBER.fullmatch(text):
            return _hour_of_text(text)
        time = float(text)
    if isinstance(time, bool) or not isinstance(time, int | float) or not 0 <= time < _MOST:
        return None
    seconds = time / 1000 if time >= _MOST_SECONDS else time
    return int(seconds // 3600 % 24)


def _hour_of_text(text: str) -> int | None:
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo is None else found.astimezone(UTC)).hour
    except (ValueError, OverflowError):
        return None


def hour_of_access(time: str) -> int | None:
    """The hour of a time as the logs of Apache and NGINX have it; None if it is another text.

    >>> hour_of_access("02/Jan/2026:01:30:00 -0330")
    5
    """
    found = _ACCESS.fullmatch(time)
    if found is None:
        return None
    hours, minutes, sign, zone_hours, zone_minutes = found.groups()
    zone = int(zone_hours) * 60 + int(zone_minutes)
    return (int(hours) * 60 + int(minutes) - (zone if sign == "+" else -zone)) // 60 % 24
