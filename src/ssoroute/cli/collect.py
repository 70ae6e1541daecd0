"""The documented, read-only commands that say what `ssoroute` needs to know of a Mac."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from ssoroute.model.quoting import cannot, quote

__all__ = ["SOURCES", "CollectError", "ToolOutput", "is_a_mac", "output_of"]

#: The places of the system's own tools, for those whose PATH lacks one of them.
_PLACES: Final = "/usr/bin:/usr/sbin:/bin:/sbin"
_LIMIT: Final = 16 * 1024 * 1024


class CollectError(Exception):
    """A command gave nothing that could be written; the message says why."""


@dataclass(frozen=True, slots=True)
class ToolOutput:
    """A file to collect, the command that prints it, what it says, and who may run the command.

    `mask` is the function in `real_device.masking` that takes its secrets out.
    """

    file: str
    command: tuple[str, ...]
    gives: str
    needs_root: str = ""
    mask: str = ""

    @property
    def shell(self) -> str:
        """The command as it is typed."""
        return f"{'sudo ' if self.needs_root else ''}{' '.join(self.command)} > {self.file}"


SOURCES: Final = (
    ToolOutput("sw_vers.txt", ("sw_vers",), "the platform and its version"),
    ToolOutput(
        "profiles.xml",
        ("profiles", "show", "-output", "stdout-xml"),
        "the installed profiles",
        needs_root="without root it lists those of the user only",
        mask="masked_dump",
    ),
    ToolOutput(
        "swcutil_show.txt",
        ("swcutil", "show"),
        "the approvals of associated domains",
        needs_root="without root it prints nothing",
    ),
    ToolOutput(
        "pluginkit.txt",
        ("pluginkit", "-m", "-p", "com.apple.AppSSO.idp-extension"),
        "the installed extensions",
    ),
    ToolOutput(
        "SPConfigurationProfileDataType.spx",
        ("system_profiler", "SPConfigurationProfileDataType", "-xml"),
        "the installed profiles, once more",
        mask="masked_system_profiler",
    ),
    ToolOutput(
        "app-sso_platform.txt",
        ("app-sso", "platform", "-s"),
        "the state of Platform SSO",
        mask="masked_app_sso",
    ),
)


def _found(name: str) -> str | None:
    return shutil.which(name) or shutil.which(name, path=_PLACES)


def is_a_mac() -> bool:
    """Whether the system's tools are here."""
    return _found("sw_vers") is not None


def output_of(source: ToolOutput, timeout: float) -> bytes:
    """What the command prints, without secrets.

    `CollectError` if it fails, prints nothing or something else, or takes longer than `timeout`
    seconds.
    """
    shown = quote(" ".join(source.command))
    program = _found(source.command[0])
    if program is None:
        raise CollectError(f"{shown} cannot be run: there is no such command")
    try:
        # A group of its own, so that what the command has started ends with it.
        process = subprocess.Popen(  # noqa: S603 - a fixed list, no shell
            [program, *source.command[1:]],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        raise CollectError(f"{shown} {cannot('run', error)}") from None
    try:
        output, errors = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise CollectError(f"{shown} gave no answer within {timeout:g} seconds") from None
    if process.returncode:
        said = errors.decode("utf-8", "replace").strip() or "it does not say why"
        raise CollectError(f"{shown} failed ({process.returncode}): {quote(said)}")
    if not output.strip():
        raise CollectError(f"{shown} printed nothing")
    if len(output) > _LIMIT:
        raise CollectError(f"{shown} printed more than {_LIMIT} bytes")
    return _masked(source, output, shown)


def _masked(source: ToolOutput, output: bytes, shown: str) -> bytes:
    if not source.mask:
        return output
    from ssoroute.loaders.findings import Unreadable
    from ssoroute.real_device import masking

    mask: Callable[[bytes], bytes] = getattr(masking, source.mask)
    try:
        return mask(output)
    except Unreadable as error:
        raise CollectError(f"what {shown} printed cannot be read: {error.message}") from None
