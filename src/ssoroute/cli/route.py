"""`ssoroute route`: which extension gets each request, one line an answer."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import BinaryIO, Final

import click
from click.core import ParameterSource

from ssoroute.cli.inputs import Inputs, complain_of, read_inputs, standard_input
from ssoroute.cli.options import (
    REQUEST_NAMES,
    InputOptions,
    RequestOptions,
    input_options,
    matching_option,
    request_options,
    spelling_option,
)
from ssoroute.cli.request_lines import dumps, error_line, read_client_requests
from ssoroute.cli.status import InputError, Status
from ssoroute.cli.terminal import complain, show_text
from ssoroute.model.asked_by import AskedBy
from ssoroute.model.decision import Decision, Outcome
from ssoroute.model.platforms import Platform
from ssoroute.model.quoting import cannot, one_line
from ssoroute.model.request import Request, RequestError
from ssoroute.model.spelling import Spelling, SpellingError
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
  ssoroute route -p corp.mobileconfig https://login.example.com/
  ssoroute route -p profiles/ --os iOS@17 --code 401 https://intranet.example.com/
  ssoroute route -p corp.mobileconfig --jsonl requests.jsonl > decisions.jsonl

A line holds the outcome, the extension (- for none), and the reason with the rule. Exit
status: 0, or 3 if an input could not be read; with --exit-code 0 handle, 1 do_not_handle,
4 cancel.
"""


@click.command(help=_HELP, short_help="Say which SSO extension gets each request.")
@input_options
@matching_option
@spelling_option
@request_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.option(
    "--jsonl",
    metavar="FILE",
    help="Answer the requests in FILE, one JSON object a line; `-` is standard input.",
)
@click.option(
    "--exit-code", is_flag=True, help="Tell the outcome by the exit status (one URL only)."
)
@click.argument("urls", metavar="URL...", nargs=-1)
@click.pass_context
def route(
    context: click.Context,
    urls: tuple[str, ...],
    inputs: InputOptions,
    asked: RequestOptions,
    matching: str,
    spelling: Spelling,
    as_json: bool,
    jsonl: str | None,
    exit_code: bool,
) -> None:
    """Answer URLs, or the requests of a file."""
    _check_use(context, urls, jsonl, inputs, exit_code=exit_code)
    found = read_inputs(inputs)
    router = Router.from_profiles(found.profiles, device=found.device, matching=matching)
    complain_of(router.installation)
    if jsonl is not None:
        context.exit(_route_lines(router, found, jsonl, spelling))
    status, decisions = found.status, []
    if asked.caller is not None and not as_json:
        _complain_of_caller(asked.caller, found.device.platform)
    for number, url in enumerate(urls, 1):
        try:
            request = asked.request(spelling.of(url))
        except SpellingError as error:
            status = Status.UNREADABLE
            if as_json:
                show_text(dumps(error_line(number, "url", str(error))))
            else:
                complain(f"URL {number}: error: {error}")
            continue
        decision = router.route(*request.arguments)
        decisions.append(decision)
        if as_json:
            show_text(dumps(decision.to_json(url)))
        else:
            show_text(_line(decision) + _note_of_extension(router, request, decision))
    if exit_code and status is Status.YES:
        status = _STATUSES[decisions[0].outcome]
    context.exit(status)


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
        raise click.UsageError("with --jsonl the requests come from the file, leave out the URLs")
    for name in REQUEST_NAMES:
        if context.get_parameter_source(name) is not ParameterSource.DEFAULT:
            option = "--" + name.replace("_", "-")
            raise click.UsageError(
                f"with --jsonl each request says this itself, leave out {option}"
            )
    if jsonl == "-" and "-" in inputs.profiles:
        raise click.UsageError("standard input cannot be both the profile and the requests")


def _line(decision: Decision) -> str:
    extension = decision.extension.bundle_id if decision.extension else "-"
    why = f"{decision.reason} {decision.rule}" if decision.rule else str(decision.reason)
    columns = [str(decision.outcome), extension, why]
    if decision.lookalike:
        columns.append("(look-alike)")
    return "  ".join(columns)


def _route_lines(router: Router, inputs: Inputs, path: str, spelling: Spelling) -> Status:
    status = inputs.status
    with _opened(path) as stream:
        try:
            for number, parsed in read_client_requests(stream):
                answer = _answer(router, number, parsed, spelling)
                if "error" in answer:
                    status = Status.UNREADABLE
                show_text(dumps(answer), flushed=True)
        except OSError as error:
            raise _unreadable(path, error) from None
    return status


def _opened(path: str) -> AbstractContextManager[BinaryIO]:
    if path == "-":
        return nullcontext(standard_input())
    try:
        return open(path, "rb")
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise _unreadable(path, error) from None


def _answer(
    router: Router,
    number: int,
    parsed: tuple[Request, AskedBy | None] | RequestError,
    spelling: Spelling,
) -> dict[str, object]:
    if isinstance(parsed, RequestError):
        return error_line(number, parsed.field, parsed.message)
    request, by = parsed
    if by is not None:
        return _client_answer(router, number, request, by)
    try:
        url = spelling.of(request.url)
    except SpellingError as error:
        return error_line(number, "url", str(error))
    return router.route(*replace(request, url=url).arguments).to_json(request.url)


def _note_of_extension(router: Router, request: Request, decision: Decision) -> str:
    """What the extension does with the request of a known caller, as the last column."""
    if request.caller is None or decision.outcome is not Outcome.HANDLE:
        return ""
    after = router.explain(*request.arguments).afterwards()
    if after is None or after.statement is Statement.UNKNOWN:
        return ""
    key = f" by {after.key}" if after.key else ""
    provided = "; see explain" if after.provided else ""
    return f"  ({after.statement}{key}{provided})"


def _complain_of_caller(caller: str, platform: Platform) -> None:
    from ssoroute.cli.by_client import caller_hint  # only a named caller can be that of a client

    hint = caller_hint(caller, platform)
    if hint is not None:
        complain(f"hint: {hint}")


def _client_answer(router: Router, number: int, request: Request, by: AskedBy) -> dict[str, object]:
    from ssoroute.asking.asked import answer_asked_by  # only requests of a client need it

    try:
        handover, decision = answer_asked_by(router, request, by)
    except RequestError as error:
        return error_line(number, error.field, error.message)
    told = {"name": by.client, "app": by.app, **handover.to_json()}
    return decision.to_json(request.url) | {"client": told}


def _unreadable(path: str, error: OSError | ValueError) -> InputError:
    return InputError([f"{one_line(path)}: error: {cannot('read', error)}"])
