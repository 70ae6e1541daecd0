"""Reads the profiles and the device that the options name; problems go to standard error."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

import click

from ssoroute.cli.files import standard_input
from ssoroute.cli.mac import MacError, profiles_of_this_mac, version_of_this_mac
from ssoroute.cli.options import InputOptions
from ssoroute.cli.status import InputError, Status
from ssoroute.cli.terminal import complain
from ssoroute.install.refusal import Refusal
from ssoroute.loaders import load
from ssoroute.loaders.device_file import device_members
from ssoroute.model.device import Device
from ssoroute.model.errors import DeviceError
from ssoroute.model.finding import Finding, LoadError, Severity
from ssoroute.model.platforms import Platform, Version
from ssoroute.model.profile import Profiles
from ssoroute.routing.router import Matching, Router

__all__ = ["Inputs", "complain_of_refusals", "read_device", "read_inputs", "read_router"]


@dataclass(frozen=True, slots=True)
class Inputs:
    """The profiles and the device; `status` is `UNREADABLE` if any input cannot be read."""

    profiles: Profiles
    device: Device
    status: Status


def read_inputs(options: InputOptions) -> Inputs:
    """Read what `options` name; findings go to standard error.

    `InputError` if nothing can be read, `click.UsageError` for misuse.
    """
    device = read_device(options.device, options.os)
    profiles = _load(options)
    for finding in (*profiles.errors, *profiles.findings):
        if options.verbose or finding.severity is not Severity.INFO:
            complain(str(finding))
    return Inputs(profiles, device, Status.UNREADABLE if profiles.errors else Status.YES)


def read_router(options: InputOptions, matching: str = Matching.SYSTEM) -> tuple[Router, Inputs]:
    """The router of what `options` name; refused profiles go to standard error as well."""
    found = read_inputs(options)
    router = Router.from_profiles(found.profiles, device=found.device, matching=matching)
    complain_of_refusals(router.refused)
    return router, found


def complain_of_refusals(refusals: tuple[Refusal, ...]) -> None:
    """Report on standard error which profiles the device refuses, one line each."""
    for refusal in refusals:
        problem, *rest = refusal.problems
        code = problem.code.label
        other = f"; the other is {problem.other}" if problem.other else ""
        more = f" (and {len(rest)} more, see `ssoroute show`)" if rest else ""
        complain(f"{problem.source}: refused: {problem.message}{other} [{code}]{more}")


def read_device(path: str | None, os: tuple[Platform, Version | None] | None) -> Device:
    """The device that `--device` and `--os` describe together.

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
    elif sys.platform == "darwin" and not members.keys() & {"platform", "version"}:
        try:
            members["version"] = version_of_this_mac()
        except MacError as error:
            raise InputError([str(error)]) from None
    return Device(**members)


def _load(options: InputOptions) -> Profiles:
    try:
        if options.profiles:
            paths = (standard_input() if path == "-" else path for path in options.profiles)
            return load(*paths, channel=options.channel)
        if sys.platform == "darwin":
            return load(profiles_of_this_mac(), channel=options.channel)
    except MacError as error:
        raise InputError([str(error)]) from None
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
