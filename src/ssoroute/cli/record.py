"""`ssoroute test --record`: writes a table from requests and their current answers."""

from __future__ import annotations

import os
from dataclasses import dataclass

from ssoroute.cli.files import write_file
from ssoroute.cli.inputs import Inputs, read_router
from ssoroute.cli.options import InputOptions
from ssoroute.cli.request_lines import read_requests, spelled
from ssoroute.cli.status import InputError, Status
from ssoroute.cli.terminal import show_text
from ssoroute.loaders.device_text import toml_string
from ssoroute.model.decision import Decision
from ssoroute.model.quoting import cannot, counted, one_line
from ssoroute.model.request import Request, RequestError
from ssoroute.model.spelling import Spelling
from ssoroute.routing.router import Router
from ssoroute.testing.recording import recorded_table

__all__ = ["Recording", "record"]


@dataclass(frozen=True, slots=True)
class Recording:
    """What to record, and into which file; `force` replaces an existing file."""

    table: str
    requests: str
    inputs: InputOptions
    matching: str
    spelling: Spelling
    force: bool


def record(recording: Recording) -> None:
    """Write the table. If anything is wrong, `InputError` is raised and nothing is written."""
    shown = one_line(recording.table)
    if not recording.force and os.path.lexists(recording.table):
        raise InputError([f"{shown}: error: the file exists; --force replaces it"])
    router, found = read_router(recording.inputs, recording.matching)
    if found.status is not Status.YES:
        raise InputError([f"{shown}: error: not written, because a profile cannot be read"])
    routes = _routes(router, recording)
    text = _text(recording, found, routes)
    write_file(recording.table, text)
    show_text(f"{recording.table}: {counted(len(routes), 'row')} recorded")


def _routes(router: Router, recording: Recording) -> list[tuple[Request, Decision]]:
    """Each request once, with its answer; `InputError` names all invalid lines."""
    routes: dict[Request, Decision] = {}
    problems: list[str] = []
    for number, given in read_requests(recording.requests):
        request = _recordable(given, recording.spelling) if isinstance(given, Request) else given
        if isinstance(given, RequestError) or isinstance(request, RequestError):
            problems.append(f"{one_line(recording.requests)}: line {number}: error: {request}")
        else:
            routes[given] = router.route(*request.arguments)
    if problems:
        raise InputError(problems)
    if not routes:
        raise InputError([f"{one_line(recording.requests)}: error: holds no request"])
    return list(routes.items())


def _recordable(request: Request, spelling: Spelling) -> Request | RequestError:
    """`request` in `spelling`; an error if it has none, or if TOML cannot hold its text."""
    routed = spelled(request, spelling)
    try:
        for text in (request.url, request.caller or ""):
            toml_string(text)
    except ValueError as error:
        return routed if isinstance(routed, RequestError) else RequestError(str(error))
    return routed


def _text(recording: Recording, found: Inputs, routes: list[tuple[Request, Decision]]) -> str:
    folder = os.path.dirname(recording.table)
    try:
        return recorded_table(
            [_from_folder(path, folder) for path in recording.inputs.profiles],
            recording.inputs.channel,
            found.device,
            recording.matching,
            recording.spelling,
            routes,
            recording.inputs.user,
        )
    except ValueError as error:  # a path or an identifier that is not text
        shown = one_line(recording.table)
        raise InputError([f"{shown}: error: {cannot('written', error)}"]) from None


def _from_folder(path: str, folder: str) -> str:
    """`path` as a table in `folder` writes it: relative, unless it was given as absolute."""
    if os.path.isabs(path):
        return path
    # Resolve folders, because `..` leads up from the real folder. A link to a file stays a link.
    above, name = os.path.split(path)
    if name in ("", ".", ".."):
        above, name = path, ""
    real = os.path.join(os.path.realpath(above or "."), name)
    return os.path.relpath(real, os.path.realpath(folder or ".")).replace(os.sep, "/")
