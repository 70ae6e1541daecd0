"""`ssoroute config`: which configuration file counts, and what it says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import click

from ssoroute.cli.configured import CONFIG_OPTIONS, the_configuration
from ssoroute.cli.request_lines import dumps
from ssoroute.cli.terminal import Line, Span, Style, complain, show_text
from ssoroute.cli.terminal import show as show_lines

if TYPE_CHECKING:
    from ssoroute.configuration.values import Configuration, Setting

__all__ = ["config"]

_HELP: Final = """\
Show the configuration file that counts here.

\b
Example:
  ssoroute config show
"""
_SHOW_HELP: Final = """\
Show what the configuration file says, and the line of each value.

The file is the nearest ssoroute.toml, or pyproject.toml with a table tool.ssoroute, from the
working directory upwards. Paths in it are shown relative to the working directory.

\b
Examples:
  ssoroute config show
  ssoroute config show --config ci/ssoroute.toml --json

Exit status: 0, or 3 if the file is invalid or cannot be read.
"""


@click.group(help=_HELP, short_help="Show the configuration file that counts here.")
def config() -> None:
    """Everything is in the commands."""


@config.command(help=_SHOW_HELP, short_help="Show what the configuration file says, and where.")
@CONFIG_OPTIONS[0]
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def show(config_file: str | None, as_json: bool) -> None:
    """Show each value with its place."""
    found = the_configuration(config_file, no_config=False)
    if as_json:
        settings = [] if found is None else [setting.to_json() for setting in found.settings]
        members = {"schema": 1, "file": found and found.file, "settings": settings}
        for line in dumps(members, indent=2).split("\n"):
            show_text(line)
    elif found is None:
        complain("no configuration file from here upwards")
    else:
        show_lines(_lines(found))


def _lines(found: Configuration) -> Iterator[Line]:
    if not found.settings:
        yield (Span(f"{found.file}: "), Span("says nothing", Style.DIM))
    for setting in found.settings:
        value = json.dumps(setting.value, ensure_ascii=False)
        yield Span(_place(setting), Style.DIM), Span(setting.key, Style.STRONG), Span(f" = {value}")


def _place(setting: Setting) -> str:
    line = f":{setting.line}" if setting.line is not None else ""
    return f"{setting.source.file}{line}: "
