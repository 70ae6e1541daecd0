"""Reads the profiles and the device that the options name; problems go to standard error."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import click

from ssoroute.cli.files import standard_input
from ssoroute.cli.mac import MacError, profiles_of_this_mac, version_of_this_mac
from ssoroute.cli.options import InputOptions
from ssoroute.cli.real_device import members_of, read_real_device
from ssoroute.cli.status import InputError, Status
from ssoroute.cli.terminal import complain
from ssoroute.install.installation import Installation
from ssoroute.install.refusal import Problem
from ssoroute.loaders import load
from ssoroute.loaders.device_file import device_members
from ssoroute.loaders.signature_check import RootsError
from ssoroute.model.device import Device
from ssoroute.model.errors import DeviceError, InvalidInputError
from ssoroute.model.finding import Finding, LoadError, Severity
from ssoroute.model.platforms import Platform, Version
from ssoroute.model.profile import Profiles, of_user
from ssoroute.model.quoting import quote
from ssoroute.routing.router import Matching, Router

if TYPE_CHECKING:
    from ssoroute.real_device import RealDevice

__all__ = [
    "Inputs",
    "complain_of",
    "complain_of_strangers",
    "for_user",
    "has_errors",
    "read_device",
    "read_inputs",
    "read_inputs_of_all_users",
    "read_router",
]


@dataclass(frozen=True, slots=True)
class Inputs:
    """The profiles and the device; `status` is `UNREADABLE` if any input cannot be read."""

    profiles: Profiles
    device: Device
    status: Status
    real: RealDevice | None = None


def read_inputs(options: InputOptions) -> Inputs:
    """Read what `options` name, the profiles of one user; findings go to standard error.

    `InputError` if nothing can be read, `click.UsageError` for misuse.
    """
    return for_user(read_inputs_of_all_users(options), options.user)


def reread_inputs(options: InputOptions) -> Inputs:
    """As `read_inputs`, for a program that keeps running; raises `InvalidInputError`."""
    try:
        return read_inputs(options)
    except InputError as error:
        raise InvalidInputError(error.problems) from None
    except click.UsageError as error:  # the files have become those of several users
        raise InvalidInputError(error.format_message()) from None


def for_user(inputs: Inputs, user: str | None) -> Inputs:
    """`inputs` with the profiles of one user; `click.UsageError` if it is unclear which one."""
    try:
        items = of_user(inputs.profiles, user)
    except DeviceError as error:
        hint = "" if user else " (with --user)"
        raise click.UsageError(f"{error}{hint}") from None
    return replace(inputs, profiles=replace(inputs.profiles, items=items))


def read_inputs_of_all_users(options: InputOptions) -> Inputs:
    """As `read_inputs`, but with the profiles of all users, whichever the options name."""
    real = None
    if options.sysdiagnose is not None:
        real = read_real_device(options.sysdiagnose, verbose=options.verbose)
    device = read_device(options.device, options.os, real.device if real else None)
    profiles = _load(options, real)
    for finding in (*profiles.errors, *profiles.findings):
        if options.verbose or finding.severity is not Severity.INFO:
            complain(str(finding))
    complain_of_strangers(options.device, device, profiles)
    is_whole = not profiles.errors and not (real and has_errors(real))
    return Inputs(profiles, device, Status.YES if is_whole else Status.UNREADABLE, real)


def read_router(options: InputOptions, matching: str = Matching.SYSTEM) -> tuple[Router, Inputs]:
    """The router of what `options` name; refused profiles go to standard error as well."""
    found = read_inputs(options)
    router = Router.from_profiles(found.profiles, device=found.device, matching=matching)
    complain_of(router.installation)
    return router, found


def has_errors(real: RealDevice) -> bool:
    """Whether a source of the device could not be read."""
    return any(finding.severity is Severity.ERROR for finding in real.findings)


def complain_of_strangers(path: str | None, device: Device, profiles: Profiles) -> None:
    """Say on standard error which identifiers of the device file at `path` concern no payload."""
    if path is None or not device.associated_domains:
        return
    from ssoroute.install.associated_domains import strangers

    for identifier, nearest in strangers(profiles, device):
        what = f"the associated domains of {quote(identifier)} concern no payload"
        hint = f"; the nearest extension is {quote(nearest)}" if nearest else ""
        complain(f"{path}: warning: {what}{hint}")


def complain_of(*installations: Installation) -> None:
    """Say on standard error what is wrong with what is, or would be, installed; each line once."""
    lines = (line for installation in installations for line in _complaints(installation))
    for line in dict.fromkeys(lines):
        complain(line)


def _complaints(installation: Installation) -> Iterator[str]:
    for refusal in installation.refused:
        yield _complaint(refusal.problems, "refused: ")
    for installed in installation.installed:
        if installed.conflicts:
            yield _complaint(installed.conflicts, "warning: installed, although ")


def _complaint(problems: tuple[Problem, ...], what: str) -> str:
    problem, *rest = problems
    other = f"; the other is {problem.other}" if problem.other else ""
    more = f" (and {len(rest)} more, see `ssoroute show`)" if rest else ""
    return f"{problem.source}: {what}{problem.message}{other} [{problem.code.label}]{more}"


def read_device(
    path: str | None, os: tuple[Platform, Version | None] | None, real: Device | None = None
) -> Device:
    """The device that `--device` and `--os` describe together; what they leave out is as in `real`.

    If neither names the platform, it is the newest macOS, or this Mac with its own version.
    `InputError` for a file that cannot be read, `click.UsageError` if both name the platform.
    """
    members: dict[str, Any] = {}
    if path is not None:
        try:
            members = device_members(path)
        except DeviceError as error:
            raise InputError(error.problems) from None
    if os is not None:
        named = [name for name in ("platform", "version") if name in members]
        if named:
            raise click.UsageError(
                f"--os and the device file both name the {' and the '.join(named)}; leave one out"
            )
        members["platform"], members["version"] = os
    elif real is None and sys.platform == "darwin" and not members.keys() & {"platform", "version"}:
        try:
            members["version"] = version_of_this_mac()
        except MacError as error:
            raise InputError([str(error)]) from None
    if real is not None:
        known = members_of(real)
        replaced = {"version" if name == "platform" else name for name in members}
        known["sources"] = {k: v for k, v in real.sources.items() if k[0] not in replaced}
        if "platform" in members:
            known["version"] = None  # that of another platform says nothing
        members = known | members
    return Device(**members)


def _load(options: InputOptions, real: RealDevice | None) -> Profiles:
    if real is None:
        return _load_profiles(options)
    if not options.profiles:
        if not real.has_profiles:
            raise InputError([f"{options.sysdiagnose}: error: no profiles; name them with -p"])
        return real.profiles
    found = _load_profiles(options)
    return replace(found, items=real.profiles.items + found.items)


def _load_profiles(options: InputOptions) -> Profiles:
    try:
        if options.files or options.profiles:
            named = (standard_input() if path == "-" else path for path in options.profiles)
            return load(
                *(options.files or named),
                channel=options.channel,
                trusted_roots=options.trusted_roots,
                max_bytes=options.max_bytes,
            )
        if sys.platform == "darwin":
            return load(profiles_of_this_mac(), channel=options.channel)
    except MacError as error:
        raise InputError([str(error)]) from None
    except RootsError as error:
        raise InputError(error.problems) from None
    except LoadError as error:
        return _nothing(error.findings)
    raise click.UsageError(
        "no profiles: name them with -p/--profiles (only a Mac knows which ones are installed)"
    )


def _nothing(findings: tuple[Finding, ...]) -> Profiles:
    """No profile, because the inputs hold none; `InputError` if one cannot be read."""
    if any(finding.severity is Severity.ERROR for finding in findings):
        raise InputError([str(finding) for finding in findings])
    for finding in findings:
        complain(str(finding))  # infos as well: they say why nothing matches
    return Profiles(findings=tuple(f for f in findings if f.severity is not Severity.INFO))
