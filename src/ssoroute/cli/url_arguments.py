"""The URLs that `route` and `explain` take as arguments, and the profiles among them."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from typing import Any, Final, NamedTuple

import click

from ssoroute.cli.options import (
    RequestOptions,
    all_profiles,
    request_options,
    router_options,
    spelling_option,
)
from ssoroute.cli.request_lines import spelled
from ssoroute.model.quoting import quote
from ssoroute.model.request import Request, RequestError
from ssoroute.model.spelling import Spelling
from ssoroute.model.urls import without_password

__all__ = ["URLArgument", "is_path", "refuse_passwords", "url_arguments", "url_options"]

#: A host with a dot in it, and perhaps a port and a path: what people copy out of a browser.
_HOST: Final = re.compile(r"[\w\-]+(?:\.[\w\-]+)+(?::[0-9]+)?(?=[/?#]|\Z)")
_DEVICES: Final = ("sysdiagnose", "device_folder")
_NOTHING: Final = "is neither a URL nor a file that exists"
_PROFILES: Final = (".mobileconfig", ".plist", ".json", ".xml")


class URLArgument(NamedTuple):
    """One URL: its number from 1, the URL as it was given, and its request or its error.

    `shown` is the URL without its password.
    """

    number: int
    given: str
    shown: str
    request: Request | RequestError


def url_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give `command` its argument `urls`, and the options of profiles, device and request.

    Further arguments are `inputs`, `matching`, `spelling` and `asked`.
    """
    return _profiles_and_urls(router_options(spelling_option(request_options(command))))


def _profiles_and_urls(command: Callable[..., Any]) -> Callable[..., Any]:
    """Let `command` take profiles among its argument `urls`, as if each was given with `-p`."""

    @wraps(command)
    def wrapped(
        *args: Any, arguments: tuple[str, ...], profiles: tuple[str, ...], **kwargs: Any
    ) -> Any:
        paths = tuple(argument for argument in arguments if is_path(argument))
        urls = tuple(argument for argument in arguments if not is_path(argument))
        # A device or a Mac has profiles: then a text that is not a URL is answered in its place.
        if not (profiles or paths or sys.platform == "darwin" or any(map(kwargs.get, _DEVICES))):
            _refuse_missing_files(urls)
        return command(*args, urls=urls, profiles=all_profiles(profiles, paths), **kwargs)

    return click.argument("arguments", metavar="[PATH|URL]...", nargs=-1)(wrapped)


def _refuse_missing_files(urls: Sequence[str]) -> None:
    """`click.UsageError` if one of `urls` can only be meant as a profile."""
    for url in urls:
        is_url = ":" in url or (_HOST.match(url) and not url.lower().endswith(_PROFILES))
        if not is_url:
            raise click.UsageError(f"{quote(url)} {_NOTHING}")


def url_arguments(
    urls: Sequence[str], options: RequestOptions, spelling: Spelling
) -> Iterator[URLArgument]:
    """The requests for `urls`, in their order."""
    for number, given in enumerate(urls, 1):
        url = given.removeprefix("\ufeff") if number == 1 else given  # of a list in a file
        request = _without_scheme(url) or spelled(options.request(url), spelling)
        yield URLArgument(number, url, without_password(url), request)


def refuse_passwords(urls: Sequence[str]) -> None:
    """`click.UsageError` if one of `urls`, the pages of a client, has a password."""
    for url in map(without_password, urls):
        if url not in urls:
            raise click.UsageError(
                f"the page of a client has no password, leave it out of {quote(url)}"
            )


def is_path(argument: str) -> bool:
    """Whether `argument` is a file, a folder or standard input; a URL has a scheme."""
    try:
        return argument == "-" or ("://" not in argument and os.path.exists(argument))
    except ValueError:  # a NUL
        return False


def _without_scheme(url: str) -> RequestError | None:
    host = _HOST.match(url)
    if host is None:
        return None
    if url.lower().endswith(_PROFILES):
        return RequestError(f"{quote(url)} {_NOTHING}", "url")
    rest = url[host.end() :] if url[host.end() :].startswith("/") else f"/{url[host.end() :]}"
    meant = quote(f"https://{host[0]}{rest}")
    return RequestError(f"{quote(url)} has no scheme; did you mean {meant}?", "url")
