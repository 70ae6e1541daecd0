"""The keys and values that can be written at a cursor, from the tables of keys.

A profile and a declaration name the same keys in different places. The keys of `ExtensionData` are
those that its vendor documents.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from ssoroute.checks.vendor_table import known_extensions, product_of
from ssoroute.editor.cursor import Cursor, Outline, Path
from ssoroute.model.extension_data import ExtensionKey, extension_keys
from ssoroute.model.keys import Key, KeyType, keys
from ssoroute.model.platforms import Platform
from ssoroute.model.profile import ProfileKind

__all__ = ["Described", "Known", "known_at"]

_PAYLOAD: Final = "com.apple.extensiblesso"
_DECLARATION: Final = "com.apple.configuration.extensible-sso"
_DATA: Final = "ExtensionData"


@dataclass(frozen=True, slots=True)
class Described:
    """What is known about one key: its type, lines of Markdown, and the values that it allows."""

    name: str
    type: str
    lines: tuple[str, ...]
    values: tuple[str, ...] = ()

    @property
    def markdown(self) -> str:
        """All of it as Markdown."""
        return "\n\n".join((f"**`{self.name}`**: {self.type}", *self.lines))


class Known:
    """What is known at one payload of a text; `root` is the path of its keys."""

    def __init__(self, kind: ProfileKind, root: Path, outline: Outline) -> None:
        self._kind = kind
        self._root = root
        self._outline = outline

    def names(self, parent: Path) -> list[Described]:
        """The keys that the dictionary at `parent` can have, without those that it has."""
        inside = tuple(str(name) for name in parent[len(self._root) :])
        if inside == (_DATA,):
            found = list(map(_of_extension, self._extension_keys().values()))
        else:
            known = _tree(self._kind)
            start = len(inside)
            names = dict.fromkeys(
                path[start] for path in known if len(path) > start and path[:start] == inside
            )
            found = [_described((*inside, name), self._kind) for name in names]
        written = self._outline.members.get(parent, ())
        return [described for described in found if described.name not in written]

    def key(self, parent: Path, name: str) -> Described | None:
        """The key `name` of the dictionary at `parent`, None if it is not known."""
        inside = tuple(str(part) for part in parent[len(self._root) :])
        if inside == (_DATA,):
            row = self._extension_keys().get(name)
            return _of_extension(row) if row else None
        path = (*inside, name)
        if any(known[: len(path)] == path for known in _tree(self._kind)):
            return _described(path, self._kind)
        return None

    def value_of(self, cursor: Cursor) -> Described | None:
        """The key whose value, or an item of whose value, the cursor is in."""
        if isinstance(cursor.key, int):
            *parent, name = cursor.parent
            return self.key(tuple(parent), str(name)) if len(parent) >= len(self._root) else None
        return None if cursor.key is None else self.key(cursor.parent, cursor.key)

    def suggestions(self, described: Described) -> list[str]:
        """The values that can be written for the key."""
        if described.name == "ExtensionIdentifier":
            return list(known_extensions())
        if described.name == "TeamIdentifier":
            product = product_of(self._outline.texts.get((*self._root, "ExtensionIdentifier"), ""))
            return [product.team] if product and product.team else []
        return list(described.values)

    def _extension_keys(self) -> Mapping[str, ExtensionKey]:
        texts = self._outline.texts
        plain = texts.get((*self._root, "ExtensionIdentifier"))
        composed = texts.get((*self._root, "ExtensionComposedIdentifier"), "")
        return extension_keys(plain or composed.partition(" ")[0])


def known_at(cursor: Cursor, outline: Outline) -> Known | None:
    """What is known at the cursor; None outside of a payload of Extensible SSO."""
    first, number = (*cursor.parent, None, None)[:2]
    if first == "PayloadContent" and isinstance(number, int):
        root: Path = (first, number)
        if outline.texts.get((*root, "PayloadType")) == _PAYLOAD:
            return Known(ProfileKind.PROFILE, root, outline)
    if first == "Payload" and outline.texts.get(("Type",)) == _DECLARATION:
        return Known(ProfileKind.DECLARATION, ("Payload",), outline)
    return None


@cache
def _tree(kind: ProfileKind) -> Mapping[tuple[str, ...], Key]:
    """Every key by its path in such a text, the names in it one by one."""
    paths = (
        (key.path if kind is ProfileKind.PROFILE else key.declaration, key)
        for key in keys().values()
    )
    found: dict[tuple[str, ...], Key] = {}
    for path, key in paths:
        if path:
            found.setdefault(tuple(path.split(".")), key)
    return found


def _described(path: tuple[str, ...], kind: ProfileKind) -> Described:
    key = _tree(kind).get(path)
    if key is None:
        return Described(path[-1], "dictionary", ("A group of keys.",))
    if path == ("ExtensionComposedIdentifier",):
        text = "`bundle.id (TEAMID)` on macOS, `bundle.id` elsewhere."
        return Described(path[-1], "string", ("required", text))
    values = tuple(value.text for value in key.allowed_values)
    if key.type is KeyType.BOOLEAN:
        values = ("true", "false")
    return Described(path[-1], key.type.value, tuple(_lines(key, kind)), values)


def _lines(key: Key, kind: ProfileKind) -> Iterator[str]:
    said = [key.presence]
    said += [f"read for {key.read_for} only"] if key.read_for else []
    said += ["its value is a secret"] if key.secret else []
    yield "; ".join(said)
    if key.default:
        yield f"Default: `{key.default.replace('|', '`, `')}`"
    if key.allowed_values:
        yield "Allowed: " + ", ".join(
            f"`{value.text}`" + (f" (since {value.since})" if value.since else "")
            for value in key.allowed_values
        )
    elif key.allowed:
        yield f"Allowed: {key.allowed.replace('>=', 'at least')}"
    since = [f"{name} {key.since[name]}" for name in Platform if name in key.since]
    yield f"Since {', '.join(since)}"
    for name, version in key.deprecated_since.items():
        yield f"Deprecated since {name} {version}"
    other, place = (
        ("declaration", key.declaration) if kind is ProfileKind.PROFILE else ("profile", key.path)
    )
    yield f"In a {other}: `{place}`" if place else f"Not in a {other}"


def _of_extension(row: ExtensionKey) -> Described:
    lines = [f"of `{row.extension}` [{row.authority.value}]"]
    lines += [f"Default: `{row.default}`"] if row.default else []
    lines += [f"Allowed: {row.allowed.replace('|', ', ')}"] if row.allowed else []
    since = [f"{name} {found}" for name in Platform if (found := row.since(name))]
    lines += [f"Since {', '.join(since)}"] if since else []
    lines += [f"Deprecated since {row.deprecated}"] if row.deprecated else []
    lines += [f"{row.effect}"] if row.effect else []
    values = row.allowed_values or (("true", "false") if row.type == "boolean" else ())
    return Described(row.key, row.type.value, tuple(lines), values)
