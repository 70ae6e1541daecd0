"""The values that a real device becomes: facts with their sources, and what they do not say."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ssoroute.loaders.log_events import LogEvent
from ssoroute.model.device import Device
from ssoroute.model.finding import Finding
from ssoroute.model.profile import Profiles
from ssoroute.model.source import Source

__all__ = ["Contradiction", "Fact", "FactKind", "Missing", "RealDevice"]


class FactKind(StrEnum):
    """What a fact is about."""

    VERSION = "version"
    PROFILE = "profile"
    DECLARATION = "declaration"
    APPROVAL = "approval"
    EXTENSION = "extension"
    PLATFORM_SSO = "platform_sso"
    LOG = "log"


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that a source says, in words, and where it says it."""

    kind: FactKind
    text: str
    source: Source

    def to_json(self) -> dict[str, object]:
        """The fact as a JSON object."""
        return {"kind": self.kind.value, "text": self.text, "source": self.source.to_json()}


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two sources that disagree: what about, and what is taken."""

    text: str
    first: Source
    second: Source

    def to_json(self) -> dict[str, object]:
        """The contradiction as a JSON object."""
        first, second = self.first.to_json(), self.second.to_json()
        return {"text": self.text, "first": first, "second": second}


class Missing(StrEnum):
    """What no source says."""

    VERSION = "version"
    PROFILES = "profiles"
    DECLARATIONS = "declarations"
    APPROVALS = "approvals"
    EXTENSIONS = "extensions"

    @property
    def consequence(self) -> str:
        """What it would decide, and what is taken instead."""
        return _CONSEQUENCES[self]


_CONSEQUENCES: Final = {
    Missing.VERSION: "the platform and its version decide which keys count; the newest macOS is"
    " taken, say another with --os",
    Missing.PROFILES: "they say which extension claims which URLs and hosts; name them with"
    " --profiles",
    Missing.DECLARATIONS: "the device has a declaration whose own keys are in none of its files;"
    " name it with --profiles",
    Missing.APPROVALS: "a site's approval decides whether a URL prefix counts; every approval is"
    " unknown (`swcutil show` lists them)",
    Missing.EXTENSIONS: "an extension that is not installed gets nothing; every extension that a"
    " profile names is taken as installed (on a Mac, `pluginkit -m` lists them)",
}


@dataclass(frozen=True, slots=True)
class RealDevice:
    """What the sources of one device say.

    `profiles` are installed, in order. `device` is what follows for the router; where each of its
    facts was read is in `device.sources`. `facts` are all that the sources say, in their order,
    `contradictions` where two disagree, `missing` what none of them says, `events` the lines of
    logs, `findings` what could not be read or is noteworthy.
    """

    profiles: Profiles
    device: Device
    facts: tuple[Fact, ...]
    contradictions: tuple[Contradiction, ...]
    missing: tuple[Missing, ...]
    events: tuple[LogEvent, ...]
    findings: tuple[Finding, ...]

    @property
    def has_profiles(self) -> bool:
        """Whether a source lists the profiles (which may be none)."""
        return Missing.PROFILES not in self.missing

    def to_json(self) -> dict[str, object]:
        """What the sources say as a JSON object (docs/command-line.md, "JSON")."""
        return {
            "schema": 1,
            "device": self.device.to_json(),
            "facts": [fact.to_json() for fact in self.facts],
            "contradictions": [found.to_json() for found in self.contradictions],
            "missing": {missing.value: missing.consequence for missing in self.missing},
        }
