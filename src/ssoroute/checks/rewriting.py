"""How a value or a key is written instead, for the findings whose repair is certain."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from ssoroute.loaders.position import Span
from ssoroute.model.keys import keys
from ssoroute.model.quoting import quote

if TYPE_CHECKING:
    from ssoroute.loaders.position import Found
    from ssoroute.loaders.source_text import SourceText
    from ssoroute.model.finding import Finding
    from ssoroute.model.source import Source

__all__ = ["Rewriting", "rewriting_of"]

#: From the text as it is written to the text as it must be written; None if that is not certain.
_Write = Callable[[str], str | None]

_ELEMENT: Final = re.compile(r"<(?:string|key)\s*>(?P<text>[^<]*)</(?:string|key)\s*>")
_SCHEME: Final = re.compile(r"(?i)(https?)(?=://)")
#: A host with a scheme before it, and with nothing else around it.
_HOST_OF_URL: Final = re.compile(r"(?i)https?://(?P<host>[a-z0-9.-]+)/?")


@dataclass(frozen=True, slots=True)
class Rewriting:
    """What ends a finding: `write` gives the new text of the value, or of the key (`at_key`).

    `place_after` is where the value is afterwards.
    """

    title: str
    write: _Write
    place_after: Source
    at_key: bool = False

    def change(self, text: SourceText, found: Found) -> tuple[Span, str] | None:
        """The characters of `text` to replace, and by what; None if there is nothing certain."""
        span = found.key if self.at_key else found.value
        if span is None:
            return None
        written = text.text[span.start : span.end]
        if text.is_xml:
            element = _ELEMENT.fullmatch(written)
            if element is None:
                return None  # not a string, or parts of it are CDATA or comments
            inner = Span(span.start + element.start("text"), span.start + element.end("text"))
            new = self.write(element["text"])
            return None if new in (None, element["text"]) else (inner, new or "")
        if not written.startswith('"'):
            return None
        inner = Span(span.start + 1, span.end - 1)
        plain = "\\" not in written
        old = written[1:-1] if plain else json.loads(written)
        new = self.write(old)
        if new is None or new == old:
            return None
        return inner, new if plain else json.dumps(new, ensure_ascii=written.isascii())[1:-1]


def rewriting_of(finding: Finding) -> Rewriting | None:
    """What ends `finding` for certain, or None."""
    source = finding.source
    name = source.path.rpartition(".")[2]
    bare = name.partition("[")[0]
    match finding.code:
        case "SSO112":
            return Rewriting("remove the white space around the value", str.strip, source)
        case "SSO211":
            return Rewriting("write the scheme in lower case", _lower_scheme, source)
        case "SSO301":
            if _host_alone(finding.value or "") is None:
                return None  # a path or a port says more than the host
            return Rewriting("write the host alone", _host_alone, source)
        case "SSO105":
            known = _by_case(name, _key_names())
            if known is None:
                return None
            place = _renamed(source, known)
            return Rewriting(f"write {quote(known)}", lambda _: known, place, at_key=True)
        case "SSO101" | "SSO104" | "SSO708" | "SSO709" | "SSO710" | "SSO714":
            allowed = _by_case((finding.value or "").strip(), _allowed_values().get(bare, ()))
            if allowed is None:
                return None
            return Rewriting(f"write {quote(allowed)}", lambda _: allowed, source)
        case _:
            return None


def _renamed(source: Source, name: str) -> Source:
    """The place `source` with `name` in place of its last key."""
    head, dot, _ = source.path.rpartition(".")
    return type(source)(source.file, f"{head}{dot}{name}")


def _lower_scheme(text: str) -> str:
    return _SCHEME.sub(lambda found: found[0].lower(), text, count=1)


def _host_alone(text: str) -> str | None:
    found = _HOST_OF_URL.fullmatch(text)
    return found["host"] if found else None


def _by_case(text: str, known: Iterable[str]) -> str | None:
    """The only word of `known` that differs from `text` at most in case, or None."""
    found = {word for word in known if word.lower() == text.lower()}
    return found.pop() if len(found) == 1 else None


def _names() -> Iterable[tuple[str, str]]:
    for key in keys().values():
        for path in (key.path, key.declaration):
            if path:
                yield path.rpartition(".")[2], key.path


@cache
def _key_names() -> frozenset[str]:
    return frozenset(
        name
        for key in keys().values()
        for path in (key.path, key.declaration)
        for name in path.split(".")
        if name
    )


@cache
def _allowed_values() -> dict[str, frozenset[str]]:
    """The values that keys allow, by the last name of the key in either form."""
    found: dict[str, frozenset[str]] = {}
    for name, path in _names():
        values = {value.text for value in keys()[path].allowed_values}
        found[name] = found.get(name, frozenset()) | values
    return found
