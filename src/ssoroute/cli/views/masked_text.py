"""The text of a file of profiles without what is secret, line by line as it is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Final

from ssoroute.checks.report import shown
from ssoroute.install.effective_keys import HIDDEN
from ssoroute.model.keys import COMMON_KEYS, keys

if TYPE_CHECKING:
    from ssoroute.loaders.position import Span
    from ssoroute.loaders.source_text import SourceText

__all__ = ["masked"]

_INDEX: Final = re.compile(r"\[\d+\]")
_ELEMENT: Final = re.compile(r"<([a-z]+)\b[^>]*>(?P<text>.*)</\1\s*>", re.DOTALL)
#: What a text has on one line, without the white space around it.
_ON_A_LINE: Final = re.compile(r"\S(?:[^\r\n]*\S)?")
_OF_THIS_TOOL: Final = re.compile(r"<!--\s*ssoroute:")
#: Those around the payload of a declaration.
_AROUND: Final = ("Identifier", "Type")
_DOMAINS: Final = (
    "Configuration.ApplicationIdentifier",
    "Configuration.AssociatedDomains",
    "Configuration.EnableDirectDownloads",
)


def masked(text: SourceText, payloads: Iterable[str]) -> str:
    """The text with `(hidden)` for every value and comment that may be secret.

    `payloads` are the key paths of the SSO payloads and of the associated domains in it. Only the
    values of their known keys are shown, and the identifiers, names and types of everything.
    Passwords in URLs are hidden as well. The lines stay the same.
    """
    prefixes = tuple(f"{path}." if path else "" for path in payloads)
    pieces: list[tuple[Span, str]] = []
    for path, found in text.values():
        is_shown = _is_shown(path, prefixes)
        written = text.text[found.value.start : found.value.end]
        pieces.append((found.value, _value(written, is_xml=text.is_xml, is_shown=is_shown)))
        if found.key is not None and _is_in_secret(path):
            key = text.text[found.key.start : found.key.end]
            pieces.append((found.key, _value(key, is_xml=text.is_xml, is_shown=False)))
    for comment in text.comments():
        written = text.text[comment.span.start : comment.span.end]
        if not _OF_THIS_TOOL.match(written):
            pieces.append((comment.span, f"<!--{_hidden(written[4:-3])}-->"))
    result, end = [], 0
    for span, written in sorted(pieces):
        result += [text.text[end : span.start], written]
        end = span.end
    return "".join([*result, text.text[end:]])


def _value(written: str, *, is_xml: bool, is_shown: bool) -> str:
    if not is_xml:
        if written[:1] in ("{", "["):
            return written
        return shown(written) if is_shown else f'"{HIDDEN}"'
    element = _ELEMENT.fullmatch(written)
    if element is None:
        return written  # an opening tag, or an element without text
    text = element["text"]
    said = shown(text) if is_shown else _hidden(text)
    return written[: element.start("text")] + said + written[element.end("text") :]


def _hidden(text: str) -> str:
    return _ON_A_LINE.sub(HIDDEN, text)


def _is_shown(path: str, prefixes: tuple[str, ...]) -> bool:
    if _is_in_secret(path):
        return False
    if path.rpartition(".")[2] in COMMON_KEYS or path in _AROUND:
        return True
    for prefix in prefixes:
        if path.startswith(prefix) and _INDEX.sub("", path[len(prefix) :]).lower() in _public():
            return True
    return False


def _is_in_secret(path: str) -> bool:
    return not _secret().isdisjoint(_INDEX.sub("", path).lower().split(".")[:-1])


@cache
def _public() -> frozenset[str]:
    rows = [key for key in keys().values() if not key.secret]
    paths = {path for key in rows for path in (key.path, key.declaration)} - {""}
    return frozenset(path.lower() for path in (*paths, *_DOMAINS))


@cache
def _secret() -> frozenset[str]:
    return frozenset(path.rpartition(".")[2].lower() for path, key in keys().items() if key.secret)
