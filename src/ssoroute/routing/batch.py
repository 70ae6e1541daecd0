"""Many requests at once: lists of strings, and Arrow record batches (docs/batch.md).

The answers are those of `Router.route`, row by row. Only record batches need pyarrow (extra
`arrow`). If the compiled twin runs, it reads their text in place, without the interpreter lock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import repeat
from struct import Struct
from typing import TYPE_CHECKING, Any, Final

from ssoroute.model.decision import NO_MATCH, Decision, Outcome, Reason
from ssoroute.model.request import RequestError
from ssoroute.routing import engine

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["column_parts", "encoded", "number_batch", "route_many"]

_Route = Callable[..., Decision]
#: How the compiled index calls the layout of string views.
_VIEWS: Final = 2
#: What a decision puts into each column, as `_compiled_decisions.h` reads it.
_PLACES: Final = Struct("=iibbbB")


def route_many(
    route: _Route,
    compiled: Any,
    urls: Iterable[str | None],
    callers: str | Sequence[str | None] | None,
    response_codes: int | Sequence[int | None],
) -> list[Decision]:
    """`route` for each of `urls`; a single caller or response code is that of all of them.

    `compiled` is the compiled index with the same answers, if there is one.
    """
    urls = tuple(urls)
    if not isinstance(callers, str | None):
        callers = _same_length(urls, tuple(callers), "callers")
    if not isinstance(response_codes, int):
        response_codes = _same_length(urls, tuple(response_codes), "response_codes")
    if compiled is not None:
        decisions: list[Decision] = compiled.route_many(urls, callers, response_codes)
        return decisions
    many_callers = callers if isinstance(callers, tuple) else repeat(callers)
    codes = response_codes if isinstance(response_codes, tuple) else repeat(response_codes)
    return [
        NO_MATCH if url is None else route(url, caller, 0 if code is None else code)
        for url, caller, code in zip(urls, many_callers, codes, strict=False)
    ]


def _same_length(urls: tuple[object, ...], column: tuple[Any, ...], name: str) -> tuple[Any, ...]:
    if len(column) != len(urls):
        raise RequestError(f"there are {len(urls)} URLs and {len(column)} {name}", name)
    return column


def number_batch(
    route: _Route, compiled: Any, batch: pa.RecordBatch
) -> tuple[list[Decision], pa.Array]:
    """The different decisions about the rows of `batch`, and for each row the place of its own."""
    import pyarrow as pa

    if not isinstance(batch, pa.RecordBatch):
        raise RequestError(
            f"a batch must be a pyarrow.RecordBatch, not a {type(batch).__qualname__};"
            " a table has `to_batches()`"
        )
    rows = _Rows(batch)
    out = pa.allocate_buffer(4 * rows.count)
    numbers = pa.Array.from_buffers(pa.int32(), rows.count, [None, out])
    if compiled is None:
        decisions = [NO_MATCH]
        rows.route(route, out, decisions)
    else:
        import pyarrow.compute as pc

        decisions, rare = rows.route_compiled(compiled, out)
        if rare:
            rows.route(route, out, decisions, pc.indices_nonzero(pc.less(numbers, 0)))
    return decisions, numbers


class _Rows:
    """The columns of a batch, each checked.

    A decision is passed on as a number, its place in a list of decisions that grows. Each row of
    `out`, a buffer of 32-bit integers, gets the number of its decision:

    * 0 is `NO_MATCH`, always the first decision of the list.
    * A positive number is a decision that the compiled index or `route` found. Equal requests get
      the same object, so the list holds each decision once.
    * -1 is written by the compiled index alone: only Python can decide about this row, for example
      because the screen is locked. `route` writes the right number over it.
    """

    def __init__(self, batch: pa.RecordBatch) -> None:
        self.count = len(batch)
        self.urls = _text_column(batch, "url")
        if self.urls is None:
            raise RequestError("the column `url` is missing", "url")
        self.callers = _text_column(batch, "caller")
        self.codes = _code_column(batch)
        self.locked = _flag_column(batch, "screen_locked")
        self.interface = _flag_column(batch, "user_interface_enabled")
        self.background = _flag_column(batch, "background_session")

    def route(
        self,
        route: _Route,
        out: pa.Buffer,
        decisions: list[Decision],
        rows: pa.Array | None = None,
    ) -> None:
        """Route all rows, or those in `rows`, one by one; write the numbers of their decisions."""
        numbers = memoryview(out).cast("i") if self.count else memoryview(b"")
        places = {id(decision): place for place, decision in enumerate(decisions)}
        columns = (
            repeat(default) if column is None else _values(column, rows, default)
            for column, default in (
                (self.urls, None),
                (self.callers, None),
                (self.codes, 0),
                (self.locked, False),
                (self.interface, True),
                (self.background, False),
            )
        )
        all_rows = range(self.count) if rows is None else rows.to_pylist()
        for row, url, *arguments in zip(all_rows, *columns, strict=False):
            decision = NO_MATCH if url is None else route(url, *arguments)
            place = numbers[row] = places.setdefault(id(decision), len(decisions))
            if place == len(decisions):
                decisions.append(decision)

    def route_compiled(self, compiled: Any, out: pa.Buffer) -> tuple[list[Decision], int]:
        """The same for all rows that need no Python, and how many do. Reads the text in place."""
        columns = map(column_parts, (self.urls, self.callers, self.codes, self.locked))
        found: tuple[list[Decision], int] = compiled.route_arrow(self.count, *columns, out)
        return found


def _column(batch: pa.RecordBatch, name: str) -> Any:
    """The column `name` with all its buffers as long as its rows need, None if it is missing."""
    places = batch.schema.get_all_field_indices(name)
    if len(places) > 1:
        raise RequestError(f"there are {len(places)} columns `{name}`", name)
    return _sound(batch.column(places[0]), name, full=False) if places else None


def _sound(column: Any, name: str, *, full: bool = True) -> Any:
    """`column`, unless its buffers are too short, or not all of its values lie in them.

    A batch that was received can say anything of itself, and pyarrow's own functions read what it
    says. `full` looks at every value, and at the text of strings also: so they are given as bytes.
    """
    import pyarrow as pa

    try:
        column.validate(full=full)
    except pa.ArrowInvalid as error:
        raise RequestError(f"the column `{name}` is damaged: {error}", name) from None
    return column


def _text_column(batch: pa.RecordBatch, name: str) -> Any:
    """A column of strings as bytes, since nothing says that they are UTF-8; its offsets are right.

    A column with a dictionary keeps it.

    Reading: a string that is not UTF-8 is not ASCII, and such a URL matches nothing.
    """
    import pyarrow as pa

    column = _column(batch, name)
    if column is None or not pa.types.is_dictionary(column.type):
        return column if column is None else _text(column, name, column.type)
    values = _text(_sound(column.dictionary, name, full=False), name, column.type)
    # Looks at each index as well, and copies nothing.
    return _sound(pa.DictionaryArray.from_arrays(column.indices, values, safe=False), name)


def _text(column: Any, name: str, kind: Any) -> Any:
    """Strings as checked bytes with offsets; `kind` is what an error says of the column."""
    import pyarrow as pa

    if pa.types.is_null(column.type):
        return column.cast(pa.binary())
    if _is_view(column):
        return _sound(column.view(pa.binary_view()), name)
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        raise RequestError(f"the column `{name}` must hold strings, not {kind}", name)
    return _sound(column.cast(pa.large_binary() if _is_large(column) else pa.binary()), name)


def _is_view(column: Any) -> bool:
    import pyarrow as pa

    return any(
        getattr(pa.types, name, lambda _: False)(column.type)
        for name in ("is_string_view", "is_binary_view")
    )


def _is_large(column: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_large_string(column.type) or pa.types.is_large_binary(column.type))


def _values(column: Any, rows: pa.Array | None, default: object) -> list[Any]:
    """The items of `rows`, or all of them; bytes as text, and `default` for null."""
    if rows is None:
        values = column.to_pylist()
    elif _is_view(getattr(column, "dictionary", column)):
        values = [column[row].as_py() for row in rows.to_pylist()]
    else:
        values = column.take(rows).to_pylist()
    given = (default if value is None else value for value in values)
    return [
        value.decode(errors="replace") if isinstance(value, bytes) else value for value in given
    ]


def _code_column(batch: pa.RecordBatch) -> Any:
    """The response code of each row, None if the batch has none."""
    import pyarrow as pa

    column = _column(batch, "response_code")
    if column is None or pa.types.is_null(column.type):
        return None
    if not pa.types.is_integer(column.type):
        message = f"the column `response_code` must hold integers, not {column.type}"
        raise RequestError(message, "response_code")
    return _sound(column, "response_code")


def _flag_column(batch: pa.RecordBatch, name: str) -> Any:
    import pyarrow as pa

    column = _column(batch, name)
    if column is None or pa.types.is_null(column.type):
        return None
    if not pa.types.is_boolean(column.type):
        raise RequestError(f"the column `{name}` must hold booleans, not {column.type}", name)
    return _sound(column, name)


def column_parts(column: Any) -> tuple[Any, ...] | None:
    """A column of strings, bytes, integers or booleans as `_compiled_column.h` reads it."""
    import pyarrow as pa

    if column is None:
        return None
    if pa.types.is_dictionary(column.type):
        # A string of the dictionary is looked up once, however many rows have it.
        indices = column.indices
        if not pa.types.is_signed_integer(indices.type):
            indices = indices.cast(pa.int64())
        return _text_parts(column.dictionary), _scalar_parts(indices), len(column.dictionary)
    if pa.types.is_boolean(column.type) or pa.types.is_integer(column.type):
        return _scalar_parts(column)
    return _text_parts(column), None, len(column)


def _scalar_parts(column: Any) -> tuple[Any, ...]:
    import pyarrow as pa

    validity, values = column.buffers()
    width = 0 if pa.types.is_boolean(column.type) else column.type.bit_width // 8
    return validity, values or b"", column.offset, width


def _text_parts(column: Any) -> tuple[Any, ...]:
    validity, offsets, *text = column.buffers()
    if _is_view(column):
        return validity, offsets or b"", tuple(text), column.offset, _VIEWS
    return validity, offsets or bytes(8), text[0], column.offset, int(_is_large(column))


def encoded(decisions: Sequence[Decision], numbers: pa.Array) -> pa.RecordBatch:
    """Columns of the decisions that `numbers` name, each with a dictionary of its values.

    They are those of docs/batch.md, "Columns".
    """
    import pyarrow as pa

    columns: tuple[tuple[list[Any], list[Any]], ...] = (
        ([d.outcome.value for d in decisions], [o.value for o in Outcome]),
        ([d.reason.value for d in decisions], [r.value for r in Reason]),
        ([d.extension and d.extension.bundle_id for d in decisions], []),
        ([d.rule and d.rule.text for d in decisions], []),
        ([d.lookalike for d in decisions], [False, True]),
    )
    dictionaries: list[list[Any]] = []
    places: list[list[int | None]] = []
    for values, first in columns:
        given: list[Any] = [value for value in values if value is not None]
        dictionaries.append(list(dict.fromkeys([*first, *given])))
        place_of = {value: place for place, value in enumerate(dictionaries[-1])}
        places.append([None if value is None else place_of[value] for value in values])
    kinds = (*[pa.string()] * 4, pa.bool_())
    indices = (_taken if engine.compiled is None else _spread)(places, numbers)
    arrays = [
        pa.DictionaryArray.from_arrays(of, pa.array(dictionary, kind), safe=False)
        for of, dictionary, kind in zip(indices, dictionaries, kinds, strict=True)
    ]
    return pa.RecordBatch.from_arrays(
        arrays, names=["outcome", "reason", "extension", "rule", "lookalike"]
    )


def _index_types() -> list[Any]:
    """The type of the index of each column of decisions."""
    import pyarrow as pa

    return [pa.int8(), pa.int8(), pa.int32(), pa.int32(), pa.int8()]


def _taken(places: Sequence[Sequence[int | None]], numbers: pa.Array) -> list[pa.Array]:
    """For each column of decisions, the place in its dictionary of each row's value."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return [
        pc.take(pa.array(of, kind), numbers)
        for of, kind in zip(places, _index_types(), strict=True)
    ]


def _spread(places: Sequence[Sequence[int | None]], numbers: pa.Array) -> list[pa.Array]:
    """The same by the compiled module: all columns in one pass."""
    import pyarrow as pa

    module: Any = engine.compiled
    rows = len(numbers)
    data = b"".join(
        _PLACES.pack(
            extension or 0,
            rule or 0,
            outcome,
            reason,
            lookalike,
            (extension is not None) + 2 * (rule is not None),
        )
        for outcome, reason, extension, rule, lookalike in zip(*places, strict=True)
    )
    kinds = _index_types()
    values = [pa.allocate_buffer(rows * kind.bit_width // 8) for kind in kinds]
    has_extension, has_rule = (pa.allocate_buffer((rows + 7) // 8) for _ in range(2))
    given = memoryview(numbers.buffers()[1] or b"")[4 * numbers.offset :][: 4 * rows]
    module.spread(given, data, (*values, has_extension, has_rule))
    validities = (None, None, has_extension, has_rule, None)
    return [
        pa.Array.from_buffers(kind, rows, [validity, buffer])
        for kind, validity, buffer in zip(kinds, validities, values, strict=True)
    ]
