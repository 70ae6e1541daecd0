"""`ssoroute aasa`: the file that each site must serve, so that devices approve the extensions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import click

from ssoroute.cli.configured import configured
from ssoroute.cli.inputs import read_router
from ssoroute.cli.options import InputOptions, input_options, profile_arguments
from ssoroute.cli.request_lines import dumps
from ssoroute.cli.status import InputError, Status
from ssoroute.cli.terminal import Line, Span, Style, complain, paragraph, show, show_text
from ssoroute.install.associated_domains import Need, needs
from ssoroute.install.served_files import ServedFile, served_files
from ssoroute.model.nearest import did_you_mean
from ssoroute.model.quoting import quote
from ssoroute.model.urls import without_password

__all__ = ["aasa"]

_HELP: Final = """\
Show the apple-app-site-association file that each host must serve for the Redirect prefixes.

\b
Examples:
  ssoroute aasa corp.mobileconfig
  ssoroute aasa -p profiles/ --extension com.example.sso --json
  ssoroute aasa profiles/ --host id.example.com > apple-app-site-association

Each site confirms an extension by its team and bundle identifier. If a site already serves a file,
add the member `authsrv` to it. Nothing is downloaded.

\b
Exit status:
  0  the files are complete
  1  a profile is refused, or the team of an extension is not known; the files
     are without it
  2  usage error
  3  an input is invalid or cannot be read
"""


@click.command(help=_HELP, short_help="Show the file that each site must serve.")
@configured
@profile_arguments
@input_options
@click.option(
    "--extension", metavar="ID", help="Only the files for the extension with this identifier."
)
@click.option("--host", metavar="HOST", help="Print only the file of HOST, ready to be served.")
@click.option(
    "--team", metavar="TEAM", help="The team of the extensions whose payloads do not name one."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def aasa(
    context: click.Context,
    inputs: InputOptions,
    extension: str | None,
    host: str | None,
    team: str | None,
    as_json: bool,
) -> None:
    """Show one file for each host."""
    if host is not None and as_json:
        raise click.UsageError("--host prints the file itself, which is JSON; leave out --json")
    router, found = read_router(inputs)
    refused = bool(router.installation.refused)
    wanted = needs(router.installation)
    if extension is not None:
        wanted = _of_extension(wanted, extension)
    files = served_files(wanted, team)
    if host is not None:
        files = [_of_host(files, host)]
    unnamed = dict.fromkeys(n.extension.bundle_id for f in files for n in f.without_team)
    for name in unnamed:
        complain(f"error: no payload names the team of {quote(name)}; add --team TEAM")
    if refused:
        complain("warning: the files do not confirm what only refused profiles need")
    if as_json:
        for line in dumps(_to_json(files), indent=2).split("\n"):
            show_text(line)
    elif host is not None:
        _show_content(files[0])
    else:
        _show_files(files)
    context.exit(found.status or (Status.NO if refused or unnamed else Status.YES))


def _of_extension(wanted: Sequence[Need], bundle_id: str) -> list[Need]:
    found = [need for need in wanted if need.extension.bundle_id == bundle_id]
    if not found:
        known = dict.fromkeys(need.extension.bundle_id for need in wanted)
        what = f"error: no installed URL prefix is for the extension {quote(bundle_id)}"
        raise InputError(what + _hint(bundle_id, list(known)))
    return found


def _of_host(files: Sequence[ServedFile], host: str) -> ServedFile:
    for file in files:
        if file.host == host.lower():
            return file
    known = [file.host for file in files]
    what = f"error: no installed URL prefix needs the host {quote(host)}"
    raise InputError(what + _hint(host, known))


def _hint(given: str, known: Sequence[str]) -> str:
    return f"; {did_you_mean(given, known)}" if known else ""


def _show_files(files: Sequence[ServedFile]) -> None:
    if not files:
        show_text("no host needs a file: no Redirect payload is installed")
    for number, file in enumerate(files):
        if number:
            show_text("")
        show(_lines(file))
        _show_content(file)


def _lines(file: ServedFile) -> Iterator[Line]:
    yield from paragraph(Span(file.url, Style.STRONG))
    for need in (*file.needs, *file.without_team):
        prefixes = ", ".join(without_password(prefix.text) for prefix in need.prefixes)
        yield from paragraph(f"for {need.extension}: {prefixes}", indent=2, hang=2)


def _show_content(file: ServedFile) -> None:
    for line in dumps(file.content, indent=2).split("\n"):
        show_text(line)


def _to_json(files: Sequence[ServedFile]) -> dict[str, object]:
    return {
        "schema": 1,
        "files": [
            {
                "host": file.host,
                "url": file.url,
                "content": file.content,
                "extensions": [_need_to_json(need) for need in file.needs],
                "without_team": [_need_to_json(need) for need in file.without_team],
            }
            for file in files
        ],
    }


def _need_to_json(need: Need) -> dict[str, object]:
    return {
        "extension": need.extension.to_json(),
        "entry": need.entry,
        "prefixes": [prefix.to_json() for prefix in need.prefixes],
    }
