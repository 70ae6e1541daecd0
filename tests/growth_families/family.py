"""A family of input, and what its work is made of."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

#: How much more than its share the largest input may take.
TOLERANCE: Final = 1.5
# One long text: small ones use memory again that large ones get anew from the system, and expat
# reads an unfinished comment again with every MiB. A quadratic step would take 64 times as long.
ONE_TEXT: Final = 3.0
LONG: Final = 50_000  # characters of one text

Work = Callable[[], object]
#: Prepares the work on so many pieces.
WorkOn = Callable[[int], Work]

_FOLDER: Final = tempfile.mkdtemp(prefix="growth-")
atexit.register(shutil.rmtree, _FOLDER, ignore_errors=True)


@dataclass(frozen=True)
class Family:
    """A kind of input; `work_on(n)` prepares the work on `n` pieces of it.

    `size` is where the measurement begins. `quick` families are measured in every run.
    """

    name: str
    size: int
    work_on: WorkOn
    quick: bool = False
    tolerance: float = TOLERANCE


def written(data: bytes | str, suffix: str = "") -> str:
    """The path of a file with `data`, which goes when the tests end."""
    handle, path = tempfile.mkstemp(suffix, dir=_FOLDER)
    os.write(handle, data.encode() if isinstance(data, str) else data)
    os.close(handle)
    return path


def urls(count: int) -> list[str]:
    return [f"https://login.example.com/tenant/{number}/" for number in range(count)]
