"""Where decisions go: a stream of lines, or a file that is whole whenever it is there."""

from __future__ import annotations

import errno
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, Final, Protocol

from ssoroute.replay.answers import Answered, OutputForm

__all__ = ["Writer", "output_form"]

#: A row group of Parquet has at least so many rows, but for the last one.
_GROUP_ROWS: Final = 250_000
_ENDINGS: Final = {
    ".jsonl": OutputForm.JSON_LINES,
    ".ndjson": OutputForm.JSON_LINES,
    ".parquet": OutputForm.PARQUET,
}


def output_form(path: str) -> OutputForm | None:
    """The form of the output file `path` by its ending; None where that says none.

    >>> output_form("decisions.Parquet")
    <OutputForm.PARQUET: 'parquet'>
    """
    return _ENDINGS.get(Path(path).suffix.lower())


class _Body(Protocol):
    def write(self, output: bytes) -> None:
        """Write the output of one chunk."""

    def finish(self) -> None:
        """Write what is still held, and what stands at the end."""


class Writer:
    """Writes decisions into a new file, which takes the place of `path` when it is finished.

    `finish` may come early: what is there then is whole lines, or a Parquet file of whole row
    groups. `discard` leaves what was there before. `OSError` where it cannot be written.
    """

    def __init__(self, path: str | os.PathLike[str], form: OutputForm) -> None:
        self._path = Path(path)
        if not self._path.name or self._path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        self._new = self._path.with_name(f".ssoroute-{secrets.token_hex(8)}.new")
        self._file: BinaryIO = self._new.open("xb")
        try:
            self._body: _Body = (
                _Lines(self._file) if form is OutputForm.JSON_LINES else _RowGroups(self._file)
            )
        except BaseException:
            self.discard()
            raise

    def write(self, answered: Answered) -> None:
        """Write the decisions of one chunk."""
        if answered.output:
            self._body.write(answered.output)

    def finish(self) -> None:
        """Make the file whole and put it in its place."""
        self._body.finish()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._new.replace(self._path)

    def discard(self) -> None:
        """Take away what was written; nothing to do where it is finished."""
        with suppress(OSError):
            self._file.close()
        with suppress(FileNotFoundError):
            self._new.unlink()


class _Lines:
    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def write(self, output: bytes) -> None:
        self._file.write(output)

    def finish(self) -> None:
        """Lines are whole as they are."""


class _RowGroups:
    def __init__(self, file: BinaryIO) -> None:
        import pyarrow.parquet as pq

        from ssoroute.replay.columns import schema

        self._writer = pq.ParquetWriter(file, schema(), compression="zstd")
        self._held: list[Any] = []
        self._rows = 0

    def write(self, output: bytes) -> None:
        import pyarrow as pa

        for batch in pa.ipc.open_stream(pa.py_buffer(output)):
            self._held.append(batch)
            self._rows += batch.num_rows
        if self._rows >= _GROUP_ROWS:
            self._write_group()

    def finish(self) -> None:
        if self._rows:
            self._write_group()
        self._writer.close()

    def _write_group(self) -> None:
        import pyarrow as pa

        table = pa.Table.from_batches(self._held)
        self._writer.write_table(table, row_group_size=self._rows)
        self._held, self._rows = [], 0
