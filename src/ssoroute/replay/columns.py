"""Answers by columns: Arrow in and out (extra `arrow`).

The plain twin is `Answerer`, which answers row by row; the tests compare the two.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, Final

from ssoroute.model.decision import Decision, Reason
from ssoroute.model.request import RequestError
from ssoroute.model.spelling import SpellingError, browser_url
from ssoroute.replay.chunks import Batch
from ssoroute.replay.plain_urls import PlainURLs
from ssoroute.replay.rows import Row
from ssoroute.replay.tally import Kind, Tally, host_of
from ssoroute.routing.batch import challenge_column, encoded
from ssoroute.routing.router import Router

try:
    import pyarrow as pa
    import pyarrow.compute as pc
except ImportError:  # an extra; nothing here is called without it
    pass

__all__ = ["answer_columns", "packed_rows", "rows_of_columns", "schema", "with_caller"]

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
def schema() -> Any:
    """The columns of written decisions; `error` says why a row has no decision."""
    texts = pa.dictionary(pa.int32(), pa.string())
    return pa.schema(
        [
            ("url", pa.string()),
            ("outcome", texts),
            ("reason", texts),
            ("extension", texts),
            ("rule", texts),
            ("lookalike", pa.bool_()),
            ("error", pa.string()),
        ]
    )


def answer_columns(
    router: Router, body: Batch, *, in_browser: bool, written: bool
) -> tuple[Tally, Any]:
    """The decisions about a batch, counted, and with `written` as a batch of `schema`."""
    tally = Tally()
    batch, asked, plain, errors = _read(body)
    routed = _spelled(asked, plain, errors) if in_browser else asked
    batch = batch.set_column(batch.schema.get_field_index("url"), "url", routed)
    decisions, numbers = router.number_batch(batch)
    for row in sorted(errors):
        tally.count_bad(body.first + row, errors[row])
    output = _written(asked, encoded(decisions, numbers), errors) if written else None
    if errors:
        flags = [True] * len(batch)
        for row in errors:
            flags[row] = False
        numbers = _only(pa.array(flags), numbers)
    for challenge, numbered in _by_challenge(batch, numbers):
        _count(tally, decisions, numbered, routed, plain, challenge=challenge)
    if "caller" in batch.schema.names:
        _count_callers(tally, decisions, numbers, batch.column("caller"))
    if "hour" in batch.schema.names:
        _count_hours(tally, decisions, numbers, batch.column("hour"))
    return tally, output


def with_caller(body: Batch, caller: str, *, fill: bool) -> Batch:
    """`body` with a column of `caller` if it has no callers; with `fill` also in place of nulls."""
    batch = body.batch
    place = batch.schema.get_field_index("caller")
    if place < 0:
        batch = batch.append_column("caller", pa.repeat(pa.scalar(caller), len(batch)))
    elif fill:
        batch = batch.set_column(place, "caller", pc.fill_null(batch.column(place), caller))
    return Batch(body.first, batch)


def _read(body: Batch) -> tuple[Any, Any, PlainURLs, dict[int, RequestError]]:
    """The batch, its URLs as text, which are plain, and an error for each row without a request."""
    batch = body.batch
    errors = {}
    place = batch.schema.get_field_index("caller")
    if place >= 0:
        callers, wrong = _texts(batch.column(place))
        batch = batch.set_column(place, "caller", callers)
        for row in wrong:
            errors[row] = RequestError("`caller` is not UTF-8", "caller")
    urls, plain, wrong = _urls(batch.column(batch.schema.get_field_index("url")))
    for row in wrong:
        errors[row] = RequestError(_BAD_URL, "url")
    if urls.null_count:
        for row in pc.indices_nonzero(urls.is_null()).to_pylist():
            errors.setdefault(row, RequestError(_MISSING, "url"))
    return batch, urls, plain, errors


def _urls(column: Any) -> tuple[Any, PlainURLs, list[int]]:
    """A column of URLs as plain strings, which of them are plain, and the rows that are not UTF-8.

    Plain URLs are ASCII, so that only the others are looked at again.
    """
    urls = _strings(column)
    if PlainURLs.reads_bytes(urls):
        plain = PlainURLs(urls)
        if plain.all or _is_utf8(urls.filter(plain.others)):
            return urls, plain, []
    urls, wrong = _texts(urls)
    return urls, PlainURLs(urls), wrong


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


def _spelled(asked: Any, plain: PlainURLs, errors: dict[int, RequestError]) -> Any:
    """The browser's spelling of each URL; those without one become null and go to `errors`."""
    if plain.all:
        return asked
    odd = pc.and_(plain.others, asked.is_valid())
    rows = pc.indices_nonzero(odd).to_pylist()
    spelled: list[str | None] = []
    for row, url in zip(rows, asked.filter(odd).to_pylist(), strict=True):
        try:
            spelled.append(browser_url(url))
        except SpellingError as error:
            spelled.append(None)
            errors.setdefault(row, RequestError(str(error), "url"))
    return pc.replace_with_mask(asked, odd, pa.array(spelled, asked.type))


def _only(rows: Any, numbers: Any) -> Any:
    """`numbers` with -1 in place of those that are not among `rows`, a column of booleans."""
    return pc.if_else(rows, numbers, pa.scalar(-1, pa.int32()))


def _by_challenge(batch: Any, numbers: Any) -> Iterator[tuple[bool, Any]]:
    """The numbers of the loads, and those of the challenges if there are any."""
    challenges = challenge_column(batch)
    if challenges is None or not challenges.true_count:
        yield False, numbers
    else:
        yield False, _only(pc.invert(challenges), numbers)
        yield True, _only(challenges, numbers)


def _count(
    tally: Tally,
    decisions: Sequence[Decision],
    numbers: Any,
    routed: Any,
    plain: PlainURLs,
    *,
    challenge: bool,
) -> None:
    """Count the rows whose number is not negative; all are challenges, or all loads."""
    unmatched = tally.unmatched(challenge=challenge)
    counts, hosts = plain.counted(numbers, len(decisions))
    unmatched.update(hosts)
    for place, (decision, count) in enumerate(zip(decisions, counts, strict=True)):
        if not count:
            continue
        kind = Kind.of(decision)
        if place:
            if kind.lookalike or kind.reason == Reason.NO_MATCH.value:
                urls = routed.filter(pc.equal(numbers, place)).to_pylist()
                tally.count(kind, urls, challenge=challenge)
                continue
        elif not plain.all:
            others = routed.filter(pc.and_(pc.equal(numbers, place), plain.others))
            unmatched.update(map(host_of, others.to_pylist()))
        tally.kinds[kind] += count


def _count_callers(tally: Tally, decisions: Sequence[Decision], numbers: Any, callers: Any) -> None:
    """Count the callers of the rows whose decision says that they are denied."""
    for place, decision in enumerate(decisions):
        if decision.reason is Reason.CALLER_DENIED:
            found = callers.filter(pc.equal(numbers, place)).to_pylist()
            tally.count_callers(Kind.of(decision), found)


def _count_hours(tally: Tally, decisions: Sequence[Decision], numbers: Any, hours: Any) -> None:
    code = pc.add(pc.multiply(hours, len(decisions)), numbers)
    counted = pc.value_counts(code.filter(pc.greater_equal(numbers, 0)).drop_null())
    for number, count in zip(
        counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True
    ):
        hour, place = divmod(number, len(decisions))
        tally.hours[hour, decisions[place].outcome.value] += count


def _written(asked: Any, decided: Any, errors: dict[int, RequestError]) -> Any:
    messages: list[str | None] = [None] * (len(asked) if errors else 0)
    for row, error in errors.items():
        messages[row] = error.message
    good = pa.array([message is None for message in messages]) if errors else None
    columns = [asked.cast(pa.string())]
    for name in _DECIDED:
        column = decided.column(name)
        indices = column.indices.cast(pa.int32())
        if good is not None:
            indices = pc.if_else(good, indices, None)
        column = pa.DictionaryArray.from_arrays(indices, column.dictionary)
        columns.append(column.dictionary_decode() if name == "lookalike" else column)
    columns.append(pa.array(messages, pa.string()) if errors else pa.nulls(len(asked), pa.string()))
    return pa.RecordBatch.from_arrays(columns, schema=schema())


def packed_rows(rows: Sequence[tuple[str | None, Decision | RequestError]]) -> Any:
    """URLs with their decisions, or what is wrong with them, as a batch of `schema`."""
    columns: list[list[object]] = [[] for _ in schema()]
    for url, answer in rows:
        kind: Sequence[object] = (None,) * len(_DECIDED)
        if isinstance(answer, Decision):
            kind = Kind.of(answer)
        text = None if url is None else url.encode("utf-8", "backslashreplace").decode()
        values = (text, *kind, None if isinstance(answer, Decision) else answer.message)
        for column, value in zip(columns, values, strict=True):
            column.append(value)
    arrays = [
        pa.array(column, pa.string()).dictionary_encode()
        if pa.types.is_dictionary(kind)
        else pa.array(column, kind)
        for column, kind in zip(columns, schema().types, strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema())


def rows_of_columns(body: Batch, *, in_browser: bool) -> Iterator[Row]:
    """The rows of a batch, for answering them one by one."""
    batch, asked, plain, errors = _read(body)
    routed = _spelled(asked, plain, errors) if in_browser else asked
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
    rows = zip(
        asked.to_pylist(), routed.to_pylist(), zip(*columns, strict=True), hours, strict=True
    )
    for row, (url, spelled, arguments, hour) in enumerate(rows):
        yield Row(body.first + row, url, spelled, arguments, errors.get(row), hour)
