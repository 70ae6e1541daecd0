"""Parquet: the fields of a request as columns, read batch by batch (extra `arrow`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO, Final

from ssoroute.model.quoting import quote
from ssoroute.replay.chunks import Chunk, Columns, LogError
from ssoroute.replay.rows import FIELDS, unused

__all__ = ["read_parquet"]

#: Rows and bytes of a batch; the larger it is, the less a batch costs beside its rows.
_BATCH_ROWS: Final = 65_536
_BATCH_BYTES: Final = 16 * 1024 * 1024
_MISSING: Final = "needs pyarrow, which is not installed here (`pip install 'ssoroute[arrow]'`)"


def read_parquet(name: str, stream: BinaryIO) -> Iterator[Chunk]:
    """The batches of `stream`; `LogError` where pyarrow is missing or a column has another type."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise LogError(f"a Parquet file {_MISSING}") from None
    if not stream.seekable():
        raise LogError("a Parquet file cannot be read from a pipe; name the file")
    size = stream.seek(0, 2)
    stream.seek(0)
    try:
        file = pq.ParquetFile(stream, buffer_size=1024 * 1024, pre_buffer=False)
        columns = _columns(file.schema_arrow)
        ignored = unused(file.schema_arrow.names)
        if ignored is not None:
            yield Chunk(name, 0, ignored)
        total, row = file.metadata.num_rows, 0
        for batch in file.iter_batches(_batch_rows(file), columns=columns, use_threads=False):
            if batch.num_rows:
                row += batch.num_rows
                position = size * row // total
                yield Chunk(name, position, Columns(row - batch.num_rows + 1, _packed(batch)))
    except pa.ArrowException as error:
        raise LogError(f"the Parquet file is damaged: {str(error).splitlines()[0]}") from None


def _packed(batch: Any) -> bytes:
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    packed: bytes = sink.getvalue().to_pybytes()
    return packed


def _batch_rows(file: Any) -> int:
    """How many rows a batch may have, so that long URLs do not make it too large."""
    most = 1
    for number in range(file.metadata.num_row_groups):
        group = file.metadata.row_group(number)
        if group.num_rows:
            most = max(most, group.total_byte_size // group.num_rows)
    return int(min(_BATCH_ROWS, max(1, _BATCH_BYTES // most)))


def _columns(schema: Any) -> list[str]:
    """The columns to read; `LogError` names one that is missing, there twice or of another type."""
    import pyarrow as pa

    wanted = {
        "url": (_is_text, "strings"),
        "caller": (_is_text, "strings"),
        "response_code": (pa.types.is_integer, "integers"),
    }
    columns = []
    for name in FIELDS:
        places = schema.get_all_field_indices(name)
        if len(places) > 1:
            raise LogError(f"there are {len(places)} columns `{name}`")
        if not places:
            continue
        kind = schema.field(places[0]).type
        fits, described = wanted.get(name, (pa.types.is_boolean, "booleans"))
        if not (fits(kind) or pa.types.is_null(kind)):
            raise LogError(f"the column `{name}` is {quote(str(kind))}, wanted are {described}")
        columns.append(name)
    if "url" not in columns:
        raise LogError("the column `url` is missing")
    return columns


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))
