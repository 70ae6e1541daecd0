"""Columns in Arrow's layout, sound and damaged, as the compiled modules take them."""

from __future__ import annotations

import array
import random
from collections.abc import Sequence
from typing import Any

Column = tuple[Any, ...]


def texts(choose: random.Random, values: Sequence[bytes]) -> Column:
    """Strings of a row each, or of a dictionary; most of them sound."""
    column = _strings(choose, values)
    if choose.random() < 0.7:
        return column, None, len(values)
    indices = array.array(choose.choice("bhiq"), (choose.randrange(len(values)) for _ in values))
    if values and choose.random() < 0.3:
        wrong = choose.choice([-1, -128, len(values), 127])
        indices[choose.randrange(len(indices))] = wrong
    count = choose.choice([len(values)] * 5 + [0, len(values) + 1, -1, 2**40])
    if choose.random() < 0.5:
        return column, (None, indices.tobytes(), 0, indices.itemsize), count
    return column, _scalars(choose, indices.tobytes(), indices.itemsize), count


def _strings(choose: random.Random, values: Sequence[bytes]) -> Column:
    """Strings with offsets or with views."""
    return choose.choice([_with_offsets, _views])(choose, values)


def codes(choose: random.Random, rows: int) -> Column:
    """Response codes in integers of some width, one in two damaged."""
    width = choose.choice([1, 2, 4, 8])
    values = [choose.choice([0, 100, 401, 407]) for _ in range(rows)]
    data = b"".join((value % 256**width).to_bytes(width, "little") for value in values)
    return _scalars(choose, data, width)


def flags(choose: random.Random, rows: int) -> Column:
    """Booleans, one in two damaged."""
    return _scalars(choose, choose.randbytes((rows + 7) // 8), 0)


def _scalars(choose: random.Random, data: bytes, width: int) -> Column:
    first, validity = 0, choose.choice([None, choose.randbytes(len(data) + 1)])
    if choose.random() < 0.2:
        first = choose.choice([1, 2, -1, 1 << 62, -(1 << 62), 2**63 - 1])
    if choose.random() < 0.1:
        width = choose.choice([0, 1, 2, 4, 8, 9, -1])
    if choose.random() < 0.1:
        validity = choose.randbytes(choose.randrange(4))
    if choose.random() < 0.2:
        data = data[: choose.randrange(len(data) + 1)]
    return validity, memoryview(b"\0" + data)[1:], first, width


def _views(choose: random.Random, texts: Sequence[bytes]) -> tuple[Any, ...]:
    """A column of string views over two buffers, one in two of them damaged."""
    first = choose.choice([0, 0, 1, 5])
    data = [bytearray(), bytearray(b"xyz")]
    rows = []
    for text in [b"x"] * first + [*texts]:
        place, length = choose.randrange(2), len(text).to_bytes(4, "little")
        if len(text) <= 12:
            rows.append(length + text.ljust(12, b"\0"))
            continue
        where = array.array("i", [place, len(data[place])]).tobytes()
        rows.append(array.array("i", [len(text)]).tobytes() + text[:4] + where)
        data[place] += text
    if choose.random() < 0.4:
        number, part = choose.randrange(len(rows)), choose.choice([0, 8, 12])
        wrong = choose.choice([-1, 0, 13, len(data[0]), 2, 2**31 - 1, -(2**31)])
        row = rows[number]
        rows[number] = row[:part] + array.array("i", [wrong]).tobytes() + row[part + 4 :]
    text = b"".join(rows)
    if choose.random() < 0.1:
        text = text[: choose.randrange(len(text) + 1)]
    if choose.random() < 0.1:
        data = data[:1]
    validity = choose.choice([None, bytearray(choose.randbytes((len(rows) + 7) // 8))])
    odd = memoryview(b"\0" + text)[1:]
    return validity, odd, tuple(map(memoryview, data)), first, choose.choice([2] * 9 + [3, 0, -1])


def _with_offsets(choose: random.Random, texts: Sequence[bytes]) -> tuple[Any, ...]:
    """A column of strings with offsets, one in two of them damaged."""
    first = choose.choice([0, 0, 1, 5])
    is_large = choose.random() < 0.5
    texts = [b"x"] * first + [*texts]
    offsets = array.array("q" if is_large else "i", [0])
    for text in texts:
        offsets.append(offsets[-1] + len(text))
    data = bytearray(b"".join(texts))
    validity = choose.choice([None, bytearray(choose.randbytes((len(texts) + 7) // 8))])
    if choose.random() < 0.25:
        wrong = [-1, 0, len(data), len(data) + 1, 2**31 - 1, -(2**31)]
        offsets[choose.randrange(len(offsets))] = choose.choice(wrong)
    if choose.random() < 0.1:
        data = data[: choose.randrange(len(data) + 1)]
    if choose.random() < 0.1:
        offsets = offsets[: choose.randrange(len(offsets) + 1)]
    if choose.random() < 0.1 and validity:
        validity = validity[: choose.randrange(len(validity) + 1)]
    if choose.random() < 0.05:
        first = choose.choice([-1, 100, 2**62, 2**63 - 1, -(2**63)])
    # One byte off, as in a sliced buffer: nothing may depend on alignment.
    odd = memoryview(b"\0" + offsets.tobytes())[1:]
    return validity, odd, memoryview(data), first, is_large
