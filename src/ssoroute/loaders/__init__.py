"""Loading profiles and declarations from files, folders, streams and bytes, in all their formats.

`load` is the only public function. Inside, one file per format (`xml_plist`, `binary_plist`,
`json_text`, `signed`) makes values from bytes, and one per form (`profile`, `declaration`, `jamf`,
`intune`, `dump`, `preferences`, `mdm`) makes profiles from values. `document` recognises both,
`files` gets the bytes, `findings` holds all codes. docs/loading.md describes the behaviour.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from ssoroute.loaders.files import MOST_BYTES, flatten, read
from ssoroute.loaders.findings import Report
from ssoroute.model.errors import DeviceError
from ssoroute.model.finding import LoadError, Severity
from ssoroute.model.profile import Channel, Profile, Profiles
from ssoroute.model.quoting import quote

if TYPE_CHECKING:
    from ssoroute.loaders.files import Input
    from ssoroute.loaders.signature_check import RootsInput

__all__ = ["load"]


def load(
    *sources: Input | Iterable[Input],
    channel: Channel | str | None = None,
    max_bytes: int = MOST_BYTES,
    trusted_roots: RootsInput | None = None,
    strict: bool = False,
) -> Profiles:
    """Load profiles and declarations, in install order.

    A source is a path (a file, or a folder that is read recursively by relative path), bytes, or an
    open binary file; a list of them counts as its items. `channel` (`device` or `user`) overrides
    the channel of everything loaded. No file may be larger than `max_bytes`.
    `trusted_roots` (a file or the bytes of certificates, needs the extra `cms`) has signatures
    checked; each profile then says by whom it is signed, or why its signature is invalid.

    Returns the profiles with two lists: `errors` for what could not be read, `findings` for the
    rest. Raises `LoadError` with all of them if no profile could be read, `DeviceError` for an
    unknown channel, `RootsError` for roots that cannot be read, and `TypeError` for something that
    is not a source. With `strict`, it also raises `LoadError` if anything is wrong: an error or a
    warning. Its `problems` are all of them.

    >>> profiles = load(b'''<plist><dict>
    ...   <key>PayloadIdentifier</key><string>com.example.sso</string>
    ...   <key>PayloadContent</key><array><dict>
    ...     <key>PayloadType</key><string>com.apple.extensiblesso</string>
    ...     <key>Type</key><string>Redirect</string>
    ...     <key>URLs</key><array><string>https://login.example.com</string></array>
    ...   </dict></array>
    ... </dict></plist>''')
    >>> profiles[0].identifier, profiles[0].payloads[0].content["URLs"]
    ('com.example.sso', ('https://login.example.com',))
    >>> load(b"hello")
    Traceback (most recent call last):
    ...
    ssoroute.model.finding.LoadError: <bytes>: error: ...
    """
    # Parsers are loaded with the first document, so that importing the package stays cheap.
    from ssoroute.loaders.document import read_document

    override = _channel(channel)
    if max_bytes < 0:
        raise ValueError(f"max_bytes must not be negative, not {max_bytes}")
    roots = None
    if trusted_roots is not None:
        from ssoroute.loaders.signature_check import TrustedRoots

        roots = TrustedRoots.read(trusted_roots)
    report = Report(override)
    profiles: list[Profile] = []
    for source in flatten(sources):
        for place, data in read(source, max_bytes, report):
            profiles += read_document(data, place, report, roots)
    if not profiles:
        raise LoadError(report.findings)
    if override is not None:
        profiles = [replace(profile, channel=override) for profile in profiles]
    if strict and (wrong := [f for f in report.findings if f.severity is not Severity.INFO]):
        raise LoadError(wrong)
    errors = [finding for finding in report.findings if finding.severity is Severity.ERROR]
    others = [finding for finding in report.findings if finding.severity is not Severity.ERROR]
    return Profiles(tuple(profiles), tuple(others), tuple(errors), tuple(report.comments))


def _channel(channel: Channel | str | None) -> Channel | None:
    if channel is None:
        return None
    try:
        return Channel(channel)
    except ValueError:
        known = " or ".join(f"`{known}`" for known in Channel)
        raise DeviceError(f"unknown channel {quote(channel)}; known are {known}") from None
