"""Lines and columns for findings, and the text there if it may be shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from ssoroute.checks.rules import rules
from ssoroute.install.effective_keys import HIDDEN
from ssoroute.loaders.locations import Location, Spot, locate
from ssoroute.model.finding import Finding

__all__ = ["excerpt", "located", "locations"]

#: How a dictionary or an array begins, which may be shown: nothing in it is.
_CONTAINERS: Final = ("<dict", "<array", "{", "[")


def locations(findings: Iterable[Finding]) -> Mapping[str, Mapping[str, Location]]:
    """Where the places of `findings` are, by file and key path. Each file is read once."""
    wanted: dict[str, set[str]] = {}
    for finding in findings:
        wanted.setdefault(finding.source.file, set()).add(finding.source.path)
    return {file: locate(file, paths) for file, paths in wanted.items()}


def located(findings: Sequence[Finding]) -> list[Finding]:
    """`findings` with lines and columns if their files have them."""
    places = locations(finding for finding in findings if finding.line is None)
    return [
        replace(finding, line=spot.line, column=spot.column)
        if finding.line is None and (spot := _spot(finding, places))
        else finding
        for finding in findings
    ]


def excerpt(finding: Finding, places: Mapping[str, Mapping[str, Location]]) -> str | None:
    """The text at the place of `finding`, or None if it is unknown or may not be shown.

    The rest of its line is left out, because it can have anything, also secrets.
    """
    place = places.get(finding.source.file, {}).get(finding.source.path)
    spot = _spot(finding, places)
    if place is None or spot is None or (spot.line, spot.column) != (finding.line, finding.column):
        return None
    if spot is place.key or _is_container(spot):
        return spot.excerpt
    if finding.value is None or HIDDEN in finding.value:
        return None
    return spot.excerpt


def _spot(finding: Finding, places: Mapping[str, Mapping[str, Location]]) -> Spot | None:
    """The place to point at: the key, if the finding is about it or about all that is inside."""
    place = places.get(finding.source.file, {}).get(finding.source.path)
    if place is None:
        return None
    at_key = rules()[finding.code].at_key or _is_container(place.value)
    return place.key if at_key and place.key else place.value


def _is_container(spot: Spot) -> bool:
    return spot.excerpt.startswith(_CONTAINERS)
