"""`ssoroute replay`: routes the requests of logs on all cores and counts the outcomes."""

from __future__ import annotations

import os
import time
from collections.abc import Generator, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final

import click

from ssoroute.cli.configured import configured
from ssoroute.cli.files import standard_input, write_file
from ssoroute.cli.inputs import complain_of, read_inputs
from ssoroute.cli.interrupts import Interrupts, Stopped
from ssoroute.cli.options import (
    InputOptions,
    all_profiles,
    router_options,
    spelling_option,
)
from ssoroute.cli.progress import progress
from ssoroute.cli.request_lines import dumps
from ssoroute.cli.status import InputError, Status
from ssoroute.cli.terminal import complain, show, show_text
from ssoroute.cli.views.decision_sink import decision_sink
from ssoroute.cli.views.replay_summary import LEFT_OUT, summary_lines
from ssoroute.model.quoting import one_line, quote
from ssoroute.model.spelling import Spelling
from ssoroute.replay import (
    Answered,
    Log,
    LogFormat,
    OutputForm,
    Summary,
    WorkerEndedError,
    chunks_of,
    output_form,
    run,
)
from ssoroute.replay.chunks import CHUNK_BYTES, COLUMNS_BYTES
from ssoroute.replay.column_names import ColumnNames, ColumnsError, parse_columns
from ssoroute.replay.compiled import keep_memory
from ssoroute.routing.engine import accelerated
from ssoroute.routing.router import Router

__all__ = ["replay"]

_HELP: Final = """\
Route the requests of logs, and count the outcomes.

\b
Examples:
  ssoroute replay corp.mobileconfig browser.har access.log
  ssoroute replay -p profiles/ --columns url=cs-uri,code=sc-status proxy.csv
  ssoroute replay -p profiles/ --output decisions.parquet requests-*.csv
  ssoroute replay -p corp.mobileconfig --output - requests.jsonl | jq .outcome

A log is JSON Lines, CSV, one URL on each line, Parquet, HAR, flows of mitmproxy, or the access log
of a proxy (Squid, Apache, NGINX); texts may be compressed. `-` is standard input. Exit status: 0,
or 3 if an input could not be read or a row is not a request; 130 if interrupted.
"""


def _read_columns(
    _context: click.Context, _parameter: click.Parameter, value: str | None
) -> ColumnNames | None:
    try:
        return None if value is None else parse_columns(value)
    except ColumnsError as error:
        raise click.BadParameter(str(error)) from None


@click.command(help=_HELP, short_help="Route the requests of logs, and count the outcomes.")
@configured
@router_options
@spelling_option
@click.option(
    "--format",
    "log_format",
    type=click.Choice([form.value for form in LogFormat]),
    help="The format of all logs, if it is not clear.",
)
@click.option(
    "--output",
    metavar="FILE",
    help="Write each decision to FILE (.jsonl, .ndjson or .parquet); `-` is standard output.",
)
@click.option(
    "--without-urls",
    is_flag=True,
    help="Leave the URLs out of FILE (.parquet): smaller, faster, and without their secrets.",
)
@click.option("--report", metavar="FILE", help="Write the summary as a page (.html).")
@click.option("--caller", metavar="ID", help="The app that asks, for logs that have no callers.")
@click.option(
    "--columns",
    metavar="NAMES",
    callback=_read_columns,
    help="Which columns are those of a request: url=FIELD,caller=FIELD,code=FIELD.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
@click.option(
    "--jobs",
    metavar="N",
    type=click.IntRange(min=1),
    help="How many threads or processes answer.",
)
@click.argument("logs", metavar="LOG...", nargs=-1)
@click.pass_context
def replay(
    context: click.Context,
    logs: tuple[str, ...],
    inputs: InputOptions,
    matching: str,
    spelling: Spelling,
    log_format: str | None,
    output: str | None,
    without_urls: bool,
    report: str | None,
    caller: str | None,
    columns: ColumnNames | None,
    as_json: bool,
    jobs: int | None,
) -> None:
    """Replay logs."""
    logs, inputs = _without_profiles(logs, inputs)
    _check_inputs(logs, inputs)
    form = None if output is None else _form_of(output, logs)
    if without_urls:
        if form is not OutputForm.PARQUET:
            raise click.UsageError("--without-urls needs an --output that ends in .parquet")
        form = OutputForm.PARQUET_WITHOUT_URLS
    _check_report(report)
    found = read_inputs(inputs)
    router = Router.from_profiles(found.profiles, device=found.device, matching=matching)
    complain_of(router.installation)
    summary = Summary(accelerated=accelerated)
    size = CHUNK_BYTES if form is OutputForm.JSON_LINES else COLUMNS_BYTES
    given = LogFormat(log_format) if log_format else None
    found_logs = (
        Log(path, partial(_opened, path), given, columns, os.path.isdir(path)) for path in logs
    )
    keep_memory()
    chunks = chunks_of(found_logs, size)
    answers = run(
        router, chunks, spelling=spelling, form=form, jobs=jobs or _cores(), caller=caller
    )
    stopped = _answer(answers, summary, logs, (output, form))
    _report(summary, as_json=as_json, on_stderr=output == "-")
    if report is not None:
        from ssoroute.cli.views.replay_report import report_page  # only this option needs it

        write_file(report, report_page(summary, router))
    if stopped is not None:
        context.exit(stopped)
    bad = summary.bad_count or summary.unread
    context.exit(Status.UNREADABLE if bad else found.status)


def _answer(
    answers: Generator[Answered, None, None],
    summary: Summary,
    logs: Sequence[str],
    written: tuple[str | None, OutputForm | None],
) -> Status | None:
    """Count and write `answers`; returns the exit status of an interrupt, None without one."""
    status = None
    interrupts = Interrupts()
    with interrupts.handled(), decision_sink(*written) as sink:
        try:
            with closing(answers), progress("reading") as advance:
                reading = _Reading(logs)
                for answered in answers:
                    with interrupts.held():
                        _complain(answered)
                        sink.write(answered)
                        summary.add(answered)
                    advance(*reading.after(answered, summary.requests))
        except Stopped as stopped:
            if interrupts.urgent:
                raise
            summary.complete, status = False, stopped.status
        except WorkerEndedError as error:
            raise InputError([f"error: a process that answers has ended: {error}"]) from None
        with interrupts.held():
            sink.finish()
    return status


class _Reading:
    """How far the logs are read, in bytes; the total is unknown if one of them is a pipe."""

    def __init__(self, logs: Sequence[str]) -> None:
        self._total = None if "-" in logs else sum(map(_size, logs))
        self._reached: dict[str, int] = {}
        self._start = time.monotonic()

    def after(self, answered: Answered, requests: int) -> tuple[str, int, int | None]:
        """Text, position and total for the progress bar, after `requests` answers."""
        self._reached[answered.file] = answered.position
        rate = requests / max(time.monotonic() - self._start, 0.001)
        text = f"{requests:,} requests, {rate:,.0f}/s"
        return text, sum(self._reached.values()), self._total


def _size(log: str) -> int:
    try:
        if os.path.isdir(log):
            return sum(_size(os.path.join(log, name)) for name in os.listdir(log))
        return os.stat(log).st_size
    except (OSError, ValueError):
        return 0  # the reader of the log reports the error


def _without_profiles(
    arguments: tuple[str, ...], inputs: InputOptions
) -> tuple[tuple[str, ...], InputOptions]:
    """The logs among `arguments`, and `inputs` with the profiles among them."""
    paths = tuple(name for name in arguments if name.lower().endswith(".mobileconfig"))
    logs = tuple(name for name in arguments if name not in paths)
    return logs, replace(inputs, profiles=all_profiles(inputs.profiles, paths))


def _check_inputs(logs: tuple[str, ...], inputs: InputOptions) -> None:
    if not logs:
        raise click.UsageError("no log: name a file of requests, or `-` for standard input")
    if logs.count("-") > 1:
        raise click.UsageError("standard input (`-`) can be read once only")
    if "-" in logs and "-" in inputs.profiles:
        raise click.UsageError("standard input cannot be both the profile and the requests")


def _form_of(output: str, logs: tuple[str, ...]) -> OutputForm:
    """The form of the output file, which can be written."""
    if any(_is_same(log, output) for log in logs):
        raise click.UsageError(f"--output {quote(output)} is one of the logs")
    form = OutputForm.JSON_LINES if output == "-" else output_form(output)
    if form is None:
        raise click.UsageError(
            f"--output {quote(output)} ends in neither .jsonl, .ndjson nor .parquet"
        )
    if form.is_parquet:
        try:
            import pyarrow.parquet  # noqa: F401 - an extra
        except ImportError:
            raise click.UsageError(
                "--output as Parquet needs pyarrow, which is not installed here"
                " (`pip install 'ssoroute[arrow]'`)"
            ) from None
    return form


def _check_report(report: str | None) -> None:
    if report is not None and not report.lower().endswith((".html", ".htm")):
        raise click.UsageError(f"--report writes HTML; {quote(report)} must end in .html")


def _is_same(log: str, output: str) -> bool:
    try:
        return Path(log).samefile(output)
    except (OSError, ValueError):  # one of them is not there
        return False


def _opened(path: str) -> AbstractContextManager[BinaryIO]:
    if path == "-":
        return nullcontext(standard_input())
    return open(path, "rb")


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _complain(answered: Answered) -> None:
    file = one_line(answered.file)
    if answered.remark is not None:
        kind = "error" if answered.remark.fatal else "warning"
        complain(f"{file}: {kind}: {answered.remark.message}")


def _report(summary: Summary, *, as_json: bool, on_stderr: bool) -> None:
    shown = len(summary.bad)
    for row in summary.bad:
        complain(f"{one_line(row.file)}: line {row.bad.line}: error: {row.bad.message}")
    if summary.bad_count > shown:
        complain(f"error: {summary.bad_count - shown} more rows are not requests")
    for (file, kind), count in summary.left_out.items():
        complain(f"{one_line(file)}: warning: left out ({count:,}): {LEFT_OUT[kind]}")
    if as_json:
        text = dumps(summary.to_json(), indent=2)
        for line in text.splitlines():
            (complain if on_stderr else show_text)(line)
    elif on_stderr:
        for spans in summary_lines(summary):
            complain("".join(span.text for span in spans))
    else:
        show(summary_lines(summary))
