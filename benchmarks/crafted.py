"""Hosts whose first bytes are made to collide: in a hash without a key, and in any weak hash.

A compiled table leads from the first 24 bytes of a rule to its group by a hash. If the hash is the
same in every process, rules can be made that share one value of it, and every lookup walks them
all. `linear` makes such rules; `structured` makes rules in patterns that weak hashes confuse.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import islice, permutations
from typing import Final

__all__ = ["CONSTANTS", "linear", "ordinary", "structured"]

#: The factors of a linear hash of three words of eight bytes, read from the little end.
CONSTANTS: Final = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0xFF51AFD7ED558CCD)

# What can be added to the 24 bytes without a change of that hash: short vectors of the lattice of
# its kernel. Lattice reduction finds them in 25 ms.
_KERNEL: Final = (
    (0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 2),
    (0, 0, 0, 0, 0, 0, 0, -4, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 3),
    (0, 0, 0, 0, 0, 0, 2, -2, 0, 0, 0, 0, 0, 0, 4, 2, 0, 0, 0, 0, 0, 0, 2, 1),
    (0, 0, 0, 0, 0, 2, 2, 2, 0, 0, 0, 0, 0, 4, -1, 1, 0, 0, 0, 0, 0, 2, -2, 0),
    (0, 0, 0, 0, 0, 0, -4, 2, 0, 0, 0, 0, 0, 0, 3, -4, 0, 0, 0, 0, 0, 0, 3, 2),
    (0, 0, 0, 0, 2, 2, -4, -2, 0, 0, 0, 0, 4, -1, 0, 0, 0, 0, 0, 0, 2, -2, 1, 0),
    (0, 0, 0, 0, 0, 4, -2, -2, 0, 0, 0, 0, 0, -3, 4, -1, 0, 0, 0, 0, 0, -3, -2, -1),
    (0, 0, 0, 2, 4, -2, 0, 1, 0, 0, 0, 4, 3, -1, 1, 0, 0, 0, 0, 2, 0, -1, 0, -1),
    (0, 0, 0, 0, 0, 0, 6, 3, 0, 0, 0, 0, 0, 0, 1, -3, 0, 0, 0, 0, 0, 0, -1, 3),
    (0, 0, 0, 0, 4, -4, 2, 2, 0, 0, 0, 0, -3, 0, 1, 1, 0, 0, 0, 0, -3, -4, 0, -2),
    (0, 0, 2, 4, -2, 0, 1, 3, 0, 0, 4, 3, -1, 1, 0, 0, 0, 0, 2, 0, -1, 0, -1, 3),
    (0, 0, 0, 0, 0, -4, -1, 3, 0, 0, 0, 0, 0, 3, 2, 2, 0, 0, 0, 0, 0, 3, -5, -1),
    (0, 0, 0, -4, 4, -2, -2, 1, 0, 0, 0, 3, 0, -1, -1, -3, 0, 0, 0, 3, 4, 0, 2, 0),
    (0, 2, 4, -2, 0, 1, 1, -2, 0, 4, 3, -1, 1, 0, -4, 2, 0, 2, 0, -1, 0, -1, 1, 1),
    (0, 0, 0, 0, -4, -1, -3, 1, 0, 0, 0, 0, 3, 2, 1, -1, 0, 0, 0, 0, 3, -5, 0, 1),
    (0, 0, 4, -4, 0, 0, -3, 2, 0, 0, -3, 0, -3, 2, 2, -2, 0, 0, -3, -4, -2, 0, 0, -1),
    (2, 4, -2, 0, 1, 1, 2, -1, 4, 3, -1, 1, 0, -4, -1, 1, 2, 0, -1, 0, -1, 1, -2, 1),
    (0, 0, 0, 4, 1, 3, -1, 0, 0, 0, 0, -3, -2, -1, 1, 0, 0, 0, 0, -3, 5, 0, -1, 2),
    (0, 0, -4, -1, -3, 1, 0, 0, 0, 0, 3, 2, 1, -1, 0, 1, 0, 0, 3, -5, 0, 1, -2, -3),
    (0, -4, 4, 0, 0, 3, -2, -3, 0, 3, 0, 3, -2, -2, 2, -1, 0, 3, 4, 2, 0, 0, 1, 0),
    (0, 4, 1, 3, -1, 0, 0, 1, 0, -3, -2, -1, 1, 0, -1, -1, 0, -3, 5, 0, -1, 2, 3, -4),
    (4, -4, 0, 0, -3, 2, -3, 0, -3, 0, -3, 2, 2, -2, 0, -2, -3, -4, -2, 0, 0, -1, 1, 0),
    (4, 1, 3, -1, 0, 0, -3, 0, -3, -2, -1, 1, 0, -1, 2, 1, -3, 5, 0, -1, 2, 3, -1, 1),
    (5, 1, 1, -1, -1, 1, -1, 1, -2, -2, -3, 1, 0, -1, 1, 0, 9, 0, -2, 0, -3, -1, -2, -4),
)
_LETTERS: Final = range(ord("a"), ord("z") + 1)
_BYTES: Final = 24


def linear(count: int) -> Sequence[str]:
    """Hosts with one value of the linear hash with the `CONSTANTS`."""
    choose = random.Random(24)
    at: tuple[int, ...] = (ord("m"),) * _BYTES
    found: dict[tuple[int, ...], None] = {at: None}
    while len(found) < count:
        sign, by = choose.choice((-1, 1)), choose.choice(_KERNEL)
        further = tuple(byte + sign * step for byte, step in zip(at, by, strict=True))
        if all(byte in _LETTERS for byte in further):
            at = further
            found[at] = None
    return [bytes(host).decode() for host in found]


def ordinary(count: int) -> Sequence[str]:
    """As many hosts of the same length, of random letters."""
    choose = random.Random(25)
    return ["".join(map(chr, choose.choices(_LETTERS, k=_BYTES))) for _ in range(count)]


def structured(count: int) -> Sequence[str]:
    """Hosts in patterns that weak hashes confuse, a third of each.

    The same pieces in another order, so that a sum of the words stays the same; letters that count
    up in the high half of one word; and hosts that differ in the last byte of each half of a word.
    """
    return [*islice(_patterns(), count)]


def _patterns() -> Iterator[str]:
    orders = permutations([chr(letter) * 3 for letter in _LETTERS[:10]], 8)
    for order, number in zip(orders, range(26**6), strict=False):
        word = "".join(chr(ord("a") + number // 26**place % 26) for place in range(6))
        yield "".join(order)
        yield f"{'a' * 12}{word}{'a' * 6}"
        yield "".join(f"bbb{letter}" for letter in word)
