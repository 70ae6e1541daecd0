"""Sets of profiles before and after a file is changed: whether the routes are kept.

This is what `repairs` proves before it offers a change.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from ssoroute.checks.engine import run
from ssoroute.loaders import load
from ssoroute.model.device import Device
from ssoroute.model.finding import Finding, LoadError
from ssoroute.model.profile import Profiles, of_user, users_of
from ssoroute.model.source import Source
from ssoroute.relations.difference import diff
from ssoroute.routing.router import Router

__all__ = ["Objection", "World", "reloaded"]

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

    def objections(self, old: World) -> list[Objection]:
        """What is lost since `old`; empty if nothing is.

        That is a profile which was installed and is refused, a new conflict, and a request that a
        rule got and that this rule does not get any more.
        """
        known = {(found.code, found.source) for found in _conflicts(old)}
        objections = [
            Objection(found.source, found.related)
            for found in _conflicts(self)
            if (found.code, found.source) not in known
        ]
        for before, after in zip(old.routers, self.routers, strict=True):
            objections += _lost(before, after)
        return objections


class Objection(NamedTuple):
    """The place that is to blame (None if it is unknown), and other places that may be."""

    source: Source | None
    others: tuple[Source, ...] = ()


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


def _lost(before: Router, after: Router) -> Iterator[Objection]:
    refused = {refusal.profile.source for refusal in before.refused}
    for refusal in after.refused:
        if refusal.profile.source not in refused:
            yield from (
                Objection(problem.source, (problem.other,) if problem.other else ())
                for problem in refusal.problems
            )
    difference = diff(before, after)
    if difference.undecided:
        yield Objection(None)
    for change in difference.changes:
        # What no payload got may now get one. What a payload got must stay with the same rule; only
        # what the payload then does with it may change, because a key such as the list of denied
        # callers had no effect before.
        old, new = change.old, change.new
        if old.rule is None:
            continue
        same_rule = new.rule is not None and new.rule.text == old.rule.text
        if not same_rule or new.extension != old.extension:
            yield Objection(new.rule.source if new.rule else None)


def _conflicts(world: World) -> list[Finding]:
    return [finding for finding in world.findings if finding.code in _CONFLICTS]
