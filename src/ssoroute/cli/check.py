"""`ssoroute check`: what is wrong with profiles, before they are deployed."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

import click

from ssoroute.checks.rules import CheckRule, rules
from ssoroute.cli.inputs import read_device, standard_input
from ssoroute.cli.progress import progress
from ssoroute.cli.request_lines import dumps
from ssoroute.cli.status import InputError, Status
from ssoroute.cli.terminal import Line, Span, Style, paragraph, show, show_text
from ssoroute.cli.views.findings.found import Found, is_unreadable
from ssoroute.loaders import load
from ssoroute.model.errors import DeviceError
from ssoroute.model.finding import Finding, LoadError, Severity
from ssoroute.model.platforms import Platform, Version, parse_os
from ssoroute.model.profile import Profiles
from ssoroute.model.quoting import cannot, one_line, quote

if TYPE_CHECKING:
    from ssoroute.checks.baseline import Baseline
    from ssoroute.model.device import Device

__all__ = ["check"]

_HELP: Final = """\
Check profiles before they are deployed, a whole set at once, in the order of installation.

\b
Examples:
  ssoroute check corp.mobileconfig
  ssoroute check --os macOS@15.4 --os iOS@18 profiles/
  ssoroute check --format sarif --ignore SSO2,SSO801 profiles/
  ssoroute check --explain SSO202

\b
Exit status:
  0  nothing was found but infos
  1  errors or warnings were found
  2  the command was not written as it should be
  3  something could not be read; the rest was checked

Nothing is downloaded. Secrets are never shown.
"""
_FORMATS: Final = ("text", "json", "sarif", "github", "junit")


class _Choice(NamedTuple):
    """Which findings are wanted."""

    selected: tuple[str, ...]
    ignored: tuple[str, ...]
    least: Severity

    def wants(self, finding: Finding) -> bool:
        # What could not be read is always said: the rest of the answer depends on it.
        if is_unreadable(finding):
            return True
        order = list(Severity)
        return (
            (not self.selected or finding.code.startswith(self.selected))
            and not (self.ignored and finding.code.startswith(self.ignored))
            and order.index(finding.severity) <= order.index(self.least)
        )


def _read_codes(
    _context: click.Context, _parameter: click.Parameter, values: Sequence[str]
) -> tuple[str, ...]:
    codes = [code.strip().upper() for value in values for code in value.split(",")]
    for code in codes:
        if not any(known.startswith(code) for known in rules()) or not code:
            nearest = difflib.get_close_matches(code, rules(), n=1)
            hint = f"did you mean {nearest[0]}?" if nearest else "`--list-rules` shows them"
            raise click.BadParameter(f"no code begins with {quote(code)}; {hint}")
    return tuple(codes)


def _read_targets(
    _context: click.Context, _parameter: click.Parameter, values: Sequence[str]
) -> list[tuple[Platform, Version | None]]:
    try:
        return [parse_os(value) for value in values]
    except DeviceError as error:
        raise click.BadParameter(str(error)) from None


def _read_sites(
    _context: click.Context, _parameter: click.Parameter, values: Sequence[str]
) -> dict[str, str]:
    sites = {}
    for value in values:
        host, equals, file = value.partition("=")
        if not equals or not host or not file:
            raise click.BadParameter(f"{quote(value)} is not HOST=FILE")
        if host.lower() in sites:
            raise click.BadParameter(f"{quote(host)} is given twice")
        sites[host.lower()] = file
    return sites


def _explain(context: click.Context, _parameter: click.Parameter, value: str | None) -> None:
    if value is None:
        return
    rule = rules().get(value.strip().upper())
    if rule is None:
        nearest = difflib.get_close_matches(value.upper(), rules(), n=1)
        hint = f"did you mean {nearest[0]}?" if nearest else "`--list-rules` shows them"
        raise click.BadParameter(f"no rule has the code {quote(value)}; {hint}")
    show(_rule_lines(rule))
    context.exit()


def _list_rules(context: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if wanted:
        for rule in rules().values():
            columns = f"{rule.code}  {rule.severity.value:<7}  {rule.authority.value:<10}"
            show_text(f"{columns}  {rule.title}")
        context.exit()


def _rule_lines(rule: CheckRule) -> Iterator[Line]:
    yield (Span(f"{rule.code}: {rule.title}", Style.STRONG),)
    yield (Span(f"{rule.severity.value}, {rule.authority.value}; {rule.docs}", Style.DIM),)
    yield ()
    yield from paragraph(rule.text)
    if rule.hint:
        yield ()
        yield from paragraph(Span("hint: ", Style.STRONG), rule.hint)


@click.command(help=_HELP, short_help="Check profiles before they are deployed.")
@click.argument("paths", metavar="PATH...", nargs=-1)
@click.option(
    "--os",
    "targets",
    metavar="NAME[@VERSION]",
    multiple=True,
    callback=_read_targets,
    help="A platform and version to check against, such as macOS@15.4 or iOS; repeat it for"
    " several. If not given: the newest macOS, or the newest iOS if all extensions are known ones"
    " for iOS.",
)
@click.option(
    "--device",
    "device_file",
    metavar="FILE",
    help="A TOML or JSON file that describes the device, and the platform if --os does not say it.",
)
@click.option(
    "--select",
    "selected",
    metavar="CODES",
    multiple=True,
    callback=_read_codes,
    help="Show only findings whose code begins with one of these (SSO2,SSO401).",
)
@click.option(
    "--ignore",
    "ignored",
    metavar="CODES",
    multiple=True,
    callback=_read_codes,
    help="Leave out findings whose code begins with one of these.",
)
@click.option(
    "--severity",
    type=click.Choice([severity.value for severity in Severity]),
    help="The least severity to show. By default all, but the text form only counts infos.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(_FORMATS),
    default="text",
    show_default=True,
    help="The form of the answer.",
)
@click.option("--baseline", metavar="FILE", help="Leave out the findings that FILE knows.")
@click.option(
    "--write-baseline",
    metavar="FILE",
    help="Write what is found to FILE, for --baseline, and exit with 0.",
)
@click.option(
    "--aasa",
    "sites",
    metavar="HOST=FILE",
    multiple=True,
    callback=_read_sites,
    help="The apple-app-site-association file of a host; repeat it.",
)
@click.option(
    "--list-rules",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_list_rules,
    help="List all rules.",
)
@click.option(
    "--explain",
    metavar="CODE",
    is_eager=True,
    expose_value=False,
    callback=_explain,
    help="Say what a rule means.",
)
@click.pass_context
def check(
    context: click.Context,
    paths: tuple[str, ...],
    targets: list[tuple[Platform, Version | None]],
    device_file: str | None,
    selected: tuple[str, ...],
    ignored: tuple[str, ...],
    severity: str | None,
    form: str,
    baseline: str | None,
    write_baseline: str | None,
    sites: dict[str, str],
) -> None:
    """Check what `paths` name."""
    if not paths:
        raise click.UsageError("no profiles: name files or folders")
    if paths.count("-") > 1:
        raise click.UsageError("standard input (`-`) can be read once only")
    given: list[tuple[Platform, Version | None] | None] = [*targets]
    if device_file is not None:
        given = given or [None]
    devices = [read_device(device_file, target) for target in given]
    known = _read_baseline(baseline) if baseline is not None else None
    with progress("reading") as advance, _without_sockets():
        profiles = _load(paths)
        assumed = "" if devices else _assumed(profiles)
        findings = _run(profiles, devices, sites, partial(advance, "checking"))
    choice = _Choice(selected, ignored, Severity(severity or Severity.INFO))
    wanted = [finding for finding in findings if choice.wants(finding)]
    unread = any(is_unreadable(finding) for finding in wanted)
    if write_baseline is not None:
        _write_baseline(write_baseline, wanted)
    if known is not None:
        wanted = _new(wanted, known)
    files = dict.fromkeys(profile.source.file for profile in profiles)
    found = Found(tuple(wanted), tuple(files), complete=not unread, assumed=assumed)
    _print(form, found, infos=severity is not None)
    if unread:
        context.exit(Status.UNREADABLE)
    is_bad = any(finding.severity is not Severity.INFO for finding in wanted)
    context.exit(Status.NO if is_bad and write_baseline is None else Status.YES)


def _load(paths: tuple[str, ...]) -> Profiles:
    try:
        return load(*(standard_input() if path == "-" else path for path in paths))
    except LoadError as error:
        errors = [found for found in error.findings if found.severity is Severity.ERROR]
        others = [found for found in error.findings if found.severity is not Severity.ERROR]
        return Profiles((), tuple(others), tuple(errors))


def _assumed(profiles: Profiles) -> str:
    """The target that the profiles imply, or nothing for the usual one."""
    from ssoroute.checks.engine import default_targets
    from ssoroute.model.device import Device

    (target,) = default_targets(profiles, [])
    return "" if target == Device() else str(target)


def _run(
    profiles: Profiles,
    targets: list[Device],
    sites: dict[str, str],
    step: Callable[[int, int], None],
) -> list[Finding]:
    from ssoroute.checks.engine import run

    return run(profiles, targets, dict(sites), step)


@contextmanager
def _without_sockets() -> Iterator[None]:
    """Let nothing that is imported on the way look for a network.

    What `tldextract` brings along would open a socket when it is imported, to see whether there is
    IPv6; it goes by this flag. Nothing is ever sent, but nothing is opened either.
    """
    import socket

    there_is = socket.has_ipv6
    socket.has_ipv6 = False
    try:
        yield
    finally:
        socket.has_ipv6 = there_is


def _print(form: str, found: Found, *, infos: bool) -> None:
    # Only the form that is wanted is loaded.
    if form == "text":
        from ssoroute.cli.views.findings.text import text_lines

        show(text_lines(found, infos=infos))
        return
    if form == "json":
        from ssoroute.cli.views.findings.as_json import json_lines as lines
    elif form == "sarif":
        from ssoroute.cli.views.findings.sarif import sarif_lines as lines
    elif form == "github":
        from ssoroute.cli.views.findings.github import github_lines as lines
    else:
        from ssoroute.cli.views.findings.junit import junit_lines as lines
    for line in lines(found):
        show_text(line)


def _read_baseline(path: str) -> Baseline:
    from ssoroute.checks.baseline import BaselineError, read_baseline

    try:
        with open(path, "rb") as file:
            return read_baseline(json.loads(file.read()))
    except BaselineError as error:
        raise InputError([f"{one_line(path)}: error: {error}"]) from None
    except OSError as error:
        raise InputError([_cannot("read", path, error)]) from None
    except (ValueError, RecursionError):
        raise InputError([f"{one_line(path)}: error: the baseline is not JSON"]) from None


def _write_baseline(path: str, findings: list[Finding]) -> None:
    from ssoroute.atomic_file import replace_file
    from ssoroute.checks.baseline import to_json

    accepted = [finding for finding in findings if not is_unreadable(finding)]
    try:
        replace_file(path, dumps(to_json(accepted), indent=2) + "\n")
    except (OSError, ValueError) as error:
        raise InputError([_cannot("written", path, error)]) from None


def _new(findings: list[Finding], known: Baseline) -> list[Finding]:
    from ssoroute.checks.baseline import without_known

    return without_known(findings, known)


def _cannot(what: str, path: str, error: OSError | ValueError) -> str:
    return f"{one_line(path)}: error: {cannot(what, error)}"
