"""The rule of a payload that came closest to a request, for an explanation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ssoroute.model.patterns import HostPattern, Rule, URLPrefix
from ssoroute.model.urls import authority_end, authority_start

__all__ = ["Nearest", "nearest_host", "nearest_prefix"]


@dataclass(frozen=True, slots=True)
class Nearest:
    """The rule of a payload that came closest, and what it has in common with the request."""

    rule: Rule
    common: str


def nearest_prefix(prefixes: Sequence[URLPrefix], url: str) -> Nearest | None:
    """The first prefix with the longest beginning in common with `url`, whatever the case.

    None if they have not even the first label of a host in common.
    """
    lowered = url[: max((len(prefix.text) for prefix in prefixes), default=0)].lower()
    best: Nearest | None = None
    for prefix in prefixes:
        length = 0
        for ours, theirs in zip(prefix.text.lower(), lowered, strict=False):
            if ours != theirs:
                break
            length += 1
        if length > len(best.common if best else ""):
            best = Nearest(prefix, url[:length])
    return best if best and _shares_a_label(best.common, url) else None


def _shares_a_label(common: str, url: str) -> bool:
    """Whether `common`, the beginning of `url`, holds a whole label of its host."""
    start = authority_start(common)
    return "://" in common and (
        "." in common[start:] or start < authority_end(url, start) <= len(common)
    )


def nearest_host(patterns: Sequence[HostPattern], host: str) -> Nearest | None:
    """The first pattern with the most labels in common with `host`, counted from the right."""
    # one character more than a pattern can take, so that a label cut there equals none of theirs
    longest = max((len(pattern.text) for pattern in patterns), default=0)
    labels = host[-longest - 1 :].lower().split(".")
    best: Nearest | None = None
    most = 0
    for pattern in patterns:
        common = 0
        ours = pattern.text.lower().removeprefix(".").split(".")
        for our, their in zip(reversed(ours), reversed(labels), strict=False):
            if our != their or not our:
                break
            common += 1
        if common > most:
            most = common
            best = Nearest(pattern, ".".join(labels[-common:]))
    return best
