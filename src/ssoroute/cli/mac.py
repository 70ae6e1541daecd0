"""What the Mac on which the command runs says about itself: its version and its profiles."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Sequence
from typing import Final

from ssoroute.model.errors import DeviceError
from ssoroute.model.platforms import Version
from ssoroute.model.quoting import quote, reason

__all__ = ["MacError", "profiles_of_this_mac", "version_of_this_mac"]

#: Apple's own tools, by their full paths; no text of the user is in their arguments.
_PROFILES: Final = ("/usr/bin/profiles", "show", "-output", "stdout-xml")
_VERSION: Final = ("/usr/bin/sw_vers", "-productVersion")
_TIMEOUT: Final = 60.0


class MacError(Exception):
    """The Mac does not answer; the message says why, and what to do."""


class _NamedBytes(io.BytesIO):
    """Bytes with a name, for messages."""

    name = "profiles show"


def profiles_of_this_mac(
    command: Sequence[str] = _PROFILES, timeout: float = _TIMEOUT
) -> io.BytesIO:
    """What `profiles show` prints.

    `MacError` if it fails or gives no answer within `timeout` seconds.
    """
    instead = "name the profiles with --profiles instead"
    return _NamedBytes(_printed(command, timeout, instead))


def version_of_this_mac(command: Sequence[str] = _VERSION, timeout: float = _TIMEOUT) -> Version:
    """The version of macOS that `sw_vers` prints.

    `MacError` if it fails, prints something else, or gives no answer within `timeout` seconds.
    """
    instead = "name the version with --os instead"
    text = _printed(command, timeout, instead).decode("utf-8", "replace").strip()
    try:
        return Version.parse(text)
    except DeviceError:
        shown = quote(" ".join(command))
        raise MacError(f"{shown} printed {quote(text)}, not a version; {instead}") from None


def _printed(command: Sequence[str], timeout: float, instead: str) -> bytes:
    shown = quote(" ".join(command))
    try:
        done = subprocess.run(  # noqa: S603 - a fixed list, no shell
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired:
        raise MacError(f"{shown} gave no answer within {timeout:g} seconds; {instead}") from None
    except OSError as error:
        raise MacError(f"{shown} cannot be run: {reason(error)}; {instead}") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip() or "it does not say why"
        raise MacError(f"{shown} failed ({done.returncode}): {quote(said)}; {instead}")
    return done.stdout
