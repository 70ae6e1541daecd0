"""Which form of profiles a JSON value has: declarations, blueprints of Jamf, exports of Intune."""

from __future__ import annotations

from collections.abc import Mapping

from ssoroute.loaders.declaration import read_declaration
from ssoroute.loaders.findings import Code, Report
from ssoroute.loaders.intune import is_export, read_export
from ssoroute.loaders.jamf import is_blueprint, read_blueprint
from ssoroute.model.profile import Profile, Value
from ssoroute.model.signature import UNSIGNED, Signature
from ssoroute.model.source import Source

__all__ = ["read_json_forms"]


def read_json_forms(
    root: Value, source: Source, report: Report, *, signature: Signature = UNSIGNED
) -> list[Profile]:
    """The profiles that the JSON value `root` is or lists; others are reported and left out."""
    if not isinstance(root, tuple):
        return _read(root, source, report, signature=signature)
    if not root:
        report.add(Code.NOTHING_INSIDE, source, "the list of declarations is empty")
    profiles = []
    for index, item in enumerate(root):
        profiles += _read(item, source.item(index), report, signature=signature)
    return profiles


def _read(value: Value, source: Source, report: Report, *, signature: Signature) -> list[Profile]:
    if isinstance(value, Mapping):
        if is_export(value):
            return read_export(value, source, report)
        if is_blueprint(value):
            return read_blueprint(value, source, report)
    profile = read_declaration(value, source, report, signature=signature)
    return [] if profile is None else [profile]
