"""Two property lists of the MDM protocol: the `InstallProfile` command, and the answer to the
`ProfileList` query.
"""

from __future__ import annotations

import binascii
from collections.abc import Mapping

from ssoroute.loaders.dictionaries import dictionaries
from ssoroute.loaders.findings import Code, Report
from ssoroute.loaders.profile import read_profile
from ssoroute.model.kinds import MISSING, kind_of, must_be
from ssoroute.model.profile import Profile, Value
from ssoroute.model.quoting import quote
from ssoroute.model.signature import UNSIGNED, Signature
from ssoroute.model.source import Source

__all__ = ["is_command", "is_profile_list", "profile_of_command", "read_profile_list"]


def is_command(root: Mapping[str, Value]) -> bool:
    """Whether `root` is an MDM command."""
    command = root.get("Command")
    return isinstance(command, Mapping) and "RequestType" in command


def profile_of_command(
    root: Mapping[str, Value], source: Source, report: Report
) -> tuple[bytes, Source] | None:
    """The bytes of the profile that the command `root` installs, and their place.

    None if it installs none, which is reported. The bytes are a whole file again.
    """
    # Documented: `Command` holds `RequestType` and, for InstallProfile, `Payload` as data.
    command = root["Command"]
    assert isinstance(command, Mapping)  # noqa: S101 - `is_command` has looked
    place = source.key("Command")
    request = command["RequestType"]
    if request != "InstallProfile":
        what = quote(request) if isinstance(request, str) else kind_of(request)
        message = f"the MDM command is {what}, not `InstallProfile`"
        report.add(Code.NOT_A_PROFILE, place.key("RequestType"), message)
        return None
    payload = command.get("Payload", MISSING)
    if isinstance(payload, str):
        # Reading: command logs show the data as base64 text.
        try:
            payload = binascii.a2b_base64(payload.encode())
        except binascii.Error:
            report.add(Code.WRONG_TYPE, place.key("Payload"), "`Payload` is not base64 text")
            return None
    if not isinstance(payload, bytes):
        message = f"`Payload` of the command {must_be('data', payload)}"
        report.add(Code.WRONG_TYPE, place.key("Payload"), message)
        return None
    return payload, place.key("Payload")


def is_profile_list(root: Mapping[str, Value]) -> bool:
    """Whether `root` is the answer to a `ProfileList` query."""
    return "ProfileList" in root


def read_profile_list(
    root: Mapping[str, Value], source: Source, report: Report, *, signature: Signature = UNSIGNED
) -> list[Profile]:
    """The profiles that the answer `root` lists, in its order.

    SSO payloads without their own keys are reported and left out.
    """
    place = source.key("ProfileList")
    listed = root["ProfileList"]
    if not isinstance(listed, tuple):
        message = f"`ProfileList` {must_be('an array', listed)}"
        report.add(Code.WRONG_TYPE, place, message)
        return []
    if not listed:
        report.add(Code.NOTHING_INSIDE, place, "`ProfileList` is empty")
    profiles = []
    for here, item in dictionaries(listed, place, report, "a profile"):
        # Documented: a device answers with the common keys of each payload and no others.
        profile = read_profile(item, here, report, signature=signature, listed=True)
        if profile is not None:
            profiles.append(profile)
    return profiles
