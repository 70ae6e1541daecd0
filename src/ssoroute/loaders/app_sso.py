"""What `app-sso platform -s` prints: the state of Platform SSO on a Mac.

Observed (in descriptions): headings such as `Device Configuration:`, each followed by a JSON object
or `(null)`; enumerations are written as `NAME (n)`. User names, certificates and tokens are in it
as well, so only the members below are read, and nothing else is kept.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Final

from ssoroute.loaders.findings import Code, Report
from ssoroute.loaders.text import printed_lines
from ssoroute.model.source import Source

__all__ = ["PLATFORM_SSO_MEMBERS", "PlatformSSOState", "is_app_sso", "read_app_sso"]

_DEVICE: Final = "Device Configuration"
_SECTIONS: Final = (_DEVICE, "Login Configuration", "User Configuration", "SSO Tokens")
_HEADING: Final = re.compile(rf"^({'|'.join(_SECTIONS)}):[ \t]*", re.MULTILINE)
#: The members of `Device Configuration` that say how Platform SSO is set up, and are not secret.
PLATFORM_SSO_MEMBERS: Final = (
    "extensionIdentifier",
    "loginType",
    "sharedDeviceKeys",
    "registrationCompleted",
)


@dataclass(frozen=True, slots=True)
class PlatformSSOState:
    """The Platform SSO of a device; a member is None if it is not said."""

    extension_identifier: str | None
    login_type: str | None
    shared_device_keys: bool | None
    registration_completed: bool | None
    source: Source


def is_app_sso(text: str) -> bool:
    """Whether `text` looks like the output of `app-sso platform -s`."""
    return f"{_DEVICE}:" in text


def read_app_sso(data: bytes, source: Source, report: Report) -> PlatformSSOState | None:
    """The state of Platform SSO; None if there is none, or if it cannot be read (reported)."""
    text = "\n".join(line for _, line in printed_lines(data))
    heading = next((found for found in _HEADING.finditer(text) if found[1] == _DEVICE), None)
    if heading is None:
        message = f"not the output of `app-sso platform -s`: no `{_DEVICE}:`"
        report.add(Code.NOT_A_SOURCE, source, message)
        return None
    place = source.line(text.count("\n", 0, heading.start()) + 1)
    rest = text[heading.end() :].lstrip()
    if rest.startswith("(null)"):
        return None
    try:
        value: Any = json.JSONDecoder().raw_decode(rest)[0]
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        report.add(Code.IGNORED_LINE, place, f"what follows `{_DEVICE}:` is not a JSON object")
        return None
    identifier, login, shared, registered = (value.get(name) for name in PLATFORM_SSO_MEMBERS)
    return PlatformSSOState(
        identifier if isinstance(identifier, str) else None,
        login.partition(" (")[0] if isinstance(login, str) else None,
        shared if isinstance(shared, bool) else None,
        registered if isinstance(registered, bool) else None,
        place,
    )
