"""Puts a value at a key path of a new dictionary."""

from __future__ import annotations

from typing import Any

from ssoroute.conversion.plain_values import Report
from ssoroute.model.quoting import quote
from ssoroute.model.source import Source

__all__ = ["below", "place"]


def place(path: str, value: Any, source: Source, new: dict[str, Any], report: Report) -> None:
    """Put `value`, which was at `source`, at the key path `path` of `new`.

    Dictionaries on the way are made. If something else is in the way, that is reported. An empty
    dictionary leaves what is there already.

    >>> new = {}
    >>> place("PlatformSSO.Account.DisplayName", "Corp", Source("a.json"), new, Report())
    >>> new
    {'PlatformSSO': {'Account': {'DisplayName': 'Corp'}}}
    """
    *groups, name = path.split(".")
    inner = new
    for group in groups:
        inner = inner.setdefault(group, {})
        if not isinstance(inner, dict):
            report.add(source, f"left out: {quote(group)} is not a dictionary")
            return
    if value != {} or name not in inner:
        inner[name] = value


def below(path: str, name: str) -> str | None:
    """The key path of the key `name` inside `path`; None if no key of the table has such a name.

    >>> below("PlatformSSO", "LoginPolicy"), below("", "PlatformSSO.LoginPolicy")
    ('PlatformSSO.LoginPolicy', None)
    """
    if "." in name:
        return None
    return f"{path}.{name}" if path else name
