"""Lines and columns: the place of a value in its file, found by its key path."""

from __future__ import annotations

import json
import os
import plistlib
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from check_world import profile, redirect
from ssoroute.loaders.locations import Spot, locate, locate_in

XML: Final = """\
<?xml version="1.0" encoding="UTF-8"?>
<plist version="1.0"><dict>
  <key>ä</key> <array><string>é</string> <string>b
c</string><dict/></array>
  <key>twice</key><true/>
  <key>twice</key>
\t<false/>
  <key>a&lt;b</key><integer>1</integer>
</dict></plist>
"""


def value(data: bytes, path: str) -> Spot:
    return locate_in(data, {path})[path].value


@pytest.mark.parametrize(
    ("path", "spot"),
    [
        ("", Spot(2, 22, "<dict>")),
        ("ä", Spot(3, 16, "<array>")),
        ("ä[0]", Spot(3, 23, "<string>é</string>")),
        ("ä[1]", Spot(3, 42, "<string>b")),
        ("ä[2]", Spot(4, 11, "<dict/>")),
        ("twice", Spot(7, 2, "<false/>")),
        ("a<b", Spot(8, 20, "<integer>1</integer>")),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_a_value_in_xml(path: str, spot: Spot, encoding: str) -> None:
    assert value(XML.encode(encoding), path) == spot


def test_a_key_in_xml() -> None:
    found = locate_in(XML.encode(), {"twice", "ä[0]"})
    assert found["twice"].key == Spot(6, 3, "<key>twice</key>")
    assert found["ä[0]"].key is None


def test_other_line_ends() -> None:
    data = XML.replace("\n", "\r\n").encode()
    assert value(data, "twice") == Spot(7, 2, "<false/>")
    data = XML.replace("\n", "\r").encode()
    assert value(data, "twice") == Spot(7, 2, "<false/>")


def test_json() -> None:
    text = '{"a": [1, {"b\\u0063": "ä\\"]"}, [], {}],\n\t"é" : -1.5e3, "x":null }'
    for path, spot in {
        "": Spot(1, 1, "{"),
        "a": Spot(1, 7, "["),
        "a[0]": Spot(1, 8, "1"),
        "a[1].bc": Spot(1, 23, '"ä\\"]"'),
        "a[2]": Spot(1, 32, "["),
        "a[3]": Spot(1, 36, "{"),
        "é": Spot(2, 8, "-1.5e3"),
        "x": Spot(2, 20, "null"),
    }.items():
        assert value(text.encode(), path) == spot
    assert locate_in(text.encode(), {"é"})["é"].key == Spot(2, 2, '"é"')


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"<plist><dict>",
        b"<plist><dict><key>a</key>",
        b'{"a"',
        b'{"a": }',
        b"[1 2]",
        b"[" * 100_000,
        b"bplist00",
        plistlib.dumps({"a": 1}, fmt=plistlib.FMT_BINARY),
        b"\xff\xfe\xfd",
        b"<" + b"a" * 10,
        b'<?xml version="1.0" encoding="nonsense"?><plist/>',
    ],
)
def test_a_file_without_lines_or_that_is_broken_has_no_places(data: bytes) -> None:
    assert locate_in(data, {"", "a"}).get("a") is None


def test_a_path_that_is_not_there() -> None:
    assert locate_in(XML.encode(), {"ä[7]", "nothing", "twice.x"}) == {}


def test_only_regular_files_are_read(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert locate(str(pipe), {""}) == {}
    assert locate(str(tmp_path), {""}) == {}
    assert locate(str(tmp_path / "none"), {""}) == {}
    assert locate("a\0b", {""}) == {}
    for name in ("-", "<bytes>", "<stdin>"):
        assert locate(name, {""}) == {}


CATALOG: Final = """\
{"settings": [{"settingInstance": {
 "settingDefinitionId": "com.apple.extensiblesso_com.apple.extensiblesso",
 "groupSettingCollectionValue": [{"children": [
  {"settingDefinitionId": "com.apple.extensiblesso_type",
   "choiceSettingValue": {"value": "com.apple.extensiblesso_type_1"}},
  {"settingDefinitionId": "com.apple.extensiblesso_urls",
   "simpleSettingCollectionValue": [
    {"value": "https://a/"},
    {"value": "https://b/"}]},
  {"settingDefinitionId": "com.apple.extensiblesso_platformsso",
   "groupSettingCollectionValue": [{"children": [
    {"settingDefinitionId": "com.apple.extensiblesso_platformsso_authenticationmethod",
     "simpleSettingValue": {"value": "Password"}}]}]}]}]}}]}
"""
FEATURES: Final = """\
{"value": [{"iosSingleSignOnExtension": {
 "@odata.type": "#microsoft.graph.iosRedirectSingleSignOnExtension",
 "extensionIdentifier": "com.example.sso",
 "urlPrefixes": ["https://a/",
  "https://b/"],
 "configurations": [
  {"key": "a.b", "value": 1}]}}]}
"""
_CATALOG: Final = "settings[0].settingInstance.groupSettingCollectionValue[0]"
_FEATURES: Final = "value[0].iosSingleSignOnExtension"


@pytest.mark.parametrize(
    ("text", "path", "spot"),
    [
        (CATALOG, f"{_CATALOG}.URLs", Spot(7, 36, "[")),
        (CATALOG, f"{_CATALOG}.URLs[1]", Spot(9, 15, '"https://b/"')),
        (CATALOG, f"{_CATALOG}.Type", Spot(5, 36, '"com.apple.extensiblesso_type_1"')),
        (CATALOG, f"{_CATALOG}.PlatformSSO", Spot(11, 36, "{")),
        (CATALOG, f"{_CATALOG}.PlatformSSO.AuthenticationMethod", Spot(13, 38, '"Password"')),
        (FEATURES, f"{_FEATURES}.URLs", Spot(4, 17, "[")),
        (FEATURES, f"{_FEATURES}.URLs[1]", Spot(5, 3, '"https://b/"')),
        (FEATURES, f"{_FEATURES}.ExtensionIdentifier", Spot(3, 25, '"com.example.sso"')),
        (FEATURES, f"{_FEATURES}.ExtensionData", Spot(6, 20, "[")),
        (FEATURES, f"{_FEATURES}.ExtensionData.a.b", Spot(7, 27, "1")),
    ],
)
def test_an_export_of_intune_has_the_places_of_its_payload(
    text: str, path: str, spot: Spot
) -> None:
    assert value(text.encode(), path) == spot


@pytest.mark.parametrize(
    "path",
    [
        f"{_CATALOG}.Hosts",
        f"{_CATALOG}.URLs[2]",
        f"{_CATALOG}.PlatformSSO.Unknown",
        "settings[9].settingInstance.groupSettingCollectionValue[0].URLs",
        "nothing",
    ],
)
def test_an_export_of_intune_has_no_place_for_what_it_does_not_say(path: str) -> None:
    assert locate_in(CATALOG.encode(), {path}) == {}


keys = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]), min_size=1, max_size=5)
trees = st.recursive(
    st.one_of(st.booleans(), st.integers(-9, 9), st.text("ab<&\u00e9\n", max_size=4)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            keys.filter(lambda key: key.isprintable() and not set(".[") & set(key)),
            inner,
            max_size=3,
        ),
    ),
    max_leaves=8,
)


def paths(tree: Any, path: str = "") -> dict[str, Any]:
    found = {path: tree}
    if isinstance(tree, list):
        for index, item in enumerate(tree):
            found |= paths(item, f"{path}[{index}]")
    elif isinstance(tree, dict):
        for key, item in tree.items():
            found |= paths(item, f"{path}.{key}" if path else key)
    return found


@given(st.dictionaries(st.sampled_from(["a", "b", "ä"]), trees, max_size=3), st.booleans())
def test_every_value_of_json_is_found_where_it_stands(tree: Any, indented: bool) -> None:
    text = json.dumps(tree, indent=1 if indented else None, ensure_ascii=False)
    wanted = paths(tree)
    found = locate_in(text.encode(), wanted)
    assert found.keys() == wanted.keys()
    lines = text.split("\n")
    for path, item in wanted.items():
        spot = found[path].value
        rest = "\n".join([lines[spot.line - 1][spot.column - 1 :], *lines[spot.line :]])
        assert json.JSONDecoder().raw_decode(rest)[0] == item


@given(st.dictionaries(st.sampled_from(["a", "b", "ä"]), trees, max_size=3))
def test_every_value_of_xml_is_found_where_it_stands(tree: Any) -> None:
    text = plistlib.dumps(tree).decode()
    wanted = paths(tree)
    found = locate_in(text.encode(), wanted)
    assert found.keys() == wanted.keys()
    lines = text.split("\n")
    tags = {bool: "true|false", int: "integer", str: "string", list: "array", dict: "dict"}
    for path, item in wanted.items():
        spot = found[path].value
        at = lines[spot.line - 1][spot.column - 1 :]
        assert at.startswith(tuple(f"<{tag}" for tag in tags[type(item)].split("|")))
        assert at.startswith(spot.excerpt)


def test_a_real_profile(tmp_path: Path) -> None:
    path = tmp_path / "a.mobileconfig"
    path.write_bytes(profile(redirect("https://login.example.com")).getvalue())
    spot = locate(str(path), {"PayloadContent[0].URLs[0]"})["PayloadContent[0].URLs[0]"].value
    line = path.read_text(encoding="utf-8").split("\n")[spot.line - 1]
    assert line[spot.column - 1 :] == spot.excerpt == "<string>https://login.example.com</string>"
