"""Blueprints of Jamf, and single components of them: JSON that carries declarations.

Observed (exports of the blueprint API): a blueprint has `steps`, a step `components`, and the
`configuration` of a component has `declarations`, whose members are `type`, `payload` and
`channelType` in lower case.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from ssoroute.loaders.declaration import SSO_TYPE, left_out, sso_declaration
from ssoroute.loaders.dictionaries import dictionaries
from ssoroute.loaders.findings import Code, Report
from ssoroute.model.kinds import JSON, MISSING, must_be
from ssoroute.model.profile import Channel, Profile, Value
from ssoroute.model.source import Source

__all__ = ["is_blueprint", "read_blueprint"]

#: The members on the way from a blueprint to its declarations.
_BLUEPRINT: Final = ("steps", "components")
_COMPONENT: Final = "configuration"
_DECLARATIONS: Final = "declarations"


def is_blueprint(root: Mapping[str, Value]) -> bool:
    """Whether `root` is a blueprint or one of its components.

    >>> is_blueprint({"steps": ({"components": ()},)})
    True
    >>> is_blueprint({"configuration": {"declarations": ()}})
    True
    """
    steps = root.get("steps")
    if isinstance(steps, tuple):
        return any(isinstance(step, Mapping) and "components" in step for step in steps)
    configuration = root.get(_COMPONENT)
    return isinstance(configuration, Mapping) and _DECLARATIONS in configuration


def read_blueprint(root: Mapping[str, Value], source: Source, report: Report) -> list[Profile]:
    """The extensible-sso declarations of the blueprint or component `root`, in its order."""
    profiles = []
    for place, component in _components(root, source, report):
        configuration = component.get(_COMPONENT)
        if not isinstance(configuration, Mapping) or _DECLARATIONS not in configuration:
            continue  # a component of another kind has other members
        there = place.key(_COMPONENT)
        for here, item in _objects(configuration, there, _DECLARATIONS, report):
            if item.get("type") != SSO_TYPE:
                left_out(item.get("type"), here, report)
                continue
            name = item.get("channelType")
            # Reading: every name but `USER` is the device channel; exports have `SYSTEM`.
            channel = Channel.USER if name == "USER" else Channel.DEVICE
            payload = item.get("payload", MISSING)
            profile = sso_declaration(payload, here.key("payload"), here, report, channel=channel)
            if profile is not None:
                profiles.append(profile)
    if not profiles:
        report.add(Code.NOTHING_INSIDE, source, "the blueprint has no extensible-sso declaration")
    return profiles


def _components(
    root: Mapping[str, Value], source: Source, report: Report
) -> Iterator[tuple[Source, Mapping[str, Value]]]:
    steps, components = _BLUEPRINT
    if steps not in root:
        yield source, root
        return
    for place, step in _objects(root, source, steps, report):
        yield from _objects(step, place, components, report)


def _objects(
    parent: Mapping[str, Value], source: Source, name: str, report: Report
) -> Iterator[tuple[Source, Mapping[str, Value]]]:
    """The objects in the array `name` of `parent`; other values are reported and left out."""
    items, place = parent.get(name, ()), source.key(name)
    if not isinstance(items, tuple):
        report.add(Code.WRONG_TYPE, place, f"`{name}` {must_be('an array', items, JSON)}")
        return
    yield from dictionaries(items, place, report, dictionary=JSON)
