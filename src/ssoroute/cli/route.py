"""`ssoroute route`: which extension gets each request, one line an answer."""

from __future__ import annotations

from typing import Final

import click
from click.core import ParameterSource

from ssoroute.cli.answering import decision_of
from ssoroute.cli.configured import configured
from ssoroute.cli.inputs import Inputs, read_router
from ssoroute.cli.options import REQUEST_NAMES, InputOptions, RequestOptions
from ssoroute.cli.request_lines import dumps, error_line, read_client_requests, with_id
from ssoroute.cli.site_options import complain_of_unneeded_sites, sites_option
from ssoroute.cli.status import Status
from ssoroute.cli.terminal import Span, complain, show, show_text
from ssoroute.cli.url_arguments import url_arguments, url_options
from ssoroute.cli.views.site_files import UNNEEDED, site_facts
from ssoroute.model.decision import Decision, Outcome
from ssoroute.model.platforms import Platform
from ssoroute.model.request import Request, RequestError
from ssoroute.model.spelling import Spelling
from ssoroute.routing.afterwards import Statement
from ssoroute.routing.router import Router

__all__ = ["route"]

_STATUSES: Final = {
    Outcome.HANDLE: Status.YES,
    Outcome.DO_NOT_HANDLE: Status.NO,
    Outcome.CANCEL: Status.CANCEL,
}


_HELP: Final = """\
Say which SSO extension gets each request, one line an answer.

\b
Examples:
  ssoroute route corp.mobileconfig https://login.example.com/
  ssoroute route -p profiles/ --os iOS@17 --code 401 https://wiki.example.com/
  ssoroute route -p corp.mobileconfig --jsonl requests.jsonl > decisions.jsonl

A file or folder among the arguments is a profile, as with -p. A line holds the outcome, the
extension (- for none), the reason with the rule, and the URL. A line that begins with `error` holds
what is wrong with a URL. Exit status: 0, or 3 if an input is invalid or cannot be read; with
--exit-code 0 handle, 1 do_not_handle, 4 cancel.
"""


@click.command(help=_HELP, short_help="Say which SSO extension gets each request.")
@configured
@url_options
@sites_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.option(
    "--jsonl",
    metavar="FILE",
    help="Answer the requests in FILE, one JSON object a line; `-` is standard input.",
)
@click.option(
    "--exit-code", is_flag=True, help="Show the outcome by the exit status (only for one URL)."
)
@click.pass_context
def route(
    context: click.Context,
    urls: tuple[str, ...],
    inputs: InputOptions,
    asked: RequestOptions,
    matching: str,
    spelling: Spelling,
    sites: dict[str, str],
    as_json: bool,
    jsonl: str | None,
    exit_code: bool,
) -> None:
    """Answer URLs, or the requests of a file."""
    _check_use(context, urls, jsonl, inputs, exit_code=exit_code)
    router, found = read_router(inputs, matching)
    for fact in site_facts(router.installation, sites):
        if fact.text != UNNEEDED:
            complain(f"{fact.file}: site of {fact.host}: {fact.text}")
    unneeded = complain_of_unneeded_sites([router.installation], sites)
    if jsonl is not None:
        context.exit(_route_lines(router, found, jsonl, spelling) or unneeded)
    status, decisions = found.status, []
    if asked.caller is not None and not as_json:
        _complain_of_caller(asked.caller, found.device.platform)
    for number, _, url, request in url_arguments(urls, asked, spelling):
        if isinstance(request, RequestError):
            status = Status.UNREADABLE
            answer = error_line(number, request)
            line = _columns("error", None, str(request), url)
        else:
            decision = router.route(*request.arguments)
            decisions.append(decision)
            answer = decision.to_json(url)
            line = "" if as_json else _line(router, request, decision, url)
        if as_json:
            show_text(dumps(answer))
        else:
            show([(Span(line),)])
    if exit_code and status is Status.YES:
        context.exit(_STATUSES[decisions[0].outcome])
    context.exit(status or unneeded)


def _check_use(
    context: click.Context,
    urls: tuple[str, ...],
    jsonl: str | None,
    inputs: InputOptions,
    *,
    exit_code: bool,
) -> None:
    if exit_code and (len(urls) != 1 or jsonl is not None):
        raise click.UsageError("--exit-code takes exactly one URL")
    if jsonl is None:
        if not urls:
            raise click.UsageError("no URL: name one, or a file of requests with --jsonl")
        return
    if urls:
        raise click.UsageError("with --jsonl the requests come from the file; leave out the URLs")
    for name in REQUEST_NAMES:
        if context.get_parameter_source(name) is not ParameterSource.DEFAULT:
            option = "--" + name.replace("_", "-")
            raise click.UsageError(
                f"with --jsonl the line of a request says this; leave out {option}"
            )
    if jsonl == "-" and "-" in inputs.profiles:
        raise click.UsageError("standard input cannot be both the profile and the requests")


def _line(router: Router, request: Request, decision: Decision, url: str) -> str:
    why = f"{decision.reason} {decision.rule}" if decision.rule else str(decision.reason)
    if decision.lookalike:
        why += " (look-alike)"
    why += _note_of_extension(router, request, decision)
    extension = decision.extension.bundle_id if decision.extension else None
    return _columns(decision.outcome, extension, why, url)


def _columns(*columns: str | None) -> str:
    return "  ".join(column or "-" for column in columns)


def _route_lines(router: Router, inputs: Inputs, path: str, spelling: Spelling) -> Status:
    status = inputs.status
    for number, id_, said in read_client_requests(path):
        try:
            if isinstance(said, RequestError):
                raise said
            answer = decision_of(router, *said, spelling)
        except RequestError as error:
            answer = error_line(number, error)
            status = Status.UNREADABLE
        show_text(dumps(with_id(answer, id_)), flushed=True)
    return status


def _note_of_extension(router: Router, request: Request, decision: Decision) -> str:
    """What the extension does with the request of a known caller, in parentheses."""
    if request.caller is None or decision.outcome is not Outcome.HANDLE:
        return ""
    after = router.explain(*request.arguments).afterwards()
    if after is None or after.statement is Statement.UNKNOWN:
        return ""
    key = f" by {after.key}" if after.key else ""
    provided = "; see explain" if after.provided else ""
    return f" ({after.statement}{key}{provided})"


def _complain_of_caller(caller: str, platform: Platform) -> None:
    from ssoroute.cli.by_client import caller_hint  # only a named caller can be that of a client

    hint = caller_hint(caller, platform)
    if hint is not None:
        complain(f"hint: {hint}")
