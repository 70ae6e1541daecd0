"""The answers to a chunk: the part of a replay that runs on every core.

This file answers, counts and writes requests one by one; `columns.py` does it by columns. The two
give the same answers.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ssoroute.model.asked_by import AskedBy
from ssoroute.model.decision import Decision
from ssoroute.model.request import Request, RequestError
from ssoroute.model.spelling import Spelling, SpellingError, browser_url
from ssoroute.replay.chunks import (
    Batch,
    Chunk,
    CsvLines,
    CsvRows,
    LeftOut,
    Lines,
    LogError,
    Plain,
    Remark,
    RowGroup,
)
from ssoroute.replay.compiled import (
    BatchAnswers,
    LeftRow,
    ReadableLines,
    answer_lines,
    becomes_columns,
    column_pieces,
)
from ssoroute.replay.entries import entries_of
from ssoroute.replay.output_form import OutputForm
from ssoroute.replay.parquet import batches_of_group
from ssoroute.replay.rows import ByClient, Row
from ssoroute.replay.tally import Decided, Tally, counted
from ssoroute.routing.router import Router

if TYPE_CHECKING:
    from ssoroute.replay.columns import ColumnAnswers

__all__ = ["Answered", "Answerer"]


@dataclass(frozen=True, slots=True)
class Answered:
    """The answers to a chunk or to a part of one.

    `tally` counts them. `output` is what the output file gets: lines of JSON, or a
    `pyarrow.Table` of `columns.schema`; None if there is no output file. `remark` is a
    message about the log.
    """

    file: str
    position: int
    tally: Tally = field(default_factory=Tally)
    output: Any = None
    remark: Remark | None = None


_Rows: TypeAlias = Plain | Batch


class Answerer:
    """Answers chunks by one router; `caller` asks in the logs that have no callers."""

    def __init__(
        self,
        router: Router,
        spelling: Spelling,
        form: OutputForm | None,
        caller: str | None = None,
    ) -> None:
        self._router = router
        self._caller = caller
        self._in_browser = spelling is Spelling.BROWSER
        self._form = form
        self._tails: dict[int, tuple[Decision, str]] = {}

    def answer(self, chunk: Chunk) -> list[Answered]:
        """The answers to the parts of `chunk`, and a remark if it cannot be read to its end."""
        found: list[Answered] = []
        try:
            found.extend(self._answers(chunk))
        except (LogError, RequestError) as error:
            remark = Remark(str(error), fatal=True)
            found.append(Answered(chunk.file, chunk.position, remark=remark))
        return found

    def _answers(self, chunk: Chunk) -> Iterator[Answered]:
        body = chunk.body
        if isinstance(body, Remark):
            yield Answered(chunk.file, chunk.position, remark=body)
            return
        if self._form is None and isinstance(body, ReadableLines):
            found = answer_lines(self._router, body, self._caller_of(body))
            if found is not None:
                tally, left = found
                deque(counted(self._decided(self._left(body, left, tally)), tally), maxlen=0)
                yield Answered(chunk.file, chunk.position, tally)
                return
        if not isinstance(body, RowGroup):
            for part in self._parts(body):
                yield Answered(chunk.file, chunk.position, *self._answer(chunk.file, part))
            return
        if (answers := self._by_columns()) is not None:
            try:
                is_whole = all(map(answers.add, self._batches(body)))
            except LogError:
                yield Answered(chunk.file, chunk.position, *answers.finish())
                raise
            if is_whole:
                yield Answered(chunk.file, chunk.position, *answers.finish())
                return
        for batch in self._batches(body):
            yield Answered(chunk.file, chunk.position, *self._answer(chunk.file, batch))

    def _by_columns(self) -> ColumnAnswers | None:
        """What answers batches by columns; None if they are answered row by row here."""
        answers = None if self._form is OutputForm.JSON_LINES else BatchAnswers.begin(self._router)
        if answers is None:
            return None
        from ssoroute.replay.columns import ColumnAnswers

        return ColumnAnswers(answers, self._router, self._form, in_browser=self._in_browser)

    def _answer(self, file: str, part: _Rows) -> tuple[Tally, Any]:
        """The answers to `part`, counted, and what is written of them."""
        if isinstance(part, Batch):
            answers = self._by_columns()
            if answers is not None and answers.add(part):
                return answers.finish()
        tally = Tally()
        decided = self._decided(self._rows(part, tally))
        return tally, self._written(file, counted(decided, tally))

    def _batches(self, body: RowGroup) -> Iterator[Batch]:
        """The batches of a row group."""
        return (self._with_caller(batch, fill=False) for batch in batches_of_group(body))

    def _parts(self, body: _Rows) -> Iterator[_Rows]:
        """The parts of a chunk; lines become columns if their answers become columns."""
        parts: Iterable[_Rows] = (body,)
        if (
            isinstance(body, ReadableLines)
            and self._form is not None
            and self._form.is_parquet
            and becomes_columns(body)
        ):
            parts = column_pieces(body)
        fill = isinstance(body, Lines)
        for part in parts:
            yield self._with_caller(part, fill=fill) if isinstance(part, Batch) else part

    def _with_caller(self, batch: Batch, *, fill: bool) -> Batch:
        """`batch` with the caller of logs that have none; with `fill` also in place of nulls."""
        if self._caller is None:
            return batch
        from ssoroute.replay.columns import with_caller

        return with_caller(batch, self._caller, fill=fill)

    def _decided(self, rows: Iterable[Row]) -> Iterator[Decided]:
        """Each row with its decision, or with the error that says why it has none."""
        route = self._router.route
        for row in rows:
            yield row, row.error or route(row.routed, *row.arguments)

    def _left(self, body: ReadableLines, left: Iterable[LeftRow], tally: Tally) -> Iterator[Row]:
        """The rows of the lines that the compiled module has left."""
        by_default = self._caller_of(body)
        for place in left:
            if place.arguments is None:
                data = body.data[place.start : place.end]
                yield from self._rows(replace(body, first=body.first + place.row, data=data), tally)
            else:
                yield self._row(body.first + place.row, place.arguments, by_default)

    def _rows(self, body: _Rows, tally: Tally) -> Iterator[Row]:
        """The rows of `body`; what is left out is counted in `tally`."""
        if isinstance(body, Batch):
            from ssoroute.replay.columns import rows_of_columns

            yield from rows_of_columns(body, in_browser=self._in_browser)
            return
        by_default = self._caller_of(body)
        for number, said, hour in entries_of(body):
            if isinstance(said, LeftOut):
                tally.left_out[said] += 1
                continue
            if isinstance(said, RequestError):
                yield Row(number, None, "", (), said)
                continue
            if isinstance(said, ByClient):
                yield self._by_client(number, *said)
                continue
            yield self._row(number, said.arguments, by_default, hour)

    def _caller_of(self, body: Plain) -> str | None:
        """Who asks in a row without a caller.

        If the log has a column of callers, an empty field says that the caller is unknown. JSON
        Lines have no columns: each line is looked at by itself.
        """
        has_callers = isinstance(body, CsvLines | CsvRows) and "caller" in body.columns
        return None if has_callers else self._caller

    def _row(
        self,
        number: int,
        arguments: tuple[Any, ...],
        by_default: str | None,
        hour: int | None = None,
    ) -> Row:
        """The row of a request; `by_default` asks if nobody is said to ask."""
        url, caller, *others = arguments
        try:
            routed = browser_url(url) if self._in_browser else url
        except SpellingError as error:
            return Row(number, url, "", (), RequestError(str(error), "url"))
        caller = by_default if caller is None else caller
        return Row(number, url, routed, (caller, *others), None, hour)

    def _by_client(self, number: int, request: Request, by: AskedBy) -> Row:
        """The row for what a client hands over; if that is nothing, no rule matches."""
        from ssoroute.asking.asked import answer_asked_by

        try:
            handover, _ = answer_asked_by(self._router, request, by)
        except RequestError as error:
            return Row(number, request.url, "", (), error)
        if handover.request is None:
            return Row(number, request.url, "", ())
        url, *arguments = handover.request.arguments
        return Row(number, request.url, url, tuple(arguments))

    def _written(self, file: str, decided: Iterator[Decided]) -> Any:
        """The decisions in the output form, None if they are not written."""
        if self._form is OutputForm.JSON_LINES:
            return "".join(self._line(file, *answer) for answer in decided).encode("ascii")
        if self._form is not None:
            from ssoroute.replay.columns import packed_rows

            return packed_rows([(row.url, answer) for row, answer in decided], self._form)
        for _ in decided:
            pass
        return None

    def _line(self, file: str, row: Row, answer: Decision | RequestError) -> str:
        if isinstance(answer, RequestError):
            return _error_line(file, row.number, answer)
        return f'{{"schema": 1, "url": {_quoted(row.url)}, {self._tail(answer)}\n'

    def _tail(self, decision: Decision) -> str:
        """The JSON of `decision` after the URL. It is kept: there are few different decisions."""
        known = self._tails.get(id(decision))
        if known is None:
            line = json.dumps(decision.to_json(""))
            # the decision is kept: a new one cannot get the same `id`
            known = self._tails[id(decision)] = (decision, line.removeprefix(_HEAD))
        return known[1]


_HEAD: Final = '{"schema": 1, "url": "", '
_quoted: Final[Callable[[object], str]] = json.JSONEncoder().encode


def _error_line(file: str, number: int, error: RequestError) -> str:
    said = {"file": file, "line": number, "field": error.field, "message": error.message}
    return json.dumps({"schema": 1, "error": said}) + "\n"
