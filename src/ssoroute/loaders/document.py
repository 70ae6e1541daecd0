"""From bytes to profiles: which format they are in, and which form of profile they hold.

The format is recognised by the content, never by a file's ending. Three formats are only wrapping
(CMS, PEM and base64, and the MDM command): inside is a whole file again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from ssoroute.loaders.binary_plist import read_binary_plist
from ssoroute.loaders.dump import is_dump, read_dump
from ssoroute.loaders.findings import Code, Report, Unreadable
from ssoroute.loaders.inline_comments import inline_comments
from ssoroute.loaders.json_forms import read_json_forms
from ssoroute.loaders.json_text import read_json
from ssoroute.loaders.mdm import is_command, is_profile_list, profile_of_command, read_profile_list
from ssoroute.loaders.other_files import not_a_profile
from ssoroute.loaders.preferences import is_preferences, read_preferences
from ssoroute.loaders.profile import read_profile
from ssoroute.loaders.signed import SignedData, from_base64, from_pem, is_cms, open_container
from ssoroute.loaders.system_profiler import is_system_profiler, read_system_profiler
from ssoroute.loaders.values import freeze, too_deep
from ssoroute.loaders.xml_plist import read_xml_plist
from ssoroute.model.kinds import must_be
from ssoroute.model.profile import Profile, Value
from ssoroute.model.signature import NOT_CHECKED, UNSIGNED, Signature, SignatureState
from ssoroute.model.source import Source

if TYPE_CHECKING:
    from ssoroute.loaders.signature_check import TrustedRoots

__all__ = ["read_document"]

#: Wrappings around wrappings. Two signatures inside an MDM command in base64 are three.
_LAYERS: Final = 3
_BINARY: Final = b"bplist"
_IGNORED_AT_START: Final = b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"  # byte order marks and white space

_ACCEPTED: Final = (
    "accepted are configuration profiles (XML, binary or signed), extensible-sso declarations, "
    "blueprints of Jamf, exports of Intune, "
    "dumps of `profiles show -output stdout-xml`, reports of System Profiler about profiles, "
    "managed preferences, and the MDM forms "
    "`InstallProfile` and `ProfileList`"
)


@dataclass(frozen=True, slots=True)
class _Wrapping:
    """The containers around the bytes: what is known of their signatures, and their number.

    `roots` are what signatures are checked against, or None.
    """

    roots: TrustedRoots | None = None
    signature: Signature = UNSIGNED
    layers: int = 0

    def more(self, signature: Signature = UNSIGNED) -> _Wrapping:
        if self.layers == _LAYERS:
            message = f"more than {_LAYERS} containers inside each other"
            raise Unreadable(Code.TOO_DEEP, message)
        # Of several signatures the outermost counts, but for an invalid one inside.
        if self.signature == UNSIGNED or signature.state is SignatureState.INVALID:
            return replace(self, signature=signature, layers=self.layers + 1)
        return replace(self, layers=self.layers + 1)


def read_document(
    data: bytes, source: Source, report: Report, roots: TrustedRoots | None = None
) -> list[Profile]:
    """The profiles in the bytes `data`, whose place is `source`, in install order.

    Signatures are checked against `roots`, if there are any.
    Everything that cannot be read is reported and left out; nothing is raised.
    """
    try:
        return _read(data, source, report, _Wrapping(roots))
    except Unreadable as fault:
        report.unreadable(source, fault)
    except RecursionError:
        report.unreadable(source, too_deep())  # the caller is deep down already
    return []


def _read(data: bytes, source: Source, report: Report, wrapping: _Wrapping) -> list[Profile]:
    if data.startswith(_BINARY):
        return _property_list(read_binary_plist(data), source, report, wrapping)
    if is_cms(data):
        signed = open_container(data)
        inner = wrapping.more(_signature(signed, wrapping.roots))
        if inner.signature != wrapping.signature:
            invalid = inner.signature.state is SignatureState.INVALID
            code = Code.INVALID_SIGNATURE if invalid else Code.SIGNED
            report.add(code, source, str(inner.signature))
        return _read(signed.content, source, report, inner)
    match data.lstrip(_IGNORED_AT_START)[:1]:
        case b"":
            raise Unreadable(Code.UNKNOWN_FORMAT, "empty")
        case b"<":
            root = read_xml_plist(data)
            report.comments += inline_comments(data, source, has_lines=wrapping.layers == 0)
            return _property_list(root, source, report, wrapping)
        case b"{" | b"[":
            value = freeze(read_json(data), source, report)
            if is_system_profiler(value):
                return read_system_profiler(value, source, report)
            return read_json_forms(value, source, report, signature=wrapping.signature)
        case _:
            inside = from_pem(data) or from_base64(data)
            if inside is None:
                unknown = Unreadable(Code.UNKNOWN_FORMAT, "none of the known formats", _ACCEPTED)
                raise not_a_profile(data) or unknown
            return _read(inside, source, report, wrapping.more())


def _signature(signed: SignedData, roots: TrustedRoots | None) -> Signature:
    if roots is None:
        return NOT_CHECKED
    from ssoroute.loaders.signature_check import check_signature

    return check_signature(signed, roots)


def _property_list(
    value: object, source: Source, report: Report, wrapping: _Wrapping
) -> list[Profile]:
    root = freeze(value, source, report)
    if is_system_profiler(root):
        return read_system_profiler(root, source, report)
    if not isinstance(root, Mapping):
        message = f"not a configuration profile: the root {must_be('a dictionary', root)}"
        raise Unreadable(Code.NOT_A_PROFILE, message, _ACCEPTED)
    if is_command(root):
        found = profile_of_command(root, source, report)
        if found is None:
            return []
        inside, place = found
        inner = wrapping.more()
        try:
            return _read(inside, place, report, inner)
        except Unreadable as fault:
            report.unreadable(place, fault)
            return []
    if _is_encrypted(root):
        message = "the profile is encrypted; only the device can read it"
        hint = "load the profile from before it was encrypted"
        raise Unreadable(Code.ENCRYPTED, message, hint)
    return _profiles(root, source, report, signature=wrapping.signature)


def _profiles(
    root: Mapping[str, Value], source: Source, report: Report, *, signature: Signature
) -> list[Profile]:
    if is_profile_list(root):
        return read_profile_list(root, source, report, signature=signature)
    # Documented: a profile may have no `PayloadContent`; then only its type shows what it is.
    if "PayloadContent" in root or root.get("PayloadType") == "Configuration":
        profile = read_profile(root, source, report, signature=signature)
        return [] if profile is None else [profile]
    if is_dump(root):
        return read_dump(root, source, report, signature=signature)
    if is_preferences(root):
        return [read_preferences(root, source, signature=signature)]
    raise Unreadable(Code.NOT_A_PROFILE, "not a configuration profile", _ACCEPTED)


def _is_encrypted(root: Mapping[str, Value]) -> bool:
    # Documented: `IsEncrypted` says so; `EncryptedPayloadContent` replaces the payloads.
    return root.get("IsEncrypted") is True or "EncryptedPayloadContent" in root
