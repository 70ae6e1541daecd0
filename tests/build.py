"""Worlds and requests of the tests' plain data, as values of the library."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ssoroute.model.decision import Decision
from ssoroute.model.device import Device
from ssoroute.model.payload import Extension
from ssoroute.model.profile import Channel, PayloadDictionary, Profile, ProfileKind, Value
from ssoroute.model.source import Source
from ssoroute.routing.router import Router


def profiles_of(world: Mapping[str, Any]) -> list[Profile]:
    """The profiles of a world; profile 3 is in the file `3`."""
    return [
        Profile(
            payloads=tuple(
                PayloadDictionary(_frozen_dict(payload), Source(str(number), f"[{index}]"))
                for index, payload in enumerate(profile["payloads"])
            ),
            source=Source(str(number)),
            identifier=profile.get("identifier"),
            channel=Channel(profile.get("channel", "device")),
            kind=ProfileKind(profile.get("kind", "profile")),
        )
        for number, profile in enumerate(world["profiles"])
    ]


def device_of(world: Mapping[str, Any]) -> Device:
    """The device of a world."""
    installed = world.get("installed_extensions")
    return Device(
        world["platform"],
        world["version"],
        None
        if installed is None
        else [
            item if isinstance(item, str) else Extension(item["bundle_id"], item.get("team_id"))
            for item in installed
        ],
        world.get("associated_domains"),
        world.get("apple_account_urls", ()),
    )


def router_of(world: Mapping[str, Any]) -> Router:
    """The router of a world."""
    return Router.from_profiles(
        profiles_of(world), device=device_of(world), matching=world.get("matching", "system")
    )


def plain(decision: Decision) -> dict[str, Any]:
    """A decision as the oracle writes it, but for the place of the rule."""
    extension = decision.extension
    named = extension and {"bundle_id": extension.bundle_id, "team_id": extension.team_id}
    return row_of(decision) | {"extension": named}


def row_of(decision: Decision) -> dict[str, Any]:
    """A decision as a row of a batch; the extension is its bundle identifier."""
    return {
        "outcome": decision.outcome.value,
        "reason": decision.reason.value,
        "extension": decision.extension and decision.extension.bundle_id,
        "rule": decision.rule and decision.rule.text,
        "lookalike": decision.lookalike,
    }


def two_payloads(urls: list[str], denied: list[str], hosts: list[str]) -> dict[str, Any]:
    """A world with a Redirect payload of `com.example.a` and a Credential payload of another."""
    team = {"TeamIdentifier": "TEAM000001"}
    redirect = {"Type": "Redirect", "ExtensionIdentifier": "com.example.a", "URLs": urls}
    redirect["DeniedBundleIdentifiers"] = denied
    credential = {"Type": "Credential", "ExtensionIdentifier": "com.example.b", "Hosts": hosts}
    payloads = [redirect | team, credential | team]
    return {"platform": "macOS", "version": "15.4", "profiles": [{"payloads": payloads}]}


def _frozen_dict(value: Mapping[str, Any]) -> dict[str, Value]:
    return {key: _frozen(item) for key, item in value.items()}


def _frozen(value: Any) -> Value:
    if isinstance(value, list | tuple):
        return tuple(_frozen(item) for item in value)
    if isinstance(value, Mapping):
        return _frozen_dict(value)
    return value  # type: ignore[no-any-return]
