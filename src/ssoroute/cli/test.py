"""`ssoroute test`: run tables of expected routes, or record one."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import click
from click.core import ParameterSource

from ssoroute.cli.configured import configured
from ssoroute.cli.files import write_file
from ssoroute.cli.inputs import Inputs, complain_of, read_inputs
from ssoroute.cli.options import (
    InputOptions,
    all_profiles,
    router_options,
    spelling_option,
)
from ssoroute.cli.record import Recording, record
from ssoroute.cli.request_lines import dumps
from ssoroute.cli.status import InputError, Status
from ssoroute.cli.terminal import complain, show, show_text
from ssoroute.cli.views.table_junit import junit
from ssoroute.cli.views.table_report import RunReport, UnreadTable, report_lines, report_to_json
from ssoroute.cli.watching import paths_of, repeated, watch_option
from ssoroute.model.finding import Severity
from ssoroute.model.quoting import one_line, quote
from ssoroute.model.spelling import Spelling
from ssoroute.routing.router import Router
from ssoroute.testing.coverage import Coverage
from ssoroute.testing.run import TableResult, run_table
from ssoroute.testing.table_files import files_named_in, is_table, tables_in
from ssoroute.testing.table_reader import load_table
from ssoroute.testing.tables import TableError

__all__ = ["test"]

#: Parameters of only one of the two uses, and their options.
_RECORDING: Final = {
    "profiles": "--profiles",
    "channel": "--channel",
    "os": "--os",
    "device": "--device",
    "user": "--user",
    "matching": "--matching",
    "spelling": "--spelling",
    "requests": "--requests",
    "force": "--force",
}
#: What may be said about a real device.
_OF_REAL: Final = ("profiles", "channel", "os", "device", "user")
_RUNNING: Final = {"fail_under": "--fail-under", "as_json": "--json", "junit_file": "--junit"}

_HELP: Final = """\
Run tables of expected routes; show failed rows, and rules that no row uses.

\b
Examples:
  ssoroute test routes/ --fail-under 90 --junit report.xml
  ssoroute test --sysdiagnose sysdiagnose.tar.gz corp.routes.toml
  ssoroute test --record corp.routes.toml profiles/ --requests requests.jsonl

A table names its profiles and its device, and holds rows of request and answer. With --sysdiagnose,
the device of the sysdiagnose is asked instead. A folder means all *.routes.toml and *.routes.json
in it. Exit status: 0 if all rows pass, 1 if one fails or the rows use too few rules, 3 if a table
or a profile cannot be read. The other tables still run.
"""


def _read_percentage(
    _context: click.Context, _parameter: click.Parameter, value: str | None
) -> str | None:
    if value is not None and not re.fullmatch(r"(100(\.0+)?|[0-9]{1,2}(\.[0-9]{1,30})?)", value):
        raise click.BadParameter(f"must be a percentage such as 90 or 99.5, not {quote(value)}")
    return value


def _watched(
    tables: tuple[str, ...], inputs: InputOptions, recorded: str | None, **_: object
) -> list[str]:
    if recorded is not None:
        raise click.UsageError("--record writes once; leave out --watch")
    files = [
        name for path in tables for name in (tables_in(path) if os.path.isdir(path) else [path])
    ]
    named = [name for file in files for name in files_named_in(file)]
    return [*tables, *named, *paths_of(inputs)]


@click.command(help=_HELP, short_help="Run tables of expected routes, or record one.")
@repeated
@configured
@click.option(
    "--fail-under",
    metavar="PERCENT",
    callback=_read_percentage,
    help="Fail if rows use a smaller share of the prefixes, hosts and denied callers.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--junit", "junit_file", metavar="FILE", help="Also write JUnit XML into FILE.")
@click.option(
    "--record",
    "recorded",
    metavar="TABLE",
    help="Write TABLE from --requests, with the answers of the profiles of -p or the arguments."
    " The options below describe it.",
)
@click.option(
    "--requests",
    metavar="FILE",
    help="The requests to record, one JSON object a line; `-` is standard input.",
)
@click.option("--force", is_flag=True, help="Replace an existing TABLE.")
@router_options
@spelling_option
@click.argument("tables", metavar="TABLE...", nargs=-1)
@watch_option(_watched, writes="junit_file")
@click.pass_context
def test(
    context: click.Context,
    tables: tuple[str, ...],
    inputs: InputOptions,
    matching: str,
    spelling: Spelling,
    fail_under: str | None,
    as_json: bool,
    junit_file: str | None,
    recorded: str | None,
    requests: str | None,
    force: bool,
) -> None:
    """Run tables, or record one."""
    if recorded is not None:
        inputs = replace(inputs, profiles=_profiles_to_record(inputs.profiles, tables))
        requests = _check_recording(context, recorded, inputs, requests)
        record(Recording(recorded, requests, inputs, matching, spelling, force))
        return
    real = inputs.sysdiagnose is not None
    _check_running(context, tables, junit_file, real=real)
    found = read_inputs(inputs) if real else None
    results = tuple(result for path in tables for result in _run_all(path, found))
    done = [result for result in results if isinstance(result, TableResult)]
    _complain(done, verbose=inputs.verbose)
    report = RunReport(results, Coverage.of(done), fail_under)
    if as_json:
        for line in dumps(report_to_json(report), indent=2).split("\n"):
            show_text(line)
    else:
        show(report_lines(report))
    written = junit_file is None or _write(junit_file, junit(report))
    if len(done) < len(results) or not written or (found and found.status is not Status.YES):
        context.exit(Status.UNREADABLE)
    passed = report.enough and not any(result.failed for result in done)
    context.exit(Status.YES if passed else Status.NO)


def _profiles_to_record(options: tuple[str, ...], arguments: tuple[str, ...]) -> tuple[str, ...]:
    """The profiles of `-p` or the arguments; `click.UsageError` if one is a table."""
    for argument in arguments:
        if is_table(argument) or argument.lower().endswith(".toml"):
            raise click.UsageError(f"--record writes one table and runs none; leave out {argument}")
    return all_profiles(options, arguments)


def _check_recording(
    context: click.Context, recorded: str, inputs: InputOptions, requests: str | None
) -> str:
    """The file of requests; `click.UsageError` if the arguments do not fit together."""
    _refuse(context, _RUNNING, "has no effect with --record; leave it out")
    if not recorded.lower().endswith(".toml"):
        raise click.UsageError(f"--record writes TOML; {quote(recorded)} must end in .toml")
    if requests is None:
        raise click.UsageError("--record needs requests; name their file with --requests")
    if inputs.sysdiagnose is not None:
        raise click.UsageError(
            "a table names its profiles by their paths, so a real device cannot be recorded"
        )
    if not inputs.profiles or "-" in inputs.profiles:
        raise click.UsageError(
            "a table names its profiles by their paths; name them with -p/--profiles"
        )
    return requests


def _check_running(
    context: click.Context, tables: tuple[str, ...], junit_file: str | None, *, real: bool
) -> None:
    # A real device takes the place of the profiles and the device that a table names.
    names = {
        name: option for name, option in _RECORDING.items() if not real or name not in _OF_REAL
    }
    _refuse(context, names, "is for --record; a table has its own")
    if not tables:
        raise click.UsageError("no table: name a table or a folder, or write a table with --record")
    # `--junit *.routes.toml` would overwrite the first table.
    if junit_file is not None and junit_file.lower().endswith((".toml", ".json")):
        raise click.UsageError(f"--junit writes XML, but {quote(junit_file)} looks like a table")


def _refuse(context: click.Context, options: dict[str, str], why: str) -> None:
    for name, option in options.items():
        if context.get_parameter_source(name) is not ParameterSource.DEFAULT:
            raise click.UsageError(f"{option} {why}")


def _run_all(path: str, real: Inputs | None) -> Iterator[TableResult | UnreadTable]:
    """The result of the table at `path`, or of each table in the folder at `path`."""
    if not os.path.isdir(path):
        yield _run(path, real)
        return
    paths = list(tables_in(path))
    if not paths:
        problem = f"{one_line(path)}: error: the folder holds no *.routes.toml or *.routes.json"
        complain(problem)
        yield UnreadTable(path, (problem,))
    yield from (_run(name, real) for name in paths)


def _run(path: str, real: Inputs | None) -> TableResult | UnreadTable:
    try:
        table = load_table(path)
        if real is None:
            return run_table(table)
        router = Router.from_profiles(real.profiles, device=real.device, matching=table.matching)
        return run_table(table, router)
    except TableError as error:
        for problem in error.problems:
            complain(problem)
        return UnreadTable(path, error.problems)


def _complain(results: list[TableResult], *, verbose: bool) -> None:
    """Report the findings about profiles, each once even if several tables name the profile."""
    findings = dict.fromkeys(found for result in results for found in result.findings)
    for finding in findings:
        if verbose or finding.severity is not Severity.INFO:
            complain(str(finding))
    complain_of(*(result.router.installation for result in results))


def _write(path: str, text: str) -> bool:
    try:
        write_file(path, text)
    except InputError as error:
        error.show()
        return False
    return True
