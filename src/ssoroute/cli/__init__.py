"""The command line: one file per command, and the views that they print.

No other package of the library imports this one.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from typing import Any, Final

import click

from ssoroute.cli.commands import Commands
from ssoroute.cli.completion import VARIABLE, complete
from ssoroute.cli.interrupts import Interrupts, Stopped
from ssoroute.cli.status import Status
from ssoroute.cli.terminal import ClosedOutput, OutputClosed, OutputFailed, complain, flush
from ssoroute.layout import WIDTH, fitted

__all__ = ["cli", "main"]


def _print_version(context: click.Context, _parameter: click.Parameter, asked: bool) -> None:
    if asked:
        from importlib.metadata import PackageNotFoundError, version

        from ssoroute import accelerated

        kind = "accelerated" if accelerated else "pure Python"
        try:
            click.echo(f"ssoroute {version('ssoroute')} ({kind})")
        except PackageNotFoundError:  # a source tree that is not installed
            click.echo(f"ssoroute (not installed, {kind})")
        context.exit()


_HELP: Final = """\
Which SSO extension of an Apple device gets this request, and why?

\b
Examples:
  ssoroute route -p corp.mobileconfig https://login.example.com/
  ssoroute explain corp.mobileconfig --os iOS@17.2 https://login.example.com/
  ssoroute show -p corp.mobileconfig

\b
Exit status:
  0  yes, or everything is in order
  1  no, or something was found
  2  usage error
  3  an input is invalid or cannot be read; the rest is answered
"""


@click.group(
    cls=Commands,
    help=_HELP,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": WIDTH},
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Print the version, and whether it is accelerated.",
)
def cli() -> None:
    """The group of all commands."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its status.

    `arguments` come after the program's name. If they are None, those of the process are used.
    """
    _prepare_streams()
    status: int
    try:
        with Interrupts().handled(), fitted(_columns()):
            status = _run(arguments)
            flush()
    except Stopped as stopped:
        status = stopped.status
    except OutputClosed:
        status = Status.PIPE_CLOSED
    except OutputFailed as error:
        status = Status.UNREADABLE
        _last_words(str(error))
    if status in (Status.PIPE_CLOSED, Status.UNREADABLE):
        _drop_unwritten()
    sys.exit(int(status))


def _run(arguments: Sequence[str] | None) -> int:
    given = sys.argv[1:] if arguments is None else list(arguments)
    try:
        if os.environ.get(VARIABLE):
            return complete(cli, os.environ[VARIABLE])
        if not given:
            given = ["--help"]
        result: Any = cli.main(given, prog_name="ssoroute", standalone_mode=False)
    except click.UsageError as error:
        return _misuse(error)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt) as error:
        stopped = error.__cause__ if isinstance(error, click.Abort) else error
        return stopped.status if isinstance(stopped, Stopped) else Status.INTERRUPTED
    except SystemExit:
        # click raises this if the pipe closes while it prints a help text
        return Status.PIPE_CLOSED
    return result if isinstance(result, int) else Status.YES


def _columns() -> int:
    """The columns of the terminal; as many as any line has if it is not one."""
    if not sys.stdout.isatty():
        return WIDTH
    from shutil import get_terminal_size

    return get_terminal_size((WIDTH, 0)).columns


def _misuse(error: click.UsageError) -> Status:
    if error.ctx is not None:
        for line in error.ctx.get_usage().splitlines():
            complain(line)
        complain(f"Try `{error.ctx.command_path} --help`.")
    message = error.format_message()
    complain(f"error: {message[:1].lower()}{message[1:].rstrip('.')}")
    return Status.MISUSE


def _prepare_streams() -> None:
    """Let both streams take every text. A closed standard output fails when it is written to."""
    if sys.stdout is None:
        sys.stdout = ClosedOutput()
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - for good
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _last_words(text: str) -> None:
    try:
        sys.stderr.write(text + "\n")
        sys.stderr.flush()
    except OSError:
        pass  # standard error is closed as well


def _drop_unwritten() -> None:
    """Discard the output that cannot be written, so that Python reports no error at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
