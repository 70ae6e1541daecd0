"""`ssoroute clients`: who asks the system, and what each of them hands over."""

from __future__ import annotations

from typing import Final

import click

from ssoroute.asking.client import ClientError
from ssoroute.asking.table import client_named
from ssoroute.asking.table import clients as every_client
from ssoroute.cli.request_lines import dumps
from ssoroute.cli.terminal import show, show_text
from ssoroute.cli.views.clients import client_lines

__all__ = ["clients"]

_HELP: Final = """\
Show which clients ask the system, what each hands over, and under which conditions.

\b
Examples:
  ssoroute clients
  ssoroute clients chrome
  ssoroute explain -p profiles/ --client chrome https://login.example.com/

Each statement is marked as documented (by Apple), observed (in open source), vendor (a vendor
says, or administrators report it), or a reading (ours).
"""


@click.command(help=_HELP, short_help="Show which clients ask the system, and what.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.argument("name", required=False)
def clients(name: str | None, as_json: bool) -> None:
    """Show one client, or all."""
    try:
        found = every_client() if name is None else (client_named(name),)
    except ClientError as error:
        raise click.UsageError(str(error)) from None
    if as_json:
        members = {"schema": 1, "clients": [client.to_json() for client in found]}
        for line in dumps(members, indent=2).split("\n"):
            show_text(line)
        return
    for number, client in enumerate(found):
        if number:
            show_text("")
        show(client_lines(client))
