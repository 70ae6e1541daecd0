"""SSO108: identifiers, versions and UUIDs of profiles and payloads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from ssoroute.checks.report import Report
from ssoroute.model.profile import Profile, ProfileKind
from ssoroute.model.quoting import quote

if TYPE_CHECKING:
    from ssoroute.checks.target import Subject
    from ssoroute.model.source import Source

__all__ = ["check_identity"]

_UUID: Final = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_NEEDED: Final = ("PayloadIdentifier", "PayloadUUID", "PayloadVersion")


def check_identity(subject: Subject, report: Report) -> None:
    """Check the identifiers, versions and UUIDs of configuration profiles and their payloads."""
    owners: dict[str, tuple[Profile, Source]] = {}
    for profile in subject.profiles:
        if not _is_whole(profile):
            continue
        for source, uuid in _check_profile(profile, report):
            owner, place = owners.setdefault(uuid.upper(), (profile, source))
            if owner is profile or _is_update(owner, profile):
                continue
            message = f"another profile also has the UUID {quote(uuid)}"
            report.add("SSO108", source, message, value=uuid, related=(place,))


def _is_whole(profile: Profile) -> bool:
    """Whether it is a whole configuration profile: dumps of devices leave keys out."""
    if profile.kind is not ProfileKind.PROFILE or profile.source.path.startswith("ProfileList"):
        return False
    return all(
        payload.source.path.endswith("]") and payload.source != profile.source
        for payload in profile.payloads
    )


def _is_update(old: Profile, new: Profile) -> bool:
    return old.identifier is not None and old.identifier == new.identifier


def _check_profile(profile: Profile, report: Report) -> Iterator[tuple[Source, str]]:
    """Report keys that are missing and values that are not UUIDs; return the UUIDs and places."""
    if not profile.payloads:
        return
    for name, value in (("PayloadIdentifier", profile.identifier), ("PayloadUUID", profile.uuid)):
        if value is None:
            message = f"{quote(name)} of the profile is missing"
            report.add("SSO108", profile.source, message, hint=f"add {quote(name)}")
    if profile.uuid is not None:
        source = profile.source.key("PayloadUUID")
        yield from _uuid(source, profile.uuid, report)
    for payload in profile.payloads:
        for name in _NEEDED:
            if name not in payload.content:
                message = f"{quote(name)} of the payload is missing"
                report.add("SSO108", payload.source, message, hint=f"add {quote(name)}")
        written = payload.content.get("PayloadUUID")
        if isinstance(written, str):
            yield from _uuid(payload.source.key("PayloadUUID"), written, report)


def _uuid(source: Source, text: str, report: Report) -> Iterator[tuple[Source, str]]:
    if _UUID.fullmatch(text):
        yield source, text
    else:
        report.add("SSO108", source, f"{quote(text)} is not a UUID", value=text)
