"""Old-style property lists: what they say, where they are wrong, and that nothing breaks them."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssoroute.loaders.findings import Unreadable
from ssoroute.loaders.openstep_plist import read_openstep, write_openstep


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{}", {}),
        ("()", []),
        ("{\n    Type = Redirect;\n}", {"Type": "Redirect"}),
        ("{ a = 1; b = (x, y,); }", {"a": "1", "b": ["x", "y"]}),
        ('{ "a b" = "c;d"; }', {"a b": "c;d"}),
        ("{ a = { b = { c = d; }; }; }", {"a": {"b": {"c": "d"}}}),
        (r'"a \"b\" \\ \n \t"', 'a "b" \\ \n \t'),
        (r'"caf\U00e9"', "café"),
        (r'"\Ud83d\Ude00"', "\U0001f600"),
        (r'"\Ud83d"', "�"),
        (r'"\101\12"', "A\n"),
        ("'it'", "it"),
        ("<0fbd 77>", b"\x0f\xbdw"),
        ("{ data = {length = 3, bytes = 0x0fbd77}; }", {"data": b"\x0f\xbdw"}),
        ("{ a = b }", {"a": "b"}),
        ("/* one */ { // two\r\n a = b;\r\n}\r\n", {"a": "b"}),
        ("https://login.example.com/a", "https://login.example.com/a"),
        ("com.example.sso-1", "com.example.sso-1"),
    ],
)
def test_a_text_has_this_value(text: str, value: object) -> None:
    assert read_openstep(text) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected a value, found the end of the text, line 1, column 1"),
        ("{ a = ", "expected a value, found the end of the text, line 1, column 7"),
        ("{ a b; }", "expected `=`, found `b`, line 1, column 5"),
        ("{\n  a = b\n  c = d;\n}", "expected `;` or `}`, found `c`, line 3, column 3"),
        ("( a b )", "expected `,` or `)`, found `b`, line 1, column 5"),
        ('( "a )', "a quoted string does not end, line 1, column 3"),
        ("<xy>", "data must be hexadecimal digits between `<` and `>`, line 1, column 1"),
        ("{} {}", "`{` follows the value, line 1, column 4"),
        ("{ = b; }", "expected a key or `}`, found `=`, line 1, column 3"),
    ],
)
def test_a_wrong_text_is_refused_with_its_place(text: str, message: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read_openstep(text)
    assert caught.value.message == f"not an old-style property list: {message}"


def test_nesting_is_bounded() -> None:
    with pytest.raises(Unreadable) as caught:
        read_openstep("(" * 100_000)
    assert caught.value.message == "values are nested more than 100 levels deep"


@given(st.text(alphabet="{}()<>=;,\"'\\/* \nabU0x.", max_size=80) | st.text(max_size=40))
def test_any_text_has_a_value_or_is_refused(text: str) -> None:
    with suppress(Unreadable):
        read_openstep(text)


_texts = st.text(max_size=12)
_values = st.recursive(
    _texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_texts, inner, max_size=4),
    max_leaves=20,
)


def _written(value: object) -> str:
    if isinstance(value, str):
        return '"' + "".join(map(_escaped, value)) + '"'
    if isinstance(value, list):
        return "(" + ", ".join(map(_written, value)) + ")"
    assert isinstance(value, dict)
    return "{" + "".join(f"{_written(k)} = {_written(v)};\n" for k, v in value.items()) + "}"


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    if character.isascii() and character.isprintable():
        return character
    units = character.encode("utf-16-be")
    return "".join(f"\\U{units[i : i + 2].hex()}" for i in range(0, len(units), 2))


@given(_values)
def test_what_is_written_is_read(value: object) -> None:
    assert read_openstep(_written(value)) == value
    assert read_openstep(write_openstep(value)) == value
