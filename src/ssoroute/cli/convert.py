"""`ssoroute convert`: a profile becomes a declaration, and a declaration a profile."""

from __future__ import annotations

import sys
from typing import Final

import click

from ssoroute.cli.files import standard_input, write_bytes
from ssoroute.cli.status import InputError
from ssoroute.cli.terminal import complain, show_source
from ssoroute.conversion import ConversionError, Converted, to_declaration, to_profile
from ssoroute.install.effective_keys import HIDDEN
from ssoroute.loaders import load
from ssoroute.model.finding import LoadError, Severity
from ssoroute.model.profile import PayloadDictionary, Profile, ProfileKind
from ssoroute.model.quoting import counted

__all__ = ["convert"]

_HELP: Final = """\
Make a declaration of a profile, or a profile of a declaration.

What has no counterpart is listed on standard error, and so is what is changed. Without
--output the result is shown, and secrets are hidden in it.

\b
Examples:
  ssoroute convert corp.mobileconfig
  ssoroute convert --output corp.json corp.mobileconfig
  ssoroute convert --to profile --output corp.mobileconfig corp.json

\b
Exit status:
  0  it is converted; standard error says what is left out
  2  usage error
  3  the file cannot be read or converted
"""


@click.command(help=_HELP, short_help="Make a declaration of a profile, or the other way.")
@click.argument("path", metavar="FILE")
@click.option(
    "--to",
    "wanted",
    type=click.Choice([kind.value for kind in ProfileKind]),
    help="The form of the result; if not given, the other one.",
)
@click.option(
    "--payload",
    "number",
    metavar="NUMBER",
    type=click.IntRange(min=1),
    help="Which SSO payload of a profile becomes the declaration, from 1, if it has several.",
)
@click.option(
    "--identifier",
    metavar="TEXT",
    help="The identifier of the result, if it is not that of the input.",
)
@click.option(
    "--output",
    metavar="FILE",
    help="Write the result to FILE, secrets included; `-` is standard output.",
)
def convert(
    path: str, wanted: str | None, number: int | None, identifier: str | None, output: str | None
) -> None:
    """Convert the profile or the declaration in a file."""
    profile = _read(path)
    if wanted == profile.kind:
        raise click.UsageError(f"the file already holds a {wanted}; leave out --to")
    if number is not None and profile.kind is ProfileKind.DECLARATION:
        raise click.UsageError("a declaration has one payload; leave out --payload")
    try:
        if profile.kind is ProfileKind.DECLARATION:
            converted = to_profile(profile, identifier=identifier)
        else:
            payload = _payload(profile, number)
            converted = to_declaration(profile, payload, identifier=identifier)
    except ConversionError as error:
        raise InputError([_with_option(problem) for problem in error.problems]) from None
    _write(converted, output)
    for left_out in converted.left_out:
        complain(str(left_out))


def _read(path: str) -> Profile:
    try:
        profiles = load(standard_input() if path == "-" else path)
    except LoadError as error:
        raise InputError([str(finding) for finding in error.findings]) from None
    problems = [str(finding) for finding in profiles.errors]
    if problems:
        raise InputError(problems)
    for finding in profiles.findings:
        if finding.severity is not Severity.INFO:
            complain(str(finding))
    if len(profiles) != 1:
        what = f"holds {counted(len(profiles), 'profile')}; convert a file with one"
        raise InputError([f"{profiles[0].source.file}: error: {what}"])
    return profiles[0]


def _payload(profile: Profile, number: int | None) -> PayloadDictionary | None:
    if number is None:
        if len(profile.payloads) > 1:
            count = counted(len(profile.payloads), "SSO payload")
            message = f"the profile has {count}, and a declaration holds one; choose with --payload"
            raise click.UsageError(message)
        return None
    if number > len(profile.payloads):
        count = counted(len(profile.payloads), "SSO payload")
        raise click.UsageError(f"--payload must be at most {len(profile.payloads)}: {count}")
    return profile.payloads[number - 1]


def _with_option(problem: str) -> str:
    return problem.replace(" an identifier", " one with --identifier")


def _write(converted: Converted, output: str | None) -> None:
    data = converted.to_bytes()
    if output == "-":
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
    elif output is not None:
        write_bytes(output, data)
    else:
        _show(converted, data)


def _show(converted: Converted, data: bytes) -> None:
    """Print the document without its secrets."""
    from ssoroute.cli.views.masked_text import masked
    from ssoroute.loaders.source_text import SourceText

    is_profile = converted.kind is ProfileKind.PROFILE
    text = SourceText.read(data)
    shown = masked(text, ["PayloadContent[0]" if is_profile else "Payload"]) if text else ""
    for line in shown.splitlines():
        show_source(line)
    if HIDDEN in shown:
        complain("values are hidden in what is shown; --output FILE writes all of it")
