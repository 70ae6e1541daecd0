"""Checks a set of profiles before it is deployed.

`check` is public, and `repairs` in the file of that name. Each family of rules has a file:
`payload_keys`, `unknown_keys`, `placeholders`, `joined_values`, `identity`, `inline_comments`,
`prefixes`, `hosts`, `conflicts`, `callers`, `on_device`, `platform_sso`, `policies`, `domains`,
`domain_entries`, `vendors`, `kerberos`, `extension_data`. One table (`rules`) describes each rule,
and docs/check.md is written from it. `target` has what the rules check, `report` collects the
findings, and `engine` runs the rules. `repairs` changes the text of files where the repair of a
finding is certain.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from os import PathLike

    from ssoroute.model.device import Device
    from ssoroute.model.finding import Finding
    from ssoroute.model.profile import Profile

__all__ = ["check"]


def check(
    profiles: Iterable[Profile],
    targets: Iterable[Device | str] = (),
    *,
    os: str | None = None,
    aasa: Mapping[str, str | PathLike[str] | bytes] | None = None,
) -> list[Finding]:
    """Check `profiles`, installed in their order, and return the findings.

    `targets` are devices, or their platform and version as in `macOS@15.4`; `os` is the same for
    one target. Without any, the target is the newest macOS, or the newest iOS if all payloads name
    known extensions for iOS. A finding
    that holds only for some targets names them. `aasa` gives the `apple-app-site-association` files
    (paths or bytes) of sites by their host. If `profiles` is what `ssoroute.load` returned, the
    findings of loading are included, and those that comments of the profiles end are left out.

    Findings are in the order of the files and of the places in them. Nothing is downloaded. Files
    are read again to find lines and columns. Raises `DeviceError` for a target that does not exist,
    and `TypeError` for something that is not profiles or targets.

    >>> from ssoroute import load
    >>> findings = check(load("examples/profiles/entra.mobileconfig"), os="macOS@15.4")
    >>> found = findings[1]
    >>> print(found.code, found.severity, found.source, found.line, found.value)
    SSO202 info examples/profiles/entra.mobileconfig: PayloadContent[0].URLs[0] 30 https://login.microsoftonline.com
    """
    from ssoroute.checks.engine import run

    return run(profiles, targets if os is None else (*targets, os), aasa or {}).left
