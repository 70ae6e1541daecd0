"""The entries of a piece of a log, read one by one by the plain reader of its format."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ssoroute.model.request import Request, RequestError
from ssoroute.replay.access_lines import requests_of_access
from ssoroute.replay.chunks import (
    AccessLines,
    CsvLines,
    CsvRows,
    Lines,
    LogError,
    LogFormat,
    Plain,
    UrlLines,
)
from ssoroute.replay.csv_rows import requests_of_csv
from ssoroute.replay.json_lines import requests_of_json
from ssoroute.replay.rows import Entry, Said, entries_of_asked
from ssoroute.replay.url_lines import requests_of_urls

__all__ = ["entries_of", "refuse_other_format"]

#: Fewer wrong lines are reported one by one.
_ENOUGH: Final = 10


def entries_of(body: Plain) -> Iterator[Entry]:
    """The entries of `body`, in their order."""
    if isinstance(body, Lines):
        return requests_of_json(body)
    if isinstance(body, UrlLines):
        return requests_of_urls(body)
    if isinstance(body, CsvLines | CsvRows):
        return requests_of_csv(body)
    return entries_of_asked(
        requests_of_access(body) if isinstance(body, AccessLines) else body.rows
    )


def refuse_other_format(form: LogFormat, body: Plain) -> None:
    """`LogError` if `body`, the beginning of a log in the format `form`, has no entry of it."""
    said = [entry.said for entry in entries_of(body)]
    if len(said) < _ENOUGH or not all(_is_wrong(one) for one in said):
        return
    first = said[0] if isinstance(said[0], RequestError) else "it has no scheme"
    raise LogError(
        f"none of the first {len(said)} lines is a request in the format `{form}`"
        f" (line 1: {first}); name the right format with --format"
    )


def _is_wrong(said: Said) -> bool:
    """Whether a line cannot be a request; any text passes as a URL in a list of URLs."""
    return isinstance(said, RequestError) or (isinstance(said, Request) and ":" not in said.url)
