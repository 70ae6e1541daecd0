"""A router that follows its files: profiles, the device, the map of callers.

`Watched.setup` is one immutable value; a caller reads it once for each request.
`Watched.look` replaces it by one assignment when the files have changed and are in order, and
otherwise leaves it as it is; it belongs on a thread of its own.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from ssoroute.integrations.caller_map import Callers, CallersError, is_entry, read_callers
from ssoroute.loaders import load
from ssoroute.loaders.device_file import device_members
from ssoroute.loaders.files import ENDINGS
from ssoroute.model.device import Device
from ssoroute.model.errors import DeviceError, InvalidInputError
from ssoroute.model.finding import LoadError, Severity
from ssoroute.model.platforms import parse_os
from ssoroute.model.profile import Profiles
from ssoroute.routing.router import Router

__all__ = ["Notice", "Setup", "SetupError", "Spec", "Watched"]

_LEVELS: Final = {
    Severity.ERROR: logging.ERROR,
    Severity.WARNING: logging.WARNING,
    Severity.INFO: logging.DEBUG,
}
#: When a file was last changed, its size, and which file it is; None if it does not exist.
_State = tuple[int, int, int] | None


class SetupError(InvalidInputError):
    """The files and options of a proxy do not make a router."""


class Notice(NamedTuple):
    """Something to log, with its level in the words of `logging`."""

    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Spec:
    """What was asked for: paths, and texts as they were written."""

    profiles: tuple[str, ...] = ()
    os: str = ""
    device: str = ""
    callers: tuple[str, ...] = ()
    matching: str = "system"

    @property
    def paths(self) -> tuple[str, ...]:
        """The files and folders on which the router rests."""
        device = (self.device,) if self.device else ()
        return self.profiles + device + tuple(item for item in self.callers if not is_entry(item))


@dataclass(frozen=True, slots=True)
class Setup:
    """What a request is decided with, and what was noticed when it was made."""

    router: Router
    callers: Callers
    notices: tuple[Notice, ...] = ()

    @classmethod
    def read(cls, spec: Spec) -> Setup:
        """Read everything that `spec` names; `SetupError` with all that is wrong."""
        lines: list[str] = []
        profiles, device, callers = Profiles(), Device(), Callers()
        try:
            profiles = _profiles(spec)
        except LoadError as error:
            lines += [f"sso_profiles: {finding}" for finding in error.findings]
        try:
            device = _device(spec)
        except DeviceError as error:
            lines += error.problems
        try:
            callers = read_callers(spec.callers)
        except CallersError as error:
            lines += [f"sso_caller_map: {line}" for line in error.problems]
        if lines:
            raise SetupError(lines)
        try:
            router = Router.from_profiles(profiles, device=device, matching=spec.matching)
        except DeviceError as error:  # a dump of several users
            raise SetupError(f"sso_profiles: {problem}" for problem in error.problems) from None
        notices = [Notice(_LEVELS[found.severity], str(found)) for found in profiles.findings]
        notices += [
            Notice(logging.WARNING, f"refused: {problem}")
            for refusal in router.refused
            for problem in refusal.problems
        ]
        return cls(router, callers, tuple(notices))


class Watched:
    """The setup of `spec`, as its files are now; `SetupError` if they are invalid at the start."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        # Looked at before the files are read: what changes meanwhile is seen the next time.
        self._tried = self._seen = _states(spec.paths)
        self.setup = Setup.read(spec)

    def look(self) -> list[Notice]:
        """Follow what has changed, and say what is to be logged; never raises.

        A change counts when two looks in a row see the same, so that a file is not read while it
        is being written. A problem is reported once and changes nothing.
        """
        before, self._seen = self._seen, _states(self.spec.paths)
        if self._seen != before or self._seen == self._tried:
            return []
        self._tried = self._seen
        try:
            new = Setup.read(self.spec)
        except SetupError as error:
            problems = [Notice(logging.ERROR, line) for line in error.problems]
            return [*problems, Notice(logging.ERROR, "the router stays as it was")]
        except Exception as error:  # noqa: BLE001 - a thread that dies would follow nothing more
            name = type(error).__name__
            return [Notice(logging.ERROR, f"the router stays as it was, reading raised {name}")]
        known = set(self.setup.notices)
        self.setup = new
        count = len(new.router.installation.installed)
        done = Notice(logging.INFO, f"the router follows what has changed; {count} installed")
        return [done, *(notice for notice in new.notices if notice not in known)]


def _profiles(spec: Spec) -> Profiles:
    """The profiles; `LoadError` where one of the files cannot be read."""
    if not spec.profiles:
        return Profiles()
    try:
        profiles = load(*spec.profiles)
    except LoadError as error:
        if any(finding.severity is Severity.ERROR for finding in error.findings):
            raise
        return Profiles(findings=error.findings)  # such as the dump of a Mac without any
    if profiles.errors:
        raise LoadError(profiles.errors)
    return profiles


def _device(spec: Spec) -> Device:
    members: dict[str, Any] = {}
    if spec.device:
        try:
            members = device_members(spec.device)
        except DeviceError as error:
            raise DeviceError(f"sso_device: {line}" for line in error.problems) from None
    if spec.os:
        named = [name for name in ("platform", "version") if name in members]
        if named:
            raise DeviceError(
                f"sso_os: sso_device says the {' and the '.join(named)} as well; leave one out"
            )
        try:
            members["platform"], members["version"] = parse_os(spec.os)
        except DeviceError as error:
            raise DeviceError(f"sso_os: {error}") from None
    return Device(**members)


def _states(paths: tuple[str, ...]) -> dict[str, _State]:
    return {name: _state(name) for path in paths for name in (path, *_below(path))}


def _state(path: str) -> _State:
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _below(path: str) -> Iterator[str]:
    """The files that `load` would read from the folder `path`; none if it is not a folder."""
    if not os.path.isdir(path):
        return
    for folder, folders, names in os.walk(path):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if not name.startswith(".") and name.lower().endswith(ENDINGS):
                yield os.path.join(folder, name)
