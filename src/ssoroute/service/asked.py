"""What a question is about: the configuration of the service, or one that comes with it."""

from __future__ import annotations

from ssoroute.checks import check
from ssoroute.loaders import load
from ssoroute.model.errors import InvalidInputError
from ssoroute.model.profile import Profile, of_user
from ssoroute.real_device import RealDevice
from ssoroute.routing.holdings import held_to_json
from ssoroute.service.configuration import Configuration
from ssoroute.service.messages import Look

__all__ = ["checked_to_json", "configuration_of", "holdings_to_json"]


def configuration_of(asked: Look, now: Configuration, real: RealDevice | None) -> Configuration:
    """What `asked` is about; `now` if it names nothing else. `real` is its sysdiagnose.

    `InvalidInputError` for profiles that cannot be read, and a system or user that is not known.
    Takes as long as building a router, so call it in a thread.
    """
    if asked.profiles is None and asked.os is None and real is None:
        return now
    device = now.device if real is None else real.device
    if asked.os is not None:
        device = device.at_system(asked.os)
    profiles: tuple[Profile, ...] = ()
    if real is not None:
        if not real.has_profiles and asked.profiles is None:
            raise InvalidInputError("the sysdiagnose has no profiles; send them as well")
        profiles = tuple(real.profiles)
    elif asked.profiles is None:
        profiles = now.profiles
    for upload in asked.profiles or ():
        profiles += tuple(load(upload.file()))
    return Configuration(of_user(profiles, asked.user), device, now.matching)


def holdings_to_json(now: Configuration, *, checked: bool) -> dict[str, object]:
    """What the device holds, and with `checked` what the checks find."""
    members: dict[str, object] = {"schema": 1, "configuration": now.digest}
    members["device"] = now.device.to_json()
    members |= held_to_json(now.router)
    if checked:
        findings = check(now.profiles, [now.device])
        members["findings"] = [finding.to_json() for finding in findings]
    return members


def checked_to_json(body: bytes, now: Configuration, os: str | None) -> list[dict[str, object]]:
    """The findings about the profile `body` on the service's device, or on `os`."""
    device = now.device if os is None else now.device.at_system(os)
    return [finding.to_json() for finding in check(load(body), [device])]
