"""The parts of an explanation in words, for every view that shows one."""

from __future__ import annotations

from typing import Final

from ssoroute.model.device import Device
from ssoroute.model.patterns import Rule
from ssoroute.model.platforms import NEWEST
from ssoroute.model.request import Request
from ssoroute.routing.steps import Step, Verdict

__all__ = [
    "LOOKALIKE",
    "how_new",
    "request_details",
    "rule_and_source",
    "step_head",
    "step_text",
]

LOOKALIKE: Final = "look-alike: the host continues past the prefix, so this may be a different site"


def how_new(device: Device) -> str:
    """What to say after the device of its version, if its facts are those of the newest known.

    >>> how_new(Device(os="macOS@99")), how_new(Device(os="macOS@15.4"))
    (' (newer than any known; the facts of 27.2 are used)', '')
    """
    newest = NEWEST[device.platform]
    if device.version > newest:
        return f" (newer than any known; the facts of {newest} are used)"
    return " (the newest known)" if device.version == newest else ""


def request_details(request: Request) -> list[str]:
    """What is unusual about `request` besides its URL.

    >>> request_details(Request("https://h/", response_code=200, screen_locked=True))
    ['response code 200 (counts as 0)', 'screen locked']
    """
    details = []
    if request.response_code:
        kind = "a challenge" if request.is_challenge else "counts as 0"
        details.append(f"response code {request.response_code} ({kind})")
    if request.caller is not None:
        details.append(f"caller {request.caller}")
    if request.screen_locked:
        details.append("screen locked")
    if not request.user_interface_enabled:
        details.append("no user interface")
    if request.background_session:
        details.append("background session")
    return details


def rule_and_source(rule: Rule) -> str:
    """`rule` and, if that is known, where it is written.

    >>> from ssoroute.model.patterns import HostPattern
    >>> from ssoroute.model.source import Source
    >>> rule_and_source(HostPattern(".example.com", Source("corp.mobileconfig", "Hosts[0]")))
    '.example.com in corp.mobileconfig: Hosts[0]'
    """
    return f"{rule} in {rule.source}" if rule.source else str(rule)


def step_head(step: Step) -> str:
    """Whose step it is: the extension and the Type of its payload."""
    if step.payload is None:
        return "the system's own extension"
    return f"{step.payload.extension}, {step.payload.type}"


def step_text(step: Step) -> str:
    """Why the step ended as it did; for an inactive prefix, with the prefix."""
    if step.verdict is Verdict.INACTIVE and step.rule:
        return f"prefix {step.rule}: {step.text}"
    return step.text
