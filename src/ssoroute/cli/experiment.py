"""`ssoroute experiment`: what is not documented, and the test that would settle it."""

from __future__ import annotations

from typing import Final

import click

from ssoroute.cli.options import Decorator
from ssoroute.cli.request_lines import dumps
from ssoroute.cli.terminal import show, show_text
from ssoroute.cli.views.experiments import experiment_lines, list_lines
from ssoroute.evidence.profiles import Extensions, profile_text
from ssoroute.evidence.table import Experiment, ProfileSketch, experiments
from ssoroute.model.nearest import did_you_mean
from ssoroute.model.quoting import quote

__all__ = ["experiment"]

_HELP: Final = """\
Show what is observed or a reading, and the test that would settle it.

\b
Examples:
  ssoroute experiment
  ssoroute experiment wildcard
  ssoroute experiment wildcard --profile star > star.mobileconfig

Without NAME it lists the experiments and the facts that each would settle. With NAME it
prints the profiles and the steps of one. The profiles are installed by an MDM.
"""

_DEFAULT: Final = Extensions()


def _identifier(option: str, default: str, text: str) -> Decorator:
    return click.option(option, metavar="ID", default=default, show_default=True, help=text)


@click.command(help=_HELP, short_help="Show what is not documented, and how to settle it.")
@click.option(
    "--profile", metavar="PROFILE", help="Print only this profile of the experiment, for a file."
)
@_identifier("--extension", _DEFAULT.first, "The bundle identifier of your test extension.")
@_identifier("--second", _DEFAULT.second, "The bundle identifier of a second one.")
@_identifier("--team", _DEFAULT.team, "Their team identifier.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.argument("name", required=False)
def experiment(
    name: str | None,
    profile: str | None,
    extension: str,
    second: str,
    team: str,
    as_json: bool,
) -> None:
    """List the experiments, or show one."""
    if name is None:
        if profile is not None:
            raise click.UsageError("--profile goes with the name of an experiment")
        found = list(experiments().values())
    else:
        found = [_named(name)]
    extensions = Extensions(extension, second, team)
    if profile is not None:
        _show_text_of(profile_text(found[0], _profile(found[0], profile), extensions))
    elif as_json:
        members = {"schema": 1, "experiments": [one.to_json() for one in found]}
        _show_text_of(dumps(members, indent=2))
    elif name is None:
        show(list_lines(found))
    else:
        show(experiment_lines(found[0], extensions))


def _show_text_of(text: str) -> None:
    for line in text.rstrip("\n").split("\n"):
        show_text(line)


def _named(name: str) -> Experiment:
    found = experiments().get(name)
    if found is None:
        raise click.UsageError(
            f"unknown experiment {quote(name)}, {did_you_mean(name, experiments())}"
        )
    return found


def _profile(of: Experiment, name: str) -> ProfileSketch:
    known = {profile.name: profile for profile in of.profiles}
    if name not in known:
        raise click.UsageError(
            f"the experiment {quote(of.name)} has no profile {quote(name)},"
            f" {did_you_mean(name, known)}"
        )
    return known[name]
