"""Parquet: the fields of a request as columns (extra `arrow`).

Each row group is a chunk: the worker that answers it opens the file and reads it, batch by batch.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, BinaryIO, Final

from ssoroute.model.quoting import cannot, one_line, quote
from ssoroute.replay.chunks import Batch, Chunk, Layout, LogError, RowGroup
from ssoroute.replay.column_names import CLIENT_FIELDS, FIELDS, ColumnNames
from ssoroute.replay.rows import missing_column, unused

__all__ = ["batches_of_group", "read_parquet"]

#: Rows and bytes of a batch that is a chunk: each costs more than a row does.
_BATCH_ROWS: Final = 65_536
_BATCH_BYTES: Final = 16 * 1024 * 1024
#: Rows of a batch of a row group, which is a chunk as a whole: they stay in the caches.
_PART_ROWS: Final = 6_144
#: The reader reads a larger row group itself, batch by batch: its answers would take much memory.
_GROUP_BYTES: Final = 128 * 1024 * 1024
_READING: Final = {"buffer_size": 64 * 1024, "pre_buffer": False}
_MISSING: Final = "needs pyarrow, which is not installed here (`pip install 'ssoroute[arrow]'`)"


def read_parquet(
    name: str,
    stream: BinaryIO,
    names: ColumnNames | None = None,
    constants: Sequence[tuple[str, str | None]] = (),
) -> Iterator[Chunk]:
    """The row groups of `stream`; `LogError` if pyarrow is missing or a column has a wrong type.

    `names` says which columns are used, if they do not have the names of a request. `constants` are
    members of a request that are the same for each row.
    """
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
        file = pq.ParquetFile(stream, **_READING)
        layout = _layout(file.schema_arrow, names or ColumnNames(), constants)
        ignored = unused(file.schema_arrow.names)
        if ignored is not None and not names:
            yield Chunk(name, 0, ignored)
        total, row = file.metadata.num_rows, 0
        batch_rows, path = _batch_rows(file), _path_of(stream)
        for number in range(file.metadata.num_row_groups):
            group = file.metadata.row_group(number)
            if path is not None and group.total_byte_size <= _GROUP_BYTES:
                body = RowGroup(path, number, layout, row + 1, min(batch_rows, _PART_ROWS))
                row += group.num_rows
                yield Chunk(name, size * row // total, body)
                continue
            for batch in _batches(file, number, layout, batch_rows):
                row += batch.num_rows
                yield Chunk(name, size * row // total, Batch(row - batch.num_rows + 1, batch))
    except pa.ArrowException as error:
        raise _damaged(error) from None


def batches_of_group(body: RowGroup) -> Iterator[Batch]:
    """The batches of a row group; `LogError` if it is damaged."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = body.first
    try:
        status = os.stat(body.path)
        metadata = _metadata(body.path, status.st_ino, status.st_size, status.st_mtime_ns)
        if body.number >= metadata.num_row_groups:
            raise LogError("the Parquet file was replaced while it was read")
        encoded = _encoded_callers(metadata.row_group(body.number), body.layout)
        with (
            pa.OSFile(body.path) as stream,
            pq.ParquetFile(stream, metadata=metadata, read_dictionary=encoded, **_READING) as file,
        ):
            for batch in _batches(file, body.number, body.layout, body.batch_rows):
                yield Batch(number, batch)
                number += batch.num_rows
    except pa.ArrowException as error:
        raise _damaged(error) from None
    except OSError as error:
        raise LogError(cannot("read", error)) from None


@lru_cache(maxsize=4)
def _metadata(path: str, *_: int) -> Any:
    """What a file says of all its row groups, read once and not for each of them.

    The numbers tell the file from another one that took its place.
    """
    import pyarrow.parquet as pq

    return pq.read_metadata(path)


def _encoded_callers(group: Any, layout: Layout) -> list[str]:
    """The column of callers, if the file has each of them once: then it is read as it is."""
    fields = {field for field, member in layout.fields if member == "caller"}
    columns = map(group.column, range(group.num_columns))
    return [
        column.path_in_schema
        for column in columns
        if column.path_in_schema in fields and column.has_dictionary_page
    ]


def _batches(file: Any, number: int, layout: Layout, batch_rows: int) -> Iterator[Any]:
    fields = [field for field, _ in layout.fields]
    batches = file.iter_batches(batch_rows, row_groups=[number], columns=fields, use_threads=False)
    return (_arranged(batch, layout) for batch in batches if batch.num_rows)


def _arranged(batch: Any, layout: Layout) -> Any:
    """`batch` with the members of a request as its columns, and the hour of the day."""
    import pyarrow as pa

    members = {member: batch.column(field) for field, member in layout.fields}
    for member, value in layout.constants:
        members[member] = pa.repeat(pa.scalar(value, pa.string()), batch.num_rows)
    if (scheme := members.pop("scheme", None)) is not None:
        import pyarrow.compute as pc

        url = members["url"].cast(pa.string())
        whole = pc.binary_join_element_wise(pc.ascii_lower(scheme.cast(pa.string())), url, "://")
        is_whole = pc.or_(pc.match_substring(url, "://"), scheme.is_null())
        members["url"] = pc.if_else(is_whole, url, whole)
    if (time := members.pop("time", None)) is not None:
        import pyarrow.compute as pc

        # The hour of a time with a zone is that of the zone, else as written.
        in_utc = time if time.type.tz is None else time.cast(pa.timestamp(time.type.unit, "UTC"))
        members["hour"] = pc.hour(in_utc)
    return pa.RecordBatch.from_pydict(members)


def _damaged(error: Exception) -> LogError:
    return LogError(f"the Parquet file is damaged: {one_line(str(error).partition(chr(10))[0])}")


def _path_of(stream: BinaryIO) -> str | None:
    """The path by which a worker can open the file again; None if it is not a file."""
    path = getattr(stream, "name", None)
    try:
        if isinstance(path, str) and os.path.samestat(os.stat(path), os.fstat(stream.fileno())):
            return os.path.abspath(path)
    except (OSError, ValueError):
        pass
    return None


def _batch_rows(file: Any) -> int:
    """How many rows a batch may have; fewer if URLs are long."""
    most = 1
    for number in range(file.metadata.num_row_groups):
        group = file.metadata.row_group(number)
        if group.num_rows:
            most = max(most, group.total_byte_size // group.num_rows)
    return int(min(_BATCH_ROWS, max(1, _BATCH_BYTES // most)))


def _layout(schema: Any, names: ColumnNames, constants: Sequence[tuple[str, str | None]]) -> Layout:
    """The columns to read; `LogError` if one is missing, is there twice or has a wrong type."""
    fields = tuple(_fields(schema, names))
    own = {member for _, member in fields}  # what the file says of itself counts
    said = {member: value for member, value in constants if member not in own}
    found = own | said.keys()
    for member in ("url", *(member for member, _ in names.named)):
        if member in CLIENT_FIELDS:
            raise LogError(
                f"{quote(member)} is not read from Parquet, only from JSON Lines and CSV"
            )
        if member not in found:
            raise LogError(missing_column(names.field(member), schema.names))
    return Layout(fields, tuple(said.items()))


def _fields(schema: Any, names: ColumnNames) -> Iterator[tuple[str, str]]:
    """The columns of members of a request, each with its member."""
    import pyarrow as pa

    wanted = {
        "url": (_is_text, "strings"),
        "caller": (_is_text, "strings"),
        "scheme": (_is_text, "strings"),
        "response_code": (pa.types.is_integer, "integers"),
        "time": (pa.types.is_timestamp, "timestamps"),
    }
    for member in (*FIELDS, "scheme", "time"):
        name = names.field(member)
        places = schema.get_all_field_indices(name) if names.member(name) == member else []
        if len(places) > 1:
            raise LogError(f"there are {len(places)} columns {quote(name)}")
        if not places:
            continue
        kind = schema.field(places[0]).type
        fits, described = wanted.get(member, (pa.types.is_boolean, "booleans"))
        if not (fits(kind) or pa.types.is_null(kind)):
            raise LogError(
                f"the column {quote(name)} must have {described}, not {quote(str(kind))}"
            )
        yield name, member


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))
