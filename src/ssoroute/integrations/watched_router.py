"""A router that follows its files, for programs that run long: `WatchedRouter`."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from typing import Self

from ssoroute.integrations.followed_files import FollowedFiles
from ssoroute.loaders import load
from ssoroute.loaders.device_file import load_device
from ssoroute.model.device import Device
from ssoroute.model.errors import DeviceError
from ssoroute.model.finding import LoadError, Severity
from ssoroute.model.profile import Profiles
from ssoroute.routing.router import Matching, Router

__all__ = ["WatchedRouter", "load_all"]


class WatchedRouter:
    """A router that follows its files: when they change, another router takes its place.

    `paths` are the files and folders of profiles. The device is given as `os` (`macOS@15.4`), or
    as `device_file`, which is followed too. `matching` and `user` are those of
    `Router.from_profiles`. Take `router` once for each request: it is immutable, and a change
    replaces it by one assignment. A change that cannot be read whole changes nothing, and
    `problems` says why.

    As a context manager it looks at the files every `seconds` in a thread. Without that, call
    `look` yourself; a change counts when two looks in a row see the same. `LoadError` and
    `DeviceError` if the files cannot be read at the start.

    >>> with WatchedRouter("examples/profiles", os="macOS@15.4") as watched:
    ...     print(watched.router.route("https://login.microsoftonline.com/").outcome)
    handle
    """

    def __init__(
        self,
        *paths: str | os.PathLike[str],
        os: str | None = None,
        device_file: str | os.PathLike[str] | None = None,
        matching: Matching | str = "system",
        user: str | None = None,
        seconds: float = 1.0,
    ) -> None:
        if os is not None and device_file is not None:
            raise DeviceError("give `os` or `device_file`, not both")
        profiles = [_path(path) for path in paths]
        device = None if device_file is None else _path(device_file)

        def read() -> Router:
            return Router.from_profiles(
                load_all(profiles),
                device=Device(os=os) if device is None else load_device(device),
                matching=matching,
                user=user,
            )

        self._files = FollowedFiles(profiles if device is None else [*profiles, device], read)
        self._seconds = seconds
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        #: What is wrong with the files as they are now, one line each; empty if nothing is.
        self.problems: tuple[str, ...] = ()

    @property
    def router(self) -> Router:
        """The router of the files as they last could be read."""
        return self._files.current

    def look(self) -> bool:
        """Look at the files once; whether another router took the place of the old one."""
        looked = self._files.look()
        if looked is None:
            return False
        self.problems = looked.problems
        return looked.replaced

    def __enter__(self) -> Self:
        self._stop.clear()
        self._thread = threading.Thread(target=self._follow, name="ssoroute", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _follow(self) -> None:
        while not self._stop.wait(self._seconds):
            self.look()


def load_all(paths: Sequence[str]) -> Profiles:
    """The profiles of `paths`; `LoadError` if one of the files cannot be read.

    Without any path, and of the dump of a Mac without profiles, there are none.
    """
    if not paths:
        return Profiles()
    try:
        profiles = load(*paths)
    except LoadError as error:
        if any(finding.severity is Severity.ERROR for finding in error.findings):
            raise
        return Profiles(findings=error.findings)
    if profiles.errors:
        raise LoadError(profiles.errors)
    return profiles


def _path(path: str | os.PathLike[str]) -> str:
    return os.fspath(path)
