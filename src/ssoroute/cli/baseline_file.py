"""The file of a baseline: read, written, and compared with what was found."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from ssoroute.cli.files import read_file, write_file
from ssoroute.cli.request_lines import dumps
from ssoroute.cli.status import InputError
from ssoroute.cli.terminal import complain
from ssoroute.cli.views.findings.found import is_unreadable
from ssoroute.model.finding import Finding
from ssoroute.model.quoting import one_line

if TYPE_CHECKING:
    from ssoroute.checks.baseline import Baseline

__all__ = [
    "complain_of_stale",
    "read_baseline_file",
    "without_known_findings",
    "write_baseline_file",
]

#: How many stale entries are listed.
_MOST: Final = 10


def read_baseline_file(path: str) -> Baseline:
    """The baseline in the file at `path`; `InputError` if it cannot be read."""
    from ssoroute.checks.baseline import BaselineError, read_baseline

    try:
        return read_baseline(json.loads(read_file(path)))
    except BaselineError as error:
        raise InputError([f"{one_line(path)}: error: {error}"]) from None
    except (ValueError, RecursionError):
        raise InputError([f"{one_line(path)}: error: the baseline is not JSON"]) from None


def write_baseline_file(path: str, findings: Sequence[Finding]) -> None:
    """Write the baseline of `findings` to the file at `path`."""
    from ssoroute.checks.baseline import to_json

    accepted = [finding for finding in findings if not is_unreadable(finding)]
    write_file(path, dumps(to_json(accepted, _names_from(path)), indent=2) + "\n")


def without_known_findings(
    path: str, baseline: Baseline, findings: Sequence[Finding]
) -> list[Finding]:
    """The findings that the baseline at `path` does not have."""
    from ssoroute.checks.baseline import without_known

    return without_known(findings, baseline, _names_from(path))


def complain_of_stale(
    path: str, baseline: Baseline, findings: Sequence[Finding], files: Sequence[str]
) -> None:
    """Say on standard error which entries of the baseline match none of `findings`.

    Only entries of `files` count, because only those were checked, and of files that are gone.
    """
    from ssoroute.checks.baseline import stale

    name_of, folder = _names_from(path), os.path.dirname(path)
    checked = {name_of(file) for file in files}
    entries = [
        entry
        for entry in stale(findings, baseline, name_of)
        if entry.file in checked or not os.path.exists(os.path.join(folder, entry.file))
    ]
    for entry in entries[:_MOST]:
        place = f" {entry.path}" if entry.path else ""
        complain(f"{one_line(path)}: stale: {entry.code} in {one_line(entry.file + place)}")
    if entries:
        complain(
            f"{one_line(path)}: stale entries: {len(entries)}; write it again with --write-baseline"
        )


def _names_from(baseline: str) -> Callable[[str], str]:
    """How the baseline names a file: by its path from the folder of the baseline."""
    folder = os.path.realpath(os.path.dirname(baseline) or ".")

    def name(file: str) -> str:
        if file.startswith("<") or file == "-":
            return file
        return os.path.relpath(os.path.realpath(file), folder).replace(os.sep, "/")

    return name
