"""`python -m benchmarks.wildcards`: thousands of prefixes with a wildcard, also those made slow.

A URL of 1 KB that begins with the head of many of them, beside a plain hit of the same length. The
least time of some turns counts. Both engines are measured; prints Markdown.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from itertools import product
from typing import Final, NamedTuple

import ssoroute
from benchmarks.gate import Board, checked_router
from benchmarks.timing import measure
from benchmarks.workloads import of_urls

STEM: Final = "https://id.example.com/"
PLAIN: Final = "https://login.example.com/"
RULES: Final = 4_000
SIZE: Final = 1_000


class Family(NamedTuple):
    """Prefixes that are alike, and what follows `STEM` in the URL that is asked for."""

    name: str
    prefixes: list[str]
    tail: str


def main() -> int:
    """Measure and print all of them."""
    engines = ["compiled", "pure"] if ssoroute.accelerated else ["pure"]
    print("| the prefixes |", " | ".join(engines), "|")
    print("|---|" + "---:|" * len(engines))
    for family in families():
        cells = []
        for engine in engines:
            load = of_urls([*family.prefixes, PLAIN], [(PLAIN + family.tail, PLAIN)])
            router = checked_router(engine, load)
            board = Board()
            for name, stem in (("wildcards", STEM), ("plain", PLAIN)):
                board.urls(name, router.route, [stem + family.tail] * 20)
            found = measure(board.laps, seconds=1)
            each, plain = found["wildcards"].least, found["plain"].least
            micro = each / 1000
            shown = f"{micro:,.0f}" if micro >= 100 else f"{micro:.2g}"
            cells.append(f"{shown} ({each / plain:,.0f})")
        print(f"| {family.name} |", " | ".join(cells), "|", flush=True)
    return 0


def families() -> Iterator[Family]:
    """What is measured, in the order of the table in docs/performance.md."""
    choose = random.Random(3)
    usual = "abcdefghijklmnopqrstuvwxyz/-_=" * (SIZE // 30)
    numbers = range(RULES)
    names = ["".join(letters) for letters in product("abcdefghijklmnop", repeat=3)][:RULES]
    of_names = "".join(choose.choices(names, k=SIZE // 3))
    same = "a" * SIZE
    nested = range(1, SIZE + 1)
    others = range(RULES - SIZE)
    yield Family("have a head each", [f"{STEM}{n}/*/login" for n in numbers], f"7/{usual}/login")
    yield Family("share one head", [f"{STEM}t/*/{n}/login" for n in numbers], f"t/{usual}/7/login")
    yield Family(
        "share one head, and the URL is made of their pieces",
        [f"{STEM}t/*{name}*zz" for name in names],
        f"t/{of_names}",
    )
    yield Family(
        "share one head, and the URL is made of their beginnings",
        [f"{STEM}t/*{name}z" for name in names],
        f"t/{of_names}",
    )
    yield Family(
        "have nested heads",
        [f"{STEM}{'a' * n}*/login" for n in nested] + [f"{STEM}b{n}*/login" for n in others],
        same,
    )
    yield Family(
        "have nested pieces that all occur",
        [f"{STEM}t*{'a' * n}*z" for n in nested] + [f"{STEM}t*b{n}*z" for n in others],
        f"t{same}",
    )
    yield Family(
        "have two nested pieces each",
        [f"{STEM}t*{'a' * one}*{'a' * other}z" for one in range(1, 64) for other in range(1, 64)],
        f"t{same}",
    )
    yield Family(
        "have pieces of 300 bytes that begin alike",
        [f"{STEM}t*{'a' * 300}{n:04}*z" for n in numbers],
        f"t{same}",
    )


if __name__ == "__main__":
    sys.exit(main())
