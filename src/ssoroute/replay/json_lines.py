"""JSON Lines: one request on each line, as `ssoroute route --jsonl` reads them."""

from __future__ import annotations

from collections.abc import Iterator

from ssoroute.loaders.request_line import parse_client_request, parse_object
from ssoroute.model.request import RequestError
from ssoroute.replay.chunks import Lines
from ssoroute.replay.column_names import ColumnNames
from ssoroute.replay.line_blocks import numbered_lines
from ssoroute.replay.rows import INTEGER, ByClient, Entry, entry_of

__all__ = ["requests_of_json"]


def requests_of_json(lines: Lines) -> Iterator[Entry]:
    """The number and the request, or error, of each line."""
    for number, data in numbered_lines(lines.first, lines.data):
        try:
            yield _entry(number, data, lines.names)
        except RequestError as error:
            yield Entry(number, error)


def _entry(number: int, data: bytes, names: ColumnNames | None) -> Entry:
    if names is None:
        request, by = parse_client_request(data, first=number == 1)
        return Entry(number, request if by is None else ByClient(request, by))
    value = parse_object(data, first=number == 1)
    members = names.picked(value)
    code = members.get("response_code")
    if isinstance(code, str) and INTEGER.fullmatch(code):
        members["response_code"] = int(code)
    return entry_of(number, members)
