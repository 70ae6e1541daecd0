"""`ssoroute mitm-path`: prints the path of the mitmproxy addon."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Final

import click

from ssoroute.cli.terminal import show_text

__all__ = ["mitm_path"]

_HELP: Final = """\
Print the path of the mitmproxy addon.

\b
Example:
  mitmdump -s "$(ssoroute mitm-path)" --set sso_profiles=corp.mobileconfig

mitmproxy loads the addon into its own Python, so ssoroute must be installed there.
"""


@click.command("mitm-path", help=_HELP, short_help="Print the path of the mitmproxy addon.")
def mitm_path() -> None:
    """Print the path; mitmproxy need not be installed in this environment."""
    addon = find_spec("ssoroute.integrations.mitmproxy")
    show_text(str(addon.origin if addon else ""))
