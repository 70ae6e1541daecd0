"""The `apple-app-site-association` file of a site, as the user has downloaded it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Final

from ssoroute.model.quoting import cannot, one_line
from ssoroute.model.source import Source

__all__ = ["SiteFile", "SiteFileError", "read_site_file", "site_source"]

#: Documented: a device does not read a larger one.
_LIMIT: Final = 128 * 1024

#: The file: its path or its bytes.
SiteFile = str | os.PathLike[str] | bytes


class SiteFileError(Exception):
    """A site's file cannot be used; `code` is that of the finding, the text says why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def site_source(file: SiteFile) -> Source:
    """What to call the file in a message."""
    return Source("<bytes>" if isinstance(file, bytes) else one_line(os.fspath(file)))


def read_site_file(file: SiteFile) -> list[str] | None:
    """The identifiers under `authsrv.apps`, or None if the file has no such list.

    `SiteFileError` if it cannot be read, is larger than devices read, or is not JSON.

    >>> read_site_file(b'{"authsrv": {"apps": ["EXAMPLE123.com.example.sso"]}}')
    ['EXAMPLE123.com.example.sso']
    """
    if isinstance(file, bytes):
        data = file
    else:
        try:
            with open(file, "rb") as stream:
                data = stream.read(_LIMIT + 1)
        except (OSError, ValueError) as error:
            raise SiteFileError("SSO001", cannot("read", error)) from None
    if len(data) > _LIMIT:
        message = f"the file is larger than {_LIMIT // 1024} KiB, and devices do not read it"
        raise SiteFileError("SSO803", message)
    try:
        value: object = json.loads(data)
    except (ValueError, RecursionError):
        raise SiteFileError("SSO803", "the file is not JSON") from None
    for name in ("authsrv", "apps"):
        value = value.get(name) if isinstance(value, Mapping) else None
    if not isinstance(value, list):
        return None
    return [app for app in value if isinstance(app, str)]
