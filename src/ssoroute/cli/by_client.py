"""`--client` and `--app`: a client in place of the parts of a request, and what it hands over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, wraps
from typing import Any, Final

import click
from click.core import ParameterSource

from ssoroute.asking.answers import Answered, answers, every_answer
from ssoroute.asking.client import Client, ClientError
from ssoroute.asking.table import client_named, client_of_caller
from ssoroute.cli.options import RequestOptions
from ssoroute.cli.request_lines import dumps
from ssoroute.cli.terminal import show, show_text
from ssoroute.cli.views.clients import (
    Page,
    at_a_glance_lines,
    at_a_glance_to_json,
    by_client_lines,
    by_client_to_json,
)
from ssoroute.model.platforms import Platform
from ssoroute.model.quoting import quote
from ssoroute.routing.router import Router

__all__ = ["ClientOptions", "caller_hint", "client_options", "explain_by_client"]

#: In place of one client: all of them.
_ALL: Final = "all"
#: What the client itself says of a request.
_OF_THE_CLIENT: Final = {
    "spelling": "--spelling",
    "caller": "--caller",
    "code": "--code",
    "no_ui": "--no-ui",
}


@dataclass(frozen=True, slots=True)
class ClientOptions:
    """A client (None for all of them), and the bundle identifier of the app behind it."""

    client: Client | None
    app: str | None


def client_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give `command` the options about a client, as its argument `by` (None if not given).

    It takes the options about a request also; those that the client decides are misuse beside it.
    """

    @click.option(
        "--client",
        metavar="NAME",
        help="Show what this client really asks for the page, or `all` of them"
        " (`ssoroute clients` lists them).",
    )
    @click.option(
        "--app",
        metavar="ID",
        help="With --client: the bundle identifier of the app, if the client is a part of one.",
    )
    @wraps(command)
    def wrapped(*args: Any, client: str | None, app: str | None, **kwargs: Any) -> Any:
        return command(*args, by=_read(client, app), **kwargs)

    return wrapped


def _read(name: str | None, app: str | None) -> ClientOptions | None:
    if name is None:
        if app is not None:
            raise click.UsageError("--app goes with --client")
        return None
    context = click.get_current_context()
    for parameter, option in _OF_THE_CLIENT.items():
        if context.get_parameter_source(parameter) is not ParameterSource.DEFAULT:
            raise click.UsageError(f"with --client the client decides this, leave out {option}")
    try:
        client = None if name == _ALL else client_named(name)
    except ClientError as error:
        raise click.UsageError(str(error)) from None
    if client is not None and app is not None and not client.takes_app:
        raise click.UsageError(f"the client {quote(name)} has its own caller, leave out --app")
    return ClientOptions(client, app)


def caller_hint(caller: str | None, platform: Platform) -> str | None:
    """What to say of a caller that is the one of a known client, or None."""
    client = None if caller is None else client_of_caller(caller, platform)
    if client is None:
        return None
    return (
        f"{caller} is the caller of the client {client.name}:"
        f" `ssoroute explain --client {client.name}` shows what it really asks"
    )


def explain_by_client(
    router: Router,
    urls: tuple[str, ...],
    by: ClientOptions,
    asked: RequestOptions,
    *,
    managed: bool | None,
    as_json: bool,
) -> None:
    """Print what the client hands over for the page at each URL, and how that is answered."""
    show_page = _show_every_client if by.client is None else partial(_show_client, by.client)
    for number, url in enumerate(urls):
        if number and not as_json:
            show_text("")
        show_page(Page(router, url, by.app, managed), asked, as_json=as_json)


def _show_every_client(page: Page, asked: RequestOptions, *, as_json: bool) -> None:
    locked, background = asked.locked, asked.background
    every = every_answer(
        page.router, page.url, page.app, screen_locked=locked, background_session=background
    )
    if as_json:
        show_text(dumps(at_a_glance_to_json(page, every)))
    else:
        show(at_a_glance_lines(page, every))


def _show_client(client: Client, page: Page, asked: RequestOptions, *, as_json: bool) -> None:
    if asked.background and not client.can_be_background:
        text = f"the client {quote(client.name)} has no background session"
        raise click.UsageError(f"{text}, leave out --background")
    try:
        answered = _answers(page.router, client, page.url, page.app, asked)
    except ClientError as error:
        raise click.UsageError(str(error)) from None
    if as_json:
        show_text(dumps(by_client_to_json(page, client, answered)))
    else:
        show(by_client_lines(page, client, answered))


def _answers(
    router: Router, client: Client, url: str, app: str | None, asked: RequestOptions
) -> list[Answered]:
    return list(
        answers(
            router,
            client,
            url,
            app,
            screen_locked=asked.locked,
            background_session=asked.background,
        )
    )
