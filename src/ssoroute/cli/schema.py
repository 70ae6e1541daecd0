"""`ssoroute schema`: the JSON Schemas of the files that people write."""

from __future__ import annotations

from typing import Final

import click

from ssoroute.cli.terminal import show_text
from ssoroute.model.packaged import packaged_text

__all__ = ["NAMES", "schema"]

#: Each is a file `schemas/NAME.schema.json`.
NAMES: Final = ("table", "device", "config")

_HELP: Final = """\
Print the JSON Schema of a file, for editors.

\b
Examples:
  ssoroute schema table > table.schema.json
  ssoroute schema device > device.schema.json

NAME is table (a table of expected routes), device (a device file) or config (ssoroute.toml). A TOML
file names its schema in the first line, as in `#:schema ./table.schema.json`, a JSON file as
`$schema`.
"""


@click.command(help=_HELP, short_help="Print the JSON Schema of a file, for editors.")
@click.argument("name", metavar="NAME", type=click.Choice(NAMES))
def schema(name: str) -> None:
    """Print one schema."""
    text = packaged_text(f"schemas/{name}.schema.json")
    for line in text.splitlines():
        show_text(line)
