"""`ssoroute test --record`: a table from requests, with the answers of today."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, replace

from ssoroute.atomic_file import replace_file
from ssoroute.cli.inputs import Inputs, complain_of, read_inputs, standard_input
from ssoroute.cli.options import InputOptions
from ssoroute.cli.request_lines import read_requests
from ssoroute.cli.status import InputError, Status
from ssoroute.cli.terminal import show_text
from ssoroute.loaders.device_text import toml_string
from ssoroute.model.decision import Decision
from ssoroute.model.quoting import cannot, one_line
from ssoroute.model.request import Request, RequestError
from ssoroute.model.spelling import Spelling
from ssoroute.routing.router import Router
from ssoroute.testing.recording import recorded_table

__all__ = ["Recording", "record"]


@dataclass(frozen=True, slots=True)
class Recording:
    """What to record, and into which file; `force` replaces a file that is there."""

    table: str
    requests: str
    inputs: InputOptions
    matching: str
    spelling: Spelling
    force: bool


def record(wanted: Recording) -> None:
    """Write the table; `InputError` where anything at all is wrong, and then nothing is written."""
    shown = one_line(wanted.table)
    if not wanted.force and os.path.lexists(wanted.table):
        raise InputError([f"{shown}: error: there is such a file; --force replaces it"])
    found = read_inputs(wanted.inputs)
    if found.status is not Status.YES:
        raise InputError([f"{shown}: error: not written, because a profile cannot be read"])
    router = Router.from_profiles(found.profiles, device=found.device, matching=wanted.matching)
    complain_of(router.installation)
    routes = _routes(router, wanted)
    text = _text(wanted, found, routes)
    try:
        replace_file(wanted.table, text)
    except (OSError, ValueError) as error:
        raise _failed(wanted.table, "written", error) from None
    rows = "1 row" if len(routes) == 1 else f"{len(routes)} rows"
    show_text(f"{wanted.table}: {rows} recorded")


def _routes(router: Router, wanted: Recording) -> list[tuple[Request, Decision]]:
    """Each request once, with its answer; `InputError` names all lines that are none."""
    routes: dict[Request, Decision] = {}
    problems: list[str] = []
    for number, request in _requests(wanted.requests):
        place = f"{one_line(wanted.requests)}: line {number}: error:"
        if isinstance(request, RequestError):
            problems.append(f"{place} {request}")
            continue
        try:
            url = wanted.spelling.of(request.url)
            for text in (request.url, request.caller or ""):
                toml_string(text)
        except ValueError as error:  # no browser asks it, or no table can hold it
            problems.append(f"{place} {error}")
        else:
            routes[request] = router.route(*replace(request, url=url).arguments)
    if problems:
        raise InputError(problems)
    if not routes:
        raise InputError([f"{one_line(wanted.requests)}: error: holds no request"])
    return list(routes.items())


def _requests(path: str) -> Iterator[tuple[int, Request | RequestError]]:
    stream = nullcontext(standard_input()) if path == "-" else None
    try:
        with stream or open(path, "rb") as lines:
            yield from read_requests(lines)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise _failed(path, "read", error) from None


def _text(wanted: Recording, found: Inputs, routes: list[tuple[Request, Decision]]) -> str:
    folder = os.path.dirname(wanted.table)
    try:
        return recorded_table(
            [_from_folder(path, folder) for path in wanted.inputs.profiles],
            wanted.inputs.channel,
            found.device,
            wanted.matching,
            wanted.spelling,
            routes,
            wanted.inputs.user,
        )
    except ValueError as error:  # a path or an identifier that is no text
        raise _failed(wanted.table, "written", error) from None


def _from_folder(path: str, folder: str) -> str:
    """`path` as a table in `folder` writes it: relative, unless it was given as absolute."""
    if os.path.isabs(path):
        return path
    # Folders by their real names, because `..` goes up from those. A link to a file stays one.
    above, name = os.path.split(path)
    if name in ("", ".", ".."):
        above, name = path, ""
    real = os.path.join(os.path.realpath(above or "."), name)
    return os.path.relpath(real, os.path.realpath(folder or ".")).replace(os.sep, "/")


def _failed(path: str, what: str, error: OSError | ValueError) -> InputError:
    return InputError([f"{one_line(path)}: error: {cannot(what, error)}"])
