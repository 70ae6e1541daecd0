"""`ssoroute explain`: how a request is decided, step by step, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from ssoroute.cli.answering import explained, explanation_to_json
from ssoroute.cli.by_client import ClientOptions, caller_hint, client_options, explain_by_client
from ssoroute.cli.configured import configured
from ssoroute.cli.inputs import read_router
from ssoroute.cli.options import InputOptions, RequestOptions
from ssoroute.cli.request_lines import dumps, error_line
from ssoroute.cli.site_options import complain_of_unneeded_sites, sites_option
from ssoroute.cli.status import Status
from ssoroute.cli.terminal import complain, show, show_text
from ssoroute.cli.url_arguments import refuse_passwords, url_arguments, url_options
from ssoroute.cli.views.site_files import site_lines, sites_to_json
from ssoroute.cli.watching import paths_of, repeated, watch_option
from ssoroute.model.request import RequestError
from ssoroute.model.spelling import Spelling
from ssoroute.routing.explanation import Explanation, explanation_lines

if TYPE_CHECKING:
    from ssoroute.real_device import RealDevice

__all__ = ["explain"]


_HELP: Final = """\
Show how each request is decided, payload by payload, and what would change the answer.

\b
Examples:
  ssoroute explain corp.mobileconfig https://login.example.com/
  ssoroute explain --sysdiagnose sysdiagnose.tar.gz https://login.example.com/
  ssoroute explain -p profiles/ --locked https://login.example.com/
  ssoroute explain profiles/ --client chrome https://login.example.com/

A file or folder among the arguments is a profile, as with -p. Each statement is marked as
documented (by Apple), observed (on devices), vendor (by the vendor of the extension), or a reading
(ours).
"""


@click.command(
    help=_HELP, short_help="Show how each request is decided, and what would change the answer."
)
@repeated
@configured
@url_options
@client_options
@sites_option
@click.option(
    "--managed/--unmanaged",
    default=None,
    help="Whether the MDM manages the app that asks; some extensions decide by this.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@watch_option(lambda inputs, sites, **_: [*paths_of(inputs), *sites.values()])
@click.pass_context
def explain(
    context: click.Context,
    urls: tuple[str, ...],
    inputs: InputOptions,
    asked: RequestOptions,
    matching: str,
    spelling: Spelling,
    by: ClientOptions | None,
    sites: dict[str, str],
    managed: bool | None,
    as_json: bool,
) -> None:
    """Explain URLs, one after another."""
    if not urls:
        raise click.UsageError("no URL: name at least one")
    router, found = read_router(inputs, matching)
    unneeded = complain_of_unneeded_sites([router.installation], sites)
    if by is not None:
        refuse_passwords(urls)
        explain_by_client(router, urls, by, asked, managed=managed, as_json=as_json)
        context.exit(found.status or unneeded)
    status, hint = found.status, caller_hint(asked.caller, found.device.platform)
    for number, given, _, request in url_arguments(urls, asked, spelling):
        if isinstance(request, RequestError):
            status = Status.UNREADABLE
            if as_json:
                show_text(dumps(error_line(number, request)))
            else:
                complain(f"URL {number}: error: {request}")
            continue
        explanation, view = explained(
            router, asked.request(given), request, spelling, hint, managed
        )
        if as_json:
            members = explanation_to_json(explanation, view)
            facts = _facts_to_json(explanation, found.real)
            show_text(dumps(members | facts | sites_to_json(router.installation, sites)))
        else:
            if number > 1:
                show_text("")
            show(explanation_lines(explanation, view))
            _show_facts(explanation, found.real)
            show(site_lines(router.installation, sites))
    context.exit(status or unneeded)


def _show_facts(explanation: Explanation, real: RealDevice | None) -> None:
    if real is not None:
        from ssoroute.cli.views.device_facts import fact_lines

        show(fact_lines(explanation, real))


def _facts_to_json(explanation: Explanation, real: RealDevice | None) -> dict[str, object]:
    if real is None:
        return {}
    from ssoroute.real_device.of_explanation import facts_to_json

    return facts_to_json(explanation, real)
