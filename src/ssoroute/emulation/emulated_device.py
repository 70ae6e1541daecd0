"""A device over time: profiles are installed and removed, the screen is locked and unlocked.

`installation.py` installs, and `Router` answers. This file adds time: a change replaces the current
router by one assignment, and the whole state can be saved and restored.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ssoroute.atomic_file import replace_file
from ssoroute.emulation.saved_state import DeviceState, StateError, read_state, write_state
from ssoroute.install.installation import Accepted, Registry
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
    """The current state. It is read and replaced as a whole."""

    router: Router
    locked: bool


class EmulatedDevice:
    """A device on which profiles are installed, updated and removed, and requests are routed.

    Safe to share between threads: changes wait for each other, requests do not wait. The profiles
    that are installed when a request comes decide it. Removed profiles take no memory. `device`
    describes everything else that decides; `os` (such as `macOS@15.4`) is enough if nothing else
    is known. `matching` is that of `Router`.

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
        self._changes = threading.Lock()
        registry = Registry(given_device(device, os=os))
        self._registry: Registry | None = registry
        self._now = _Now(Router(registry.snapshot(), matching=matching), locked=False)

    def __repr__(self) -> str:
        now = self._now
        device, number = now.router.device, len(now.router.installation.installed)
        return (
            f"<EmulatedDevice {device}, profiles: {number},"
            f" {'locked' if now.locked else 'unlocked'}>"
        )

    @property
    def device(self) -> Device:
        """The device: everything that decides except the profiles and the screen."""
        return self._now.router.device

    @property
    def router(self) -> Router:
        """The current router. It never changes; a change of the device replaces it."""
        return self._now.router

    @property
    def installed(self) -> tuple[Profile, ...]:
        """The installed profiles, in order; on a platform with one channel, all are in that one."""
        return tuple(item.profile for item in self._now.router.installation.installed)

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
        """Install `profiles` in their order, with one change of the router at the end."""
        profiles = given_profiles(profiles)
        with self._change() as registry:
            answers = tuple(registry.install(profile) for profile in profiles)
            if any(isinstance(answer, Accepted) for answer in answers):
                self._swap(registry)
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
                self._swap(registry)
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
        router, locked = self._now
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
        router, locked = self._now
        return router.explain(
            url, caller, response_code, locked, user_interface_enabled, background_session
        )

    def to_json(self) -> dict[str, object]:
        """The whole state as a JSON object: the device, its screen, the profiles in order.

        It holds the profiles as they were written, **secrets included**: `ExtensionData` and
        `RegistrationToken` influence how channels are merged, so the state needs them.
        """
        router, locked = self._now
        profiles = tuple(item.profile for item in router.installation.installed)
        return write_state(DeviceState(router.device, router.matching, locked, profiles))

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
        new one from the profiles of the router.
        """
        with self._changes:
            registry = self._registry or self._installed_again()
            self._registry = None
            yield registry
            self._registry = registry

    def _installed_again(self) -> Registry:
        registry = Registry(self.device)
        for profile in self.installed:
            registry.install(profile)
        return registry

    def _swap(self, registry: Registry) -> None:
        router, locked = self._now
        self._now = _Now(Router(registry.snapshot(), matching=router.matching), locked)

    def _set_locked(self, locked: bool) -> None:
        with self._changes:
            self._now = self._now._replace(locked=locked)


def _no_constant(_: str) -> float:
    raise ValueError
