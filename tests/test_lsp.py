"""`ssoroute lsp` over its protocol: what an editor gets for what is typed."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from cli_world import CREDENTIAL, REDIRECT, ROOT, environment, invoke, running, write_profile

if importlib.util.find_spec("pygls") is None:
    pytest.skip("pygls is not installed", allow_module_level=True)

from lsprotocol import types
from pygls.lsp.client import LanguageClient

ENTRA: Final = (ROOT / "examples/profiles/entra.mobileconfig").read_text()
DECLARATION: Final = """\
{"Type": "com.apple.configuration.extensible-sso", "Identifier": "a", "Payload": {
  "ExtensionComposedIdentifier": "com.example.sso (TEAM123456)",
  "Type": "Redirect",
  "URLs": ["https://login.example.com/"],
  "PlatformSSO": {"UserCreation": {  }}
}}
"""


class Editor:
    """An editor in which documents are opened and changed."""

    def __init__(self, client: LanguageClient, shown: asyncio.Queue[Any]) -> None:
        self.client = client
        self.texts: dict[str, str] = {}
        self.messages: list[str] = []
        self._shown = shown
        self._version = 0

    def open(self, path: Path | str, text: str) -> str:
        uri = path if isinstance(path, str) else path.as_uri()
        self.texts[uri] = text
        item = types.TextDocumentItem(uri, "xml", 0, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        return uri

    def change(self, uri: str, text: str) -> None:
        self._version += 1
        self.texts[uri] = text
        self.client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(self._version, uri),
                [types.TextDocumentContentChangeWholeDocument(text)],
            )
        )

    async def shown(self, uri: str) -> list[types.Diagnostic]:
        """The next diagnostics of the document."""
        while True:
            params = await asyncio.wait_for(self._shown.get(), 30)
            if params.uri == uri:
                return list(params.diagnostics)

    def position(self, uri: str, before: str) -> types.Position:
        """The position after the first `before` of the text, in UTF-16."""
        text = self.texts[uri]
        lines = text[: text.index(before) + len(before)].split("\n")
        return types.Position(len(lines) - 1, len(lines[-1].encode("utf-16-le")) // 2)

    def text_of(self, uri: str, range_: types.Range) -> str:
        """The text in a range, in UTF-16."""
        lines = self.texts[uri].split("\n")
        assert range_.start.line == range_.end.line
        line = lines[range_.start.line].encode("utf-16-le")
        return line[range_.start.character * 2 : range_.end.character * 2].decode("utf-16-le")

    async def complete(self, uri: str, before: str) -> list[types.CompletionItem]:
        params = types.CompletionParams(
            types.TextDocumentIdentifier(uri), self.position(uri, before)
        )
        found = await self.client.text_document_completion_async(params)
        assert isinstance(found, list)
        return found

    async def hover(self, uri: str, before: str) -> str | None:
        params = types.HoverParams(types.TextDocumentIdentifier(uri), self.position(uri, before))
        found = await self.client.text_document_hover_async(params)
        if found is None:
            return None
        assert isinstance(found.contents, types.MarkupContent)
        return found.contents.value

    async def define(self, uri: str, before: str) -> list[types.Location]:
        params = types.DefinitionParams(
            types.TextDocumentIdentifier(uri), self.position(uri, before)
        )
        found = await self.client.text_document_definition_async(params)
        assert isinstance(found, list)
        return [place for place in found if isinstance(place, types.Location)]

    async def actions(self, uri: str, diagnostic: types.Diagnostic) -> list[types.CodeAction]:
        context = types.CodeActionContext([diagnostic])
        document = types.TextDocumentIdentifier(uri)
        params = types.CodeActionParams(document, diagnostic.range, context)
        found = await self.client.text_document_code_action_async(params) or []
        return [action for action in found if isinstance(action, types.CodeAction)]


@asynccontextmanager
async def editor(*options: str) -> AsyncIterator[Editor]:
    client = LanguageClient("test", "1")
    shown: asyncio.Queue[Any] = asyncio.Queue()

    def publish(params: types.PublishDiagnosticsParams) -> None:
        shown.put_nowait(params)

    client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(publish)
    await client.start_io(sys.executable, "-m", "ssoroute", "lsp", *options, env=environment())
    item = types.ClientCompletionItemOptions(snippet_support=True)
    completion = types.CompletionClientCapabilities(completion_item=item)
    documents = types.TextDocumentClientCapabilities(completion=completion)
    capabilities = types.ClientCapabilities(text_document=documents)
    await client.initialize_async(types.InitializeParams(capabilities))
    client.initialized(types.InitializedParams())
    opened = Editor(client, shown)

    def hear(params: types.ShowMessageParams) -> None:
        opened.messages.append(params.message)

    client.feature(types.WINDOW_SHOW_MESSAGE)(hear)
    yield opened
    await client.shutdown_async(None)
    client.exit(None)
    await client.stop()  # type: ignore[no-untyped-call] # pygls


def in_an_editor(test: Callable[[Editor], Awaitable[None]], *options: str) -> None:
    async def run() -> None:
        async with editor(*options) as opened:
            await test(opened)

    asyncio.run(asyncio.wait_for(run(), 120))


def test_findings_are_shown_while_somebody_types(tmp_path: Path) -> None:
    async def test(editor: Editor) -> None:
        uri = editor.open(tmp_path / "a.mobileconfig", ENTRA)
        first = await editor.shown(uri)
        assert {d.code for d in first} >= {"SSO202"}
        assert all(d.source == "ssoroute" for d in first)
        assert {d.severity for d in first} == {types.DiagnosticSeverity.Information}
        editor.change(uri, ENTRA.replace(">Redirect<", ">\U0001f600 Redirekt<"))
        (error,) = [d for d in await editor.shown(uri) if d.code == "SSO101"]
        assert error.severity is types.DiagnosticSeverity.Error
        assert editor.text_of(uri, error.range) == "<string>\U0001f600 Redirekt</string>"
        editor.change(uri, ENTRA.replace("</plist>", "<"))
        (broken,) = await editor.shown(uri)
        assert broken.code == "SSO006"
        editor.client.text_document_did_close(
            types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri))
        )
        assert await editor.shown(uri) == []

    in_an_editor(test)


def test_only_profiles_are_looked_at(tmp_path: Path) -> None:
    async def test(editor: Editor) -> None:
        uri = editor.open(tmp_path / "package.json", '{"name": "x"}')
        assert await editor.shown(uri) == []
        uri = editor.open("untitled:new", ENTRA)
        assert "SSO202" in {d.code for d in await editor.shown(uri)}

    in_an_editor(test)


def test_what_is_checked_against_is_an_option(tmp_path: Path) -> None:
    async def test(editor: Editor) -> None:
        uri = editor.open(tmp_path / "a.mobileconfig", ENTRA)
        found = {d.code: d.message for d in await editor.shown(uri)}
        assert "iOS 14.0" in found["SSO601"]

    in_an_editor(test, "--os", "iOS@14")


CONFIGURATION: Final = """\
targets = ["iOS@18"]

[check]
ignore = ["SSO8"]
severity = "info"
baseline = "known.json"

[check.severities]
SSO202 = "warning"

[[check.per_path]]
path = "profiles/legacy"
ignore = ["SSO105"]
"""
SEVERITIES: Final = {
    types.DiagnosticSeverity.Error: "error",
    types.DiagnosticSeverity.Warning: "warning",
    types.DiagnosticSeverity.Information: "info",
}
Seen = set[tuple[str, str, int]]


def seen(found: list[types.Diagnostic]) -> Seen:
    return {
        (str(d.code), SEVERITIES[d.severity], d.range.start.line + 1) for d in found if d.severity
    }


def by_check(monkeypatch: pytest.MonkeyPatch, folder: Path, path: Path, *options: str) -> Seen:
    """What `check` finds where it is called in `folder`."""
    monkeypatch.chdir(folder)
    result = invoke("check", "--format", "json", *options, str(path))
    return {
        (one["code"], one["severity"], one["line"]) for one in json.loads(result.stdout)["findings"]
    }


def test_the_editor_and_check_show_the_same_by_one_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    legacy = tmp_path / "profiles" / "legacy"
    legacy.mkdir(parents=True)
    text = ENTRA.replace("<key>ScreenLockedBehavior<", "<key>ScreenLockedBehaviour<")
    paths = [tmp_path / "profiles" / "a.mobileconfig", legacy / "b.mobileconfig"]
    for path in paths:
        path.write_text(text)
    known = tmp_path / "known.json"
    invoke("check", "--select", "SSO3", "--write-baseline", str(known), *map(str, paths))
    (tmp_path / "ssoroute.toml").write_text(CONFIGURATION)
    expected = [by_check(monkeypatch, tmp_path, path) for path in paths]
    everything = by_check(monkeypatch, tmp_path, paths[0], "--no-config")
    assert ("SSO202", "warning") in {one[:2] for one in expected[0]}
    assert "SSO105" in {one[0] for one in expected[0]}
    assert "SSO105" not in {one[0] for one in expected[1]}
    assert ("SSO801", "info") in {one[:2] for one in everything}
    assert "SSO801" not in {one[0] for one in expected[0]}
    assert "SSO601" in {one[0] for one in expected[0]}, "the target of the file"
    monkeypatch.chdir("/")  # the file that is nearest to the document counts

    async def test(editor: Editor) -> None:
        for path, findings in zip(paths, expected, strict=True):
            uri = editor.open(path, text)
            assert seen(await editor.shown(uri)) == findings

    async def without(editor: Editor) -> None:
        uri = editor.open(paths[0], text)
        assert seen(await editor.shown(uri)) == everything

    in_an_editor(test)
    in_an_editor(test, "--config", str(tmp_path / "ssoroute.toml"))
    in_an_editor(without, "--no-config")


def test_a_configuration_is_read_before_each_look(tmp_path: Path) -> None:
    configuration = tmp_path / "ssoroute.toml"

    async def test(editor: Editor) -> None:
        uri = editor.open(tmp_path / "a.mobileconfig", ENTRA)
        assert "SSO202" in {d.code for d in await editor.shown(uri)}
        configuration.write_text('[check]\nignore = ["SSO202"]\n')
        editor.change(uri, ENTRA)
        assert "SSO202" not in {d.code for d in await editor.shown(uri)}
        configuration.write_text("[check]\nignored = []\n")
        editor.change(uri, ENTRA)
        assert "SSO202" in {d.code for d in await editor.shown(uri)}
        editor.change(uri, ENTRA)
        await editor.shown(uri)
        assert editor.messages == [
            f"{configuration}: check.ignored: unknown member `ignored`; did you mean `ignore`?"
        ]

    in_an_editor(test)


def test_what_is_ignored_is_not_repaired(tmp_path: Path) -> None:
    text = ENTRA.replace("<key>URLs</key>", "<key>Urls</key>")

    async def test(editor: Editor) -> None:
        uri = editor.open(tmp_path / "a.mobileconfig", text)
        (wrong,) = [d for d in await editor.shown(uri) if d.code == "SSO105"]
        assert await editor.actions(uri, wrong) != []
        (tmp_path / "ssoroute.toml").write_text('[check]\nignore = ["SSO105"]\n')
        assert await editor.actions(uri, wrong) == []

    in_an_editor(test)


def test_the_two_options_about_the_file_exclude_each_other() -> None:
    result = invoke("lsp", "--config", "a.toml", "--no-config")
    assert result.exit_code == 2
    assert "--config names a file that --no-config leaves out" in result.stderr


def test_a_key_is_described(tmp_path: Path) -> None:
    async def test(editor: Editor) -> None:
        uri = editor.open(tmp_path / "a.mobileconfig", ENTRA)
        shown = await editor.hover(uri, "<key>ScreenLocked")
        assert shown == (
            "**`ScreenLockedBehavior`**: string\n\noptional\n\nDefault: `Cancel`\n\n"
            "Allowed: `Cancel`, `DoNotHandle`\n\nSince macOS 12.0, iOS 15.0, visionOS 1.1\n\n"
            "In a declaration: `ScreenLockedBehavior`"
        )
        assert await editor.hover(uri, "<string>Redi") == await editor.hover(
            uri, "<key>Type</k"[:-4]
        )
        assert await editor.hover(uri, "<key>PayloadCon") is None
        assert await editor.hover(uri, "<?xml ver") is None
        uri = editor.open(tmp_path / "d.json", DECLARATION)
        shown = await editor.hover(uri, '"ExtensionComp')
        assert shown is not None
        assert shown.startswith("**`ExtensionComposedIdentifier`**")

    in_an_editor(test)


def test_keys_and_values_are_completed(tmp_path: Path) -> None:
    async def test(editor: Editor) -> None:
        start = ENTRA.index("<key>ScreenLockedBehavior")
        typed = f"{ENTRA[:start]}<key>Pla</key>{ENTRA[start:]}"
        uri = editor.open(tmp_path / "a.mobileconfig", typed)
        found = {item.label: item for item in await editor.complete(uri, "<key>Pla")}
        assert "PlatformSSO" in found
        assert "URLs" not in found, "it is there already"
        edit = found["PlatformSSO"].text_edit
        assert isinstance(edit, types.TextEdit)
        assert (editor.text_of(uri, edit.range), edit.new_text) == ("Pla", "PlatformSSO")
        editor.change(uri, f"{ENTRA[:start]}<kez\n{ENTRA[start:]}")
        (item,) = [i for i in await editor.complete(uri, "<kez") if i.label == "PlatformSSO"]
        assert item.insert_text_format is types.InsertTextFormat.Snippet
        assert isinstance(item.text_edit, types.TextEdit)
        assert item.text_edit.new_text == "<key>PlatformSSO</key>\n<dict>\n\t$0\n</dict>"
        editor.change(uri, ENTRA)
        labels = [
            item.label for item in await editor.complete(uri, "<key>Type</key>\n\t\t\t<string>Re")
        ]
        assert labels == ["Credential", "Redirect"]
        uri = editor.open(tmp_path / "d.json", DECLARATION)
        labels = [item.label for item in await editor.complete(uri, '"UserCreation": { ')]
        assert "EnableAtLogin" in labels
        assert "LoginFrequency" not in labels

    in_an_editor(test)


def test_a_conflict_leads_to_the_other_place(tmp_path: Path) -> None:
    other = write_profile(tmp_path / "b.mobileconfig", CREDENTIAL, PayloadIdentifier="b")
    mine = write_profile(tmp_path / "c.mobileconfig", CREDENTIAL, PayloadIdentifier="c")

    async def test(editor: Editor) -> None:
        uri = editor.open(mine, mine.read_text())
        (found,) = [d for d in await editor.shown(uri) if d.related_information]
        assert editor.text_of(uri, found.range) == "<string>.example.com</string>"
        assert found.related_information
        (related,) = found.related_information
        assert related.location.uri == other.as_uri()
        assert related.message == "PayloadContent[0].Hosts[0]"
        (place,) = await editor.define(uri, "<string>.exam")
        assert place == related.location
        line = other.read_text().split("\n")[place.range.start.line]
        assert line.strip() == "<string>.example.com</string>"
        assert await editor.define(uri, "<key>PayloadT") == []

    in_an_editor(test, "--together")


def test_each_document_alone_has_no_conflict_with_others(tmp_path: Path) -> None:
    write_profile(tmp_path / "b.mobileconfig", CREDENTIAL)
    mine = write_profile(tmp_path / "c.mobileconfig", CREDENTIAL)

    async def test(editor: Editor) -> None:
        uri = editor.open(mine, mine.read_text())
        assert not [d for d in await editor.shown(uri) if d.related_information]

    in_an_editor(test)


def test_a_repair_is_offered_where_its_finding_is(tmp_path: Path) -> None:
    async def test(editor: Editor) -> None:
        broken = ENTRA.replace("<key>URLs</key>", "<key>Urls</key>")
        uri = editor.open(tmp_path / "a.mobileconfig", broken)
        shown = await editor.shown(uri)
        (finding,) = [d for d in shown if d.code == "SSO105"]
        first, *_ = await editor.actions(uri, finding)
        assert (first.title, first.kind) == ("write `URLs`", types.CodeActionKind.QuickFix)
        assert first.edit
        assert first.edit.changes
        (edit,) = first.edit.changes[uri]
        assert (editor.text_of(uri, edit.range), edit.new_text) == ("Urls", "URLs")
        (elsewhere,) = [d for d in shown if d.code == "SSO902"]
        kinds = [a.kind for a in await editor.actions(uri, elsewhere)]
        assert types.CodeActionKind.QuickFix not in kinds

    in_an_editor(test)


def test_secrets_are_not_shown(tmp_path: Path) -> None:
    secret = {**REDIRECT, "ExtensionData": {"key": "hunter2"}, "RegistrationToken": "hunter2"}
    profile = write_profile(tmp_path / "a.mobileconfig", secret, {**secret, "Type": "Redirekt"})

    async def test(editor: Editor) -> None:
        uri = editor.open(profile, profile.read_text())
        shown = await editor.shown(uri)
        assert shown
        assert "hunter2" not in repr(shown)
        assert "hunter2" not in repr(await editor.hover(uri, "<string>hunt"))
        for found in shown:
            assert "hunter2" not in repr(await editor.actions(uri, found))

    in_an_editor(test)


def test_without_the_package_the_message_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "ssoroute.editor.server", raising=False)
    monkeypatch.setitem(sys.modules, "pygls", None)
    done = invoke("lsp")
    assert done.exit_code == 2
    assert done.stderr.endswith("the package pygls is missing: pip install 'ssoroute[lsp]'\n")


@pytest.mark.parametrize(
    ("number", "wanted"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (None, 0)]
)
def test_it_ends_with_a_signal_and_with_its_input(
    number: signal.Signals | None, wanted: int
) -> None:
    with running("lsp") as server:
        body = (
            b'{"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"capabilities": {}}}'
        )
        server.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        server.stdin.flush()
        assert server.stdout.readline().startswith(b"Content-Length")
        if number is None:
            server.stdin.close()
        else:
            server.process.send_signal(number)
        status = server.process.wait(timeout=20)
        assert b"Traceback" not in server.stderr.read()
    assert status == wanted


def test_the_files_of_the_page_can_be_read() -> None:
    page = (ROOT / "docs" / "editor.md").read_text(encoding="utf-8")
    blocks = dict(re.findall(r"^```(\w+)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL))
    assert json.loads(blocks["json"])["main"] == "extension.js"
    if shutil.which("node") is not None:
        subprocess.run(["node", "--check", "-"], input=blocks["js"].encode(), check=True)
    assert '"ssoroute", "lsp"' in blocks["lua"]
