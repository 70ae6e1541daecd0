"""TOML texts.

`tomllib` needs a time that grows with the square of the parts of a dotted key, and it reads
integers of any size, so both are checked here.
"""

from __future__ import annotations

import re
import tomllib
from typing import Final

from ssoroute.loaders.findings import Code, Unreadable
from ssoroute.loaders.position import Lines
from ssoroute.loaders.text import decode
from ssoroute.loaders.values import fits_64_bits, too_deep
from ssoroute.model.quoting import one_line

__all__ = ["read_toml"]

#: How many parts a dotted key may have; the files of this tool need five at most.
_KEY_PARTS: Final = 20
#: Comments and strings over several lines, in which dots mean nothing; a part of a key (which is
#: also how a string looks); a dot between parts; and everything else, character by character.
_TOKEN: Final = re.compile(
    r'#[^\n]*|"""(?:[^\\"]|\\.|"(?!""))*+"{3,5}|\'\'\'(?:[^\']|\'(?!\'\'))*+\'{3,5}'
    r'|(?P<part>[A-Za-z0-9_-]++|"(?:[^"\\\n]|\\.)*+"|\'[^\'\n]*+\')'
    r"|(?P<dot>\.)|(?P<space>[ \t]++)|.",
    re.DOTALL,
)


def read_toml(data: bytes) -> dict[str, object]:
    """The table that the TOML text `data` holds.

    Raises `Unreadable` if it is not TOML, if a key or value is nested too deep, and if an integer
    does not fit into 64 bits.

    >>> read_toml(b'a.b = [1, "x"]')
    {'a': {'b': [1, 'x']}}
    """
    text = decode(data)
    _check_keys(text)
    try:
        table = tomllib.loads(text)
    except RecursionError:
        raise too_deep() from None
    except ValueError as error:  # TOMLDecodeError, and Python's own about thousands of digits
        said = str(error)
        message = f"not TOML: {one_line(said[:1].lower() + said[1:])}"
        raise Unreadable(Code.BAD_TEXT, message) from None
    _check_values(table)
    return table


def _check_keys(text: str) -> None:
    if max(line.count(".") for line in text.split("\n")) < _KEY_PARTS:
        return
    dots, last = 0, None
    for token in _TOKEN.finditer(text):
        kind = token.lastgroup
        if kind == "space":
            continue
        if kind == "dot" and last == "part":
            dots += 1
            if dots == _KEY_PARTS:
                at = Lines(text).position(token.start())
                message = f"a key has more than {_KEY_PARTS} parts at {at}"
                raise Unreadable(Code.TOO_DEEP, message, position=at)
        elif kind != "part" or last != "dot":
            dots = 0
        last = kind


def _check_values(table: dict[str, object]) -> None:
    pending: list[object] = [table]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            pending += value.values()
        elif isinstance(value, list):
            pending += value
        elif isinstance(value, int) and not fits_64_bits(value):
            raise Unreadable(Code.BAD_TEXT, "an integer does not fit into 64 bits")
