"""The pages of the documentation that come with the package."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

__all__ = ["address_of", "pages"]

#: The page that lists the others by subject.
_INDEX: Final = "index"


def pages() -> dict[str, Traversable]:
    """The pages by name, sorted, with the index first; none if they are not installed."""
    folder = _folder()
    if not folder.joinpath(f"{_INDEX}.md").is_file():
        return {}
    found = dict(sorted(_below(folder, "")))
    return {_INDEX: found.pop(_INDEX), **found}


@cache
def address_of(page: str) -> str:
    """A `file:` URL of the page, for links; empty if it is not a file of this machine."""
    file = _folder().joinpath(f"{page}.md")
    return file.resolve().as_uri() if isinstance(file, Path) and file.is_file() else ""


def _folder() -> Traversable:
    folder: Traversable = resources.files("ssoroute").joinpath("pages")
    return folder if folder.is_dir() else Path(__file__).parents[3] / "docs"  # in a source tree


def _below(folder: Traversable, prefix: str) -> Iterator[tuple[str, Traversable]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _below(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith(".md"):
            yield prefix + entry.name.removesuffix(".md"), entry
