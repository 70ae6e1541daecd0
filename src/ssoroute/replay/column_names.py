"""Which field of a log is which member of a request: `url=FIELD,caller=FIELD,code=FIELD`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Final

from ssoroute.model.errors import SsorouteError
from ssoroute.model.members import unknown_member
from ssoroute.model.quoting import quote
from ssoroute.model.request import Request

__all__ = [
    "CLIENT_FIELDS",
    "FIELDS",
    "ROW_BY_ROW",
    "ColumnNames",
    "ColumnsError",
    "parse_columns",
]

#: The fields of a request, which are the names of columns.
FIELDS: Final = tuple(field.name for field in fields(Request))
#: The fields that name the client behind a request, in JSON Lines and CSV.
CLIENT_FIELDS: Final = ("client", "app")
#: Members that only `--columns` can name: the scheme of URLs without one, and the time.
_NAMED_ONLY: Final = ("scheme", "time")
_MEMBERS: Final = (*FIELDS, *CLIENT_FIELDS, *_NAMED_ONLY)
_SHORT: Final = {"code": "response_code"}
#: Members for which text is read row by row.
ROW_BY_ROW: Final = frozenset({*CLIENT_FIELDS, *_NAMED_ONLY})


class ColumnsError(SsorouteError):
    """The text of `--columns` is invalid; the message says why."""


@dataclass(frozen=True, slots=True)
class ColumnNames:
    """The fields that are named, each with its member. The other members have their own names.

    >>> names = parse_columns("url=cs-uri,code=sc-status")
    >>> [names.member(field) for field in ("cs-uri", "sc-status", "url", "caller", "x")]
    ['url', 'response_code', None, 'caller', None]
    """

    named: tuple[tuple[str, str], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.named)

    def member(self, field: str) -> str | None:
        """The member that the field called `field` is, None if it is not used."""
        for member, name in self.named:
            if name == field:
                return member
        taken = field in _NAMED_ONLY or any(member == field for member, _ in self.named)
        return field if field in _MEMBERS and not taken else None

    def field(self, member: str) -> str:
        """The name of the field for `member`."""
        return next((name for named, name in self.named if named == member), member)

    def picked(self, value: Mapping[str, object]) -> dict[str, object]:
        """The members of a request in a JSON object, which may have others.

        A name with dots leads into the objects inside, unless a member has the whole name.

        >>> parse_columns("url=request.url").picked({"request": {"url": "https://h/"}, "n": 1})
        {'url': 'https://h/'}
        """
        return {member: found for member, found in self._picked(value) if found is not None}

    def _picked(self, value: Mapping[str, object]) -> Iterator[tuple[str, object]]:
        for field, found in value.items():
            if (member := self.member(field)) is not None:
                yield member, found
        for member, field in self.named:
            if field not in value and "." in field:
                yield member, _inside(value, field.split("."))


def _inside(value: object, names: list[str]) -> object:
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def parse_columns(text: str) -> ColumnNames:
    """The names in `text`, such as `url=cs-uri,code=sc-status`; `ColumnsError` if it is invalid.

    >>> parse_columns("uri=x")
    Traceback (most recent call last):
    ssoroute.replay.column_names.ColumnsError: unknown member `uri`; did you mean `url`?
    """
    named: dict[str, str] = {}
    for part in text.split(","):
        name, equals, field = (piece.strip() for piece in part.partition("="))
        if not (name and equals and field):
            raise ColumnsError(f"must be `url=FIELD,caller=FIELD,…`, not {quote(text)}")
        member = _SHORT.get(name, name)
        if member not in _MEMBERS:
            raise ColumnsError(unknown_member(name, [*_MEMBERS, *_SHORT]))
        if member in named:
            raise ColumnsError(f"{quote(name)} is named twice")
        if field in named.values():
            raise ColumnsError(f"the field {quote(field)} is named twice")
        named[member] = field
    return ColumnNames(tuple(named.items()))
