"""The two sides of `ssoroute diff`: profiles on a device, each."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

import click

from ssoroute.cli.inputs import Inputs, read_device, read_inputs
from ssoroute.cli.options import InputOptions, read_os
from ssoroute.cli.real_device import looks_like_a_device
from ssoroute.cli.status import InputError, Status
from ssoroute.loaders.device_file import device_members
from ssoroute.model.device import Device
from ssoroute.model.errors import DeviceError
from ssoroute.model.platforms import Platform, Version
from ssoroute.model.profile import Profiles

__all__ = ["Target", "sides_of", "to_device_options"]

#: How many paths OLD and NEW are.
_BOTH: Final = 2


class Target(NamedTuple):
    """What the options say of the device of NEW, if it differs from that of OLD."""

    os: tuple[Platform, Version | None] | None
    device: str | None


def to_device_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give `command` the options of `Target`, as its arguments `to_os` and `to_device`."""
    for option in (
        click.option("--to-device", metavar="FILE", help="A device file for NEW."),
        click.option(
            "--to-os",
            metavar="NAME[@VERSION]",
            callback=read_os,
            help="The platform and version of NEW, if they are not those of OLD.",
        ),
    ):
        command = option(command)
    return command


def sides_of(
    context: click.Context,
    options: InputOptions,
    paths: Sequence[str],
    revision: str | None,
    target: Target,
) -> list[Inputs]:
    """OLD and NEW, each with its profiles and its device."""
    if revision is not None:
        old, new = _git_sides(options, revision, paths)
    elif target != Target(None, None) and _names_old_only(options, paths):
        old = new = read_inputs(options) if not paths else _read_side(options, paths[0])
    else:
        old, new = _sides(context, options, *_two(context, paths))
    if target == Target(None, None):
        return [old, new]
    return [old, replace(new, device=_device(options, target, new, old))]


def _names_old_only(options: InputOptions, paths: Sequence[str]) -> bool:
    return len(paths) == (1 if options.sysdiagnose is None else 0)


def _device(options: InputOptions, target: Target, new: Inputs, old: Inputs) -> Device:
    """The device of NEW: what `target` leaves out is as on OLD."""
    real = new.real or old.real
    path, platform = target.device or options.device, target.os
    if platform is None and not _names_platform(target.device):
        platform = options.os
    return read_device(path, platform, real.device if real else None)


def _names_platform(path: str | None) -> bool:
    if path is None:
        return False
    try:
        return not {"platform", "version"}.isdisjoint(device_members(path))
    except DeviceError as error:
        raise InputError(error.problems) from None


def _two(context: click.Context, paths: Sequence[str]) -> tuple[str, str | None]:
    """OLD and NEW, which may be missing."""
    if not paths:
        raise click.UsageError("Missing argument 'OLD'.", context)
    if len(paths) > _BOTH:
        raise click.UsageError(f"OLD and NEW are two paths, not {len(paths)}", context)
    return paths[0], paths[1] if len(paths) == _BOTH else None


def _git_sides(options: InputOptions, revision: str, paths: Sequence[str]) -> list[Inputs]:
    """The profiles of a revision, and those of the working tree."""
    from ssoroute.cli.git_revision import sides_of as git_sides  # needs git

    if options.sysdiagnose is not None:
        raise click.UsageError("--git and the option of a device both name OLD; leave one out")
    if "-" in paths:
        raise click.UsageError("standard input is not in the working tree; leave out `-`")
    found = git_sides(revision, paths)
    old = _side(replace(options, files=found.old))
    if not found.whole:
        old = replace(old, status=Status.UNREADABLE)
    return [old, _side(replace(options, profiles=found.new))]


def _sides(
    context: click.Context, options: InputOptions, first: str, second: str | None
) -> list[Inputs]:
    """Both sides; a device that an option names is the old one, and the device of both."""
    if options.sysdiagnose is None:
        if second is None:
            raise click.UsageError("Missing argument 'NEW'.", context)
        return [_read_side(options, path) for path in (first, second)]
    if second is not None:
        raise click.UsageError(
            "OLD is the device that the option names; leave out one of the paths"
        )
    old = read_inputs(options)
    if looks_like_a_device(first):
        return [old, _read_side(options, first)]
    new = _read_side(replace(options, sysdiagnose=None), first)
    return [old, replace(new, device=old.device)]


def _read_side(options: InputOptions, path: str) -> Inputs:
    """What `path` names: a real device, profiles, or nothing at all."""
    if _holds_nothing(path):
        return _side(options)
    if path != "-" and looks_like_a_device(path):
        return read_inputs(replace(options, sysdiagnose=path))
    return read_inputs(replace(options, profiles=(path,)))


def _side(options: InputOptions) -> Inputs:
    """The profiles that the options name, or none."""
    if options.profiles or options.files:
        return read_inputs(options)
    return Inputs(Profiles(), read_device(options.device, options.os), Status.YES)


def _holds_nothing(path: str) -> bool:
    """Whether `path` is the null device, or a folder in which there is no file."""
    if path == os.devnull:
        return True
    names = (name for _, _, files in os.walk(path) for name in files)
    return os.path.isdir(path) and all(name.startswith(".") for name in names)
