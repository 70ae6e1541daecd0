"""The answers to a chunk: the part of a replay that runs on every core."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from ssoroute.model.decision import Decision
from ssoroute.model.request import Request, RequestError
from ssoroute.model.spelling import Spelling, SpellingError, browser_url
from ssoroute.replay.chunks import Asked, Chunk, Columns, CsvRows, Failure, Lines, Remark
from ssoroute.replay.csv_rows import requests_of_rows
from ssoroute.replay.json_lines import requests_of_lines
from ssoroute.replay.rows import Row
from ssoroute.replay.tally import Kind, Tally
from ssoroute.routing.router import Router

__all__ = ["Answered", "Answerer", "OutputForm"]


class OutputForm(StrEnum):
    """What decisions are written in."""

    JSON_LINES = "jsonl"
    PARQUET = "parquet"


@dataclass(frozen=True, slots=True)
class Answered:
    """The answers to one chunk: counted, and in `output` written in the form asked for.

    Lines of JSON, or an Arrow stream of the columns that `columns.schema` names; empty where
    nothing is to be written. `remark` stands for a chunk that says something about its log.
    """

    file: str
    position: int
    tally: Tally = field(default_factory=Tally)
    output: bytes = b""
    remark: Remark | None = None


class Answerer:
    """Answers chunks by one router."""

    def __init__(self, router: Router, spelling: Spelling, form: OutputForm | None) -> None:
        self._router = router
        self._in_browser = spelling is Spelling.BROWSER
        self._form = form
        self._tails: dict[int, tuple[Decision, str]] = {}

    def answer(self, chunk: Chunk) -> Answered:
        """The answers to `chunk`, or the remark that it cannot be read."""
        try:
            return self._answer(chunk)
        except RequestError as error:
            return Answered(chunk.file, chunk.position, remark=Remark(str(error), fatal=True))

    def _answer(self, chunk: Chunk) -> Answered:
        body = chunk.body
        if isinstance(body, Remark):
            return Answered(chunk.file, chunk.position, remark=body)
        if isinstance(body, Columns) and self._form is not OutputForm.JSON_LINES:
            from ssoroute.replay.columns import answer_columns

            written = self._form is not None
            tally, output = answer_columns(
                self._router, body, in_browser=self._in_browser, written=written
            )
        else:
            tally, output = self._answer_rows(chunk.file, self._rows(body))
        return Answered(chunk.file, chunk.position, tally, output)

    def _answer_rows(self, file: str, rows: Iterable[Row]) -> tuple[Tally, bytes]:
        tally = Tally()
        groups: dict[int, tuple[Decision, list[str]]] = {}
        answers: list[tuple[str | None, Decision | str]] = []
        lines: list[str] = []
        route, form = self._router.route, self._form
        for row in rows:
            number, asked, routed, arguments, error = row
            if error is not None:
                tally.count_bad(number, error)
                if form is OutputForm.JSON_LINES:
                    lines.append(_error_line(file, number, error))
                elif form is OutputForm.PARQUET:
                    answers.append((asked, error.message))
                continue
            decision = route(routed, *arguments)
            group = groups.get(id(decision))
            if group is None:
                group = groups[id(decision)] = (decision, [])
            group[1].append(routed)
            if form is OutputForm.JSON_LINES:
                lines.append(f'{{"schema": 1, "url": {_quoted(asked)}, {self._tail(decision)}\n')
            elif form is OutputForm.PARQUET:
                answers.append((asked, decision))
        for decision, urls in groups.values():
            tally.count(Kind.of(decision), urls)
        if answers:
            from ssoroute.replay.columns import packed_rows

            return tally, packed_rows(answers)
        return tally, "".join(lines).encode("ascii")

    def _rows(self, body: Lines | CsvRows | Asked | Columns) -> Iterator[Row]:
        if isinstance(body, Columns):
            from ssoroute.replay.columns import rows_of_columns

            yield from rows_of_columns(body, in_browser=self._in_browser)
            return
        for number, request in _requests(body):
            if isinstance(request, RequestError):
                yield Row(number, None, "", (), request)
                continue
            url = request.url
            try:
                routed = browser_url(url) if self._in_browser else url
            except SpellingError as error:
                yield Row(number, url, "", (), RequestError(str(error), "url"))
                continue
            yield Row(number, url, routed, request.arguments[1:])

    def _tail(self, decision: Decision) -> str:
        """The JSON of `decision` from what follows the URL on; there are few decisions."""
        known = self._tails.get(id(decision))
        if known is None:
            line = json.dumps(decision.to_json(""))
            # the decision is held, so that no other one gets its identity
            known = self._tails[id(decision)] = (decision, line.removeprefix(_HEAD))
        return known[1]


_HEAD: Final = '{"schema": 1, "url": "", '
_quoted: Final[Callable[[object], str]] = json.JSONEncoder().encode


def _error_line(file: str, number: int, error: RequestError) -> str:
    said = {"file": file, "line": number, "field": error.field, "message": error.message}
    return json.dumps({"schema": 1, "error": said}) + "\n"


def _requests(body: Lines | CsvRows | Asked) -> Iterator[tuple[int, Request | RequestError]]:
    if isinstance(body, Lines):
        return requests_of_lines(body)
    if isinstance(body, CsvRows):
        return requests_of_rows(body)
    return _requests_of_asked(body)


def _requests_of_asked(body: Asked) -> Iterator[tuple[int, Request | RequestError]]:
    for number, url, code in body.rows:
        if isinstance(url, Failure):
            yield number, RequestError(url.message, url.field)
        else:
            yield number, Request(url, response_code=code)
