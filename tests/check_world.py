"""Profiles for the tests of the checks."""

from __future__ import annotations

import io
import json
import plistlib
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final

from ssoroute.checks import check
from ssoroute.loaders import load
from ssoroute.model.device import Device
from ssoroute.model.finding import Finding

SSO: Final = "com.apple.extensiblesso"
_SPACE: Final = uuid.UUID("6ba7b812-9dad-11d1-80b4-00c04fd430c8")


def redirect(*urls: Any, **changes: Any) -> dict[str, Any]:
    """A Redirect payload; a change to None takes the key out."""
    base = {"Type": "Redirect", "URLs": list(urls or ("https://login.example.com/",))}
    return _payload(base, changes)


def credential(*hosts: Any, **changes: Any) -> dict[str, Any]:
    """A Credential payload; a change to None takes the key out."""
    return _payload({"Type": "Credential", "Hosts": list(hosts or ("example.com",))}, changes)


def psso(**keys: Any) -> dict[str, Any]:
    """A Redirect payload with `PlatformSSO`, by default with shared keys and a password."""
    group = {"AuthenticationMethod": "Password", "UseSharedDeviceKeys": True, **keys}
    return redirect(PlatformSSO={key: value for key, value in group.items() if value is not None})


def _payload(base: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    whole = {
        "PayloadType": SSO,
        "ExtensionIdentifier": "com.example.app.sso",
        "TeamIdentifier": "EXAMPLE123",
        **base,
        **changes,
    }
    return {key: value for key, value in whole.items() if value is not None}


def profile(*payloads: Mapping[str, Any], name: str = "a.mobileconfig", **top: Any) -> io.BytesIO:
    """An open file `name` with a profile of `payloads`, furniture included."""
    content = []
    for number, payload in enumerate(payloads):
        identifier = f"{name}.{number}"
        furniture = {
            "PayloadIdentifier": identifier,
            "PayloadUUID": str(uuid.uuid5(_SPACE, identifier)).upper(),
            "PayloadVersion": 1,
        }
        whole = {**furniture, **payload}
        content.append({key: value for key, value in whole.items() if value is not None})
    whole = {
        "PayloadType": "Configuration",
        "PayloadIdentifier": name,
        "PayloadUUID": str(uuid.uuid5(_SPACE, name)).upper(),
        "PayloadVersion": 1,
        "PayloadContent": content,
        **top,
    }
    kept = {key: value for key, value in whole.items() if value is not None}
    return named(plistlib.dumps(kept, sort_keys=False), name)


def declaration(name: str = "a.json", **keys: Any) -> io.BytesIO:
    """An open file `name` with a declaration."""
    whole = {
        "Type": "com.apple.configuration.extensible-sso",
        "Identifier": name,
        "Payload": {
            key: value
            for key, value in {
                "ExtensionComposedIdentifier": "com.example.app.sso (EXAMPLE123)",
                "Type": "Redirect",
                "URLs": ["https://login.example.com/"],
                **keys,
            }.items()
            if value is not None
        },
    }
    return named(json.dumps(whole).encode(), name)


def domains(*entries: str, application: str = "EXAMPLE123.com.example.app.sso") -> dict[str, Any]:
    """An associated-domains payload."""
    return {
        "PayloadType": "com.apple.associated-domains",
        "Configuration": [
            {"ApplicationIdentifier": application, "AssociatedDomains": list(entries)}
        ],
    }


def commented(comment: str, *urls: str, name: str = "a.mobileconfig") -> io.BytesIO:
    """A Redirect profile with a comment on the line before its first URL."""
    text = profile(redirect(*urls), name=name).getvalue().decode()
    before, string, after = text.partition("<string>https://")
    return named(f"{before}<!--{comment}-->\n{string}{after}".encode(), name)


def named(data: bytes, name: str) -> io.BytesIO:
    """An open file with a name."""
    stream = io.BytesIO(data)
    stream.name = name  # as an open file has one
    return stream


def findings(
    *files: io.BytesIO,
    targets: Sequence[Device | str] = (),
    aasa: Mapping[str, bytes] | None = None,
) -> list[Finding]:
    """What is found in `files`, in their order."""
    for file in files:
        file.seek(0)
    return check(load(*files), targets, aasa=aasa)
