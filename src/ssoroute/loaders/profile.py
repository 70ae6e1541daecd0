"""Configuration profiles: the keys of a profile and of its payloads.

The same dictionaries come as a file, inside a signed container, inside an MDM command and in the
response to an MDM query; only the place differs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from ssoroute.loaders.dictionaries import dictionaries
from ssoroute.loaders.findings import Code, Report
from ssoroute.model.kinds import MISSING, kind_of, must_be
from ssoroute.model.nearest import nearest
from ssoroute.model.profile import (
    AssociatedDomains,
    Channel,
    OtherPayload,
    PayloadDictionary,
    Profile,
    Value,
)
from ssoroute.model.quoting import quote
from ssoroute.model.signature import UNSIGNED, Signature
from ssoroute.model.source import Source

__all__ = ["Contents", "add_payload", "field_text", "read_profile"]

_SSO: Final = "com.apple.extensiblesso"
_ASSOCIATED_DOMAINS: Final = "com.apple.associated-domains"

#: The keys of which at least one says something about a payload, by its type.
_OWN_KEYS: Final = {
    _SSO: frozenset({"ExtensionIdentifier", "Type", "URLs", "Hosts"}),
    _ASSOCIATED_DOMAINS: frozenset({"Configuration"}),
}

#: The keys of a profile that are kept as values of their own, or have one value only.
_PROFILE_KEYS: Final = frozenset(
    {
        "PayloadContent",
        "PayloadDisplayName",
        "PayloadIdentifier",
        "PayloadScope",
        "PayloadType",
        "PayloadUUID",
        "PayloadVersion",
    }
)
_DOMAIN_KEYS: Final = ("ApplicationIdentifier", "AssociatedDomains", "EnableDirectDownloads")
# Documented: `System` is the device channel, `User` the user channel.
_SCOPES: Final = {"System": Channel.DEVICE, "User": Channel.USER}


@dataclass(slots=True)
class Contents:
    """The payloads of one profile by kind, while it is read."""

    payloads: list[PayloadDictionary] = field(default_factory=list)
    associated_domains: list[AssociatedDomains] = field(default_factory=list)
    others: list[OtherPayload] = field(default_factory=list)


def read_profile(
    profile: Mapping[str, Value],
    source: Source,
    report: Report,
    *,
    signature: Signature = UNSIGNED,
    listed: bool = False,
) -> Profile | None:
    """The profile in the dictionary `profile` at `source`, or None if it is broken.

    A profile without an SSO payload is kept, because it can replace another. With `listed`, it
    comes from a list in which payloads may lack their own keys; these are reported and left out.
    """
    items = profile.get("PayloadContent", ())
    if not isinstance(items, tuple):
        message = f"`PayloadContent` {must_be('an array', items)}"
        report.add(Code.WRONG_TYPE, source.key("PayloadContent"), message)
        return None
    contents = Contents()
    for place, item in dictionaries(items, source.key("PayloadContent"), report, "a payload"):
        if not listed or _has_own_keys(item, place, report):
            add_payload(contents, item, item, place, report)
    return Profile(
        payloads=tuple(contents.payloads),
        source=source,
        identifier=field_text(profile, "PayloadIdentifier", source, report),
        channel=_scope(profile, source, report),
        display_name=field_text(profile, "PayloadDisplayName", source, report),
        uuid=field_text(profile, "PayloadUUID", source, report),
        signature=signature,
        associated_domains=tuple(contents.associated_domains),
        other_payloads=tuple(contents.others),
        installed=listed,
        other_keys=tuple(key for key in profile if key not in _PROFILE_KEYS),
    )


def add_payload(
    contents: Contents,
    item: Mapping[str, Value],
    keys: Mapping[str, Value],
    source: Source,
    report: Report,
) -> None:
    """Sort one payload into `contents`: `item` names its type, `keys` (at `source`) are its own.

    In a profile they are one dictionary; the dumps keep them apart.
    """
    payload_type = item.get("PayloadType", MISSING)
    if not isinstance(payload_type, str):
        message = f"`PayloadType` of a payload {must_be('a string', payload_type)}"
        report.add(Code.WRONG_TYPE, source, message)
    elif payload_type == _SSO:
        contents.payloads.append(PayloadDictionary(keys, source))
    elif payload_type == _ASSOCIATED_DOMAINS:
        contents.associated_domains += _associated_domains(keys, source, report)
    else:
        uuid = item.get("PayloadUUID")
        contents.others.append(
            OtherPayload(payload_type, uuid if isinstance(uuid, str) else None, source)
        )


def field_text(
    dictionary: Mapping[str, Value], name: str, source: Source, report: Report
) -> str | None:
    """The non-empty string under `name`, else None; another value is reported."""
    value = dictionary.get(name)
    if isinstance(value, str) and value:
        return value
    if name in dictionary:
        message = f"`{name}` {must_be('a non-empty string', value)}; ignored"
        report.add(Code.IGNORED_FIELD, source.key(name), message)
    return None


def _has_own_keys(item: Mapping[str, Value], source: Source, report: Report) -> bool:
    """Whether a payload of a list has the keys of its type; reported if not."""
    payload_type = item.get("PayloadType")
    own = _OWN_KEYS.get(payload_type) if isinstance(payload_type, str) else None
    if own is None or own & item.keys():
        return True
    message = f"the `ProfileList` response names {quote(payload_type)} but not its keys; left out"
    hint = "load the profile itself, or a dump of `profiles show -output stdout-xml`"
    report.add(Code.WITHOUT_KEYS, source, message, hint)
    return False


def _scope(profile: Mapping[str, Value], source: Source, report: Report) -> Channel:
    """The channel that `PayloadScope` names; the device channel if it is absent or wrong."""
    # Reading: the default is not documented; MDM installs on the device channel.
    scope = profile.get("PayloadScope", "System")
    if isinstance(scope, str) and scope in _SCOPES:
        channel = _SCOPES[scope]
        if "PayloadScope" in profile and report.channel not in (None, channel):
            given = quote(str(report.channel))
            message = f"`PayloadScope` is {quote(scope)}, and the given channel is {given}"
            hint = f"give the channel {quote(channel.value)}, or none"
            report.add(Code.OTHER_CHANNEL, source.key("PayloadScope"), message, hint)
        return channel
    what = quote(scope) if isinstance(scope, str) else kind_of(scope)
    message = f"`PayloadScope` is {what}, read as `System`"
    report.add(Code.UNKNOWN_SCOPE, source.key("PayloadScope"), message, "write `System` or `User`")
    return Channel.DEVICE


def _associated_domains(
    keys: Mapping[str, Value], source: Source, report: Report
) -> list[AssociatedDomains]:
    # Documented: `Configuration` is an array of dictionaries with these two keys.
    entries = keys.get("Configuration", MISSING)
    place = source.key("Configuration")
    if not isinstance(entries, tuple):
        hint = _misspelt("Configuration", keys)
        _ignored(
            report, place, f"`Configuration` {must_be('an array of dictionaries', entries)}", hint
        )
        return []
    read = (_domains_entry(entry, place.item(at), report) for at, entry in enumerate(entries))
    return [found for found in read if found is not None]


def _domains_entry(entry: Value, place: Source, report: Report) -> AssociatedDomains | None:
    """One entry of `Configuration`, or None if it is ignored."""
    if not isinstance(entry, Mapping):
        _ignored(report, place, f"an entry of `Configuration` {must_be('a dictionary', entry)}")
        return None
    application = entry.get("ApplicationIdentifier", MISSING)
    if not isinstance(application, str) or not application:
        message = f"`ApplicationIdentifier` {must_be('a non-empty string', application)}"
        _ignored(report, place, message, _misspelt("ApplicationIdentifier", entry))
        return None
    domains = entry.get("AssociatedDomains", MISSING)
    if not isinstance(domains, tuple):
        message = f"`AssociatedDomains` {must_be('an array of strings', domains)}"
        _ignored(report, place, message, _misspelt("AssociatedDomains", entry))
        return None
    for number, domain in enumerate(domains):
        if not isinstance(domain, str):
            there = place.key("AssociatedDomains").item(number)
            _ignored(report, there, f"an associated domain {must_be('a string', domain)}")
    return AssociatedDomains(
        application,
        tuple(domain for domain in domains if isinstance(domain, str)),
        place,
        entry.get("EnableDirectDownloads") is True,
        tuple(key for key in entry if key not in _DOMAIN_KEYS),
    )


def _ignored(report: Report, place: Source, message: str, hint: str = "") -> None:
    report.add(Code.ASSOCIATED_DOMAINS, place, f"{message}; ignored", hint)


def _misspelt(name: str, keys: Mapping[str, Value]) -> str:
    """A hint at the key of `keys` that probably means `name`; empty if `name` is there."""
    if name in keys:
        return ""
    others = [key for key in keys if key not in _DOMAIN_KEYS and nearest(key, (name,))]
    return f"rename {quote(others[0])}: did you mean {quote(name)}?" if others else ""
