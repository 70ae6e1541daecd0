"""A router that follows its files: profiles, the device, the map of callers.

`Watched.setup` is one immutable value. The addon reads it once for each request. `Watched.look`
replaces it by one assignment if the files have changed and are valid, else it keeps the old one.
Call `look` in a separate thread.
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
    """The options of the addon: paths, and texts as the user wrote them."""

    profiles: tuple[str, ...] = ()
    os: str = ""
    device: str = ""
    callers: tuple[str, ...] = ()
    matching: str = "system"

    @property
    def paths(self) -> tuple[str, ...]:
        """The files and folders that the router is made from."""
        device = (self.device,) if self.device else ()
        return self.profiles + device + tuple(item for item in self.callers if not is_entry(item))


@dataclass(frozen=True, slots=True)
class Setup:
    """Everything that decides a request, and the notices about its files."""

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
        # Taken before the files are read: a change in between is seen at the next look.
        self._tried = self._seen = _states(spec.paths)
        self.setup = Setup.read(spec)

    def look(self) -> list[Notice]:
        """Follow changes of the files and return what to log; never raises.

        A change counts when two looks in a row see the same state, because a file may still be
        written during the first. A problem is reported once and changes nothing.
        """
        before, self._seen = self._seen, _states(self.spec.paths)
        if self._seen != before or self._seen == self._tried:
            return []
        self._tried = self._seen
        try:
            new = Setup.read(self.spec)
        except SetupError as error:
            problems = [Notice(logging.ERROR, line) for line in error.problems]
            return [*problems, Notice(logging.ERROR, "the router has not changed")]
        except Exception as error:  # noqa: BLE001 - an exception would end the thread
            name = type(error).__name__
            return [
                Notice(logging.ERROR, f"the router has not changed, because reading raised {name}")
            ]
        known = set(self.setup.notices)
        self.setup = new
        count = len(new.router.installation.installed)
        done = Notice(logging.INFO, f"the router follows the changed files; {count} installed")
        return [done, *(notice for notice in new.notices if notice not in known)]


def _profiles(spec: Spec) -> Profiles:
    """The profiles; `LoadError` if one of the files cannot be read."""
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
