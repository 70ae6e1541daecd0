"""`ssoroute check --fix`: shows what would be repaired, or repairs it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from ssoroute.cli.files import read_file, write_bytes
from ssoroute.cli.status import Status
from ssoroute.cli.terminal import complain, show_source
from ssoroute.model.quoting import counted

if TYPE_CHECKING:
    from ssoroute.checks.repairs import Repaired
    from ssoroute.model.device import Device
    from ssoroute.model.finding import Finding
    from ssoroute.model.profile import Profiles

__all__ = ["fix"]


def fix(
    sets: Iterable[Profiles],
    given: Iterable[str],
    devices: list[Device],
    takes: Callable[[Finding], bool],
    *,
    write: bool,
) -> Status:
    """Repair the findings that `takes` accepts in the files `given`, each of `sets` alone.

    Without `write` the changes are printed, and the status is `NO` if there are any.
    """
    from ssoroute.checks.repairs import repair_all

    files = {name: read_file(name) for name in given if name != "-" and os.path.isfile(name)}
    status = Status.YES
    for profiles in sets:
        names = {profile.source.file for profile in profiles}
        ours = {name: data for name, data in files.items() if name in names}
        done = repair_all(profiles, ours, devices, takes)
        for finding, why in done.left:
            complain(f"{finding.source}: {finding.code} is not repaired: {why}")
        for name, data in done.files.items():
            if write:
                write_bytes(name, data)
            else:
                _show(name, ours[name], data, profiles)
                status = Status.NO
        for line in _counts(done, write=write):
            complain(line)
    return status


def _show(name: str, old: bytes, new: bytes, profiles: Profiles) -> None:
    from ssoroute.cli.views.masked_text import masked
    from ssoroute.cli.views.repair_diff import diff_lines
    from ssoroute.install.effective_keys import HIDDEN
    from ssoroute.loaders.source_text import SourceText

    payloads = list(_payloads(name, profiles))
    shown = [masked(text, payloads) for data in (old, new) if (text := SourceText.read(data))]
    is_hidden = False
    for line in diff_lines(name, *shown):
        is_hidden = is_hidden or HIDDEN in line
        show_source(line)
    if is_hidden:
        complain(f"{name}: the diff hides values, so it cannot be applied; use --write")


def _payloads(name: str, profiles: Profiles) -> Iterator[str]:
    """The key paths of the payloads in the file whose known keys hold no secret."""
    for profile in profiles:
        if profile.source.file == name:
            yield from (payload.source.path for payload in profile.payloads)
            for domains in profile.associated_domains:
                yield domains.source.path.rpartition(".Configuration")[0]


def _counts(done: Repaired, *, write: bool) -> Iterator[str]:
    verb = "repaired" if write else "can be repaired; add --write to do it"
    for name in done.files:
        count = sum(repair.source.file == name for repair in done.repairs)
        yield f"{name}: {counted(count, 'finding')} {verb}"
