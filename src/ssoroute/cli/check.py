"""`ssoroute check`: what is wrong with profiles, before they are deployed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import click

from ssoroute.cli.baseline_file import (
    complain_of_stale,
    read_baseline_file,
    without_known_findings,
    write_baseline_file,
)
from ssoroute.cli.check_options import (
    Selection,
    explain_rule,
    list_rules,
    selection_options,
    targets_option,
)
from ssoroute.cli.check_run import devices_of, files_of, load_for_check, run_checks, sets_of
from ssoroute.cli.configured import configured
from ssoroute.cli.inputs import complain_of_strangers, has_errors
from ssoroute.cli.options import (
    MAX_BYTES,
    PROFILES,
    TRUSTED_ROOTS,
    all_profiles,
    format_option,
    one_device,
    real_device_options,
)
from ssoroute.cli.progress import progress
from ssoroute.cli.real_device import read_real_device
from ssoroute.cli.site_options import sites_option
from ssoroute.cli.status import Status
from ssoroute.cli.terminal import complain, show, show_text
from ssoroute.cli.views.findings.found import Found, is_unreadable
from ssoroute.cli.watching import repeated, watch_option
from ssoroute.model.errors import DeviceError
from ssoroute.model.finding import Finding, Severity
from ssoroute.model.platforms import Platform, Version
from ssoroute.model.profile import Profiles, of_user

if TYPE_CHECKING:
    from ssoroute.checks.baseline import Baseline
    from ssoroute.real_device import RealDevice

__all__ = ["check"]

_HELP: Final = """\
Check profiles before they are deployed, a whole set at once, in the order of installation.

\b
Examples:
  ssoroute check corp.mobileconfig
  ssoroute check --os macOS@15.4 --os iOS@18 profiles/
  ssoroute check --format sarif --ignore SSO2,SSO801 profiles/
  ssoroute check --fix --write corp.mobileconfig
  ssoroute check --explain SSO202

\b
Exit status:
  0  no error and no warning was found; with --fix: nothing is left to write
  1  errors or warnings were found; with --fix: --write would change a file
  2  usage error
  3  a file cannot be read (the rest is checked), or there is no SSO payload
"""
_FORMATS: Final = ("text", "short", "json", "sarif", "github", "gitlab", "junit")
#: The modules with other names than their forms.
_MODULES: Final = {"json": "as_json"}


def _watched(
    paths: tuple[str, ...],
    profiles: tuple[str, ...],
    sites: dict[str, str],
    device_file: str | None,
    sysdiagnose: str | None,
    device_folder: str | None,
    baseline: str | None,
    write_baseline: str | None,
    **_: object,
) -> list[str]:
    if write_baseline is not None:
        raise click.UsageError("--write-baseline writes once; leave out --watch")
    files = filter(None, (device_file, sysdiagnose, device_folder, baseline))
    return [*paths, *profiles, *sites.values(), *files]


@click.command(help=_HELP, short_help="Check profiles before they are deployed.")
@repeated
@configured
@click.argument("paths", metavar="PATH...", nargs=-1)
@PROFILES
@targets_option("the newest macOS, or iOS if all extensions are for iOS.")
@click.option(
    "--device",
    "device_file",
    metavar="FILE",
    help="A TOML or JSON file about the device.",
)
@real_device_options
@click.option("--user", metavar="NAME", help="Check as for this user only.")
@TRUSTED_ROOTS
@MAX_BYTES
@selection_options
@format_option(_FORMATS, "The form of the answer.")
@click.option("--statistics", is_flag=True, help="Show how often each code was found.")
@click.option("-q", "--quiet", is_flag=True, help="Print no findings; only set the exit status.")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 even if something was found.")
@click.option("--each", is_flag=True, help="Check each file alone, not all as one set.")
@click.option("--allow-empty", is_flag=True, help="Accept profiles without any SSO payload.")
@click.option("--baseline", metavar="FILE", help="Leave out the findings that are in FILE.")
@click.option(
    "--write-baseline",
    metavar="FILE",
    help="Write the findings to FILE, and exit with 0.",
)
@click.option("--fix", is_flag=True, help="Print certain repairs, as a diff.")
@click.option("--write", is_flag=True, help="With --fix: write the repairs.")
@sites_option
@click.option(
    "--list-rules",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=list_rules,
    help="List all rules.",
)
@click.option(
    "--explain",
    metavar="CODE",
    is_eager=True,
    expose_value=False,
    callback=explain_rule,
    help="Explain a rule.",
)
@watch_option(_watched)
@click.pass_context
def check(
    context: click.Context,
    paths: tuple[str, ...],
    profiles: tuple[str, ...],
    targets: list[tuple[Platform, Version | None]],
    device_file: str | None,
    sysdiagnose: str | None,
    device_folder: str | None,
    user: str | None,
    trusted_roots: str | None,
    max_bytes: int,
    selection: Selection,
    form: str,
    statistics: bool,
    quiet: bool,
    exit_zero: bool,
    each: bool,
    allow_empty: bool,
    baseline: str | None,
    write_baseline: str | None,
    fix: bool,
    write: bool,
    sites: dict[str, str],
) -> None:
    """Check the profiles that are named."""
    # One straight line from the options to the exit status; each step is a function.
    paths = all_profiles(profiles, paths)
    device_path = one_device(sysdiagnose, device_folder)
    _check_use(paths, form, statistics=statistics, needs_paths=device_path is None)
    _check_fix_use(form, fix=fix, write=write, other=statistics or write_baseline is not None)
    real = None if device_path is None else read_real_device(device_path, verbose=False)
    devices = devices_of(device_file, targets, real.device if real else None)
    known = read_baseline_file(baseline) if baseline is not None else None
    with progress("reading") as advance:
        given = load_for_check(paths, trusted_roots, max_bytes) if paths else Profiles()
        loaded = _of_user(_with(real, given), user)
        if devices:
            complain_of_strangers(device_file, devices[0], loaded)
        step = partial(advance, "checking")
        checked = run_checks(loaded, devices, sites, step, each=each)
    findings = selection.adjusted(checked.findings)
    shown = [finding for finding in findings if selection.takes(finding)]
    unread = any(map(is_unreadable, shown)) or (real is not None and has_errors(real))
    selected_count = len(shown)
    if write_baseline is not None:
        write_baseline_file(write_baseline, shown)
    if baseline is not None and known is not None:
        complain_of_stale(baseline, known, findings, files_of(loaded))
        shown = without_known_findings(baseline, known, shown)
    in_baseline = selected_count - len(shown)
    if fix:
        from ssoroute.cli.check_fix import fix as repair

        takes = partial(_is_to_be_repaired, selection, baseline, known)
        sets = sets_of(loaded, each=each)
        status = repair(sets, files_of(given), checked.devices, takes, write=write)
        context.exit(Status.UNREADABLE if unread else status)
    payloads = sum(len(profile.payloads) for profile in loaded)
    if not quiet:
        counts = (payloads, checked.assumed, len(checked.ended), in_baseline)
        found = Found(tuple(shown), files_of(loaded), not unread, *counts)
        _print(form, found, statistics=statistics, infos=selection.least is not None)
    if not (payloads or unread or allow_empty):
        complain("error: no profile has an SSO payload; if that is right, add --allow-empty")
        unread = True
    accepted = exit_zero or write_baseline is not None
    context.exit(Status.UNREADABLE if unread else _verdict(shown, accepted=accepted))


def _verdict(shown: list[Finding], *, accepted: bool) -> Status:
    """The status of a check in which everything could be read."""
    is_bad = any(finding.severity is not Severity.INFO for finding in shown)
    return Status.NO if is_bad and not accepted else Status.YES


def _check_use(paths: tuple[str, ...], form: str, *, statistics: bool, needs_paths: bool) -> None:
    if not paths and needs_paths:
        raise click.UsageError("no profiles: name files or folders")
    if paths.count("-") > 1:
        raise click.UsageError("standard input (`-`) can be read only once")
    if statistics and form != "text":
        raise click.UsageError("--statistics is text; leave out --format")


def _check_fix_use(form: str, *, fix: bool, write: bool, other: bool) -> None:
    if write and not fix:
        raise click.UsageError("--write belongs to --fix; add --fix")
    if fix and (form != "text" or other):
        raise click.UsageError(
            "--fix prints a diff; leave out --format, --statistics and --write-baseline"
        )


def _is_to_be_repaired(
    selection: Selection, path: str | None, baseline: Baseline | None, finding: Finding
) -> bool:
    taken = [one for one in selection.adjusted([finding]) if selection.takes(one)]
    if path is not None and baseline is not None:
        taken = without_known_findings(path, baseline, taken)
    return bool(taken)


def _with(real: RealDevice | None, given: Profiles) -> Profiles:
    """The profiles of the device, and then those that were given."""
    return replace(given, items=real.profiles.items + given.items) if real else given


def _of_user(profiles: Profiles, user: str | None) -> Profiles:
    if user is None:
        return profiles  # each of them is looked at
    try:
        return replace(profiles, items=of_user(profiles, user))
    except DeviceError as error:
        raise click.UsageError(str(error)) from None


def _print(form: str, found: Found, *, statistics: bool, infos: bool) -> None:
    if statistics:
        show(_lines("statistics", found))
    elif form == "text":
        show(_lines(form, found, infos=infos))
    else:
        for line in _lines(form, found):
            show_text(line)


def _lines(form: str, found: Found, **options: bool) -> Iterator[Any]:
    """The lines in one form; only its own module is loaded."""
    module = import_module(f"ssoroute.cli.views.findings.{_MODULES.get(form, form)}")
    lines: Iterator[Any] = getattr(module, f"{form}_lines")(found, **options)
    return lines
