"""What an editor asks, without an editor: cursors in broken texts, known keys, places."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli_world import ROOT
from ssoroute.editor.cursor import Spot
from ssoroute.editor.json_cursor import cursor_in_json
from ssoroute.editor.look import Look
from ssoroute.editor.positions import Place, Places
from ssoroute.editor.suggestions import hover, suggestions
from ssoroute.editor.xml_cursor import cursor_in_xml
from ssoroute.loaders.source_text import SourceText

EXAMPLES = sorted(ROOT.glob("examples/profiles/*.mobileconfig"))
HEAD = (
    "<plist><dict><key>PayloadContent</key><array><dict>"
    "<key>PayloadType</key><string>com.apple.extensiblesso</string>"
)
FLEET = "<key>ExtensionIdentifier</key><string>com.fleetdm.fleet-desktop.pssoextension</string>"
BLUEPRINT = '{"Type": "com.apple.configuration.extensible-sso", "Payload": {'


def labels(text: str) -> list[str]:
    """What is suggested at the `|` of `text`."""
    offset = text.index("|")
    return [found.label for found in suggestions(text.replace("|", "", 1), offset)]


def texts(text: str) -> list[str]:
    offset = text.index("|")
    return [found.text for found in suggestions(text.replace("|", "", 1), offset)]


@pytest.mark.parametrize(
    ("text", "spot", "parent", "key"),
    [
        ("<plist><dict>|", Spot.BETWEEN, (), None),
        ("<plist><dict>\n  |\n</dict>", Spot.BETWEEN, (), None),
        ("<plist><dict><|", Spot.BETWEEN, (), None),
        ("<plist><dict><key>|", Spot.KEY, (), None),
        ("<plist><dict><key>A|</key>", Spot.KEY, (), None),
        ("<plist><dict><key>A</key>|", Spot.BETWEEN, (), "A"),
        ("<plist><dict><key>A &amp; B</key><string>|</string>", Spot.VALUE, (), "A & B"),
        ("<plist><dict><key>A</key><array>|</array>", Spot.BETWEEN, ("A",), 0),
        ("<dict><key>A</key><array><string>x</string><true/>|", Spot.BETWEEN, ("A",), 2),
        ("<dict><key>A</key><array><dict><key>|", Spot.KEY, ("A", 0), None),
        ("<dict><key>A</key><dict><key>B</key></dict>|", Spot.BETWEEN, (), None),
        ("<dict><key>A</key><string>x\n  <key>B</key><string>|", Spot.VALUE, (), "B"),
        ("<dict><key>A</key><array/><!-- <key>no</key> --><key>B|", Spot.KEY, (), None),
        ("<dict><key>A</key><array><dict></array>|", Spot.BETWEEN, (), None),
    ],
)
def test_the_cursor_in_xml(text: str, spot: Spot, parent: tuple[object, ...], key: object) -> None:
    offset = text.index("|")
    cursor, _ = cursor_in_xml(text.replace("|", "", 1), offset)
    assert cursor
    assert (cursor.spot, cursor.parent, cursor.key) == (spot, parent, key)


@pytest.mark.parametrize(
    "text", ["|<plist>", "<plist><dict><ke|y>", "<dict><!-- | -->", "<dict><?x |?>", "|"]
)
def test_no_cursor_in_a_tag_or_a_comment(text: str) -> None:
    assert cursor_in_xml(text.replace("|", "", 1), text.index("|"))[0] is None


@pytest.mark.parametrize(
    ("text", "spot", "parent", "key"),
    [
        ("{|", Spot.BETWEEN, (), None),
        ('{"|', Spot.KEY, (), None),
        ('{"A|"', Spot.KEY, (), None),
        ('{"A": |', Spot.BETWEEN, (), "A"),
        ('{"A": "|"}', Spot.VALUE, (), "A"),
        ('{"A": tr|', Spot.BETWEEN, (), "A"),
        ('{"A": ["x", "|', Spot.VALUE, ("A",), 1),
        ('{"A": {"B": 1, "|', Spot.KEY, ("A",), None),
        ('{"A": {"B": 1}, |', Spot.BETWEEN, (), None),
        ('{"\\u0041": [{"C": |', Spot.BETWEEN, ("A", 0), "C"),
        ('{"A": "open\n, "B": "|', Spot.VALUE, (), "B"),
    ],
)
def test_the_cursor_in_json(text: str, spot: Spot, parent: tuple[object, ...], key: object) -> None:
    offset = text.index("|")
    cursor, _ = cursor_in_json(text.replace("|", "", 1), offset)
    assert cursor
    assert (cursor.spot, cursor.parent, cursor.key) == (spot, parent, key)


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.name)
def test_the_scanner_sees_what_the_parser_sees(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    source = SourceText.read(text.encode())
    assert source
    seen = 0
    for path, found in source.values():
        start = found.value.start + len("<string>")
        if not text.startswith("<string>", found.value.start):
            continue
        cursor, outline = cursor_in_xml(text, start)
        assert cursor
        assert cursor.spot is Spot.VALUE
        names = (*cursor.parent, cursor.key)
        shown = "".join(f"[{n}]" if isinstance(n, int) else f".{n}" for n in names)
        assert shown.removeprefix(".") == path
        assert (
            f"<string>{text[cursor.word.start : cursor.word.end]}</string>"
            == (text[found.value.start : found.value.end])
        )
        assert names in outline.texts
        seen += 1
    assert seen > 5


@given(st.data())
def test_no_text_and_no_place_is_too_broken(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from([path.read_text() for path in EXAMPLES] + [BLUEPRINT]))
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    noise = data.draw(st.text("<>/&;\"'{}[]:,\\ \nkeydict", max_size=20))
    broken = text[:start] + noise + text[end:]
    offset = data.draw(st.integers(0, len(broken)))
    for found in suggestions(broken, offset):
        assert 0 <= found.span.start <= offset <= found.span.end <= len(broken)
    hover(broken, offset)
    cursor_in_json(broken, offset)
    for noted in Look({"a.mobileconfig": broken}).noted:
        assert 0 <= noted.span.start <= noted.span.end <= len(broken)


def test_keys_of_a_profile() -> None:
    found = labels(f"{HEAD}<key>|</key>")
    assert found[:3] == ["ExtensionIdentifier", "TeamIdentifier", "Type"]
    assert "PlatformSSO" in found
    assert "PlatformSSO.LoginFrequency" not in found
    inner = labels(f"{HEAD}<key>PlatformSSO</key><dict><key>|")
    assert "LoginFrequency" in inner
    assert "Type" not in inner
    assert labels("<plist><dict><key>|</key>") == []
    other = HEAD.replace("com.apple.extensiblesso", "com.apple.wifi.managed")
    assert labels(f"{other}<key>|</key>") == []


def test_keys_of_a_declaration() -> None:
    found = labels(f'{BLUEPRINT}"|')
    assert found[0] == "ExtensionComposedIdentifier"
    assert "ExtensionIdentifier" not in found
    assert labels(f'{BLUEPRINT}"PlatformSSO": {{"Policies": {{"|')[:1] == ["FileVault"]
    assert labels('{"Type": "com.apple.configuration.passcode.settings", "Payload": {"|') == []


def test_the_documented_keys_of_an_extension() -> None:
    text = f"{HEAD}{FLEET}<key>ExtensionData</key><dict><key>|"
    assert labels(text) == ["BaseURL"]
    assert labels(text.replace("fleetdm", "example")) == []


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (f"{HEAD}<key>Type</key>|", ["<string>Credential</string>", "<string>Redirect</string>"]),
        (f"{HEAD}<key>Type</key><string>R|</string>", ["Credential", "Redirect"]),
        (
            f"{HEAD}<key>PlatformSSO</key><dict><key>UseSharedDeviceKeys</key>|",
            ["<true/>", "<false/>"],
        ),
        (f'{BLUEPRINT}"ScreenLockedBehavior": |', ['"Cancel"', '"DoNotHandle"']),
        (f'{BLUEPRINT}"ScreenLockedBehavior": "|', ["Cancel", "DoNotHandle"]),
        (
            f'{BLUEPRINT}"PlatformSSO": {{"UseSharedDeviceKeys": |',
            ["true", "false"],
        ),
        (f"{HEAD}<key>Realm</key><string>|", []),
        (
            f"{HEAD}{FLEET}<key>TeamIdentifier</key><string>|",
            ["8VBZ3948LU"],
        ),
    ],
)
def test_values(text: str, wanted: list[str]) -> None:
    assert texts(text) == wanted


def test_items_of_an_array() -> None:
    text = f"{HEAD}<key>PlatformSSO</key><dict><key>LoginPolicy</key><array><string>|"
    assert "AttemptAuthentication" in labels(text)


@given(
    st.text("a\U0001f600\u00e9\n\r", max_size=30), st.sampled_from(["utf-8", "utf-16", "utf-32"])
)
def test_places_and_offsets_agree(text: str, encoding: str) -> None:
    places = Places(text, encoding)
    for offset in range(len(text)):
        if text[offset - 1 : offset + 1] != "\r\n":
            assert places.offset(places.place(offset)) == offset


def test_places_are_in_the_units_of_the_editor() -> None:
    text = "\u00e9\U0001f600x"
    found = [Places(text, encoding).place(2) for encoding in ("utf-8", "utf-16", "utf-32")]
    assert found == [Place(0, 6), Place(0, 3), Place(0, 2)]
    assert Places("a\nb", "utf-16").offset(Place(0, 99)) == 1
    assert Places("a\nb", "utf-16").offset(Place(99, 0)) == 3


def test_a_finding_about_something_missing_is_shown_where_it_is_missing() -> None:
    text = EXAMPLES[0].read_text().replace("<key>URLs</key>", "<key>Urls</key>")
    shown = {
        noted.finding.code: text[noted.span.start : noted.span.end]
        for noted in Look({"a.mobileconfig": text}).noted
    }
    assert shown["SSO110"] == shown["SSO902"] == "<dict>"
    assert shown["SSO105"] == "<key>Urls</key>"


@pytest.mark.parametrize("encoding", ["UTF-16", "ISO-8859-1", "latin2", "UTF-8"])
def test_the_encoding_of_the_file_does_not_matter(encoding: str) -> None:
    text = EXAMPLES[0].read_text().replace("Entra", "Entr\u00e9\U0001f600")
    text = text.replace("<key>URLs</key>", "<key>Urls</key>")
    changed = text.replace('encoding="UTF-8"', f'encoding="{encoding}"')
    look = Look({"a.mobileconfig": changed})
    assert "SSO005" not in {noted.finding.code for noted in look.noted}
    (repair,) = look.repairs()
    assert changed[repair.start : repair.end] == "Urls"


def test_a_look_reads_nothing_from_the_disk(tmp_path: Path) -> None:
    file = tmp_path / "a.mobileconfig"
    file.write_text("\n\n\n" + EXAMPLES[0].read_text())
    text = EXAMPLES[0].read_text()
    spans = [noted.span for noted in Look({str(file): text}).noted]
    assert spans == [noted.span for noted in Look({"other.mobileconfig": text}).noted]


@pytest.mark.parametrize("text", ["", "<", "{", "\ud800", "\x00", "bplist00", "<plist>\ud800"])
def test_a_look_at_anything_says_something(text: str) -> None:
    (noted,) = Look({"a.mobileconfig": text}).noted
    assert noted.finding.severity == "error"
    assert 0 <= noted.span.start <= noted.span.end <= len(text)


@pytest.mark.parametrize(
    "part",
    [
        "<key>URLs</key><array><string>x</string></array>",
        "<dict><key>a</key>",
        "letters",
        "word 1 ",
        "<!-- ",
        "<a b",
        "&",
        '{"a": [',
        '"a", ',
    ],
)
def test_completion_takes_time_in_proportion_to_the_text(part: str) -> None:
    def seconds(number: int) -> float:
        text = (BLUEPRINT if '"' in part else HEAD) + part * number
        begin = time.thread_time()
        suggestions(text, len(text))
        hover(text, len(text) - 1)
        return time.thread_time() - begin

    seconds(10)
    small = min(seconds(4_000) for _ in range(3))
    large = min(seconds(32_000) for _ in range(3))
    assert large < 24 * small


def test_places_in_one_long_line_take_time_in_proportion() -> None:
    def seconds(number: int) -> float:
        places = Places("x" * number, "utf-16")
        begin = time.thread_time()
        for _ in range(20):
            places.offset(places.place(number - 1))
        return time.thread_time() - begin

    small = min(seconds(4_000) for _ in range(3))
    large = min(seconds(32_000) for _ in range(3))
    assert large < 24 * small
