"""Reads the members of a value that a parser made of JSON or TOML, and reports all that is wrong.

The files that people write for this tool (devices, tables of routes, maps of callers) and the saved
state of an emulated device are read with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import TypeVar

from ssoroute.model.kinds import TOML, kind_of, must_be
from ssoroute.model.nearest import LOOSE, did_you_mean, nearest
from ssoroute.model.quoting import one_line, quote
from ssoroute.model.source import Source

__all__ = ["Dictionary", "MemberReader", "unknown_member"]

_Choice = TypeVar("_Choice", bound=StrEnum)


class Dictionary(dict[str, object]):
    """A dictionary that a parser fills; it remembers which of its keys were written twice."""

    def __init__(self) -> None:
        super().__init__()
        self.repeated: set[str] = set()

    def __setitem__(self, key: str, value: object) -> None:
        if key in self:
            self.repeated.add(key)
        super().__setitem__(key, value)


class MemberReader:
    """Checks values one by one; `problems` has one line for everything that is wrong.

    `dictionary` is the word for a mapping in messages. With `shows_values` off, messages show no
    value at all, not even a string that is not one of the known ones.

    >>> reader, place = MemberReader(), Source("laptop.toml")
    >>> for name, value, there in reader.table({"version": 15}, place, "a table"):
    ...     _ = reader.string(value, there, 'a string such as "15.4"')
    >>> reader.problems
    ['laptop.toml: version: must be a string such as "15.4", not an integer']
    """

    def __init__(self, dictionary: str = TOML, *, shows_values: bool = True) -> None:
        self.problems: list[str] = []
        self._dictionary = dictionary
        self._shows_values = shows_values

    def wrong(self, place: Source, what: str) -> None:
        """Report that the value at `place` is wrong."""
        self.problems.append(f"{place}: {what}")

    def must_be(self, place: Source, wanted: str, value: object) -> None:
        """Report that `value` at `place` has the wrong kind."""
        self.wrong(place, must_be(wanted, value, self._dictionary))

    def string(self, value: object, place: Source, wanted: str = "a non-empty string") -> str:
        """The non-empty string `value`; anything else is reported and read as an empty one."""
        if isinstance(value, str) and value:
            return value
        self.must_be(place, wanted, value)
        return ""

    def array(self, value: object, place: Source, wanted: str) -> Iterator[tuple[object, Source]]:
        """The items of the array `value`, each with its place."""
        if isinstance(value, list | tuple):
            yield from ((item, place.item(number)) for number, item in enumerate(value))
        else:
            self.must_be(place, wanted, value)

    def table(
        self, value: object, place: Source, wanted: str
    ) -> Iterator[tuple[str, object, Source]]:
        """The members of `value`: name, value and place. Names written twice are reported."""
        if not isinstance(value, Mapping):
            self.must_be(place, wanted, value)
            return
        if isinstance(value, Dictionary):
            for name in sorted(value.repeated):
                self.wrong(place, f"the member {quote(name)} is written twice")
        for name, member in value.items():
            if isinstance(name, str):
                yield name, member, place.key(one_line(name))
            else:
                self.wrong(place, f"a name must be a string, not {kind_of(name)}")

    def choice(self, value: object, place: Source, choices: type[_Choice]) -> _Choice | None:
        """The item of `choices` that `value` names; anything else is reported and read as None."""
        known = [choice.value for choice in choices]
        if isinstance(value, str) and value in known:
            return choices(value)
        wanted = _any_of(known)
        if not isinstance(value, str) or not self._shows_values:
            self.must_be(place, wanted, value)
        elif near := nearest(value, known, likeness=LOOSE):
            self.wrong(place, f"unknown value {quote(value)}; did you mean {quote(near)}?")
        else:
            self.wrong(place, f"must be {wanted}, not {quote(value)}")
        return None

    def unknown(self, name: str, place: Source, known: Iterable[str]) -> None:
        """Report that the table at `place` has no member `name`."""
        self.wrong(place, unknown_member(name, known))


def unknown_member(name: str, known: Iterable[str]) -> str:
    """The message about a member that is not one of `known`.

    >>> unknown_member("uri", ["url", "caller"])
    'unknown member `uri`; did you mean `url`?'
    """
    return f"unknown member {quote(name)}; {did_you_mean(name, known)}"


def _any_of(known: Sequence[str]) -> str:
    *first, last = (quote(item) for item in known)
    return f"{', '.join(first)} or {last}" if first else last
