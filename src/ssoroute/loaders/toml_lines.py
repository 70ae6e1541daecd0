"""The lines of the keys of a TOML text. `tomllib` does not report them."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

__all__ = ["lines_of_keys"]

#: A comment, a string of any kind, a run of what means nothing here, or one character.
_TOKEN: Final = re.compile(
    r'#[^\n]*|"""(?:[^\\"]|\\.|"(?!""))*+"{3,5}|\'\'\'(?:[^\']|\'(?!\'\'))*+\'{3,5}'
    r'|"(?:[^"\\\n]|\\.)*+"|\'[^\'\n]*+\'|[^#"\'\n=\[\]{}]+|.',
    re.DOTALL,
)
#: A key that needs no parser.
_PLAIN: Final = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")


def lines_of_keys(text: str) -> Mapping[str, int]:
    r"""The line of each key path of `text`, which is TOML; tables count as keys.

    Paths are written as in `Source`. Keys inside inline tables are left out.

    >>> lines_of_keys("a = 1\n[b]\nc.d = 2\n[[e]]\nf = 3\n")
    {'a': 1, 'b': 2, 'b.c.d': 3, 'e[0]': 4, 'e[0].f': 5}
    """
    found: dict[str, int] = {}
    tables: Counter[str] = Counter()
    around = ""
    for line, statement in _statements(text):
        if statement.startswith("[["):
            path = _path(statement[2:].partition("]]")[0])
            around = f"{path}[{tables[path]}]"
            tables[path] += 1
        elif statement.startswith("["):
            around = _path(statement[1:].partition("]")[0])
        else:
            key = _path(statement)
            found.setdefault(f"{around}.{key}" if around else key, line)
            continue
        found.setdefault(around, line)
    return found


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Each header with its brackets, and each key before its `=`, with its line."""
    line, depth, start, first, in_value = 1, 0, 0, 1, False
    for token in _TOKEN.finditer(text):
        written = token[0]
        if written == "\n" and depth == 0:
            statement = text[start : token.start()].strip()
            if statement.startswith("["):
                yield first, statement
            start, in_value = token.end(), False
            first = line + 1
        elif written.startswith("#") and not in_value and not text[start : token.start()].strip():
            start = token.end()
        elif written == "=" and not in_value:
            yield first, text[start : token.start()].strip()
            start, in_value = token.end(), True
        elif in_value and written in "[{":
            depth += 1
        elif in_value and written in "]}":
            depth -= 1
        line += written.count("\n")
        if in_value:
            start = token.end()
    rest = text[start:].strip()
    if rest.startswith("[") and not in_value:
        yield first, rest


def _path(key: str) -> str:
    """The key path of a key as it is written, which may have dots and quotes."""
    if _PLAIN.fullmatch(key):
        return key
    try:
        inner: object = tomllib.loads(f"{key} = 0")
    except ValueError:
        return key  # a quoted key with a bracket in a header
    names: list[str] = []
    while isinstance(inner, dict) and inner:
        name, inner = next(iter(inner.items()))
        names.append(name)
    return ".".join(names)
