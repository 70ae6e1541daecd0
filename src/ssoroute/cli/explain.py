"""`ssoroute explain`: the way of a request, and why it ends where it does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from ssoroute.cli.by_client import ClientOptions, caller_hint, client_options, explain_by_client
from ssoroute.cli.inputs import complain_of, read_inputs
from ssoroute.cli.options import (
    InputOptions,
    RequestOptions,
    input_options,
    matching_option,
    request_options,
    spelling_option,
)
from ssoroute.cli.request_lines import dumps, error_line
from ssoroute.cli.status import Status
from ssoroute.cli.terminal import complain, show, show_text
from ssoroute.cli.views.explanation import Spelled, explanation_lines
from ssoroute.model.spelling import Spelling, SpellingError
from ssoroute.routing.explain import Explanation
from ssoroute.routing.router import Router

if TYPE_CHECKING:
    from ssoroute.real_device import RealDevice

__all__ = ["explain"]


_HELP: Final = """\
Tell the way of each request, payload by payload, and what would change the answer.

\b
Examples:
  ssoroute explain -p corp.mobileconfig https://login.example.com/
  ssoroute explain --sysdiagnose sysdiagnose.tar.gz https://login.example.com/
  ssoroute explain -p profiles/ --caller com.apple.Safari --locked https://login.example.com/
  ssoroute explain -p profiles/ --client chrome https://login.example.com/

What is said is marked as documented (by Apple), observed (on devices), vendor (the vendor of
the extension says so), or a reading (ours).
"""


@click.command(
    help=_HELP, short_help="Tell the way of each request, and what would change the answer."
)
@input_options
@matching_option
@spelling_option
@request_options
@client_options
@click.option(
    "--managed/--unmanaged",
    default=None,
    help="Whether the MDM manages the app that asks; some extensions decide by this.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.argument("urls", metavar="URL...", nargs=-1, required=True)
@click.pass_context
def explain(
    context: click.Context,
    urls: tuple[str, ...],
    inputs: InputOptions,
    asked: RequestOptions,
    matching: str,
    spelling: Spelling,
    by: ClientOptions | None,
    managed: bool | None,
    as_json: bool,
) -> None:
    """Explain URLs, one after another."""
    found = read_inputs(inputs)
    router = Router.from_profiles(found.profiles, device=found.device, matching=matching)
    complain_of(router.installation)
    if by is not None:
        explain_by_client(router, urls, by, asked, managed=managed, as_json=as_json)
        context.exit(found.status)
    status, hint = found.status, caller_hint(asked.caller, found.device.platform)
    for number, url in enumerate(urls, 1):
        try:
            explanation = router.explain(*asked.request(spelling.of(url)).arguments)
        except SpellingError as error:
            status = Status.UNREADABLE
            if as_json:
                show_text(dumps(error_line(number, "url", str(error))))
            else:
                complain(f"URL {number}: error: {error}")
            continue
        view = Spelled(
            url, spelling, _other(router, asked, url, spelling, explanation), hint, managed
        )
        if as_json:
            show_text(dumps(_to_json(explanation, view) | _facts_to_json(explanation, found.real)))
        else:
            if number > 1:
                show_text("")
            show(explanation_lines(explanation, view))
            if found.real is not None:
                from ssoroute.cli.views.device_facts import fact_lines

                show(fact_lines(explanation, found.real))
    context.exit(status)


def _other(
    router: Router, asked: RequestOptions, url: str, spelling: Spelling, explanation: Explanation
) -> Explanation | None:
    """The explanation in the other spelling, where that gives another answer."""
    text = spelling.other_of(url)
    if text is None or text == explanation.request.url:
        return None
    other = router.explain(*asked.request(text).arguments)
    return None if other.decision == explanation.decision else other


def _facts_to_json(explanation: Explanation, real: RealDevice | None) -> dict[str, object]:
    if real is None:
        return {}
    from ssoroute.cli.views.device_facts import facts_of, log_of

    return {
        "device_facts": [fact.to_json() for fact in facts_of(explanation)],
        "log_facts": [fact.to_json() for fact in log_of(explanation, real)],
    }


def _to_json(explanation: Explanation, view: Spelled) -> dict[str, object]:
    value = explanation.to_json()
    after = view.afterwards(explanation)
    value["afterwards"] = after and after.to_json()
    value["decision"] = explanation.decision.to_json(view.given)
    value["spelling"] = {
        "used": view.spelling,
        "url": explanation.request.url,
        "other": view.other and view.other.decision.to_json(view.other.request.url),
    }
    value["hint"] = view.hint
    return value
