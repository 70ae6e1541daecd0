"""What `profiles show -output stdout-xml` prints on a Mac: the profiles that are installed.

Observed: the root has the key `_computerlevel` for the device channel and one key per user; each
holds an array of profiles, each profile its payloads under `ProfileItems`, each payload its own
keys under `PayloadContent`. The order is not the install order; `ProfileInstallDate` is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from ssoroute.loaders.dictionaries import dictionaries
from ssoroute.loaders.findings import Code, Report
from ssoroute.loaders.install_dates import in_install_order
from ssoroute.loaders.profile import Contents, add_payload, field_text
from ssoroute.model.kinds import kind_of
from ssoroute.model.profile import Channel, Profile, Value
from ssoroute.model.quoting import quote
from ssoroute.model.signature import UNSIGNED, Signature
from ssoroute.model.source import Source

__all__ = ["is_dump", "read_dump"]

_DEVICE: Final = "_computerlevel"


def is_dump(root: Mapping[str, Value]) -> bool:
    """Whether `root` is such a dump, by its keys.

    >>> is_dump({"_computerLevel": ()}), is_dump({"PayloadContent": ()})
    (True, False)
    """
    return any(_is_level(key, value) for key, value in root.items())


def read_dump(
    root: Mapping[str, Value], source: Source, report: Report, *, signature: Signature = UNSIGNED
) -> list[Profile]:
    """The profiles of the dump `root` in install order; broken parts are reported and left out."""
    dated: list[tuple[Value, Profile]] = []
    for key, level in root.items():
        if not _is_level(key, level):
            continue
        place = source.key(key)
        if not isinstance(level, tuple):
            message = f"{quote(key)} must be an array of profiles, not {kind_of(level)}"
            report.add(Code.WRONG_TYPE, place, message)
            continue
        # Observed: any key but this one is the name of a user.
        user = None if key.lower() == _DEVICE else key
        for here, item in dictionaries(level, place, report, "a profile"):
            profile = _read_profile(item, here, user, report, signature=signature)
            dated.append((item.get("ProfileInstallDate"), profile))
    if not dated:
        report.add(Code.NOTHING_INSIDE, source, "the dump holds no profile")
    return in_install_order(dated, "ProfileInstallDate", report)


def _is_level(key: str, value: Value) -> bool:
    if key.lower() == _DEVICE:
        return True
    return isinstance(value, tuple) and any(
        isinstance(item, Mapping) and "ProfileItems" in item for item in value
    )


def _read_profile(
    profile: Mapping[str, Value],
    source: Source,
    user: str | None,
    report: Report,
    *,
    signature: Signature,
) -> Profile:
    contents = Contents()
    for place, item in _items(profile, source, report):
        keys = item.get("PayloadContent", {})
        if not isinstance(keys, Mapping):
            message = f"`PayloadContent` must be a dictionary, not {kind_of(keys)}"
            report.add(Code.WRONG_TYPE, place.key("PayloadContent"), message)
            continue
        add_payload(contents, item, keys, place.key("PayloadContent"), report)
    return Profile(
        payloads=tuple(contents.payloads),
        source=source,
        identifier=field_text(profile, "ProfileIdentifier", source, report),
        channel=Channel.DEVICE if user is None else Channel.USER,
        display_name=field_text(profile, "ProfileDisplayName", source, report),
        uuid=field_text(profile, "ProfileUUID", source, report),
        signature=signature,
        associated_domains=tuple(contents.associated_domains),
        other_payloads=tuple(contents.others),
        user=user,
        installed=True,
    )


def _items(
    profile: Mapping[str, Value], source: Source, report: Report
) -> Iterator[tuple[Source, Mapping[str, Value]]]:
    place = source.key("ProfileItems")
    items = profile.get("ProfileItems", ())
    if not isinstance(items, tuple):
        message = f"`ProfileItems` must be an array, not {kind_of(items)}"
        report.add(Code.WRONG_TYPE, place, message)
        return
    yield from dictionaries(items, place, report)
