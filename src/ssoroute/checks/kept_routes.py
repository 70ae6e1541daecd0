"""Sets of profiles before and after a file is changed: whether the routes are kept.

This is what `repairs` proves before it offers a change.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from ssoroute.checks.engine import run
from ssoroute.loaders import load
from ssoroute.model.device import Device
from ssoroute.model.finding import Finding, LoadError
from ssoroute.model.profile import Profiles, of_user, users_of
from ssoroute.relations.difference import diff
from ssoroute.routing.router import Router

if TYPE_CHECKING:
    from ssoroute.model.source import Source

__all__ = ["World", "reloaded"]

#: What a repair must not cause, also in a profile that is refused anyway: a key that is written
#: twice, and a URL, a host or a Platform SSO payload that conflicts with another.
_CONFLICTS: Final = frozenset({"SSO106", "SSO401", "SSO402", "SSO406"})


@dataclass(frozen=True, slots=True)
class World:
    """A set of profiles on some devices: what is found, and the routers."""

    profiles: Profiles
    devices: Sequence[Device]
    findings: tuple[Finding, ...]
    routers: tuple[Router, ...]

    @classmethod
    def of(cls, profiles: Profiles, devices: Sequence[Device]) -> World:
        """The world of `profiles` on `devices`; if they are of several users, for each of them."""
        users = users_of(profiles)
        sets = [of_user(profiles, user) for user in users] if len(users) > 1 else [profiles]
        routers = [
            Router.from_profiles(items, device=device) for device in devices for items in sets
        ]
        findings = run(profiles, devices, {}).left
        return cls(profiles, devices, tuple(findings), tuple(routers))

    def changed(self, files: Mapping[str, bytes]) -> World | None:
        """The world after `files` changed; None if one of them cannot be read as before."""
        profiles: Profiles | None = self.profiles
        for name, data in files.items():
            profiles = reloaded(profiles, name, data) if profiles is not None else None
        return None if profiles is None else World.of(profiles, self.devices)

    def keeps(self, old: World) -> bool:
        """Whether nothing that was installed is refused, no new conflict is there, and every
        request that `old` gives to a rule still gets the same rule.
        """
        return _conflicts(self) <= _conflicts(old) and all(
            _keeps(before, after) for before, after in zip(old.routers, self.routers, strict=True)
        )


class _Named(io.BytesIO):
    """Bytes with the name of a file."""

    def __init__(self, data: bytes, name: str) -> None:
        super().__init__(data)
        self.name = name


def reloaded(profiles: Profiles, name: str, data: bytes) -> Profiles | None:
    """`profiles` with those of the file `name` loaded from `data`; None if they do not fit."""
    try:
        new = load(_Named(data, name))
    except LoadError:
        return None
    old = [profile for profile in profiles if profile.source.file == name]
    faults = [finding for finding in profiles.errors if finding.source.file == name]
    if len(old) != len(new) or len(faults) != len(new.errors):
        return None
    fresh = iter(new)
    items = [
        replace(next(fresh), channel=profile.channel) if profile.source.file == name else profile
        for profile in profiles
    ]
    others = [finding for finding in profiles.findings if finding.source.file != name]
    comments = [comment for comment in profiles.comments if comment.source.file != name]
    return replace(
        profiles,
        items=tuple(items),
        findings=(*others, *new.findings),
        comments=(*comments, *new.comments),
    )


def _keeps(before: Router, after: Router) -> bool:
    refused = {refusal.profile.source for refusal in before.refused}
    if not refused.issuperset(refusal.profile.source for refusal in after.refused):
        return False
    difference = diff(before, after)
    # What no payload got may now get one. What a payload got must stay with the same rule; only
    # what the payload then does with it may change, because a key such as the list of denied
    # callers had no effect before.
    return not difference.undecided and all(
        change.old.rule is None
        or (
            change.new.rule is not None
            and change.new.rule.text == change.old.rule.text
            and change.new.extension == change.old.extension
        )
        for change in difference.changes
    )


def _conflicts(world: World) -> set[tuple[str, Source]]:
    return {
        (finding.code, finding.source) for finding in world.findings if finding.code in _CONFLICTS
    }
