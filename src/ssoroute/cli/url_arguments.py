"""The URLs that `route` and `explain` take as arguments."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import click

from ssoroute.cli.options import RequestOptions
from ssoroute.cli.request_lines import spelled
from ssoroute.model.quoting import quote
from ssoroute.model.request import Request, RequestError
from ssoroute.model.spelling import Spelling
from ssoroute.model.urls import without_password

__all__ = ["URLArgument", "refuse_files", "refuse_passwords", "url_arguments"]

#: A host with a dot in it, and perhaps a port and a path: what people copy out of a browser.
_HOST: Final = re.compile(r"[\w\-]+(?:\.[\w\-]+)+(?::[0-9]+)?(?=[/?#]|\Z)")
_PROFILES: Final = (".mobileconfig", ".plist", ".json", ".xml")


class URLArgument(NamedTuple):
    """One URL: its number from 1, the URL as it was given, and its request or its error.

    `shown` is the URL without its password.
    """

    number: int
    given: str
    shown: str
    request: Request | RequestError


def url_arguments(
    urls: Sequence[str], options: RequestOptions, spelling: Spelling
) -> Iterator[URLArgument]:
    """The requests for `urls`, in their order; `click.UsageError` if one of them is a file."""
    refuse_files(urls)
    for number, given in enumerate(urls, 1):
        url = given.removeprefix("\ufeff") if number == 1 else given  # of a list in a file
        request = _without_scheme(url) or spelled(options.request(url), spelling)
        yield URLArgument(number, url, without_password(url), request)


def refuse_files(urls: Sequence[str]) -> None:
    """`click.UsageError` if one of `urls` is the name of a file."""
    for url in urls:
        if _is_file(url):
            raise click.UsageError(f"{quote(url)} is a file, not a URL; name profiles with -p")


def refuse_passwords(urls: Sequence[str]) -> None:
    """`click.UsageError` if one of `urls`, the pages of a client, is a file or has a password."""
    refuse_files(urls)
    for url in map(without_password, urls):
        if url not in urls:
            raise click.UsageError(
                f"the page of a client has no password, leave it out of {quote(url)}"
            )


def _is_file(url: str) -> bool:
    try:
        return "://" not in url and os.path.exists(url)
    except ValueError:  # a NUL
        return False


def _without_scheme(url: str) -> RequestError | None:
    host = _HOST.match(url)
    if host is None:
        return None
    if url.lower().endswith(_PROFILES):
        return RequestError(f"{quote(url)} is not a URL; name profiles with -p", "url")
    rest = url[host.end() :] if url[host.end() :].startswith("/") else f"/{url[host.end() :]}"
    meant = quote(f"https://{host[0]}{rest}")
    return RequestError(f"{quote(url)} has no scheme; did you mean {meant}?", "url")
