"""What the service answers with: one immutable value, replaced as a whole by one assignment."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from ssoroute.emulation.saved_state import DeviceState, write_state
from ssoroute.model.device import Device
from ssoroute.model.errors import InvalidInputError
from ssoroute.model.profile import Profile
from ssoroute.routing.router import Matching, Router

__all__ = ["Configuration", "Served"]


@dataclass(frozen=True, slots=True)
class Configuration:
    """Profiles on a device, and the router that follows from them.

    `digest` names the configuration: equal configurations have equal digests, in every process.
    """

    profiles: tuple[Profile, ...]
    device: Device
    matching: Matching = Matching.SYSTEM
    router: Router = field(init=False, repr=False, compare=False)
    digest: str = field(init=False, compare=False)

    def __post_init__(self) -> None:
        router = Router.from_profiles(self.profiles, device=self.device, matching=self.matching)
        state = DeviceState(self.device, self.matching, locked=False, profiles=self.profiles)
        text = json.dumps(write_state(state), sort_keys=True)
        object.__setattr__(self, "router", router)
        object.__setattr__(self, "digest", hashlib.sha256(text.encode()).hexdigest()[:32])


class Served:
    """The configuration that counts now, and what was wrong with the last one that was read.

    A reader takes `current` once and uses it to the end of its answer, so it never sees half of a
    change. Changes wait for each other; each takes as long as building a router, so call them in a
    thread.
    """

    def __init__(self, read: Callable[[], Configuration]) -> None:
        """`read` reads the files anew; `InvalidInputError` says what is wrong with them."""
        self._read = read
        self._changes = threading.Lock()
        self._installed: tuple[Profile, ...] = ()
        self._files = read()
        self.current = self._files
        self.problems: tuple[str, ...] = ()

    def reload(self) -> bool:
        """Read the files again; whether they make another configuration.

        A configuration that cannot be read changes nothing, and `problems` says why.
        """
        with self._changes:
            before = self.current.digest
            try:
                files = self._read()
                self.current = _with(files, self._installed)
                self._files, self.problems = files, ()
            except InvalidInputError as error:
                self.problems = error.problems
            return self.current.digest != before

    def install(self, profiles: Sequence[Profile]) -> None:
        """Install `profiles` after those of the files.

        Earlier ones that were refused or have been replaced are forgotten, so nothing grows with
        the number of installations.
        """
        with self._changes:
            installed = (*_still_installed(self._installed, self.current), *profiles)
            # raises if they are those of several users
            self.current = _with(self._files, installed)
            self._installed = installed

    def remove(self, identifier: str) -> bool:
        """Remove the profiles that were installed under `identifier`; whether there was one.

        Profiles that come from files stay: their files decide.
        """
        with self._changes:
            kept = tuple(item for item in self._installed if item.identifier != identifier)
            if len(kept) == len(self._installed):
                return False
            self._installed = kept
            self.current = _with(self._files, kept)
            return True


def _still_installed(profiles: Sequence[Profile], current: Configuration) -> Iterator[Profile]:
    """Those of `profiles` that are on the device now; of equal ones, the last."""
    found: dict[str | None, list[Profile]] = {}
    for item in current.router.installation.installed:
        found.setdefault(item.profile.identifier, []).append(item.profile)
    kept = []
    for profile in reversed(profiles):
        alike = found.get(profile.identifier, [])
        for installed in alike:  # a platform with one channel has put it there
            if replace(profile, channel=installed.channel) == installed:
                alike.remove(installed)
                kept.append(profile)
                break
    return reversed(kept)


def _with(files: Configuration, installed: tuple[Profile, ...]) -> Configuration:
    if not installed:
        return files
    return Configuration(files.profiles + installed, files.device, files.matching)
