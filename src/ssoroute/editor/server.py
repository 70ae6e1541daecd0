"""The language server: what `look`, `suggestions` and the repairs say, over the protocol.

It needs the extra `lsp` (pygls). Texts come from the editor. With `together`, the other profiles of
a folder are read from the disk; nothing is written.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

from lsprotocol import types
from pygls import uris
from pygls.lsp.server import LanguageServer
from pygls.workspace import TextDocument

from ssoroute.checks.repairs import Repair
from ssoroute.editor.look import Look, Noted, Settings
from ssoroute.editor.positions import Place, Places
from ssoroute.editor.suggestions import Suggestion, hover, suggestions
from ssoroute.loaders.position import Span
from ssoroute.loaders.source_text import SourceText
from ssoroute.model.finding import Severity
from ssoroute.model.quoting import counted

__all__ = ["make_server"]

_PROFILE: Final = ".mobileconfig"
#: What a text mentions that is a profile or a declaration, whatever its name.
_SIGNS: Final = ("com.apple.extensiblesso", "com.apple.configuration.extensible-sso")
#: Seconds to wait for more typing.
_DELAY: Final = 0.2
_LIMIT: Final = 16 * 1024 * 1024
_SEVERITIES: Final = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.INFO: types.DiagnosticSeverity.Information,
}


#: The settings for a document, by its path, or by its URI if it is not a file.
_SettingsOf = Callable[[str], Settings]


def make_server(version: str, settings_of: _SettingsOf, *, together: bool) -> LanguageServer:
    """A server for one editor; `settings_of` is asked before each look at a document.

    With `together`, the profiles of one folder are checked as one set.
    """
    sync = types.TextDocumentSyncKind.Full
    server = LanguageServer("ssoroute", version, text_document_sync_kind=sync)
    _Editor(server, settings_of, together=together).register()
    return server


class _Editor:
    """The open documents of one editor, and the newest look at each set of them."""

    def __init__(self, server: LanguageServer, settings_of: _SettingsOf, *, together: bool) -> None:
        self._server = server
        self._settings_of = settings_of
        self._together = together
        self._said: tuple[str, ...] = ()
        self._waiting: dict[str, asyncio.Task[None]] = {}

    def register(self) -> None:
        """Tell the server what it can do."""
        triggers = types.CompletionOptions(trigger_characters=["<", ">", '"'])
        kinds = [types.CodeActionKind.QuickFix, types.CodeActionKind.SourceFixAll]
        actions = types.CodeActionOptions(code_action_kinds=kinds)
        for name, options, method in (
            (types.TEXT_DOCUMENT_DID_OPEN, None, self._opened),
            (types.TEXT_DOCUMENT_DID_CHANGE, None, self._changed),
            (types.TEXT_DOCUMENT_DID_CLOSE, None, self._closed),
            (types.TEXT_DOCUMENT_HOVER, None, self._hover),
            (types.TEXT_DOCUMENT_COMPLETION, triggers, self._complete),
            (types.TEXT_DOCUMENT_DEFINITION, None, self._define),
            (types.TEXT_DOCUMENT_CODE_ACTION, actions, self._act),
        ):
            self._server.feature(name, options)(_function(method))

    # ------------------------------------------------------------------ documents

    def _opened(self, params: types.DidOpenTextDocumentParams) -> None:
        self._look_soon(params.text_document.uri, 0)

    def _changed(self, params: types.DidChangeTextDocumentParams) -> None:
        self._look_soon(params.text_document.uri, _DELAY)

    def _closed(self, params: types.DidCloseTextDocumentParams) -> None:
        uri = params.text_document.uri
        waiting = self._waiting.pop(self._set_of(uri), None)
        if waiting is not None:
            waiting.cancel()
        self._publish(uri, [])
        others = self._open_in(self._set_of(uri))
        if others:
            self._look_soon(next(iter(others)), 0)

    def _look_soon(self, uri: str, delay: float) -> None:
        name = self._set_of(uri)
        before = self._waiting.pop(name, None)
        if before is not None:
            before.cancel()
        self._waiting[name] = asyncio.ensure_future(self._look_later(name, delay))

    async def _look_later(self, name: str, delay: float) -> None:
        await asyncio.sleep(delay)
        documents = self._open_in(name)
        look = await asyncio.to_thread(self._look, documents)
        self._say(look.settings.problems)
        for uri, document in documents.items():
            noted = [n for n in look.noted if n.finding.source.file == _name(uri)]
            found = [self._diagnostic(n, look) for n in noted] if _concerns(document) else []
            self._publish(uri, found, document.version)

    def _say(self, problems: tuple[str, ...]) -> None:
        """Show what is wrong with the settings, once for each change of it."""
        if problems and problems != self._said:
            self._server.window_show_message(
                types.ShowMessageParams(types.MessageType.Error, "\n".join(problems))
            )
        self._said = problems

    def _set_of(self, uri: str) -> str:
        """What the document is checked with: the folder that it is in, or itself."""
        path = uris.to_fs_path(uri) if self._together else None
        return os.path.dirname(path) if path else uri

    def _open_in(self, name: str) -> dict[str, TextDocument]:
        documents = self._server.workspace.text_documents
        return {uri: documents[uri] for uri in sorted(documents) if self._set_of(uri) == name}

    def _look(self, documents: Mapping[str, TextDocument]) -> Look:
        texts = {_name(uri): doc.source for uri, doc in documents.items() if _concerns(doc)}
        if self._together:
            for path in _beside(documents):
                if path not in texts and (text := _read(path)) is not None:
                    texts[path] = text
        settings = self._settings_of(_name(next(iter(documents), "")))
        return Look(dict(sorted(texts.items())), settings)

    def _look_now(self, uri: str) -> Look:
        return self._look(self._open_in(self._set_of(uri)))

    def _publish(self, uri: str, found: list[types.Diagnostic], version: int | None = None) -> None:
        self._server.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(uri, found, version)
        )

    # ------------------------------------------------------------------ answers

    def _hover(self, params: types.HoverParams) -> types.Hover | None:
        document, offset = self._at(params.text_document.uri, params.position)
        found = hover(document.source, offset)
        if found is None:
            return None
        content = types.MarkupContent(types.MarkupKind.Markdown, found.markdown)
        return types.Hover(content, self._range(document.source, found.span))

    def _complete(self, params: types.CompletionParams) -> list[types.CompletionItem]:
        document, offset = self._at(params.text_document.uri, params.position)
        found = suggestions(document.source, offset)
        return [self._item(document.source, suggestion) for suggestion in found]

    def _item(self, text: str, found: Suggestion) -> types.CompletionItem:
        completion = self._server.client_capabilities.text_document
        options = completion.completion if completion else None
        snippets = bool(
            options and options.completion_item and options.completion_item.snippet_support
        )
        is_snippet = found.is_snippet and snippets
        new = found.text if is_snippet else found.text.replace("$0", "")
        typed = text[found.span.start : found.span.end]
        kinds = types.CompletionItemKind
        formats = types.InsertTextFormat
        return types.CompletionItem(
            label=found.label,
            kind=kinds.Property if found.is_key else kinds.Value,
            detail=found.detail,
            documentation=types.MarkupContent(types.MarkupKind.Markdown, found.markdown),
            filter_text=new if typed.startswith("<") else found.label,
            insert_text_format=formats.Snippet if is_snippet else formats.PlainText,
            text_edit=types.TextEdit(self._range(text, found.span), new),
        )

    def _define(self, params: types.DefinitionParams) -> list[types.Location]:
        document, offset = self._at(params.text_document.uri, params.position)
        look = self._look_now(document.uri)
        return [
            types.Location(
                self._uri(related.file), self._range(look.texts[related.file], related.span)
            )
            for related in look.related_at(_name(document.uri), offset)
        ]

    def _act(self, params: types.CodeActionParams) -> list[types.CodeAction]:
        uri = params.text_document.uri
        document = self._server.workspace.get_text_document(uri)
        if not _concerns(document):
            return []
        look = self._look_now(uri)
        found = [repair for repair in look.repairs() if repair.source.file == _name(uri)]
        places = _places(document.source, self._encoding)
        start, end = (
            places.offset(Place(at.line, at.character))
            for at in (params.range.start, params.range.end)
        )
        here = [repair for repair in found if _meets(repair, look, Span(start, end))]
        only = params.context.only
        actions = [
            types.CodeAction(
                title=repair.title,
                kind=types.CodeActionKind.QuickFix,
                diagnostics=[d for d in params.context.diagnostics if d.code == repair.code],
                edit=self._edit(document, [repair]),
                is_preferred=True,
            )
            for repair in here
        ]
        if len(found) > 1 or (found and types.CodeActionKind.SourceFixAll in (only or ())):
            actions.append(
                types.CodeAction(
                    title=f"make {counted(len(found), 'repair')} that keep every route",
                    kind=types.CodeActionKind.SourceFixAll,
                    edit=self._edit(document, found),
                )
            )
        return [a for a in actions if only is None or any(_is_of(a, kind) for kind in only)]

    def _edit(self, document: TextDocument, found: Iterable[Repair]) -> types.WorkspaceEdit:
        edits = [
            types.TextEdit(
                self._range(document.source, Span(repair.start, repair.end)), repair.replacement
            )
            for repair in found
        ]
        return types.WorkspaceEdit(changes={document.uri: edits})

    # ------------------------------------------------------------------ places

    @property
    def _encoding(self) -> str:
        chosen = self._server.workspace.position_encoding
        return str(types.PositionEncodingKind(chosen or "utf-16").value)

    def _at(self, uri: str, position: types.Position) -> tuple[TextDocument, int]:
        document = self._server.workspace.get_text_document(uri)
        places = _places(document.source, self._encoding)
        return document, places.offset(Place(position.line, position.character))

    def _range(self, text: str, span: Span) -> types.Range:
        start, end = _places(text, self._encoding).range(span)
        return types.Range(types.Position(*start), types.Position(*end))

    def _uri(self, name: str) -> str:
        """The URI of the open document with that name, or of the file."""
        for uri in self._server.workspace.text_documents:
            if _name(uri) == name:
                return str(uri)
        return str(uris.from_fs_path(name) or name)

    def _diagnostic(self, noted: Noted, look: Look) -> types.Diagnostic:
        finding = noted.finding
        hint = f"; {finding.hint}" if finding.hint else ""
        related = [
            types.DiagnosticRelatedInformation(
                types.Location(self._uri(one.file), self._range(look.texts[one.file], one.span)),
                one.source.path or "the whole file",
            )
            for one in noted.related
        ]
        return types.Diagnostic(
            range=self._range(look.texts[finding.source.file], noted.span),
            message=f"{finding.message}{hint}",
            severity=_SEVERITIES[finding.severity],
            code=finding.code,
            source="ssoroute",
            related_information=related,
        )


@lru_cache(maxsize=16)
def _places(text: str, encoding: str) -> Places:
    """The places of `text`, which is asked about for each of its findings."""
    return Places(text, encoding)


def _function(method: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """`method` as a function, which pygls marks with an attribute."""

    def function(params: Any) -> Any:
        return method(params)

    return function


def _name(uri: str) -> str:
    """What messages call the document: its path, or its URI if it is not a file."""
    return uris.to_fs_path(uri) or uri


def _concerns(document: TextDocument) -> bool:
    is_named = _name(document.uri).lower().endswith(_PROFILE)
    return is_named or any(sign in document.source for sign in _SIGNS)


def _meets(repair: Repair, look: Look, span: Span) -> bool:
    """Whether the repair, or the finding that it ends, is at `span`."""
    spans = [Span(repair.start, repair.end)]
    spans += (
        noted.span
        for noted in look.noted
        if noted.finding.code == repair.code and noted.finding.source == repair.source
    )
    return any(one.start <= span.end and span.start <= one.end for one in spans)


def _is_of(action: types.CodeAction, kind: types.CodeActionKind | str) -> bool:
    own = str(action.kind and types.CodeActionKind(action.kind).value)
    wanted = str(getattr(kind, "value", kind))
    return own == wanted or own.startswith(f"{wanted}.")


def _beside(documents: Iterable[str]) -> list[str]:
    """The profiles in the folder of the documents, which are in one."""
    path = uris.to_fs_path(next(iter(documents), ""))
    folder = os.path.dirname(path) if path else ""
    try:
        names = sorted(os.listdir(folder)) if folder else []
    except OSError:
        return []
    return [
        os.path.join(folder, name)
        for name in names
        if name.lower().endswith(_PROFILE) and not name.startswith(".")
    ]


def _read(path: str) -> str | None:
    """The text of the file at `path`; None if it is not a text, or cannot be read."""
    try:
        if not os.path.isfile(path) or os.path.getsize(path) > _LIMIT:
            return None
        with open(path, "rb") as file:
            text = SourceText.read(file.read(_LIMIT))
    except OSError:
        return None
    return text.text if text else None
