"""`ssoroute lsp`: findings, keys and repairs in an editor (extra `lsp`; docs/editor.md)."""

from __future__ import annotations

from typing import Final

import click

from ssoroute.cli.check_options import read_targets
from ssoroute.cli.check_run import without_sockets
from ssoroute.model.platforms import Platform, Version

__all__ = ["lsp"]

_HELP: Final = """\
Serve an editor: show findings while you type, complete keys, and repair.

\b
Examples:
  ssoroute lsp
  ssoroute lsp --os macOS@15.4 --os iOS@18
  ssoroute lsp --together

An editor starts this, and speaks the Language Server Protocol with it over standard input and
output. It needs the extra `lsp` (pip install 'ssoroute[lsp]'); docs/editor.md shows how to set up
VS Code, Neovim and BBEdit.
"""


@click.command(help=_HELP, short_help="Serve an editor: findings, keys and repairs.")
@click.option(
    "--os",
    "targets",
    metavar="NAME[@VERSION]",
    multiple=True,
    callback=read_targets,
    help="A platform and version to check against; repeat it for several. If not given, as for"
    " `ssoroute check`.",
)
@click.option(
    "--together", is_flag=True, help="Check all profiles of a folder as one set, not each alone."
)
def lsp(targets: list[tuple[Platform, Version | None]], together: bool) -> None:
    """Serve until the editor ends."""
    from importlib.metadata import PackageNotFoundError, version

    with without_sockets():
        try:
            from ssoroute.editor.server import make_server
        except ImportError as error:
            raise click.UsageError(
                f"the package {error.name} is missing: pip install 'ssoroute[lsp]'"
            ) from None
        try:
            own = version("ssoroute")
        except PackageNotFoundError:  # a source tree that is not installed
            own = "0"
        names = [f"{platform}@{found}" if found else str(platform) for platform, found in targets]
        make_server(own, names, together=together).start_io()
