"""What repairs change, as a unified diff without secrets."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from typing import Final

__all__ = ["diff_lines"]

_LINE: Final = re.compile(r"[^\n]*\n|[^\n]+")
_NO_END: Final = "\\ No newline at end of file"


def diff_lines(file: str, old: str, new: str) -> Iterator[str]:
    r"""The lines of the diff between the texts `old` and `new` of `file`, without line feeds.

    >>> list(diff_lines("a", "x\n y", "x\ny"))[3:]
    [' x', '- y', '\\ No newline at end of file', '+y', '\\ No newline at end of file']
    """
    before, after = (_LINE.findall(text) for text in (old, new))
    for line in difflib.unified_diff(before, after, file, file):
        yield line.removesuffix("\n")
        if not line.endswith("\n"):
            yield _NO_END
