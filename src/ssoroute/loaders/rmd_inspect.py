"""What `rmd_inspect_system.txt` of a sysdiagnose says about declarations.

Observed (in descriptions): an old-style property list. How it is nested was not seen, so every
dictionary in it that names a declaration of Extensible SSO counts. The declaration's own keys are
not in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from ssoroute.loaders.findings import Report, Unreadable
from ssoroute.loaders.openstep_plist import read_openstep
from ssoroute.loaders.text import printed_lines
from ssoroute.loaders.values import freeze
from ssoroute.model.profile import Value
from ssoroute.model.source import Source

__all__ = ["ListedDeclaration", "is_rmd_inspect", "read_rmd_inspect"]

_TYPE: Final = "com.apple.configuration.extensible-sso"
_YES: Final = ("1", "yes", "true", "active")


@dataclass(frozen=True, slots=True)
class ListedDeclaration:
    """A declaration that a device has; `active` is None, and the texts are, if it is not said."""

    identifier: str | None
    active: bool | None
    why: str | None
    server_token: str | None
    source: Source


def is_rmd_inspect(text: str) -> bool:
    """Whether `text` looks like an old-style property list about declarations."""
    return text.lstrip()[:1] in ("{", "(") and "com.apple.configuration." in text and " = " in text


def read_rmd_inspect(data: bytes, source: Source, report: Report) -> list[ListedDeclaration]:
    """The declarations of Extensible SSO; a text that cannot be read is reported."""
    text = "\n".join(line for _, line in printed_lines(data))
    try:
        root = freeze(read_openstep(text), source, report)
    except Unreadable as fault:
        report.unreadable(source, fault)
        return []
    return [_declaration(item, place) for place, item in _dictionaries(root, source)]


def _dictionaries(value: Value, place: Source) -> Iterator[tuple[Source, Mapping[str, Value]]]:
    """The dictionaries, however deep, that name a declaration of Extensible SSO as their type."""
    if isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _dictionaries(item, place.item(index))
    elif isinstance(value, Mapping):
        if _named(value, "type") == _TYPE:
            yield place, value
        for key, item in value.items():
            yield from _dictionaries(item, place.key(key))


def _declaration(item: Mapping[str, Value], place: Source) -> ListedDeclaration:
    active = _named(item, "active") or _named(item, "state")
    return ListedDeclaration(
        _named(item, "identifier"),
        None if active is None else active.lower() in _YES,
        _named(item, "reason") or _named(item, "reasons") or _named(item, "why"),
        _named(item, "servertoken"),
        place,
    )


def _named(item: Mapping[str, Value], name: str) -> str | None:
    """The text under the key that ends in `name`, in any case: names differ between versions."""
    for key, value in item.items():
        if key.lower().replace("-", "").replace("_", "").endswith(name) and isinstance(value, str):
            return value
    return None
