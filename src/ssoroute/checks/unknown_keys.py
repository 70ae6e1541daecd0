"""SSO105: keys that no version knows. SSO601: payloads that the target does not read at all."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Final

from ssoroute.checks.report import Report
from ssoroute.model.keys import COMMON_KEYS, keys
from ssoroute.model.nearest import nearest
from ssoroute.model.platforms import SINCE, Feature, Platform
from ssoroute.model.profile import Channel, Profile, ProfileKind, Value
from ssoroute.model.quoting import one_line, quote

if TYPE_CHECKING:
    from ssoroute.checks.target import Subject
    from ssoroute.model.source import Source

__all__ = ["check_unknown_keys", "check_unknown_payloads"]

#: The keys that every payload has, whatever its type.
_COMMON: Final = ("PayloadContent", *COMMON_KEYS)


def check_unknown_keys(subject: Subject, report: Report) -> None:
    """SSO105: keys that no version knows, and keys in the wrong dictionary."""
    for view in subject.payloads:
        names = _names(is_declaration=view.is_declaration)
        _unknown_in(view.content, view.source, "", names, report)


def _unknown_in(
    content: Mapping[str, Value],
    source: Source,
    group: str,
    names: Mapping[str, tuple[str, ...]],
    report: Report,
) -> None:
    known = names[group]
    for name, value in content.items():
        place = source.key(one_line(name))  # as the loaders spell it
        path = f"{group}.{name}" if group else name
        if name not in known:
            hint = _repair(name, group, names)
            report.add("SSO105", place, f"unknown key {quote(path)}", hint=hint)
        elif path in names and isinstance(value, Mapping):
            _unknown_in(value, place, path, names, report)


def _repair(name: str, group: str, names: Mapping[str, tuple[str, ...]]) -> str | None:
    elsewhere = [path for path, known in names.items() if name in known and path != group]
    if elsewhere and name not in _COMMON:
        place = elsewhere[0]
        return f"move it into {quote(place)}" if place else "move it one level up"
    close = nearest(name, names[group])
    if close:
        return f"did you mean {quote(close)}?"
    moved = {key.path.rpartition(".")[2]: key.declaration for key in keys().values()}
    target = moved.get(name, "")
    if "." in target and _is_known(target, names):
        return f"in a declaration the key is {quote(target)}"
    return None


def _is_known(path: str, names: Mapping[str, tuple[str, ...]]) -> bool:
    group, _, name = path.rpartition(".")
    return name in names.get(group, ())


@cache
def _names(*, is_declaration: bool) -> Mapping[str, tuple[str, ...]]:
    """The keys that each dictionary may hold, by its path; empty for the payload itself."""
    paths = [key.declaration if is_declaration else key.path for key in keys().values()]
    if is_declaration:
        # Documented: Apple's samples carry the two identifiers in place of the composed one.
        paths += ["ExtensionIdentifier", "TeamIdentifier"]
    names: dict[str, dict[str, None]] = {"": {}}
    for path in paths:
        *groups, name = path.split(".") if path else [""]
        for depth, inner in enumerate(groups):
            around = ".".join(groups[:depth])
            names.setdefault(around, {})[inner] = None
        if name:
            names.setdefault(".".join(groups), {})[name] = None
    if not is_declaration:
        names[""] |= dict.fromkeys(_COMMON)
    return {path: tuple(known) for path, known in names.items()}


def check_unknown_payloads(subject: Subject, report: Report) -> None:
    """SSO601 for payloads that the target does not read at all."""
    device = subject.device
    for profile in subject.profiles:
        for dictionary in profile.payloads:
            reason = _unread(profile, subject)
            if reason:
                message = f"{reason}; {subject.name} ignores the payload"
                report.add("SSO601", dictionary.source, message)
                continue
            if (
                device.platform is Platform.MACOS
                and profile.channel is Channel.USER
                and not device.knows(Feature.USER_CHANNEL)
            ):
                since = SINCE[Feature.USER_CHANNEL][Platform.MACOS]
                message = f"payloads of the user channel need macOS {since}"
                message += f"; {subject.name} ignores this one"
                report.add("SSO601", dictionary.source, message)


def _unread(profile: Profile, subject: Subject) -> str:
    """Why the target does not read the payloads of `profile`; empty if it does."""
    if subject.knows(profile):
        return ""
    is_declaration = profile.kind is ProfileKind.DECLARATION
    feature = Feature.DECLARATION if is_declaration else Feature.PAYLOAD
    platform = subject.device.platform
    what = "declarations" if is_declaration else "SSO payloads"
    return f"{what} need {platform.value} {SINCE[feature][platform]}"
