"""The option `--aasa`: files that sites serve, as evidence beside an answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import click

from ssoroute.cli.status import Status
from ssoroute.cli.terminal import complain
from ssoroute.install.associated_domains import SERVICE, needs
from ssoroute.install.installation import Installation
from ssoroute.model.quoting import one_line, quote

__all__ = ["complain_of_unneeded_sites", "sites_option"]


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
    help="The apple-app-site-association file of HOST, downloaded; repeat it for each host.",
)


def sites_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give `command` the option `--aasa`, as its argument `sites`."""
    return _SITES(command)


def complain_of_unneeded_sites(
    installations: Iterable[Installation], sites: Mapping[str, str]
) -> Status:
    """Warn of files of hosts that no installed prefix needs; `NO` if there is one, else `YES`."""
    if not sites:
        return Status.YES
    needed = {need.host for installation in installations for need in needs(installation)}
    unneeded = [host for host in sites if host not in needed]
    for host in unneeded:
        what = f"no URL prefix needs {quote(SERVICE + host)}; check the host before the `=`"
        complain(f"{one_line(sites[host])}: warning: {what}")
    return Status.NO if unneeded else Status.YES
