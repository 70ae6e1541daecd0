"""The pieces in which a log is read: small enough to hold, large enough to be worth a process.

A reader only finds where a piece ends; what it says is read where it is answered, on every core.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, TypeAlias

from ssoroute.model.errors import SsorouteError

__all__ = [
    "CHUNK_BYTES",
    "CHUNK_ROWS",
    "Asked",
    "Body",
    "Chunk",
    "Columns",
    "CsvRows",
    "Failure",
    "Lines",
    "LogError",
    "LogFormat",
    "Remark",
]

#: How much a chunk holds at most, but for a single line or row that is longer.
CHUNK_BYTES: Final = 1024 * 1024
CHUNK_ROWS: Final = 5_000


class LogFormat(StrEnum):
    """What a log is written in."""

    JSON_LINES = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"
    HAR = "har"
    MITMPROXY = "mitmproxy"


class LogError(SsorouteError):
    """A log cannot be read, or not beyond some place; the message says why."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Whole lines of JSON, the first of them number `first` of the log."""

    first: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Failure:
    """What is wrong with one row, and with which of its fields."""

    message: str
    field: str | None = None


@dataclass(frozen=True, slots=True)
class CsvRows:
    """Rows with their numbers, and for each the values of `columns` in order."""

    columns: tuple[str, ...]
    rows: list[tuple[int, list[str] | Failure]]


@dataclass(frozen=True, slots=True)
class Asked:
    """Numbers of entries, each with a URL and a response code: one for each request."""

    rows: list[tuple[int, str | Failure, int]]


@dataclass(frozen=True, slots=True)
class Columns:
    """An Arrow record batch, as a stream; its first row is number `first` of the log."""

    first: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Remark:
    """Something to say about the log; with `fatal` its reading ended here."""

    message: str
    fatal: bool = False


Body: TypeAlias = Lines | CsvRows | Asked | Columns | Remark


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of the log `file`; `position` is how many bytes of it were read up to here."""

    file: str
    position: int
    body: Body = field(repr=False)
