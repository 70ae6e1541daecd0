"""A router that follows its files: profiles, the device, the map of callers.

`Watched.setup` is one immutable value. The addon reads it once for each request. `Watched.look`
replaces it (`followed_files`). Call `look` in a separate thread. `WatchedRouter` does the same for
profiles and a device alone.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from ssoroute.integrations.caller_map import Callers, CallersError, is_entry, read_callers
from ssoroute.integrations.followed_files import FollowedFiles
from ssoroute.integrations.watched_router import load_all
from ssoroute.loaders.device_file import device_members
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
            profiles = load_all(spec.profiles)
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
    """Follows the files of `spec`; `SetupError` if they are invalid at the start."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self._files = FollowedFiles(spec.paths, lambda: Setup.read(spec))

    @property
    def setup(self) -> Setup:
        """What the files said when they could last be read."""
        return self._files.current

    def look(self) -> list[Notice]:
        """Follow changes of the files and return what to log; never raises."""
        known = set(self.setup.notices)
        looked = self._files.look()
        if looked is None:
            return []
        if not looked.replaced:
            problems = [Notice(logging.ERROR, line) for line in looked.problems]
            return [*problems, Notice(logging.ERROR, "the router has not changed")]
        new = self.setup
        count = len(new.router.installation.installed)
        done = Notice(logging.INFO, f"the router follows the changed files; {count} installed")
        return [done, *(notice for notice in new.notices if notice not in known)]


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
                f"sso_os: sso_device also sets the {' and the '.join(named)}; remove one of them"
            )
        try:
            members["platform"], members["version"] = parse_os(spec.os)
        except DeviceError as error:
            raise DeviceError(f"sso_os: {error}") from None
    return Device(**members)
