"""The profiles of the Mac on which the command runs."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Sequence
from typing import Final

from ssoroute.model.quoting import quote

__all__ = ["MacError", "profiles_of_this_mac"]

#: Apple's own tool, by its full path; nothing of the user's goes into its arguments.
_COMMAND: Final = ("/usr/bin/profiles", "show", "-output", "stdout-xml")
_TIMEOUT: Final = 60.0
_INSTEAD: Final = "name the profiles with --profiles instead"


class MacError(Exception):
    """The profiles of this Mac cannot be had; the message says why, and what to do."""


class _NamedBytes(io.BytesIO):
    """Bytes that a message can call by their name."""

    name = "profiles show"


def profiles_of_this_mac(
    command: Sequence[str] = _COMMAND, timeout: float = _TIMEOUT
) -> io.BytesIO:
    """What `profiles show` prints.

    `MacError` where it fails, or prints nothing of use within `timeout` seconds.
    """
    shown = quote(" ".join(command))
    try:
        done = subprocess.run(  # noqa: S603 - a fixed list, no shell
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired:
        raise MacError(f"{shown} gave no answer within {timeout:g} seconds; {_INSTEAD}") from None
    except OSError as error:
        raise MacError(f"{shown} cannot be run: {error.strerror}; {_INSTEAD}") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip() or "it does not say why"
        raise MacError(f"{shown} failed ({done.returncode}): {quote(said)}; {_INSTEAD}")
    return _NamedBytes(done.stdout)
