"""The option `--aasa`: files that sites serve, as evidence beside an answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import click

from ssoroute.model.quoting import quote

__all__ = ["sites_option"]


def _read_sites(
    _context: click.Context, _parameter: click.Parameter, values: Sequence[str]
) -> dict[str, str]:
    """The files of sites in `--aasa`, by their hosts."""
    sites = {}
    for value in values:
        host, equals, file = value.partition("=")
        if not equals or not host or not file:
            raise click.BadParameter(f"{quote(value)} is not HOST=FILE")
        if host.lower() in sites:
            raise click.BadParameter(f"{quote(host)} is given twice")
        sites[host.lower()] = file
    return sites


_SITES: Final = click.option(
    "--aasa",
    "sites",
    metavar="HOST=FILE",
    multiple=True,
    callback=_read_sites,
    help="The apple-app-site-association file that HOST serves, as you have downloaded it. Repeat"
    " it for each host.",
)


def sites_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give `command` the option `--aasa`, as its argument `sites`."""
    return _SITES(command)
