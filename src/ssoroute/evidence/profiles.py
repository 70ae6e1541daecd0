"""The profiles of an experiment as files that an MDM can install."""

from __future__ import annotations

import plistlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ssoroute.evidence.table import Experiment, ProfileSketch

__all__ = ["Extensions", "profile_text"]

_PREFIX: Final = "org.example.ssoroute.experiment"


@dataclass(frozen=True, slots=True)
class Extensions:
    """The test extensions on the device; the defaults have to be replaced by real ones."""

    first: str = "com.example.app.ssoextension"
    second: str = "com.example.other.ssoextension"
    team: str = "EXAMPLE123"

    def named(self, text: str) -> str:
        """`text` with the identifiers in place of `EXTENSION`, `SECOND` and `TEAM`.

        >>> Extensions().named("ssoid://EXTENSION")
        'ssoid://com.example.app.ssoextension'
        """
        names = (("EXTENSION", self.first), ("SECOND", self.second), ("TEAM", self.team))
        for word, identifier in names:
            text = text.replace(word, identifier)
        return text


def profile_text(experiment: Experiment, sketch: ProfileSketch, extensions: Extensions) -> str:
    """The profile as an XML property list, with spaces in place of tabs.

    Identifiers and UUIDs are the same each time, so that a changed profile is an update.
    """
    place = f"{_PREFIX}.{experiment.name}.{sketch.name}"
    document: dict[str, Any] = {
        "PayloadContent": [
            _payload(payload, f"{place}.{number}", extensions)
            for number, payload in enumerate(sketch.payloads, 1)
        ],
        "PayloadDisplayName": f"Experiment {experiment.name}: {sketch.name}",
        "PayloadIdentifier": place,
        "PayloadType": "Configuration",
        "PayloadUUID": _uuid(place),
        "PayloadVersion": 1,
    }
    if sketch.scope:
        document["PayloadScope"] = sketch.scope
    return plistlib.dumps(document).decode("utf-8").replace("\t", "  ")


def _payload(payload: Mapping[str, Any], place: str, extensions: Extensions) -> dict[str, Any]:
    whole = {"ExtensionIdentifier": "EXTENSION", "TeamIdentifier": "TEAM", **payload}
    return {
        **{key: _named(value, extensions) for key, value in whole.items()},
        "PayloadIdentifier": place,
        "PayloadType": "com.apple.extensiblesso",
        "PayloadUUID": _uuid(place),
        "PayloadVersion": 1,
    }


def _named(value: object, extensions: Extensions) -> object:
    if isinstance(value, str):
        return extensions.named(value)
    if isinstance(value, list):
        return [_named(item, extensions) for item in value]
    return value


def _uuid(place: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, place)).upper()
