"""A device over time: profiles are installed and removed, the screen is locked and unlocked.

`installation.py` installs, and `Router` answers. This file adds time: a change replaces the current
state by one assignment, the first request after it makes the router, and the whole state can be
saved and restored.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ssoroute.atomic_file import replace_file
from ssoroute.emulation.saved_state import DeviceState, StateError, read_state, write_state
from ssoroute.install.installation import Accepted, Installation, InstalledProfile, Registry
from ssoroute.install.refusal import Refusal
from ssoroute.model.device import Device, given_device
from ssoroute.model.errors import DeviceError, SsorouteError
from ssoroute.model.kinds import python_kind
from ssoroute.model.profile import Channel, Profile, given_profiles
from ssoroute.model.quoting import quote
from ssoroute.routing.router import Matching, Router

if TYPE_CHECKING:
    from ssoroute.model.decision import Decision
    from ssoroute.routing.explanation import Explanation

__all__ = ["EmulatedDevice", "NotInstalledError"]


class NotInstalledError(SsorouteError, KeyError):
    """A profile that is to be removed is not installed."""

    def __str__(self) -> str:  # that of KeyError quotes the message
        return str(self.args[0])


class _Now(NamedTuple):
    """The current state. It is read and replaced as a whole.

    `router` is None until somebody asks for it. `changes` are those of the profiles that are not
    in the list of the device yet: by the number of each what is installed, None for what is gone.
    """

    router: Router | None
    locked: bool
    changes: Mapping[int, InstalledProfile | None]


class EmulatedDevice:
    """A device on which profiles are installed, updated and removed, and requests are routed.

    Safe to share between threads: changes wait for each other, and requests wait for none of them.
    The profiles that are installed when a request comes decide it. The first request after a
    change makes the new router, and requests beside it wait for that. Removed profiles take no
    memory. `device` describes everything else that decides; `os` (such as `macOS@15.4`) is enough
    if nothing else is known. `matching` is that of `Router`.

    >>> import ssoroute
    >>> device = EmulatedDevice(os="macOS@15.4")
    >>> for profile in ssoroute.load("examples/profiles/entra.mobileconfig"):
    ...     answer = device.install(profile)
    >>> device.route("https://login.microsoftonline.com/").outcome
    <Outcome.HANDLE: 'handle'>
    >>> device.lock()
    >>> print(device.route("https://login.microsoftonline.com/").reason)
    screen_locked
    """

    def __init__(
        self,
        device: Device | None = None,
        *,
        os: str | None = None,
        matching: Matching | str = "system",
    ) -> None:
        given = given_device(device, os=os)
        router = Router(Installation(given), matching=matching)
        self._device, self._matching = given, router.matching
        self._changes = threading.Lock()
        self._registry: Registry | None = Registry(given, {})
        # Held for a moment by a change, and while a router is made; a signal may come in between.
        self._states = threading.RLock()
        self._profiles: dict[int, InstalledProfile] = {}
        self._now = _Now(router, locked=False, changes={})

    def __repr__(self) -> str:
        installed, locked = self._whole()
        return (
            f"<EmulatedDevice {self.device}, profiles: {len(installed)},"
            f" {'locked' if locked else 'unlocked'}>"
        )

    @property
    def device(self) -> Device:
        """The device: everything that decides except the profiles and the screen."""
        return self._device

    @property
    def router(self) -> Router:
        """The current router. It never changes; a change of the device replaces it."""
        return self._routing()[0]

    @property
    def installed(self) -> tuple[Profile, ...]:
        """The installed profiles, in order; on a platform with one channel, all are in that one."""
        return tuple(item.profile for item in self._whole()[0])

    @property
    def locked(self) -> bool:
        """Whether the screen is locked."""
        return self._now.locked

    def lock(self) -> None:
        """Lock the screen."""
        self._set_locked(True)

    def unlock(self) -> None:
        """Unlock the screen."""
        self._set_locked(False)

    def install(self, profile: Profile) -> Accepted | Refusal:
        """Install `profile` at the end, or update the one with its identifier in its channel.

        The answer says which profile was replaced. Or it says why the system refuses this one,
        with places and witnesses; then nothing changes.
        """
        if not isinstance(profile, Profile):
            raise TypeError(
                f"`profile` must be a Profile, not {python_kind(profile)};"
                " use install_all(ssoroute.load(path))"
            )
        return self.install_all([profile])[0]

    def install_all(self, profiles: Iterable[Profile]) -> tuple[Accepted | Refusal, ...]:
        """Install `profiles` in their order, as one change."""
        profiles = given_profiles(profiles)
        with self._change() as registry:
            answers = tuple(registry.install(profile) for profile in profiles)
            self._replace_state(registry)
        return answers

    def remove(self, profile: str | Profile, channel: Channel | str = Channel.DEVICE) -> Profile:
        """Remove the profile with this identifier in `channel`, and return it.

        A `Profile` in place of the identifier has its own channel; one without an identifier is
        found by equality (the one installed first). `NotInstalledError` if there is none.

        >>> EmulatedDevice().remove("a")
        Traceback (most recent call last):
        ssoroute.emulation.emulated_device.NotInstalledError: no profile `a` in the device channel
        """
        if channel not in list(Channel):
            known = " and ".join(Channel)
            raise DeviceError(f"unknown channel {quote(channel)}; known are {known}")
        with self._change() as registry:
            removed = registry.remove(profile, Channel(channel))
            if removed is not None:
                self._replace_state(registry)
                return removed
        if isinstance(profile, Profile):
            channel = profile.channel
            if profile.identifier is None:
                raise NotInstalledError(f"no such profile is installed ({profile.source})")
            profile = profile.identifier
        raise NotInstalledError(f"no profile {quote(profile)} in the {Channel(channel)} channel")

    def route(
        self,
        url: str,
        caller: str | None = None,
        response_code: int = 0,
        user_interface_enabled: bool = True,
        background_session: bool = False,
    ) -> Decision:
        """Decide about one request, as the device and its screen are now.

        The arguments are those of `Router.route`, which never raises either.
        """
        router, locked = self._routing()
        return router.route(
            url, caller, response_code, locked, user_interface_enabled, background_session
        )

    def explain(
        self,
        url: str,
        caller: str | None = None,
        response_code: int = 0,
        user_interface_enabled: bool = True,
        background_session: bool = False,
    ) -> Explanation:
        """Explain the decision about one request, as the device and its screen are now."""
        router, locked = self._routing()
        return router.explain(
            url, caller, response_code, locked, user_interface_enabled, background_session
        )

    def to_json(self) -> dict[str, object]:
        """The whole state as a JSON object: the device, its screen, the profiles in order.

        It holds the profiles as they were written, **secrets included**: `ExtensionData` and
        `RegistrationToken` influence how channels are merged, so the state needs them.
        """
        installed, locked = self._whole()
        profiles = tuple(item.profile for item in installed)
        return write_state(DeviceState(self.device, self._matching, locked, profiles))

    @classmethod
    def from_json(cls, state: object) -> EmulatedDevice:
        """The device that the JSON object `state` describes, as `to_json` wrote it.

        `StateError` lists all problems; it never shows a value of a profile.

        >>> EmulatedDevice.from_json({"schema": 2})
        Traceback (most recent call last):
        ssoroute.emulation.saved_state.StateError: the state: schema: must be `1`, not `2`
        """
        read = read_state(state)
        emulated = cls(read.device, matching=read.matching)
        problems = []
        for number, answer in enumerate(emulated.install_all(read.profiles)):
            place = f"the state: profiles[{number}]"
            if isinstance(answer, Refusal):
                problems += [f"{place}: {problem}" for problem in answer.problems]
            elif answer.replaced is not None:
                problems.append(f"{place}: {quote(answer.profile.identifier)} is listed twice")
        if problems:
            raise StateError(problems)
        if read.locked:
            emulated.lock()
        return emulated

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the state to the file `path`, which only its owner may read; it holds secrets.

        Readers see the old file or the new one, never a part. `OSError` if the file cannot be
        written; then no part of it is left behind.
        """
        text = json.dumps(self.to_json(), allow_nan=False, indent=1) + "\n"
        replace_file(path, text, private=True)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> EmulatedDevice:
        """The device whose state is in the file `path`.

        `StateError` lists all problems in the file; `OSError` if it cannot be opened.
        """
        problem = ""
        state: object = None
        try:
            state = json.loads(Path(path).read_bytes().decode("ascii"), parse_constant=_no_constant)
        except json.JSONDecodeError as error:
            problem = f"not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        except UnicodeDecodeError as error:
            problem = f"not JSON in ASCII: byte {error.start} is {error.object[error.start]:#x}"
        except (RecursionError, ValueError) as error:
            reason = (
                "nested too deep"
                if isinstance(error, RecursionError)
                else "a number that JSON does not have"
            )
            problem = f"not JSON that can be read: {reason}"
        if problem:  # outside the handler, because the handled error holds the whole text
            raise StateError([problem])
        return cls.from_json(state)

    @contextmanager
    def _change(self) -> Iterator[Registry]:
        """The registry, for one change at a time.

        A change that is interrupted, even by Ctrl-C, drops the registry. The next change makes a
        new one from the profiles that are installed.
        """
        with self._changes:
            registry = self._registry or self._installed_again()
            self._registry = None
            yield registry
            self._registry = registry

    def _installed_again(self) -> Registry:
        changes: dict[int, InstalledProfile | None] = {}
        registry = Registry(self.device, changes)
        for profile in self.installed:
            registry.install(profile)
        with self._states:  # the same profiles by other numbers
            self._profiles = {number: item for number, item in changes.items() if item}
        changes.clear()
        return registry

    def _replace_state(self, registry: Registry) -> None:
        """End a change: what `registry` noted is installed or gone from now on."""
        if registry.changes:
            with self._states:
                locked = self._settled().locked
                self._now = _Now(None, locked, registry.changes)
                self._settled()
            registry.changes = {}

    def _settled(self) -> _Now:
        """The current state, with all its changes in the list; only for who holds `_states`.

        Whoever is interrupted here leaves the changes in the state, and the next one repeats them.
        """
        now = self._now
        for number, item in now.changes.items():
            if item is None:
                self._profiles.pop(number, None)
            else:
                self._profiles[number] = item
        if now.changes:
            now = self._now = now._replace(changes={})
        return now

    def _whole(self) -> tuple[tuple[InstalledProfile, ...], bool]:
        """What is installed, in order, and whether the screen is locked."""
        with self._states:
            locked = self._settled().locked
            return tuple(self._profiles.values()), locked

    def _routing(self) -> tuple[Router, bool]:
        """The current router, which is made if there is none, and whether the screen is locked."""
        now = self._now
        if now.router is not None:
            return now.router, now.locked
        with self._states:
            now = self._settled()
            router = now.router
            if router is None:
                installation = Installation(self.device, tuple(self._profiles.values()))
                router = Router(installation, matching=self._matching)
                if self._now is now:  # no signal came with a change
                    self._now = now._replace(router=router)
            return router, now.locked

    def _set_locked(self, locked: bool) -> None:
        with self._states:
            self._now = self._now._replace(locked=locked)


def _no_constant(_: str) -> float:
    raise ValueError
