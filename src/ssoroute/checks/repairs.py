"""Repairs: findings whose repair is certain, as changes of the text of a file.

A repair writes a value or a key as the finding asks for. It is offered only if it ends the finding
and keeps every route that there was: what a request got before, it gets after. Values that had no
effect may get one, because the finding said that they have none. `repairs` proves this with the
router and with `relations.difference`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from ssoroute.checks.engine import default_targets, devices_of
from ssoroute.checks.kept_routes import World, reloaded
from ssoroute.checks.repair import Candidate, Repair, repaired
from ssoroute.checks.repair_choice import Choice
from ssoroute.checks.rewriting import Rewriting, rewriting_of
from ssoroute.loaders.source_text import SourceText
from ssoroute.model.device import Device
from ssoroute.model.finding import Finding
from ssoroute.model.profile import Profile, Profiles
from ssoroute.model.source import Source

__all__ = ["Repair", "Repaired", "repair_all", "repaired", "repairs"]


def repairs(
    profiles: Iterable[Profile],
    files: Mapping[str, bytes],
    targets: Iterable[Device | str] = (),
    takes: Callable[[Finding], bool] = lambda _: True,
) -> list[Repair]:
    """The repairs of `files`, in the order of the findings.

    `profiles` are what `ssoroute.load` gave for one set. `files` has the content of those files
    that may be changed, by their names in the profiles. Only XML property lists and JSON can be
    repaired; for a binary or signed file there is no repair. All repairs can be made together:
    those of one file do not overlap. A repair can uncover another finding, so ask again after
    making them. `targets` are as for `ssoroute.checks.check`; only findings that `takes` accepts
    are repaired.

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
    return _look(_whole(profiles), files, devices_of(targets), takes).repairs


@dataclass(frozen=True, slots=True)
class Repaired:
    """What became of a set of profiles: `files` that changed, with their new content.

    `repairs` are those that were made, each with offsets in the text as it was at that moment.
    `left` are the findings of a kind that can be repaired and that were not, each with the reason.
    """

    files: Mapping[str, bytes]
    repairs: tuple[Repair, ...]
    left: tuple[tuple[Finding, str], ...]


def repair_all(
    profiles: Iterable[Profile],
    files: Mapping[str, bytes],
    targets: Iterable[Device | str] = (),
    takes: Callable[[Finding], bool] = lambda _: True,
) -> Repaired:
    """Make the repairs of `files`, and those that they uncover, until there are none.

    The arguments are those of `repairs`.
    """
    whole, devices, now = _whole(profiles), devices_of(targets), dict(files)
    made: list[Repair] = []
    looked = _look(whole, now, devices, takes)
    for _ in range(_ROUNDS):
        if not looked.repairs:
            break
        made += looked.repairs
        for name in dict.fromkeys(repair.source.file for repair in looked.repairs):
            ours = [repair for repair in looked.repairs if repair.source.file == name]
            now[name] = repaired(now[name], ours)
            whole = reloaded(whole, name, now[name]) or whole
        looked = _look(whole, now, devices, takes)
    changed = {name: data for name, data in now.items() if data != files[name]}
    return Repaired(changed, tuple(made), looked.left)


#: A repair uncovers another finding of the same value only a few times.
_ROUNDS: Final = 20


class _Looked(NamedTuple):
    """The repairs of one round, and the findings that they leave, with reasons."""

    repairs: list[Repair]
    left: tuple[tuple[Finding, str], ...]


def _whole(profiles: Iterable[Profile]) -> Profiles:
    return profiles if isinstance(profiles, Profiles) else Profiles(tuple(profiles))


def _look(
    profiles: Profiles,
    files: Mapping[str, bytes],
    devices: Sequence[Device],
    takes: Callable[[Finding], bool],
) -> _Looked:
    before = World.of(profiles, default_targets(profiles, devices))
    wanted = [
        (finding, rewriting)
        for finding in before.findings
        if takes(finding) and (rewriting := rewriting_of(finding))
    ]
    # What a device lists as installed is evidence, not a file that anybody installs.
    listed = {profile.source.file for profile in profiles if profile.installed}
    ours = {name: data for name, data in files.items() if name not in listed}
    candidates, left = _candidates(wanted, ours)
    choice = Choice(before, files)
    choice.add(candidates)
    safe = choice.made
    offered = {id(one) for one in safe}
    why = _UNSAFE if choice.is_complete else _NOT_TRIED
    left += ((one.finding, why) for one in candidates if id(one) not in offered)
    return _Looked([one.repair for one in safe], tuple(left))


_NOT_TRIED: Final = "too many repairs would change a route; repair a few files at a time"
_UNSAFE: Final = "it could give a request to another rule, or make two values conflict"


def _candidates(
    wanted: Iterable[tuple[Finding, Rewriting]], files: Mapping[str, bytes]
) -> tuple[list[Candidate], list[tuple[Finding, str]]]:
    """The repairs that can be written, and the findings for which none can."""
    by_file: dict[str, dict[Source, tuple[Finding, Rewriting]]] = {}
    for finding, rewriting in wanted:
        # One change of a place at a time: the next look sees what is left.
        there = by_file.setdefault(finding.source.file, {})
        there.setdefault(finding.source, (finding, rewriting))
    candidates: list[Candidate] = []
    left: list[tuple[Finding, str]] = []
    for file, by_place in by_file.items():
        data = files.get(file)
        text = None if data is None else SourceText.read(data)
        found = text.find({place.path for place in by_place}) if text else {}
        for place, (finding, rewriting) in by_place.items():
            if text is None or place.path not in found:
                left.append((finding, _why_not(data, text)))
                continue
            change = rewriting.change(text, found[place.path])
            if change is None:
                left.append((finding, "parts of it are CDATA, comments or escapes"))
                continue
            span, new = change
            repair = Repair(place, *span, new, finding.code, rewriting.title)
            candidates.append(Candidate(repair, finding, rewriting.place_after))
    return candidates, left


def _why_not(data: bytes | None, text: SourceText | None) -> str:
    if data is None:
        return "its file cannot be changed"
    if text is None:
        return "only XML property lists and JSON are changed, not binary or signed files"
    return "it is inside another text, or in a container"
