"""`ssoroute show`: the profiles as the device holds them.

Each view is two functions of the router: one that gives lines, one that gives the members of a
JSON object. A new view is a flag here and an entry in `_VIEWS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

import click

from ssoroute.cli.configured import configured
from ssoroute.cli.inputs import Inputs, for_user, read_inputs_of_all_users
from ssoroute.cli.options import InputOptions, input_options, profile_arguments
from ssoroute.cli.request_lines import dumps
from ssoroute.cli.site_options import complain_of_unneeded_sites, sites_option
from ssoroute.cli.terminal import Line, Span, heading, show_text
from ssoroute.cli.terminal import show as show_lines
from ssoroute.cli.views.associated_domains import domains_lines, domains_to_json
from ssoroute.cli.views.effective_keys import keys_json, keys_text
from ssoroute.cli.views.installed_text import device_lines, held_lines
from ssoroute.cli.views.site_files import site_lines, sites_to_json
from ssoroute.model.device import Device
from ssoroute.model.profile import users_of
from ssoroute.routing.holdings import held_to_json
from ssoroute.routing.router import Router

__all__ = ["show"]


class _View(NamedTuple):
    lines: Callable[[Router], Iterator[Line]]
    to_json: Callable[[Router], dict[str, object]]


def _keys_lines(router: Router) -> Iterator[Line]:
    profiles = (installed.profile for installed in router.installation.installed)
    yield ()
    yield from ((Span(line),) for line in keys_text(profiles, router.device))


def _keys_to_json(router: Router) -> dict[str, object]:
    profiles = (installed.profile for installed in router.installation.installed)
    return {"keys": keys_json(profiles, router.device)}


_VIEWS: Final = {
    "held": _View(held_lines, held_to_json),
    "domains": _View(domains_lines, domains_to_json),
    "keys": _View(_keys_lines, _keys_to_json),
}


_HELP: Final = """\
Show the profiles as the device holds them.

\b
Examples:
  ssoroute show first.mobileconfig second.mobileconfig
  ssoroute show -p profiles/ --device laptop.toml --domains
  ssoroute show -p profiles/ --os macOS@26.0 --keys

Shows installed, refused, replaced and inactive profiles, payloads and prefixes, and finally what is
active, in the order in which the device asks. Secrets are never shown.
"""


@click.command(help=_HELP, short_help="Show the profiles as the device holds them.")
@configured
@profile_arguments
@input_options
@sites_option
@click.option("--domains", is_flag=True, help="Show the associated domains that are needed.")
@click.option("--keys", is_flag=True, help="Show the effective value of every key.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def show(
    context: click.Context,
    inputs: InputOptions,
    sites: dict[str, str],
    domains: bool,
    keys: bool,
    as_json: bool,
) -> None:
    """Show one view, or several in a row."""
    found = read_inputs_of_all_users(inputs)
    routers = _routers(found, inputs)
    given = {"domains": domains, "keys": keys}
    views = [_VIEWS[name] for name in given if given[name]]
    views = views or [_VIEWS["held"]]
    if as_json:
        for line in dumps(_to_json(found.device, routers, views, sites), indent=2).split("\n"):
            show_text(line)
    else:
        show_lines(device_lines(found.device))
        for user, router in routers.items():
            if len(routers) > 1:
                show_lines(heading(f"as it is for the user {user}"))
            for view in views:
                show_lines(view.lines(router))
            show_lines(site_lines(router.installation, sites))
    unneeded = complain_of_unneeded_sites((r.installation for r in routers.values()), sites)
    context.exit(found.status or unneeded)


def _routers(found: Inputs, inputs: InputOptions) -> dict[str | None, Router]:
    """One router, or one for each user, if there are several and none was chosen."""
    users = users_of(found.profiles)
    if inputs.user is not None or len(users) <= 1:
        found = for_user(found, inputs.user)
        return {inputs.user: Router.from_profiles(found.profiles, device=found.device)}
    return {
        user: Router.from_profiles(found.profiles, device=found.device, user=user) for user in users
    }


def _to_json(
    device: Device,
    routers: dict[str | None, Router],
    views: list[_View],
    sites: dict[str, str],
) -> dict[str, object]:
    each: list[dict[str, object]] = []
    for user, router in routers.items():
        members: dict[str, object] = {"user": user} if len(routers) > 1 else {}
        for view in views:
            members |= view.to_json(router)
        members |= sites_to_json(router.installation, sites)
        each.append(members)
    common: dict[str, object] = {"schema": 1, "device": device.to_json()}
    return common | (each[0] if len(each) == 1 else {"users": each})
