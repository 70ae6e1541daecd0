"""Which of a device's sources a file is: seen from its content, never from its name."""

from __future__ import annotations

from enum import Enum
from typing import Final

from ssoroute.loaders.app_sso import is_app_sso
from ssoroute.loaders.log_events import is_log
from ssoroute.loaders.pluginkit import is_pluginkit
from ssoroute.loaders.rmd_inspect import is_rmd_inspect
from ssoroute.loaders.signed import is_cms
from ssoroute.loaders.sw_vers import is_sw_vers
from ssoroute.loaders.swcutil import is_swcutil
from ssoroute.loaders.text import printed_lines

__all__ = ["SourceKind", "recognise"]


class SourceKind(Enum):
    """What a source is: the output of a tool, a document with profiles, or a log."""

    SW_VERS = "sw_vers"
    SWCUTIL = "swcutil show"
    PLUGINKIT = "pluginkit -m"
    APP_SSO = "app-sso platform -s"
    RMD_INSPECT = "rmd_inspect"
    LOG = "log"
    PROFILES = "profiles"


_TEXTS: Final = (
    (is_log, SourceKind.LOG),
    (is_sw_vers, SourceKind.SW_VERS),
    (is_swcutil, SourceKind.SWCUTIL),
    (is_app_sso, SourceKind.APP_SSO),
    (is_pluginkit, SourceKind.PLUGINKIT),
    (is_rmd_inspect, SourceKind.RMD_INSPECT),
)


def recognise(data: bytes) -> SourceKind | None:
    r"""The kind of the source `data`; None if it is not a source.

    >>> recognise(b"ProductName: macOS\nProductVersion: 15.4\n").value
    'sw_vers'
    """
    start = data[:64].lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n")
    if start.startswith((b"<", b"bplist")) or is_cms(data):
        return SourceKind.PROFILES
    text = "\n".join(line for _, line in printed_lines(data))
    for looks_like, kind in _TEXTS:
        if looks_like(text):
            return kind
    return SourceKind.PROFILES if start.startswith((b"{", b"[")) else None
