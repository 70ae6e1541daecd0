"""What is wrong with a set of profiles, before it is deployed.

`check` is all there is to use. Inside, one file per family of rules (`payload_keys`,
`placeholders`, `furniture`, `prefixes`, `hosts`, `conflicts`, `callers`, `platform_sso`, `domains`,
`vendors`); what each rule says is in one table (`rules`), from which docs/check.md is written;
`subject` is what rules look at, `report` where they write, `engine` what runs them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import os

    from ssoroute.model.device import Device
    from ssoroute.model.finding import Finding
    from ssoroute.model.profile import Profile

__all__ = ["check"]


def check(
    profiles: Iterable[Profile],
    targets: Iterable[Device | str] = (),
    *,
    aasa: Mapping[str, str | os.PathLike[str] | bytes] | None = None,
) -> list[Finding]:
    """What is wrong or noteworthy about `profiles`, installed in their order.

    `targets` are devices, or their platform and version as in `macOS@15.4`; without any it is the
    newest macOS. A finding that holds for some of several targets names them. `aasa` gives the
    `apple-app-site-association` files (paths, or bytes) of sites by their host. What was noticed
    while loading is part of the answer, where `profiles` is what `ssoroute.load` returned.

    Findings are in the order of the files and of the places in them. Nothing is downloaded; files
    are read again to find lines and columns. `DeviceError` for a target that does not exist.

    >>> from ssoroute import load
    >>> findings = check(load("examples/profiles/entra.mobileconfig"), targets=["macOS@15.4"])
    >>> found = findings[1]
    >>> print(found.code, found.severity, found.source, found.line, found.value)
    SSO202 info examples/profiles/entra.mobileconfig: PayloadContent[0].URLs[0] 30 https://login.microsoftonline.com
    """
    from ssoroute.checks.engine import run

    return run(profiles, targets, aasa or {})
