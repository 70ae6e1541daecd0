"""Output files of decisions, JSON Lines or Parquet, which replace older ones at the end."""

from __future__ import annotations

import os
from typing import Any, BinaryIO, Final, Protocol

from ssoroute.atomic_file import NewFile
from ssoroute.replay.answers import Answered
from ssoroute.replay.output_form import OutputForm

__all__ = ["Writer"]

#: Every row group of a Parquet file but the last has at least this many rows. Larger ones would be
#: written to memory that is new each time, which the system has to clear.
_GROUP_ROWS: Final = 122_880


class _Body(Protocol):
    def write(self, output: Any) -> None:
        """Write the output of one chunk."""

    def finish(self) -> None:
        """Write the rest and the end of the file."""


class Writer:
    """Writes decisions into a new file, which replaces `path` when it is finished.

    `finish` can be called early: then the file has whole lines, or is a Parquet file of whole row
    groups. `discard` keeps the older file. `OSError` if the file cannot be written.
    """

    def __init__(self, path: str | os.PathLike[str], form: OutputForm) -> None:
        self._new = NewFile(path)
        try:
            self._body: _Body = (
                _RowGroups(self._new, form) if form.is_parquet else _Lines(self._new.file)
            )
        except BaseException:
            self._new.discard()
            raise

    def write(self, answered: Answered) -> None:
        """Write the decisions about one chunk."""
        if answered.output is not None:
            self._body.write(answered.output)

    def finish(self) -> None:
        """Complete the file and replace `path` by it."""
        self._body.finish()
        self._new.finish()

    def discard(self) -> None:
        """Remove what was written; does nothing after `finish`."""
        self._new.discard()


class _Lines:
    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def write(self, output: Any) -> None:
        self._file.write(output)

    def finish(self) -> None:
        """Nothing to do: every line is already complete."""


class _RowGroups:
    def __init__(self, new: NewFile, form: OutputForm) -> None:
        import pyarrow.parquet as pq

        from ssoroute.replay.columns import schema

        # Hardly two URLs are equal. At this level Zstandard takes 0.4 of the time of its usual one,
        # and the file is smaller than with Snappy. Statistics would double the time of the other
        # columns, and tell nothing: the same few values are in each row group.
        columns = schema(form)
        encoded = [name for name in columns.names if name not in ("url", "error")]
        self._new = new
        self._writer = pq.ParquetWriter(
            new.file,
            columns,
            compression="zstd",
            compression_level=-20,
            use_dictionary=encoded,
            write_statistics=False,
        )
        self._held: list[Any] = []
        self._rows = 0

    def write(self, output: Any) -> None:
        self._held.append(output)
        self._rows += output.num_rows
        if self._rows >= _GROUP_ROWS:
            self._write_group()

    def finish(self) -> None:
        if self._rows:
            self._write_group()
        self._writer.close()

    def _write_group(self) -> None:
        import pyarrow as pa

        # With one dictionary for the group, the writer takes its indices as they are.
        table = pa.concat_tables(self._held).unify_dictionaries()
        self._writer.write_table(table, row_group_size=self._rows)
        self._held, self._rows = [], 0
        self._new.write_back()
