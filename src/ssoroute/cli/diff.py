"""`ssoroute diff`: which requests change hands between two sets of profiles."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import BinaryIO, Final

import click
from click.core import ParameterSource

from ssoroute.cli.inputs import Inputs, complain_of, read_inputs, standard_input
from ssoroute.cli.options import (
    InputOptions,
    device_options,
    one_device,
    real_device_options,
    spelling_option,
)
from ssoroute.cli.real_device import looks_like_a_device
from ssoroute.cli.request_lines import read_requests
from ssoroute.cli.status import InputError, Status
from ssoroute.cli.terminal import complain, show, show_text
from ssoroute.cli.views.difference import Counted, json_lines, markdown_lines, text_lines
from ssoroute.model.platforms import Platform, Version
from ssoroute.model.quoting import cannot, one_line
from ssoroute.model.request import RequestError
from ssoroute.model.spelling import Spelling, SpellingError
from ssoroute.relations.difference import Tally
from ssoroute.relations.difference import diff as compare
from ssoroute.relations.globs import UndecidedError
from ssoroute.routing.router import Router

__all__ = ["diff"]


_HELP: Final = """\
Say which requests change hands between the profiles OLD and NEW.

OLD and NEW are each a profile, a declaration, a dump, or a folder of them; - is standard input. Or
they are the sysdiagnoses of devices. With --sysdiagnose, that device is OLD, and only NEW is named.

\b
Examples:
  ssoroute diff old.mobileconfig new.mobileconfig
  ssoroute diff --os iOS@18 --markdown main/profiles branch/profiles
  ssoroute diff --sysdiagnose sysdiagnose.tar.gz new.mobileconfig
  ssoroute diff --requests requests.jsonl old.mobileconfig new.mobileconfig

\b
Exit status:
  0  no request changes hands, which is proved and not sampled
  1  some do; each region is shown once, with a request that both sides were asked
  2  the command was not written as it should be
  3  an input could not be read, or it takes too long to decide
"""


@click.command(help=_HELP, short_help="Say which requests change hands between profiles.")
@real_device_options
@device_options
@click.option(
    "--requests",
    metavar="FILE",
    help="Only the requests in FILE, one JSON object a line, and how many; `-` is standard input.",
)
@spelling_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--markdown", is_flag=True, help="Print a table for a merge request.")
@click.option("-v", "--verbose", is_flag=True, help="Tell everything noticed while loading.")
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW", required=False)
@click.pass_context
def diff(
    context: click.Context,
    old: str,
    new: str | None,
    sysdiagnose: str | None,
    device_folder: str | None,
    os: tuple[Platform, Version | None] | None,
    device: str | None,
    user: str | None,
    requests: str | None,
    spelling: Spelling,
    as_json: bool,
    markdown: bool,
    verbose: bool,
) -> None:
    """Compare two sets of profiles on one device."""
    _check_use(context, (old, new, requests), as_json=as_json, markdown=markdown)
    options = InputOptions(
        (), None, os, device, verbose, user, one_device(sysdiagnose, device_folder)
    )
    sides = _sides(context, options, old, new)
    routers = [_router(side) for side in sides]
    status = max(side.status for side in sides)
    counted = None
    try:
        if requests is None:
            found = compare(*routers)
            changes = [Counted(change) for change in found.changes]
        else:
            tally = Tally(*routers)
            status = max(status, _count(tally, requests, spelling))
            changes = [Counted(change, count) for change, count in tally.changes()]
            counted = tally.requests
    except UndecidedError as error:
        raise InputError([str(error)]) from None
    if as_json:
        for line in json_lines(changes, counted):
            show_text(line)
    elif markdown:
        for line in markdown_lines(changes, counted):
            show_text(line)
    else:
        show(text_lines(changes, counted))
    context.exit(status or (Status.NO if changes else Status.YES))


def _sides(
    context: click.Context, options: InputOptions, first: str, second: str | None
) -> list[Inputs]:
    """Both sides; a device that an option names is the old one, and the device of both."""
    if options.sysdiagnose is None:
        if second is None:
            raise click.UsageError("Missing argument 'NEW'.", context)
        return [read_inputs(_side(options, path)) for path in (first, second)]
    if second is not None:
        raise click.UsageError(
            "OLD is the device that the option names; leave out one of the paths"
        )
    old = read_inputs(options)
    if looks_like_a_device(first):
        return [old, read_inputs(_side(options, first))]
    new = read_inputs(replace(_side(options, first), sysdiagnose=None))
    return [old, replace(new, device=old.device)]


def _side(options: InputOptions, path: str) -> InputOptions:
    if path != "-" and looks_like_a_device(path):
        return replace(options, sysdiagnose=path)
    return replace(options, profiles=(path,))


def _check_use(
    context: click.Context, paths: Sequence[str | None], *, as_json: bool, markdown: bool
) -> None:
    if as_json and markdown:
        raise click.UsageError("--json and --markdown are two forms of one answer, leave one out")
    if paths.count("-") > 1:
        raise click.UsageError("standard input can be read once only")
    spelling_is_given = context.get_parameter_source("spelling") is not ParameterSource.DEFAULT
    if paths[-1] is None and spelling_is_given:
        raise click.UsageError("--spelling is about the URLs of --requests, leave it out")


def _router(side: Inputs) -> Router:
    router = Router.from_profiles(side.profiles, device=side.device)
    complain_of(router.installation)
    return router


def _count(tally: Tally, path: str, spelling: Spelling) -> Status:
    """Count the requests of a file; what is none is told, and the rest counts."""
    status = Status.YES
    shown = one_line(path)
    try:
        with _opened(path) as stream:
            for number, request in read_requests(stream):
                try:
                    if isinstance(request, RequestError):
                        raise request
                    tally.add(replace(request, url=spelling.of(request.url)))
                except (RequestError, SpellingError) as error:
                    status = Status.UNREADABLE
                    complain(f"{shown}: line {number}: error: {error}")
    except OSError as error:
        raise InputError([f"{shown}: error: {cannot('read', error)}"]) from None
    return status


def _opened(path: str) -> AbstractContextManager[BinaryIO]:
    if path == "-":
        return nullcontext(standard_input())
    return open(path.replace("\0", "\ufffd"), "rb")
