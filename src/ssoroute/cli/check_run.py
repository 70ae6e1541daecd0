"""What `ssoroute check` does before it prints: loads the profiles and runs the checks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ssoroute.cli.files import standard_input
from ssoroute.cli.inputs import read_device
from ssoroute.cli.status import InputError
from ssoroute.loaders import load
from ssoroute.loaders.signature_check import RootsError
from ssoroute.model.finding import Finding, LoadError, Severity
from ssoroute.model.profile import Profiles

if TYPE_CHECKING:
    from ssoroute.model.device import Device
    from ssoroute.model.platforms import Platform, Version

__all__ = ["assumed_target", "devices_of", "load_for_check", "run_checks", "sets_of"]


def load_for_check(paths: tuple[str, ...], roots: str | None, max_bytes: int) -> Profiles:
    """The profiles at `paths`; if nothing can be loaded, only the findings that say why.

    `InputError` if the trusted `roots` cannot be read.
    """
    sources = (standard_input() if path == "-" else path for path in paths)
    try:
        return load(*sources, trusted_roots=roots, max_bytes=max_bytes)
    except RootsError as error:
        raise InputError(error.problems) from None
    except LoadError as error:
        errors = [found for found in error.findings if found.severity is Severity.ERROR]
        others = [found for found in error.findings if found.severity is not Severity.ERROR]
        return Profiles((), tuple(others), tuple(errors))


def devices_of(
    device_file: str | None,
    targets: Iterable[tuple[Platform, Version | None]],
    real: Device | None = None,
) -> list[Device]:
    """The devices that are named; none if no option and no configuration names one."""
    given: list[tuple[Platform, Version | None] | None] = [*targets]
    if device_file is not None or real is not None:
        given = given or [None]
    return [read_device(device_file, target, real) for target in given]


def assumed_target(profiles: Profiles) -> str:
    """The target that the profiles imply, or an empty text for the default target."""
    from ssoroute.checks.engine import default_targets
    from ssoroute.model.device import Device

    (target,) = default_targets(profiles, [])
    return "" if target == Device() else str(target)


def run_checks(
    profiles: Profiles,
    targets: list[Device],
    sites: dict[str, str],
    step: Callable[[int, int], None],
    *,
    each: bool,
) -> tuple[Sequence[Finding], Sequence[Finding]]:
    """The findings, and those that comments end; with `each`, every file is a set of its own."""
    from ssoroute.checks.engine import run

    if not each:
        return run(profiles, targets, sites, step)
    sets = sets_of(profiles, each=True)
    files = {profile.source.file for profile in profiles}
    left, ignored = run(_of_other_files(profiles, files), targets, {})
    for number, alone in enumerate(sets, 1):
        more, ended = run(alone, targets, sites, beside=profiles)
        left += more
        ignored += ended
        step(number, len(sets))
    return list(dict.fromkeys(left)), list(dict.fromkeys(ignored))


def sets_of(profiles: Profiles, *, each: bool) -> list[Profiles]:
    """The sets that are checked: all profiles as one, or with `each` those of every file."""
    if not each:
        return [profiles]
    files = dict.fromkeys(profile.source.file for profile in profiles)
    return [_of_file(profiles, file) for file in files]


def _of_file(profiles: Profiles, file: str) -> Profiles:
    return Profiles(
        tuple(profile for profile in profiles if profile.source.file == file),
        tuple(finding for finding in profiles.findings if finding.source.file == file),
        tuple(finding for finding in profiles.errors if finding.source.file == file),
        tuple(comment for comment in profiles.comments if comment.source.file == file),
    )


def _of_other_files(profiles: Profiles, files: Collection[str]) -> Profiles:
    """What was found in files without a profile."""
    return replace(
        profiles,
        items=(),
        findings=tuple(f for f in profiles.findings if f.source.file not in files),
        errors=tuple(f for f in profiles.errors if f.source.file not in files),
        comments=tuple(c for c in profiles.comments if c.source.file not in files),
    )
