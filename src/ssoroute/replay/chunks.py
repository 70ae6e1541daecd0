"""The pieces in which a log is read: small enough to hold, large enough to be worth a thread.

A reader only finds the end of a piece. The thread or process that answers the piece also reads it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from ssoroute.model.errors import SsorouteError

if TYPE_CHECKING:
    from ssoroute.replay.column_names import ColumnNames

__all__ = [
    "CHUNK_BYTES",
    "CHUNK_ROWS",
    "COLUMNS_BYTES",
    "AccessLines",
    "Asked",
    "AskedRow",
    "Batch",
    "Body",
    "Chunk",
    "CsvLines",
    "CsvRows",
    "Failure",
    "Layout",
    "LeftOut",
    "Lines",
    "LogError",
    "LogFormat",
    "Plain",
    "Remark",
    "RowGroup",
    "UrlLines",
]

#: The most bytes of a chunk, except for a single line or row that is longer.
CHUNK_BYTES: Final = 1024 * 1024
#: The same for lines that the compiled module reads, since each chunk costs more than its rows do.
COLUMNS_BYTES: Final = 8 * CHUNK_BYTES
CHUNK_ROWS: Final = 5_000


class LogFormat(StrEnum):
    """The format of a log."""

    JSON_LINES = "jsonl"
    CSV = "csv"
    URLS = "urls"
    PARQUET = "parquet"
    HAR = "har"
    MITMPROXY = "mitmproxy"
    SQUID = "squid"
    COMBINED = "combined"


class LeftOut(StrEnum):
    """An entry of a log that no extension can see, so it is counted and not routed."""

    #: Only opens a tunnel through a proxy: the app asks for the URLs inside it.
    TUNNEL = "tunnel"
    #: Its URL loads nothing from the network, such as `data:`.
    LOCAL = "local"
    #: Of another protocol than HTTP.
    OTHER_PROTOCOL = "other_protocol"
    #: An error or a query of the proxy itself, without a URL that somebody asked for.
    PROXY = "proxy"


class LogError(SsorouteError):
    """A log cannot be read, or not to its end; the message says why."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Whole lines of JSON, the first of them number `first` of the log.

    `names` says which of their members are used, if they do not have the names of a request.
    """

    first: int
    data: bytes
    names: ColumnNames | None = None


@dataclass(frozen=True, slots=True)
class UrlLines:
    """Whole lines with one URL each, the first of them number `first` of the log."""

    first: int
    data: bytes


@dataclass(frozen=True, slots=True)
class AccessLines:
    """Whole lines of a proxy's log in `format`, the first of them number `first` of the log."""

    format: LogFormat
    first: int
    data: bytes


@dataclass(frozen=True, slots=True)
class CsvLines:
    """Whole lines of CSV, each of which is a row of `columns`; the first is number `first`.

    `columns` are the members of a request that the columns are, empty for those that are not used.
    """

    columns: tuple[str, ...]
    first: int
    data: bytes
    delimiter: str = ","


@dataclass(frozen=True, slots=True)
class Failure:
    """An error in one row, and the field at fault if it is known."""

    message: str
    field: str | None = None


@dataclass(frozen=True, slots=True)
class CsvRows:
    """Rows with their numbers. Each has the values of those `columns` that are used."""

    columns: tuple[str, ...]
    rows: list[tuple[int, list[str] | Failure]]


class AskedRow(NamedTuple):
    """One request of an entry of a log, or why it has none; `hour` is the hour of the day."""

    number: int
    url: str | Failure | LeftOut
    code: int = 0
    hour: int | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """The requests of some entries."""

    rows: list[AskedRow]


@dataclass(frozen=True, slots=True)
class Batch:
    """A `pyarrow.RecordBatch`; its first row is number `first` of the log."""

    first: int
    batch: Any


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a Parquet file has the members of a request.

    `fields` are the names of columns with their members. `constants` are members that are the same
    for each row, as the path of the file says.
    """

    fields: tuple[tuple[str, str], ...]
    constants: tuple[tuple[str, str | None], ...] = ()


@dataclass(frozen=True, slots=True)
class RowGroup:
    """Row group `number` of the Parquet file `path`, to be read in batches of `batch_rows`."""

    path: str
    number: int
    layout: Layout
    first: int
    batch_rows: int


@dataclass(frozen=True, slots=True)
class Remark:
    """A message about the log; if it is `fatal`, the rest of the log is not read."""

    message: str
    fatal: bool = False


#: What the plain readers read.
Plain: TypeAlias = Lines | UrlLines | AccessLines | CsvLines | CsvRows | Asked
Body: TypeAlias = Plain | Batch | RowGroup | Remark


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of the log `file`; `position` is how many bytes of it were read up to here."""

    file: str
    position: int
    body: Body = field(repr=False)
