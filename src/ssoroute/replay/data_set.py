"""A folder of Parquet files, as Spark, Hive and others write data sets (extra `arrow`).

A folder `name=value` inside says the column `name` of the files in it. Names that begin with `_`
or `.` are not part of the data.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from urllib.parse import unquote

from ssoroute.model.quoting import cannot
from ssoroute.replay.chunks import Chunk, LogError, Remark
from ssoroute.replay.column_names import ColumnNames
from ssoroute.replay.parquet import read_parquet

__all__ = ["read_data_set"]

#: What Hive writes for a null.
_NULL = "__HIVE_DEFAULT_PARTITION__"
#: Members that the name of a folder can say: they are text.
_TEXTS = ("caller", "scheme")


def read_data_set(folder: str, names: ColumnNames | None = None) -> Iterator[Chunk]:
    """The chunks of the files in `folder`, each under its own name; a remark for one is enough.

    A file that cannot be read leaves the others. `LogError` if the folder has no Parquet file.
    """
    found = False
    remarks: set[str] = set()
    for path in _files(folder):
        found = True
        try:
            with open(path, "rb") as stream:
                for chunk in read_parquet(path, stream, names, _constants(folder, path, names)):
                    if isinstance(chunk.body, Remark):
                        if chunk.body.message in remarks:
                            continue
                        remarks.add(chunk.body.message)
                    yield chunk
        except LogError as error:
            yield Chunk(path, 0, Remark(str(error), fatal=True))
        except OSError as error:
            yield Chunk(path, 0, Remark(cannot("read", error), fatal=True))
    if not found:
        raise LogError("the folder has no file that ends in .parquet")


def _files(folder: str) -> Iterator[str]:
    for above, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name[0] not in "_.")
        for name in sorted(files):
            if name[0] not in "_." and name.lower().endswith(".parquet"):
                yield os.path.join(above, name)


def _constants(folder: str, path: str, names: ColumnNames | None) -> list[tuple[str, str | None]]:
    """The members of a request that the folders between `folder` and `path` say."""
    found: list[tuple[str, str | None]] = []
    for part in os.path.relpath(os.path.dirname(path), folder).split(os.sep):
        field, equals, value = part.partition("=")
        member = (names or ColumnNames()).member(unquote(field))
        if equals and member in _TEXTS:
            found.append((member, None if value == _NULL else unquote(value)))
    return found
