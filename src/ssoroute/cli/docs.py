"""`ssoroute docs`: the pages of the documentation at a terminal, without a network."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

import click

from ssoroute.cli.status import InputError
from ssoroute.cli.terminal import show_page, show_text
from ssoroute.model.quoting import quote

__all__ = ["docs"]

_HELP: Final = """\
List the pages of the documentation, or print one.

\b
Examples:
  ssoroute docs
  ssoroute docs tutorial
  ssoroute docs check | less

The pages come with the package: nothing is downloaded. On a terminal a page is laid out and goes
through the pager ($PAGER); otherwise it is printed as it is written, in Markdown.
"""
#: The page that lists the others by subject.
_INDEX: Final = "index"


def _complete(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    return [name for name in _pages() if name.startswith(incomplete)]


@click.command(help=_HELP, short_help="List the pages of the documentation, or print one.")
@click.argument("page", required=False, shell_complete=_complete)
def docs(page: str | None) -> None:
    """Print one page, or the list of all."""
    pages = _pages()
    if not pages:
        raise InputError(["the pages of the documentation are not installed"])
    if page is None:
        width = max(map(len, pages))
        for name, file in pages.items():
            show_text(f"{name:<{width}}  {_title(_text(file))}")
        return
    name = page.removesuffix(".md")
    if name not in pages:
        near = difflib.get_close_matches(name, pages, n=1)
        hint = f"did you mean {quote(near[0])}?" if near else "`ssoroute docs` lists the pages"
        raise click.UsageError(f"unknown page {quote(page)}; {hint}")
    show_page(_text(pages[name]))


def _pages() -> dict[str, Traversable]:
    """The pages by name, sorted, with the index first."""
    folder: Traversable = resources.files("ssoroute").joinpath("pages")
    if not folder.is_dir():
        folder = Path(__file__).parents[3] / "docs"  # in a source tree
    found = dict(sorted(_below(folder, ""))) if folder.joinpath(f"{_INDEX}.md").is_file() else {}
    return {_INDEX: found.pop(_INDEX), **found} if found else {}


def _below(folder: Traversable, prefix: str) -> Iterator[tuple[str, Traversable]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _below(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith(".md"):
            yield prefix + entry.name.removesuffix(".md"), entry


def _text(page: Traversable) -> str:
    return page.read_text(encoding="utf-8")


def _title(text: str) -> str:
    return text.partition("\n")[0].removeprefix("# ")
