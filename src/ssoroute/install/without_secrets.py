"""Installed profiles without what only an extension needs, for the pickle of a router.

Routing needs the routing keys, and an explanation the documented keys of `ExtensionData`. The
registration token, other keys of `ExtensionData` and keys that no table lists stay behind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from ssoroute.install.installation import Installation, InstalledProfile
from ssoroute.model.extension_data import extension_keys
from ssoroute.model.keys import keys
from ssoroute.model.payload import Payload
from ssoroute.model.profile import PayloadDictionary, Profile, Value

__all__ = ["installation_without_secrets", "payload_without_secrets"]

_TOKEN: Final = "RegistrationToken"  # noqa: S105 - the name of the key, not a token
_DATA: Final = "ExtensionData"
_PLATFORM_SSO: Final = "PlatformSSO"


def installation_without_secrets(installation: Installation) -> Installation:
    """`installation` as routing and explanations need it; refused profiles lose all their keys."""
    return replace(
        installation,
        installed=tuple(_installed(item) for item in installation.installed),
        refused=tuple(
            replace(refusal, profile=_empty(refusal.profile)) for refusal in installation.refused
        ),
        replaced=tuple(
            replace(item, old=_empty(item.old), new=_empty(item.new))
            for item in installation.replaced
        ),
    )


def payload_without_secrets(payload: Payload) -> Payload:
    """`payload` without its token, and with the documented keys of its `ExtensionData` only.

    >>> from ssoroute import Router, load
    >>> router = Router.from_profiles(load("examples/profiles/entra.mobileconfig"))
    >>> payload = payload_without_secrets(router.activation.active[0])
    >>> payload.registration_token is None
    True
    """
    data = payload.extension_data
    bundle_id = payload.extension.bundle_id
    return replace(
        payload,
        registration_token=None,
        extension_data=None if data is None else _documented(data, bundle_id),
    )


def _documented(data: Mapping[str, Value], bundle_id: str) -> Mapping[str, Value]:
    known = extension_keys(bundle_id)
    return {key: value for key, value in data.items() if key in known}


def _installed(installed: InstalledProfile) -> InstalledProfile:
    # A version that does not know the payload reads none of it, but another version does.
    bundle_ids = {payload.source: payload.extension.bundle_id for payload in installed.payloads}
    profile = installed.profile
    payloads = tuple(
        replace(item, content=_content(item, bundle_ids.get(item.source, "")))
        for item in profile.payloads
    )
    return replace(
        installed,
        profile=replace(profile, payloads=payloads),
        payloads=tuple(payload_without_secrets(payload) for payload in installed.payloads),
    )


def _content(dictionary: PayloadDictionary, bundle_id: str) -> Mapping[str, Value]:
    content: dict[str, Value] = {}
    for key, value in dictionary.content.items():
        if key == _DATA:
            # What is not a dictionary stays wrong: another version may refuse the payload for it.
            content[key] = _documented(value, bundle_id) if isinstance(value, Mapping) else ()
        elif key == _PLATFORM_SSO:
            content[key] = _known(value, f"{key}.") if isinstance(value, Mapping) else ()
        else:
            content |= _known({key: value}, "")
    return content


def _known(content: Mapping[str, Value], around: str) -> dict[str, Value]:
    """The keys of `content` that the table has inside the key path `around`.

    A token is left out; what is not a token, and so refused by some versions, stays wrong.
    """
    paths = [path for key in keys().values() for path in (key.path, key.declaration)]
    names = {path.removeprefix(around).split(".")[0] for path in paths if path.startswith(around)}
    return {
        key: () if key == _TOKEN else value
        for key, value in content.items()
        if key in names and not (key == _TOKEN and isinstance(value, str) and value)
    }


def _empty(profile: Profile) -> Profile:
    return replace(profile, payloads=tuple(replace(item, content={}) for item in profile.payloads))
