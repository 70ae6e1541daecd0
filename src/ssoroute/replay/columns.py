"""Answers by columns: Arrow in and out (extra `arrow`).

The plain twin is `Answerer`, which answers row by row; the tests compare the two.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cache
from typing import Any, Final, NamedTuple

from ssoroute.model.decision import Decision
from ssoroute.model.request import RequestError
from ssoroute.model.spelling import SpellingError, browser_url
from ssoroute.replay.chunks import Batch
from ssoroute.replay.column_names import FIELDS
from ssoroute.replay.compiled import BatchAnswers
from ssoroute.replay.output_form import OutputForm
from ssoroute.replay.rows import Row
from ssoroute.replay.tally import Kind, Tally, counted
from ssoroute.routing.batch import column_parts, encoded
from ssoroute.routing.router import Router

with suppress(ImportError):  # an extra; nothing here is called without it
    import pyarrow as pa

# `pyarrow.compute` is imported where it is needed: a third of the time that pyarrow takes to start.

__all__ = ["ColumnAnswers", "packed_rows", "rows_of_columns", "schema", "with_caller"]

_DECIDED: Final = ("outcome", "reason", "extension", "rule", "lookalike")

#: The arguments of `Router.route` after the URL, for columns that a batch does not have.
_DEFAULTS: Final = {
    "caller": None,
    "response_code": 0,
    "screen_locked": False,
    "user_interface_enabled": True,
    "background_session": False,
}
_BAD_URL: Final = "the URL is not UTF-8"
_MISSING: Final = "`url` is missing"


@cache
def schema(form: OutputForm) -> Any:
    """The columns of written decisions; `error` says why a row has no decision."""
    texts = pa.dictionary(pa.int32(), pa.string())
    urls = [("url", pa.string())] if form.has_urls else []
    return pa.schema(
        [
            *urls,
            ("outcome", texts),
            ("reason", texts),
            ("extension", texts),
            ("rule", texts),
            ("lookalike", pa.bool_()),
            ("error", pa.string()),
        ]
    )


class ColumnAnswers:
    """The answers to some batches, counted together; with `form` also as a table of `schema`."""

    def __init__(
        self,
        answers: BatchAnswers,
        router: Router,
        form: OutputForm | None = None,
        *,
        in_browser: bool,
    ) -> None:
        self._answers = answers
        self._router = router
        self._in_browser = in_browser
        self._tally = Tally()  # of what Python answers; the rest is added in the end
        self._hours: Counter[tuple[int, int]] = Counter()
        self._form = form
        self._written: list[_Numbered] = []

    def add(self, body: Batch) -> bool:
        """Answer a batch; False if the compiled module cannot: then begin anew without it."""
        batch = body.batch
        place = pa.allocate_buffer(4 * len(batch))
        left = self._answers.answer(len(batch), _given(batch), place)
        if left is None:
            return False
        numbers = pa.Array.from_buffers(pa.int32(), len(batch), [None, place])
        if "hour" in batch.schema.names:
            self._count_hours(numbers, batch.column("hour"))
        answered = self._answer_left(body, numbers) if left else []
        if self._form is not None:
            urls = self._written_urls(batch, left) if self._form.has_urls else None
            self._written.append(_Numbered(urls, numbers, answered))
        return True

    def finish(self) -> tuple[Tally, Any]:
        """All answers, counted, and the table of those that are written."""
        tally = self._tally
        decisions = self._answers.count(tally)
        for (hour, number), count in self._hours.items():
            tally.hours[hour, decisions[number].outcome.value] += count
        if self._form is None or not self._written:
            return tally, None
        return tally, _table(self._written, decisions, self._form)

    def _written_urls(self, batch: Any, left: int) -> Any:
        urls = _strings(batch.column("url"))
        if left:  # only they can be other than UTF-8
            urls, _ = _texts(urls)
        return urls.cast(pa.string())

    def _count_hours(self, numbers: Any, hours: Any) -> None:
        import pyarrow.compute as pc

        code = pc.add(pc.multiply(hours, 1 << 32), numbers)
        counts = pc.value_counts(code.filter(pc.greater_equal(numbers, 0)).drop_null())
        for both, count in zip(
            counts.field("values").to_pylist(), counts.field("counts").to_pylist(), strict=True
        ):
            self._hours[divmod(both, 1 << 32)] += count

    def _answer_left(self, body: Batch, numbers: Any) -> list[tuple[int, Decision | RequestError]]:
        """Answer and count the rows whose number is -1; returns their places with the answers."""
        import pyarrow.compute as pc

        places = pc.indices_nonzero(pc.less(numbers, 0))
        rows = rows_of_columns(Batch(0, body.batch.take(places)), in_browser=self._in_browser)
        numbered = (
            row._replace(number=body.first + place)
            for place, row in zip(places.to_pylist(), rows, strict=True)
        )
        route = self._router.route
        decided = ((row, row.error or route(row.routed, *row.arguments)) for row in numbered)
        return [(row.number - body.first, answer) for row, answer in counted(decided, self._tally)]


class _Numbered(NamedTuple):
    """A batch that is written: its URLs if they are, the numbers of its rows, and those left."""

    urls: Any
    numbers: Any
    left: list[tuple[int, Decision | RequestError]]


def _given(batch: Any) -> tuple[Any, ...]:
    """The columns of a batch as `BatchAnswers.answer` wants them."""
    columns = dict(zip(batch.schema.names, batch.columns, strict=True))
    given = []
    for name in ("url", "caller", "response_code", "screen_locked"):
        column = columns.get(name)
        if column is not None and pa.types.is_null(column.type):
            column = column.cast(pa.string()) if name == "url" else None
        given.append(column_parts(column))
    return tuple(given)


def with_caller(body: Batch, caller: str, *, fill: bool) -> Batch:
    """`body` with a column of `caller` if it has no callers; with `fill` also in place of nulls."""
    import pyarrow.compute as pc

    batch = body.batch
    place = batch.schema.get_field_index("caller")
    if place < 0:
        batch = batch.append_column("caller", pa.repeat(pa.scalar(caller), len(batch)))
    elif fill:
        batch = batch.set_column(place, "caller", pc.fill_null(batch.column(place), caller))
    return Batch(body.first, batch)


def _read(body: Batch) -> tuple[Any, Any, dict[int, RequestError]]:
    """The batch, its URLs as text, and an error for each row without a request."""
    import pyarrow.compute as pc

    batch = body.batch
    errors = {}
    for name, message in (("caller", "`caller` is not UTF-8"), ("url", _BAD_URL)):
        place = batch.schema.get_field_index(name)
        if place < 0:
            continue
        texts, wrong = _texts(batch.column(place))
        batch = batch.set_column(place, name, texts)
        for row in wrong:
            errors[row] = RequestError(message, name)
    urls = _strings(batch.column("url"))
    if urls.null_count:
        for row in pc.indices_nonzero(urls.is_null()).to_pylist():
            errors.setdefault(row, RequestError(_MISSING, "url"))
    return batch, urls, errors


def _strings(column: Any) -> Any:
    if pa.types.is_large_string(column.type):
        return column
    return column.cast(pa.large_string() if column.nbytes > 2**30 else pa.string())


def _is_utf8(column: Any) -> bool:
    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _texts(column: Any) -> tuple[Any, list[int]]:
    """A column as plain or dictionary-encoded strings, and the rows that are not UTF-8 and have
    become null. A file can declare any bytes to be strings, and Arrow does not check it.
    """
    if pa.types.is_dictionary(column.type) and _is_utf8(column.dictionary):
        return column, []
    column = _strings(column)
    if _is_utf8(column):
        return column, []
    values: list[str | None] = []
    wrong = []
    binary = column.cast(pa.large_binary())
    for row, data in enumerate(binary.to_pylist()):
        try:
            values.append(None if data is None else data.decode())
        except UnicodeDecodeError:
            values.append(None)
            wrong.append(row)
    return pa.array(values, column.type), wrong


def _table(answered: list[_Numbered], decisions: list[Decision], form: OutputForm) -> Any:
    """Written batches as one table; `decisions` are those by number, and grow."""
    known = {id(decision): number for number, decision in enumerate(decisions)}
    errors: dict[int, str] = {}
    first = 0
    for part in answered:
        given = memoryview(part.numbers.buffers()[1] if part.left else b"").cast("i")
        for place, answer in part.left:
            number = 0
            if isinstance(answer, RequestError):
                errors[first + place] = _message(answer, form)
            else:
                number = known.setdefault(id(answer), len(decisions))
                if number == len(decisions):
                    decisions.append(answer)
            given[place] = number
        first += len(part.numbers)
    urls = [pa.chunked_array([part.urls for part in answered])] if form.has_urls else []
    numbers = pa.concat_arrays([part.numbers for part in answered])
    columns = [*urls, *_decided_columns(encoded(decisions, numbers), errors)]
    return pa.Table.from_arrays(columns, schema=schema(form))


def _message(error: RequestError, form: OutputForm) -> str:
    """What is written of an error; without URLs nothing of the log, which may be part of a URL."""
    if form.has_urls:
        return error.message
    return f"`{error.field}` is missing or invalid" if error.field in FIELDS else "not a request"


def _decided_columns(decided: Any, errors: dict[int, str]) -> Iterator[Any]:
    import pyarrow.compute as pc

    messages = [errors.get(row) for row in range(len(decided))] if errors else None
    good = pa.array([message is None for message in messages]) if messages else None
    for name in _DECIDED:
        column = decided.column(name)
        indices = column.indices.cast(pa.int32())
        if good is not None:
            indices = pc.if_else(good, indices, None)
        column = pa.DictionaryArray.from_arrays(indices, column.dictionary)
        yield column.dictionary_decode() if name == "lookalike" else column
    yield pa.array(messages, pa.string()) if messages else pa.nulls(len(decided), pa.string())


def packed_rows(
    rows: Sequence[tuple[str | None, Decision | RequestError]], form: OutputForm
) -> Any:
    """URLs with their decisions, or what is wrong with them, as a table of `schema`."""
    columns: list[list[object]] = [[] for _ in schema(form)]
    for url, answer in rows:
        kind: Sequence[object] = (None,) * len(_DECIDED)
        if isinstance(answer, Decision):
            kind = Kind.of(answer)
        text = None if url is None else url.encode("utf-8", "backslashreplace").decode()
        urls = [text] if form.has_urls else []
        values = (*urls, *kind, None if isinstance(answer, Decision) else _message(answer, form))
        for column, value in zip(columns, values, strict=True):
            column.append(value)
    arrays = [
        pa.array(column, pa.string()).dictionary_encode()
        if pa.types.is_dictionary(kind)
        else pa.array(column, kind)
        for column, kind in zip(columns, schema(form).types, strict=True)
    ]
    return pa.Table.from_arrays(arrays, schema=schema(form))


def rows_of_columns(body: Batch, *, in_browser: bool) -> Iterator[Row]:
    """The rows of a batch, for answering them one by one."""
    batch, asked, errors = _read(body)
    columns: list[list[Any]] = []
    for name, default in _DEFAULTS.items():
        place = batch.schema.get_field_index(name)
        if place < 0:
            columns.append([default] * len(batch))
        else:
            values = batch.column(place).to_pylist()
            columns.append([default if value is None else value for value in values])
    place = batch.schema.get_field_index("hour")
    hours = batch.column(place).to_pylist() if place >= 0 else [None] * len(batch)
    rows = zip(asked.to_pylist(), zip(*columns, strict=True), hours, strict=True)
    for row, (url, arguments, hour) in enumerate(rows):
        error, routed = errors.get(row), url
        if in_browser and error is None:
            try:
                routed = browser_url(url)
            except SpellingError as wrong:
                error = RequestError(str(wrong), "url")
        yield Row(body.first + row, url, routed, arguments, error, hour)
