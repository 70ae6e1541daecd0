"""Binary property lists.

`plistlib` reads them, but it trusts the object table: it follows cycles, unfolds arrays that share
arrays 2^40 times, and copies a megabyte for each of ten thousand objects that claim it. So a guard
walks the objects first, in linear time, and refuses such files.

Documented (CoreFoundation's sources): header `bplist00`, objects, offset table, and a trailer of 32
bytes with the sizes of an offset and of a reference, the number of objects, the root's number and
the place of the offset table.
"""

from __future__ import annotations

import plistlib
import struct
from typing import Final

from ssoroute.loaders.findings import Code, Unreadable
from ssoroute.loaders.values import DEPTH_LIMIT, fits_64_bits, too_deep
from ssoroute.model.members import Dictionary

__all__ = ["read_binary_plist"]

_HEADER: Final = b"bplist0"
_FIRST: Final = 8  # where the first object may begin
_TRAILER: Final = struct.Struct(">6xBBQQQ")

# The high half of an object's first byte is its kind; the low half its size, or the size of that.
_DATA, _ASCII, _UTF16, _UID, _ARRAY, _DICT = 0x4, 0x5, 0x6, 0x8, 0xA, 0xD
_BYTES_PER_ITEM: Final = {_DATA: 1, _ASCII: 1, _UTF16: 2}
#: First bytes of the objects of a fixed size: null, booleans, fill, integers, reals and dates.
_FIXED: Final = {0x00: 0, 0x08: 0, 0x09: 0, 0x0F: 0, 0x22: 4, 0x23: 8, 0x33: 8} | {
    0x10 + power: 1 << power for power in range(5)
}
#: What an unsigned integer of 64 bits is written as.
_INTEGER_OF_16_BYTES: Final = 0x14
_SIZE_FOLLOWS: Final = 0xF
_INTEGER: Final = 0x1
_LARGEST_INT: Final = 8


def read_binary_plist(data: bytes) -> object:
    """The value that the binary property list `data` holds: lists, `Dictionary`s and scalars.

    Raises `Unreadable` if it is damaged, or would unfold to more values than it has bytes.

    >>> import plistlib
    >>> read_binary_plist(plistlib.dumps({"a": [1, True]}, fmt=plistlib.FMT_BINARY))
    {'a': [1, True]}
    """
    _Guard(data).check()
    try:
        value: object = plistlib.loads(data, fmt=plistlib.FMT_BINARY, dict_type=Dictionary)
    except RecursionError:
        raise too_deep() from None
    except (ValueError, ArithmeticError, LookupError, TypeError, struct.error):
        # The guard does not check text that is not ASCII or UTF-16, and dates beyond the calendar.
        raise _damaged("a string, date or reference in it cannot be read") from None
    return value


def _damaged(what: str) -> Unreadable:
    return Unreadable(Code.BAD_BINARY, f"damaged binary property list: {what}")


class _Guard:
    """Walks from the root object to all it refers to, each object once."""

    def __init__(self, data: bytes) -> None:
        if not data.startswith(_HEADER) or len(data) < _FIRST + _TRAILER.size:
            raise _damaged("it is cut off")
        self._data = data
        (offset_size, self._ref_size, self._count, self._root, self._end) = _TRAILER.unpack_from(
            data, len(data) - _TRAILER.size
        )
        if not (1 <= offset_size <= _LARGEST_INT and 1 <= self._ref_size <= _LARGEST_INT):
            raise _damaged("its trailer has an impossible size of numbers")
        table_end = self._end + self._count * offset_size
        if not (self._end > _FIRST and table_end <= len(data) - _TRAILER.size):
            raise _damaged("its table of objects lies outside the file")
        if self._root >= self._count:
            raise _damaged("its root object does not exist")
        self._offset_size = offset_size
        #: Bytes that all objects together may still claim.
        self._budget = self._end - _FIRST
        #: Object → the values it unfolds to, and its levels of containers; None while it is open.
        self._done: dict[int, tuple[int, int] | None] = {}
        #: The containers around the current object: number, children, the next of them.
        self._open: list[tuple[int, list[int], int]] = []

    def check(self) -> None:
        """Raise `Unreadable` unless `plistlib` can read this in linear time and space."""
        self._enter(self._root)
        while self._open:
            number, children, position = self._open.pop()
            while position < len(children) and self._done.get(children[position]) is not None:
                position += 1
            if position < len(children):
                self._open.append((number, children, position))
                self._enter(children[position])
            else:
                self._leave(number, children)

    def _enter(self, number: int) -> None:
        """Begin with an object that has not been walked through."""
        if number in self._done:
            raise _damaged("an object contains itself")
        size, children = self._object(number)
        self._budget -= size
        if self._budget < 0:
            raise _damaged("its objects overlap")
        if children is None:
            self._done[number] = (1, 0)
            return
        if len(self._open) >= DEPTH_LIMIT:
            raise too_deep()
        self._done[number] = None
        self._open.append((number, children, 0))

    def _leave(self, number: int, children: list[int]) -> None:
        """Add up a container whose children have all been walked through."""
        nodes, levels = 1, 1
        for child in children:
            below = self._done[child]
            assert below is not None  # noqa: S101 - `check` has waited for it
            nodes += below[0]
            levels = max(levels, below[1] + 1)
        if nodes > len(self._data):
            raise _damaged("shared objects would unfold to more than the file's size")
        if levels > DEPTH_LIMIT:
            raise too_deep()
        self._done[number] = (nodes, levels)

    def _object(self, number: int) -> tuple[int, list[int] | None]:
        """The number of bytes of an object, and what it contains (None for a scalar)."""
        start = self._offset(number)
        first = self._data[start]
        kind, size = first >> 4, first & 0xF
        if first in _FIXED:
            extent = self._inside(start, 1 + _FIXED[first])
            if first == _INTEGER_OF_16_BYTES and not fits_64_bits(
                int.from_bytes(self._data[start + 1 : start + extent], signed=True)
            ):
                raise _damaged(f"the integer at byte {start} does not fit into 64 bits")
            return extent, None
        if kind == _UID:
            return self._inside(start, 2 + size), None
        header = 1
        if size == _SIZE_FOLLOWS:
            size, more = self._size(start + 1)
            header += more
        if kind in _BYTES_PER_ITEM:
            return self._inside(start, header + size * _BYTES_PER_ITEM[kind]), None
        if kind not in {_ARRAY, _DICT}:
            raise _damaged(f"unknown kind of object at byte {start}")
        references = size * 2 if kind == _DICT else size
        extent = self._inside(start, header + references * self._ref_size)
        children = self._references(start + header, references)
        if kind == _DICT:
            for child in children[:size]:
                if self._data[self._offset(child)] >> 4 not in {_ASCII, _UTF16}:
                    raise _damaged(f"a key of the dictionary at byte {start} is not a string")
        return extent, children

    def _inside(self, start: int, size: int) -> int:
        if start + size > self._end:
            raise _damaged(f"the object at byte {start} does not end before the table of objects")
        return size

    def _offset(self, number: int) -> int:
        if number >= self._count:
            raise _damaged("a reference to an object that does not exist")
        place = self._end + number * self._offset_size
        start = int.from_bytes(self._data[place : place + self._offset_size])
        if not _FIRST <= start < self._end:
            raise _damaged("an object lies outside the part for objects")
        return start

    def _size(self, place: int) -> tuple[int, int]:
        """The size in the integer object at `place`, and how many bytes that object takes."""
        first = self._data[place]
        power = first & 0xF
        # plistlib reads two bits of the power, so more than those are not let through.
        if first >> 4 != _INTEGER or power > 3:  # noqa: PLR2004 - 2^3 bytes
            raise _damaged(f"the size at byte {place} is not an integer")
        length = 1 << power
        self._inside(place, 1 + length)
        return int.from_bytes(self._data[place + 1 : place + 1 + length]), 1 + length

    def _references(self, start: int, count: int) -> list[int]:
        size = self._ref_size
        return [
            int.from_bytes(self._data[place : place + size])
            for place in range(start, start + count * size, size)
        ]
