"""`ssoroute lsp`: findings, keys and repairs in an editor (extra `lsp`; docs/editor.md)."""

from __future__ import annotations

import io
import os
import select
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, Final

import click

from ssoroute.cli.check_options import targets_option
from ssoroute.cli.extras import imports_of
from ssoroute.cli.interrupts import Stopped
from ssoroute.cli.status import Status
from ssoroute.model.platforms import Platform, Version

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer as Buffer

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
@targets_option("as for `ssoroute check`.")
@click.option(
    "--together", is_flag=True, help="Check all profiles of a folder as one set, not each alone."
)
def lsp(targets: list[tuple[Platform, Version | None]], together: bool) -> None:
    """Serve until the editor ends."""
    from importlib.metadata import PackageNotFoundError, version

    with imports_of("lsp"):
        from ssoroute.editor.server import make_server
    try:
        own = version("ssoroute")
    except PackageNotFoundError:  # a source tree that is not installed
        own = "0"
    names = [f"{platform}@{found}" if found else str(platform) for platform, found in targets]
    with _input() as stream:
        make_server(own, names, together=together).start_io(stream)


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
