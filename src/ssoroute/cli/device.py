"""`ssoroute device`: what a real device says, how to ask a Mac, and an emulated one."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Iterator
from typing import Final

import click

from ssoroute.atomic_file import replace_file
from ssoroute.cli.collect import SOURCES, CollectError, is_a_mac, output_of
from ssoroute.cli.device_serve import serve
from ssoroute.cli.real_device import looks_like_a_device
from ssoroute.cli.request_lines import dumps
from ssoroute.cli.status import InputError, Status
from ssoroute.cli.terminal import complain, show_text
from ssoroute.cli.terminal import show as show_lines
from ssoroute.cli.views.device import device_file, real_device_lines
from ssoroute.loaders.files import read
from ssoroute.loaders.findings import Report
from ssoroute.loaders.sysdiagnose import LIMITS, device_files
from ssoroute.model.finding import LoadError, Severity
from ssoroute.model.quoting import cannot, one_line, quote
from ssoroute.model.source import Source
from ssoroute.real_device import read_sources

__all__ = ["device"]

_HELP: Final = """\
Read what a real device says, ask this Mac, or emulate a device.

\b
Examples:
  ssoroute device show sysdiagnose.tar.gz
  sudo ssoroute device collect --output mac
  ssoroute device serve --jsonl -p corp.mobileconfig
"""
_SHOW_HELP: Final = """\
Show what each source of a device says, where two disagree, and the device file that follows.

\b
Examples:
  ssoroute device show sysdiagnose.tar.gz
  ssoroute device show swcutil_show.txt pluginkit.txt --output laptop.toml

FILE is a sysdiagnose (.tar.gz or a folder), a folder of `ssoroute device collect`, or the output of
one tool: sw_vers, swcutil show, pluginkit -m, profiles show -output stdout-xml, system_profiler,
app-sso platform -s. The content of a file shows what it is. Exit status: 0, or 3 if something could
not be read.
"""
_COLLECT_HELP: Final = """\
Ask this Mac, by documented commands that change nothing, and write a folder for --device-folder.

\b
Examples:
  sudo ssoroute device collect --output mac
  ssoroute explain --device-folder mac https://login.example.com/

Registration tokens, ExtensionData and whatever does not concern SSO are left out before anything is
written. Some commands need root; without it, less is known. On other systems, the commands are
printed, and the exit status is 1. Exit status: 0, or 3 if a command failed.
"""


@click.group(help=_HELP, short_help="Read what a real device says, ask this Mac, or emulate one.")
def device() -> None:
    """Everything is in the commands."""


device.add_command(serve)


@device.command(help=_SHOW_HELP, short_help="Show what each source of a device says.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--output", metavar="FILE", help="Write the device file to FILE as well.")
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.pass_context
def show(context: click.Context, files: tuple[str, ...], as_json: bool, output: str | None) -> None:
    """Show what the sources of one device say."""
    if output is not None and not output.lower().endswith(".toml"):
        raise click.UsageError(f"--output writes TOML, and {quote(output)} does not end in .toml")
    report = Report()
    try:
        real = read_sources(_sources(files, report), report, ", ".join(files))
    except LoadError as error:
        raise InputError([str(finding) for finding in error.findings]) from None
    for finding in real.findings:
        if finding.severity is not Severity.INFO:
            complain(str(finding))
    if as_json:
        for line in dumps(real.to_json(), indent=2).split("\n"):
            show_text(line)
    else:
        show_lines(real_device_lines(real))
    if output is not None:
        _write(output, device_file(real))
    bad = any(finding.severity is Severity.ERROR for finding in real.findings)
    context.exit(Status.UNREADABLE if bad else Status.YES)


def _sources(files: tuple[str, ...], report: Report) -> Iterator[tuple[Source, bytes]]:
    for path in files:
        if os.path.isdir(path) or looks_like_a_device(path):
            yield from device_files(path, report)
        else:
            yield from read(path, LIMITS.file, report)


@device.command(help=_COLLECT_HELP, short_help="Ask this Mac, and write a folder.")
@click.option(
    "--output",
    metavar="PATH",
    default="ssoroute-device",
    show_default=True,
    help="The folder to make, or a .tar.gz.",
)
@click.option(
    "--timeout",
    metavar="SECONDS",
    type=click.FloatRange(min=0, min_open=True, max=3600),
    default=60,
    show_default=True,
    help="How long each command may take.",
)
@click.pass_context
def collect(context: click.Context, output: str, timeout: float) -> None:
    """Run the commands, or print them."""
    if not is_a_mac():
        _print_commands()
        context.exit(Status.NO)
    if os.path.lexists(output):
        raise InputError([f"{one_line(output)}: error: it already exists; name another --output"])
    if os.geteuid() != 0:
        _complain_of_root()
    collected = _collected(timeout)
    try:
        _write_all(output, collected)
    except (OSError, ValueError) as error:
        raise InputError([f"{one_line(output)}: error: {cannot('written', error)}"]) from None
    for name in collected:
        show_text(f"{output}: {name}")
    show_text(f"now: ssoroute explain --device-folder {output} URL")
    context.exit(Status.YES if len(collected) == len(SOURCES) else Status.UNREADABLE)


def _complain_of_root() -> None:
    for source in SOURCES:
        if source.needs_root:
            shown = quote(" ".join(source.command))
            complain(f"warning: {shown} needs root: {source.needs_root}")


def _collected(timeout: float) -> dict[str, bytes]:
    """What the commands print, by the name of the file to make; those that fail are reported."""
    collected: dict[str, bytes] = {}
    for source in SOURCES:
        try:
            collected[source.file] = output_of(source, timeout)
        except CollectError as error:
            complain(f"error: {error}; it would say {source.gives}")
    if not collected:
        raise InputError(["error: no command gave anything, so nothing is written"])
    return collected


def _print_commands() -> None:
    complain("this is not a Mac: run these commands on it, in a new folder")
    for source in SOURCES:
        show_text(source.shell)
    complain("then name the folder with --device-folder; secrets of profiles are still in it")


def _write_all(path: str, files: dict[str, bytes]) -> None:
    """A folder with `files`, or an archive of it; only its owner may read it."""
    if not path.lower().endswith((".tar.gz", ".tgz", ".tar")):
        os.mkdir(path, 0o700)
        for name, data in files.items():
            with open(os.path.join(path, name), "xb") as file:
                file.write(data)
        return
    compressed = not path.lower().endswith(".tar")

    def opener(name: str, flags: int) -> int:
        return os.open(name, flags, 0o600)

    with (
        open(path, "xb", opener=opener) as target,
        tarfile.open(fileobj=target, mode="w:gz" if compressed else "w") as archive,
    ):
        for name, data in files.items():
            member = tarfile.TarInfo(f"ssoroute-device/{name}")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))


def _write(path: str, text: str) -> None:
    try:
        replace_file(path, text)
    except (OSError, ValueError) as error:
        raise InputError([f"{one_line(path)}: error: {cannot('written', error)}"]) from None
