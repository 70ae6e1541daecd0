"""`ssoroute serve`: decisions over HTTP, and a page to look at (extra `serve`; docs/serve.md)."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, TextIO

import click

from ssoroute.cli.configured import configured
from ssoroute.cli.extras import imports_of
from ssoroute.cli.inputs import reread_inputs
from ssoroute.cli.options import InputOptions, profile_arguments, router_options
from ssoroute.cli.status import InputError, Status
from ssoroute.cli.terminal import complain
from ssoroute.model.errors import InvalidInputError
from ssoroute.model.quoting import cannot, one_line
from ssoroute.routing.router import Matching

if TYPE_CHECKING:
    from ssoroute.service.configuration import Configuration, Served

__all__ = ["serve"]

_HELP = """\
Answer requests over HTTP, and show a page.

\b
Examples:
  ssoroute serve profiles/
  ssoroute serve -p profiles/ --os iOS@17 --watch
  ssoroute serve -p profiles/ --uds /run/ssoroute.sock --log decisions.jsonl

The service binds to this machine only. POST /v1/route answers one request or a list of them,
/openapi.json describes the rest, and / is a page for people. It needs the extra `serve`
(pip install 'ssoroute[serve]').
"""
_LOOPBACK_NAMES = {"localhost"}


@click.command(help=_HELP, short_help="Answer requests over HTTP, and show a page.")
@configured
@profile_arguments
@router_options
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to bind to.")
@click.option(
    "--port", default=8765, show_default=True, type=click.IntRange(0, 65535), help="The port."
)
@click.option("--uds", metavar="PATH", help="Bind to a Unix socket in place of an address.")
@click.option("--watch", is_flag=True, help="Follow the files: read them again when they change.")
@click.option(
    "--allow-install/--read-only", default=False, help="Let clients install profiles (in memory)."
)
@click.option("--allow-remote", is_flag=True, help="Allow an address that others can reach.")
@click.option(
    "--name",
    "names",
    metavar="HOST",
    multiple=True,
    help="A name that clients use for the service; other Host headers are refused.",
)
@click.option("--log", metavar="FILE", help="Write decisions as JSON Lines; `-` is standard error.")
@click.option("--log-urls", is_flag=True, help="Write whole URLs to the log, not only hosts.")
@click.pass_context
def serve(
    context: click.Context,
    inputs: InputOptions,
    matching: str,
    host: str,
    port: int,
    uds: str | None,
    watch: bool,
    allow_install: bool,
    allow_remote: bool,
    names: tuple[str, ...],
    log: str | None,
    log_urls: bool,
) -> None:
    """Read everything once, then answer until interrupted."""
    if "-" in inputs.profiles and watch:
        raise click.UsageError("--watch cannot follow standard input")
    if uds is None and not allow_remote and not _is_loopback(host):
        raise click.UsageError(
            f"--host {host} can be reached by others; add --allow-remote if that is intended"
        )
    with imports_of("serve"):
        from ssoroute.service.app import Service
        from ssoroute.service.decision_log import DecisionLog
        from ssoroute.service.server import run
    served = _served(inputs, matching)
    with _log(log) as stream:
        decisions = DecisionLog(stream, urls=log_urls) if stream else None
        service = Service(served, allow_install=allow_install, log=decisions)
        hosts = None if uds else {host, "127.0.0.1", "[::1]", *_LOOPBACK_NAMES, *names}
        run(
            service,
            hosts=hosts,
            host=host,
            port=port,
            uds=uds,
            follow=_files(inputs) if watch else (),
            say=complain,
        )
    context.exit(Status.YES)


def _served(inputs: InputOptions, matching: str) -> Served:
    """What the service answers from; it can read the files again."""
    from ssoroute.service.configuration import Configuration, Served

    def read() -> Configuration:
        found = reread_inputs(inputs)
        if found.profiles.errors:
            raise InvalidInputError(map(str, found.profiles.errors))
        return Configuration(tuple(found.profiles), found.device, Matching(matching))

    try:
        return Served(read)
    except InvalidInputError as error:
        raise InputError(error.problems) from None


def _files(inputs: InputOptions) -> tuple[str, ...]:
    paths = tuple(path for path in inputs.profiles if path != "-")
    return (*paths, inputs.device) if inputs.device else paths


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host in _LOOPBACK_NAMES


@contextlib.contextmanager
def _log(path: str | None) -> Iterator[TextIO | None]:
    if path is None:
        yield None
    elif path == "-":
        yield sys.stderr
    else:
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        except (OSError, ValueError) as error:
            raise InputError(f"{one_line(path)}: error: {cannot('written', error)}") from None
        with open(descriptor, "a", encoding="utf-8") as stream:
            yield stream
