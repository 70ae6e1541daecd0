"""`ssoroute diff`: which requests two sets of profiles answer differently."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import click
from click.core import ParameterSource

from ssoroute.cli.configured import configured
from ssoroute.cli.diff_sides import Target, sides_of, to_device_options
from ssoroute.cli.inputs import Inputs, complain_of
from ssoroute.cli.options import (
    InputOptions,
    device_options,
    format_option,
    matching_option,
    one_device,
    real_device_options,
    spelling_option,
)
from ssoroute.cli.request_lines import read_requests, spelled
from ssoroute.cli.status import Status
from ssoroute.cli.terminal import complain, show, show_text
from ssoroute.cli.views.difference import (
    Compared,
    full_lines,
    json_lines,
    lines_by,
    markdown_lines,
    text_lines,
    without_spellings,
)
from ssoroute.cli.views.difference_by import By
from ssoroute.cli.views.difference_groups import Counted, rules_of
from ssoroute.model.platforms import Platform, Version
from ssoroute.model.quoting import one_line
from ssoroute.model.request import Request, RequestError
from ssoroute.model.spelling import Spelling
from ssoroute.relations.difference import ChangeCounter
from ssoroute.relations.difference import diff as compare
from ssoroute.routing.router import Router

__all__ = ["diff"]

_FORMS: Final = ("text", "json", "markdown", "full")

_HELP: Final = """\
Say which requests the profiles OLD and NEW answer differently.

OLD and NEW are each a profile, a declaration, a dump, or a folder of them; - is standard input, and
an empty folder or /dev/null means no profile. Or they are the sysdiagnoses of devices. With
--sysdiagnose, that device is OLD, and only NEW is named. With --git, OLD is a revision, NEW the
working tree, and the arguments are the paths to compare (all *.mobileconfig without them). With
--to-os or --to-device, NEW is on another device, and its profiles are those of OLD if only OLD is
named.

\b
Examples:
  ssoroute diff old.mobileconfig new.mobileconfig
  ssoroute diff --git origin/main --format markdown -- profiles/
  ssoroute diff --os macOS@14 --to-os macOS@15 corp.mobileconfig
  ssoroute diff --requests requests.jsonl old.mobileconfig new.mobileconfig

\b
Exit status:
  0  no request is answered differently, which is proved and not sampled
  1  some are; each group is shown with a request that both sides were asked
  2  usage error
  3  an input is invalid or cannot be read, or it takes too long to decide
"""


@click.command(help=_HELP, short_help="Say which requests two sets of profiles answer differently.")
@configured
@real_device_options
@device_options
@to_device_options
@matching_option
@click.option(
    "--requests",
    metavar="FILE",
    help="Compare only the requests in FILE, one JSON object a line, and count them;"
    " `-` is standard input.",
)
@spelling_option
@click.option(
    "--git", "revision", metavar="REV", help="Compare this revision with the working tree."
)
@format_option(
    _FORMS,
    "The form of the answer: markdown is a table for a merge request, full shows each region"
    " by itself.",
)
@click.option(
    "--by",
    type=click.Choice([by.value for by in By]),
    callback=lambda _context, _parameter, value: value and By(value),
    help="Group the changes by what each had and has. With rule, other spellings count as well.",
)
@click.option("-v", "--verbose", is_flag=True, help="Show infos of loading as well.")
@click.argument("paths", metavar="OLD NEW", nargs=-1)
@click.pass_context
def diff(
    context: click.Context,
    paths: tuple[str, ...],
    sysdiagnose: str | None,
    device_folder: str | None,
    os: tuple[Platform, Version | None] | None,
    device: str | None,
    user: str | None,
    matching: str,
    requests: str | None,
    spelling: Spelling,
    revision: str | None,
    form: str,
    by: By | None,
    to_os: tuple[Platform, Version | None] | None,
    to_device: str | None,
    verbose: bool,
) -> None:
    """Compare two sets of profiles, on one device or on two."""
    _check_use(context, (*paths, requests))
    if by is not None and form not in ("text", "json"):
        raise click.UsageError(f"--by groups text and JSON; leave out --format {form}")
    options = InputOptions(
        (), None, os, device, verbose, user, one_device(sysdiagnose, device_folder)
    )
    sides = sides_of(context, options, paths, revision, Target(to_os, to_device))
    routers = [_router(side, matching) for side in sides]
    status = max(side.status for side in sides)
    if requests is None:
        compared = _compared(*routers)
        if compared.undecided:
            status = Status.UNREADABLE
    else:
        tally = ChangeCounter(*routers)
        status = max(status, _count(tally, requests, spelling))
        changes = [Counted(change, count) for change, count in tally.changes()]
        compared = Compared(changes, tally.requests)
    if by is not By.RULE:
        compared = without_spellings(compared)
    _print(compared, routers, form, by)
    context.exit(status or (Status.NO if compared.changes else Status.YES))


def _compared(old: Router, new: Router) -> Compared:
    """All requests compared; what cannot be decided goes to standard error as well."""
    found = compare(old, new)
    for region in found.undecided:
        complain(f"undecided, because too many patterns with `*` meet: {region}")
    return Compared([Counted(change) for change in found.changes], None, found.undecided)


def _print(compared: Compared, routers: Sequence[Router], form: str, by: By | None) -> None:
    if form == "json":
        for line in json_lines(compared, by):
            show_text(line)
    elif form == "markdown":
        for line in markdown_lines(compared, rules_of(routers)):
            show_text(line)
    elif form == "full":
        show(full_lines(compared))
    elif by is not None:
        show(lines_by(compared, by))
    else:
        show(text_lines(compared, rules_of(routers)))


def _check_use(context: click.Context, paths: Sequence[str | None]) -> None:
    if paths.count("-") > 1:
        raise click.UsageError("standard input can be read only once")
    spelling_is_given = context.get_parameter_source("spelling") is not ParameterSource.DEFAULT
    if paths[-1] is None and spelling_is_given:
        raise click.UsageError("--spelling is for the URLs of --requests; leave it out")


def _router(side: Inputs, matching: str) -> Router:
    router = Router.from_profiles(side.profiles, device=side.device, matching=matching)
    complain_of(router.installation)
    return router


def _count(tally: ChangeCounter, path: str, spelling: Spelling) -> Status:
    """Count the requests in a file. Invalid lines are reported and skipped."""
    status = Status.YES
    for number, given in read_requests(path):
        request = spelled(given, spelling) if isinstance(given, Request) else given
        if isinstance(request, RequestError):
            status = Status.UNREADABLE
            complain(f"{one_line(path)}: line {number}: error: {request}")
        else:
            tally.add(request)
    return status
