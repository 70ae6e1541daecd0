"""`ssoroute docs`: the pages of the documentation at a terminal, without a network."""

from __future__ import annotations

from importlib.resources.abc import Traversable
from typing import Final

import click

from ssoroute.cli.pages import pages
from ssoroute.cli.status import InputError
from ssoroute.cli.terminal import Span, show, show_page
from ssoroute.model.nearest import LOOSE, nearest
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


def _complete(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    return [name for name in pages() if name.startswith(incomplete)]


@click.command(help=_HELP, short_help="List the pages of the documentation, or print one.")
@click.argument("page", required=False, shell_complete=_complete)
def docs(page: str | None) -> None:
    """Print one page, or the list of all."""
    found = pages()
    if not found:
        raise InputError(["the pages of the documentation are not installed"])
    if page is None:
        width = max(map(len, found))
        show((Span(f"{name:<{width}}  {_title(_text(file))}"),) for name, file in found.items())
        return
    name = page.removesuffix(".md")
    if name not in found:
        near = nearest(name, found, likeness=LOOSE)
        hint = f"did you mean {quote(near)}?" if near else "`ssoroute docs` lists the pages"
        raise click.UsageError(f"unknown page {quote(page)}; {hint}")
    show_page(_text(found[name]))


def _text(page: Traversable) -> str:
    return page.read_text(encoding="utf-8")


def _title(text: str) -> str:
    return text.partition("\n")[0].removeprefix("# ")
