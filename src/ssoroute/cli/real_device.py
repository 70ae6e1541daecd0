"""A real device as `--sysdiagnose` or `--device-folder` names it, and what is wrong with it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from ssoroute.cli.status import InputError
from ssoroute.cli.terminal import complain
from ssoroute.model.device import Device
from ssoroute.model.finding import LoadError, Severity
from ssoroute.model.quoting import printable

if TYPE_CHECKING:
    from ssoroute.real_device import RealDevice

__all__ = ["looks_like_a_device", "members_of", "read_real_device"]

#: Files that only a sysdiagnose, or a folder of `device collect`, has at its top.
_SIGNS = ("sw_vers.txt", "swcutil_show.txt", "SystemProfiler", "pluginkit.txt")


def read_real_device(path: str, *, verbose: bool) -> RealDevice:
    """The device at `path`; findings, contradictions and what is missing go to standard error.

    `InputError` if it is not one.
    """
    from ssoroute.real_device import load_sysdiagnose

    shown = printable(path)
    try:
        real = load_sysdiagnose(path)
    except LoadError as error:
        raise InputError([_line(shown, str(finding)) for finding in error.findings]) from None
    for finding in real.findings:
        if verbose or finding.severity is not Severity.INFO:
            complain(_line(shown, str(finding)))
    for found in real.contradictions:
        complain(f"{shown}: warning: {found.text} ({found.first}; {found.second})")
    for missing in real.missing:
        complain(f"{shown}: missing: {missing}: {missing.consequence}")
    return real


def _line(shown: str, finding: str) -> str:
    return finding if finding.startswith(shown) else f"{shown}: {finding}"


def members_of(device: Device) -> dict[str, Any]:
    """The members of `device`, as a device file would give them, and their sources."""
    return {
        "platform": device.platform,
        "version": device.version,
        "installed_extensions": device.installed_extensions,
        "associated_domains": device.associated_domains,
        "sources": device.sources,
    }


def looks_like_a_device(path: str) -> bool:
    """Whether `path` is a sysdiagnose or a folder of `device collect`, and not one of profiles."""
    if os.path.isdir(path):
        name = os.path.basename(os.path.normpath(path))
        return name.startswith("sysdiagnose_") or any(
            os.path.exists(os.path.join(path, sign)) for sign in _SIGNS
        )
    from ssoroute.loaders.sysdiagnose import is_archive

    return is_archive(path)
