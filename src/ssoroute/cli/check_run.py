"""What `ssoroute check` does before it prints: loads the profiles and runs the checks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
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

__all__ = ["Checked", "devices_of", "files_of", "load_for_check", "run_checks", "sets_of"]

#: Gets how much is done, and of how much.
Step = Callable[[int, int], None]
# Findings: those that are left, and those that comments end.
_Divided = tuple[list[Finding], list[Finding]]


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


@dataclass(frozen=True, slots=True)
class Checked:
    """The findings, those that comments end, and the devices; `assumed` names one not given."""

    findings: Sequence[Finding]
    ended: Sequence[Finding]
    devices: list[Device]
    assumed: str


def run_checks(
    profiles: Profiles,
    devices: list[Device],
    sites: dict[str, str],
    step: Step,
    *,
    each: bool,
) -> Checked:
    """Check for `devices`, or for the one that the profiles imply if there is none.

    With `each`, every file is a set of its own.
    """
    assumed = "" if devices else _assumed_target(profiles)
    if not devices and not assumed:
        devices = [read_device(None, None)]
    check = _check_each if each else _check_all
    return Checked(*check(profiles, devices, sites, step), devices, assumed)


def files_of(profiles: Profiles) -> tuple[str, ...]:
    """The files of the profiles, in order."""
    return tuple(dict.fromkeys(profile.source.file for profile in profiles))


def _assumed_target(profiles: Profiles) -> str:
    """The target that the profiles imply, or an empty text for the default target."""
    from ssoroute.checks.engine import default_targets
    from ssoroute.model.device import Device

    (target,) = default_targets(profiles, [])
    return "" if target == Device() else str(target)


def _check_all(
    profiles: Profiles, devices: list[Device], sites: dict[str, str], step: Step
) -> _Divided:
    from ssoroute.checks.engine import run

    return run(profiles, devices, sites, step)


def _check_each(
    profiles: Profiles, devices: list[Device], sites: dict[str, str], step: Step
) -> _Divided:
    from ssoroute.checks.engine import run

    sets = sets_of(profiles, each=True)
    left, ended = run(_of_other_files(profiles, set(files_of(profiles))), devices, {})
    for number, alone in enumerate(sets, 1):
        more_left, more_ended = run(alone, devices, sites, beside=profiles)
        left += more_left
        ended += more_ended
        step(number, len(sets))
    return list(dict.fromkeys(left)), list(dict.fromkeys(ended))


def sets_of(profiles: Profiles, *, each: bool) -> list[Profiles]:
    """The sets that are checked: all profiles as one, or with `each` those of every file."""
    if not each:
        return [profiles]
    return [_of_file(profiles, file) for file in files_of(profiles)]


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
