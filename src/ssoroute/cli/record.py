"""`ssoroute test --record`: a table from requests, with the answers of today."""

from __future__ import annotations

import os
from dataclasses import dataclass

from ssoroute.cli.files import write_file
from ssoroute.cli.inputs import Inputs, read_router
from ssoroute.cli.options import InputOptions
from ssoroute.cli.request_lines import read_requests, spelled
from ssoroute.cli.status import InputError, Status
from ssoroute.cli.terminal import show_text
from ssoroute.model.decision import Decision
from ssoroute.model.quoting import cannot, counted, one_line
from ssoroute.model.request import Request, RequestError
from ssoroute.model.spelling import Spelling
from ssoroute.routing.router import Router
from ssoroute.testing.recording import recorded_table, toml_string

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
    router, found = read_router(wanted.inputs, wanted.matching)
    if found.status is not Status.YES:
        raise InputError([f"{shown}: error: not written, because a profile cannot be read"])
    routes = _routes(router, wanted)
    text = _text(wanted, found, routes)
    write_file(wanted.table, text)
    show_text(f"{wanted.table}: {counted(len(routes), 'row')} recorded")


def _routes(router: Router, wanted: Recording) -> list[tuple[Request, Decision]]:
    """Each request once, with its answer; `InputError` names all lines that are none."""
    routes: dict[Request, Decision] = {}
    problems: list[str] = []
    for number, given in read_requests(wanted.requests):
        request = _recordable(given, wanted.spelling) if isinstance(given, Request) else given
        if isinstance(given, RequestError) or isinstance(request, RequestError):
            problems.append(f"{one_line(wanted.requests)}: line {number}: error: {request}")
        else:
            routes[given] = router.route(*request.arguments)
    if problems:
        raise InputError(problems)
    if not routes:
        raise InputError([f"{one_line(wanted.requests)}: error: holds no request"])
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
        )
    except ValueError as error:  # a path or an identifier that is no text
        shown = one_line(wanted.table)
        raise InputError([f"{shown}: error: {cannot('written', error)}"]) from None


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
