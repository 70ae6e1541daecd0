"""The URLs of a column that already have the browser's spelling, and their hosts (extra `arrow`).

Most URLs of a log are plain (`browser_urls.py`). If the compiled module `_scan` runs, it finds the
hosts in place and counts them; else Arrow does. The tests compare the two.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, Final

from ssoroute.replay.browser_urls import PLAIN_URL
from ssoroute.replay.fast_lines import scan
from ssoroute.replay.tally import LONGEST_HOST

try:
    import pyarrow as pa
    import pyarrow.compute as pc
except ImportError:  # an extra; nothing here is called without it
    pass

__all__ = ["PlainURLs"]

_IS_PLAIN: Final = rf"^(?:{PLAIN_URL})\z"
#: The compiled table of hosts is hashed with it, so that no log is made to collide.
_KEY: Final = os.urandom(16)


class PlainURLs:
    """The plain ones of a column of strings; `all` says whether each of them is."""

    def __init__(self, urls: Any) -> None:
        self._urls = urls
        self._starts = self._lengths = None
        if not self.reads_bytes(urls):
            self._plain = pc.fill_null(pc.match_substring_regex(urls, _IS_PLAIN), fill_value=False)
            self.all = self._plain.true_count == len(urls)
            return
        rows = len(urls)
        _, offsets, text = urls.buffers()
        self._text = text or b""
        self._starts, self._lengths = pa.allocate_buffer(4 * rows), pa.allocate_buffer(4 * rows)
        spans = (self._starts, self._lengths)
        others = scan.plain_urls(rows, urls.offset, offsets, self._text, LONGEST_HOST, *spans)
        self.all = others == 0 and urls.null_count == 0

    @staticmethod
    def reads_bytes(urls: Any) -> bool:
        """Whether `_scan` reads this column. Then its strings need not be UTF-8."""
        return scan is not None and pa.types.is_string(urls.type) and len(urls) > 0

    @property
    def others(self) -> Any:
        """Whether each URL is not plain; a null is not."""
        if self._lengths is None:
            return pc.invert(self._plain)
        lengths = pa.Array.from_buffers(pa.int32(), len(self._urls), [None, self._lengths])
        return pc.equal(lengths, 0)

    def counted(self, numbers: Any, most: int) -> tuple[Sequence[int], Mapping[str, int]]:
        """How often each number below `most` is in `numbers`, and the hosts of those that are 0.

        A number of -1 counts nowhere. Only hosts of plain URLs are counted.
        """
        if self._lengths is not None:
            counts = memoryview(bytearray(8 * most)).cast("q")
            column = memoryview(numbers.buffers()[1])[4 * numbers.offset :]
            spans = (self._starts, self._lengths)
            hosts = scan.count_rows(len(numbers), column, self._text, *spans, counts, _KEY)
            if hosts is not None:
                return counts.tolist(), hosts
        found = _value_counts(numbers)
        return [found.get(number, 0) for number in range(most)], _value_counts(
            self._hosts().filter(pc.and_(pc.equal(numbers, 0), pc.invert(self.others)))
        )

    def _hosts(self) -> Any:
        """The host of each plain URL; of another, anything."""
        # scheme, nothing, host, rest: a plain URL has a `/` behind its host
        urls = pc.if_else(self.others, "///", self._urls)
        parts = pc.split_pattern(urls, "/", max_splits=3)
        return pc.utf8_slice_codeunits(pc.list_element(parts, 2), 0, LONGEST_HOST)


def _value_counts(column: Any) -> dict[Any, int]:
    counted = pc.value_counts(column)
    return dict(
        zip(counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True)
    )
