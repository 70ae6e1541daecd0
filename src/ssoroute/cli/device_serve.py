"""`ssoroute device serve`: an emulated device for programs in any language, line by line."""

from __future__ import annotations

from typing import Final

import click

from ssoroute.cli.configured import configured
from ssoroute.cli.device_operations import Emulation, answer
from ssoroute.cli.inputs import read_device, reread_inputs
from ssoroute.cli.options import InputOptions, router_options, spelling_option
from ssoroute.cli.request_lines import LineId, dumps, read_values, split_id, with_id
from ssoroute.cli.status import InputError, Status
from ssoroute.cli.terminal import show_text
from ssoroute.model.device import Device
from ssoroute.model.errors import InvalidInputError
from ssoroute.model.profile import Profiles
from ssoroute.model.request import RequestError
from ssoroute.model.spelling import Spelling
from ssoroute.routing.router import Matching

__all__ = ["serve"]

_HELP: Final = """\
Emulate a device: install and remove profiles, lock the screen, and ask, one JSON object a line.

\b
Examples:
  ssoroute device serve --jsonl
  ssoroute device serve --jsonl -p corp.mobileconfig --os macOS@15.4
  echo '{"id": 1, "op": "route", "url": "https://login.example.com/"}' |
    ssoroute device serve --jsonl -p corp.mobileconfig

Lines come from standard input, answers go to standard output, each before the next line is read.
The member `op` of a line is install, remove, lock, unlock, route, explain or reload. The `id` of a
line is repeated in its answer. The device ends when the input ends. Exit status: 0, or 3 if a line
or an input is invalid; the other lines are answered.
"""


@click.command(help=_HELP, short_help="Emulate a device for other programs, line by line.")
@configured
@router_options
@spelling_option
@click.option("--jsonl", is_flag=True, help="Read and write JSON Lines; there is no other form.")
@click.pass_context
def serve(
    context: click.Context, inputs: InputOptions, matching: str, spelling: Spelling, jsonl: bool
) -> None:
    """Answer lines until the input ends."""
    if not jsonl:
        raise click.UsageError("the device speaks JSON Lines only; add --jsonl")
    if "-" in inputs.profiles:
        raise click.UsageError("standard input holds the lines; name profiles by their paths")
    status = Status.YES

    def read() -> tuple[Profiles, Device]:
        nonlocal status
        if not inputs.profiles and inputs.sysdiagnose is None:
            return Profiles(), read_device(inputs.device, inputs.os)
        found = reread_inputs(inputs)
        status = max(status, found.status)
        return found.profiles, found.device

    try:
        emulation = Emulation(read, Matching(matching), spelling)
    except InvalidInputError as error:
        raise InputError(error.problems) from None
    for number, value in read_values("-"):
        line = _answer(emulation, number, value)
        if "error" in line:
            status = Status.UNREADABLE
        show_text(dumps(line), flushed=True)
    context.exit(status)


def _answer(emulation: Emulation, number: int, value: object) -> dict[str, object]:
    """The answer to one line, whatever it holds."""
    id_: LineId | None = None
    field: str | None = None
    problems: tuple[str, ...]
    try:
        if isinstance(value, RequestError):
            raise value
        rest, id_ = split_id(value)
        return with_id({"schema": 1, "result": answer(emulation, rest)}, id_)
    except RequestError as error:
        problems, field = (error.message,), error.field
    except InvalidInputError as error:
        problems = error.problems
    error_members = {"line": number, "field": field, "message": "; ".join(problems)}
    return with_id({"schema": 1, "error": error_members | {"problems": problems}}, id_)
