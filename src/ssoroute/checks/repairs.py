"""Repairs: findings whose repair is certain, as changes of the text of a file.

A repair writes a value or a key as the finding asks for. It is offered only if it ends the finding
and keeps every route that there was: what a request got before, it gets after. Values that had no
effect may get one, because the finding said that they have none. `repairs` proves this with the
router and with `relations.difference`.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from ssoroute.checks.engine import default_targets, devices_of, run
from ssoroute.checks.rewriting import Rewriting, rewriting_of
from ssoroute.loaders import load
from ssoroute.loaders.source_text import SourceText
from ssoroute.model.device import Device
from ssoroute.model.finding import Finding, LoadError
from ssoroute.model.profile import Profile, Profiles, of_user, users_of
from ssoroute.model.source import Source
from ssoroute.relations.difference import diff
from ssoroute.routing.router import Router

__all__ = ["Repair", "repaired", "repairs"]


@dataclass(frozen=True, slots=True)
class Repair:
    """One change of the text of the file `source.file`, which ends one finding.

    The characters from `start` to `end` (counted from 0, without a byte order mark, line ends as
    they are) become `replacement`. `code` and `source` are those of the finding. `title` says what
    the change does, and never shows a secret; `replacement` can hold what the file holds.
    """

    source: Source
    start: int
    end: int
    replacement: str
    code: str
    title: str


def repairs(
    profiles: Iterable[Profile],
    files: Mapping[str, bytes],
    targets: Iterable[Device | str] = (),
) -> list[Repair]:
    """The repairs of `files`, in the order of the findings.

    `profiles` are what `ssoroute.load` gave for one set. `files` has the content of those files
    that may be changed, by their names in the profiles. Only XML property lists and JSON can be
    repaired; for a binary or signed file there is no repair. All repairs can be made together:
    those of one file do not overlap. A repair can uncover another finding, so ask again after
    making them. `targets` are as for `ssoroute.checks.check`.

    >>> import io, pathlib, ssoroute
    >>> data = pathlib.Path("examples/profiles/entra.mobileconfig").read_bytes()
    >>> broken = io.BytesIO(data.replace(b"<key>URLs</key>", b"<key>Urls</key>"))
    >>> broken.name = "entra.mobileconfig"
    >>> profiles = ssoroute.load(broken)
    >>> [found] = repairs(profiles, {broken.name: broken.getvalue()})
    >>> found.code, found.title, found.replacement
    ('SSO105', 'write `URLs`', 'URLs')
    >>> repaired(broken.getvalue(), [found]) == data
    True
    """
    loaded = profiles if isinstance(profiles, Profiles) else Profiles(tuple(profiles))
    devices = default_targets(loaded, devices_of(targets))
    before = _World.of(loaded, devices)
    texts = {name: text for name, data in files.items() if (text := SourceText.read(data))}
    candidates = list(_candidates(before.findings, texts))
    return [one.repair for one in _safe(before, files, candidates)]


def repaired(data: bytes, found: Iterable[Repair]) -> bytes:
    """`data`, the content of a file, after the repairs `found` of this file.

    Everything else stays as it is, byte for byte.
    """
    text = SourceText.read(data)
    if text is None:
        return data
    changed = text.text
    for repair in sorted(found, key=lambda repair: repair.start, reverse=True):
        changed = changed[: repair.start] + repair.replacement + changed[repair.end :]
    return text.encoded(changed)


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A repair, and the place at which the finding would be if the repair did not end it."""

    repair: Repair
    place_after: Source


def _candidates(findings: Iterable[Finding], texts: Mapping[str, SourceText]) -> list[_Candidate]:
    wanted: dict[str, dict[Source, tuple[Finding, Rewriting]]] = {}
    for finding in findings:
        rewriting = rewriting_of(finding)
        if rewriting is not None and finding.source.file in texts:
            # One change of a place at a time: the next look sees what is left.
            there = wanted.setdefault(finding.source.file, {})
            there.setdefault(finding.source, (finding, rewriting))
    candidates = []
    for file, by_place in wanted.items():
        text = texts[file]
        found = text.find({place.path for place in by_place})
        for place, (finding, rewriting) in by_place.items():
            change = rewriting.change(text, found[place.path]) if place.path in found else None
            if change is not None:
                span, written = change
                repair = Repair(place, *span, written, finding.code, rewriting.title)
                candidates.append(_Candidate(repair, rewriting.place_after))
    return candidates


@dataclass(frozen=True, slots=True)
class _World:
    """A set of profiles on some devices: what is found, and what requests get."""

    profiles: Profiles
    devices: Sequence[Device]
    findings: tuple[Finding, ...]
    routers: tuple[Router, ...]

    @classmethod
    def of(cls, profiles: Profiles, devices: Sequence[Device]) -> _World:
        users = users_of(profiles)
        sets = [of_user(profiles, user) for user in users] if len(users) > 1 else [profiles]
        routers = [
            Router.from_profiles(items, device=device) for device in devices for items in sets
        ]
        findings = run(profiles, devices, {}).left
        return cls(profiles, devices, tuple(findings), tuple(routers))

    def after(self, files: Mapping[str, bytes], made: Iterable[_Candidate]) -> _World | None:
        """The world with the repairs `made`; None if a file then cannot be read as before."""
        by_file: dict[str, list[Repair]] = {}
        for one in made:
            by_file.setdefault(one.repair.source.file, []).append(one.repair)
        profiles = self.profiles
        for name, repairs_of_file in by_file.items():
            found = _reloaded(profiles, name, repaired(files[name], repairs_of_file))
            if found is None:
                return None
            profiles = found
        return _World.of(profiles, self.devices)

    def keeps(self, old: _World) -> bool:
        """Whether nothing that was installed is refused, and no route of `old` is another one."""
        return all(
            _keeps(before, after) for before, after in zip(old.routers, self.routers, strict=True)
        )


class _Named(io.BytesIO):
    """Bytes with the name of a file."""

    def __init__(self, data: bytes, name: str) -> None:
        super().__init__(data)
        self.name = name


def _reloaded(profiles: Profiles, name: str, data: bytes) -> Profiles | None:
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
    return replace(profiles, items=tuple(items), findings=(*others, *new.findings))


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


#: What a repair must not cause, also in a profile that is refused anyway: a key that is written
#: twice, and a URL, a host or a Platform SSO payload that conflicts with another.
_CONFLICTS: Final = frozenset({"SSO106", "SSO401", "SSO402", "SSO406"})


def _safe(
    before: _World, files: Mapping[str, bytes], candidates: Sequence[_Candidate]
) -> list[_Candidate]:
    """Those of `candidates` that can be made together, as many as possible."""
    made: list[_Candidate] = []

    def add(more: Sequence[_Candidate]) -> None:
        if not more or _is_safe(before, files, [*made, *more]):
            made.extend(more)
        elif len(more) > 1:
            half = len(more) // 2
            add(more[:half])
            add(more[half:])

    add(candidates)
    return made


def _is_safe(before: _World, files: Mapping[str, bytes], made: Sequence[_Candidate]) -> bool:
    after = before.after(files, made)
    if after is None:
        return False
    left = {(finding.code, finding.source) for finding in after.findings}
    if any((one.repair.code, one.place_after) in left for one in made):
        return False
    return _conflicts(after) <= _conflicts(before) and after.keeps(before)


def _conflicts(world: _World) -> set[tuple[str, Source]]:
    return {
        (finding.code, finding.source) for finding in world.findings if finding.code in _CONFLICTS
    }
