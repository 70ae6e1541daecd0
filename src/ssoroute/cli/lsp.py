"""`ssoroute lsp`: findings, keys and repairs in an editor (extra `lsp`; docs/editor.md)."""

from __future__ import annotations

import io
import os
import select
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, Final

import click

from ssoroute.cli.baseline_file import read_baseline_file, without_known_findings
from ssoroute.cli.check_options import Selection, targets_option
from ssoroute.cli.check_run import devices_of
from ssoroute.cli.configured import CONFIG_OPTIONS, refuse_both, the_configuration
from ssoroute.cli.extras import imports_of
from ssoroute.cli.interrupts import Stopped
from ssoroute.cli.status import InputError, Status
from ssoroute.model.finding import Finding
from ssoroute.model.platforms import Platform, Version, parse_os

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer as Buffer

    from ssoroute.configuration.values import Configuration
    from ssoroute.editor.look import Settings

__all__ = ["lsp"]

#: What is added to the number of a signal in the status of a command.
_SIGNALLED: Final = 128
#: The descriptor of standard input.
_STDIN: Final = 0

_HELP: Final = """\
Serve an editor: show findings while you type, complete keys, and repair.

\b
Examples:
  ssoroute lsp
  ssoroute lsp --os macOS@15.4 --os iOS@18
  ssoroute lsp --together

An editor starts this, and speaks the Language Server Protocol with it over standard input and
output. It needs the extra `lsp` (pip install 'ssoroute[lsp]'); docs/editor.md shows how to set up
VS Code, Neovim and BBEdit.
"""


@click.command(help=_HELP, short_help="Serve an editor: findings, keys and repairs.")
@CONFIG_OPTIONS[0]
@CONFIG_OPTIONS[1]
@targets_option("as for `ssoroute check`.")
@click.option(
    "--together", is_flag=True, help="Check all profiles of a folder as one set, not each alone."
)
def lsp(
    targets: list[tuple[Platform, Version | None]],
    together: bool,
    config_file: str | None,
    no_config: bool,
) -> None:
    """Serve until the editor ends."""
    refuse_both(config_file, no_config)
    from importlib.metadata import PackageNotFoundError, version

    with imports_of("lsp"):
        from ssoroute.editor.server import make_server
    try:
        own = version("ssoroute")
    except PackageNotFoundError:  # a source tree that is not installed
        own = "0"

    def settings_of(name: str) -> Settings:
        return _settings(name, config_file, no_config, targets)

    with _input() as stream:
        make_server(own, settings_of, together=together).start_io(stream)


def _settings(
    name: str,
    config_file: str | None,
    no_config: bool,
    targets: list[tuple[Platform, Version | None]],
) -> Settings:
    """How `check` would look at the document: by the configuration file that is nearest to it."""
    from ssoroute.editor.look import Settings  # it loads the checks, which the help does not need

    try:
        found = the_configuration(config_file, no_config, os.path.dirname(name))
        if found is None:
            return Settings(devices_of(None, targets))
        device = None if targets else found.device
        names = found.targets or ((found.os,) if found.os else ())
        devices = devices_of(device, targets or map(parse_os, names))
        return Settings(devices, _shown(found))
    except (InputError, click.UsageError) as error:
        problems = error.problems if isinstance(error, InputError) else (error.message,)
        return Settings(devices_of(None, targets), problems=problems)


def _shown(found: Configuration) -> Callable[[Sequence[Finding]], Sequence[Finding]]:
    """What the file leaves of findings, and of those only what its baseline does not have."""
    check, path = found.check, found.check.baseline
    selection = Selection(check.select, check.ignore, check.severity, found)
    known = None if path is None else read_baseline_file(path)

    def shown(findings: Sequence[Finding]) -> Sequence[Finding]:
        left = [one for one in selection.adjusted(findings) if selection.takes(one)]
        if path is None or known is None:
            return left
        return without_known_findings(path, known, left)

    return shown


class _UntilSignal(io.RawIOBase):
    """Standard input, which also ends when a signal comes.

    pygls reads it in a thread, and waits for that thread when it ends.
    """

    def __init__(self, signals: int) -> None:
        super().__init__()
        self._signals = signals

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Buffer, /) -> int:
        """Read what is there into `buffer`; nothing after a signal."""
        view = memoryview(buffer)
        ready, _, _ = select.select([_STDIN, self._signals], [], [])
        data = b"" if self._signals in ready else os.read(_STDIN, len(view))
        view[: len(data)] = data
        return len(data)


@contextmanager
def _input() -> Iterator[BinaryIO | None]:
    """What to read the protocol from; None for standard input as it is.

    pygls ends silently with a signal; `Stopped` is raised for it here.
    """
    if os.name != "posix" or threading.current_thread() is not threading.main_thread():
        yield None
        return
    signals, told = os.pipe()
    os.set_blocking(told, False)
    before = signal.set_wakeup_fd(told, warn_on_full_buffer=False)
    try:
        yield io.BufferedReader(_UntilSignal(signals))
    finally:
        signal.set_wakeup_fd(before)
        os.close(told)
    number = os.read(signals, 1)  # nothing is left if no signal came
    os.close(signals)
    if number:
        raise Stopped(Status(_SIGNALLED + number[0]))
