"""Answers by columns: Arrow in and out (extra `arrow`).

The plain twin is `Answerer`, which answers row by row; the tests compare the two.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, Final

from ssoroute.model.decision import Decision, Outcome, Reason
from ssoroute.model.request import RequestError
from ssoroute.model.spelling import SpellingError, browser_url
from ssoroute.replay.browser_urls import PLAIN_URL
from ssoroute.replay.chunks import Batch
from ssoroute.replay.fast_lines import scan
from ssoroute.replay.rows import Row
from ssoroute.replay.tally import LONGEST_HOST, Kind, Tally, host_of
from ssoroute.routing.router import Router

try:
    import pyarrow as pa
    import pyarrow.compute as pc
except ImportError:  # an extra; nothing here is called without it
    pass

__all__ = ["answer_columns", "packed_rows", "rows_of_columns", "schema", "with_caller"]

_DECIDED: Final = ("outcome", "reason", "extension", "rule", "lookalike")

_IS_PLAIN: Final = rf"^(?:{PLAIN_URL})\z"
#: The arguments of `Router.route` after the URL, for columns that a batch does not have.
_DEFAULTS: Final = {
    "caller": None,
    "response_code": 0,
    "screen_locked": False,
    "user_interface_enabled": True,
    "background_session": False,
}
#: Bytes of a host, on average, for which there is room at first.
_USUAL_HOST: Final = 32
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
    batch, asked, errors = _read(body)
    routed = asked
    plain, hosts = plain_urls(asked)
    if in_browser:
        routed = _spelled(asked, plain, errors)
    batch = batch.set_column(batch.schema.get_field_index("url"), "url", routed)
    decided = router.route_batch(batch)
    for row in sorted(errors):
        tally.count_bad(body.first + row, errors[row])
    answered = pa.RecordBatch.from_arrays(
        [*decided.columns, routed, plain, hosts], names=[*_DECIDED, "url", "plain", "host"]
    )
    if "hour" in batch.schema.names:
        answered = answered.append_column("hour", batch.column("hour"))
    if errors:
        flags = [True] * len(batch)
        for row in errors:
            flags[row] = False
        answered = answered.filter(pa.array(flags))
    _count(tally, answered)
    return tally, _written(asked, decided, errors) if written else None


def with_caller(body: Batch, caller: str, *, fill: bool) -> Batch:
    """`body` with a column of `caller` if it has no callers; with `fill` also in place of nulls."""
    batch = body.batch
    place = batch.schema.get_field_index("caller")
    if place < 0:
        batch = batch.append_column("caller", pa.repeat(pa.scalar(caller), len(batch)))
    elif fill:
        batch = batch.set_column(place, "caller", pc.fill_null(batch.column(place), caller))
    return Batch(body.first, batch)


def _read(body: Batch) -> tuple[Any, Any, dict[int, RequestError]]:
    """The batch, its URLs as text, and an error for each row that is not a request."""
    batch = body.batch
    errors = {}
    for name in ("caller", "url"):
        place = batch.schema.get_field_index(name)
        if place < 0:
            continue
        texts, wrong = _texts(batch.column(place))
        batch = batch.set_column(place, name, texts)
        for row in wrong:
            message = _BAD_URL if name == "url" else "`caller` is not UTF-8"
            errors[row] = RequestError(message, name)
    if texts.null_count:
        for row in pc.indices_nonzero(texts.is_null()).to_pylist():
            errors.setdefault(row, RequestError(_MISSING, "url"))
    return batch, texts, errors


def _texts(column: Any) -> tuple[Any, list[int]]:
    """A column as plain strings, and the rows that are not UTF-8 and have become null.

    A file can declare any bytes to be strings, and Arrow does not check it.
    """
    if not pa.types.is_large_string(column.type):
        column = column.cast(pa.large_string() if column.nbytes > 2**30 else pa.string())
    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        pass
    else:
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


def plain_urls(urls: Any) -> tuple[Any, Any]:
    """Which URLs match `PLAIN_URL`, and their hosts.

    A null is a null; the hosts of other URLs are not used.
    """
    if scan is None or not pa.types.is_string(urls.type) or not len(urls):
        plain = pc.match_substring_regex(urls, _IS_PLAIN)
        # scheme, nothing, host, rest: a plain URL has a `/` behind its host
        parts = pc.split_pattern(pc.if_else(plain, urls, "///"), "/", max_splits=3)
        return plain, pc.utf8_slice_codeunits(pc.list_element(parts, 2), 0, LONGEST_HOST)
    rows = len(urls)
    _, offsets, text = urls.buffers()
    flags, host_offsets = pa.allocate_buffer(rows), pa.allocate_buffer(4 * rows + 4)
    size = text.size if text is not None else 0
    for room in (min(size, _USUAL_HOST * rows), size):  # untouched memory costs less
        hosts = pa.allocate_buffer(room)
        if scan.plain_urls(
            *(rows, urls.offset, offsets, text or b"", LONGEST_HOST, flags, host_offsets, hosts)
        ):
            break
    plain = pa.Array.from_buffers(pa.uint8(), rows, [None, flags]).cast(pa.bool_())
    if urls.null_count:
        plain = pc.if_else(urls.is_valid(), plain, None)
    return plain, pa.Array.from_buffers(pa.string(), rows, [None, host_offsets, hosts])


def _spelled(asked: Any, plain: Any, errors: dict[int, RequestError]) -> Any:
    """The browser's spelling of each URL; those without one become null and go to `errors`."""
    odd = pc.fill_null(pc.invert(plain), fill_value=False)
    rows = pc.indices_nonzero(odd).to_pylist()
    if not rows:
        return asked
    spelled: list[str | None] = []
    for row, url in zip(rows, asked.filter(odd).to_pylist(), strict=True):
        try:
            spelled.append(browser_url(url))
        except SpellingError as error:
            spelled.append(None)
            errors.setdefault(row, RequestError(str(error), "url"))
    return pc.replace_with_mask(asked, odd, pa.array(spelled, asked.type))


def _count(tally: Tally, answered: Any) -> None:
    # One number for each kind: the places in the five dictionaries, as digits.
    number = None
    dictionaries = []
    for name in _DECIDED:
        column = answered.column(name)
        values = [*column.dictionary.to_pylist(), None]
        digit = column.indices.cast(pa.int64()).fill_null(len(values) - 1)
        number = digit if number is None else pc.add(pc.multiply(number, len(values)), digit)
        dictionaries.append(values)
    if "hour" in answered.schema.names:
        _count_hours(tally, answered)
    counted = pc.value_counts(number)
    for code, count in zip(
        counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True
    ):
        kind = _kind(code, dictionaries)
        tally.kinds[kind] += count
        if kind.lookalike:
            for url in answered.column("url").filter(pc.equal(number, code)).to_pylist():
                tally.lookalikes[kind.rule or "", kind.extension or "", host_of(url)] += 1
        elif kind.reason == Reason.NO_MATCH.value:
            _count_hosts(tally, answered, pc.equal(number, code))


def _count_hours(tally: Tally, answered: Any) -> None:
    outcomes = answered.column("outcome")
    number = pc.add(pc.multiply(answered.column("hour"), len(Outcome)), outcomes.indices)
    counted = pc.value_counts(number.drop_null())
    for code, count in zip(
        counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True
    ):
        hour, place = divmod(code, len(Outcome))
        tally.hours[hour, outcomes.dictionary[place].as_py()] += count


def _kind(code: int, dictionaries: Sequence[list[Any]]) -> Kind:
    values = []
    for dictionary in reversed(dictionaries):
        code, place = divmod(code, len(dictionary))
        values.append(dictionary[place])
    return Kind(*reversed(values))


def _count_hosts(tally: Tally, answered: Any, missed: Any) -> None:
    plain = answered.column("plain")
    counted = pc.value_counts(answered.column("host").filter(pc.and_(missed, plain)))
    for host, count in zip(
        counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True
    ):
        tally.unmatched[host] += count
    others = answered.column("url").filter(pc.and_not(missed, plain))
    tally.unmatched.update(map(host_of, others.to_pylist()))


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
    batch, asked, errors = _read(body)
    routed = asked
    if in_browser:
        routed = _spelled(asked, plain_urls(asked)[0], errors)
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
